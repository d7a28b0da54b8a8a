#![doc = include_str!("../README.md")]

mod advisor;
pub mod bounds;
mod condition;
mod document;
mod effort;
mod error;
mod format;
mod inventory;
mod license;
mod member;
mod newest;
mod pattern;
mod provenance;
mod purl;
mod readers;
mod rules;
mod scan;
mod severity;
mod statement;
mod summary;
mod vex;

pub use advisor::{AdvisorStatus, has_advisor};
pub use condition::{Condition, ConditionError, Predicate};
pub use document::Document;
pub use error::DocumentError;
pub use format::Format;
pub use inventory::{Inventory, LicensedFile, Package};
pub use license::License;
pub use newest::{Origin, newest};
pub use pattern::{LicensePattern, PackagePattern, PatternError};
pub use provenance::{
    MaterialError, Provenance, ProvenancePattern, ProvenancePatternError, ProvenanceRules,
    ProvenanceViolation, Source, TrustedBuilder,
};
pub use purl::{PackageUrl, PackageUrlError};
pub use rules::{
    Ignore, InventoryRules, InventoryViolation, Reason, ScanOutcome, ScanRules, ScanViolation,
    Suppressed, Suppression, UntilError, VexClaim, parse_until,
};
pub use scan::{Finding, Fix, Scan};
pub use severity::{Severity, SeverityError};
pub use statement::InTotoStatement;
pub use summary::{SummaryRules, SummaryViolation, VerificationSummary};
pub use vex::{Product, Statement, Status, StatusError, Vex};
