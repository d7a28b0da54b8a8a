//! What policies name and do not hold themselves: Secrets with keys and store credentials, `ConfigMap`s with certificates.

use std::collections::BTreeMap;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use doorward_core::{Basic, Digest, Fact, Fingerprint};
use doorward_policy::{KeySource, PolicyKind};

mod known;

pub use known::StaticSecrets;

/// The item of a Secret that holds a trusted root of sigstore, as tools call the file.
#[cfg(any(feature = "sigstore", feature = "trust-roots"))]
pub(crate) const TRUSTED_ROOT: &str = "trusted_root.json";

/// The items of one secret, and what it was made for.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret {
    items: BTreeMap<String, Vec<u8>>,
    for_stores: bool,
    fingerprint: Digest,
}

/// Why a secret gives no login for a signature store. A lowercase fragment that never shows content.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StoreLoginError {
    /// An item is missing or no text.
    #[error("has no text item `{item}`")]
    NoItem {
        /// Which item.
        item: &'static str,
    },
    /// Nothing says that it was made for a signature store.
    #[error(
        "is not marked as the credentials of a signature store, which its type `{}` or its label `{}: {}` does",
        Secret::STORE_TYPE,
        Secret::PURPOSE_LABEL,
        Secret::STORE_PURPOSE
    )]
    NotMarked,
}

impl Secret {
    /// The type of a Kubernetes Secret that holds the credentials of a signature store.
    pub const STORE_TYPE: &str = "doorward.dev/store-credentials";
    /// The label of a Kubernetes Secret of another type that says what it was made for.
    pub const PURPOSE_LABEL: &str = "doorward.dev/purpose";
    /// The value of that label for the credentials of a signature store.
    pub const STORE_PURPOSE: &str = "store-credentials";

    /// A secret with these items, decoded, that was made for no store.
    #[must_use]
    pub fn new(items: BTreeMap<String, Vec<u8>>) -> Self {
        Self::with_purpose(items, false)
    }

    /// The same secret, marked by those who may write it as the credentials of a signature store.
    #[must_use]
    pub fn for_stores(self) -> Self {
        Self::with_purpose(self.items, true)
    }

    fn with_purpose(items: BTreeMap<String, Vec<u8>>, for_stores: bool) -> Self {
        let mut out = Fingerprint::default();
        out.flag(for_stores).number(items.len());
        for (name, value) in &items {
            out.text(name).bytes(value);
        }
        Self {
            items,
            for_stores,
            fingerprint: out.digest(),
        }
    }

    /// The user name and password for the signature store that a policy of this kind names.
    ///
    /// The author of a namespaced policy chooses both the store and the name of the secret, and need not be one who may
    /// read it. So it must be marked by somebody who may write it; a user name and a password alone are what the login
    /// of a database has too. A cluster policy is the operator's, who chooses both and may read both.
    ///
    /// # Errors
    /// [`StoreLoginError`].
    pub fn store_login(&self, kind: PolicyKind) -> Result<Basic, StoreLoginError> {
        if kind == PolicyKind::ImagePolicy && !self.for_stores {
            return Err(StoreLoginError::NotMarked);
        }
        let text = |item: &'static str| {
            self.item(item)
                .and_then(|bytes| std::str::from_utf8(bytes).ok())
                .ok_or(StoreLoginError::NoItem { item })
        };
        Ok(Basic::new(text("username")?, text("password")?))
    }

    /// Names and bytes of all items.
    pub(crate) fn items(&self) -> impl Iterator<Item = (&str, &[u8])> {
        let items = self.items.iter();
        items.map(|(name, bytes)| (name.as_str(), bytes.as_slice()))
    }

    pub(crate) const fn is_for_stores(&self) -> bool {
        self.for_stores
    }

    /// The bytes of an item.
    #[must_use]
    pub fn item(&self, name: &str) -> Option<&[u8]> {
        self.items.get(name).map(Vec::as_slice)
    }

    /// The bytes of every item but the one of this name.
    pub fn items_but<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a [u8]> {
        self.items
            .iter()
            .filter(move |(other, _)| *other != name)
            .map(|(_, bytes)| bytes.as_slice())
    }

    /// How many bytes its items have together.
    #[must_use]
    pub fn size(&self) -> usize {
        self.items.values().map(Vec::len).sum()
    }

    /// A digest over the purpose and the names and bytes of all items: equal for equal secrets.
    #[must_use]
    pub const fn fingerprint(&self) -> &Digest {
        &self.fingerprint
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.items.keys()).finish()
    }
}

/// What holds what a policy names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Holder {
    /// A `ConfigMap`.
    ConfigMap,
    /// A Secret.
    Secret,
}

impl Holder {
    /// What a refusal names.
    pub(crate) fn fact(self, namespace: &str, name: &str) -> Fact {
        match self {
            Self::ConfigMap => Fact::config_map(namespace, name),
            Self::Secret => Fact::secret(namespace, name),
        }
    }
}

impl fmt::Display for Holder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::ConfigMap => "ConfigMap",
            Self::Secret => "secret",
        })
    }
}

/// Why a secret could not be had.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SecretError {
    /// There is such a secret, and it is not usable.
    #[error("not usable: {detail}")]
    Invalid {
        /// What is wrong with it, without its content.
        detail: String,
    },
    /// There is no such secret.
    #[error("not found")]
    NotFound,
    /// The secret could not be read.
    #[error("unavailable: {detail}")]
    Unavailable {
        /// What happened.
        detail: String,
    },
}

/// Why the key of a source cannot be had. A lowercase fragment without content of what is served.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeySourceError {
    /// What is served there is no key that can be used.
    #[error("{detail}")]
    Invalid {
        /// What is wrong with it, without showing it.
        detail: String,
    },
    /// What is served there is not what is pinned.
    #[error(
        "what is served has the {} {found}, and the policy pins {expected}",
        pinned_by(expected)
    )]
    PinMismatch {
        /// The digest or the fingerprint that is pinned.
        expected: String,
        /// That of what is served, or those of the keys that are not pinned.
        found: String,
    },
    /// It is not known yet, or could not be asked for as long as it would count.
    #[error("{detail}")]
    Unavailable {
        /// What happened.
        detail: String,
    },
}

/// What a pin is called. A digest says its algorithm, and the fingerprint of an OpenPGP key none.
fn pinned_by(pin: &str) -> &'static str {
    match pin.contains(':') {
        true => "digest",
        false => "fingerprint",
    }
}

/// The future of [`Secrets::key_source`].
pub type KeySourceFuture<'a> =
    Pin<Box<dyn Future<Output = Result<Arc<Secret>, KeySourceError>> + Send + 'a>>;

/// The future of [`Secrets::secret`].
pub type SecretFuture<'a> =
    Pin<Box<dyn Future<Output = Result<Arc<Secret>, SecretError>> + Send + 'a>>;

/// Where secrets come from.
pub trait Secrets: Send + Sync {
    /// The secret `name` of `namespace`.
    fn secret<'a>(&'a self, namespace: &'a str, name: &'a str) -> SecretFuture<'a>;

    /// The `ConfigMap` `name` of `namespace`, in the form of a secret: one that was made for no store. A source that has
    /// none finds none.
    fn config_map<'a>(&'a self, namespace: &'a str, name: &'a str) -> SecretFuture<'a> {
        let _ = (namespace, name);
        Box::pin(std::future::ready(Err(SecretError::NotFound)))
    }

    /// What this source holds, in the form of a secret: a public key or a ring of keys in the item `key`, each certificate in an
    /// item of its own. It is public, so that every policy may name it. Nobody is asked: what is not known yet is [`KeySourceError::Unavailable`]. A source that has none knows none.
    fn key_source<'a>(&'a self, source: &'a KeySource) -> KeySourceFuture<'a> {
        let _ = source;
        Box::pin(std::future::ready(Err(KeySourceError::Unavailable {
            detail: "this program fetches no keys".to_owned(),
        })))
    }

    /// The trusted root of sigstore that this program knows by a name, in the form of a secret with the item
    /// `trusted_root.json`. It is public, so that every policy may name it. A source that has none finds none.
    fn trust_root<'a>(&'a self, name: &'a str) -> SecretFuture<'a> {
        let _ = name;
        Box::pin(std::future::ready(Err(SecretError::NotFound)))
    }

    /// The bundles of sigstore that the caller brings along, in the form of a secret: each item is a file. They are public,
    /// and tried for every image. A source that has none finds none.
    fn bundles<'a>(&'a self) -> SecretFuture<'a> {
        Box::pin(std::future::ready(Err(SecretError::NotFound)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret(name: &str, value: &str) -> Secret {
        Secret::new(BTreeMap::from([(
            name.to_owned(),
            value.as_bytes().to_vec(),
        )]))
    }

    #[test]
    fn debug_output_shows_names_and_never_bytes() {
        assert_eq!(format!("{:?}", secret("key", "hidden")), r#"{"key"}"#);
    }

    #[test]
    fn bytes_moved_between_name_and_value_change_the_fingerprint() {
        assert_ne!(
            secret("ab", "c").fingerprint(),
            secret("a", "bc").fingerprint()
        );
    }

    proptest::proptest! {
        #[test]
        fn whatever_a_secret_holds_it_is_a_tenants_store_login_only_if_it_is_marked(
            more in proptest::collection::btree_map("[a-z]{1,8}", "[ -~]{0,8}", 0..4),
            username in "[ -~]{0,8}",
            password in "[ -~]{0,8}",
        ) {
            let mut items: BTreeMap<String, Vec<u8>> =
                more.into_iter().map(|(name, value)| (name, value.into_bytes())).collect();
            items.insert("username".to_owned(), username.into_bytes());
            items.insert("password".to_owned(), password.into_bytes());
            let secret = Secret::new(items);
            let of = |secret: &Secret| secret.store_login(PolicyKind::ImagePolicy).map(|_| ());
            proptest::prop_assert_eq!(of(&secret), Err(StoreLoginError::NotMarked));
            proptest::prop_assert!(secret.store_login(PolicyKind::ClusterImagePolicy).is_ok());
            proptest::prop_assert_eq!(of(&secret.for_stores()), Ok(()));
        }
    }

    fn login() -> Secret {
        let items = [("username", "u"), ("password", "p")];
        let items = items.map(|(name, value)| (name.to_owned(), value.as_bytes().to_vec()));
        Secret::new(BTreeMap::from(items))
    }

    #[test]
    fn a_user_name_and_a_password_are_no_store_credentials_of_a_tenant_without_a_mark() {
        let tenant = PolicyKind::ImagePolicy;
        assert_eq!(login().store_login(tenant), Err(StoreLoginError::NotMarked));
        let expected = Ok(Basic::new("u", "p"));
        assert_eq!(login().for_stores().store_login(tenant), expected);
        assert_eq!(
            login().store_login(PolicyKind::ClusterImagePolicy),
            expected
        );
        assert_ne!(login().fingerprint(), login().for_stores().fingerprint());
    }

    #[test]
    fn a_marked_secret_without_a_login_is_refused_by_the_item_that_is_missing() {
        let marked = secret("username", "u").for_stores();
        assert_eq!(
            marked.store_login(PolicyKind::ImagePolicy),
            Err(StoreLoginError::NoItem { item: "password" })
        );
    }
}
