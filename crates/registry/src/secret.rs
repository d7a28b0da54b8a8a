//! What Kubernetes Secrets hold for registries and stores. Data is passed in decoded.

use std::collections::BTreeMap;

use doorward_core::Basic;

use crate::docker_config::{CONFIG_JSON, DOCKERCFG};
use crate::{DockerConfig, DockerConfigError};

/// Why a Secret does not hold what it should. Never shows what it holds.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SecretError {
    /// The registry configuration in it cannot be read.
    #[error(transparent)]
    Config(#[from] DockerConfigError),
    /// It does not have the item.
    #[error("the secret has no item {name:?}")]
    MissingItem {
        /// Which item.
        name: String,
    },
    /// The item is not text.
    #[error("the item {name:?} of the secret is not UTF-8 text")]
    NotText {
        /// Which item.
        name: String,
    },
}

/// The data item `name` of a Secret.
///
/// # Errors
/// [`SecretError::MissingItem`].
pub fn secret_item<'a>(
    data: &'a BTreeMap<String, Vec<u8>>,
    name: &str,
) -> Result<&'a [u8], SecretError> {
    data.get(name)
        .map(Vec::as_slice)
        .ok_or_else(|| SecretError::MissingItem {
            name: name.to_owned(),
        })
}

/// The user name and password of a signature store: the items `username` and `password`.
///
/// # Errors
/// [`SecretError::MissingItem`] and [`SecretError::NotText`].
pub fn store_secret(data: &BTreeMap<String, Vec<u8>>) -> Result<Basic, SecretError> {
    let text = |name: &str| {
        let item = secret_item(data, name)?;
        std::str::from_utf8(item).map_err(|_| SecretError::NotText {
            name: name.to_owned(),
        })
    };
    Ok(Basic::new(text("username")?, text("password")?))
}

/// The keychain in a pull secret: its item `.dockerconfigjson`, or `.dockercfg` if it has only that. The type of the
/// Secret does not matter. Credential helpers named in it are never run.
///
/// # Errors
/// [`SecretError::Config`], and [`SecretError::MissingItem`] if it has neither item.
pub fn pull_secret(data: &BTreeMap<String, Vec<u8>>) -> Result<DockerConfig, SecretError> {
    if let Some(json) = data.get(CONFIG_JSON) {
        return Ok(DockerConfig::parse_config_json(json)?);
    }
    let json = secret_item(data, DOCKERCFG).map_err(|_| SecretError::MissingItem {
        name: CONFIG_JSON.to_owned(),
    })?;
    Ok(DockerConfig::parse_dockercfg(json)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Keychain;

    fn data(items: &[(&str, &str)]) -> BTreeMap<String, Vec<u8>> {
        items
            .iter()
            .map(|(name, value)| ((*name).to_owned(), value.as_bytes().to_vec()))
            .collect()
    }

    fn missing<T: std::fmt::Debug>(result: Result<T, SecretError>) -> String {
        match result {
            Err(SecretError::MissingItem { name }) => name,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_newer_form_wins_and_is_not_replaced_by_the_older_if_it_is_broken() {
        let repository = "r.example/a".parse().expect("valid");
        let old = r#"{"r.example": {"username": "old", "password": "p"}}"#;
        let new = r#"{"auths": {"r.example": {"username": "new", "password": "p"}}}"#;
        assert_eq!(
            pull_secret(&data(&[(DOCKERCFG, old), (CONFIG_JSON, new)]))
                .expect("a pull secret")
                .credentials(&repository),
            vec![crate::Credential::Basic(Basic::new("new", "p"))]
        );
        assert!(matches!(
            pull_secret(&data(&[(DOCKERCFG, old), (CONFIG_JSON, "{")])),
            Err(SecretError::Config(_))
        ));
    }

    #[test]
    fn a_secret_without_the_item_is_refused() {
        assert_eq!(
            missing(pull_secret(&data(&[("username", "u")]))),
            CONFIG_JSON
        );
        assert_eq!(
            missing(store_secret(&data(&[("username", "u")]))),
            "password"
        );
        assert_eq!(
            missing(store_secret(&data(&[("password", "p")]))),
            "username"
        );
        assert_eq!(missing(secret_item(&data(&[]), "key")), "key");
    }

    #[test]
    fn a_store_secret_is_text() {
        let mut items = data(&[("username", "u"), ("password", "p")]);
        assert_eq!(store_secret(&items), Ok(Basic::new("u", "p")));
        items.insert("password".to_owned(), vec![0xff]);
        assert!(matches!(
            store_secret(&items),
            Err(SecretError::NotText { .. })
        ));
    }
}
