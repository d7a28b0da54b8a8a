//! Tests only: see the files in `tests`. `scripts/differential` runs them.
