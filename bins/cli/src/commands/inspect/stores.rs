//! Which signature stores an inspection looks in.

use doorward::{Rules, Secret};
use doorward_core::{Basic, Reference};
use doorward_kube::Cluster;
use doorward_policy::{Checks, Demand, Demands, PolicyKind, PolicySet, RuleId, Selection};
use doorward_simple_signing::{RegistriesD, Store};

use crate::failure::{Failure, Outcome};
use crate::invocation::Invocation;
use crate::settings::RulesSettings;
use crate::site::{Site, registries};

/// The stores that were named, by whatever names them.
pub(super) struct Stores {
    explicit: Option<Store>,
    site: Option<Site>,
    registries: Option<RegistriesD>,
    empty: Cluster,
    home_namespace: String,
}

impl Stores {
    /// Reads the rules, if any were named. An inspection does without.
    ///
    /// # Errors
    /// When the rules or the URL are wrong.
    pub(super) fn load(
        lookaside: Option<&str>,
        rules: &RulesSettings,
        invocation: &Invocation<'_>,
    ) -> Outcome<Self> {
        let explicit = lookaside
            .map(|url| Store::lookaside(url, None))
            .transpose()
            .map_err(|error| Failure::usage(format!("--lookaside: {error}")))?;
        let named = !rules.filename.value.is_empty() || rules.containers_policy.value.is_some();
        let site = named.then(|| Site::load(rules, invocation)).transpose()?;
        let registries = match (&rules.registries_d.value, named) {
            (Some(directory), false) => Some(registries(directory)?),
            _ => None,
        };
        Ok(Self {
            explicit,
            site,
            registries,
            empty: Cluster::new(&rules.namespace.value),
            home_namespace: rules.home_namespace.value.clone(),
        })
    }

    /// The rules, if any were named.
    pub(super) const fn site(&self) -> Option<&Site> {
        self.site.as_ref()
    }

    /// The Secrets and ServiceAccounts of the files.
    pub(super) fn cluster(&self) -> &Cluster {
        self.site.as_ref().map_or(&self.empty, Site::cluster)
    }

    /// The pull secrets of a service account.
    ///
    /// # Errors
    /// When the service account was named and is not in the files.
    pub(super) fn pull_secrets(&self, service_account: Option<&str>) -> Outcome<Vec<String>> {
        match (&self.site, service_account) {
            (Some(site), account) => site.pull_secrets(account),
            (None, None) => Ok(Vec::new()),
            (None, Some(_)) => Err(Failure::usage("--service-account needs --filename")),
        }
    }

    /// The stores for an image that is kept at `located`.
    ///
    /// # Errors
    /// When the Secret for a store is missing or wrong.
    pub(super) fn of(&self, image: &str, located: &Reference) -> Outcome<Vec<Store>> {
        if let Some(store) = &self.explicit {
            return Ok(vec![store.clone()]);
        }
        let by_scope = |registries: &RegistriesD| registries.lookaside(located);
        let base = match self.site.as_ref().map(|site| (site, site.rules())) {
            Some((site, Rules::Policies(set))) => return self.of_policies(set, image, site),
            Some((_, Rules::Containers(rules))) => {
                by_scope(&rules.registries).or_else(|| rules.default_lookaside.clone())
            }
            _ => self.registries.as_ref().and_then(by_scope),
        };
        Ok(base
            .map(|base| Store::Lookaside { base, access: None })
            .into_iter()
            .collect())
    }

    fn of_policies(&self, set: &PolicySet, image: &str, site: &Site) -> Outcome<Vec<Store>> {
        let Selection::Match(found) = set.select(image, Some(site.namespace())) else {
            return Ok(Vec::new());
        };
        let mut stores = Vec::new();
        for entry in found.entries {
            if let Ok(body) = &entry.body
                && let Checks::Demanded(demands) = &body.checks
            {
                self.of_demands(demands, &entry.rule, &mut stores)?;
            }
        }
        Ok(stores)
    }

    fn of_demands(&self, demands: &Demands, rule: &RuleId, stores: &mut Vec<Store>) -> Outcome<()> {
        for demand in demands {
            match demand {
                Demand::Simple(simple) => {
                    let Some(base) = &simple.store_url else {
                        continue;
                    };
                    let namespace = rule.namespace.as_deref().unwrap_or(&self.home_namespace);
                    let access = simple
                        .store_secret
                        .as_deref()
                        .map(|name| self.access(namespace, name, rule.kind));
                    let store = Store::Lookaside {
                        base: base.clone(),
                        access: access.transpose()?,
                    };
                    if !stores.contains(&store) {
                        stores.push(store);
                    }
                }
                Demand::AnyOf(alternatives) => {
                    for demands in alternatives {
                        self.of_demands(demands, rule, stores)?;
                    }
                }
                Demand::Trust(_)
                | Demand::Notation(_)
                | Demand::Sigstore(_)
                | Demand::Attestations(_)
                | Demand::Vulnerability(_) => {}
            }
        }
        Ok(())
    }

    fn access(&self, namespace: &str, name: &str, kind: PolicyKind) -> Outcome<Basic> {
        let place = format!("the Secret {namespace}/{name} for the signature store");
        let secret = self
            .cluster()
            .secret(namespace, name)
            .ok_or_else(|| Failure::invalid(anyhow::anyhow!("{place} is not in the files")))?;
        Secret::from(secret)
            .store_login(kind)
            .map_err(|error| Failure::invalid(anyhow::anyhow!("{place} {error}")))
    }
}
