//! Trust policy documents of the Notary Project.

mod error;
mod object;
mod read;
mod scope;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use crate::Statement;
use scope::Scopes;

pub use error::{PolicyProblem, SelectError, TrustPolicyError};
pub use scope::{ScopeError, check_scope};

/// What a document says about an artifact.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Selected<'p> {
    /// A statement of the level `skip`: nothing is verified.
    Skip {
        /// The name of the statement.
        name: &'p str,
    },
    /// A statement to verify against.
    Verify(&'p Arc<Statement>),
}

/// A statement of a document, at whichever level.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Rule {
    Skip { name: String },
    Verify(Arc<Statement>),
}

impl Rule {
    fn name(&self) -> &str {
        match self {
            Self::Skip { name } => name,
            Self::Verify(statement) => statement.name(),
        }
    }

    fn selected(&self) -> Selected<'_> {
        match self {
            Self::Skip { name } => Selected::Skip { name },
            Self::Verify(statement) => Selected::Verify(statement),
        }
    }
}

/// A trust policy for artifacts in registries (Trust Store and Trust Policy Specification, "OCI Trust Policy"): the
/// content of `trustpolicy.oci.json`, or of `trustpolicy.json` as it was called before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OciTrustPolicy {
    rules: Vec<(Scopes, Rule)>,
}

impl OciTrustPolicy {
    /// Reads a document of at most 1 MiB.
    ///
    /// Stricter than the reference: a member that is not known is refused, because a slip of the pen in `override` or
    /// `verifyTimestamp` would change what is verified without a word; so is one that stands there twice or in another
    /// case; and `skip` for the scope `*`, as the text says.
    ///
    /// # Errors
    /// [`TrustPolicyError`].
    pub fn parse(bytes: &[u8]) -> Result<Self, TrustPolicyError> {
        let rules = read::oci(bytes)?;
        scope::unique(rules.iter().map(|(scopes, _)| scopes))?;
        Ok(Self { rules })
    }

    /// The statement for an artifact, given as `host/path@digest`: the one that names the repository, or else the one
    /// with `*`.
    ///
    /// # Errors
    /// [`SelectError`], also for a reference without a digest or with a tag: take the tag away before.
    pub fn select(&self, reference: &str) -> Result<Selected<'_>, SelectError> {
        let (repository, _) = reference.rsplit_once('@').ok_or(SelectError::NoDigest)?;
        check_scope(repository).map_err(SelectError::Repository)?;
        let of = |wanted: &str| {
            let rule = self
                .rules
                .iter()
                .find(|(scopes, _)| scopes.contains(wanted));
            rule.map(|(_, rule)| rule.selected())
        };
        of(repository)
            .or_else(|| of("*"))
            .ok_or_else(|| SelectError::NoStatement {
                wanted: repository.to_owned(),
            })
    }
}

/// A trust policy for files (Trust Store and Trust Policy Specification, "Blob Trust Policy"): the content of
/// `trustpolicy.blob.json`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BlobTrustPolicy {
    rules: Vec<(bool, Rule)>,
}

impl BlobTrustPolicy {
    /// Reads a document of at most 1 MiB, as strictly as [`OciTrustPolicy::parse`]. At most one statement is the global
    /// one, and it is not of the level `skip`, as the text says; stricter than the reference.
    ///
    /// # Errors
    /// [`TrustPolicyError`].
    pub fn parse(bytes: &[u8]) -> Result<Self, TrustPolicyError> {
        let rules = read::blob(bytes)?;
        if rules.iter().filter(|(global, _)| *global).count() > 1 {
            return Err(TrustPolicyError::SeveralGlobal);
        }
        Ok(Self { rules })
    }

    /// The statement of that name, or the global one.
    ///
    /// # Errors
    /// [`SelectError::NoStatement`].
    pub fn select(&self, name: Option<&str>) -> Result<Selected<'_>, SelectError> {
        let found = self.rules.iter().find(|(global, rule)| match name {
            Some(name) => rule.name() == name,
            None => *global,
        });
        found
            .map(|(_, rule)| rule.selected())
            .ok_or_else(|| SelectError::NoStatement {
                wanted: name
                    .unwrap_or("files without a policy of their own")
                    .to_owned(),
            })
    }
}
