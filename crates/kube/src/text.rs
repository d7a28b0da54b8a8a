//! Hostile text made fit for one line of a message.

pub(crate) use doorward_core::text::one_line;
