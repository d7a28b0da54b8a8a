//! Registry scopes (Trust Store and Trust Policy Specification, "Registry Scopes Constraints").

use std::collections::BTreeSet;

use super::error::SHOWN;
use super::{PolicyProblem, TrustPolicyError};
use doorward_core::Repository;
use doorward_core::text::one_line;

/// The longest scope, in bytes: a host of 253 characters, a port and a repository of 255.
const MAX_BYTES: usize = 520;

/// The scopes of a statement: repositories, or `*` alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Scopes(Vec<String>);

impl Scopes {
    pub(super) fn new(scopes: Vec<String>) -> Result<Self, PolicyProblem> {
        let has_wildcard = scopes.iter().any(|scope| scope == "*");
        if has_wildcard && scopes.len() > 1 {
            return Err(PolicyProblem::WildcardNotAlone);
        }
        if !has_wildcard {
            scopes.iter().try_for_each(|scope| check_scope(scope))?;
        }
        Ok(Self(scopes))
    }

    pub(super) fn contains(&self, wanted: &str) -> bool {
        self.0.iter().any(|scope| scope == wanted)
    }

    /// The repositories that are named. One whose name no reference can have is left out: it is the name of no image.
    pub(super) fn repositories(&self) -> impl Iterator<Item = Repository> {
        self.0.iter().filter_map(|scope| scope.parse().ok())
    }
}

/// Each scope stands in one statement only, and there once.
pub(super) fn unique<'s>(all: impl Iterator<Item = &'s Scopes>) -> Result<(), TrustPolicyError> {
    let mut seen = BTreeSet::new();
    for scope in all.flat_map(|scopes| &scopes.0) {
        if !seen.insert(scope) {
            return Err(TrustPolicyError::RepeatedScope {
                scope: scope.clone(),
            });
        }
    }
    Ok(())
}

/// Why a text is no scope.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{} is not a host, a slash and the path of a repository, without scheme, tag or stars",
    one_line(scope, SHOWN)
)]
pub struct ScopeError {
    /// The text.
    pub scope: String,
}

/// Checks that a text is a host with or without a port, a slash and a repository: what a scope names and what a
/// reference has before its digest. Hosts are compared with their case, and ports as they are written.
///
/// # Errors
/// [`ScopeError`].
pub fn check_scope(scope: &str) -> Result<(), ScopeError> {
    let is_scope = scope.len() <= MAX_BYTES
        && scope
            .split_once('/')
            .is_some_and(|(host, path)| is_host(host) && path.split('/').all(is_component));
    if is_scope {
        return Ok(());
    }
    Err(ScopeError {
        scope: scope.to_owned(),
    })
}

/// Labels of letters, digits and inner hyphens, with dots between, and perhaps a port.
fn is_host(host: &str) -> bool {
    let (name, port) = match host.split_once(':') {
        Some((name, port)) => (name, Some(port)),
        None => (host, None),
    };
    let is_label = |label: &str| {
        !label.is_empty()
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b == b'-')
    };
    let is_port = |port: &str| !port.is_empty() && port.bytes().all(|b| b.is_ascii_digit());
    name.split('.').all(is_label) && port.is_none_or(is_port)
}

/// Runs of lower-case letters and digits, divided by `.`, `_`, `__` or any number of hyphens (distribution
/// specification, "Pulling manifests").
fn is_component(component: &str) -> bool {
    let is_alphanumeric = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    let dividers = component
        .split(is_alphanumeric)
        .filter(|divider| !divider.is_empty());
    component.starts_with(is_alphanumeric)
        && component.ends_with(is_alphanumeric)
        && dividers.into_iter().all(|divider| {
            matches!(divider, "." | "_" | "__") || divider.bytes().all(|b| b == b'-')
        })
}
