//! What a Notary server answers.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use http::header::CACHE_CONTROL;
use http::{Method, StatusCode};
use serde_json::json;

use super::publication::Publication;
use crate::http::{Addresses, Application, Endpoint, Exchange, Reply, form};
use crate::registry::{self, Settings, storage_refusal};

/// The scope that the challenge of `/v2/` names. A token for it opens no collection.
const PING_SCOPE: &str = "registry:catalog:*";
/// How long a file may be kept, under its role's name and under its hash.
const CURRENT: &str = "public, max-age=300, must-revalidate";
const ADDRESSED: &str = "public, max-age=2592000";

/// The collections of a server and who may read them.
pub(super) struct Collections {
    published: Mutex<BTreeMap<String, Publication>>,
    base: String,
    gate: registry::State,
    chunked: bool,
}

/// What a path of the server addresses.
enum Route<'a> {
    Health,
    Ping,
    File { gun: &'a str, name: &'a str },
}

impl<'a> Route<'a> {
    fn parse(path: &'a str) -> Option<Self> {
        match path {
            "/_notary_server/health" => return Some(Self::Health),
            "/v2" | "/v2/" => return Some(Self::Ping),
            _ => {}
        }
        let (gun, name) = path.strip_prefix("/v2/")?.split_once("/_trust/tuf/")?;
        Some(Self::File { gun, name })
    }
}

impl Collections {
    pub(super) fn new(
        base: &str,
        settings: Settings,
        addresses: &Addresses,
        chunked: bool,
    ) -> Self {
        Self {
            published: Mutex::default(),
            base: base.to_owned(),
            gate: registry::State::gate(settings.with_ping_scope(PING_SCOPE), addresses),
            chunked,
        }
    }

    fn published(&self) -> MutexGuard<'_, BTreeMap<String, Publication>> {
        self.published
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn put(&self, gun: &str, publication: Publication) {
        self.published().insert(gun.to_owned(), publication);
    }

    pub(super) fn remove(&self, gun: &str) {
        self.published().remove(gun);
    }

    pub(super) fn expire_tokens(&self) {
        self.gate.tokens().clear();
    }

    /// Who may not read, whatever there is to read.
    fn refuse(&self, exchange: &Exchange, repository: Option<&str>) -> Option<Reply> {
        match exchange.endpoint {
            Endpoint::Token => Some(unknown_page()),
            Endpoint::Elsewhere | Endpoint::Plaintext => storage_refusal(exchange),
            Endpoint::Main => self.gate.refuse_pull(exchange, repository),
        }
    }

    fn file(&self, gun: &str, name: &str) -> Reply {
        let published = self.published();
        let Some(bytes) = published
            .get(gun)
            .and_then(|publication| publication.file(name))
        else {
            let error = json!({"errors": [{
                "code": "METADATA_NOT_FOUND",
                "message": "there is no such metadata",
                "detail": null,
            }]});
            return Reply::json(StatusCode::NOT_FOUND, &error);
        };
        let addressed = name.split('.').count() > 2;
        let reply = Reply::ok("text/plain; charset=utf-8", bytes.clone())
            .with_header(CACHE_CONTROL, if addressed { ADDRESSED } else { CURRENT });
        if self.chunked {
            reply.in_chunks()
        } else {
            reply
        }
    }
}

impl Application for Collections {
    fn answer(&self, exchange: &Exchange) -> Reply {
        if let Some(reply) = self.gate.token_answer(exchange) {
            return reply;
        }
        let path = form::decode_path(&exchange.path);
        let route = path.strip_prefix(&self.base).and_then(Route::parse);
        // The real server has routes for GET only, so that HEAD finds no page.
        let Some(route) = route.filter(|_| exchange.method == Method::GET) else {
            return unknown_page();
        };
        let empty = || Reply::json(StatusCode::OK, &json!({}));
        match route {
            Route::Health => empty(),
            Route::Ping => self.refuse(exchange, None).unwrap_or_else(empty),
            Route::File { gun, name } => self
                .refuse(exchange, Some(gun))
                .unwrap_or_else(|| self.file(gun, name)),
        }
    }
}

fn unknown_page() -> Reply {
    Reply::not_found("404 page not found")
}
