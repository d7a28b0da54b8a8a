//! Bounds on hostile input. Each is a constant with its origin; what a whole decision may cost is
//! `doorward_core::Budget`.

/// The largest stored signature or signature list, in bytes. The reference implementation reads no more than this
/// over HTTP.
pub(crate) const ANSWER_BYTES: usize = 4 << 20;

/// The largest signed claim, in bytes, after decompression. A claim written by any known signer has about 400; the
/// slack is for free members of `optional`.
pub(crate) const CLAIM_BYTES: usize = 1 << 20;

/// How deep a claim may be nested. The format needs 3; free members of `optional` may go deeper.
pub(crate) const CLAIM_DEPTH: usize = 128;

/// How many compressed packets may lie inside each other. Signers write one.
pub(crate) const COMPRESSION_DEPTH: usize = 8;

/// Packets of one message, markers included. Three are needed.
pub(crate) const MESSAGE_PACKETS: usize = 16;

/// Bytes of all sources of one key ring. The public keys of a few hundred developers with their certifications.
pub(crate) const KEYRING_BYTES: usize = 8 << 20;

/// Packets of one key ring. A certificate has about 5, one with many certifications a few thousand.
pub(crate) const KEYRING_PACKETS: usize = 32_768;

/// Public-key operations for checking the bindings of one key ring, in units of about 30 microseconds: what one with
/// Ed25519 or a short RSA key costs. A certificate needs about 4 operations.
pub(crate) const KEYRING_COST: usize = 16_384;

/// Tries of signatures on the parts of one key ring, each a hash and seldom more. A signature that stands where it
/// belongs takes one; one that does not takes one for each part of the certificate, a revocation that fits nowhere
/// one for each key of the ring, and one that is offered to a key where it does not stand one more.
pub(crate) const KEYRING_TRIES: usize = 262_144;

/// Bytes that are hashed in one try; more count as more tries.
pub(crate) const TRY_BYTES: usize = 256;

/// Keys of one key ring that are tried for one signature. More than one only if two key IDs collide or the
/// signature names nobody.
pub(crate) const CANDIDATES: usize = 16;

/// Stored signatures of one image: with this many the reference gives up on the store as a whole.
pub(crate) const TOO_MANY_SIGNATURES: usize = 128;

/// How far in the future a signature may be dated, in seconds: the clocks of two well-kept machines differ by less.
pub(crate) const CLOCK_SKEW: i64 = 60;

/// The largest policy or registries file, in bytes.
pub(crate) const POLICY_BYTES: usize = 4 << 20;
