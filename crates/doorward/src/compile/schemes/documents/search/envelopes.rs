//! What may be a statement about the image in an envelope: layers under the tag of attestations, and what refers to the image
//! as a bundle or an envelope.
//!
//! It takes two round trips, as for what is attached: the lists, and the manifests of what may be meant. The envelopes
//! themselves are read where they are judged.

use std::collections::{BTreeMap, BTreeSet};

use doorward_core::{
    CheckedAnswer, Code, Content, Descriptor, Digest, Fetch, FetchError, Halt, Index, Listed,
    MediaType, Meter, Outline, Pinned, Progress, Referrer, ReferrerError, Rejection, Repository,
    Resource, Scheme, Selector, Session, SignatureRepository, Step,
};

use super::entry::{Entry, LARGE_BYTES, malformed, too_large, unknown};
use super::layers::{Found, is_envelope, kinds};
use super::notes::Notes;
use super::{LIST_BYTES, lists, resources};
use crate::attached::Candidate;
use crate::compile::schemes::documents::wanted::Wanted;

/// The most manifests that refer to the image and are looked into, because no list says what is in them. A usual image has a
/// handful; a list under a tag says nothing of types.
const MAX_MANIFESTS: usize = 128;
/// The most fetches of them. One that several places hold is one manifest, and is fetched from each.
const MAX_FETCHES: usize = 192;

/// What cosign calls a manifest that refers to the image.
const COSIGN_ARTIFACT: &str = "application/vnd.dev.cosign.artifact.";
/// What lists that clients write call a bundle: by its configuration, whatever it is.
const CONFIGURATIONS: [&str; 2] = [
    "application/vnd.oci.empty.v1+json",
    "application/vnd.oci.image.config.v1+json",
];
/// The annotation of a manifest with the type of the statement in its bundle.
const OF_BUNDLE: &str = "dev.sigstore.bundle.predicateType";

/// Finds the envelopes of each kind, in all repositories that somebody keeps them in.
pub(in super::super) struct EnvelopeSearch {
    scheme: Scheme,
    image: Pinned,
    manifest: Option<Descriptor>,
    wanted: Vec<Wanted>,
    places: Vec<SignatureRepository>,
    state: State,
    notes: Notes,
}

enum State {
    Start,
    Listing,
    Manifests(Box<Kept>),
    Over,
}

/// What was listed, and what is known already.
struct Kept {
    subject: Descriptor,
    /// What may hold envelopes, with where it is.
    entries: Vec<(SignatureRepository, Entry)>,
    found: Found,
}

impl EnvelopeSearch {
    /// Returns `None` where no kind wants statements.
    pub(in super::super) fn new(
        scheme: Scheme,
        image: Pinned,
        manifest: Option<Descriptor>,
        wanted: Vec<Wanted>,
    ) -> Option<Self> {
        let mut places: Vec<SignatureRepository> = Vec::new();
        for place in wanted
            .iter()
            .filter_map(Wanted::stated)
            .flat_map(|one| &one.places)
        {
            let beside = || SignatureRepository::new(image.repository().clone());
            let place = place.clone().unwrap_or_else(beside);
            if !places.contains(&place) {
                places.push(place);
            }
        }
        (!places.is_empty()).then_some(Self {
            scheme,
            image,
            manifest,
            wanted,
            places,
            state: State::Start,
            notes: Notes::new(),
        })
    }

    fn list(&self, repository: &Repository) -> Resource {
        resources::referrers(repository, self.image.digest())
    }

    fn list_of_tag(&self, repository: &Repository) -> Resource {
        resources::referrers_tag(repository, self.image.digest())
    }

    /// The manifest whose layers are attestations, if the digest is short enough to have one.
    fn attestations(&self, repository: &Repository) -> Option<Resource> {
        let name = self.image.digest().as_str().replace(':', "-");
        let tag = format!("{name}.att").parse().ok()?;
        Some(resources::manifest(repository, Selector::Tag(tag)))
    }

    fn start(&mut self) -> Progress<Vec<Candidate>> {
        let mut fetches = Vec::new();
        for place in &self.places {
            let at = &place.repository;
            let tags = std::iter::once(self.list_of_tag(at)).chain(self.attestations(at));
            let all = std::iter::once(self.list(at)).chain(tags);
            fetches.extend(all.map(|resource| place.fetch(resource, LIST_BYTES)));
        }
        if self.manifest.is_none() {
            let digest = self.image.digest().clone();
            let resource = resources::manifest(self.image.repository(), Selector::Digest(digest));
            fetches.push(Fetch::new(resource, LIST_BYTES));
        }
        self.state = State::Listing;
        Err(Halt::Wants(fetches))
    }

    fn listed(
        &mut self,
        answers: Vec<CheckedAnswer>,
        meter: &mut Meter,
    ) -> Progress<Vec<Candidate>> {
        let mut answers = answers.into_iter();
        let mut next = || answers.next().ok_or_else(Rejection::out_of_step);
        let mut found = Found::of(self.image.digest(), &self.wanted);
        found.add_given(self.image.repository(), meter)?;
        let mut entries = Vec::new();
        for place in self.places.clone() {
            let at = &place.repository;
            let mut read = vec![lists::listed(&self.list(at), next()?)?];
            let (of_tag, note) = lists::tagged(&self.list_of_tag(at), next()?)?;
            read.extend(of_tag);
            if let Some(note) = note {
                self.notes.add(note);
            }
            if let Some(resource) = self.attestations(at) {
                found.add_under_tag(at, &resource, next()?);
            }
            self.unreadable(&mut found, &read);
            let listed = self.entries(&read).into_iter();
            entries.extend(listed.map(|entry| (place.clone(), entry)));
        }
        let subject = match self.manifest.take() {
            Some(known) => known,
            None => {
                let digest = self.image.digest();
                let selector = Selector::Digest(digest.clone());
                let resource = resources::manifest(self.image.repository(), selector);
                Outline::describe(&resource, digest, next()?)?
            }
        };
        let distinct: BTreeSet<&Digest> = entries.iter().map(|(_, entry)| &entry.digest).collect();
        if distinct.len() > MAX_MANIFESTS || entries.len() > MAX_FETCHES {
            let detail = format!(
                "more than {MAX_MANIFESTS} manifests that refer to {}, or more than {MAX_FETCHES} in all the places that hold \
                 them, may hold attestations, so it is not looked for the newest; old ones can be deleted",
                self.image.digest()
            );
            let why = Rejection::new(Code::BUDGET_EXCEEDED, detail);
            found
                .candidates
                .extend(unknown(&kinds(&self.wanted, None), &why));
            return Ok(found.candidates);
        }
        let (mut fetches, mut kept, mut large) = (Vec::new(), Vec::new(), LARGE_BYTES);
        for (place, entry) in entries {
            match entry.limit(&mut large) {
                Some(limit) => {
                    let selector = Selector::Digest(entry.digest.clone());
                    let resource = resources::manifest(&place.repository, selector);
                    fetches.push(place.fetch(resource, limit));
                    kept.push((place, entry));
                }
                None => found
                    .candidates
                    .extend(unknown(&entry.kinds, &too_large(&entry))),
            }
        }
        if kept.is_empty() {
            return Ok(found.candidates);
        }
        self.state = State::Manifests(Box::new(Kept {
            subject,
            entries: kept,
            found,
        }));
        Err(Halt::Wants(fetches))
    }

    /// What may hold an envelope, each digest once. What a list says that it is, it is taken for; lists that clients write say
    /// of a bundle what its configuration is called.
    fn entries(&self, read: &[Index]) -> Vec<Entry> {
        let mut places: BTreeMap<Digest, usize> = BTreeMap::new();
        let mut entries: Vec<Entry> = Vec::new();
        for listed in read.iter().flat_map(|list| list.manifests.listed()) {
            let Listed::Named(descriptor) = listed else {
                continue;
            };
            let kinds = kinds(
                &self.wanted,
                descriptor.annotations.get(OF_BUNDLE).map(String::as_str),
            );
            if kinds.is_empty() || !may_hold_envelopes(descriptor.artifact_type.as_ref()) {
                continue;
            }
            // Two lists may say different things of it, and either may be right.
            let known = places.get(&descriptor.digest);
            if let Some(entry) = known.and_then(|place| entries.get_mut(*place)) {
                let more = kinds.into_iter();
                let more: Vec<_> = more.filter(|kind| !entry.kinds.contains(kind)).collect();
                entry.kinds.extend(more);
                entry.size = entry.size.max(descriptor.size);
                continue;
            }
            places.insert(descriptor.digest.clone(), entries.len());
            entries.push(Entry {
                digest: descriptor.digest.clone(),
                kinds,
                is_typed: false,
                size: descriptor.size,
            });
        }
        entries
    }

    /// Entries that cannot be read may be the newest of any kind. The first says so.
    fn unreadable(&self, found: &mut Found, read: &[Index]) {
        let first = read
            .iter()
            .flat_map(|list| list.manifests.listed())
            .find_map(|listed| match listed {
                Listed::Unreadable {
                    artifact_type,
                    error,
                } if may_hold_envelopes(artifact_type) => Some(error),
                _ => None,
            });
        if let Some(error) = first {
            let detail = format!(
                "an entry of a list of what refers to {} cannot be read, and may be an attestation: {error}",
                self.image.digest()
            );
            let why = Rejection::new(Code::REGISTRY_MALFORMED, detail);
            found
                .candidates
                .extend(unknown(&kinds(&self.wanted, None), &why));
        }
    }

    fn manifests(&mut self, kept: Kept, answers: Vec<CheckedAnswer>) -> Vec<Candidate> {
        let Kept {
            subject,
            entries,
            mut found,
        } = kept;
        for ((place, entry), answer) in entries.into_iter().zip(answers) {
            let place = place.repository;
            let digest = &entry.digest;
            let manifest = match answer {
                Ok(manifest) => manifest,
                Err(error) => {
                    let selector = Selector::Digest(digest.clone());
                    let why = Rejection::from_fetch(&resources::manifest(&place, selector), &error);
                    if matches!(error, FetchError::NotFound | FetchError::NotInLayout { .. }) {
                        self.notes
                            .add(format!("{why}; it is listed, and counts for nothing"));
                    } else {
                        found.candidates.extend(unknown(&entry.kinds, &why));
                    }
                    continue;
                }
            };
            match Referrer::parse(&manifest.bytes, manifest.media_type.as_ref(), &subject) {
                Ok(referrer) => {
                    let named = referrer.annotations.get(OF_BUNDLE).map(String::as_str);
                    if let Content::Image { layers, .. } | Content::Blobs(layers) =
                        &referrer.content
                    {
                        found.add(&place, layers, named);
                    }
                }
                Err(ReferrerError::Document(error)) => {
                    let why = malformed(digest, &error);
                    found.candidates.extend(unknown(&entry.kinds, &why));
                }
                // It is about something else, whatever the list says.
                Err(_) => {}
            }
        }
        found.candidates
    }
}

/// Whether something that is listed under this type may hold an envelope.
fn may_hold_envelopes(listed: Option<&MediaType>) -> bool {
    listed.is_none_or(|listed| {
        is_envelope(listed)
            || listed.as_str().starts_with(COSIGN_ARTIFACT)
            || CONFIGURATIONS.contains(&listed.as_str())
    })
}

impl Session<Vec<Candidate>> for EnvelopeSearch {
    fn scheme(&self) -> Scheme {
        self.scheme
    }

    fn advance(&mut self, answers: Vec<CheckedAnswer>, meter: &mut Meter) -> Step<Vec<Candidate>> {
        match std::mem::replace(&mut self.state, State::Over) {
            State::Start => self.start(),
            State::Listing => self.listed(answers, meter),
            State::Manifests(kept) => Ok(self.manifests(*kept, answers)),
            State::Over => Err(Rejection::out_of_step().into()),
        }
        .into()
    }

    fn notes(&self) -> Vec<String> {
        self.notes.said()
    }
}
