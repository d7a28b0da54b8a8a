use crate::node::Node;
use crate::part::part;
use crate::schema;
use crate::value::Quorum;
use crate::walk::Walk;
use crate::{LintCode, SecretRef};

/// A check of sigstore signatures.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Sigstore {
    /// How many of the authorities must have signed.
    pub require: Quorum,
    /// Whose signatures count; never empty.
    pub authorities: Vec<Authority>,
}

/// Someone whose signature counts.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Authority {
    /// A name for reports.
    pub name: Option<String>,
    /// How its signatures are recognised.
    pub by: AuthorityKind,
    /// The Secret with a trust root other than the public one.
    pub trust_root_secret: Option<String>,
}

/// How an authority's signatures are recognised.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum AuthorityKind {
    /// By a public key.
    Key(SecretRef),
    /// By a short-lived certificate for an identity.
    Keyless(Keyless),
}

/// The identity in a short-lived certificate.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Keyless {
    /// Who vouched for the identity: the URL of an OpenID Connect issuer.
    pub issuer: String,
    /// Who signed.
    pub subject: Subject,
}

/// Who signed, according to a short-lived certificate.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Subject {
    /// Exactly this name.
    Exact(String),
    /// A name that this regular expression matches as a whole.
    Pattern(String),
}

pub(crate) fn read(walk: &mut Walk<'_>, node: &Node) -> Option<Sigstore> {
    let object = walk.object(node, &schema::SIGSTORE)?;
    let authorities = walk.few(&object, "authorities", read_authority);
    let count = walk.list(&object, "authorities").map_or(0, <[_]>::len);
    if count == 0 {
        let message = "`authorities` needs at least one authority";
        walk.meaning(LintCode::MissingField, object.place("authorities"), message);
    }
    Some(Sigstore {
        require: walk.quorum(&object, Quorum::Any, count),
        authorities,
    })
}

fn read_authority(walk: &mut Walk<'_>, node: &Node) -> Option<Authority> {
    let object = walk.object(node, &schema::AUTHORITY)?;
    let name = walk.string(&object, "name").map(str::to_owned);
    let key = walk.object_name(&object, "keySecret");
    let namespace = walk.object_name(&object, "keySecretNamespace");
    let keyless = part(walk, &object, "keyless", read_keyless);
    let trust_root_secret = walk.object_name(&object, "trustRootSecret");
    let by = match (key, object.field("keyless").is_some()) {
        (Some(name), false) => {
            if namespace.is_none() {
                walk.note_key_namespace(&object, "keySecret");
            }
            Some(AuthorityKind::Key(SecretRef { name, namespace }))
        }
        (None, true) => keyless.map(AuthorityKind::Keyless),
        (Some(_), true) | (None, false) => {
            let message = "an authority has either `keySecret` or `keyless`";
            walk.form(LintCode::InvalidValue, object.at, message);
            None
        }
    };
    Some(Authority {
        name,
        by: by?,
        trust_root_secret,
    })
}

fn read_keyless(walk: &mut Walk<'_>, node: &Node) -> Option<Keyless> {
    let object = walk.object(node, &schema::KEYLESS)?;
    let issuer = walk.required_string(&object, "issuer");
    let subject = walk.string(&object, "subject");
    let pattern = walk.string(&object, "subjectRegExp");
    let subject = match (subject, pattern) {
        (Some(text), None) if !text.is_empty() => Subject::Exact(text.to_owned()),
        (None, Some(text)) if !text.is_empty() => Subject::Pattern(text.to_owned()),
        _ => {
            let message = "an identity has either `subject` or `subjectRegExp`";
            walk.form(LintCode::InvalidValue, object.at, message);
            return None;
        }
    };
    Some(Keyless {
        issuer: issuer?,
        subject,
    })
}
