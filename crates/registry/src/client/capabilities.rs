//! What a registry can do, for people who choose one or look for a fault.

use doorward_core::{Digest, FetchError, Repository};
use http::HeaderName;

use super::ScopedClient;
use crate::ExchangeKind;
use crate::transport::Request;

/// The largest list that is read. It is not looked at.
const MAX_BODY: usize = 4 << 20;
/// The header by which a registry says what it filtered a list by (OCI distribution specification, "Listing Referrers").
const FILTERED: HeaderName = HeaderName::from_static("oci-filters-applied");
/// A type that nothing has, so that a list filtered by it is short.
const NO_TYPE: &str = "application/vnd.doorward.none";

/// What a registry can do. Where something could not be asked, why.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Capabilities {
    /// The schemes by which it asks for a credential, in lower case; none if it asks for none. An error if it does not
    /// answer as a registry.
    pub asks: Result<Vec<String>, FetchError>,
    /// Whether it lists what refers to a manifest (the referrers API). Without it clients keep lists under tags.
    pub referrers: Result<bool, FetchError>,
    /// Whether it filters such a list by type on its side. Nothing here depends on it.
    pub filters: Option<bool>,
    /// Whether it keeps simple signatures itself.
    pub signatures: Result<bool, FetchError>,
}

impl ScopedClient {
    /// Asks a registry what it can do. Whether it lists referrers is asked about `repository`: many registries say of one
    /// that does not exist what they say of an API that does not exist.
    pub async fn capabilities(&self, repository: &Repository) -> Capabilities {
        let failed = |error: FetchError| Capabilities {
            asks: Err(error.clone()),
            referrers: Err(error.clone()),
            filters: None,
            signatures: Err(error),
        };
        let endpoint = match self.endpoint(repository) {
            Ok(endpoint) => endpoint,
            Err(error) => return failed(error),
        };
        let pong = match self.ping(&endpoint).await {
            Ok(pong) => pong,
            Err(error) => return failed(error),
        };
        // Of nothing: a registry that has the API answers with an empty list.
        let digest = Digest::sha256(b"");
        let mut url = endpoint.resource(&format!("referrers/{digest}"));
        url.query_pairs_mut().append_pair("artifactType", NO_TYPE);
        let request = Request::get(ExchangeKind::Referrers, url, MAX_BODY);
        let asked = self.ask(&endpoint, request).await;
        let asked = asked.and_then(|reply| reply.not_a_page());
        let (referrers, filters) = match asked {
            Ok(reply) => {
                let headers = &reply.content().headers;
                let filters = headers.get_all(FILTERED).iter().any(|value| {
                    let text = value.to_str().unwrap_or_default();
                    text.split(',').any(|name| name.trim() == "artifactType")
                });
                (Ok(true), Some(filters))
            }
            Err(FetchError::NotFound | FetchError::NotSupported) => (Ok(false), None),
            Err(error) => (Err(error), None),
        };
        Capabilities {
            asks: if pong.is_registry {
                let schemes = pong.challenges.iter().map(|it| it.scheme().to_owned());
                Ok(schemes.collect())
            } else {
                Err(FetchError::Malformed {
                    detail: format!("{} does not answer as a registry", endpoint.host()),
                })
            },
            referrers,
            filters,
            signatures: pong.signatures.clone(),
        }
    }
}
