//! Which requests a fault is applied to.

use std::sync::{Mutex, PoisonError};

use http::Method;

use super::Fault;
use crate::http::{Endpoint, Exchange};

/// A fault and the requests it is meant for.
///
/// A rule applies to every request to the server or its token endpoint until narrowed. Among several rules the one
/// that was injected first and still applies is taken.
///
/// ```
/// use doorward_testkit::{Fault, FaultRule};
///
/// // The first two manifests asked for meet an overloaded registry, later ones do not.
/// let rule = FaultRule::new(Fault::Status(503)).on("/v2/*/manifests/*").times(2);
/// # let _ = rule;
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FaultRule {
    fault: Fault,
    path: String,
    method: Option<Method>,
    endpoint: Option<Endpoint>,
    skip: usize,
    remaining: Option<usize>,
}

impl FaultRule {
    /// `fault` for every request.
    #[must_use]
    pub fn new(fault: Fault) -> Self {
        Self {
            fault,
            path: "*".to_owned(),
            method: None,
            endpoint: None,
            skip: 0,
            remaining: None,
        }
    }

    /// Only for paths that match `pattern`, in which `*` stands for any characters, slashes included.
    #[must_use]
    pub fn on(mut self, pattern: impl Into<String>) -> Self {
        self.path = pattern.into();
        self
    }

    /// Only for requests with this method.
    #[must_use]
    pub fn method(mut self, method: Method) -> Self {
        self.method = Some(method);
        self
    }

    /// Only for requests to this listener. Needed for [`Endpoint::Elsewhere`] and [`Endpoint::Plaintext`], to which
    /// rules do not apply otherwise.
    #[must_use]
    pub const fn at(mut self, endpoint: Endpoint) -> Self {
        self.endpoint = Some(endpoint);
        self
    }

    /// Leaves the first `count` requests that match alone.
    #[must_use]
    pub const fn after(mut self, count: usize) -> Self {
        self.skip = count;
        self
    }

    /// Ends after `count` requests.
    #[must_use]
    pub const fn times(mut self, count: usize) -> Self {
        self.remaining = Some(count);
        self
    }

    fn matches(&self, exchange: &Exchange) -> bool {
        let endpoint = match self.endpoint {
            Some(endpoint) => endpoint == exchange.endpoint,
            None => matches!(exchange.endpoint, Endpoint::Main | Endpoint::Token),
        };
        endpoint
            && self
                .method
                .as_ref()
                .is_none_or(|method| *method == exchange.method)
            && glob(&self.path, &exchange.path)
    }

    /// Counts a request that matches, and says whether the fault is due.
    fn take(&mut self) -> bool {
        if self.skip > 0 {
            self.skip -= 1;
            return false;
        }
        match &mut self.remaining {
            None => true,
            Some(0) => false,
            Some(count) => {
                *count -= 1;
                true
            }
        }
    }
}

impl From<Fault> for FaultRule {
    fn from(fault: Fault) -> Self {
        Self::new(fault)
    }
}

/// Whether `text` matches `pattern`, in which `*` stands for any characters.
pub(crate) fn glob(pattern: &str, text: &str) -> bool {
    let mut pieces = pattern.split('*');
    let first = pieces.next().unwrap_or_default();
    let Some(mut rest) = text.strip_prefix(first) else {
        return false;
    };
    let mut pieces = pieces.peekable();
    if pieces.peek().is_none() {
        return rest.is_empty();
    }
    while let Some(piece) = pieces.next() {
        if pieces.peek().is_none() {
            return rest.ends_with(piece);
        }
        match rest.split_once(piece) {
            Some((_, after)) => rest = after,
            None => return false,
        }
    }
    true
}

/// The rules of one server.
#[derive(Debug, Default)]
pub(crate) struct FaultRules(Mutex<Vec<FaultRule>>);

impl FaultRules {
    pub(crate) fn add(&self, rule: FaultRule) {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(rule);
    }

    pub(crate) fn clear(&self) {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clear();
    }

    /// The fault for this request, if one is due. Counts the request.
    pub(crate) fn next_for(&self, exchange: &Exchange) -> Option<Fault> {
        let mut rules = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        rules
            .iter_mut()
            .filter(|rule| rule.matches(exchange))
            .find_map(|rule| rule.take().then(|| rule.fault.clone()))
    }
}
