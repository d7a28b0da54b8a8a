//! Keys in the shape that certificates are made with, and certificates of another age.

use rcgen::{PublicKeyData, SignatureAlgorithm, SigningKey};

use super::key::NotaryKey;
use super::secret::Secret;

/// OIDs of `sha256WithRSAEncryption` and `sha1WithRSAEncryption`, of the same length (RFC 8017, appendix C).
const SHA256_WITH_RSA: [u8; 9] = [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0b];
const SHA1_WITH_RSA: [u8; 9] = [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x05];

/// A key in the shape that certificates are made with.
pub(super) struct Subject<'a> {
    secret: &'a Secret,
    public: Vec<u8>,
}

impl<'a> Subject<'a> {
    pub(super) fn new(key: &'a NotaryKey) -> Self {
        let secret = key.secret();
        assert!(
            !matches!(secret, Secret::Ed25519(_) | Secret::P521(_)),
            "root certificates are made for P-256, P-384 and RSA keys"
        );
        Self {
            secret,
            public: secret.bare_public(),
        }
    }
}

impl PublicKeyData for Subject<'_> {
    fn der_bytes(&self) -> &[u8] {
        &self.public
    }

    fn algorithm(&self) -> &'static SignatureAlgorithm {
        match self.secret {
            Secret::P384(_) => &rcgen::PKCS_ECDSA_P384_SHA384,
            Secret::Rsa(_) => &rcgen::PKCS_RSA_SHA256,
            Secret::Ed25519(_) | Secret::P256(_) | Secret::P521(_) => {
                &rcgen::PKCS_ECDSA_P256_SHA256
            }
        }
    }
}

impl SigningKey for Subject<'_> {
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, rcgen::Error> {
        Ok(self.secret.sign_certificate(message))
    }
}

/// A certificate that an RSA key signed over SHA-256, signed over SHA-1 instead.
pub(super) fn signed_with_sha1(der: &[u8], issuer: &Secret) -> Vec<u8> {
    // Certificates with RSA keys or signatures are longer than 255 bytes, so both headers have four bytes.
    const HEADER: usize = 4;
    let mut der = der.to_vec();
    while let Some(at) = der
        .windows(SHA256_WITH_RSA.len())
        .position(|window| window == SHA256_WITH_RSA)
    {
        der[at..at + SHA1_WITH_RSA.len()].copy_from_slice(&SHA1_WITH_RSA);
    }
    let length = usize::from(u16::from_be_bytes([der[HEADER + 2], der[HEADER + 3]]));
    let signature = issuer
        .sign_sha1(&der[HEADER..HEADER + HEADER + length])
        .expect("only RSA keys sign certificates over SHA-1");
    let start = der.len() - signature.len();
    der[start..].copy_from_slice(&signature);
    der
}
