//! Certificates that an own authority issued.

use super::authority::named;
use super::{expression, literal};
use crate::node::Node;
use crate::walk::Walk;
use crate::{LintCode, SecretRef, schema};

/// Certificates that an own authority issued, and for whom.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct CertificateAuthority {
    /// The Secret with the certificates of the authority.
    pub ca: SecretRef,
    /// For whom a certificate must be.
    pub name: AlternativeName,
    /// The Secret with the certificates of the time-stamping authority, if one is trusted.
    pub tsa: Option<SecretRef>,
}

/// An alternative name of a certificate (RFC 5280, section 4.2.1.6).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum AlternativeName {
    /// Exactly this DNS name.
    Dns(String),
    /// Exactly this address of mail.
    Email(String),
    /// Any name that this regular expression matches as a whole.
    Pattern(String),
    /// Exactly this URI.
    Uri(String),
}

pub(super) fn read(walk: &mut Walk<'_>, node: &Node) -> Option<CertificateAuthority> {
    let object = walk.object(node, &schema::CERTIFICATE)?;
    let ca = walk.required_name(&object, "caSecret");
    let namespace = walk.object_name(&object, "caSecretNamespace");
    if namespace.is_none() {
        walk.note_key_namespace(&object, "caSecret");
    }
    let tsa = named(walk, &object, "tsaSecret", "tsaSecretNamespace");
    let mut names = Vec::new();
    let mut name = |field, kind: fn(String) -> AlternativeName| {
        let text = walk.string(&object, field).filter(|text| !text.is_empty());
        names.extend(text.map(|text| kind(text.to_owned())));
    };
    name("email", AlternativeName::Email);
    name("dns", AlternativeName::Dns);
    name("uri", AlternativeName::Uri);
    name("subjectRegExp", AlternativeName::Pattern);
    expression::check(walk, &object, "subjectRegExp", None);
    literal::check(walk, &object, &["email", "uri"]);
    let Ok([name]) = <[AlternativeName; 1]>::try_from(names) else {
        let message =
            "a certificate is for exactly one of `email`, `dns`, `uri` and `subjectRegExp`";
        walk.form(LintCode::InvalidValue, object.at, message);
        return None;
    };
    Some(CertificateAuthority {
        ca: SecretRef {
            name: ca?,
            namespace,
        },
        name,
        tsa,
    })
}
