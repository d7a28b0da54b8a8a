//! Keys and certificates as people keep them: in the items of a Secret, or in files.

use doorward_crypto::{Certificate, CertificateError, KeyError};
use rustls_pki_types::pem::{PemObject, SectionKind};

use crate::{VerificationKey, limits};

/// How a section with a public key begins (RFC 7468, section 13).
const PUBLIC_KEY: &[u8] = b"-----BEGIN PUBLIC KEY-----";

/// Why there is nothing to trust in what is held.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum HeldError {
    /// A certificate cannot be used.
    #[error("a certificate cannot be used: {0}")]
    Certificate(CertificateError),
    /// A key cannot be used.
    #[error("a public key cannot be used: {0}")]
    Key(KeyError),
    /// A text with a public key has something else as well, or cannot be read to its end.
    #[error("a text with a public key has something else in it, or is cut off")]
    Mixed,
    /// There is nothing of the kind.
    #[error("there is no {what} in PEM")]
    Nothing {
        /// What there should be.
        what: &'static str,
    },
    /// There are more than are read.
    #[error("there are more than {limit} {what}")]
    TooMany {
        /// What there are too many of.
        what: &'static str,
        /// The bound.
        limit: usize,
    },
}

impl VerificationKey {
    /// The public keys in texts, each key once: at least one, at most 32.
    ///
    /// A text without a public key is passed over, because tools keep private keys and passwords beside them. One with a
    /// public key has nothing but public keys in it.
    ///
    /// # Errors
    /// Any [`HeldError`].
    pub fn held_in<'a>(texts: impl IntoIterator<Item = &'a [u8]>) -> Result<Vec<Self>, HeldError> {
        let mut keys: Vec<Self> = Vec::new();
        for text in texts {
            let mut marks = text.windows(PUBLIC_KEY.len());
            if !marks.any(|window| window == PUBLIC_KEY) {
                continue;
            }
            for section in <(SectionKind, Vec<u8>)>::pem_slice_iter(text) {
                let (kind, der) = section.map_err(|_| HeldError::Mixed)?;
                if kind != SectionKind::PublicKey {
                    return Err(HeldError::Mixed);
                }
                let key = Self::from_spki_der(&der).map_err(HeldError::Key)?;
                if keys.contains(&key) {
                    continue;
                }
                if keys.len() == limits::KEYS {
                    let (what, limit) = ("public keys", limits::KEYS);
                    return Err(HeldError::TooMany { what, limit });
                }
                keys.push(key);
            }
        }
        if keys.is_empty() {
            return Err(HeldError::Nothing { what: "public key" });
        }
        Ok(keys)
    }
}

/// Certificates of an authority of one's own: those that a chain may end in, and those that may stand before them.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct HeldCertificates {
    /// Those that issued themselves, or where none did those of authorities; at least one.
    pub roots: Vec<Certificate>,
    /// The others.
    pub intermediates: Vec<Certificate>,
}

impl HeldCertificates {
    /// The certificates in texts, each of which holds certificates in PEM and nothing else: at least one, at most 32.
    ///
    /// # Errors
    /// Any [`HeldError`] but those of keys.
    pub fn held_in<'a>(texts: impl IntoIterator<Item = &'a [u8]>) -> Result<Self, HeldError> {
        let mut all: Vec<Certificate> = Vec::new();
        for text in texts {
            let certificates = Certificate::from_pem(text).map_err(HeldError::Certificate)?;
            for certificate in certificates {
                if all.contains(&certificate) {
                    continue;
                }
                if all.len() == limits::TRUSTED {
                    let (what, limit) = ("certificates", limits::TRUSTED);
                    return Err(HeldError::TooMany { what, limit });
                }
                all.push(certificate);
            }
        }
        if all.is_empty() {
            return Err(HeldError::Nothing {
                what: "certificate",
            });
        }
        let (roots, intermediates): (Vec<_>, Vec<_>) =
            all.into_iter().partition(Certificate::is_self_issued);
        if !roots.is_empty() {
            return Ok(Self {
                roots,
                intermediates,
            });
        }
        // The certificate of a signer would be a root for whatever its key signs.
        let (roots, intermediates): (Vec<_>, Vec<_>) = intermediates
            .into_iter()
            .partition(Certificate::is_authority);
        if roots.is_empty() {
            return Err(HeldError::Nothing {
                what: "certificate of an authority",
            });
        }
        Ok(Self {
            roots,
            intermediates,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &[u8] = b"-----BEGIN PUBLIC KEY-----\n\
MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEQWAFokBDbABcqNJ0xP/3gZ7IeCZt\n\
4gOaBXdsiLkaFJlY9NfJ+Ly3mATdvbdtTFAtLWUE3t6udhzWBub3SHC7MQ==\n\
-----END PUBLIC KEY-----\n";
    const OTHER: &[u8] = b"-----BEGIN PUBLIC KEY-----\n\
MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEZIBipRnKvqs9AQwwwr6MmjHb6L7o\n\
N8JP2lK9PoUsSTgw9UQ5Ih4OlE3JlyGJUuIrsKxR3V5KiJ0crd8eyiHK3A==\n\
-----END PUBLIC KEY-----\n";

    #[test]
    fn several_keys_may_be_in_one_text_or_in_many_and_each_counts_once() {
        let joined = [KEY, OTHER, KEY].concat();
        let found = VerificationKey::held_in([joined.as_slice(), KEY]).expect("keys");
        assert_eq!(found.len(), 2);
    }

    #[test]
    fn what_tools_keep_beside_a_public_key_is_passed_over() {
        let private: &[u8] = b"-----BEGIN ENCRYPTED SIGSTORE PRIVATE KEY-----\nAA==\n-----END ENCRYPTED SIGSTORE PRIVATE KEY-----\n";
        let found = VerificationKey::held_in([private, b"password", KEY]);
        assert_eq!(found.map(|keys| keys.len()), Ok(1));
        let none = VerificationKey::held_in([private, b"password"]);
        assert_eq!(none, Err(HeldError::Nothing { what: "public key" }));
    }

    #[test]
    fn a_text_with_a_public_key_and_something_else_is_refused() {
        let certificate: &[u8] = b"-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----\n";
        let cut = KEY.get(..KEY.len() - 30).expect("longer");
        for text in [
            [KEY, certificate].concat(),
            cut.to_vec(),
            [KEY, cut].concat(),
        ] {
            assert_eq!(
                VerificationKey::held_in([text.as_slice()]),
                Err(HeldError::Mixed)
            );
        }
        let broken = String::from_utf8_lossy(KEY).replacen("MFkw", "MFkx", 1);
        assert!(matches!(
            VerificationKey::held_in([broken.as_bytes()]),
            Err(HeldError::Key(_))
        ));
    }

    #[test]
    fn no_certificate_is_no_authority() {
        assert!(HeldCertificates::held_in([KEY]).is_err());
        let nothing = HeldCertificates::held_in(std::iter::empty());
        assert_eq!(
            nothing,
            Err(HeldError::Nothing {
                what: "certificate"
            })
        );
    }
}
