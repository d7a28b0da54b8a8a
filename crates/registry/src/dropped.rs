//! Credentials that were known of and could not be offered, and why.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// Names longer than this, or with other characters than a registry, a path or a pattern has, are not shown: a key of a
/// configuration can be anything, also a password that was pasted into the wrong place.
const MAX_SHOWN: usize = 120;
/// How many other registries of a configuration are listed.
const MAX_LISTED: usize = 5;

/// Where a credential comes from.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum CredentialSource {
    /// A configuration of which nothing else is known.
    Configuration,
    /// A file, by its path.
    File(String),
    /// A credential provider, by its name: a program that gives credentials for the images of a registry.
    Provider(String),
    /// A pull secret.
    PullSecret {
        /// Its namespace.
        namespace: String,
        /// Its name.
        name: String,
    },
    /// The service account of a workload, which names pull secrets.
    ServiceAccount {
        /// Its namespace.
        namespace: String,
        /// Its name.
        name: String,
    },
    /// The workload itself, which names pull secrets.
    Workload,
}

impl fmt::Display for CredentialSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Configuration => f.write_str("the registry configuration"),
            Self::File(path) => f.write_str(path),
            Self::Provider(name) => write!(f, "credential provider {}", shown(name)),
            Self::PullSecret { namespace, name } => write!(f, "pull secret {namespace}/{name}"),
            Self::ServiceAccount { namespace, name } => {
                write!(f, "service account {namespace}/{name}")
            }
            Self::Workload => f.write_str("the workload"),
        }
    }
}

/// A credential that dropped out: from where, and why. `Display` is one lowercase fragment without secrets.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Dropped {
    /// Where it would have come from.
    pub source: CredentialSource,
    /// Why it did not.
    pub why: DropReason,
}

/// Why a credential dropped out.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum DropReason {
    /// The source does not exist.
    Absent,
    /// The source has an entry for the registry, and something in it cannot be used.
    Entry {
        /// The key of the entry.
        key: String,
        /// What is wrong with it.
        fault: EntryFault,
    },
    /// The source is there for the registry and failed: what it has is not known.
    Failed {
        /// How: a lowercase fragment without secrets.
        detail: String,
    },
    /// The source names a credential helper for the registry, and the helper gave nothing.
    Helper {
        /// The name of the helper, without `docker-credential-`.
        helper: String,
        /// What is wrong with it.
        fault: HelperFault,
    },
    /// The source names a credential helper, and helpers are not run for such a source.
    HelperNotRun {
        /// The name of the helper, without `docker-credential-`.
        helper: String,
    },
    /// The source has nothing for the registry.
    NoEntry {
        /// The registry.
        registry: String,
        /// The registries that it has something for.
        others: Arc<[String]>,
    },
    /// The service account or workload names no pull secret.
    NoPullSecret,
    /// The source was asked and gave nothing for the registry. What it has for others is not told.
    NothingGiven {
        /// The registry.
        registry: String,
    },
    /// The source has the form of one kind of configuration where another belongs.
    OtherForm {
        /// Where it belongs: the name of a Secret's item.
        item: &'static str,
        /// The item in which that form belongs.
        belongs: &'static str,
    },
    /// The source as a whole cannot be read.
    Unusable {
        /// Why: a lowercase fragment.
        detail: String,
    },
}

/// What is wrong with an entry of a configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum EntryFault {
    /// `auth` is base64 of a text without a colon, such as a bare token.
    #[error("is unreadable: auth has no colon")]
    AuthNoColon,
    /// `auth` is not base64.
    #[error("is unreadable: auth is not base64")]
    AuthNotBase64,
    /// `auth` is base64 of bytes that are no text.
    #[error("is unreadable: auth is not UTF-8 text")]
    AuthNotText,
    /// There is nothing in it.
    #[error("holds no credential")]
    Empty,
    /// There is a password and nobody to whom it belongs.
    #[error("has a password and no user name")]
    NoUserName,
}

/// Why a credential helper gave no credential. Never shows what it wrote.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum HelperFault {
    /// It said that it failed.
    #[error("failed ({status})")]
    Failed {
        /// How it ended.
        status: String,
    },
    /// Its name is none that a helper may have.
    #[error("is not the name of a credential helper")]
    InvalidName,
    /// It wrote something else than a credential.
    #[error("did not answer as a credential helper does")]
    Malformed,
    /// It said that it knows nothing of this registry.
    #[error("has nothing for this registry")]
    NothingFound,
    /// There is no such program.
    #[error("is not installed")]
    NotInstalled,
    /// The program could not be run.
    #[error("could not be run: {detail}")]
    NotRun {
        /// The system's reason.
        detail: String,
    },
    /// It did not answer in time.
    #[error("did not answer within {} ms", .within.as_millis())]
    TimedOut {
        /// The time that it had.
        within: Duration,
    },
    /// It wrote more than a credential can have.
    #[error("gave an answer that is too long")]
    TooLong,
}

impl fmt::Display for Dropped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let source = &self.source;
        match &self.why {
            DropReason::Absent => write!(f, "{source} does not exist"),
            DropReason::Entry { key, fault } => {
                write!(f, "the entry for {} in {source} {fault}", shown(key))
            }
            DropReason::Failed { detail } => write!(f, "{source} failed: {detail}"),
            DropReason::Helper { helper, fault } => write!(
                f,
                "docker-credential-{}, named by {source}, {fault}",
                shown(helper)
            ),
            DropReason::HelperNotRun { helper } => write!(
                f,
                "{source} leaves the credential to docker-credential-{}, which is run for one's own configuration only",
                shown(helper)
            ),
            DropReason::NoEntry { registry, others } => {
                write!(f, "{source} has no entry for {registry}")?;
                list(f, others)
            }
            DropReason::NoPullSecret => write!(f, "{source} names no pull secret"),
            DropReason::NothingGiven { registry } => {
                write!(f, "{source} gave nothing for {registry}")
            }
            DropReason::OtherForm { item, belongs } => write!(
                f,
                "{source} holds under {item} what belongs under {belongs}"
            ),
            DropReason::Unusable { detail } => write!(f, "{source} is not usable: {detail}"),
        }
    }
}

/// ` (it has: a, b and 3 more)`.
fn list(f: &mut fmt::Formatter<'_>, others: &[String]) -> fmt::Result {
    let clean: Vec<&str> = others
        .iter()
        .map(|other| shown(other))
        .filter(|other| *other != UNNAMED)
        .take(MAX_LISTED)
        .collect();
    match (clean.as_slice(), others.len() - clean.len()) {
        ([], 0) => f.write_str(" (it is empty)"),
        ([], more) => write!(f, " (it has {more} others)"),
        (some, 0) => write!(f, " (it has: {})", some.join(", ")),
        (some, more) => write!(f, " (it has: {} and {more} more)", some.join(", ")),
    }
}

/// What stands for a name that is not shown.
const UNNAMED: &str = "…";

fn shown(name: &str) -> &str {
    let is_name = |c: char| c.is_ascii_alphanumeric() || "-._:/*?[]".contains(c);
    if !name.is_empty() && name.len() <= MAX_SHOWN && name.chars().all(is_name) {
        name
    } else {
        UNNAMED
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(why: DropReason) -> String {
        let source = CredentialSource::PullSecret {
            namespace: "default".to_owned(),
            name: "pull".to_owned(),
        };
        Dropped { source, why }.to_string()
    }

    fn no_entry(others: &[&str]) -> String {
        of(DropReason::NoEntry {
            registry: "registry.example".to_owned(),
            others: others.iter().map(ToString::to_string).collect(),
        })
    }

    #[test]
    fn every_way_to_drop_out_is_said_in_one_fragment() {
        assert_eq!(
            of(DropReason::Absent),
            "pull secret default/pull does not exist"
        );
        assert_eq!(
            of(DropReason::Entry {
                key: "registry.example".to_owned(),
                fault: EntryFault::AuthNoColon
            }),
            "the entry for registry.example in pull secret default/pull is unreadable: auth has no colon"
        );
        assert_eq!(
            of(DropReason::Helper {
                helper: "desktop".to_owned(),
                fault: HelperFault::NotInstalled
            }),
            "docker-credential-desktop, named by pull secret default/pull, is not installed"
        );
        assert_eq!(
            of(DropReason::NothingGiven {
                registry: "registry.example".to_owned(),
            }),
            "pull secret default/pull gave nothing for registry.example"
        );
        assert_eq!(
            of(DropReason::OtherForm {
                item: ".dockerconfigjson",
                belongs: ".dockercfg"
            }),
            "pull secret default/pull holds under .dockerconfigjson what belongs under .dockercfg"
        );
    }

    #[test]
    fn what_a_configuration_has_instead_is_listed_up_to_a_bound() {
        assert_eq!(
            no_entry(&["other.example"]),
            "pull secret default/pull has no entry for registry.example (it has: other.example)"
        );
        assert!(no_entry(&[]).ends_with("(it is empty)"));
        let many = ["a", "b", "c", "d", "e", "f", "g"];
        assert!(no_entry(&many).ends_with("(it has: a, b, c, d, e and 2 more)"));
    }

    #[test]
    fn a_key_that_is_no_name_of_a_registry_is_counted_and_not_shown() {
        for key in [
            "s3cret word",
            "r.example/?token=s3cret",
            "s3cret\u{1b}[0m",
            "user:s3cret@r",
        ] {
            let text = no_entry(&[key, "other.example"]);
            assert!(!text.contains("s3cret"), "{text}");
            assert!(
                text.ends_with("(it has: other.example and 1 more)"),
                "{text}"
            );
        }
    }
}
