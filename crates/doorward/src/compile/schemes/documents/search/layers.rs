//! The envelopes in manifests, and of which kinds each may be.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use doorward_core::{
    BudgetExceeded, CheckedAnswer, Code, Descriptor, Descriptors, Digest, FetchError, Manifest,
    MediaType, Meter, Rejection, Repository, Resource,
};

use super::entry::unknown;
use crate::attached::Candidate;
use crate::compile::schemes::documents::codes;
use crate::compile::schemes::documents::wanted::Wanted;
use crate::envelope::{Envelope, GivenEnvelope};

/// How many bytes all envelopes may have together: as many as a decision may fetch.
const ENVELOPES_BYTES: u64 = 32 << 20;
/// How many bytes of what was given are looked at in one step of what a decision may take.
const BYTES_PER_STEP: usize = 64;
/// An envelope (cosign, "Attestation Specification").
const ENVELOPE: &str = "application/vnd.dsse.envelope";
/// A bundle of any version (Sigstore bundle format).
const BUNDLE: &str = "application/vnd.dev.sigstore.bundle";
/// The annotation of a layer with the type of the statement in its envelope.
const OF_LAYER: &str = "predicateType";

/// What was found.
pub(super) struct Found {
    pub(super) candidates: Vec<Candidate>,
    image: Digest,
    wanted: Vec<Wanted>,
    /// How many bytes all envelopes have, and which they are. One that several places hold is one.
    bytes: u64,
    sizes: BTreeSet<(Digest, u64)>,
    /// The envelopes that may be of each kind, with the places that hold them. One more than are judged is kept, and told.
    of_kind: BTreeMap<usize, Vec<(Descriptor, Vec<Place>)>>,
}

/// What holds an envelope.
#[derive(Clone, PartialEq, Eq)]
enum Place {
    /// Those that were given together, by what tells them from others.
    Given(Digest),
    Repository(Repository),
}

impl Found {
    /// Nothing yet of what is `wanted` about the image of this digest.
    pub(super) fn of(image: &Digest, wanted: &[Wanted]) -> Self {
        Self {
            candidates: Vec::new(),
            image: image.clone(),
            wanted: wanted.to_vec(),
            bytes: 0,
            sizes: BTreeSet::new(),
            of_kind: BTreeMap::new(),
        }
    }

    /// What is under the tag of attestations. One that is there and cannot be read may hold the newest.
    pub(super) fn add_under_tag(
        &mut self,
        place: &Repository,
        resource: &Resource,
        answer: CheckedAnswer,
    ) {
        let why = match answer {
            Ok(manifest) => match Manifest::parse(&manifest.bytes, manifest.media_type.as_ref()) {
                Ok(manifest) => return self.add(place, &manifest.layers, None),
                Err(error) => {
                    let detail = format!("{resource} is no manifest with attestations: {error}");
                    Rejection::new(codes::MALFORMED, detail)
                }
            },
            Err(
                FetchError::NotFound | FetchError::NotInLayout { .. } | FetchError::NotSupported,
            ) => return,
            Err(error) => Rejection::from_fetch(resource, &error),
        };
        self.candidates
            .extend(unknown(&kinds(&self.wanted, None), &why));
    }

    /// The layers that may be of a kind. `named` is what their manifest says of the type of all.
    pub(super) fn add(&mut self, place: &Repository, layers: &Descriptors, named: Option<&str>) {
        for layer in layers.entries() {
            let blob = match layer {
                Ok(blob) => blob,
                Err(error) => {
                    let detail = format!("a layer with an attestation cannot be read: {error}");
                    let why = Rejection::new(codes::MALFORMED, detail);
                    self.candidates
                        .extend(unknown(&kinds(&self.wanted, named), &why));
                    continue;
                }
            };
            if !is_envelope(&blob.media_type) {
                continue;
            }
            let named = named.or_else(|| blob.annotations.get(OF_LAYER).map(String::as_str));
            let kinds = kinds(&self.wanted, named);
            self.offer(place, blob, kinds, None);
        }
    }

    /// What was given beside what `place`, the repository of the image, has.
    ///
    /// # Errors
    /// If it is more than may be looked at.
    pub(super) fn add_given(
        &mut self,
        place: &Repository,
        meter: &mut Meter,
    ) -> Result<(), BudgetExceeded> {
        for (kind, wanted) in self.wanted.clone().into_iter().enumerate() {
            for given in wanted.stated().iter().flat_map(|stated| &stated.given) {
                for one in given.about(&self.image, &|named| wanted.may_be_stated(named)) {
                    meter.steps(one.bytes.len() / BYTES_PER_STEP)?;
                    let size = u64::try_from(one.bytes.len()).unwrap_or(u64::MAX);
                    let blob = Descriptor::new(one.media_type.clone(), one.digest.clone(), size);
                    self.offer(place, &blob, vec![kind], Some(Arc::new(one)));
                }
                if let Some(detail) = given.unreadable() {
                    let why = Rejection::new(codes::MALFORMED, format!("bundle {detail}"));
                    self.candidates.push(Candidate::Dismissed { kind, why });
                }
            }
        }
        Ok(())
    }

    /// A blob that may be of these kinds.
    fn offer(
        &mut self,
        place: &Repository,
        blob: &Descriptor,
        kinds: Vec<usize>,
        given: Option<Arc<GivenEnvelope>>,
    ) {
        if kinds.is_empty() {
            return;
        }
        // A bundle is itself wherever it is; what vouches for another envelope is in the annotations.
        let blob = match blob.media_type.as_str().starts_with(BUNDLE) {
            true => {
                let any = MediaType::new(BUNDLE);
                &Descriptor::new(any, blob.digest.clone(), blob.size)
            }
            false => blob,
        };
        let source = match &given {
            Some(given) => Place::Given(given.origin.clone()),
            None => Place::Repository(place.clone()),
        };
        if self.sizes.insert((blob.digest.clone(), blob.size)) {
            self.bytes = self.bytes.saturating_add(blob.size);
        }
        let most = u64::try_from(Envelope::MAX_BYTES).unwrap_or(u64::MAX);
        if blob.size > most || self.bytes > ENVELOPES_BYTES {
            let name = match &given {
                Some(given) => format!("bundle {}", given.name),
                None => format!("attestation {}", blob.digest),
            };
            let detail = format!(
                "{name}: it has {} bytes; {most} are read of one, and {ENVELOPES_BYTES} of all",
                blob.size
            );
            let why = Rejection::new(codes::TOO_LARGE, detail);
            self.candidates.extend(unknown(&kinds, &why));
            return;
        }
        for kind in kinds {
            let known = self.of_kind.entry(kind).or_default();
            let count = known.len();
            match known.iter_mut().find(|(one, _)| one == blob) {
                Some((_, places)) if places.contains(&source) => continue,
                Some((_, places)) => places.push(source.clone()),
                None if count > Candidate::MAX => continue,
                None => {
                    known.push((blob.clone(), vec![source.clone()]));
                    if known.len() > Candidate::MAX {
                        self.candidates.push(too_many(&self.image, kind));
                        continue;
                    }
                }
            }
            let stated = self.wanted.get(kind).and_then(Wanted::stated);
            let predicate_types = stated.map(|one| one.predicate_types.clone());
            let predicate_types = predicate_types.unwrap_or_default();
            let envelope = Envelope::new(place.clone(), blob.clone(), predicate_types);
            self.candidates.push(Candidate::Enveloped {
                kind,
                envelope: envelope.given(given.clone()),
            });
        }
    }
}

/// The places of the kinds that a statement may be of whose type is said to be `named`.
pub(super) fn kinds(wanted: &[Wanted], named: Option<&str>) -> Vec<usize> {
    let kinds = wanted.iter().enumerate();
    let kinds = kinds.filter(|(_, wanted)| wanted.may_be_stated(named));
    kinds.map(|(kind, _)| kind).collect()
}

fn too_many(image: &Digest, kind: usize) -> Candidate {
    let detail = format!(
        "more than {} attestations of {} may be of one kind, so it is not looked for the newest; old ones can be deleted",
        Candidate::MAX,
        image
    );
    let why = Rejection::new(Code::BUDGET_EXCEEDED, detail);
    Candidate::Unknown { kind, why }
}

pub(super) fn is_envelope(media_type: &MediaType) -> bool {
    let name = media_type.as_str();
    name.starts_with(ENVELOPE) || name.starts_with(BUNDLE)
}
