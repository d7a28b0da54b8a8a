//! Who asks about images, and whether they may have the Secrets of a namespace used.

use axum::http::{HeaderMap, header};
use doorward_kube::User;
use doorward_kube::client::ApiServer;
use tokio::sync::Semaphore;
use tokio::time::{Instant, timeout_at};

/// How many questions to the API server are under way at a time.
const QUESTIONS: usize = 16;

/// The longest token that is looked at. Those of service accounts have a thousand or two.
const MAX_TOKEN: usize = 16 << 10;

/// How those who ask are known.
#[derive(Debug)]
pub(crate) struct Askers {
    /// Nobody connects without a certificate of the operator's authority.
    pub(crate) are_certified: bool,
    pub(crate) tokens: Option<Tokens>,
}

/// The tokens of one audience.
#[derive(Debug)]
pub(crate) struct Tokens {
    server: ApiServer,
    audience: String,
    questions: Semaphore,
}

/// Who asks.
#[derive(Debug)]
pub(crate) enum Asker {
    /// A part of the cluster, by its certificate. On whose behalf it asks is for it to know.
    Component,
    /// Nobody that is known.
    Stranger,
    /// Somebody whom the API server knows by the token that came with the request.
    User(User),
}

/// Why it is not known who asks, or what they may.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Unknown {
    /// The token is nobody's, or was issued for others.
    Token,
    /// The API server did not say.
    Unavailable(String),
}

impl Tokens {
    pub(crate) fn new(server: ApiServer, audience: String) -> Self {
        Self {
            server,
            audience,
            questions: Semaphore::new(QUESTIONS),
        }
    }

    /// What the API server says to a question, by `end`.
    async fn ask<T, E: std::fmt::Display>(
        &self,
        question: impl Future<Output = Result<T, E>>,
        end: Instant,
    ) -> Result<T, Unknown> {
        // In the order in which they came: made-up tokens hold a turn for as long as the API server takes to say so.
        let asked = async {
            let turn = self.questions.acquire().await;
            let answer = question.await;
            drop(turn);
            answer
        };
        match timeout_at(end, asked).await {
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(error)) => Err(Unknown::Unavailable(error.to_string())),
            Err(_) => Err(Unknown::Unavailable(
                "the API server did not say in time".to_owned(),
            )),
        }
    }
}

impl Askers {
    /// Nobody is known.
    pub(crate) const fn none() -> Self {
        Self {
            are_certified: false,
            tokens: None,
        }
    }

    /// Who asks with these headers.
    ///
    /// # Errors
    /// If a token came and is not known to be somebody's.
    pub(crate) async fn who(&self, headers: &HeaderMap, end: Instant) -> Result<Asker, Unknown> {
        if self.are_certified {
            return Ok(Asker::Component);
        }
        let (Some(tokens), Some(value)) = (&self.tokens, headers.get(header::AUTHORIZATION)) else {
            return Ok(Asker::Stranger);
        };
        let token = value.to_str().ok().and_then(bearer).ok_or(Unknown::Token)?;
        let user = tokens.server.whose_token(token, &tokens.audience);
        let user = tokens.ask(user, end).await?;
        user.map(Asker::User).ok_or(Unknown::Token)
    }

    /// Whether the Secrets of a namespace may be used for who asks.
    ///
    /// # Errors
    /// If the API server does not say.
    pub(crate) async fn may_use_secrets(
        &self,
        asker: &Asker,
        namespace: Option<&str>,
        end: Instant,
    ) -> Result<bool, Unknown> {
        match (asker, &self.tokens, namespace) {
            (Asker::Component, _, _) => Ok(true),
            (Asker::User(user), Some(tokens), Some(namespace)) => {
                let may = tokens.server.may_read_secrets(user, namespace);
                tokens.ask(may, end).await
            }
            (Asker::User(_) | Asker::Stranger, _, _) => Ok(false),
        }
    }
}

impl Askers {
    /// Whether a user may list the Pods of every namespace.
    ///
    /// # Errors
    /// If the API server does not say.
    pub(crate) async fn may_list_pods(&self, user: &User, end: Instant) -> Result<bool, Unknown> {
        match &self.tokens {
            Some(tokens) => tokens.ask(tokens.server.may_list_pods(user), end).await,
            None => Ok(false),
        }
    }
}

/// The token of a header `Authorization: Bearer TOKEN` (RFC 6750, 2.1).
fn bearer(value: &str) -> Option<&str> {
    let (scheme, token) = value.split_once(' ')?;
    let token = token.trim();
    let is_token = scheme.eq_ignore_ascii_case("bearer")
        && (1..=MAX_TOKEN).contains(&token.len())
        && token.bytes().all(|byte| byte.is_ascii_graphic());
    is_token.then_some(token)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_bearer_token_is_one() {
        assert_eq!(bearer("Bearer a.b.c"), Some("a.b.c"));
        assert_eq!(bearer("bearer  a"), Some("a"));
        for wrong in ["", "Bearer", "Bearer ", "Basic a", "Bearer a b", "a"] {
            assert_eq!(bearer(wrong), None, "{wrong}");
        }
        assert_eq!(
            bearer(&format!("Bearer {}", "a".repeat(MAX_TOKEN + 1))),
            None
        );
    }

    #[tokio::test]
    async fn who_has_no_certificate_and_no_token_is_a_stranger_and_has_no_secrets_used() {
        let askers = Askers::none();
        let end = Instant::now();
        let mut headers = HeaderMap::new();
        headers.insert(header::AUTHORIZATION, "Bearer a".parse().unwrap());
        let asker = askers.who(&headers, end).await.unwrap();
        assert!(matches!(asker, Asker::Stranger));
        let may = askers.may_use_secrets(&asker, Some("shop"), end).await;
        assert_eq!(may, Ok(false));
    }

    #[tokio::test]
    async fn who_came_through_the_door_of_the_operators_authority_asks_for_others() {
        let askers = Askers {
            are_certified: true,
            tokens: None,
        };
        let end = Instant::now();
        let asker = askers.who(&HeaderMap::new(), end).await.unwrap();
        for namespace in [Some("shop"), None] {
            let may = askers.may_use_secrets(&asker, namespace, end).await;
            assert_eq!(may, Ok(true));
        }
    }
}
