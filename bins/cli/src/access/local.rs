//! Without the network: layouts and local stores.

use std::sync::Arc;

use doorward_core::{Authority, Fetch, FetchError, FetchFuture, Fetcher, Repository, Resource};
use doorward_registry::{Layout, ScopedClient};

/// Lets nothing through that would need the network. Signature stores on this machine are read.
pub(super) struct Offline(pub(super) ScopedClient);

impl Fetcher for Offline {
    fn fetch<'a>(&'a self, fetch: &'a Fetch) -> FetchFuture<'a> {
        if is_file(&fetch.resource) {
            return self.0.fetch(fetch);
        }
        let detail = match fetch.resource {
            Resource::Plugin { .. } => {
                "because --offline allows no network, and a plug-in may use it"
            }
            _ => "because --offline allows no network",
        };
        let answer = Err(FetchError::NotAsked {
            detail: detail.to_owned(),
        });
        Box::pin(std::future::ready(answer))
    }

    fn locate(&self, repository: &Repository) -> Repository {
        self.0.locate(repository)
    }

    fn other_name(&self, repository: &Repository) -> Option<Authority> {
        self.0.other_name(repository)
    }
}

/// Takes images from a layout, and detached signatures and trust metadata from where they are kept.
pub(super) struct LayoutFirst {
    pub(super) layout: Layout,
    pub(super) outside: Arc<dyn Fetcher>,
}

impl Fetcher for LayoutFirst {
    fn fetch<'a>(&'a self, fetch: &'a Fetch) -> FetchFuture<'a> {
        match fetch.resource {
            // None of them is part of a layout.
            Resource::Lookaside { .. }
            | Resource::NotaryMetadata { .. }
            | Resource::Plugin { .. }
            | Resource::Revocation { .. }
            | Resource::VulnerabilityStatus { .. } => self.outside.fetch(fetch),
            _ => self.layout.fetch(fetch),
        }
    }

    fn locate(&self, repository: &Repository) -> Repository {
        self.outside.locate(repository)
    }

    fn other_name(&self, repository: &Repository) -> Option<Authority> {
        self.outside.other_name(repository)
    }
}

fn is_file(resource: &Resource) -> bool {
    match resource {
        Resource::Lookaside { url, .. } => url.starts_with("file:"),
        _ => false,
    }
}
