//! Key rings: the keys that one requirement trusts, parsed and checked once.

use std::borrow::Cow;
use std::fmt;

use doorward_core::Timestamp;

use crate::KeyringError;
use crate::limits::KEYRING_BYTES;
use crate::openpgp::armor;
use crate::openpgp::certificate::{Bound, RawRing, Work, attach, judge};
use crate::openpgp::component::{Component, Flaw, Revocation};
use crate::openpgp::message;
use crate::openpgp::packets::{self, Opening};

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
    /// same key are merged. A key that cannot be used, because of its algorithm for instance, does not spoil the
    /// others; what was signed with it is refused with the reason.
    ///
    /// The ring is made from all sources at once, in any order. A revocation counts wherever it stands: in a copy of
    /// its key, behind another key or another part, in a block or a source of its own. It ends its key in every place
    /// of the ring, as a primary key and as a subkey.
    ///
    /// # Errors
    /// [`KeyringError`] if a source is damaged, has neither keys nor signatures, has private keys, or is too large, or
    /// if no key at all may sign. A key that has expired or was revoked is no error here.
    pub fn parse<'a>(sources: impl IntoIterator<Item = &'a [u8]>) -> Result<Self, KeyringError> {
        Self::with_revocations(sources, [])
    }

    /// Like [`Keyring::parse`], and looks for revocations of these keys in `others` too: whatever else is kept in the
    /// same place, such as the other items of a Kubernetes secret. No key is taken from there, so that more of it
    /// never lets more in. What is not OpenPGP there is passed over, and so are private keys and messages. Text in
    /// UTF-16 is read, and what was encoded with base64 once more than is needed.
    ///
    /// # Errors
    /// As [`Keyring::parse`]. Of `others`, one is an error if it begins as keys or signatures do and cannot be read, if
    /// its armor is damaged or made unrecognisable, if keys or signatures in it are compressed, or if it makes the ring
    /// too large.
    pub fn with_revocations<'a>(
        sources: impl IntoIterator<Item = &'a [u8]>,
        others: impl IntoIterator<Item = &'a [u8]>,
    ) -> Result<Self, KeyringError> {
        let mut bytes = 0;
        let mut ring = RawRing::default();
        for source in sources {
            count(source, &mut bytes)?;
            read(source, &mut ring)?;
        }
        for other in others {
            let blocks = beside(other)?;
            if !blocks.is_empty() {
                count(other, &mut bytes)?;
            }
            for block in &blocks {
                let mut found = RawRing::beside(&ring);
                found.read(block)?;
                ring.add_revocations(found);
            }
        }
        Self::bind(&ring)
    }

    fn bind(raw: &RawRing) -> Result<Self, KeyringError> {
        if raw.certificates.is_empty() {
            return Err(raw.emptiness());
        }
        let mut work = Work::default();
        let facts = attach(raw, &mut work)?;
        let mut ring = Self {
            certificates: Vec::new(),
            components: Vec::new(),
        };
        for (index, (certificate, facts)) in raw.certificates.iter().zip(&facts).enumerate() {
            let Bound {
                user_ids,
                components,
            } = judge(certificate, index, facts, &mut work)?;
            ring.certificates.push(Certificate {
                fingerprint: hex(&certificate.primary.fingerprint),
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
            .filter(|component| component.standing.is_ok() && component.revoked.is_none());
        let ends = signing.filter_map(|component| component.good_until);
        ends.min().map(Timestamp::from_unix)
    }

    /// The fingerprints of the primary keys, in upper-case hexadecimal.
    pub fn fingerprints(&self) -> impl Iterator<Item = &str> {
        self.certificates.iter().map(Certificate::fingerprint)
    }

    /// The fingerprints of the keys, subkeys among them, of which a revocation verifies, in upper-case hexadecimal.
    pub fn revoked(&self) -> impl Iterator<Item = String> {
        let revoked = |component: &&Component| component.revoked == Some(Revocation::Verified);
        let components = self.components.iter().filter(revoked);
        components.map(|component| hex(&component.fingerprint))
    }

    /// Whether a key counts as revoked by something that cannot be read or does not verify, which anybody could have written.
    #[must_use]
    pub fn has_doubtful_revocation(&self) -> bool {
        let is_doubtful = |revoked: Revocation| revoked != Revocation::Verified;
        self.components
            .iter()
            .any(|component| component.revoked.is_some_and(is_doubtful))
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

/// Adds the packets of one source.
fn read(source: &[u8], ring: &mut RawRing) -> Result<(), KeyringError> {
    match text(source)? {
        None => ring.read(source),
        Some(text) => {
            for block in armor::blocks(&text)? {
                ring.read(&block)?;
            }
            Ok(())
        }
    }
}

/// The blocks of what is kept beside the keys that may hold keys or signatures. It need not be OpenPGP at all.
fn beside(source: &[u8]) -> Result<Vec<Vec<u8>>, KeyringError> {
    let found = plain_or_armored(source)?;
    if !found.is_empty() {
        return Ok(found);
    }
    match armor::wrapped(&String::from_utf8_lossy(source)) {
        Some(bytes) => plain_or_armored(&bytes),
        None => Ok(found),
    }
}

fn plain_or_armored(source: &[u8]) -> Result<Vec<Vec<u8>>, KeyringError> {
    let bytes = source.trim_ascii_start();
    if holds_keys(bytes)? {
        return Ok(vec![bytes.to_vec()]);
    }
    let mut found = Vec::new();
    for block in armor::blocks_beside(&without_zeros(source))? {
        if block.must || holds_keys(&block.content)? {
            found.push(block.content);
        }
    }
    for rest in armor::after_text(source) {
        if holds_keys(rest)? {
            found.push(rest.to_vec());
        }
    }
    Ok(found)
}

/// Whether keys or signatures begin here.
fn holds_keys(bytes: &[u8]) -> Result<bool, KeyringError> {
    match packets::opening(bytes) {
        Opening::KeyOrSignature => Ok(true),
        Opening::Other => Ok(false),
        Opening::Compressed(packet) => match message::inflate(&packet).1 {
            Ok(inner) if matches!(packets::opening(&inner), Opening::KeyOrSignature) => {
                Err(KeyringError::Compressed)
            }
            _ => Ok(false),
        },
    }
}

/// `source` as a text. Without the zeros and the mark in front, English in UTF-16 is what it is in UTF-8.
fn without_zeros(source: &[u8]) -> Cow<'_, str> {
    let marks = [b"\xff\xfe".as_slice(), b"\xfe\xff"];
    let text = marks.iter().find_map(|mark| source.strip_prefix(*mark));
    let text = text.unwrap_or(source);
    if !text.contains(&0) {
        return String::from_utf8_lossy(text);
    }
    let text: Vec<u8> = text.iter().copied().filter(|byte| *byte != 0).collect();
    Cow::Owned(String::from_utf8_lossy(&text).into_owned())
}

fn count(source: &[u8], bytes: &mut usize) -> Result<(), KeyringError> {
    *bytes += source.len();
    if *bytes > KEYRING_BYTES {
        return Err(KeyringError::TooLarge {
            limit: KEYRING_BYTES,
            unit: "bytes",
        });
    }
    Ok(())
}

/// The text of an armored source; `None` if the source is binary, which begins with the high bit set (RFC 9580,
/// section 4.2). Letters of other encodings, in a comment for instance, do no harm.
fn text(source: &[u8]) -> Result<Option<Cow<'_, str>>, KeyringError> {
    let text = source.strip_prefix(b"\xef\xbb\xbf").unwrap_or(source);
    match text.first() {
        None => Err(KeyringError::NotAKey),
        Some(0x80..) => Ok(None),
        Some(_) => Ok(Some(String::from_utf8_lossy(text))),
    }
}

/// Upper-case hexadecimal, as GnuPG prints fingerprints.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02X}")).collect()
}

#[cfg(test)]
mod tests;
