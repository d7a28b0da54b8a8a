//! Who may do what.

use doorward_core::Basic;
use http::header::{AUTHORIZATION, WWW_AUTHENTICATE};
use http::{Method, StatusCode};

use super::State;
use super::manners::Authentication;
use super::profile::Shape;
use super::route::Route;
use crate::fault::glob;
use crate::http::{Exchange, Reply};
use crate::lookaside::basic;

/// A user of the registry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Account {
    pub(super) basic: Basic,
    /// Patterns of the repositories it may pull from and push to.
    pub(super) repositories: Vec<String>,
}

impl Account {
    pub(super) fn may_use(&self, repository: &str) -> bool {
        self.repositories
            .iter()
            .any(|pattern| glob(pattern, repository))
    }
}

/// Accounts and rights of a registry.
#[derive(Clone, Debug, Default)]
pub(super) struct Access {
    pub(super) accounts: Vec<Account>,
    /// Patterns of the repositories that anybody may pull from.
    pub(super) public: Vec<String>,
    /// Bearer tokens that are good for everything, without a token endpoint.
    pub(super) registry_tokens: Vec<String>,
    /// Refresh tokens and the user names they stand for.
    pub(super) identity_tokens: Vec<(String, String)>,
}

impl Access {
    pub(super) fn is_public(&self, repository: &str) -> bool {
        self.public.iter().any(|pattern| glob(pattern, repository))
    }

    pub(super) fn account(&self, username: &str) -> Option<&Account> {
        self.accounts
            .iter()
            .find(|account| account.basic.username() == username)
    }

    /// The account that an `Authorization` header of the Basic scheme belongs to.
    pub(super) fn identify(&self, authorization: &str) -> Option<&Account> {
        self.accounts
            .iter()
            .find(|account| basic(&account.basic) == authorization)
    }
}

/// What a request needs to be let in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Need {
    pub(super) repository: Option<String>,
    pub(super) push: bool,
}

impl Need {
    pub(super) fn of(exchange: &Exchange, route: Route<'_>) -> Self {
        Self {
            repository: route.repository().map(str::to_owned),
            push: !matches!(exchange.method, Method::GET | Method::HEAD),
        }
    }

    /// The scope to ask the token endpoint for.
    fn scope(&self) -> Option<String> {
        let actions = if self.push { "pull,push" } else { "pull" };
        self.repository
            .as_ref()
            .map(|repository| format!("repository:{repository}:{actions}"))
    }
}

/// The refusal of a request that may not pass, or `None`.
pub(super) fn refuse(state: &State, exchange: &Exchange, need: Need) -> Option<Reply> {
    let settings = state.settings();
    let authorization = exchange.header(AUTHORIZATION).unwrap_or_default();
    let access = &settings.access;
    let shape = &settings.shape;
    match shape.authentication {
        Authentication::None => None,
        Authentication::Basic => {
            let Some(account) = access.identify(authorization) else {
                let open = match &need.repository {
                    Some(repository) => access.is_public(repository) && !need.push,
                    None => !access.public.is_empty(),
                };
                return (!open || !authorization.is_empty())
                    .then(|| challenge(state, shape, &need, None));
            };
            let allowed = need.repository.is_none_or(|name| account.may_use(&name));
            (!allowed).then(|| {
                let message = "requested access to the resource is denied";
                Reply::oci_error(StatusCode::FORBIDDEN, "DENIED", message)
            })
        }
        Authentication::Bearer => {
            let token = match authorization.split_once(' ') {
                Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => token.trim(),
                _ => return Some(challenge(state, shape, &need, None)),
            };
            if access.registry_tokens.iter().any(|known| known == token) {
                return None;
            }
            let tokens = state.tokens();
            let Some(grant) = tokens.valid(token) else {
                return Some(challenge(state, shape, &need, Some("invalid_token")));
            };
            let allowed = need
                .repository
                .as_ref()
                .is_none_or(|name| grant.allows(name, need.push));
            (!allowed).then(|| challenge(state, shape, &need, Some("insufficient_scope")))
        }
    }
}

fn challenge(state: &State, shape: &Shape, need: &Need, error: Option<&str>) -> Reply {
    let denied = error == Some("insufficient_scope");
    let status = if denied {
        shape.forbidden
    } else {
        StatusCode::UNAUTHORIZED
    };
    let code = if denied { "DENIED" } else { "UNAUTHORIZED" };
    let mut reply = if shape.text_refusals {
        Reply::new(status).with_body("text/plain; charset=utf-8", "Not Authorized\n")
    } else {
        Reply::oci_error(status, code, "authentication required")
    };
    if status != StatusCode::UNAUTHORIZED {
        return reply;
    }
    let realm = format!("{}{}", state.addresses.token_url, shape.token_path);
    let scope = need.scope().or_else(|| shape.ping_scope.map(str::to_owned));
    let parameter = |name: &str, value: Option<&str>| {
        value.map_or_else(String::new, |value| format!(",{name}=\"{value}\""))
    };
    for template in &shape.challenges {
        let text = template
            .replace("{main}", &state.addresses.main_url)
            .replace("{realm}", &realm)
            .replace("{service}", shape.service)
            .replace("{,scope}", &parameter("scope", scope.as_deref()))
            .replace("{,error}", &parameter("error", error));
        reply = reply.and_header(WWW_AUTHENTICATE, &text);
    }
    reply
}
