//! Publications that must not be accepted.

/// One way to forge a publication of a [`Collection`](super::Collection). A verifier must believe nothing that
/// `targets` says in it, neither at the first contact nor after it has seen the publication before.
///
/// Except for the one thing that is wrong, everything is signed and listed as it should be. What takes two publications
/// — replays and mixtures — is made with [`Publication::with_role_of`](super::Publication::with_role_of), and what is
/// wrong with a root certificate is a [`RootCertificateFlaw`](super::RootCertificateFlaw).
///
/// ```
/// use doorward_testkit::{Collection, NotaryAttack, NotaryServer, Target};
///
/// # fn accepts(_: &str) -> bool { false }
/// let now = "2026-01-01T00:00:00Z".parse().unwrap();
/// let mut collection = Collection::new("registry.example/app", now);
/// collection.add_target("1.0", Target::content(b"manifest"));
/// let server = NotaryServer::builder().start_blocking();
/// for attack in NotaryAttack::ALL {
///     server.publish(&attack.forge(&collection));
///     assert!(!accepts(&server.url()), "{attack:?}");
/// }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum NotaryAttack {
    /// One bit of the signature of targets is flipped.
    BadSignature,
    /// A root of two mebibytes, correctly signed.
    BulkyRoot,
    /// A timestamp of two mebibytes, correctly signed.
    BulkyTimestamp,
    /// `Version` instead of `version` in targets.
    CaseFoldedMember,
    /// A list in targets that is nested a hundred levels deep.
    DeepNesting,
    /// Targets delegates to a role whose name climbs out.
    DelegationClimbs,
    /// Targets delegates to the role `snapshot`.
    DelegationToBaseRole,
    /// Targets delegates to a grandchild.
    DelegationToGrandchild,
    /// Targets delegates to a role with the threshold 0.
    DelegationThresholdZero,
    /// The signatures of targets are in ASN.1. An attack if its keys are ECDSA keys, as they are by default.
    DerSignature,
    /// A member of targets is there twice, with the value that is signed in the second place.
    DuplicateMember,
    /// Targets is an empty file.
    Empty,
    /// The version of targets is spelt with an exponent.
    ExponentVersion,
    /// The version of targets is not a whole number.
    FractionalVersion,
    /// The version of targets is more than a signed 64-bit number holds.
    HugeVersion,
    /// A string in targets is not UTF-8.
    InvalidUtf8,
    /// A key of root is listed under an ID that is not its hash.
    KeyIdMismatch,
    /// The snapshot lists targets with one byte too many.
    ListedLengthTooLarge,
    /// The snapshot lists targets with one byte too few.
    ListedLengthTooSmall,
    /// Targets has no time of expiry.
    MissingExpiry,
    /// Root has no entry for the role snapshot.
    MissingRole,
    /// The length of every target is negative.
    NegativeLength,
    /// The version of targets is -1.
    NegativeVersion,
    /// Nobody has signed root.
    NoRootSignatures,
    /// Nobody has signed targets.
    NoSignatures,
    /// The value of `signed` in targets is null.
    NullSigned,
    /// The signature of targets is a good one over other content.
    OtherContent,
    /// The signature of targets claims to be made by a method that does not fit the key.
    OtherMethod,
    /// The snapshot lists the hash of another file for root, under which name root is served.
    OtherRootListed,
    /// The snapshot lists the SHA-512 hash of another file for targets. The SHA-256 hash is right.
    OtherSha512Listed,
    /// The snapshot lists the hash of another file for targets, under which name targets is served.
    OtherTargetsListed,
    /// The type of targets is that of a snapshot.
    OtherType,
    /// A key ID of targets is listed twice in root, and the threshold is 2.
    RepeatedKeyId,
    /// The signature of targets is there twice, and the threshold is 2.
    RepeatedSignature,
    /// The root, which names the right keys, is signed by somebody else.
    RootByStranger,
    /// Root has expired.
    RootExpired,
    /// One private key signs targets under two key IDs, and the threshold is 2. An attack if its keys are not Ed25519
    /// keys.
    SameKeyTwice,
    /// The SHA-256 hash of every target has 20 bytes.
    ShortTargetHash,
    /// Somebody else signs the snapshot.
    SnapshotByStranger,
    /// The snapshot has expired.
    SnapshotExpired,
    /// The snapshot does not list root.
    SnapshotWithoutRoot,
    /// The snapshot does not list targets.
    SnapshotWithoutTargets,
    /// Every target has a SHA-512 hash only.
    TargetWithoutSha256,
    /// Somebody else signs targets.
    TargetsByStranger,
    /// Targets has expired.
    TargetsExpired,
    /// The threshold of targets in root is -1, and nobody has signed targets.
    ThresholdNegative,
    /// The threshold of targets in root is 2, and one key has signed targets.
    ThresholdNotMet,
    /// The threshold of targets in root is 0, and nobody has signed targets.
    ThresholdZero,
    /// Somebody else signs the timestamp.
    TimestampByStranger,
    /// The timestamp has expired.
    TimestampExpired,
    /// The timestamp does not list the snapshot.
    TimestampWithoutSnapshot,
    /// Another document follows in the file of targets.
    TrailingData,
    /// The last byte of targets is missing.
    Truncated,
    /// Root names a key for targets that it does not list.
    UnlistedKey,
    /// The version of targets is 0.
    ZeroVersion,
}

impl NotaryAttack {
    /// Every attack.
    pub const ALL: [Self; 55] = [
        Self::BadSignature,
        Self::BulkyRoot,
        Self::BulkyTimestamp,
        Self::CaseFoldedMember,
        Self::DeepNesting,
        Self::DelegationClimbs,
        Self::DelegationThresholdZero,
        Self::DelegationToBaseRole,
        Self::DelegationToGrandchild,
        Self::DerSignature,
        Self::DuplicateMember,
        Self::Empty,
        Self::ExponentVersion,
        Self::FractionalVersion,
        Self::HugeVersion,
        Self::InvalidUtf8,
        Self::KeyIdMismatch,
        Self::ListedLengthTooLarge,
        Self::ListedLengthTooSmall,
        Self::MissingExpiry,
        Self::MissingRole,
        Self::NegativeLength,
        Self::NegativeVersion,
        Self::NoRootSignatures,
        Self::NoSignatures,
        Self::NullSigned,
        Self::OtherContent,
        Self::OtherMethod,
        Self::OtherRootListed,
        Self::OtherSha512Listed,
        Self::OtherTargetsListed,
        Self::OtherType,
        Self::RepeatedKeyId,
        Self::RepeatedSignature,
        Self::RootByStranger,
        Self::RootExpired,
        Self::SameKeyTwice,
        Self::ShortTargetHash,
        Self::SnapshotByStranger,
        Self::SnapshotExpired,
        Self::SnapshotWithoutRoot,
        Self::SnapshotWithoutTargets,
        Self::TargetWithoutSha256,
        Self::TargetsByStranger,
        Self::TargetsExpired,
        Self::ThresholdNegative,
        Self::ThresholdNotMet,
        Self::ThresholdZero,
        Self::TimestampByStranger,
        Self::TimestampExpired,
        Self::TimestampWithoutSnapshot,
        Self::TrailingData,
        Self::Truncated,
        Self::UnlistedKey,
        Self::ZeroVersion,
    ];
}
