//! The distribution API.

use doorward_core::{Digest, MediaType};
use http::header::{AUTHORIZATION, CONTENT_TYPE, LOCATION};
use http::{HeaderName, Method, StatusCode};
use serde_json::{Value, json};

use super::access::{self, Need};
use super::manners::BlobRedirect;
use super::route::Route;
use super::store::{self, Contents};
use super::{State, extension, upload};
use crate::http::{Application, Endpoint, Exchange, Reply};
use crate::image::Blob;

const API_VERSION: HeaderName = HeaderName::from_static("docker-distribution-api-version");
const DIGEST_HEADER: HeaderName = HeaderName::from_static("docker-content-digest");
const FILTERS_APPLIED: HeaderName = HeaderName::from_static("oci-filters-applied");
/// In front of the path of a blob that is served after a redirect on the same host.
const DOWNLOADS: &str = "/artifacts-downloads";
const SUBJECT_HEADER: HeaderName = HeaderName::from_static("oci-subject");

impl Application for State {
    fn answer(&self, exchange: &Exchange) -> Reply {
        let shape = self.settings().shape.clone();
        if let Some(reply) = self.token_answer(exchange) {
            return reply;
        }
        let (path, downloads) = match exchange.path.strip_prefix(DOWNLOADS) {
            Some(path) => (path, true),
            None => (exchange.path.as_str(), false),
        };
        let Some(route) = Route::parse(path) else {
            return Reply::not_found("404 page not found");
        };
        let refusal = match exchange.endpoint {
            Endpoint::Token => return Reply::not_found("404 page not found"),
            Endpoint::Elsewhere | Endpoint::Plaintext => storage_refusal(exchange),
            Endpoint::Main if downloads => None,
            Endpoint::Main => access::refuse(self, exchange, Need::of(exchange, route))
                .or_else(|| self.redirect_blob(exchange, route, shape.blob_redirect)),
        };
        let reply = refusal.unwrap_or_else(|| self.serve(exchange, route));
        let reply = if shape.rate_limit && matches!(route, Route::Manifest(..)) {
            reply
                .with_header(HeaderName::from_static("ratelimit-limit"), "100;w=21600")
                .with_header(HeaderName::from_static("ratelimit-remaining"), "99;w=21600")
        } else {
            reply
        };
        match route {
            Route::Ping => extension::announce(self, reply),
            _ => reply,
        }
        .with_header(API_VERSION, "registry/2.0")
    }
}

/// Object stores refuse a request that is signed in its address and carries credentials as well. Test servers do so
/// for every request to another host, so that a client that leaks credentials fails as it would in the field.
pub(crate) fn storage_refusal(exchange: &Exchange) -> Option<Reply> {
    exchange.headers.contains_key(AUTHORIZATION).then(|| {
        let message = "<Error><Code>InvalidArgument</Code>\
            <Message>Only one auth mechanism allowed</Message></Error>";
        Reply::new(StatusCode::BAD_REQUEST).with_body("application/xml", message)
    })
}

impl State {
    /// The redirect of a blob to where this registry keeps blobs.
    fn redirect_blob(
        &self,
        exchange: &Exchange,
        route: Route<'_>,
        redirect: BlobRedirect,
    ) -> Option<Reply> {
        if exchange.method != Method::GET || !matches!(route, Route::Blob(..)) {
            return None;
        }
        let target = exchange.target();
        let location = match redirect {
            BlobRedirect::None => return None,
            BlobRedirect::OtherHost => format!("{}{target}", self.addresses.elsewhere_url),
            BlobRedirect::SameHost => format!("{DOWNLOADS}{target}"),
        };
        let reply = Reply::new(StatusCode::TEMPORARY_REDIRECT);
        Some(reply.with_header(LOCATION, &location))
    }

    fn serve(&self, exchange: &Exchange, route: Route<'_>) -> Reply {
        match route {
            Route::Ping => Reply::ok("application/json", "{}"),
            Route::Catalog => {
                let names = json!({"repositories": self.store().names()});
                Reply::json(StatusCode::OK, &names)
            }
            Route::Manifest(repository, reference) => match exchange.method {
                Method::GET | Method::HEAD => self.manifest(repository, reference),
                Method::PUT => self.put_manifest(exchange, repository, reference),
                Method::DELETE => self.delete_manifest(repository, reference),
                _ => Reply::new(StatusCode::METHOD_NOT_ALLOWED),
            },
            Route::Blob(repository, digest) => match exchange.method {
                Method::GET | Method::HEAD => self.blob(repository, digest),
                _ => Reply::new(StatusCode::METHOD_NOT_ALLOWED),
            },
            Route::Uploads(repository) => upload::begin(self, exchange, repository),
            Route::Upload(repository, session) => {
                upload::go_on(self, exchange, repository, session)
            }
            Route::Tags(repository) => self.tags(repository),
            Route::Referrers(repository, digest) => self.referrers(exchange, repository, digest),
            Route::Signatures(repository, digest) => {
                extension::answer(self, exchange, repository, digest)
            }
        }
    }

    fn manifest(&self, repository: &str, reference: &str) -> Reply {
        let store = self.store();
        let Some(contents) = store.repository(repository) else {
            return name_unknown();
        };
        let Some(manifest) = contents.manifest(reference) else {
            let message = format!("manifest unknown: {reference}");
            let code = self.settings().shape.missing_code;
            return Reply::oci_error(StatusCode::NOT_FOUND, code, &message);
        };
        Reply::ok(manifest.media_type().as_str(), manifest.bytes().clone())
            .with_header(DIGEST_HEADER, manifest.digest().as_str())
    }

    fn put_manifest(&self, exchange: &Exchange, repository: &str, reference: &str) -> Reply {
        let media_type = exchange.header(CONTENT_TYPE).unwrap_or_default();
        let manifest = Blob::new(MediaType::new(media_type), exchange.body.clone());
        let Ok(json) = serde_json::from_slice::<Value>(&exchange.body) else {
            let message = "the manifest is not JSON";
            return Reply::oci_error(StatusCode::BAD_REQUEST, "MANIFEST_INVALID", message);
        };
        let digest = manifest.digest().clone();
        let mut store = self.store();
        let contents = store.repository_mut(repository);
        if let Ok(named) = reference.parse::<Digest>() {
            if named != digest {
                let message = "the manifest does not have the digest in its address";
                return Reply::oci_error(StatusCode::BAD_REQUEST, "DIGEST_INVALID", message);
            }
        } else {
            contents.tags.insert(reference.to_owned(), digest.clone());
        }
        contents.manifests.insert(digest.clone(), manifest);
        let reply = Reply::new(StatusCode::CREATED)
            .with_header(LOCATION, &format!("/v2/{repository}/manifests/{digest}"))
            .with_header(DIGEST_HEADER, digest.as_str());
        match store::subject(&json) {
            // The header tells the client that it need not keep a fallback index itself.
            Some(subject) if self.settings().referrers => {
                reply.with_header(SUBJECT_HEADER, subject.as_str())
            }
            _ => reply,
        }
    }

    fn delete_manifest(&self, repository: &str, reference: &str) -> Reply {
        let mut store = self.store();
        let contents = store.repository_mut(repository);
        let gone = match reference.parse::<Digest>() {
            Ok(digest) => {
                contents.tags.retain(|_, target| *target != digest);
                contents.manifests.remove(&digest).is_some()
            }
            Err(_) => contents.tags.remove(reference).is_some(),
        };
        if gone {
            Reply::new(StatusCode::ACCEPTED)
        } else {
            Reply::oci_error(
                StatusCode::NOT_FOUND,
                "MANIFEST_UNKNOWN",
                "nothing to delete",
            )
        }
    }

    fn blob(&self, repository: &str, digest: &str) -> Reply {
        let store = self.store();
        let Some(contents) = store.repository(repository) else {
            return name_unknown();
        };
        let blob = digest
            .parse::<Digest>()
            .ok()
            .and_then(|digest| contents.blobs.get(&digest).cloned());
        match blob {
            Some(bytes) => {
                Reply::ok("application/octet-stream", bytes).with_header(DIGEST_HEADER, digest)
            }
            None => {
                let message = format!("blob unknown: {digest}");
                Reply::oci_error(StatusCode::NOT_FOUND, "BLOB_UNKNOWN", &message)
            }
        }
    }

    fn tags(&self, repository: &str) -> Reply {
        let store = self.store();
        let Some(contents) = store.repository(repository) else {
            return name_unknown();
        };
        let tags: Vec<_> = contents.tags.keys().collect();
        Reply::json(StatusCode::OK, &json!({"name": repository, "tags": tags}))
    }

    fn referrers(&self, exchange: &Exchange, repository: &str, digest: &str) -> Reply {
        if !self.settings().referrers {
            return Reply::not_found("404 page not found");
        }
        let Ok(digest) = digest.parse::<Digest>() else {
            return Reply::oci_error(StatusCode::BAD_REQUEST, "DIGEST_INVALID", "not a digest");
        };
        let mut descriptors = self
            .store()
            .repository(repository)
            .map(|contents| contents.referrers(&digest))
            .unwrap_or_default();
        let filter = exchange.query_values("artifactType").into_iter().next();
        if let Some(filter) = &filter {
            let filter = MediaType::new(filter);
            descriptors.retain(|descriptor| descriptor.artifact_type.as_ref() == Some(&filter));
        }
        let reply = Reply::ok(MediaType::OCI_INDEX.as_str(), index(&descriptors));
        if filter.is_some() {
            reply.with_header(FILTERS_APPLIED, "artifactType")
        } else {
            reply
        }
    }
}

/// Writes the index that stands in for the referrers API under the tag made from the subject's digest (OCI
/// distribution specification, "Referrers Tag Schema").
pub(super) fn update_fallback_index(contents: &mut Contents, subject: &Digest) {
    let descriptors = contents.referrers(subject);
    let index = Blob::new(MediaType::OCI_INDEX, index(&descriptors));
    let tag = subject.as_str().replacen(':', "-", 1);
    contents.tags.insert(tag, index.digest().clone());
    contents.manifests.insert(index.digest().clone(), index);
}

fn index(descriptors: &[doorward_core::Descriptor]) -> String {
    json!({
        "manifests": descriptors,
        "mediaType": MediaType::OCI_INDEX,
        "schemaVersion": 2,
    })
    .to_string()
}

fn name_unknown() -> Reply {
    let message = "repository name not known to registry";
    Reply::oci_error(StatusCode::NOT_FOUND, "NAME_UNKNOWN", message)
}
