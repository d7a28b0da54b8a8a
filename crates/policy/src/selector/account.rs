//! Service accounts that a policy names.

use std::fmt;

use super::Applies;
use crate::environment::Missing;
use crate::pattern::glob;
use crate::{Environment, MAX_NAMESPACE};

/// The most bytes of the name of a ServiceAccount (RFC 1123 subdomain, as Kubernetes applies it).
const MAX_NAME: usize = 253;

/// Service accounts of one name: `namespace/name`, or `name` for those of every namespace. A star in either stands for any
/// characters.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AccountPattern {
    namespace: Option<String>,
    name: String,
}

impl AccountPattern {
    /// The pattern in a text, or what is wrong with it: a fragment.
    pub(super) fn parse(text: &str) -> Result<Self, &'static str> {
        let (namespace, name) = match text.split_once('/') {
            None => (None, text),
            Some((namespace, name)) => (Some(namespace), name),
        };
        let alphanumeric = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
        let in_namespace = |b: u8| alphanumeric(b) || matches!(b, b'-' | b'*');
        let in_name = |b: u8| in_namespace(b) || b == b'.';
        let is = |part: &str, most: usize, allowed: &dyn Fn(u8) -> bool| {
            !part.is_empty() && part.len() <= most && part.bytes().all(allowed)
        };
        if namespace.is_some_and(|namespace| !is(namespace, MAX_NAMESPACE, &in_namespace)) {
            return Err("what stands before the slash can be no namespace");
        }
        if !is(name, MAX_NAME, &in_name) {
            return Err("it can be no service account; write `namespace/name`, or `name`");
        }
        Ok(Self {
            namespace: namespace.map(str::to_owned),
            name: name.to_owned(),
        })
    }

    fn select(&self, environment: &Environment<'_>) -> Applies {
        let is = |pattern: &str, known: Option<&str>, missing| match known {
            Some(text) if glob(pattern, text) => Applies::Yes,
            Some(_) => Applies::No,
            // A name has some characters.
            None if pattern.bytes().all(|b| b == b'*') => Applies::Yes,
            None => Applies::Unknown(missing),
        };
        let missing = Missing {
            service_account: true,
            ..Missing::NOTHING
        };
        let name = is(&self.name, environment.service_account(), missing);
        let missing = Missing {
            namespace_labels: true,
            ..Missing::NOTHING
        };
        let namespace = self.namespace.as_deref();
        let namespace = namespace.map_or(Applies::Yes, |pattern| {
            is(pattern, environment.namespace(), missing)
        });
        name.and(namespace)
    }
}

impl fmt::Display for AccountPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(namespace) = &self.namespace {
            write!(f, "{namespace}/")?;
        }
        f.write_str(&self.name)
    }
}

/// Whether one of the patterns names the service account. Without any, every one will do.
pub(super) fn select(patterns: &[AccountPattern], environment: &Environment<'_>) -> Applies {
    if patterns.is_empty() {
        return Applies::Yes;
    }
    let mut found = Applies::No;
    for pattern in patterns {
        found = match (found, pattern.select(environment)) {
            (_, Applies::Yes) => return Applies::Yes,
            (Applies::Unknown(one), Applies::Unknown(other)) => Applies::Unknown(one.and(other)),
            (Applies::No, applies) => applies,
            (found, Applies::No) => found,
            (found @ Applies::Yes, _) => found,
        };
    }
    found
}
