//! Which secrets a pod pulls with.

use std::collections::HashSet;

use serde_json::Value;

use crate::document::{Named, PodSpec, Source};
use crate::limits::Limits;
use crate::resource::WorkloadKind;

/// The service account of a pod that names none.
const DEFAULT_SERVICE_ACCOUNT: &str = "default";

/// The pull secrets of a pod, as far as its own specification says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PullSecrets {
    names: Vec<String>,
    service_account: Option<String>,
    inherits: bool,
}

/// The service account that would give the pull secrets does not exist.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("service account {name:?} does not exist")]
pub struct ServiceAccountNotFound {
    /// The name of the service account.
    pub name: String,
}

/// A service account names more pull secrets than are read. A workload that pulls with them is refused, as a pod is
/// that names as many itself.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("service account {account:?} names more than {limit} image pull secrets")]
pub struct TooManyPullSecrets {
    /// The name of the service account.
    pub account: String,
    /// The bound.
    pub limit: usize,
}

/// Where the credentials of a workload come from, or why there are none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PullSecretSources {
    /// These secrets of its namespace, in this order.
    Secrets(Vec<String>),
    /// The service account that would give them does not exist. The pod could not start anyway.
    NoAccount(String),
    /// This service account gives none.
    EmptyAccount(String),
    /// The workload names none, and nothing else gives any.
    Unnamed,
}

impl PullSecrets {
    /// Of an object that does not show its pod.
    pub(crate) const fn unknown() -> Self {
        Self {
            names: Vec::new(),
            service_account: None,
            inherits: false,
        }
    }

    /// Of a custom resource whose pod specifications have these, in order.
    ///
    /// Credentials are not told apart by the specification that they come from: those that any of them names are tried for
    /// all. If none names any, the account of the first one gives them, and `default` where there is none.
    pub(crate) fn of_custom(specs: &[PodSpec]) -> Self {
        let named = specs.iter().flat_map(|spec| &spec.image_pull_secrets);
        let names: Vec<_> = present(named).collect();
        let account = specs
            .first()
            .map_or_else(|| DEFAULT_SERVICE_ACCOUNT.to_owned(), Self::account_of);
        Self {
            inherits: names.is_empty(),
            names,
            service_account: Some(account),
        }
    }

    /// Of images without an object, for which somebody names them.
    pub(crate) fn of_caller(names: Vec<String>, account: Option<&str>) -> Self {
        let named = |name| Named { name: Some(name) };
        let named: Vec<_> = names.into_iter().map(named).collect();
        let names: Vec<_> = present(named.iter()).collect();
        Self {
            inherits: names.is_empty(),
            names,
            service_account: Some(account.unwrap_or(DEFAULT_SERVICE_ACCOUNT).to_owned()),
        }
    }

    /// Of images of which nobody says what they are pulled with: the secrets of the account `default`, as of a Pod that says
    /// nothing.
    #[must_use]
    pub fn of_default_account() -> Self {
        Self::of_caller(Vec::new(), None)
    }

    /// Of images that are pulled as anybody may.
    #[must_use]
    pub const fn none() -> Self {
        Self::unknown()
    }

    fn account_of(spec: &PodSpec) -> String {
        let account = |name: &Option<String>| name.clone().filter(|name| !name.trim().is_empty());
        account(&spec.service_account_name)
            .or_else(|| account(&spec.service_account))
            .unwrap_or_else(|| DEFAULT_SERVICE_ACCOUNT.to_owned())
    }

    pub(crate) fn of(kind: WorkloadKind, spec: &PodSpec) -> Self {
        let names: Vec<_> = present(spec.image_pull_secrets.iter()).collect();
        let service_account = Self::account_of(spec);
        Self {
            // Into a pod the API server has already copied them (the ServiceAccount admission plug-in).
            inherits: kind != WorkloadKind::Pod && names.is_empty(),
            names,
            service_account: Some(service_account),
        }
    }

    /// The same, for a pod that no API server has completed yet: a manifest.
    pub(crate) fn uncompleted(mut self) -> Self {
        self.inherits = self.names.is_empty() && self.service_account.is_some();
        self
    }

    /// The secrets that the pod names, in its order.
    #[must_use]
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// The service account that the pod runs as: `serviceAccountName`, else the deprecated `serviceAccount`, else
    /// `default`. None for the old form of `pods/ephemeralcontainers`, which does not show it.
    #[must_use]
    pub fn service_account(&self) -> Option<&str> {
        self.service_account.as_deref()
    }

    /// Whether the service account's own pull secrets are to be used, because the pod names none and nobody has
    /// added them yet.
    #[must_use]
    pub const fn inherits(&self) -> bool {
        self.inherits
    }

    /// The secrets to try, in order. `lookup` gives the pull secrets of a service account in the workload's
    /// namespace, or `None` if there is no such account. Without a namespace there are no service accounts.
    ///
    /// # Errors
    /// If the service account is needed and does not exist. A webhook goes on without secrets then, as the kubelet
    /// would; such a pod cannot start anyway.
    pub fn resolve(
        &self,
        namespace: Option<&str>,
        lookup: impl FnOnce(&str) -> Option<Vec<String>>,
    ) -> Result<Vec<String>, ServiceAccountNotFound> {
        match (&self.service_account, namespace) {
            (Some(account), Some(namespace)) if self.inherits && !namespace.is_empty() => {
                lookup(account).ok_or_else(|| ServiceAccountNotFound {
                    name: account.clone(),
                })
            }
            _ => Ok(self.names.clone()),
        }
    }

    /// The same, with the reason where there are none.
    ///
    /// # Errors
    /// If the service account is needed and names more secrets than are read.
    pub fn sources(
        &self,
        namespace: Option<&str>,
        lookup: impl FnOnce(&str) -> Result<Option<Vec<String>>, TooManyPullSecrets>,
    ) -> Result<PullSecretSources, TooManyPullSecrets> {
        let mut fault = None;
        let resolved = self.resolve(namespace, |account| {
            lookup(account).unwrap_or_else(|too_many| {
                fault = Some(too_many);
                None
            })
        });
        if let Some(too_many) = fault {
            return Err(too_many);
        }
        Ok(match (resolved, &self.service_account) {
            (Err(missing), _) => PullSecretSources::NoAccount(missing.name),
            (Ok(names), _) if !names.is_empty() => PullSecretSources::Secrets(names),
            (Ok(_), Some(account)) if self.inherits => {
                PullSecretSources::EmptyAccount(account.clone())
            }
            (Ok(_), _) => PullSecretSources::Unnamed,
        })
    }
}

/// The names that a service account has, each once; of too many, one more than may be used. The error is a lowercase
/// fragment.
pub(crate) fn service_account_secrets(
    account: &Value,
    limits: &Limits,
) -> Result<Vec<String>, String> {
    #[derive(serde::Deserialize)]
    #[serde(rename_all = "camelCase", expecting = "an object")]
    struct ServiceAccount {
        image_pull_secrets: Option<Vec<Named>>,
    }
    let account: ServiceAccount = Source::Value(account).read()?;
    let named = account.image_pull_secrets.unwrap_or_default();
    let most = limits.pull_secrets.saturating_add(1);
    Ok(present(named.iter()).take(most).collect())
}

/// The names that are not blank, each once: a secret that is named again has nothing new to offer.
fn present<'a>(names: impl Iterator<Item = &'a Named>) -> impl Iterator<Item = String> {
    let mut seen = HashSet::new();
    names
        .filter_map(|named| named.name.as_deref())
        .filter(move |name| !name.trim().is_empty() && seen.insert(*name))
        .map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(kind: WorkloadKind, spec: &str) -> PullSecrets {
        PullSecrets::of(kind, &serde_json::from_str(spec).unwrap())
    }

    #[test]
    fn names_keep_their_order_and_blanks_and_repeats_are_dropped() {
        let secrets = of(
            WorkloadKind::Pod,
            r#"{"imagePullSecrets":[{"name":"b"},{},{"name":" "},{"name":"a"},{"name":"b"}]}"#,
        );
        assert_eq!(secrets.names(), ["b", "a"]);
    }

    #[test]
    fn only_a_template_without_secrets_takes_those_of_its_service_account() {
        assert!(of(WorkloadKind::Deployment, "{}").inherits());
        assert!(
            !of(
                WorkloadKind::Deployment,
                r#"{"imagePullSecrets":[{"name":"b"}]}"#
            )
            .inherits()
        );
        assert!(!of(WorkloadKind::Pod, "{}").inherits());
        assert!(of(WorkloadKind::Pod, "{}").uncompleted().inherits());
    }

    #[test]
    fn the_service_account_is_the_named_one_then_the_deprecated_one_then_default() {
        let account = |spec| {
            of(WorkloadKind::Job, spec)
                .service_account()
                .unwrap()
                .to_owned()
        };
        assert_eq!(account("{}"), "default");
        assert_eq!(account(r#"{"serviceAccount":"old"}"#), "old");
        assert_eq!(
            account(r#"{"serviceAccount":"old","serviceAccountName":"new"}"#),
            "new"
        );
        assert_eq!(
            account(r#"{"serviceAccount":"","serviceAccountName":""}"#),
            "default"
        );
    }

    #[test]
    fn a_missing_service_account_is_an_error_only_where_it_is_needed() {
        let nobody = |_: &str| None;
        let template = of(WorkloadKind::Job, r#"{"serviceAccountName":"gibble"}"#);
        assert_eq!(
            template
                .resolve(Some("ns"), nobody)
                .unwrap_err()
                .to_string(),
            r#"service account "gibble" does not exist"#
        );
        assert_eq!(template.resolve(None, nobody), Ok(vec![]));
        assert_eq!(template.resolve(Some(""), nobody), Ok(vec![]));
        assert_eq!(
            of(WorkloadKind::Pod, "{}").resolve(Some("ns"), nobody),
            Ok(vec![])
        );
    }

    #[test]
    fn where_there_are_no_secrets_the_reason_is_told() {
        let named = r#"{"imagePullSecrets":[{"name":"b"}],"serviceAccountName":"a"}"#;
        let account = r#"{"serviceAccountName":"a"}"#;
        let one = || Some(vec!["c".to_owned()]);
        let none = || Some(Vec::new());
        for (kind, spec, found, sources) in [
            (
                WorkloadKind::Job,
                named,
                one(),
                PullSecretSources::Secrets(vec!["b".to_owned()]),
            ),
            (
                WorkloadKind::Job,
                account,
                one(),
                PullSecretSources::Secrets(vec!["c".to_owned()]),
            ),
            (
                WorkloadKind::Job,
                account,
                none(),
                PullSecretSources::EmptyAccount("a".to_owned()),
            ),
            (
                WorkloadKind::Job,
                account,
                None,
                PullSecretSources::NoAccount("a".to_owned()),
            ),
            (
                WorkloadKind::Pod,
                account,
                one(),
                PullSecretSources::Unnamed,
            ),
        ] {
            assert_eq!(
                of(kind, spec).sources(Some("ns"), |_| Ok(found)),
                Ok(sources)
            );
        }
        let unknown = PullSecrets::unknown().sources(Some("ns"), |_| Ok(one()));
        assert_eq!(unknown, Ok(PullSecretSources::Unnamed));
    }

    #[test]
    fn an_account_with_too_many_secrets_refuses_only_what_pulls_with_them() {
        let too_many = || TooManyPullSecrets {
            account: "a".to_owned(),
            limit: 32,
        };
        let account = r#"{"serviceAccountName":"a"}"#;
        let own = r#"{"serviceAccountName":"a","imagePullSecrets":[{"name":"b"}]}"#;
        let sources = |spec| of(WorkloadKind::Job, spec).sources(Some("ns"), |_| Err(too_many()));
        assert_eq!(sources(account), Err(too_many()));
        let named = PullSecretSources::Secrets(vec!["b".to_owned()]);
        assert_eq!(sources(own), Ok(named));
    }
}
