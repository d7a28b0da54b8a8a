mod plugin;
mod store;

use doorward_core::Action;

use self::plugin::plugins;
use self::store::{read_revocation, read_store};
use crate::node::Node;
use crate::schema;
use crate::value::Quorum;
use crate::walk::{Object, Walk};
use crate::{KeySource, LintCode, SecretRef};

pub use self::plugin::{NotationPlugin, PluginRole};
pub use self::store::{StoreSource, TrustStore, TrustStoreKind};

/// A check of Notary Project signatures: one statement or several.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Notation {
    /// How many of the statements must be met.
    pub require: Quorum,
    /// What is trusted; never empty.
    pub statements: Vec<NotationStatement>,
}

/// Whom to trust and what to check, as a statement of a Notary Project trust policy.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct NotationStatement {
    /// A name for reports.
    pub name: Option<String>,
    /// The verification level.
    pub level: NotationLevel,
    /// What differs from the level, each check at most once, in order.
    pub overrides: Vec<(NotationCheck, Action)>,
    /// The stores of trusted certificates.
    pub trust_stores: Vec<TrustStore>,
    /// Secrets with revocation lists and OCSP responses, which decide before anybody is asked.
    pub revocation: Vec<SecretRef>,
    /// The accepted signers: `*`, or `x509.subject:` and attributes; with the wider matching also `x509.san:`.
    pub trusted_identities: Vec<String>,
    /// How certificates are compared with the accepted signers.
    pub identity_matching: IdentityMatching,
    /// When a countersigned time is looked at.
    pub verify_timestamp: VerifyTimestamp,
    /// What becomes of the revocation check on the time-stamping authority.
    pub tsa_revocation: Action,
    /// Whether a signature stays good that was made, by a verified time, before the date from which its revoked
    /// certificate is doubted (RFC 5280, section 5.3.2). `None` if the policy does not say: then only the time of a
    /// signing authority counts.
    pub honour_invalidity_date: Option<bool>,
    /// What the signature must say in its user metadata, sorted by key.
    pub user_metadata: Vec<(String, String)>,
    /// The verification plug-ins that signatures may name, each once.
    pub plugins: Vec<NotationPlugin>,
}

/// A verification level of the Notary Project.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum NotationLevel {
    /// Only integrity is enforced; the rest is logged.
    Audit,
    /// Integrity and authenticity are enforced; times and revocation are logged.
    Permissive,
    /// Everything is enforced.
    #[default]
    Strict,
}

/// A check whose action an override may change. Integrity is not among them: it is always enforced.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum NotationCheck {
    /// The time of signing lies in the certificates' validity.
    AuthenticTimestamp,
    /// The signer is trusted.
    Authenticity,
    /// The signature's own expiry.
    Expiry,
    /// The certificates were not revoked.
    Revocation,
}

/// How certificates are compared with the accepted signers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum IdentityMatching {
    /// As by the tools of the Notary Project.
    #[default]
    Compatible,
    /// Attribute by attribute, and alternative names as well.
    Wider,
}

/// When a countersigned time is looked at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum VerifyTimestamp {
    /// Only once a certificate of the signer has expired.
    AfterCertExpiry,
    /// Always.
    #[default]
    Always,
}

const LEVELS: &[(&str, NotationLevel)] = &[
    ("strict", NotationLevel::Strict),
    ("permissive", NotationLevel::Permissive),
    ("audit", NotationLevel::Audit),
];
const MATCHINGS: &[(&str, IdentityMatching)] = &[
    ("compatible", IdentityMatching::Compatible),
    ("wider", IdentityMatching::Wider),
];
const TIMESTAMPS: &[(&str, VerifyTimestamp)] = &[
    ("always", VerifyTimestamp::Always),
    ("afterCertExpiry", VerifyTimestamp::AfterCertExpiry),
];
/// Every override but that of revocation can only choose between these two.
const ENFORCE_OR_LOG: &[(&str, Action)] = &[("enforce", Action::Enforce), ("log", Action::Log)];
const ACTIONS: &[(&str, Action)] = &[
    ("enforce", Action::Enforce),
    ("log", Action::Log),
    ("skip", Action::Skip),
];

impl Notation {
    /// Where the certificates of its trust stores are fetched from, as far as nothing in the cluster holds them.
    pub fn key_sources(&self) -> impl Iterator<Item = &KeySource> {
        let statements = self.statements.iter();
        let stores = statements.flat_map(|statement| &statement.trust_stores);
        stores.filter_map(|store| match &store.source {
            StoreSource::Source(source) => Some(source),
            StoreSource::ConfigMap(_) | StoreSource::Secret(_) => None,
        })
    }
}

pub(crate) fn read(walk: &mut Walk<'_>, node: &Node) -> Option<Notation> {
    let object = walk.object(node, &schema::NOTATION)?;
    if object.field("statements").is_none() {
        if object.field("require").is_some() {
            let message = "`require` has no meaning without `statements`";
            walk.form(LintCode::MisplacedField, object.place("require"), message);
        }
        return Some(Notation {
            require: Quorum::All,
            statements: vec![statement(walk, &object)],
        });
    }
    for field in schema::STATEMENT.names() {
        if object.field(field).is_some() {
            let message = format!("with `statements`, `{field}` belongs in one of them");
            walk.form(LintCode::MisplacedField, object.place(field), message);
        }
    }
    let statements = walk.few(&object, "statements", |walk, node| {
        let object = walk.object(node, &schema::STATEMENT)?;
        Some(statement(walk, &object))
    });
    let count = walk.list(&object, "statements").map_or(0, <[_]>::len);
    if count == 0 {
        let message = "`statements` needs at least one statement";
        walk.meaning(LintCode::MissingField, object.place("statements"), message);
    }
    Some(Notation {
        require: walk.quorum(&object, Quorum::All, count),
        statements,
    })
}

fn statement(walk: &mut Walk<'_>, object: &Object<'_>) -> NotationStatement {
    let statement = NotationStatement {
        name: walk.string(object, "name").map(str::to_owned),
        level: walk.choice(object, "level", LEVELS).unwrap_or_default(),
        overrides: overrides(walk, object),
        trust_stores: walk.few(object, "trustStores", read_store),
        revocation: walk.few(object, "revocationSecrets", read_revocation),
        trusted_identities: walk.strings(object, "trustedIdentities"),
        identity_matching: walk
            .choice(object, "identityMatching", MATCHINGS)
            .unwrap_or_default(),
        verify_timestamp: walk
            .choice(object, "verifyTimestamp", TIMESTAMPS)
            .unwrap_or_default(),
        tsa_revocation: walk
            .choice(object, "tsaRevocation", ACTIONS)
            .unwrap_or(Action::Enforce),
        honour_invalidity_date: walk.boolean(object, "honourInvalidityDate"),
        user_metadata: walk.string_map(object, "userMetadata"),
        plugins: plugins(walk, object),
    };
    let wanted = |store: &TrustStore| store.kind != TrustStoreKind::Tsa;
    if !statement.trust_stores.iter().any(wanted) {
        let message = "`trustStores` needs a store of type `ca` or `signingAuthority`";
        walk.meaning(LintCode::MissingField, object.place("trustStores"), message);
    }
    if walk.explicit {
        walk.refuse_empty(
            object,
            "userMetadata",
            "an empty mapping demands no metadata",
        );
    }
    check_identities(walk, object, &statement);
    if statement.level != NotationLevel::Strict {
        let message =
            "below the level `strict`, some failed checks do not keep the image from running";
        walk.note(LintCode::NotEnforcing, object.place("level"), message);
    }
    statement
}

fn check_identities(walk: &mut Walk<'_>, object: &Object<'_>, statement: &NotationStatement) {
    let at = object.place("trustedIdentities");
    let identities = &statement.trusted_identities;
    if identities.is_empty() {
        let message = "`trustedIdentities` needs at least one signer";
        walk.meaning(LintCode::MissingField, at, message);
    }
    let is_star = |identity: &String| identity == "*";
    if identities.iter().any(is_star) && identities.len() > 1 {
        let message = "`*` accepts every signer, so no other identity may stand beside it";
        walk.meaning(LintCode::InvalidValue, at, message);
    }
    let has = |identity: &String, prefix: &str| {
        let value = identity.strip_prefix(prefix);
        value.is_some_and(|value| !value.trim().is_empty())
    };
    let is_subject = |identity: &String| has(identity, "x509.subject:");
    let is_alternative = |identity: &String| has(identity, "x509.san:");
    for identity in identities {
        if is_star(identity) || is_subject(identity) {
            continue;
        }
        let message = match statement.identity_matching {
            IdentityMatching::Wider if is_alternative(identity) => continue,
            IdentityMatching::Compatible if is_alternative(identity) => {
                "alternative names (`x509.san:`) are compared only with `identityMatching: wider`"
            }
            IdentityMatching::Compatible => {
                "a trusted identity is `x509.subject:` and a distinguished name, or `*`"
            }
            IdentityMatching::Wider => {
                "a trusted identity is `x509.subject:` and a distinguished name, `x509.san:` and an alternative \
                 name, or `*`"
            }
        };
        walk.meaning(LintCode::InvalidValue, at, message);
    }
}

fn overrides(walk: &mut Walk<'_>, object: &Object<'_>) -> Vec<(NotationCheck, Action)> {
    let Some(node) = object.field("overrides") else {
        return Vec::new();
    };
    walk.inside("overrides", |walk| {
        if node.member("integrity").is_some() {
            walk.form(
                LintCode::InvalidValue,
                node.at,
                "integrity is always enforced",
            );
        }
        let Some(object) = walk.object(node, &schema::OVERRIDES) else {
            return Vec::new();
        };
        [
            ("authenticTimestamp", NotationCheck::AuthenticTimestamp),
            ("authenticity", NotationCheck::Authenticity),
            ("expiry", NotationCheck::Expiry),
            ("revocation", NotationCheck::Revocation),
        ]
        .into_iter()
        .filter_map(|(field, check)| {
            let actions = match check {
                NotationCheck::Revocation => ACTIONS,
                _ => ENFORCE_OR_LOG,
            };
            let action = walk.choice(&object, field, actions)?;
            if action != Action::Enforce {
                let message =
                    format!("a failure of `{field}` does not keep the image from running");
                walk.note(LintCode::NotEnforcing, object.place(field), message);
            }
            Some((check, action))
        })
        .collect()
    })
}
