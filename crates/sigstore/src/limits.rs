//! Bounds on hostile input. Each is a constant with its origin; what a whole decision may cost is
//! `doorward_core::Budget`.

/// The largest bundle or envelope, in bytes: 12 MiB. The largest document that is read has 8 MiB, and base64 makes a third
/// more of it. A bundle that holds a signature only has 4 to 10 KiB.
pub(crate) const BUNDLE_BYTES: usize = 12 << 20;

/// The largest payload of a signature layer, in bytes. cosign's has some 250 bytes, and annotations add to it.
pub(crate) const CLAIM_BYTES: usize = 64 << 10;

/// The largest annotation of a layer that is read, in bytes. Chains of certificates have 3 KiB, entries of a log up to 16.
pub(crate) const ANNOTATION_BYTES: usize = 128 << 10;

/// The largest trusted root, in bytes. That of the public instance has 8 KiB.
pub(crate) const TRUSTED_ROOT_BYTES: usize = 1 << 20;

/// How deep JSON may be nested. Bundles nest 6 deep; predicates, such as bills of materials, 48.
pub(crate) const DEPTH: usize = 48;

/// The most JSON values of a bundle, an envelope or a trusted root. A bundle has about 60.
pub(crate) const VALUES: usize = 4096;

/// The most JSON values of a statement: as many as a document may have.
pub(crate) const STATEMENT_VALUES: usize = 1_000_000;

/// The most entries of logs in one bundle. Usual is one.
pub(crate) const LOG_ENTRIES: usize = 4;

/// The most signatures of an envelope that are looked at to find out who made them. An envelope has one to count.
pub(crate) const BARE_SIGNATURES: usize = 4;

/// The most time stamps in one bundle. Usual is one.
pub(crate) const TIMESTAMPS: usize = 4;

/// The most certificates of a signer's chain. Usual are one to three.
pub(crate) const CERTIFICATES: usize = 10;

/// The most hashes of a proof of inclusion: a tree with 2^64 leaves has as many levels.
pub(crate) const PROOF_HASHES: usize = 64;

/// The most subjects of a statement. Provenance of a release may name some dozen artifacts.
pub(crate) const SUBJECTS: usize = 1024;

/// The most authorities and logs of one kind in a trusted root. The public instance has two to four.
pub(crate) const TRUSTED: usize = 32;

/// The most keys of one authority of a policy.
pub(crate) const KEYS: usize = 32;

/// The most annotations that a policy demands of a signature.
pub(crate) const ANNOTATIONS: usize = 64;

/// The longest regular expression for an identity, in bytes.
pub(crate) const PATTERN_BYTES: usize = 1024;

/// The memory that a compiled regular expression may take, in bytes. A character class of Unicode takes some KiB; counted
/// repetitions of such classes are what could take more.
pub(crate) const PATTERN_MEMORY: usize = 1 << 20;

/// The longest identity or claim of a certificate that is looked at, in bytes.
pub(crate) const IDENTITY_BYTES: usize = 4096;
