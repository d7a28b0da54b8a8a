//! Key rings: the keys that one requirement trusts, parsed and checked once.

use std::fmt;

use doorward_core::Timestamp;

use crate::KeyringError;
use crate::limits::KEYRING_BYTES;
use crate::openpgp::armor;
use crate::openpgp::certificate::{self, Bound, RawCertificate};
use crate::openpgp::component::{Component, Flaw};

/// Trusted OpenPGP certificates.
///
/// Everything about them that does not depend on the time was checked when the ring was made: self-signatures,
/// bindings of subkeys and their signatures back, revocations, flags, algorithms and lengths. Share one ring among
/// all requirements and decisions that trust the same keys.
pub struct Keyring {
    certificates: Vec<Certificate>,
    components: Vec<Component>,
}

/// One certificate of a [`Keyring`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Certificate {
    fingerprint: String,
    user_ids: Vec<String>,
}

impl Certificate {
    /// The fingerprint of the primary key, in upper-case hexadecimal.
    #[must_use]
    pub fn fingerprint(&self) -> &str {
        &self.fingerprint
    }

    /// The user IDs with a valid self-signature, the primary one first. Control characters are replaced and each is
    /// cut to 256 characters.
    #[must_use]
    pub fn user_ids(&self) -> &[String] {
        &self.user_ids
    }

    /// Fingerprint and first user ID, for messages.
    pub(crate) fn label(&self) -> String {
        match self.user_ids.first() {
            Some(user) => format!("{} ({user})", self.fingerprint),
            None => self.fingerprint.clone(),
        }
    }
}

impl Keyring {
    /// Reads certificates from `sources`, each either binary or text with any number of armored blocks. Copies of the
    /// same key are merged, so that a revocation in one of them holds. A key that cannot be used, because of its
    /// algorithm for instance, does not spoil the others; what was signed with it is refused with the reason.
    ///
    /// # Errors
    /// [`KeyringError`] if a source is damaged, is not a key, has private keys, or is too large, or if no key at all
    /// may sign. A key that has expired or was revoked is no error here.
    pub fn parse<'a>(sources: impl IntoIterator<Item = &'a [u8]>) -> Result<Self, KeyringError> {
        Self::read(sources, false)
    }

    /// Like [`Keyring::parse`], but refuses binary sources. For places, such as a Kubernetes secret of Portieris'
    /// layout, that are defined to hold text.
    ///
    /// # Errors
    /// As [`Keyring::parse`], and [`KeyringError::NotArmored`].
    pub fn parse_armored<'a>(
        sources: impl IntoIterator<Item = &'a [u8]>,
    ) -> Result<Self, KeyringError> {
        Self::read(sources, true)
    }

    fn read<'a>(
        sources: impl IntoIterator<Item = &'a [u8]>,
        armored_only: bool,
    ) -> Result<Self, KeyringError> {
        let mut raw = Vec::new();
        let mut bytes = 0;
        let mut packets = 0;
        for source in sources {
            bytes += source.len();
            if bytes > KEYRING_BYTES {
                return Err(KeyringError::TooLarge {
                    limit: KEYRING_BYTES,
                    unit: "bytes",
                });
            }
            match armored(source)? {
                Some(text) => {
                    for block in armor::public_key_blocks(text)? {
                        certificate::read(&block, &mut raw, &mut packets)?;
                    }
                }
                None if armored_only => return Err(KeyringError::NotArmored),
                None => certificate::read(source, &mut raw, &mut packets)?,
            }
        }
        Self::bind(&raw)
    }

    fn bind(raw: &[RawCertificate]) -> Result<Self, KeyringError> {
        if raw.is_empty() {
            return Err(KeyringError::NotAKey);
        }
        let mut spent = 0;
        let mut ring = Self {
            certificates: Vec::new(),
            components: Vec::new(),
        };
        for index in 0..raw.len() {
            let Bound {
                user_ids,
                components,
            } = certificate::bind(raw, index, &mut spent)?;
            let primary = components.first().map(|c| c.fingerprint.as_slice());
            ring.certificates.push(Certificate {
                fingerprint: hex(primary.unwrap_or_default()),
                user_ids,
            });
            ring.components.extend(components);
        }
        match ring.flaw() {
            None => Ok(ring),
            Some(flaw) => Err(KeyringError::NoUsableKey {
                why: flaw.to_string(),
            }),
        }
    }

    /// If no key may sign, what stands against one of them: rather something else than that it was not made to.
    fn flaw(&self) -> Option<&Flaw> {
        let flaws: Vec<_> = self
            .components
            .iter()
            .filter_map(|component| component.standing.as_ref().err())
            .collect();
        if flaws.len() < self.components.len() {
            return None;
        }
        let telling = flaws.iter().find(|flaw| ***flaw != Flaw::NotForSigning);
        telling.or(flaws.first()).copied()
    }

    /// The certificates, in the order of their first appearance.
    #[must_use]
    pub fn certificates(&self) -> &[Certificate] {
        &self.certificates
    }

    /// The last second at which every key that may sign is good; absent if none of them ends. Revoked keys, and
    /// those that may not sign anyway, do not count.
    #[must_use]
    pub fn expires(&self) -> Option<Timestamp> {
        let signing = self
            .components
            .iter()
            .filter(|component| component.standing.is_ok() && !component.revoked);
        let ends = signing.filter_map(|component| component.good_until);
        ends.min().map(Timestamp::from_unix)
    }

    /// The fingerprints of the primary keys, in upper-case hexadecimal.
    pub fn fingerprints(&self) -> impl Iterator<Item = &str> {
        self.certificates.iter().map(Certificate::fingerprint)
    }

    /// All user IDs with a valid self-signature.
    pub fn user_ids(&self) -> impl Iterator<Item = &str> {
        self.certificates
            .iter()
            .flat_map(|c| c.user_ids.iter().map(String::as_str))
    }

    pub(crate) fn components(&self) -> &[Component] {
        &self.components
    }

    pub(crate) fn certificate_of(&self, component: &Component) -> Option<&Certificate> {
        self.certificates.get(component.certificate)
    }
}

impl fmt::Debug for Keyring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.fingerprints()).finish()
    }
}

/// The text of an armored source; `None` if the source is binary, which begins with the high bit set (RFC 9580,
/// section 4.2).
fn armored(source: &[u8]) -> Result<Option<&str>, KeyringError> {
    let source = source.strip_prefix(b"\xef\xbb\xbf").unwrap_or(source);
    match source.first() {
        None => Err(KeyringError::NotAKey),
        Some(0x80..) => Ok(None),
        Some(_) => std::str::from_utf8(source)
            .map(Some)
            .map_err(|_| KeyringError::NotAKey),
    }
}

/// Upper-case hexadecimal, as GnuPG prints fingerprints.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02X}")).collect()
}

#[cfg(test)]
mod tests;
