//! Trusted identities: whose certificates a policy accepts, beyond who issued them.

mod alternative;
mod attribute_type;
mod encode;
mod error;
mod name;
mod subject;
#[cfg(test)]
mod tests;
mod written;

use doorward_core::text::one_line;
use doorward_crypto::Certificate;

use crate::limits;
use alternative::AlternativeName;
use name::DistinguishedName;
use subject::Subject;

pub use error::{IdentityError, NameError};
pub(crate) use written::written;

/// Every signer.
const ANY: &str = "*";
const SUBJECT: &str = "x509.subject";
const ALTERNATIVE_NAME: &str = "x509.san";

/// How subjects are compared with the names of a policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Matching {
    /// As the reference does: the whole subject must be of a form that it can read.
    Compatible,
    /// Attribute by attribute: only those that the policy names must be there once.
    Wider,
}

/// The signers that a statement accepts. Two are equal if they accept the same signers, however that is written.
#[derive(Clone, Debug)]
pub struct TrustedIdentities {
    accepted: Accepted,
    /// As the policy has them: what plug-ins are shown.
    entries: Vec<String>,
}

impl PartialEq for TrustedIdentities {
    fn eq(&self, other: &Self) -> bool {
        self.accepted == other.accepted
    }
}

impl Eq for TrustedIdentities {}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Accepted {
    Any,
    Listed {
        names: Vec<DistinguishedName>,
        alternatives: Vec<AlternativeName>,
        matching: Matching,
    },
}

impl TrustedIdentities {
    /// Every signer with a certificate below the trust stores: `*`.
    #[must_use]
    pub fn any() -> Self {
        Self {
            accepted: Accepted::Any,
            entries: vec![ANY.to_owned()],
        }
    }

    /// The identities as the policy has them.
    pub(crate) fn entries(&self) -> &[String] {
        &self.entries
    }

    /// Reads identities as the trust policy files of the Notary Project have them: `*` alone, or `x509.subject:` with a
    /// distinguished name (Trust Store and Trust Policy Specification, "Trusted Identities Constraints"). Entries with
    /// another prefix are passed over, as by the reference. If no other is left, no signer is accepted.
    ///
    /// A name has at least `C`, `ST` (or `S`) and `O`, and each attribute once. Subjects are compared as the reference
    /// does: one with an attribute that it has no short name for, with a repeated one, or without these three, is
    /// accepted under `*` alone.
    ///
    /// # Errors
    /// [`IdentityError`].
    pub fn compatible<T: AsRef<str>>(entries: &[T]) -> Result<Self, IdentityError> {
        Self::read(entries, Matching::Compatible)
    }

    /// Reads identities that can say more than those of the Notary Project: `*` alone, `x509.subject:` with a
    /// distinguished name, or `x509.san:` with `uri:`, `dns:` or `email:` and an alternative name of the certificate.
    ///
    /// A name has any attributes, also dotted numbers for their types, each once. A certificate is accepted if its
    /// subject has each of them once and with that value, whatever else it has. So more certificates are accepted than
    /// with [`Self::compatible`], but none without a value that the policy names.
    ///
    /// # Errors
    /// [`IdentityError`], also for an entry with another prefix.
    pub fn wider<T: AsRef<str>>(entries: &[T]) -> Result<Self, IdentityError> {
        Self::read(entries, Matching::Wider)
    }

    fn read<T: AsRef<str>>(entries: &[T], matching: Matching) -> Result<Self, IdentityError> {
        if entries.is_empty() {
            return Err(IdentityError::None);
        }
        if entries.len() > limits::ENTRIES {
            return Err(IdentityError::TooMany {
                limit: limits::ENTRIES,
            });
        }
        if entries.iter().any(|entry| entry.as_ref() == ANY) {
            return match entries {
                [_] => Ok(Self::any()),
                _ => Err(IdentityError::BesideWildcard),
            };
        }
        let (mut names, mut alternatives) = (Vec::new(), Vec::new());
        for entry in entries {
            let entry = entry.as_ref();
            let shown = || one_line(entry, 100);
            if entry.len() > limits::NAME_BYTES {
                return Err(IdentityError::TooLong {
                    limit: limits::NAME_BYTES,
                });
            }
            let (prefix, value) = entry
                .split_once(':')
                .ok_or_else(|| IdentityError::NoPrefix { entry: shown() })?;
            match (prefix, matching) {
                (SUBJECT, _) => {
                    let name = DistinguishedName::parse(value, matching).map_err(|error| {
                        IdentityError::Name {
                            entry: shown(),
                            error,
                        }
                    })?;
                    names.push(name);
                }
                (ALTERNATIVE_NAME, Matching::Wider) => {
                    let name = AlternativeName::parse(value);
                    alternatives.push(
                        name.ok_or_else(|| IdentityError::AlternativeName { entry: shown() })?,
                    );
                }
                (_, Matching::Compatible) => {}
                (_, Matching::Wider) => {
                    return Err(IdentityError::Prefix { entry: shown() });
                }
            }
        }
        overlap(&names)?;
        Ok(Self {
            accepted: Accepted::Listed {
                names,
                alternatives,
                matching,
            },
            entries: entries.iter().map(|one| one.as_ref().to_owned()).collect(),
        })
    }

    /// Whether a signing certificate is one of the identities. The sentence says why it is not.
    pub(crate) fn accept(&self, leaf: &Certificate) -> Result<(), String> {
        let Accepted::Listed {
            names,
            alternatives,
            matching,
        } = &self.accepted
        else {
            return Ok(());
        };
        if names.is_empty() && alternatives.is_empty() {
            return Err("the policy names no identity of a kind that is known".to_owned());
        }
        if alternatives.iter().any(|name| name.is_of(leaf)) {
            return Ok(());
        }
        if names.is_empty() {
            return Err("the certificate has none of the names that the policy trusts".to_owned());
        }
        let subject = Subject::of(leaf, *matching)?;
        if names.iter().any(|name| subject.has(name)) {
            return Ok(());
        }
        Err(format!(
            "the subject {} is none of those that the policy trusts",
            one_line(&subject.to_string(), 300)
        ))
    }
}

/// Refuses two names of which one holds whenever the other does: one of them says nothing, so something else was meant
/// ("Trusted Identities Constraints").
fn overlap(names: &[DistinguishedName]) -> Result<(), IdentityError> {
    let mut rest = names;
    while let [name, others @ ..] = rest {
        if others
            .iter()
            .any(|other| name.is_part_of(other) || other.is_part_of(name))
        {
            return Err(IdentityError::Overlap {
                name: one_line(&name.to_string(), 100),
            });
        }
        rest = others;
    }
    Ok(())
}
