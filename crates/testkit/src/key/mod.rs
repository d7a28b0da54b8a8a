//! Kinds of keys, and the key material that is shipped because generating it takes long.

mod shipped;

#[cfg(feature = "openpgp")]
pub(crate) use shipped::armored;
#[cfg(feature = "notary")]
pub(crate) use shipped::rsa;

/// The algorithm and size of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum KeyKind {
    /// Ed25519; as an OpenPGP key in the form that GnuPG 2 writes.
    Ed25519,
    /// ECDSA over NIST P-256.
    P256,
    /// ECDSA over NIST P-384.
    P384,
    /// ECDSA over NIST P-521.
    P521,
    /// RSA with 2048 bits.
    Rsa2048,
    /// RSA with 3072 bits.
    Rsa3072,
    /// RSA with 4096 bits.
    Rsa4096,
}

impl KeyKind {
    /// Every kind.
    pub const ALL: [Self; 7] = [
        Self::Ed25519,
        Self::P256,
        Self::P384,
        Self::P521,
        Self::Rsa2048,
        Self::Rsa3072,
        Self::Rsa4096,
    ];
}
