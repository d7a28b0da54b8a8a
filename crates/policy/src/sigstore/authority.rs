//! Someone whose signature counts.

use doorward_core::{Reference, Repository};

use super::certificate::{self, CertificateAuthority};
use super::keyless::{self, Keyless};
use crate::key_source::{self, KeySource};
use crate::node::Node;
use crate::part::part;
use crate::walk::{Object, Walk};
use crate::{LintCode, SecretRef, schema};

/// Someone whose signature counts.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Authority {
    /// A name for reports.
    pub name: Option<String>,
    /// How its signatures are recognised.
    pub by: AuthorityKind,
    /// The trusted root: whose certificates, logs and time stamps count.
    pub trust_root: Option<TrustRoot>,
    /// What the signature must say beside the digest, sorted by key.
    pub annotations: Vec<(String, String)>,
    /// Whether an entry in a transparency log is demanded. `None` if the policy does not say: then it depends on how the
    /// authority is recognised.
    pub log: Option<Obligation>,
    /// Whether a time stamp of an authority is demanded. `None` if the policy does not say.
    pub timestamp: Option<Obligation>,
    /// Where its signatures are, if that is not the repository of the image.
    pub repository: Option<Repository>,
    /// The pull secret that opens that repository, in the place of what the image is pulled with. Only beside a repository.
    pub pull_secret: Option<SecretRef>,
    /// The `ConfigMap` with bundles that are tried beside what is in the repository.
    pub bundles: Option<SecretRef>,
}

/// How an authority's signatures are recognised.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum AuthorityKind {
    /// By a certificate that an own authority issued.
    Certificate(CertificateAuthority),
    /// By a public key in one of these Secrets, at least one.
    Keys(Vec<SecretRef>),
    /// By a short-lived certificate for an identity.
    Keyless(Keyless),
    /// By the public key from this source.
    Source(KeySource),
}

/// Where a trusted root is.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum TrustRoot {
    /// What the program knows by this name: `sigstore` is the public instance, `github` GitHub's own.
    Named(String),
    /// In this Secret.
    Secret(SecretRef),
}

impl TrustRoot {
    /// The name of the public instance.
    pub const PUBLIC: &str = "sigstore";
    /// The name of GitHub's own instance.
    pub const GITHUB: &str = "github";
}

/// Whether something must be there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Obligation {
    /// It need not be there.
    Optional,
    /// Without it the signature does not count.
    Required,
}

const OBLIGATIONS: &[(&str, Obligation)] = &[
    ("required", Obligation::Required),
    ("optional", Obligation::Optional),
];

pub(super) fn read(walk: &mut Walk<'_>, node: &Node) -> Option<Authority> {
    let object = walk.object(node, &schema::AUTHORITY)?;
    let name = walk.string(&object, "name").map(str::to_owned);
    let by = read_kind(walk, &object);
    let trust_root = read_root(walk, &object);
    let log = walk.choice(&object, "log", OBLIGATIONS);
    if object.field("keyless").is_some() && log == Some(Obligation::Optional) {
        let message = "a keyless signature is always held against the log of its trusted root";
        walk.meaning(LintCode::InvalidValue, object.place("log"), message);
    }
    if walk.explicit {
        let message = "an empty mapping demands no annotation";
        walk.refuse_empty(&object, "annotations", message);
    }
    Some(Authority {
        name,
        by: by?,
        trust_root,
        annotations: walk.string_map(&object, "annotations"),
        log,
        timestamp: walk.choice(&object, "timestamp", OBLIGATIONS),
        repository: read_repository(walk, &object),
        pull_secret: read_pull_secret(walk, &object),
        bundles: part(walk, &object, "bundles", read_bundles),
    })
}

/// An identity without a trusted root is one of the public instance, as the tools that sign mean it.
fn read_root(walk: &mut Walk<'_>, object: &Object<'_>) -> Option<TrustRoot> {
    let secret = named(walk, object, "trustRootSecret", "trustRootSecretNamespace");
    let name = walk.object_name(object, "trustRoot");
    if secret.is_some() && name.is_some() {
        let message = "an authority has one trusted root: `trustRoot` or `trustRootSecret`";
        walk.form(LintCode::InvalidValue, object.place("trustRoot"), message);
    }
    let by_identity = object.field("keyless").is_some();
    let public = || by_identity.then(|| TrustRoot::Named(TrustRoot::PUBLIC.to_owned()));
    secret
        .map(TrustRoot::Secret)
        .or(name.map(TrustRoot::Named))
        .or_else(public)
}

/// Whether the trusted root is neither that of the public instance nor GitHub's, where everybody signs.
fn has_own_instance(object: &Object<'_>) -> bool {
    let name = object.field("trustRoot").and_then(|node| node.as_str());
    let is_shared = |name: &str| matches!(name, TrustRoot::PUBLIC | TrustRoot::GITHUB);
    object.field("trustRootSecret").is_some() || name.is_some_and(|name| !is_shared(name))
}

fn read_kind(walk: &mut Walk<'_>, object: &Object<'_>) -> Option<AuthorityKind> {
    const KINDS: [&str; 6] = [
        "keySecret",
        "keySecrets",
        "keyURL",
        "keyKMS",
        "certificate",
        "keyless",
    ];
    let key = named(walk, object, "keySecret", "keySecretNamespace");
    let keys = read_keys(walk, object);
    let url = part(walk, object, "keyURL", key_source::read_url);
    let kms = part(walk, object, "keyKMS", key_source::read_kms);
    let certificate = part(walk, object, "certificate", certificate::read);
    let is_of_own = has_own_instance(object);
    let keyless = part(walk, object, "keyless", |walk, node| {
        keyless::read(walk, node, is_of_own)
    });
    let there = KINDS.iter().filter(|kind| object.field(kind).is_some());
    if there.count() != 1 {
        let message = "an authority has exactly one of `keySecret`, `keySecrets`, `keyURL`, `keyKMS`, `certificate` and \
                       `keyless`";
        walk.form(LintCode::InvalidValue, object.at, message);
        return None;
    }
    let by_key = key.map(|key| AuthorityKind::Keys(vec![key]));
    by_key
        .or_else(|| (!keys.is_empty()).then_some(AuthorityKind::Keys(keys)))
        .or_else(|| url.or(kms).map(AuthorityKind::Source))
        .or_else(|| certificate.map(AuthorityKind::Certificate))
        .or_else(|| keyless.map(AuthorityKind::Keyless))
}

fn read_keys(walk: &mut Walk<'_>, object: &Object<'_>) -> Vec<SecretRef> {
    let keys = walk.few(object, "keySecrets", Walk::secret);
    walk.refuse_empty(object, "keySecrets", "an empty list names no key");
    if keys.iter().any(|secret| secret.namespace.is_none()) {
        walk.note_key_namespace(object, "keySecrets");
    }
    keys
}

/// The Secret that `field` names, with its namespace in the field `beside`, which has no meaning alone.
pub(super) fn named(
    walk: &mut Walk<'_>,
    object: &Object<'_>,
    field: &'static str,
    beside: &'static str,
) -> Option<SecretRef> {
    let name = walk.object_name(object, field);
    let namespace = walk.object_name(object, beside);
    if object.field(beside).is_some() && object.field(field).is_none() {
        let message = format!("`{beside}` has no meaning without `{field}`");
        walk.form(LintCode::MisplacedField, object.place(beside), message);
    }
    let name = name?;
    if namespace.is_none() {
        walk.note_key_namespace(object, field);
    }
    Some(SecretRef { name, namespace })
}

/// What opens the repository of the image is the workload's, so a pull secret is for another one alone.
fn read_pull_secret(walk: &mut Walk<'_>, object: &Object<'_>) -> Option<SecretRef> {
    let secret = part(walk, object, "pullSecret", |walk, node| walk.secret(node));
    if secret
        .as_ref()
        .is_some_and(|secret| secret.namespace.is_none())
    {
        walk.note_key_namespace(object, "pullSecret");
    }
    if object.field("pullSecret").is_some() && object.field("repository").is_none() {
        let message = "`pullSecret` has no meaning without `repository`: an image is pulled with the secrets of its workload";
        walk.form(
            LintCode::MisplacedField,
            object.place("pullSecret"),
            message,
        );
    }
    secret
}

/// Bundles are public, so a `ConfigMap` holds them.
fn read_bundles(walk: &mut Walk<'_>, node: &Node) -> Option<SecretRef> {
    const FIELD: &str = "configMap";
    let object = walk.object(node, &schema::BUNDLES)?;
    let name = walk.required_name(&object, FIELD);
    let namespace = walk.object_name(&object, "namespace");
    if namespace.is_none() {
        walk.note_key_namespace(&object, FIELD);
    }
    Some(SecretRef {
        name: name?,
        namespace,
    })
}

/// A repository is the beginning of a reference, so it has neither tag nor digest.
fn read_repository(walk: &mut Walk<'_>, object: &Object<'_>) -> Option<Repository> {
    let text = walk.string(object, "repository")?;
    let at = object.place("repository");
    let refused = match text.parse::<Reference>() {
        Ok(reference) if reference.repository().to_string() == text => {
            return Some(reference.repository().clone());
        }
        Ok(reference) => format!(
            "a repository is written in full, without a tag or digest: did you mean `{}`?",
            reference.repository()
        ),
        Err(error) => error.to_string(),
    };
    walk.inside("repository", |walk| {
        walk.meaning(LintCode::InvalidValue, at, refused);
    });
    None
}
