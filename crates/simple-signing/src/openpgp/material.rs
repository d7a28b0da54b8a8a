//! The key material of one OpenPGP key, ready to verify.

use doorward_crypto::{KeyAlgorithm, KeyError, PublicKey, SignatureAlgorithm};
use pgp::crypto::hash::HashAlgorithm;
use pgp::crypto::public_key::PublicKeyAlgorithm;
use pgp::ser::Serialize;
use pgp::types::{
    EcdsaPublicParams, EddsaLegacyPublicParams, PublicParams, SignatureBytes, VerifyingKey,
};

/// A key that may verify claims, as the backend wants it.
pub(crate) struct Material {
    /// For the combinations that the fast backend has.
    fast: Option<PublicKey>,
    /// For the others: P-521, and hashes that are sound but rare.
    slow: Box<dyn VerifyingKey + Send + Sync>,
    kind: Kind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    EcP256,
    EcP384,
    EcP521,
    Ed25519,
    Rsa { modulus: usize },
}

/// Why a signature could not be verified.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum MaterialError {
    /// The signature does not match.
    Mismatch,
    /// The signature names another algorithm than the key has.
    OtherAlgorithm,
    /// The hash is too short for the key.
    WeakHash,
}

impl Material {
    /// The material of `key`, or why it must not verify: a lowercase fragment such as `RSA with 1024 bits`.
    ///
    /// Stricter than GnuPG: no DSA and no RSA below 2048 bits, because they are weak (RFC 9580, section 12, "RSA" and
    /// "DSA"); no brainpool and no secp256k1, because the library below does not verify all that is made with them.
    pub(crate) fn new<K>(key: &K) -> Result<Self, String>
    where
        K: VerifyingKey + Clone + Send + Sync + 'static,
    {
        let off_curve = |error: KeyError| error.to_string();
        let (kind, fast) = match key.public_params() {
            PublicParams::RSA(rsa) if signs(key.algorithm()) => {
                let (modulus, exponent) = integers(rsa).ok_or("a malformed RSA key")?;
                let key = PublicKey::rsa(&modulus, &exponent).map_err(|error| match error {
                    KeyError::RsaModulus { bits } => format!("an RSA key of {bits} bits"),
                    other => other.to_string(),
                })?;
                let KeyAlgorithm::Rsa { bits } = key.algorithm() else {
                    return Err("a malformed RSA key".into());
                };
                let modulus = bits.div_ceil(8);
                (Kind::Rsa { modulus }, Some(key))
            }
            PublicParams::ECDSA(EcdsaPublicParams::P256 { key }) => {
                let point = key.to_sec1_bytes();
                (
                    Kind::EcP256,
                    Some(PublicKey::p256(&point).map_err(off_curve)?),
                )
            }
            PublicParams::ECDSA(EcdsaPublicParams::P384 { key }) => {
                let point = key.to_sec1_bytes();
                (
                    Kind::EcP384,
                    Some(PublicKey::p384(&point).map_err(off_curve)?),
                )
            }
            PublicParams::ECDSA(EcdsaPublicParams::P521 { .. }) => (Kind::EcP521, None),
            PublicParams::ECDSA(other) => return Err(format!("an ECDSA key on {}", other.curve())),
            PublicParams::EdDSALegacy(EddsaLegacyPublicParams::Ed25519 { key }) => {
                let key = PublicKey::ed25519(key.as_bytes()).map_err(off_curve)?;
                (Kind::Ed25519, Some(key))
            }
            PublicParams::Ed25519(ed) => {
                let key = PublicKey::ed25519(ed.key.as_bytes()).map_err(off_curve)?;
                (Kind::Ed25519, Some(key))
            }
            _ => return Err(format!("a key of algorithm {:?}", key.algorithm())),
        };
        Ok(Self {
            fast,
            slow: Box::new(key.clone()),
            kind,
        })
    }

    /// Verifies a signature over `hashed`, all the bytes that were hashed, whose hash is `digest` (RFC 9580, sections
    /// 5.2.3.1 to 5.2.3.4, and 5.2.4).
    pub(crate) fn verify(
        &self,
        algorithm: PublicKeyAlgorithm,
        hash: HashAlgorithm,
        hashed: &[u8],
        digest: &[u8],
        signature: &SignatureBytes,
    ) -> Result<(), MaterialError> {
        let key = self.slow.algorithm();
        let same = algorithm == key || (is_rsa(algorithm) && is_rsa(key));
        if !same {
            return Err(MaterialError::OtherAlgorithm);
        }
        if digest.len() < self.least_digest() {
            return Err(MaterialError::WeakHash);
        }
        if self.fits(hash, hashed, digest, signature) {
            Ok(())
        } else {
            Err(MaterialError::Mismatch)
        }
    }

    /// Whether this key made `signature` over `hashed`, all the bytes that were hashed, whose hash is `digest`.
    ///
    /// Arithmetic alone: a revocation counts whatever its hash, so which hashes count is for the caller to say. The
    /// library below refuses some with short digests; it gets the number that such a digest stands for.
    pub(crate) fn fits(
        &self,
        hash: HashAlgorithm,
        hashed: &[u8],
        digest: &[u8],
        signature: &SignatureBytes,
    ) -> bool {
        if let (Some(key), Some(algorithm)) = (&self.fast, self.fast_algorithm(hash)) {
            let message = if self.kind == Kind::Ed25519 {
                digest
            } else {
                hashed
            };
            return self
                .signature_bytes(algorithm, signature)
                .is_some_and(|bytes| key.verify(algorithm, message, &bytes).is_ok());
        }
        let width = match self.kind {
            // The hash is part of what an RSA key signs.
            Kind::Rsa { .. } => return self.slow.verify(hash, digest, signature).is_ok(),
            Kind::EcP256 | Kind::Ed25519 => 32,
            Kind::EcP384 => 48,
            Kind::EcP521 => 66,
        };
        let zeros = vec![0; width - digest.len().min(width)];
        let number = [&zeros, digest].concat();
        self.slow
            .verify(HashAlgorithm::Sha512, &number, signature)
            .is_ok()
    }

    /// Whether what the key says about itself may have this hash. As for GnuPG, the digest is not shorter than the
    /// curve, unless the signature is EdDSA.
    pub(crate) fn takes(&self, hash: HashAlgorithm) -> bool {
        match self.kind {
            Kind::EcP256 | Kind::EcP384 | Kind::EcP521 => hash
                .digest_size()
                .is_some_and(|size| size >= self.least_digest()),
            Kind::Ed25519 | Kind::Rsa { .. } => true,
        }
    }

    /// What it costs to try a signature with this hash, in units of [`crate::limits::KEYRING_COST`], as measured in a
    /// release build.
    pub(crate) fn cost(&self, hash: HashAlgorithm) -> usize {
        let fast = self.fast.is_some() && self.fast_algorithm(hash).is_some();
        match (self.kind, fast) {
            (Kind::Ed25519, _) | (Kind::EcP256, true) => 1,
            (Kind::EcP256, false) => 14,
            (Kind::EcP384, true) => 40,
            (Kind::EcP384, false) => 60,
            (Kind::EcP521, _) => 80,
            // With the square of the length; the library below takes sixteen times as long as the backend.
            (Kind::Rsa { modulus }, true) => 1 + (modulus / 64).pow(2) / 24,
            (Kind::Rsa { modulus }, false) => (modulus / 64).pow(2) * 2 / 3,
        }
    }

    /// The shortest digest in bytes that the key may sign (RFC 9580, sections 5.2.3.2 and 5.2.3.3).
    const fn least_digest(&self) -> usize {
        match self.kind {
            Kind::EcP256 | Kind::Ed25519 => 32,
            Kind::EcP384 => 48,
            Kind::EcP521 => 64,
            Kind::Rsa { .. } => 28,
        }
    }

    const fn fast_algorithm(&self, hash: HashAlgorithm) -> Option<SignatureAlgorithm> {
        Some(match (self.kind, hash) {
            (Kind::Rsa { .. }, HashAlgorithm::Sha256) => SignatureAlgorithm::RsaPkcs1Sha256,
            (Kind::Rsa { .. }, HashAlgorithm::Sha384) => SignatureAlgorithm::RsaPkcs1Sha384,
            (Kind::Rsa { .. }, HashAlgorithm::Sha512) => SignatureAlgorithm::RsaPkcs1Sha512,
            (Kind::EcP256, HashAlgorithm::Sha256) => SignatureAlgorithm::EcdsaP256Sha256Fixed,
            (Kind::EcP384, HashAlgorithm::Sha384) => SignatureAlgorithm::EcdsaP384Sha384Fixed,
            // OpenPGP signs the digest, not the message, so the hash does not matter to the backend.
            (Kind::Ed25519, _) => SignatureAlgorithm::Ed25519,
            _ => return None,
        })
    }

    /// The signature as the backend wants it: integers of full length, leading zeros put back.
    fn signature_bytes(
        &self,
        algorithm: SignatureAlgorithm,
        signature: &SignatureBytes,
    ) -> Option<Vec<u8>> {
        let width = match (self.kind, algorithm) {
            (Kind::Rsa { modulus }, _) => modulus,
            (Kind::EcP384, _) => 48,
            _ => 32,
        };
        let integers: Vec<&[u8]> = match signature {
            SignatureBytes::Mpis(integers) => integers.iter().map(AsRef::as_ref).collect(),
            SignatureBytes::Native(bytes) if self.kind == Kind::Ed25519 => {
                return Some(bytes.to_vec());
            }
            SignatureBytes::Native(_) => return None,
        };
        let expected = if matches!(self.kind, Kind::Rsa { .. }) {
            1
        } else {
            2
        };
        if integers.len() != expected || integers.iter().any(|n| n.len() > width) {
            return None;
        }
        let mut bytes = Vec::with_capacity(width * expected);
        for integer in integers {
            bytes.resize(bytes.len() + width - integer.len(), 0);
            bytes.extend_from_slice(integer);
        }
        Some(bytes)
    }
}

const fn is_rsa(algorithm: PublicKeyAlgorithm) -> bool {
    matches!(
        algorithm,
        PublicKeyAlgorithm::RSA | PublicKeyAlgorithm::RSASign
    )
}

/// RSA keys exist that only encrypt.
const fn signs(algorithm: PublicKeyAlgorithm) -> bool {
    !matches!(algorithm, PublicKeyAlgorithm::RSAEncrypt)
}

/// Modulus and exponent from their wire form: two integers, each after its length in bits.
fn integers(rsa: &impl Serialize) -> Option<(Vec<u8>, Vec<u8>)> {
    let bytes = rsa.to_bytes().ok()?;
    let (modulus, rest) = integer(&bytes)?;
    let (exponent, rest) = integer(rest)?;
    rest.is_empty()
        .then(|| (modulus.to_vec(), exponent.to_vec()))
}

fn integer(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (bits, rest) = bytes.split_first_chunk::<2>()?;
    rest.split_at_checked(usize::from(u16::from_be_bytes(*bits)).div_ceil(8))
}
