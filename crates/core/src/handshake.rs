//! Why transport security with a server could not be had.

use std::fmt;

/// What is wrong with the TLS of a server.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Distrust {
    /// Its certificate is not one for the name that was asked. The names it is for, as far as they are known.
    NameMismatch(Vec<String>),
    /// It answers without TLS: as a rule in plain HTTP.
    NotTls,
    /// Its certificate has expired.
    Expired,
    /// Its certificate is not valid yet.
    NotYetValid,
    /// Its certificate was revoked.
    Revoked,
    /// Its certificate is signed by nobody who is known here: the common name of its issuer, if it has one.
    UnknownIssuer(Option<String>),
    /// Anything else, in the words of the TLS library.
    Other(String),
}

/// That a server could not be asked because its TLS is not what it should be.
///
/// Never an outage: with a certificate that is not believed, it is not known who answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Handshake {
    /// The server, `host` or `host:port`.
    pub host: String,
    /// What is wrong.
    pub distrust: Distrust,
}

impl fmt::Display for Handshake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let host = &self.host;
        match &self.distrust {
            Distrust::NameMismatch(names) if names.is_empty() => {
                write!(f, "the certificate of {host} is for another name")
            }
            Distrust::NameMismatch(names) => {
                write!(
                    f,
                    "the certificate of {host} is for other names: {}",
                    names.join(", ")
                )
            }
            Distrust::NotTls => write!(f, "{host} speaks HTTP, not TLS"),
            Distrust::Expired => write!(f, "the certificate of {host} has expired"),
            Distrust::NotYetValid => write!(f, "the certificate of {host} is not valid yet"),
            Distrust::Revoked => write!(f, "the certificate of {host} was revoked"),
            Distrust::UnknownIssuer(Some(issuer)) => write!(
                f,
                "the certificate of {host} is signed by an authority that is not known here (issuer CN {issuer:?})"
            ),
            Distrust::UnknownIssuer(None) => write!(
                f,
                "the certificate of {host} is signed by an authority that is not known here"
            ),
            Distrust::Other(detail) => write!(f, "no TLS with {host}: {detail}"),
        }
    }
}
