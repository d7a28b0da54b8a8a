use doorward_core::Reference;

use crate::diagnostic::quoted;
use crate::key_source::{self, KeySource};
use crate::node::Node;
use crate::part::part;
use crate::walk::{Object, Walk};
use crate::{LintCode, SecretRef, schema};

/// A check of Red Hat simple signatures.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Simple {
    /// All must be met.
    pub requirements: Vec<SimpleRequirement>,
    /// The base URL of the signature store, `https` or `http`.
    pub store_url: Option<String>,
    /// The Secret with the store's user name and password.
    pub store_secret: Option<String>,
}

/// One requirement of simple signing.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum SimpleRequirement {
    /// Every image meets it.
    InsecureAcceptAnything,
    /// No image meets it.
    Reject,
    /// A signature by one of the keys, for an accepted identity, meets it.
    SignedBy {
        /// Where the public keys are.
        keys: SimpleKeys,
        /// Which image names in the signature are accepted.
        signed_identity: SignedIdentity,
    },
}

/// Where the public keys of a requirement are.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum SimpleKeys {
    /// In this Secret.
    Secret(SecretRef),
    /// In the file from this source.
    Source(KeySource),
}

impl Simple {
    /// Where the keys of its requirements are fetched from, as far as they are in no Secret.
    pub fn key_sources(&self) -> impl Iterator<Item = &KeySource> {
        self.requirements.iter().filter_map(|one| match one {
            SimpleRequirement::SignedBy {
                keys: SimpleKeys::Source(source),
                ..
            } => Some(source),
            SimpleRequirement::InsecureAcceptAnything
            | SimpleRequirement::Reject
            | SimpleRequirement::SignedBy {
                keys: SimpleKeys::Secret(_),
                ..
            } => None,
        })
    }
}

/// Which image names in a signature are accepted for an image.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub enum SignedIdentity {
    /// The same reference, or the same repository if the image is named by digest.
    #[default]
    MatchRepoDigestOrExact,
    /// The same reference.
    MatchExact,
    /// The same repository.
    MatchRepository,
    /// This reference, which has a tag or digest.
    MatchExactReference(String),
    /// This repository.
    MatchExactRepository(String),
    /// As [`SignedIdentity::MatchRepoDigestOrExact`], after `prefix` of the image was replaced.
    RemapIdentity {
        /// What the image's name begins with: a host, or a host and components of a path.
        prefix: String,
        /// What the signed name begins with instead.
        signed_prefix: String,
    },
}

#[derive(Clone, Copy)]
enum Type {
    InsecureAcceptAnything,
    Reject,
    SignedBy,
}

const TYPES: &[(&str, Type)] = &[
    ("insecureAcceptAnything", Type::InsecureAcceptAnything),
    ("reject", Type::Reject),
    ("signedBy", Type::SignedBy),
];

#[derive(Clone, Copy)]
enum Identity {
    RepoDigestOrExact,
    Exact,
    Repository,
    ExactReference,
    ExactRepository,
    Remap,
}

/// The empty word is the default rule. Its name in other formats, `matchRepoDigestOrExact`, is not one here.
const IDENTITIES: &[(&str, Identity)] = &[
    ("", Identity::RepoDigestOrExact),
    ("matchExact", Identity::Exact),
    ("matchRepository", Identity::Repository),
    ("matchExactReference", Identity::ExactReference),
    ("matchExactRepository", Identity::ExactRepository),
    ("remapIdentity", Identity::Remap),
];

pub(crate) fn read(walk: &mut Walk<'_>, node: &Node) -> Option<Simple> {
    let object = walk.object(node, &schema::SIMPLE)?;
    let simple = Simple {
        requirements: walk.few(&object, "requirements", read_requirement),
        store_url: walk.web_url(&object, "storeURL"),
        store_secret: walk.object_name(&object, "storeSecret"),
    };
    walk.essential(&object, "simple", "requirements");
    if walk.explicit {
        walk.refuse_empty(
            &object,
            "requirements",
            "an empty list of requirements demands nothing",
        );
    } else if walk
        .list(&object, "requirements")
        .is_none_or(<[_]>::is_empty)
    {
        let message = "`simple` demands nothing without `requirements`";
        walk.note(
            LintCode::DisabledCheck,
            object.place("requirements"),
            message,
        );
    }
    Some(simple)
}

fn read_requirement(walk: &mut Walk<'_>, node: &Node) -> Option<SimpleRequirement> {
    let object = walk.object(node, &schema::REQUIREMENT)?;
    let wanted = walk.choice(&object, "type", TYPES);
    let secret = walk.object_name(&object, "keySecret");
    let namespace = walk.object_name(&object, "keySecretNamespace");
    let source = part(walk, &object, "keyURL", key_source::read_keyring_url);
    if object.field("keyURL").is_some() {
        if object.field("keySecret").is_some() {
            let message = "the keys are in a Secret or at an address: of `keySecret` and `keyURL`, one says which";
            walk.form(LintCode::InvalidValue, object.at, message);
        } else if object.field("keySecretNamespace").is_some() {
            let message = "`keySecretNamespace` has no meaning beside `keyURL`";
            let at = object.place("keySecretNamespace");
            walk.form(LintCode::MisplacedField, at, message);
        }
    }
    let signed_identity = part(walk, &object, "signedIdentity", read_identity);
    match wanted? {
        Type::InsecureAcceptAnything => {
            let message = "this requirement is met by every image, signed or not";
            walk.note(
                LintCode::InsecureAcceptAnything,
                object.place("type"),
                message,
            );
            Some(SimpleRequirement::InsecureAcceptAnything)
        }
        Type::Reject => Some(SimpleRequirement::Reject),
        Type::SignedBy => {
            if object.field("keyURL").is_some() {
                // What is wrong with it was told.
            } else if secret.is_none() {
                let message = "`signedBy` needs `keySecret`, the name of a Secret that holds the public keys, or `keyURL`, \
                               where they are served";
                walk.meaning(LintCode::MissingField, object.at, message);
            } else if namespace.is_none() {
                walk.note_key_namespace(&object, "keySecret");
            }
            let held = secret.map(|name| SimpleKeys::Secret(SecretRef { name, namespace }));
            Some(SimpleRequirement::SignedBy {
                keys: source.map(SimpleKeys::Source).or(held)?,
                signed_identity: signed_identity.unwrap_or_default(),
            })
        }
    }
}

fn read_identity(walk: &mut Walk<'_>, node: &Node) -> Option<SignedIdentity> {
    let object = walk.object(node, &schema::SIGNED_IDENTITY)?;
    // Portieris keeps parameters of other types and ignores them, so they are read whatever the type is.
    let reference = walk.string(&object, "dockerReference");
    let repository = walk.string(&object, "dockerRepository");
    let prefix = walk.string(&object, "prefix");
    let signed_prefix = walk.string(&object, "signedPrefix");
    match walk.choice(&object, "type", IDENTITIES)? {
        Identity::RepoDigestOrExact => Some(SignedIdentity::MatchRepoDigestOrExact),
        Identity::Exact => Some(SignedIdentity::MatchExact),
        Identity::Repository => Some(SignedIdentity::MatchRepository),
        Identity::ExactReference => {
            let text = parameter(walk, &object, "dockerReference", reference)?;
            match text.parse::<Reference>() {
                Ok(named) if named.is_name_only() => walk.meaning(
                    LintCode::InvalidValue,
                    object.place("dockerReference"),
                    "`dockerReference` must have a tag or a digest",
                ),
                Ok(_) => {}
                Err(error) => invalid(walk, &object, "dockerReference", text, &error.to_string()),
            }
            Some(SignedIdentity::MatchExactReference(text.to_owned()))
        }
        Identity::ExactRepository => {
            let text = parameter(walk, &object, "dockerRepository", repository)?;
            match text.parse::<Reference>() {
                Ok(named) if named.is_name_only() => {}
                Ok(_) => walk.note(
                    LintCode::TagIgnored,
                    object.place("dockerRepository"),
                    "only the repository counts here; the tag or digest is ignored",
                ),
                Err(error) => invalid(walk, &object, "dockerRepository", text, &error.to_string()),
            }
            Some(SignedIdentity::MatchExactRepository(text.to_owned()))
        }
        Identity::Remap => {
            let prefix = prefix_parameter(walk, &object, "prefix", prefix);
            let signed_prefix = prefix_parameter(walk, &object, "signedPrefix", signed_prefix);
            Some(SignedIdentity::RemapIdentity {
                prefix: prefix?,
                signed_prefix: signed_prefix?,
            })
        }
    }
}

fn parameter<'n>(
    walk: &mut Walk<'_>,
    object: &Object<'_>,
    field: &'static str,
    value: Option<&'n str>,
) -> Option<&'n str> {
    let value = value.filter(|text| !text.is_empty());
    if value.is_none() {
        let message = format!("this identity type needs `{field}`");
        walk.meaning(LintCode::MissingField, object.at, message);
    }
    value
}

fn invalid(walk: &mut Walk<'_>, object: &Object<'_>, field: &'static str, text: &str, why: &str) {
    let message = format!("{} is not an image name: {why}", quoted(text));
    walk.inside(field, |walk| {
        walk.meaning(LintCode::InvalidValue, object.place(field), message);
    });
}

/// A host, or the beginning of a repository name up to a slash.
fn prefix_parameter(
    walk: &mut Walk<'_>,
    object: &Object<'_>,
    field: &'static str,
    value: Option<&str>,
) -> Option<String> {
    let text = parameter(walk, object, field, value)?;
    // A prefix may be a host alone, which is no reference; with a component behind it, it must be one that keeps
    // its spelling, because a prefix is compared with names in full.
    let probe = format!("{text}/x");
    match probe.parse::<Reference>() {
        Ok(reference) if reference.is_name_only() && reference.to_string() == probe => {}
        _ => {
            let message = format!(
                "{} is not a registry host, or a host and the first components of a path",
                quoted(text)
            );
            let at = object.place(field);
            walk.inside(field, |walk| {
                walk.meaning(LintCode::InvalidValue, at, message);
            });
        }
    }
    Some(text.to_owned())
}
