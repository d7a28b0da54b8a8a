//! `GET /v2/`: what a registry says about itself (OCI distribution specification, "Determining Support"). Asked once
//! and remembered for a while.

use std::sync::Arc;
use std::time::{Duration, Instant};

use doorward_core::FetchError;
use futures::FutureExt;
use http::StatusCode;

use super::ScopedClient;
use crate::ExchangeKind;
use crate::challenge::Challenges;
use crate::endpoint::Endpoint;
use crate::kept::{Kept, Weight};
use crate::origin::Origin;
use crate::transport::{Reply, Request};

/// How long the answer is remembered. Registries change their ways with a release, not by the minute.
const REMEMBERED: Duration = Duration::from_secs(10 * 60);
/// How long an answer is remembered that the specification does not know.
const REMEMBERED_ODD: Duration = Duration::from_secs(30);
/// The most registries remembered.
const MAX_REGISTRIES: usize = 1024;
/// The most bytes of all answers remembered: 1024 of 4 KiB; a usual one has half a KiB.
const MAX_BYTES: usize = 4 << 20;
/// The largest body taken. It is not looked at.
const MAX_BODY: usize = 1 << 20;
/// The header by which a registry says that it keeps simple signatures itself.
const SIGNATURES: &str = "x-registry-supports-signatures";

/// What a registry said.
#[derive(Clone, Debug)]
pub(crate) struct Pong {
    /// What it wants to see.
    pub(super) challenges: Challenges,
    /// Whether it answers as a registry at all: any web server answers 404.
    pub(super) is_registry: bool,
    /// Whether it keeps simple signatures. Unknown if it answered with neither 200 nor 401: a caller that needs to know
    /// gets that answer as an error, everyone else can do without.
    pub(super) signatures: Result<bool, FetchError>,
}

impl Pong {
    /// What an answer says that tells of no trouble of the server.
    fn of(reply: &Reply, origin: Origin) -> Self {
        let told = reply.told();
        let signatures = match reply.status().as_u16() {
            // Exactly "1"; the first one counts, as for the reference implementation.
            200 | 401 => Ok(reply
                .content()
                .headers
                .get(SIGNATURES)
                .is_some_and(|value| value.as_bytes() == b"1")),
            _ => match reply.failure() {
                FetchError::NotFound => Err(FetchError::Malformed {
                    detail: format!("{told} to the version check"),
                }),
                error => Err(error),
            },
        };
        let challenges = match reply {
            Reply::Direct(direct) => direct.challenges(),
            // Another server speaks. What it asks for is not for this one.
            Reply::Led(_) => Challenges::none(origin),
        };
        let is_registry = reply.status().as_u16() != 404 || reply.has_service_error();
        Self {
            challenges,
            is_registry,
            signatures,
        }
    }
}

impl Weight for Arc<Pong> {
    fn weight(&self) -> usize {
        let told = self.signatures.as_ref().err().map(ToString::to_string);
        self.challenges.weight() + told.map_or(0, |told| told.len())
    }
}

/// What registries said, by origin.
pub(super) struct Pongs(Kept<String, Arc<Pong>>);

impl Default for Pongs {
    fn default() -> Self {
        Self(Kept::within(MAX_REGISTRIES, MAX_BYTES))
    }
}

impl Pongs {
    fn find(&self, origin: &String) -> Option<Arc<Pong>> {
        self.0.find(origin, Instant::now())
    }

    /// Forgets what a registry said, so that it is asked again before anything else is.
    pub(super) fn forget(&self, origin: &str) {
        self.0.forget(&origin.to_owned(), |_| true);
    }

    fn keep(&self, origin: String, pong: &Arc<Pong>) {
        let span = if pong.signatures.is_ok() {
            REMEMBERED
        } else {
            REMEMBERED_ODD
        };
        let now = Instant::now();
        self.0.keep(origin, Arc::clone(pong), now + span, now);
    }
}

impl ScopedClient {
    /// What the registry of `endpoint` says about itself.
    pub(super) async fn ping(&self, endpoint: &Endpoint) -> Result<Arc<Pong>, FetchError> {
        let origin = endpoint.origin();
        if let Some(pong) = self.inner.pongs.find(&origin) {
            return Ok(pong);
        }
        let make = || {
            let (inner, endpoint) = (Arc::clone(&self.inner), endpoint.clone());
            async move {
                let request = Request::get(ExchangeKind::Ping, endpoint.ping(), MAX_BODY);
                let reply = match inner.transport.send(&request).await {
                    Ok(reply) => reply,
                    Err(failure) => return Err(inner.failed(&request, failure, &request).await),
                };
                // Who asked too often without a credential may be answered with one.
                let is_limited = reply.status() == StatusCode::TOO_MANY_REQUESTS;
                if reply.is_trouble() && !is_limited {
                    return Err(inner.denied(&request, &reply, &request).await);
                }
                let origin = Origin::of(&request.url).ok_or_else(|| FetchError::Malformed {
                    detail: format!("{} is not the address of a registry", endpoint.host()),
                })?;
                let pong = Arc::new(Pong::of(&reply, origin));
                if !is_limited {
                    inner.pongs.keep(endpoint.origin(), &pong);
                }
                Ok(pong)
            }
            .boxed()
        };
        self.inner.pings.run(origin, make).await
    }
}
