//! Which signed collections an inspection looks at, and what their roots are held against.

use doorward::notary::Pins;
use doorward::{Rules, SecretReach, TrustScope};
use doorward_policy::{Checks, Demand, Demands, PolicyKind, RuleId, SecretRef, Selection, Trust};

use crate::failure::{Failure, Outcome};
use crate::site::Site;

/// The item of a Secret with certificates.
const CERTIFICATE_ITEM: &str = "certificate";

/// A collection as one policy entry, or the command line, has it looked up.
pub(super) struct Collection {
    /// The entry.
    pub(super) rule: Option<RuleId>,
    /// As the entry or the command line names them; none for the usual ones.
    pub(super) servers: Vec<String>,
    pub(super) pins: Pins,
}

impl Collection {
    /// Whose policies what is remembered of it is for.
    pub(super) fn scope(&self) -> TrustScope<'_> {
        match &self.rule {
            Some(rule) if rule.kind == PolicyKind::ImagePolicy => {
                TrustScope::Namespace(rule.namespace.as_deref().unwrap_or_default())
            }
            _ => TrustScope::Cluster,
        }
    }
}

/// The collections that the entries for `image` demand, asked for at `servers` if any were named by hand. With those,
/// also if no entry demands one.
///
/// # Errors
/// When the Secret for a pin is missing or wrong.
pub(super) fn wanted(
    image: &str,
    servers: &[String],
    site: Option<&Site>,
    home_namespace: &str,
) -> Outcome<Vec<Collection>> {
    let mut wanted = Vec::new();
    if let Some(site) = site
        && let Rules::Policies(set) = site.rules()
        && let Selection::Match(found) = set.select(image, Some(site.namespace()))
    {
        let reader = Reader {
            site,
            home_namespace,
            servers,
        };
        for entry in found.entries {
            if let Ok(body) = &entry.body
                && let Checks::Demanded(demands) = &body.checks
            {
                reader.demands(demands, &entry.rule, &mut wanted)?;
            }
        }
    }
    if wanted.is_empty() && !servers.is_empty() {
        wanted.push(Collection {
            rule: None,
            servers: servers.to_vec(),
            pins: Pins::FirstUse,
        });
    }
    Ok(wanted)
}

struct Reader<'a> {
    site: &'a Site,
    home_namespace: &'a str,
    servers: &'a [String],
}

impl Reader<'_> {
    fn demands(
        &self,
        demands: &Demands,
        rule: &RuleId,
        wanted: &mut Vec<Collection>,
    ) -> Outcome<()> {
        for demand in demands {
            match demand {
                Demand::Trust(trust) => {
                    let collection = Collection {
                        rule: Some(rule.clone()),
                        servers: if self.servers.is_empty() {
                            trust.trust_servers.clone()
                        } else {
                            self.servers.to_vec()
                        },
                        pins: self.pins(trust, rule)?,
                    };
                    let is_new = wanted.iter().all(|known| {
                        (&known.rule, &known.servers, &known.pins)
                            != (&collection.rule, &collection.servers, &collection.pins)
                    });
                    if is_new {
                        wanted.push(collection);
                    }
                }
                Demand::AnyOf(alternatives) => {
                    for demands in alternatives {
                        self.demands(demands, rule, wanted)?;
                    }
                }
                Demand::Simple(_)
                | Demand::Notation(_)
                | Demand::Sigstore(_)
                | Demand::Attestations(_)
                | Demand::Vulnerability(_) => {}
            }
        }
        Ok(())
    }

    fn pins(&self, trust: &Trust, rule: &RuleId) -> Outcome<Pins> {
        let home = rule.namespace.as_deref().unwrap_or(self.home_namespace);
        let pins = &trust.pins;
        let roots = self.certificates(&pins.certificate_secrets, rule, home)?;
        let authorities = self.certificates(&pins.ca_secrets, rule, home)?;
        Pins::new(
            pins.root_key_ids.iter().map(String::as_str),
            roots,
            authorities,
            pins.trust_on_first_use,
        )
        .map_err(|error| {
            Failure::invalid(anyhow::Error::new(error).context(format!("the pins of {rule}")))
        })
    }

    fn certificates(
        &self,
        secrets: &[SecretRef],
        rule: &RuleId,
        home: &str,
    ) -> Outcome<Vec<&[u8]>> {
        let reach = SecretReach::new(rule.kind, home, self.site.shared_namespaces());
        let mistake = |why: String| {
            Failure::invalid(anyhow::anyhow!(why).context(format!("the pins of {rule}")))
        };
        secrets
            .iter()
            .map(|secret| {
                let (namespace, name) = (secret.namespace.as_deref().unwrap_or(home), &secret.name);
                let found = self
                    .site
                    .cluster()
                    .secret(namespace, name)
                    .filter(|_| reach.contains(namespace))
                    .ok_or_else(|| mistake(reach.not_there(namespace, name)))?;
                let item = found.items().get(CERTIFICATE_ITEM).ok_or_else(|| {
                    mistake(format!(
                        "secret {namespace}/{name} has no item `{CERTIFICATE_ITEM}`"
                    ))
                })?;
                Ok(item.as_slice())
            })
            .collect()
    }
}
