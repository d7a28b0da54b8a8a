//! Token services: who to ask for a token, and with what.

use url::Url;

use super::{AuthError, Scope, basic_header};
use crate::challenge::Challenge;
use crate::endpoint::host_of;
use crate::space::ProtectionSpace;
use crate::transport::{Request, is_loopback};
use crate::{Credential, ExchangeKind};

/// The largest answer of a token service. Tokens with many groups in them have a few ten kilobytes.
const MAX_ANSWER: usize = 256 << 10;
/// The longest name of a service.
const MAX_SERVICE: usize = 512;
/// How this client calls itself to a token service.
const CLIENT_ID: &str = "doorward";

/// The service that a bearer challenge names.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct TokenService {
    realm: Url,
    service: Option<String>,
}

impl TokenService {
    /// Reads a challenge for `space`.
    ///
    /// The realm must be on https. One on http would get the credential in clear, and give the token in clear, so it
    /// is taken only from a server that was named as one without TLS, or if both are on this machine.
    pub(crate) fn of(challenge: &Challenge, space: &ProtectionSpace) -> Result<Self, AuthError> {
        let refused = |what: &str| {
            Err(AuthError::Refused(format!(
                "the token service that {} names {what}",
                space.host()
            )))
        };
        let Some(realm) = challenge
            .parameter("realm")
            .and_then(|realm| Url::parse(realm).ok())
            .filter(|realm| realm.host_str().is_some_and(|host| !host.is_empty()))
        else {
            return refused("is not an URL");
        };
        if !realm.username().is_empty() || realm.password().is_some() {
            return refused("has user information in its URL");
        }
        let plain_allowed = space.is_plain || (is_loopback(&space.base) && is_loopback(&realm));
        match realm.scheme() {
            "https" => {}
            "http" if plain_allowed => {}
            "http" => return refused("is on http, where its tokens could be read"),
            _ => return refused("is neither on https nor on http"),
        }
        let service = challenge.parameter("service");
        if service.is_some_and(|service| service.len() > MAX_SERVICE) {
            return refused("has a name that is too long");
        }
        Ok(Self {
            realm,
            service: service.map(str::to_owned),
        })
    }

    /// The server, for messages.
    pub(crate) fn host(&self) -> String {
        host_of(&self.realm)
    }

    /// The request for a token: with an identity token the form of OAuth 2, else the query of the distribution
    /// project's token specification, with the user name and password, if any, in a header.
    pub(crate) fn request(&self, scope: &Scope, identity: Option<&Credential>) -> Request {
        let mut request = Request::get(ExchangeKind::Token, self.realm.clone(), MAX_ANSWER);
        if let Some(Credential::IdentityToken { token, .. }) = identity {
            let mut form = vec![
                ("grant_type", "refresh_token".to_owned()),
                ("client_id", CLIENT_ID.to_owned()),
                ("scope", scope.to_string()),
                ("refresh_token", token.clone()),
            ];
            form.extend(self.service.clone().map(|service| ("service", service)));
            request.form = Some(form);
            return request;
        }
        {
            let mut query = request.url.query_pairs_mut();
            if let Some(service) = &self.service {
                query.append_pair("service", service);
            }
            for resource in scope.resources() {
                query.append_pair("scope", &resource);
            }
        }
        if let Some(Credential::Basic(pair)) = identity {
            request.authorization = basic_header(pair).header;
        }
        request
    }
}
