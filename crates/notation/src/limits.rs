//! Bounds on hostile input. Each is a constant with its origin; what a whole decision may cost is
//! `doorward_core::Budget`.

/// The largest envelope, in bytes. One with four RSA-4096 certificates and a countersignature has 25 KiB; notation
/// reads up to 32 MiB.
pub(crate) const ENVELOPE_BYTES: usize = 1 << 20;

/// The most certificates of a chain, as many as `doorward_crypto` verifies in order. Usual are two to four.
pub(crate) const CERTIFICATES: usize = 10;

/// The most extended attributes of an envelope. Signing plug-ins write up to a handful.
pub(crate) const EXTENDED_ATTRIBUTES: usize = 64;

/// The most plug-ins that one statement allows. There are a handful in the world.
pub(crate) const PLUGINS: usize = 16;

/// The largest answer of a plug-in, in bytes. Usual are some hundred; the reference reads up to 64 MiB.
pub(crate) const PLUGIN_ANSWER_BYTES: usize = 64 << 10;

/// The longest version, in bytes. Usual ones have five to twenty.
pub(crate) const VERSION_BYTES: usize = 128;

/// The largest countersignature, in bytes. Tokens of public authorities have about 6 KiB.
pub(crate) const TIMESTAMP_BYTES: usize = 64 << 10;

/// How deep JSON and CBOR may be nested. The formats need 3; an extended attribute may go deeper.
pub(crate) const DEPTH: usize = 16;

/// The most CBOR items of an envelope or of its protected header: an envelope has about 40, and each extended attribute
/// adds a few. Every item costs some 32 bytes once it is read.
pub(crate) const CBOR_ITEMS: usize = 8192;

/// The largest trust policy document, in bytes: a thousand statements with long scopes.
pub(crate) const POLICY_BYTES: usize = 1 << 20;

/// The most statements of a trust policy document.
pub(crate) const STATEMENTS: usize = 1024;

/// The most trust stores, identities or scopes of one statement. Identities are compared with each other, each with
/// all: this many take some ten thousand comparisons.
pub(crate) const ENTRIES: usize = 256;

/// The longest distinguished name in a policy, in bytes. RFC 5280, appendix A.1, bounds the usual attributes at 64 or
/// 128 characters each.
pub(crate) const NAME_BYTES: usize = 4096;

/// The most bytes of the lists and responses that are given beside trust stores: the largest list of a public
/// authority, and as much again.
pub(crate) const GIVEN_BYTES: usize = 32 << 20;

/// The most lists and responses that are given. Each authority of a chain has one or two.
pub(crate) const GIVEN_ANSWERS: usize = 64;

/// The most bytes of one trust store. A bundle of all public authorities has 200 KiB.
pub(crate) const STORE_BYTES: usize = 4 << 20;

/// The most certificates of one trust store: twice what a bundle of all public authorities has.
pub(crate) const STORE_CERTIFICATES: usize = 512;
