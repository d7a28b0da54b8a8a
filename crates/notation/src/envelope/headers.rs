//! The signed headers, in whichever format they came, and the rules that they follow.

use std::collections::BTreeSet;

use doorward_core::text::one_line;

use super::EnvelopeError;
use crate::HeaderTime;
use crate::algorithm::EnvelopeAlgorithm;
use crate::attribute::{AttributeName, AttributeValue, ExtendedAttribute};
use crate::limits;

pub(super) const SCHEME: &str = "io.cncf.notary.signingScheme";
pub(super) const SIGNING_TIME: &str = "io.cncf.notary.signingTime";
pub(super) const AUTHENTIC_SIGNING_TIME: &str = "io.cncf.notary.authenticSigningTime";
pub(super) const EXPIRY: &str = "io.cncf.notary.expiry";
pub(super) const TIMESTAMP: &str = "io.cncf.notary.timestampSignature";
pub(super) const AGENT: &str = "io.cncf.notary.signingAgent";
/// The signed headers with texts for names that both formats have.
pub(super) const NAMES: [&str; 4] = [SCHEME, SIGNING_TIME, AUTHENTIC_SIGNING_TIME, EXPIRY];

pub(crate) const CONTENT_TYPE: &str = "application/vnd.cncf.notary.payload.v1+json";
/// How many characters of a wrong value are shown.
const SHOWN: usize = 100;

/// How it was established who signed when (Signing Scheme Specification).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SigningScheme {
    /// `notary.x509`: the signer has a certificate. The time of signing is the signer's word, unless a time-stamping
    /// authority countersigned it.
    X509,
    /// `notary.x509.signingAuthority`: an authority signs for others and vouches for the time.
    SigningAuthority,
}

impl SigningScheme {
    /// The name in envelopes.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::X509 => "notary.x509",
            Self::SigningAuthority => "notary.x509.signingAuthority",
        }
    }
}

/// The signed headers as they were read, before any rule but those of their types.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct RawHeaders {
    pub algorithm: EnvelopeAlgorithm,
    pub content_type: Option<String>,
    pub critical: Vec<AttributeName>,
    pub scheme: Option<String>,
    pub signing_time: Option<HeaderTime>,
    pub authentic_signing_time: Option<HeaderTime>,
    pub expiry: Option<HeaderTime>,
    pub extended: Vec<(AttributeName, AttributeValue)>,
    /// Headers that the format itself has and that may be declared critical, which says nothing.
    pub understood: &'static [AttributeName],
}

/// The signed headers, all rules kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Headers {
    pub scheme: SigningScheme,
    pub signing_time: HeaderTime,
    pub expiry: Option<HeaderTime>,
    pub extended: Vec<ExtendedAttribute>,
}

impl RawHeaders {
    /// Applies the rules of the Signature Specification, "Signed Attributes", and of "Protected Headers" in both
    /// envelope specifications.
    pub(super) fn check(&self) -> Result<Headers, EnvelopeError> {
        match self.content_type.as_deref() {
            Some(CONTENT_TYPE) => {}
            found => {
                let found = one_line(found.unwrap_or_default(), SHOWN);
                return Err(EnvelopeError::ContentType { found });
            }
        }
        let scheme = self.scheme()?;
        let signing_time = self.signing_time(scheme)?;
        if let Some(expiry) = self.expiry
            && expiry.earliest() <= signing_time.earliest()
        {
            return Err(EnvelopeError::ExpiresTooEarly);
        }
        Ok(Headers {
            scheme,
            signing_time,
            expiry: self.expiry,
            extended: self.critical(scheme)?,
        })
    }

    fn scheme(&self) -> Result<SigningScheme, EnvelopeError> {
        match self.scheme.as_deref() {
            None => Err(EnvelopeError::Missing { name: SCHEME }),
            Some("notary.x509") => Ok(SigningScheme::X509),
            Some("notary.x509.signingAuthority") => Ok(SigningScheme::SigningAuthority),
            Some(other) => Err(EnvelopeError::Scheme {
                found: one_line(other, SHOWN),
            }),
        }
    }

    /// The time of the scheme, which must be there, and not that of the other one ("Signed Attributes"): one that is
    /// vouched for and one that is not must not be mistaken for each other.
    fn signing_time(&self, scheme: SigningScheme) -> Result<HeaderTime, EnvelopeError> {
        let (name, own, other, foreign) = match scheme {
            SigningScheme::X509 => (
                SIGNING_TIME,
                self.signing_time,
                AUTHENTIC_SIGNING_TIME,
                self.authentic_signing_time,
            ),
            SigningScheme::SigningAuthority => (
                AUTHENTIC_SIGNING_TIME,
                self.authentic_signing_time,
                SIGNING_TIME,
                self.signing_time,
            ),
        };
        if foreign.is_some() {
            return Err(EnvelopeError::WrongScheme { name: other });
        }
        own.ok_or(EnvelopeError::Missing { name })
    }

    /// What is declared critical must be there, once, and what must be declared so has to be ("Signed Attributes";
    /// RFC 7515, section 4.1.11; RFC 9052, section 3.1).
    fn critical(&self, scheme: SigningScheme) -> Result<Vec<ExtendedAttribute>, EnvelopeError> {
        let mut required = vec![SCHEME];
        if self.expiry.is_some() {
            required.push(EXPIRY);
        }
        if scheme == SigningScheme::SigningAuthority {
            required.push(AUTHENTIC_SIGNING_TIME);
        }
        let mut declared = BTreeSet::new();
        for name in &self.critical {
            if !declared.insert(name) {
                return Err(EnvelopeError::CriticalTwice {
                    name: name.to_string(),
                });
            }
            let is_there = name.as_text().is_some_and(|text| required.contains(&text))
                || self.extended.iter().any(|(extended, _)| extended == name)
                || self.understood.contains(name);
            if !is_there {
                return Err(EnvelopeError::CriticalAbsent {
                    name: name.to_string(),
                });
            }
        }
        for name in required {
            if !self.critical.iter().any(|c| c.as_text() == Some(name)) {
                return Err(EnvelopeError::NotCritical { name });
            }
        }
        if self.extended.len() > limits::EXTENDED_ATTRIBUTES {
            return Err(EnvelopeError::TooMany {
                what: "extended attributes",
                limit: limits::EXTENDED_ATTRIBUTES,
            });
        }
        let extended = self.extended.iter().map(|(name, value)| ExtendedAttribute {
            critical: declared.contains(name),
            name: name.clone(),
            value: value.clone(),
        });
        Ok(extended.collect())
    }
}
