//! Alternative names of certificates (RFC 5280, section 4.2.1.6).

use doorward_crypto::Certificate;

/// A name that a certificate must have among its alternative names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum AlternativeName {
    Dns(String),
    Email(String),
    Uri(String),
}

impl AlternativeName {
    /// Reads `uri:`, `dns:` or `email:` and a value. Returns `None` for anything else. A star is a character like any
    /// other: such a name is that of a certificate which has a star.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (kind, value) = text.trim().split_once(':')?;
        if value.is_empty() || !value.bytes().all(|b| b.is_ascii_graphic()) {
            return None;
        }
        match kind {
            "dns" => Some(Self::Dns(value.to_owned())),
            "email" => Some(Self::Email(value.to_owned())),
            "uri" => Some(Self::Uri(value.to_owned())),
            _ => None,
        }
    }

    /// Whether a certificate has the name: hosts in any case (RFC 5280, section 7.2), the others exactly.
    pub(super) fn is_of(&self, certificate: &Certificate) -> bool {
        let Ok(names) = certificate.alternative_names() else {
            return false;
        };
        match self {
            Self::Dns(host) => names
                .dns()
                .iter()
                .any(|name| name.eq_ignore_ascii_case(host)),
            Self::Email(address) => names.emails().contains(address),
            Self::Uri(uri) => names.uris().contains(uri),
        }
    }
}
