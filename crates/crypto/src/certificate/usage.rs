//! What a certificate says that its key is for.

use crate::Purpose;
use crate::der::{Malformed, Reader, tag};

/// Whether the subject is an authority, and how many others may stand between it and a leaf (RFC 5280, section
/// 4.2.1.9).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BasicConstraints {
    pub(super) critical: bool,
    pub(super) authority: bool,
    pub(super) path_length: Option<u32>,
}

impl BasicConstraints {
    pub(super) fn read(critical: bool, value: &[u8]) -> Result<Self, Malformed> {
        let mut value = Reader::whole(value, tag::SEQUENCE)?;
        let authority = value.boolean_or_false()?;
        let path_length = if value.is_empty() {
            None
        } else {
            Some(value.small()?)
        };
        value.finish()?;
        Ok(Self {
            critical,
            authority,
            path_length,
        })
    }

    /// Whether the extension is critical.
    #[must_use]
    pub const fn is_critical(&self) -> bool {
        self.critical
    }

    /// Whether the subject is an authority.
    #[must_use]
    pub const fn is_authority(&self) -> bool {
        self.authority
    }

    /// How many authorities may stand between this one and a leaf; `None` is any number.
    #[must_use]
    pub const fn path_length(&self) -> Option<u32> {
        self.path_length
    }
}

/// One use of a key (RFC 5280, section 4.2.1.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum KeyUse {
    /// `cRLSign`: revocation lists.
    CrlSign,
    /// `dataEncipherment`.
    DataEncipherment,
    /// `decipherOnly`, of a key agreement.
    DecipherOnly,
    /// `digitalSignature`: signatures that are not on certificates or revocation lists.
    DigitalSignature,
    /// `encipherOnly`, of a key agreement.
    EncipherOnly,
    /// `keyAgreement`.
    KeyAgreement,
    /// `keyCertSign`: certificates.
    KeyCertSign,
    /// `keyEncipherment`.
    KeyEncipherment,
    /// `nonRepudiation`, also called `contentCommitment`.
    NonRepudiation,
}

impl KeyUse {
    /// The name that RFC 5280 gives it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::CrlSign => "cRLSign",
            Self::DataEncipherment => "dataEncipherment",
            Self::DecipherOnly => "decipherOnly",
            Self::DigitalSignature => "digitalSignature",
            Self::EncipherOnly => "encipherOnly",
            Self::KeyAgreement => "keyAgreement",
            Self::KeyCertSign => "keyCertSign",
            Self::KeyEncipherment => "keyEncipherment",
            Self::NonRepudiation => "nonRepudiation",
        }
    }

    /// Its bit, counted from the first bit of the `BIT STRING`.
    const fn bit(self) -> u16 {
        let number = match self {
            Self::DigitalSignature => 0,
            Self::NonRepudiation => 1,
            Self::KeyEncipherment => 2,
            Self::DataEncipherment => 3,
            Self::KeyAgreement => 4,
            Self::KeyCertSign => 5,
            Self::CrlSign => 6,
            Self::EncipherOnly => 7,
            Self::DecipherOnly => 8,
        };
        0x8000 >> number
    }
}

/// The uses of a key (RFC 5280, section 4.2.1.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyUsage {
    critical: bool,
    bits: u16,
}

impl KeyUsage {
    pub(super) fn read(critical: bool, value: &[u8]) -> Result<Self, Malformed> {
        let mut reader = Reader::new(value);
        let content = reader.take(tag::BIT_STRING)?;
        reader.finish()?;
        let (first, second) = match content {
            [0] => (0, 0),
            [0..=7, first] => (*first, 0),
            [0..=7, first, second] => (*first, *second),
            _ => return Err(Malformed),
        };
        let bits = u16::from_be_bytes([first, second]);
        Ok(Self { critical, bits })
    }

    /// Whether the extension is critical.
    #[must_use]
    pub const fn is_critical(&self) -> bool {
        self.critical
    }

    /// Whether the key may be used so.
    #[must_use]
    pub const fn contains(&self, usage: KeyUse) -> bool {
        self.bits & usage.bit() != 0
    }
}

/// The purposes of a key (RFC 5280, section 4.2.1.12).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ExtendedKeyUsage {
    critical: bool,
    /// One bit for each of [`Purpose::ALL`].
    known: u8,
    others: bool,
}

impl ExtendedKeyUsage {
    pub(super) fn read(critical: bool, value: &[u8]) -> Result<Self, Malformed> {
        let mut purposes = Reader::whole(value, tag::SEQUENCE)?;
        let (mut known, mut others) = (0, false);
        while !purposes.is_empty() {
            let oid = purposes.oid()?;
            match Purpose::ALL.iter().find(|purpose| purpose.oid() == oid) {
                Some(purpose) => known |= bit(*purpose),
                None => others = true,
            }
        }
        // The section demands one at least.
        if known == 0 && !others {
            return Err(Malformed);
        }
        Ok(Self {
            critical,
            known,
            others,
        })
    }

    /// Whether the extension is critical.
    #[must_use]
    pub const fn is_critical(&self) -> bool {
        self.critical
    }

    /// Whether the purpose is named. `anyExtendedKeyUsage` stands for itself alone here.
    #[must_use]
    pub fn contains(&self, purpose: Purpose) -> bool {
        self.known & bit(purpose) != 0
    }

    /// Whether the purpose is named and no other is.
    #[must_use]
    pub fn is_exactly(&self, purpose: Purpose) -> bool {
        !self.others && self.known == bit(purpose)
    }
}

fn bit(purpose: Purpose) -> u8 {
    let position = Purpose::ALL.iter().position(|of_all| *of_all == purpose);
    position.map_or(0, |position| 1 << position)
}

#[cfg(test)]
mod tests;
