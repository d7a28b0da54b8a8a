//! Every mapping of the format.

mod attestation;
mod body;
mod document;
mod exception;
mod image;
mod notation;
mod sigstore;
mod simple;
mod trust;
mod vulnerability;

use super::Mapping;

pub(crate) use attestation::*;
pub(crate) use body::*;
pub use document::{DOCUMENT, SPEC};
pub(crate) use document::{ENTRY, LABEL_REQUIREMENT, LABEL_SELECTOR};
pub use exception::{EXCEPTION, EXCEPTION_SPEC, exception_mappings};
pub(crate) use image::*;
pub(crate) use notation::*;
pub(crate) use sigstore::*;
pub(crate) use simple::*;
pub(crate) use trust::*;
pub(crate) use vulnerability::*;

/// The most items of a list whose every item is judged for each image: alternatives, requirements, statements,
/// authorities, signers, pins.
pub(crate) const MAX_OF_ONE: usize = 64;
/// The most items of a list whose every item is held against what one document says.
pub(crate) const MAX_LISTED: usize = 256;

/// Every mapping, the outer before the inner.
pub(super) static ALL: &[&Mapping] = &[
    &DOCUMENT,
    &SPEC,
    &LABEL_SELECTOR,
    &LABEL_REQUIREMENT,
    &ENTRY,
    &BODY,
    &ALTERNATIVE,
    &IMAGE,
    &IMAGE_BASE,
    &TRUST,
    &SECRET,
    &PINS,
    &SIMPLE,
    &REQUIREMENT,
    &KEYRING_URL,
    &SIGNED_IDENTITY,
    &NOTATION,
    &STATEMENT,
    &PLUGIN,
    &OVERRIDES,
    &REVOCATION_SECRET,
    &TRUST_STORE,
    &CERTIFICATE_URL,
    &SIGSTORE,
    &AUTHORITY,
    &KEY_URL,
    &KEY_KMS,
    &BUNDLES,
    &CERTIFICATE,
    &KEYLESS,
    &GITHUB,
    &ATTESTATION,
    &PROVENANCE,
    &TRUSTED_BUILDER,
    &MATERIALS,
    &SUMMARY,
    &SIGNERS,
    &VULNERABILITY,
    &ICCRVA,
    &REPORT,
    &IGNORED,
    &VEX,
];

/// Every mapping of the format, the outer before the inner.
#[must_use]
pub fn mappings() -> &'static [&'static Mapping] {
    ALL
}
