//! `WWW-Authenticate`: what a server wants to see before it answers.

mod parser;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::Arc;

use http::HeaderMap;
use http::header::WWW_AUTHENTICATE;

use crate::kept::Weight;
use crate::origin::Origin;

/// The most bytes of one header value that are looked at. Registries send about 200.
const MAX_HEADER: usize = 8 << 10;
/// The most challenges over all headers of one answer.
const MAX_CHALLENGES: usize = 16;
/// The most parameters of one challenge. The schemes of the field have at most four.
const MAX_PARAMETERS: usize = 32;

/// The most challenges kept of one answer. A server that takes passwords and tokens sends two.
const MAX_KEPT: usize = 4;
/// The longest realm, service and scope kept.
const MAX_VALUE: usize = 2 << 10;

/// One challenge (RFC 9110, section 11.3): a scheme and its parameters, both names in lower case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Challenge {
    scheme: String,
    parameters: BTreeMap<String, String>,
}

impl Challenge {
    /// The scheme in lower case, such as `basic` or `bearer`.
    #[must_use]
    pub fn scheme(&self) -> &str {
        &self.scheme
    }

    /// The value of a parameter, unquoted. `name` is lower case.
    #[must_use]
    pub fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters.get(name).map(String::as_str)
    }

    /// What of the challenge is used, if it can be answered. A realm or service that is too long makes it one that
    /// cannot: nothing may be cut off the address of a token service.
    fn kept(mut self) -> Option<Self> {
        let is_known = matches!(self.scheme.as_str(), "basic" | "bearer");
        let fits = |name: &str| {
            self.parameter(name)
                .is_none_or(|text| text.len() <= MAX_VALUE)
        };
        if !is_known || !fits("realm") || !fits("service") {
            return None;
        }
        self.parameters.retain(|name, value| {
            matches!(name.as_str(), "realm" | "service" | "scope") && value.len() <= MAX_VALUE
        });
        Some(self)
    }

    /// All parameters, by name.
    pub fn parameters(&self) -> impl Iterator<Item = (&str, &str)> {
        self.parameters
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
    }
}

/// What one origin asks for. Only its own answer makes one: what another server asks for, to which the first one led,
/// is for nobody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Challenges {
    origin: Origin,
    is_local: bool,
    list: Arc<[Challenge]>,
}

impl Challenges {
    /// That an origin asks for nothing, as far as is known.
    pub(crate) fn none(origin: Origin) -> Self {
        Self {
            origin,
            is_local: false,
            list: Arc::default(),
        }
    }

    /// What the headers of an origin's own answer ask for. It `is_local` if it is on this machine or its link.
    pub(crate) fn of(origin: Origin, is_local: bool, headers: &HeaderMap) -> Self {
        Self {
            origin,
            is_local,
            list: usable(headers).into(),
        }
    }

    /// Who asks.
    pub(crate) const fn origin(&self) -> &Origin {
        &self.origin
    }

    /// Whether who asks is on this machine or its link.
    pub(crate) const fn is_local(&self) -> bool {
        self.is_local
    }

    pub(crate) fn iter(&self) -> std::slice::Iter<'_, Challenge> {
        self.list.iter()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// The first challenge of a scheme.
    pub(crate) fn of_scheme(&self, scheme: &str) -> Option<&Challenge> {
        self.iter().find(|challenge| challenge.scheme() == scheme)
    }
}

impl Weight for Challenges {
    fn weight(&self) -> usize {
        let texts = |challenge: &Challenge| -> usize {
            let parameters = challenge.parameters.iter();
            let parameters = parameters.map(|(name, value)| name.len() + value.len());
            challenge.scheme.len() + parameters.sum::<usize>()
        };
        self.iter().map(texts).sum()
    }
}

/// Why a `WWW-Authenticate` header was not understood.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ChallengeError {
    /// A challenge names a parameter twice (RFC 9110, section 11.2 allows it once).
    #[error("the challenge has the parameter {name:?} twice")]
    DuplicateParameter {
        /// The name, in lower case.
        name: String,
    },
    /// A parameter has no value, or what follows the scheme is not a parameter.
    #[error("a parameter of the challenge has no value")]
    MissingValue,
    /// A scheme has no parameters, so that nothing can be answered to it.
    #[error("the challenge has no parameters")]
    NoParameters,
    /// The header has no scheme where one must stand.
    #[error("the challenge has no scheme")]
    NoScheme,
    /// A header is longer than 8 KiB.
    #[error("the challenge header is longer than {MAX_HEADER} bytes")]
    TooLong,
    /// There are more than 16 challenges, or one has more than 32 parameters.
    #[error("there are too many challenges or parameters")]
    TooMany,
    /// A character stands where the grammar does not allow it.
    #[error("unexpected character at byte {offset} of the challenge")]
    UnexpectedCharacter {
        /// Where it stands in its header.
        offset: usize,
    },
    /// A quoted value does not end.
    #[error("a quoted value of the challenge does not end")]
    UnterminatedString,
}

/// Parses the values of all `WWW-Authenticate` headers of one answer, several challenges per header included.
///
/// Strict: every challenge has at least one parameter and every parameter a value. The abbreviated form that some
/// schemes outside the registry world use (`Negotiate <base64>`) is therefore an error.
///
/// # Errors
/// [`ChallengeError`], if any of the headers is not understood.
pub fn parse_challenges<H: AsRef<[u8]>>(
    headers: impl IntoIterator<Item = H>,
) -> Result<Vec<Challenge>, ChallengeError> {
    let mut all = Vec::new();
    for header in headers {
        let parsed = parser::parse(header.as_ref())?;
        for challenge in &parsed {
            if challenge.parameters.is_empty() {
                return Err(ChallengeError::NoParameters);
            }
            if challenge.parameters.values().any(String::is_empty) {
                return Err(ChallengeError::MissingValue);
            }
        }
        all.extend(parsed);
        if all.len() > MAX_CHALLENGES {
            return Err(ChallengeError::TooMany);
        }
    }
    Ok(all)
}

/// The challenges of an answer that a client can use. What is not understood, a token service without a realm and a
/// parameter without a value are left out instead of spoiling the others; a password needs no realm.
///
/// Of all that a server says only what is used is kept, and no more than has a use, since it is remembered.
fn usable(headers: &HeaderMap) -> Vec<Challenge> {
    let headers = headers.get_all(WWW_AUTHENTICATE).iter();
    headers
        .flat_map(|header| parser::readable(header.as_bytes()))
        .filter_map(|mut challenge| {
            challenge.parameters.retain(|_, value| !value.is_empty());
            (challenge.scheme == "basic" || !challenge.parameters.is_empty())
                .then_some(challenge)?
                .kept()
        })
        .take(MAX_KEPT)
        .collect()
}
