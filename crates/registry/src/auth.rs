//! From a challenge and a credential to an `Authorization` header.

pub(crate) mod scope;
mod service;
pub(crate) mod shown;
#[cfg(test)]
mod tests;
mod token;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use doorward_core::{Basic, FetchError};
use http::HeaderValue;

pub(crate) use scope::Scope;
pub(crate) use service::{MAX_ANSWER, TokenService};
pub(crate) use shown::Shown;
pub(crate) use token::{Token, TokenCache, TokenError, TokenKey};

use crate::challenge::Challenges;
use crate::origin::Origin;
use crate::single_flight::Panicked;
use crate::space::ProtectionSpace;
use crate::{Credential, Fingerprint};

/// Why an identity cannot be shown to a server, as opposed to why the server cannot be asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum AuthError {
    /// The server will not have it, or takes nothing of the kind: another identity may do.
    Refused(String),
    /// Nothing is known about the identity.
    Failed(FetchError),
    /// Without a credential the service gives nothing useful, now or ever. With one it may.
    Limited(FetchError),
}

impl AuthError {
    /// What an error of a token service means to which no credential was shown.
    ///
    /// Where it is out for everybody, that is the answer. Any other trouble may be what callers without a name get: a
    /// credential may fare better there, or do without the service.
    pub(crate) fn without_credential(error: FetchError) -> Self {
        match error {
            FetchError::Outage(_) => Self::Failed(error),
            error => Self::Limited(error),
        }
    }
}

impl From<Panicked> for AuthError {
    fn from(panicked: Panicked) -> Self {
        Self::Failed(panicked.into())
    }
}

/// What to send, and the token it came from, if it did.
#[derive(Debug)]
pub(crate) struct Authorization {
    pub(crate) shown: Option<Shown>,
    /// The token's place in the cache, and whether it was found there.
    pub(crate) token: Option<(TokenKey, bool)>,
}

impl Authorization {
    pub(crate) const fn shown(shown: Shown) -> Self {
        Self {
            shown: Some(shown),
            token: None,
        }
    }
}

/// A way to answer a set of challenges with one identity.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Plan<'a> {
    /// Send nothing.
    Nothing,
    /// Send the user name and password.
    Password(&'a Basic),
    /// Send this token.
    Ready(&'a str),
    /// Get a token from a service; if it refuses, send the user name and password if the server also takes those.
    Token(TokenService, Option<&'a Basic>),
}

/// The longest credential that is sent, in bytes. Servers take headers of 8 to 16 KiB.
const MAX_CREDENTIAL: usize = 16 << 10;

/// Chooses how to answer (RFC 9110, section 11.6; the distribution project's token specification). Without a challenge
/// nothing is ever shown: a server that asks for nothing gets nothing. A challenge is answered only where it comes
/// from.
pub(crate) fn plan<'a>(
    space: &ProtectionSpace,
    challenges: &Challenges,
    identity: Option<&'a Credential>,
) -> Result<Plan<'a>, AuthError> {
    if Some(challenges.origin()) != space.origin().as_ref() {
        return Err(AuthError::Refused(format!(
            "{} itself asks for nothing",
            space.host()
        )));
    }
    if identity.is_some_and(|credential| credential.len() > MAX_CREDENTIAL) {
        return Err(AuthError::Refused(format!(
            "it is longer than {MAX_CREDENTIAL} bytes"
        )));
    }
    let basic = challenges.of_scheme("basic").is_some();
    let bearer = challenges.of_scheme("bearer");
    let service = bearer.map(|challenge| TokenService::of(challenge, challenges.is_local(), space));
    match (identity, service) {
        (None, None) => Ok(Plan::Nothing),
        (None, Some(service)) => Ok(Plan::Token(service?, None)),
        (Some(Credential::RegistryToken(token)), Some(_)) => Ok(Plan::Ready(token)),
        (Some(Credential::IdentityToken { .. }), Some(service)) => Ok(Plan::Token(service?, None)),
        (Some(Credential::Basic(pair)), Some(service)) => match service {
            Ok(service) => Ok(Plan::Token(service, basic.then_some(pair))),
            Err(_) if basic => Ok(Plan::Password(pair)),
            Err(error) => Err(error),
        },
        (Some(Credential::Basic(pair)), None) if basic => Ok(Plan::Password(pair)),
        (Some(credential), _) => Err(AuthError::Refused(format!(
            "{} does not ask for a {}",
            space.host(),
            credential.kind()
        ))),
    }
}

/// `Basic` (RFC 7617, section 2) with its value marked as sensitive.
pub(crate) fn basic_header(origin: Origin, basic: &Basic) -> Shown {
    let pair = format!("{}:{}", basic.username(), basic.expose_password());
    let text = format!("Basic {}", STANDARD.encode(pair));
    let header = sensitive(&text).unwrap_or_else(|| HeaderValue::from_static("Basic"));
    let account = Credential::Basic(basic.clone()).fingerprint();
    Shown::credential(origin, header, account)
}

/// A bearer token as a header (RFC 6750, section 2.1). Returns `None` if it cannot stand in one.
pub(crate) fn bearer_header(token: &str) -> Option<HeaderValue> {
    let visible = !token.is_empty() && token.bytes().all(|b| b.is_ascii_graphic());
    visible
        .then(|| sensitive(&format!("Bearer {token}")))
        .flatten()
}

pub(crate) fn ready_header(origin: Origin, token: &str) -> Result<Shown, AuthError> {
    bearer_header(token)
        .map(|header| {
            let account = Credential::RegistryToken(token.to_owned()).fingerprint();
            Shown::credential(origin, header, account)
        })
        .ok_or_else(|| AuthError::Refused("the registry token cannot stand in a header".to_owned()))
}

fn sensitive(text: &str) -> Option<HeaderValue> {
    let mut value = HeaderValue::from_str(text).ok()?;
    value.set_sensitive(true);
    Some(value)
}

/// What tells identities apart.
pub(crate) fn fingerprint(identity: Option<&Credential>) -> Option<Fingerprint> {
    identity.map(Credential::fingerprint)
}
