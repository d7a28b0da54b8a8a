//! Bounds on hostile input, each with its origin. What a whole decision may cost is `doorward_core::Budget`.

/// The largest `root.json`, in bytes: it is asked for by name, so nothing lists its length. One key in a certificate
/// takes about 1.5 KiB, and old root certificates stay in the file after a rotation; hundreds fit.
pub(crate) const ROOT_BYTES: usize = 1 << 20;

/// The largest `timestamp.json`, in bytes. It lists one role and has about 600.
pub(crate) const TIMESTAMP_BYTES: usize = 64 << 10;

/// The largest file whose length another role lists, in bytes, whatever it lists. A tag takes about 150, so this is
/// some seventy thousand tags under one role.
pub(crate) const LISTED_BYTES: usize = 10 << 20;

/// The most delegation roles read for one decision. Each demanded signer needs one, plus one for each level above.
pub(crate) const DELEGATIONS: usize = 64;

/// How deep delegations may lie below `targets`.
pub(crate) const DELEGATION_DEPTH: usize = 8;

/// The longest role name, in bytes. The original refuses 256 and more.
pub(crate) const ROLE_NAME_BYTES: usize = 255;

/// The most roots between the remembered and the current one. At ten rotations a year this is a quarter of a century.
pub(crate) const ROOT_STEPS: u64 = 256;

/// Intermediate roots asked for in one round.
pub(crate) const ROOT_STEPS_AT_ONCE: u64 = 16;

/// The most signatures of one file that are looked at. A root that is being rotated has two or three.
pub(crate) const SIGNATURES: usize = 64;

/// The most keys of one role.
pub(crate) const ROLE_KEYS: usize = 64;

/// Certificates in one root key: the leaf and its issuers.
pub(crate) const BUNDLE_CERTIFICATES: usize = 8;

/// How far ahead of the clock a new root certificate may begin to be valid, in seconds. The original's tolerance for
/// clocks that differ.
pub(crate) const CERTIFICATE_SKEW: i64 = 24 * 60 * 60;

/// How far the clock may be behind the time of the last verification, in seconds. Replicas that share what they
/// remember do not agree to the second.
pub(crate) const CLOCK_SKEW: i64 = 5 * 60;

/// How much newer the time of the last verification must be to be remembered for itself, in seconds. Without it every
/// decision would write.
pub(crate) const SEEN_STEP: i64 = 10 * 60;

/// The largest remembered state of one collection, in bytes: a root of the largest size with every character escaped,
/// the versions of as many roles as are remembered with as many keys as a role may have, and files if there is room.
pub(crate) const REMEMBERED_BYTES: usize = 4 << 20;

/// The files that are remembered of one collection have no more bytes than this together. What does not fit is fetched
/// again. Some three thousand tags fit.
pub(crate) const REMEMBERED_FILES: usize = 512 << 10;

/// The most roles whose versions are remembered for one collection.
pub(crate) const REMEMBERED_ROLES: usize = 256;

/// The most keys remembered for one role that it no longer has. Keys are replaced when they are lost or stolen, so this
/// is many years. Of more, those with the lowest versions go, and these versions then count for every key that is not
/// remembered: nothing that was seen comes back, but keys that are new no longer begin below them.
pub(crate) const FORMER_KEYS: usize = 16;
