//! Reads an image and its signatures without judging either.

use doorward::Exit;
use doorward::simple_signing::codes as simple_codes;
use doorward_core::{
    Class, Code, Digest, Fetch, FetchError, Fetched, Fetcher, Reference, Rejection, Repository,
    Resource, Selector,
};
use doorward_simple_signing::{
    SignatureBlob, Store, parse_signature_list, store_rejection, unframe, unverified_claim,
};
use serde::Deserialize;

use super::found::{Inspection, Manifest, Signature, Unverified};
use super::found_trust::Trust;
use super::problem::Problem;
use super::stores::Stores;
use crate::failure::{Failure, Outcome};
use crate::render::address;

/// The largest manifest, configuration or signature list that is read: the bound that verification has.
const MAX_BYTES: usize = 4 << 20;
/// The most signatures that are read of one store: as many as verification reads.
const MAX_SIGNATURES: usize = 127;
/// The most platforms that are shown of one index.
const MAX_PLATFORMS: usize = 64;

/// Reads what `reference` names and the signatures of that.
///
/// # Errors
/// When the image itself cannot be had and nothing else is looked for; with `trust`, which needs no registry, that is a
/// problem within the result, as a store that cannot be read always is.
pub(super) async fn gather(
    image: &str,
    reference: &Reference,
    stores: &Stores,
    trust: Vec<Trust>,
    fetcher: &dyn Fetcher,
) -> Outcome<Inspection> {
    let mut inspection = Inspection {
        api_version: "inspect.doorward.dev/v1",
        kind: "ImageInspection",
        image: image.to_owned(),
        reference: reference.clone().or_latest().to_string(),
        digest: None,
        manifest: None,
        stores: Vec::new(),
        signatures: Vec::new(),
        trust,
        problems: Vec::new(),
    };
    let subject = reference.clone().or_latest().digest_only();
    let repository = subject.repository();
    let fetch = Fetch::new(manifest_of(&subject)?, MAX_BYTES);
    let fetched = match read(fetcher, &fetch).await {
        Ok(fetched) => fetched,
        Err(error) if !inspection.trust.is_empty() => {
            inspection.problems.push(problem(&fetch.resource, &error));
            return Ok(inspection);
        }
        Err(error) => {
            let rejection = Rejection::from_fetch(&fetch.resource, &error);
            return Err(Failure::new(
                Exit::from(rejection.class()),
                anyhow::anyhow!("{}: {rejection}", rejection.code()),
            )
            .with_hint(format!("read more at {}", address(rejection.code()))));
        }
    };
    let digest = match subject.digest() {
        Some(digest) => digest.clone(),
        None => Digest::sha256(&fetched.bytes),
    };
    inspection.digest = Some(digest.to_string());
    if let Err(error) = doorward_core::Outline::read(&fetched.bytes, fetched.media_type.as_ref()) {
        let detail = error.to_string();
        inspection
            .problems
            .push(problem(&fetch.resource, &FetchError::Malformed { detail }));
    }
    inspection.manifest = Some(manifest(&fetched, repository, fetcher).await);
    let located = fetcher.locate(repository);
    let physical = Reference::new(
        located.clone(),
        subject.tag().cloned(),
        subject.digest().cloned(),
    );
    let named = stores.of(image, &physical)?;
    let place = Place {
        repository,
        located: &located,
        digest: &digest,
        fetcher,
    };
    if !place.extension(&mut inspection).await {
        for store in &named {
            place.store(store, &mut inspection).await;
        }
    }
    Ok(inspection)
}

fn manifest_of(subject: &Reference) -> Outcome<Resource> {
    let selector = match (subject.digest(), subject.tag()) {
        (Some(digest), _) => Selector::Digest(digest.clone()),
        (None, Some(tag)) => Selector::Tag(tag.clone()),
        (None, None) => {
            return Err(Failure::internal(anyhow::anyhow!(
                "a reference without tag and digest"
            )));
        }
    };
    Ok(Resource::Manifest {
        repository: subject.repository().clone(),
        selector,
    })
}

async fn read(fetcher: &dyn Fetcher, fetch: &Fetch) -> Result<Fetched, FetchError> {
    fetcher.fetch(fetch).await?.check(fetch)
}

/// The image whose signatures are looked for.
struct Place<'a> {
    repository: &'a Repository,
    located: &'a Repository,
    digest: &'a Digest,
    fetcher: &'a dyn Fetcher,
}

impl Place<'_> {
    /// Reads what the registry itself keeps. Whether it keeps signatures, so that no store counts.
    async fn extension(&self, inspection: &mut Inspection) -> bool {
        let resource = Resource::SignatureExtension {
            repository: self.repository.clone(),
            digest: self.digest.clone(),
        };
        let fetch = Fetch::new(resource, MAX_BYTES);
        match read(self.fetcher, &fetch).await {
            Err(FetchError::NotSupported) => return false,
            Err(error) => inspection.problems.push(problem(&fetch.resource, &error)),
            Ok(fetched) => {
                inspection
                    .stores
                    .push(format!("the registry {}", self.located.registry()));
                match parse_signature_list(&fetched.bytes, &fetched.source) {
                    Ok(blobs) => inspection.signatures.extend(
                        blobs
                            .iter()
                            .map(|blob| self.signature(blob, blob.bytes.len())),
                    ),
                    Err(error) => inspection.problems.push(Problem {
                        code: simple_codes::STORE_MALFORMED,
                        message: format!("{}: {error}", fetch.resource),
                        class: Class::Integrity,
                    }),
                }
            }
        }
        true
    }

    /// Reads a store from its first signature to the first that is not there.
    async fn store(&self, store: &Store, inspection: &mut Inspection) {
        if let Store::Lookaside { base, .. } = store {
            inspection.stores.push(without_credentials(base));
        }
        for index in 1..=MAX_SIGNATURES {
            let fetch = match store.signature(self.located, self.digest, index) {
                Ok(Some(fetch)) => fetch,
                Ok(None) => return,
                Err(error) => {
                    inspection.problems.push(Problem {
                        code: Code::POLICY_INVALID,
                        message: error.to_string(),
                        class: Class::Configuration,
                    });
                    return;
                }
            };
            match read(self.fetcher, &fetch).await {
                Ok(fetched) => {
                    let signature = self.lookaside(&fetched);
                    // Verification reads no further either: what answers with something else is no store.
                    let is_last = unframe(&fetched.bytes).is_err();
                    inspection.signatures.push(signature);
                    if is_last {
                        return;
                    }
                }
                Err(FetchError::NotFound) => return,
                Err(error) => {
                    inspection.problems.push(problem(&fetch.resource, &error));
                    return;
                }
            }
        }
    }

    fn lookaside(&self, fetched: &Fetched) -> Signature {
        match unframe(&fetched.bytes) {
            Ok(message) => {
                let blob = SignatureBlob::new(message, fetched.source.clone());
                self.signature(&blob, fetched.bytes.len())
            }
            Err(error) => Signature {
                scheme: "unknown",
                source: fetched.source.clone(),
                bytes: fetched.bytes.len(),
                unverified: None,
                unreadable: Some(error.to_string()),
            },
        }
    }

    fn signature(&self, blob: &SignatureBlob, bytes: usize) -> Signature {
        let claim = unverified_claim(&blob.bytes);
        Signature {
            scheme: "simple-signing",
            source: blob.source.clone(),
            bytes,
            unreadable: claim.as_ref().err().map(ToString::to_string),
            unverified: claim.ok().map(|claim| Unverified {
                reference: claim.unverified_reference().to_owned(),
                digest: claim.unverified_digest().to_string(),
                digest_is_of_this_image: claim.unverified_digest() == self.digest,
                key: claim.unverified_key().map(str::to_owned),
                signed_at: claim
                    .unverified_signed_at()
                    .or_else(|| claim.unverified_timestamp())
                    .map(|time| time.to_string()),
                creator: claim.unverified_creator().map(str::to_owned),
            }),
        }
    }
}

fn problem(resource: &Resource, error: &FetchError) -> Problem {
    let rejection = store_rejection(resource, error);
    Problem {
        code: rejection.code(),
        message: rejection.to_string(),
        class: rejection.class(),
    }
}

/// A URL without user name and password.
fn without_credentials(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else {
        return url.to_owned();
    };
    let authority_ends = rest.find('/').unwrap_or(rest.len());
    let (authority, path) = rest.split_at(authority_ends);
    let host = authority
        .rsplit_once('@')
        .map_or(authority, |(_, host)| host);
    format!("{scheme}://{host}{path}")
}

/// The parts of a manifest or index that are shown.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Outline {
    media_type: Option<String>,
    config: Option<Part>,
    layers: Option<Vec<serde::de::IgnoredAny>>,
    manifests: Option<Vec<Part>>,
}

#[derive(Deserialize)]
struct Part {
    digest: Option<Digest>,
    platform: Option<Platform>,
}

/// `platform` of a descriptor, and the same members of a configuration.
#[derive(Deserialize)]
struct Platform {
    os: Option<String>,
    architecture: Option<String>,
    variant: Option<String>,
}

impl Platform {
    fn name(&self) -> Option<String> {
        let mut name = format!("{}/{}", self.os.as_deref()?, self.architecture.as_deref()?);
        if let Some(variant) = self
            .variant
            .as_deref()
            .filter(|variant| !variant.is_empty())
        {
            name.push('/');
            name.push_str(variant);
        }
        Some(name)
    }
}

async fn manifest(fetched: &Fetched, repository: &Repository, fetcher: &dyn Fetcher) -> Manifest {
    let outline: Outline = serde_json::from_slice(&fetched.bytes).unwrap_or_default();
    let is_index = outline.manifests.is_some();
    let media_type = outline
        .media_type
        .or_else(|| fetched.media_type.as_ref().map(ToString::to_string));
    let platforms: Vec<Platform> = match &outline.manifests {
        Some(_) => Vec::new(),
        None => platform(outline.config, repository, fetcher)
            .await
            .into_iter()
            .collect(),
    };
    let parts = outline
        .manifests
        .as_ref()
        .map_or_else(|| outline.layers.as_ref().map_or(0, Vec::len), Vec::len);
    let listed = outline
        .manifests
        .into_iter()
        .flatten()
        .filter_map(|part| part.platform);
    Manifest {
        media_type,
        kind: if is_index { "index" } else { "image" },
        bytes: fetched.bytes.len(),
        platforms: platforms
            .into_iter()
            .chain(listed)
            .filter_map(|platform| platform.name())
            .take(MAX_PLATFORMS)
            .collect(),
        parts,
    }
}

/// The platform of a single image stands in its configuration. It is shown if it can be had.
async fn platform(
    config: Option<Part>,
    repository: &Repository,
    fetcher: &dyn Fetcher,
) -> Option<Platform> {
    let resource = Resource::Blob {
        repository: repository.clone(),
        digest: config?.digest?,
    };
    let fetched = read(fetcher, &Fetch::new(resource, MAX_BYTES)).await.ok()?;
    serde_json::from_slice(&fetched.bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_in_the_address_of_a_store_are_not_shown() {
        assert_eq!(
            without_credentials("https://user:s3cret@sigs.example/a@b"),
            "https://sigs.example/a@b"
        );
        assert_eq!(
            without_credentials("file:///var/lib/sigs"),
            "file:///var/lib/sigs"
        );
    }
}
