//! The token endpoint.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use http::header::AUTHORIZATION;
use http::{Method, StatusCode};
use ring::rand::SecureRandom as _;
use serde_json::{Map, json};

use super::State;
use super::access::Access;
use super::manners::TokenField;
use super::profile::Shape;
use crate::http::{Exchange, Reply, form};

/// The tokens given out.
#[derive(Debug, Default)]
pub(crate) struct Tokens {
    granted: HashMap<String, Grant>,
}

/// What a token is good for.
#[derive(Clone, Debug)]
pub(super) struct Grant {
    /// Repository and whether pushing is included.
    scopes: Vec<(String, bool)>,
    until: Instant,
}

impl Grant {
    pub(super) fn allows(&self, repository: &str, push: bool) -> bool {
        self.scopes
            .iter()
            .any(|(name, may_push)| name == repository && (*may_push || !push))
    }
}

impl Tokens {
    /// The grant of a token that has not expired.
    pub(super) fn valid(&self, token: &str) -> Option<&Grant> {
        self.granted
            .get(token)
            .filter(|grant| grant.until > Instant::now())
    }

    pub(crate) fn clear(&mut self) {
        self.granted.clear();
    }
}

/// Who asks for a token.
enum Asker {
    Anonymous,
    Account(String),
}

/// Answers a request to the token endpoint.
pub(super) fn answer(state: &State, exchange: &Exchange) -> Reply {
    let settings = state.settings().clone();
    let (access, shape) = (&settings.access, &settings.shape);
    let (asker, service, scopes) = match exchange.method {
        Method::GET => {
            let asker = match exchange.header(AUTHORIZATION) {
                None => Asker::Anonymous,
                Some(authorization) => match access.identify(authorization) {
                    Some(account) => Asker::Account(account.basic.username().to_owned()),
                    None => return unauthorized("incorrect username or password"),
                },
            };
            let service = exchange.query_values("service").into_iter().next();
            (asker, service, exchange.query_values("scope"))
        }
        Method::POST => {
            if let Some(status) = shape.post {
                return Reply::new(status);
            }
            let body = String::from_utf8_lossy(&exchange.body).into_owned();
            let Some(user) = oauth2_user(access, &body) else {
                let error = json!({"error": "invalid_grant"});
                return Reply::json(StatusCode::UNAUTHORIZED, &error);
            };
            let service = form::value(&body, "service");
            (Asker::Account(user), service, form::values(&body, "scope"))
        }
        _ => return Reply::new(StatusCode::METHOD_NOT_ALLOWED),
    };
    if service.as_deref() != Some(shape.service) {
        let message = "the service is not the one of the challenge";
        return Reply::oci_error(StatusCode::BAD_REQUEST, "UNSUPPORTED", message);
    }
    // Several scopes come as several parameters, or separated by spaces in one (RFC 6749, section 3.3).
    let asked: Vec<_> = scopes
        .iter()
        .flat_map(|scope| scope.split(' '))
        .filter_map(parse_scope)
        .collect();
    let granted: Vec<_> = asked
        .iter()
        .filter_map(|(repository, push)| granted(access, &asker, repository, *push))
        .collect();
    if let (Asker::Anonymous, Some(status)) = (&asker, shape.anonymous_refusal)
        && granted.len() < asked.len()
    {
        return Reply::oci_error(
            status,
            "DENIED",
            "requested access to the resource is denied",
        );
    }
    let token = fresh_token();
    let grant = Grant {
        scopes: granted,
        until: Instant::now() + settings.token_lifetime,
    };
    state.tokens().granted.insert(token.clone(), grant);
    issue(shape, &token)
}

fn issue(shape: &Shape, token: &str) -> Reply {
    let mut answer = Map::new();
    if matches!(shape.token_field, TokenField::Both | TokenField::Token) {
        answer.insert("token".to_owned(), json!(token));
    }
    if matches!(
        shape.token_field,
        TokenField::Both | TokenField::AccessToken
    ) {
        answer.insert("access_token".to_owned(), json!(token));
    }
    if let Some(seconds) = shape.expires_in {
        answer.insert("expires_in".to_owned(), json!(seconds));
    }
    Reply::json(StatusCode::OK, &answer.into())
}

/// The user that an OAuth 2 request proves to be.
fn oauth2_user(access: &Access, body: &str) -> Option<String> {
    let value = |name| form::value(body, name);
    match value("grant_type")?.as_str() {
        "password" => {
            let account = access.account(&value("username")?)?;
            (value("password")? == account.basic.expose_password())
                .then(|| account.basic.username().to_owned())
        }
        "refresh_token" => {
            let token = value("refresh_token")?;
            access
                .identity_tokens
                .iter()
                .find(|(known, _)| *known == token)
                .map(|(_, user)| user.clone())
        }
        _ => None,
    }
}

/// `repository:<name>:<actions>` as the name and whether pushing is among the actions.
fn parse_scope(scope: &str) -> Option<(String, bool)> {
    let rest = scope.strip_prefix("repository:")?;
    let (name, actions) = rest.rsplit_once(':')?;
    let push = actions.split(',').any(|action| action == "push");
    Some((name.to_owned(), push))
}

fn granted(access: &Access, asker: &Asker, repository: &str, push: bool) -> Option<(String, bool)> {
    let own = match asker {
        Asker::Anonymous => false,
        Asker::Account(user) => access
            .account(user)
            .is_some_and(|account| account.may_use(repository)),
    };
    (own || access.is_public(repository)).then(|| (repository.to_owned(), push && own))
}

fn unauthorized(message: &str) -> Reply {
    Reply::oci_error(StatusCode::UNAUTHORIZED, "UNAUTHORIZED", message)
}

fn fresh_token() -> String {
    let mut bytes = [0; 24];
    ring::rand::SystemRandom::new()
        .fill(&mut bytes)
        .expect("the operating system has random numbers");
    base64::Engine::encode(&base64::engine::general_purpose::URL_SAFE_NO_PAD, bytes)
}

/// How long a token works unless said otherwise: longer than any test.
pub(super) const LIFETIME: Duration = Duration::from_secs(3_600);
