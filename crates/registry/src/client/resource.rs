//! From a resource to the request that gets it.

use doorward_core::{
    Answer, Digest, Fetch, FetchError, Fetched, MediaType, Repository, Resource, Selector,
};
use http::HeaderValue;

use super::ScopedClient;
use crate::ExchangeKind;
use crate::endpoint::Endpoint;
use crate::transport::{Reply, Request};

impl ScopedClient {
    /// Does one fetch, for everyone who wants it.
    pub(super) async fn fetch_now(&self, fetch: &Fetch) -> Answer {
        let limit = fetch.max_bytes;
        match &fetch.resource {
            Resource::Blob { repository, digest } => self.blob(repository, digest, limit).await,
            Resource::Lookaside { url, access } => {
                self.lookaside(url, access.as_ref(), limit).await
            }
            Resource::Manifest {
                repository,
                selector,
            } => self.manifest(repository, selector, limit).await,
            Resource::NotaryMetadata { servers, gun, file } => {
                self.notary_metadata(servers, gun, file, limit).await
            }
            // A registry runs nothing.
            Resource::Plugin { .. } => Err(FetchError::NotSupported),
            Resource::Referrers { repository, digest } => {
                self.referrers(repository, digest, limit).await
            }
            Resource::Revocation { url, request } => {
                self.revocation(url, request.as_ref(), limit).await
            }
            Resource::SignatureExtension { repository, digest } => {
                self.signatures(repository, digest, limit).await
            }
            Resource::VulnerabilityStatus {
                repository,
                digest,
                account,
            } => {
                self.vulnerability_status(repository, digest, account.as_deref(), limit)
                    .await
            }
            other => Err(FetchError::Malformed {
                detail: format!("a registry has nothing of the kind {}", other.kind()),
            }),
        }
    }

    /// Where a logical repository is fetched from.
    pub(super) fn endpoint(&self, repository: &Repository) -> Result<Endpoint, FetchError> {
        Endpoint::of(&self.inner.mirrors.locate(repository), &self.inner.plain)
    }

    /// A manifest or index (OCI distribution specification, "Pulling manifests"). Stricter than that about the header
    /// `Docker-Content-Digest`, which does not count, because it is the registry's word: a caller that needs the digest
    /// computes it.
    async fn manifest(&self, repository: &Repository, selector: &Selector, limit: usize) -> Answer {
        let endpoint = self.endpoint(repository)?;
        let reply = self
            .ask(
                &endpoint,
                manifest_request(
                    &endpoint,
                    ExchangeKind::Manifest,
                    &selector.to_string(),
                    limit,
                ),
            )
            .await?;
        Ok(fetched(
            reply.not_a_page()?,
            endpoint.resource(&format!("manifests/{selector}")).as_str(),
        ))
    }

    /// A blob (OCI distribution specification, "Pulling blobs").
    async fn blob(&self, repository: &Repository, digest: &Digest, limit: usize) -> Answer {
        let endpoint = self.endpoint(repository)?;
        let url = endpoint.resource(&format!("blobs/{digest}"));
        let reply = self
            .ask(
                &endpoint,
                Request::get(ExchangeKind::Blob, url.clone(), limit),
            )
            .await?;
        Ok(fetched(reply, url.as_str()))
    }

    /// The signatures that the registry keeps itself (containers "Signature access protocols"). Only a registry that
    /// announces the extension has them; what it then answers other than 200, also 404, is not an answer that the
    /// extension knows.
    async fn signatures(&self, repository: &Repository, digest: &Digest, limit: usize) -> Answer {
        let endpoint = self.endpoint(repository)?;
        if !self.ping(&endpoint).await?.signatures.clone()? {
            return Err(FetchError::NotSupported);
        }
        let url = endpoint.signatures(digest);
        let request = Request::get(ExchangeKind::SignatureExtension, url.clone(), limit);
        let reply = match self.ask(&endpoint, request).await {
            Err(FetchError::NotFound) => {
                return Err(FetchError::Malformed {
                    detail: format!("{} announces signatures and answers 404", endpoint.host()),
                });
            }
            other => other?.not_a_page()?,
        };
        serde_json::from_slice::<serde::de::IgnoredAny>(&reply.content().body).map_err(|_| {
            FetchError::Malformed {
                detail: format!("the signatures of {} are not JSON", endpoint.host()),
            }
        })?;
        Ok(fetched(reply, url.as_str()))
    }
}

/// A request for a manifest of any type known here. One header with all types: not every proxy passes several on.
pub(super) fn manifest_request(
    endpoint: &Endpoint,
    kind: ExchangeKind,
    name: &str,
    limit: usize,
) -> Request {
    let types = MediaType::ACCEPTED_MANIFESTS;
    let accept = types
        .iter()
        .map(MediaType::as_str)
        .collect::<Vec<_>>()
        .join(", ");
    Request {
        accept: HeaderValue::try_from(accept).ok(),
        ..Request::get(kind, endpoint.resource(&format!("manifests/{name}")), limit)
    }
}

pub(super) fn fetched(reply: Reply, source: &str) -> Fetched {
    let media_type = reply.media_type();
    Fetched::new(reply.into_body(), media_type, source)
}
