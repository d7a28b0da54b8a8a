//! The reason codes of this build, joined.

use doorward_core::Code;

/// Every reason code that this build can give, by name: those that belong to no scheme, and those of each scheme that
/// it has. For documentation, metrics and the rules of reports.
#[must_use]
pub fn codes() -> Vec<Code> {
    let tables: &[&[Code]] = &[
        Code::ALL,
        #[cfg(feature = "notary")]
        doorward_notary::codes::ALL,
        #[cfg(feature = "simple-signing")]
        doorward_simple_signing::codes::ALL,
    ];
    let mut all = tables.concat();
    all.sort();
    all
}
