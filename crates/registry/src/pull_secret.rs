//! One pull secret of a workload, usable or not.

use std::collections::BTreeMap;

use doorward_core::{Access, Digest, Repository};

use crate::{
    Anonymous, Credential, CredentialSource, DockerConfig, DropReason, Dropped, Fingerprint,
    Keychain,
};

/// A pull secret that a workload or its service account names, as a keychain.
///
/// A pull secret that cannot be used is no error: the kubelet passes over it, and an image that needs no credential
/// runs all the same. It offers nothing then, and says why where access is refused.
#[derive(Clone, Debug)]
pub struct PullSecret {
    source: CredentialSource,
    content: Result<DockerConfig, DropReason>,
}

impl PullSecret {
    /// The pull secret `name` of `namespace`, which has these items, decoded.
    #[must_use]
    pub fn read(
        namespace: impl Into<String>,
        name: impl Into<String>,
        items: &BTreeMap<String, Vec<u8>>,
    ) -> Self {
        let source = source(namespace, name);
        let content = crate::pull_secret(items)
            .map(|config| config.from_source(source.clone()))
            .map_err(|error| DropReason::Unusable {
                detail: error.to_string(),
            });
        Self { source, content }
    }

    /// The pull secret `name` of `namespace`, which does not exist.
    #[must_use]
    pub fn absent(namespace: impl Into<String>, name: impl Into<String>) -> Self {
        Self {
            source: source(namespace, name),
            content: Err(DropReason::Absent),
        }
    }

    /// The pull secret `name` of `namespace`, which exists and cannot be used, for the reason `detail`: a lowercase fragment
    /// without content.
    #[must_use]
    pub fn unusable(
        namespace: impl Into<String>,
        name: impl Into<String>,
        detail: impl Into<String>,
    ) -> Self {
        let detail = detail.into();
        Self {
            source: source(namespace, name),
            content: Err(DropReason::Unusable { detail }),
        }
    }

    /// What opens repositories with this pull secret alone, for every caller: for one that a policy names. `id` tells it from
    /// all others.
    ///
    /// It is for the registries that it names, as the pull secret of a workload is: none is shown what is for another.
    #[must_use]
    pub fn access(self, id: Digest) -> Access {
        Access::new(id, self)
    }

    /// How many entries it has, usable or not.
    #[must_use]
    pub fn entries(&self) -> usize {
        self.content.as_ref().map_or(0, DockerConfig::len)
    }

    /// What is wrong with the Secret as a whole, if there is one and something is: for a remark to those who run the
    /// program. That it is needed by nothing is not known here.
    #[must_use]
    pub fn fault(&self) -> Option<Dropped> {
        match &self.content {
            Err(DropReason::Absent) | Ok(_) => None,
            Err(why) => Some(self.dropped_for(why.clone())),
        }
    }

    fn dropped_for(&self, why: DropReason) -> Dropped {
        Dropped {
            source: self.source.clone(),
            why,
        }
    }
}

fn source(namespace: impl Into<String>, name: impl Into<String>) -> CredentialSource {
    CredentialSource::PullSecret {
        namespace: namespace.into(),
        name: name.into(),
    }
}

impl Keychain for PullSecret {
    fn credentials(&self, repository: &Repository) -> Vec<Credential> {
        self.content
            .as_ref()
            .map_or_else(|_| Vec::new(), |config| config.credentials(repository))
    }

    fn dropped(&self, repository: &Repository) -> Vec<Dropped> {
        match &self.content {
            Ok(config) => config.dropped(repository),
            Err(why) => vec![self.dropped_for(why.clone())],
        }
    }

    fn fingerprint(&self) -> Fingerprint {
        self.content
            .as_ref()
            .map_or_else(|_| Anonymous.fingerprint(), Keychain::fingerprint)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(items: &[(&str, &str)]) -> Vec<String> {
        let items = items
            .iter()
            .map(|(name, value)| ((*name).to_owned(), value.as_bytes().to_vec()))
            .collect();
        let repository = "r.example/a".parse().expect("valid");
        let secret = PullSecret::read("shop", "pull", &items);
        assert_eq!(secret.credentials(&repository), []);
        secret
            .dropped(&repository)
            .iter()
            .map(ToString::to_string)
            .collect()
    }

    #[test]
    fn a_pull_secret_that_cannot_be_used_offers_nothing_and_says_why() {
        for (items, expected) in [
            (
                &[("config.json", "e30=")][..],
                "pull secret shop/pull is not usable: the secret has no item \".dockerconfigjson\"",
            ),
            (
                &[(".dockerconfigjson", "{\"auths\": \"s3cret\"")],
                "pull secret shop/pull is not usable: the registry configuration is malformed at line 1, column 18",
            ),
            (
                &[(".dockerconfigjson", "")],
                "pull secret shop/pull is not usable: the registry configuration is empty",
            ),
            (
                &[(".dockerconfigjson", r#"{"r.example": {"auth": "dTpw"}}"#)],
                "pull secret shop/pull holds under .dockerconfigjson what belongs under .dockercfg",
            ),
            (
                &[(
                    ".dockercfg",
                    r#"{"auths": {"r.example": {"auth": "dTpw"}}}"#,
                )],
                "pull secret shop/pull holds under .dockercfg what belongs under .dockerconfigjson",
            ),
            (
                &[(
                    ".dockerconfigjson",
                    r#"{"auths": {"r.example": {"auth": "dG9rZW4="}}}"#,
                )],
                "the entry for r.example in pull secret shop/pull is unreadable: auth has no colon",
            ),
            (
                &[(
                    ".dockerconfigjson",
                    r#"{"auths": {"other.example": {"auth": "dTpw"}}}"#,
                )],
                "pull secret shop/pull has no entry for r.example (it has: other.example)",
            ),
            (
                &[(
                    ".dockerconfigjson",
                    r#"{"auths": {}, "credsStore": "desktop"}"#,
                )],
                "pull secret shop/pull leaves the credential to docker-credential-desktop, which is run for one's own \
                 configuration only",
            ),
        ] {
            assert_eq!(said(items), [expected], "{items:?}");
        }
    }

    #[test]
    fn a_pull_secret_that_does_not_exist_is_no_fault_of_a_secret() {
        let absent = PullSecret::absent("shop", "pull");
        assert_eq!(absent.fault(), None);
        assert_eq!(absent.fingerprint(), Anonymous.fingerprint());
        let said = absent.dropped(&"r.example/a".parse().expect("valid"));
        assert_eq!(said[0].to_string(), "pull secret shop/pull does not exist");
    }

    #[test]
    fn the_same_content_in_another_namespace_shares_work() {
        let items = BTreeMap::from([(
            ".dockerconfigjson".to_owned(),
            br#"{"auths": {"r.example": {"auth": "dTpw"}}}"#.to_vec(),
        )]);
        assert_eq!(
            PullSecret::read("a", "x", &items).fingerprint(),
            PullSecret::read("b", "y", &items).fingerprint()
        );
    }
}
