//! Token services: who to ask for a token, and with what.

use url::Url;

use super::{AuthError, Scope, basic_header};
use crate::challenge::Challenge;
use crate::kept::Weight;
use crate::origin::Origin;
use crate::origin::host_of;
use crate::space::ProtectionSpace;
use crate::transport::{Hop, Request, is_loopback};
use crate::{Credential, ExchangeKind};

/// The largest answer of a token service. Tokens with many groups in them have a few ten kilobytes.
pub(crate) const MAX_ANSWER: usize = 256 << 10;
/// The longest name of a service.
const MAX_SERVICE: usize = 512;
/// How this client calls itself to a token service.
const CLIENT_ID: &str = "doorward";

/// The service that a bearer challenge names.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct TokenService {
    realm: Url,
    service: Option<String>,
    /// Whether it is on the host that names it.
    is_own: bool,
    /// Whether it was named by a server on this machine or its link.
    is_named_locally: bool,
}

impl Weight for TokenService {
    fn weight(&self) -> usize {
        self.realm.as_str().len() + self.service.as_ref().map_or(0, String::len)
    }
}

impl TokenService {
    /// Reads a challenge for `space`, of a server that `is_local` if it is on this machine or its link.
    ///
    /// The realm gets the credential and gives the token. Stricter than the token specification, which lets a server
    /// name any realm, because the credential goes there: it may be on another host if both the challenge and the realm
    /// are protected by TLS. Anyone who can change a challenge on its way could name any realm, so a server that is
    /// asked without TLS may name its own host, or one that the operator named as one without TLS, too; or both are on
    /// this machine.
    pub(crate) fn of(
        challenge: &Challenge,
        is_local: bool,
        space: &ProtectionSpace,
    ) -> Result<Self, AuthError> {
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
        let at = Origin::of(&realm);
        if !realm.username().is_empty() || realm.password().is_some() {
            return refused("has user information in its URL");
        }
        let (Some(at), Some(own)) = (at, space.origin()) else {
            return refused("is neither on https nor on http");
        };
        let is_own = at.shares_host_with(&own);
        let both_here = is_loopback(&space.base) && is_loopback(&realm);
        // Without TLS, on either side, only what the operator named or what stays on this machine.
        let is_named = space.names_plain(&realm) || both_here;
        if !(at.is_tls() || is_named || is_own && space.is_plain) {
            return refused("is on http, where its tokens could be read");
        }
        if !(own.is_tls() || is_named || is_own) {
            return refused("is on another host, and it was named without TLS");
        }
        let service = challenge.parameter("service");
        if service.is_some_and(|service| service.len() > MAX_SERVICE) {
            return refused("has a name that is too long");
        }
        Ok(Self {
            realm,
            service: service.map(str::to_owned),
            is_own,
            is_named_locally: is_local,
        })
    }

    /// The server, for messages.
    pub(crate) fn host(&self) -> String {
        host_of(&self.realm)
    }

    /// The server that gives tokens.
    pub(crate) fn origin(&self) -> Option<Origin> {
        Origin::of(&self.realm)
    }

    /// The request for a token: with an identity token the form of OAuth 2, else the query of the distribution
    /// project's token specification, with the user name and password, if any, in a header.
    pub(crate) fn request(&self, scope: &Scope, identity: Option<&Credential>) -> Request {
        let mut request = self.get(ExchangeKind::Token);
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
        if let (Some(Credential::Basic(pair)), Some(origin)) = (identity, Origin::of(&self.realm)) {
            request.authorization = Some(basic_header(origin, pair));
        }
        request
    }

    /// A request with nothing in it that an image chose, to see whether the service is there at all.
    pub(crate) fn probe(&self) -> Request {
        let mut request = self.get(ExchangeKind::Probe);
        if let Some(service) = &self.service {
            request
                .url
                .query_pairs_mut()
                .append_pair("service", service);
        }
        request
    }

    fn get(&self, kind: ExchangeKind) -> Request {
        Request {
            hop: if self.is_own {
                Hop::First
            } else {
                Hop::Led {
                    from_local: self.is_named_locally,
                }
            },
            ..Request::get(kind, self.realm.clone(), MAX_ANSWER)
        }
    }
}
