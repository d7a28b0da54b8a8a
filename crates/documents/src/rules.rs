//! What policies demand of documents: pure judgements over what was read.

mod claims;
mod ignore;
mod inventory;
mod scan;

pub use claims::VexClaim;
pub use ignore::{Ignore, UntilError, parse_until};
pub use inventory::{InventoryRules, InventoryViolation};
pub use scan::{Reason, ScanOutcome, ScanRules, ScanViolation, Suppressed, Suppression};
