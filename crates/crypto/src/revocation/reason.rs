//! How a certificate was revoked.

use std::fmt;

use doorward_core::Timestamp;

use crate::der::{Malformed, Reader, tag};

/// `id-ce-invalidityDate` (RFC 5280, section 5.3.2).
pub(super) const INVALIDITY_DATE: &[u8] = &[0x55, 0x1d, 0x18];

/// That a certificate was revoked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Revocation {
    /// When the authority revoked it.
    pub time: Timestamp,
    /// Why, if the authority says so.
    pub reason: Option<RevocationReason>,
    /// Since when the key was not safe or the certificate not right, if the authority says so (RFC 5280, section
    /// 5.3.2).
    pub invalid_since: Option<Timestamp>,
}

impl Revocation {
    /// Whether no later word of the authority can take it back: all but `certificateHold`, and its end.
    #[must_use]
    pub const fn is_final(&self) -> bool {
        !matches!(
            self.reason,
            Some(RevocationReason::CertificateHold | RevocationReason::RemoveFromCrl)
        )
    }
}

impl fmt::Display for Revocation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "revoked at {}", self.time)?;
        if let Some(reason) = self.reason {
            write!(f, " ({reason})")?;
        }
        Ok(())
    }
}

/// Why a certificate was revoked (RFC 5280, section 5.3.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum RevocationReason {
    /// `aACompromise`.
    AaCompromise,
    /// `affiliationChanged`.
    AffiliationChanged,
    /// `cACompromise`.
    CaCompromise,
    /// `certificateHold`: for the time being.
    CertificateHold,
    /// `cessationOfOperation`.
    CessationOfOperation,
    /// `keyCompromise`.
    KeyCompromise,
    /// A number that the RFC does not have.
    Other(u8),
    /// `privilegeWithdrawn`.
    PrivilegeWithdrawn,
    /// `removeFromCRL`: it is no longer on hold.
    RemoveFromCrl,
    /// `superseded`.
    Superseded,
    /// `unspecified`.
    Unspecified,
}

impl RevocationReason {
    /// Reads the content of an `ENUMERATED`.
    pub(super) const fn read(content: &[u8]) -> Result<Self, Malformed> {
        let [number] = content else {
            return Err(Malformed);
        };
        Ok(match number {
            0 => Self::Unspecified,
            1 => Self::KeyCompromise,
            2 => Self::CaCompromise,
            3 => Self::AffiliationChanged,
            4 => Self::Superseded,
            5 => Self::CessationOfOperation,
            6 => Self::CertificateHold,
            8 => Self::RemoveFromCrl,
            9 => Self::PrivilegeWithdrawn,
            10 => Self::AaCompromise,
            other => Self::Other(*other),
        })
    }
}

impl fmt::Display for RevocationReason {
    /// The name that RFC 5280 gives it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::AaCompromise => "aACompromise",
            Self::AffiliationChanged => "affiliationChanged",
            Self::CaCompromise => "cACompromise",
            Self::CertificateHold => "certificateHold",
            Self::CessationOfOperation => "cessationOfOperation",
            Self::KeyCompromise => "keyCompromise",
            Self::Other(number) => return write!(f, "reason {number}"),
            Self::PrivilegeWithdrawn => "privilegeWithdrawn",
            Self::RemoveFromCrl => "removeFromCRL",
            Self::Superseded => "superseded",
            Self::Unspecified => "unspecified",
        })
    }
}

/// One extension: its identifier, whether it is critical, and its value.
pub(super) struct Extension<'a> {
    pub(super) oid: &'a [u8],
    pub(super) critical: bool,
    pub(super) value: &'a [u8],
}

/// Reads the next of some `Extensions` (RFC 5280, section 4.1). Returns `None` at the end.
pub(super) fn next_extension<'a>(
    extensions: &mut Reader<'a>,
) -> Result<Option<Extension<'a>>, Malformed> {
    if extensions.is_empty() {
        return Ok(None);
    }
    let mut extension = extensions.sequence()?;
    let oid = extension.oid()?;
    let critical = extension.boolean_or_false()?;
    let value = extension.take(tag::OCTET_STRING)?;
    extension.finish()?;
    Ok(Some(Extension {
        oid,
        critical,
        value,
    }))
}

/// The value of an `InvalidityDate`.
pub(super) fn invalidity_date(value: &[u8]) -> Result<Timestamp, Malformed> {
    let mut value = Reader::new(value);
    let time = value.expect(tag::GENERALIZED_TIME)?.time()?.whole()?;
    value.finish()?;
    Ok(time)
}
