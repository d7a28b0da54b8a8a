//! Why keys and messages are refused before a policy is asked.

/// Why bytes are not a key ring.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyringError {
    /// The armor is cut short, has characters outside base64, or a checksum that does not match.
    #[error("the ASCII armor is damaged")]
    MalformedArmor,
    /// Something that is no text stands before, between or behind armored blocks. It could be a revocation.
    #[error(
        "there is something else than text beside the PGP blocks of a source; keep binary keys and revocations in \
         sources of their own"
    )]
    BinaryInText,
    /// Keys or signatures beside the ring are compressed. They are not unpacked; they could be revocations.
    #[error(
        "keys or signatures, such as a revocation, are compressed; unpack them or take them away"
    )]
    Compressed,
    /// A line holds the beginning of a PGP block and something else. GnuPG writes revocation certificates so, with a
    /// colon in front, to keep them from being used by accident.
    #[error(
        "the beginning of a PGP block does not stand alone on its line: behind other characters, such as the colon \
         with which GnuPG disarms revocation certificates, or with all of the block on one line; mend or take away \
         the block"
    )]
    DisarmedBlock,
    /// The bytes begin like OpenPGP but are cut short or followed by something else.
    #[error("the OpenPGP data is damaged or followed by something else")]
    MalformedPacket,
    /// The text has no public key block, or the bytes hold no public key.
    #[error("no OpenPGP public key was found")]
    NotAKey,
    /// No key may ever sign: for lack of a valid self-signature, or because of its algorithm, length or flags.
    #[error("no key can verify anything: {why}")]
    NoUsableKey {
        /// What stands against one of them.
        why: String,
    },
    /// There are signatures, a revocation certificate for example, and no key that they could be about.
    #[error(
        "signatures were found, such as a revocation, but no public key that they could be about"
    )]
    OnlySignatures,
    /// The text has a PGP block that is neither a public key nor a signature.
    #[error("a PGP block that is not a public key was found")]
    OtherBlock,
    /// The source has private keys. They do not belong on a machine that only verifies.
    #[error("a private key was found where only public keys may be; treat it as disclosed")]
    SecretKey,
    /// The sources are larger, or would take more work, than is spent on one key ring.
    #[error("the keys exceed {limit} {unit}")]
    TooLarge {
        /// The bound.
        limit: usize,
        /// What is counted.
        unit: &'static str,
    },
    /// A revocation stands alone and cannot be read, so nobody knows which key it ends.
    #[error("a revocation among the keys cannot be read, so it is not known which key it ends")]
    UnreadableRevocation,
}

/// Why bytes are not one binary OpenPGP message with one signature.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MessageError {
    /// Compressed packets lie too deep inside each other.
    #[error("the message is compressed too many times")]
    CompressedTooDeep,
    /// A compressed packet cannot be unpacked.
    #[error("the compressed data is corrupt")]
    CorruptCompression,
    /// The signature is there but not what it signs.
    #[error("the signature is detached from what it signs")]
    Detached,
    /// The one-pass packet announces another signature than the one that follows.
    #[error("the announcement and the signature disagree")]
    Disagreement,
    /// The message is encrypted.
    #[error("the message is encrypted")]
    Encrypted,
    /// A packet breaks its format.
    #[error("a packet of the message is malformed")]
    MalformedPacket,
    /// The signature is of a type that does not sign data, such as a certification of a key.
    #[error("the signature is not of a type that signs data")]
    NotADataSignature,
    /// The bytes do not divide into packets: text, armor, damage, or something after the end.
    #[error("the bytes are not a sequence of OpenPGP packets")]
    NotPackets,
    /// More than one signature.
    #[error("the message has more than one signature")]
    SeveralSignatures,
    /// What is signed is larger than any claim.
    #[error("the signed content is larger than {limit} bytes")]
    TooLarge {
        /// The bound, in bytes.
        limit: usize,
    },
    /// Other packets, or in another order, than a one-pass signed message has.
    #[error("the packets are not those of a one-pass signed message")]
    UnexpectedStructure,
    /// There is no signature.
    #[error("the message is not signed")]
    Unsigned,
    /// The signature packet is of a version that is not verified: 2, 3 or 5.
    #[error("the signature packet is of an unsupported version")]
    UnsupportedVersion,
}
