//! Opening a protection space: anonymously first, then with each credential in order.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Instant;

use doorward_core::FetchError;
use futures::FutureExt;
use http::StatusCode;

use super::ScopedClient;
use super::keys::Offers;
use super::opened::{Asks, Opened};
use super::witness::probe_of;
use crate::Credential;
use crate::auth::{
    AuthError, Authorization, Plan, Scope, Shown, TokenKey, basic_header, fingerprint, plan,
    ready_header,
};
use crate::challenge::{Challenge, Challenges};
use crate::endpoint::Endpoint;
use crate::keychain::MAX_CREDENTIALS;
use crate::space::{Absence, ProtectionSpace};
use crate::transport::{Hop, Reply, Request};

/// What came of showing one identity.
enum Attempt {
    /// An answer that says something about the resource.
    Answered(Reply),
    /// The identity was not accepted.
    Refused(String),
    /// Without a credential the server, or its token service, was asked too often or gives nothing useful. With one it
    /// may answer.
    Limited(FetchError),
}

impl ScopedClient {
    /// Asks a registry for something in a repository. The reply has the status 200.
    pub(super) async fn ask(
        &self,
        endpoint: &Endpoint,
        request: Request,
    ) -> Result<Reply, FetchError> {
        let pong = self.ping(endpoint).await?;
        let mut space = endpoint.space(&self.inner.plain);
        if !pong.is_registry {
            space.absence = Absence::Doubted("registry");
        }
        let asked = self.open(&space, &pong.challenges, request).await;
        // The next ones ask together whether it is there, so that they are no crowd.
        if asked.as_ref().is_err_and(FetchError::is_unavailable) {
            self.inner.pongs.forget(&endpoint.origin());
        }
        asked
    }

    /// Asks a server for something in a protection space, of which it is known that the server asks for an answer to
    /// `challenges`. The reply has the status 200.
    ///
    /// Where a server hides things, a 404 is final from the identity that opened the space before; from any other it
    /// may be how the server hides the space, so the other identities are tried too. If none fares better it is the
    /// answer, even if later identities were refused: a useless credential must not turn "there is none" into "could
    /// not ask".
    ///
    /// Trouble while a credential is shown refuses that credential, and the next one is tried: the deployer chooses
    /// the credentials, so that it says nothing about the server. Only trouble without one is an error, and may be an
    /// outage.
    pub(super) async fn open(
        &self,
        space: &ProtectionSpace,
        challenges: &Challenges,
        request: Request,
    ) -> Result<Reply, FetchError> {
        let opened = self
            .inner
            .opened
            .find(self.fingerprint, space, Instant::now());
        let mut asks = Asks {
            challenges: challenges.clone(),
            scope: space.scope.clone(),
        };
        let mut queue = VecDeque::from([None]);
        let mut offers = Offers::new(self, &space.names);
        if let Some(identity) = opened.as_ref().and_then(|opened| opened.identity)
            && let Some(known) = offers.find(identity).await?
        {
            queue.push_front(Some(known));
        }
        let (mut tried, mut refusals) = (Vec::new(), Vec::new());
        let (mut missing, mut limited) = (None, None);
        loop {
            let Some(identity) = queue.pop_front() else {
                let new = offers.take().into_iter();
                let untried = new.filter(|new| !tried.contains(&Some(new.fingerprint())));
                queue.extend(untried.map(Some));
                // Only now: a keychain may have to run a program to answer.
                if queue.is_empty() && !offers.ask().await? {
                    break;
                }
                continue;
            };
            let identity_mark = fingerprint(identity.as_ref());
            tried.push(identity_mark);
            let known = opened
                .as_ref()
                .filter(|opened| opened.identity == identity_mark);
            if let Some(known) = known {
                asks = known.asks.clone();
            }
            match self
                .attempt(space, &request, identity.as_ref(), &mut asks)
                .await?
            {
                Attempt::Answered(reply) => {
                    let is_final = !space.hides && reply.status() == StatusCode::NOT_FOUND;
                    if reply.is_ok() || is_final {
                        let opened = Opened {
                            identity: identity_mark,
                            asks: asks.clone(),
                        };
                        let now = Instant::now();
                        self.inner.opened.keep(self.fingerprint, space, opened, now);
                    }
                    if reply.is_ok() {
                        return Ok(reply);
                    }
                    match reply.failure() {
                        FetchError::NotFound if known.is_none() && !is_final => {
                            missing.get_or_insert(reply);
                        }
                        FetchError::NotFound => return Err(self.absent(space, &reply).await),
                        error => return Err(error),
                    }
                }
                Attempt::Limited(error) => limited = Some(error),
                Attempt::Refused(why) => {
                    let who = match &identity {
                        None => "anonymously".to_owned(),
                        Some(credential) => format!(
                            "with credential {} ({})",
                            tried.iter().flatten().count(),
                            credential.kind()
                        ),
                    };
                    refusals.push(format!("{who}: {why}"));
                }
            }
        }
        // Neither a 404 nor a refusal says anything as long as the right credential may be with a source that failed.
        if !offers.failed.is_empty() {
            refusals.extend(missing.as_ref().map(Reply::told));
            refusals.extend(limited.as_ref().map(ToString::to_string));
            refusals.append(&mut offers.failed);
            return Err(FetchError::CredentialProvider {
                detail: refusals.join("; "),
            });
        }
        if let Some(reply) = missing {
            return Err(self.absent(space, &reply).await);
        }
        if let Some(error) = limited {
            return Err(error);
        }
        if offers.has_more() {
            refusals.push(format!(
                "only the first {MAX_CREDENTIALS} credentials were tried, of more"
            ));
        }
        Err(FetchError::Unauthorized {
            detail: refusals.join("; "),
        })
    }

    /// What a 404 means.
    async fn absent(&self, space: &ProtectionSpace, reply: &Reply) -> FetchError {
        let word = match space.absence {
            Absence::Believed => return FetchError::NotFound,
            Absence::Checked(word) | Absence::Doubted(word) => word,
        };
        let probe = probe_of(space.probe.clone(), Hop::First);
        let is_doubted = matches!(space.absence, Absence::Doubted(_));
        if reply.has_service_error() || !(is_doubted || self.inner.is_no_service(&probe).await) {
            return FetchError::NotFound;
        }
        FetchError::Malformed {
            detail: format!("{} does not answer as a {word}", space.host()),
        }
    }

    /// Shows one identity, once more if its token was an old one or the refusal says what was wrong with it. What the
    /// server asks for is brought up to date with what it said, for the next identity.
    ///
    /// A server that does not take a request with a credential in it does not take the credential: one that is made
    /// to be too long for a header must not make the registry one that "cannot be asked".
    async fn attempt(
        &self,
        space: &ProtectionSpace,
        request: &Request,
        identity: Option<&Credential>,
        asks: &mut Asks,
    ) -> Result<Attempt, FetchError> {
        let mut again = true;
        loop {
            let authorization = match self.authorization(space, asks, identity).await {
                Ok(authorization) => authorization,
                Err(AuthError::Refused(why)) => return Ok(Attempt::Refused(why)),
                Err(AuthError::Failed(error)) => return Err(error),
                Err(AuthError::Limited(error)) => return Ok(Attempt::Limited(error)),
            };
            let request = Request {
                authorization: authorization.shown.clone(),
                ..request.clone()
            };
            let probe = probe_of(space.probe.clone(), Hop::First);
            let reply = match self.inner.transport.send(&request).await {
                Ok(reply) => reply,
                Err(failure) if identity.is_some() && failure.error.is_unavailable() => {
                    return Ok(Attempt::Refused(failure.error.to_string()));
                }
                Err(failure) if failure.is_held_back => {
                    return Ok(Attempt::Limited(failure.error));
                }
                Err(failure) => return Err(self.inner.failed(&request, failure, &probe).await),
            };
            match reply.failure() {
                _ if reply.is_ok() => return Ok(Attempt::Answered(reply)),
                FetchError::Unavailable { .. } if identity.is_some() => {
                    return Ok(Attempt::Refused(reply.told()));
                }
                error if reply.status() == StatusCode::TOO_MANY_REQUESTS => {
                    return Ok(Attempt::Limited(error));
                }
                FetchError::Unavailable { .. } => {
                    return Err(self.inner.denied(&request, &reply, &probe).await);
                }
                FetchError::Unauthorized { .. } => {}
                _ => return Ok(Attempt::Answered(reply)),
            }
            let fresh = match &reply {
                Reply::Direct(direct) if reply.status() == StatusCode::UNAUTHORIZED => {
                    direct.challenges()
                }
                // Forbidden; or another server asks, to which this one led, and gets no answer.
                _ => return Ok(Attempt::Refused(reply.told())),
            };
            let was_old = match &authorization.token {
                Some((key, was_old)) => {
                    let header = authorization.shown.as_ref().map(Shown::header);
                    self.inner.tokens.forget(key, header);
                    *was_old
                }
                None => false,
            };
            let wanted = fresh
                .iter()
                .find_map(|challenge| Scope::asked_for(challenge.parameter("scope")?))
                .filter(|wanted| *wanted != asks.scope);
            let differs = !fresh.is_empty() && !same_question(&fresh, &asks.challenges);
            let is_news = differs || wanted.is_some();
            if !fresh.is_empty() {
                asks.challenges = fresh;
            }
            if let Some(wanted) = wanted {
                asks.scope = wanted;
            }
            if !again || !(was_old || is_news) {
                return Ok(Attempt::Refused(reply.told()));
            }
            again = false;
        }
    }

    /// What to send for an identity.
    async fn authorization(
        &self,
        space: &ProtectionSpace,
        asks: &Asks,
        identity: Option<&Credential>,
    ) -> Result<Authorization, AuthError> {
        let plan = plan(space, &asks.challenges, identity)?;
        // The same as that of the space, or there would be no plan.
        let origin = asks.challenges.origin().clone();
        let (service, fallback) = match plan {
            Plan::Nothing => {
                return Ok(Authorization {
                    shown: None,
                    token: None,
                });
            }
            Plan::Password(pair) => return Ok(Authorization::shown(basic_header(origin, pair))),
            Plan::Ready(token) => return ready_header(origin, token).map(Authorization::shown),
            Plan::Token(service, fallback) => (service, fallback),
        };
        let key = TokenKey {
            server: space.server(),
            service,
            scope: asks.scope.clone(),
            identity: fingerprint(identity),
        };
        let shown = |header| match identity {
            Some(credential) => Shown::credential(origin.clone(), header, credential.fingerprint()),
            None => Shown::anonymous(origin.clone(), header),
        };
        if let Some(header) = self.inner.tokens.find(&key, Instant::now()) {
            return Ok(Authorization {
                shown: Some(shown(header)),
                token: Some((key, true)),
            });
        }
        let make = || {
            let (inner, key, identity) = (Arc::clone(&self.inner), key.clone(), identity.cloned());
            let registry = origin.clone();
            async move { inner.request_token(key, identity, registry).await }.boxed()
        };
        match self.inner.token_requests.run(key.clone(), make).await {
            Ok(header) => Ok(Authorization {
                shown: Some(shown(header)),
                token: Some((key, false)),
            }),
            Err(AuthError::Refused(why)) => match fallback {
                Some(pair) => Ok(Authorization::shown(basic_header(origin.clone(), pair))),
                None => Err(AuthError::Refused(why)),
            },
            Err(error) => Err(error),
        }
    }
}

/// Whether two sets of challenges ask for the same: the scope and the error that a refusal adds do not count.
fn same_question(a: &Challenges, b: &Challenges) -> bool {
    let question = |challenges: &Challenges| -> Vec<(String, Option<String>, Option<String>)> {
        let part = |challenge: &Challenge, name: &str| challenge.parameter(name).map(str::to_owned);
        let mut all: Vec<_> = challenges
            .iter()
            .filter(|c| matches!(c.scheme(), "basic" | "bearer"))
            .map(|c| (c.scheme().to_owned(), part(c, "realm"), part(c, "service")))
            .collect();
        all.sort();
        all
    };
    question(a) == question(b)
}
