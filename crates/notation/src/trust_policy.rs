//! Trust policy documents of the Notary Project.

mod error;
mod object;
mod read;
mod scope;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use doorward_core::Repository;

use crate::{PluginRule, Statement, StatementError, StoreReference};
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

    fn trust_stores(&self) -> &[StoreReference] {
        match self {
            Self::Skip { .. } => &[],
            Self::Verify(statement) => statement.trust_stores(),
        }
    }

    fn allowing(self, plugins: &[PluginRule]) -> Result<Self, StatementError> {
        Ok(match self {
            Self::Skip { name } => Self::Skip { name },
            Self::Verify(statement) => {
                let statement = Arc::unwrap_or_clone(statement);
                Self::Verify(Arc::new(statement.with_plugins(plugins.to_vec())?))
            }
        })
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
    /// The places of the rules that name a repository, however it is spelled.
    spelled: BTreeMap<Repository, BTreeSet<usize>>,
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
        let mut spelled: BTreeMap<_, BTreeSet<_>> = BTreeMap::new();
        for (place, (scopes, _)) in rules.iter().enumerate() {
            for repository in scopes.repositories() {
                spelled.entry(repository).or_default().insert(place);
            }
        }
        Ok(Self { rules, spelled })
    }

    /// The same policy, in which signatures may name these plug-ins: a document has no member for that. Nothing changes
    /// for statements of the level `skip`.
    ///
    /// # Errors
    /// [`StatementError::PluginTwice`] or [`StatementError::TooManyPlugins`].
    pub fn allowing_plugins(mut self, plugins: &[PluginRule]) -> Result<Self, StatementError> {
        let rules = self.rules.into_iter();
        let rules = rules.map(|(scopes, rule)| Ok((scopes, rule.allowing(plugins)?)));
        self.rules = rules.collect::<Result<_, _>>()?;
        Ok(self)
    }

    /// The statement for an artifact, given as `host/path@digest`: the one that names the repository, or else the one
    /// with `*`.
    ///
    /// # Errors
    /// [`SelectError`], also for a reference without a digest or with a tag: take the tag away before.
    pub fn select(&self, reference: &str) -> Result<Selected<'_>, SelectError> {
        let (repository, _) = reference.rsplit_once('@').ok_or(SelectError::NoDigest)?;
        let (_, rule) = self
            .written(repository)?
            .ok_or_else(|| no_statement(repository))?;
        Ok(rule.selected())
    }

    /// The statements that govern a repository. All of them must be met, the first being the one that is
    /// [selected](Self::select) by the name of the repository.
    ///
    /// Stricter than the reference, which compares texts alone (Trust Store and Trust Policy Specification, "Registry
    /// Scopes Constraints"), because a repository has several names: every statement that verifies and names the same
    /// repository in another spelling governs it as well. `docker.io/nginx` and `registry-1.docker.io/library/nginx`
    /// are `docker.io/library/nginx`; `acme.io:443/a` and `ACME.io/a` are `acme.io/a`. A statement of the level `skip`
    /// counts for the spelling that it has and for no other.
    ///
    /// # Errors
    /// [`SelectError`].
    pub fn governing(&self, repository: &Repository) -> Result<Vec<Selected<'_>>, SelectError> {
        let name = repository.to_string();
        let written = self.written(&name)?;
        let first = written.map(|(place, _)| place);
        let places = self.spelled.get(repository).into_iter().flatten().copied();
        let spelled = places
            .filter(|place| Some(*place) != first)
            .filter_map(|place| self.rules.get(place))
            .map(|(_, rule)| rule)
            .filter(|rule| matches!(rule, Rule::Verify(_)));
        let governing: Vec<_> = written
            .map(|(_, rule)| rule)
            .into_iter()
            .chain(spelled)
            .map(Rule::selected)
            .collect();
        if governing.is_empty() {
            return Err(no_statement(&name));
        }
        Ok(governing)
    }

    /// The trust stores that any statement names.
    #[must_use]
    pub fn trust_stores(&self) -> BTreeSet<&StoreReference> {
        let rules = self.rules.iter().map(|(_, rule)| rule);
        rules.flat_map(Rule::trust_stores).collect()
    }

    /// The rule for a repository by the text of its name, and its place.
    fn written(&self, repository: &str) -> Result<Option<(usize, &Rule)>, SelectError> {
        check_scope(repository).map_err(SelectError::Repository)?;
        let of = |wanted: &str| {
            let mut rules = self.rules.iter().enumerate();
            let found = rules.find(|(_, (scopes, _))| scopes.contains(wanted));
            found.map(|(place, (_, rule))| (place, rule))
        };
        Ok(of(repository).or_else(|| of("*")))
    }
}

fn no_statement(repository: &str) -> SelectError {
    SelectError::NoStatement {
        wanted: repository.to_owned(),
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

    /// As [`OciTrustPolicy::allowing_plugins`].
    ///
    /// # Errors
    /// As there.
    pub fn allowing_plugins(mut self, plugins: &[PluginRule]) -> Result<Self, StatementError> {
        let rules = self.rules.into_iter();
        let rules = rules.map(|(global, rule)| Ok((global, rule.allowing(plugins)?)));
        self.rules = rules.collect::<Result<_, _>>()?;
        Ok(self)
    }

    /// The trust stores that any statement names.
    #[must_use]
    pub fn trust_stores(&self) -> BTreeSet<&StoreReference> {
        let rules = self.rules.iter().map(|(_, rule)| rule);
        rules.flat_map(Rule::trust_stores).collect()
    }

    /// The statement of that name, or the global one.
    ///
    /// # Errors
    /// [`SelectError::NoSuchStatement`], [`SelectError::NoGlobalStatement`].
    pub fn select(&self, name: Option<&str>) -> Result<Selected<'_>, SelectError> {
        let found = self.rules.iter().find(|(global, rule)| match name {
            Some(name) => rule.name() == name,
            None => *global,
        });
        found
            .map(|(_, rule)| rule.selected())
            .ok_or_else(|| match name {
                Some(name) => SelectError::NoSuchStatement {
                    name: name.to_owned(),
                },
                None => SelectError::NoGlobalStatement,
            })
    }
}
