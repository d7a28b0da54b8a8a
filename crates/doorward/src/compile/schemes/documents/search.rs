//! What is attached to the image under the types of a requirement.
//!
//! It takes two round trips: the lists of what refers to the image, and the manifests of what may be meant.

mod both;
mod entry;
mod envelopes;
mod layers;
mod lists;
mod notes;
mod resources;

use std::collections::BTreeMap;

use doorward_core::{
    CheckedAnswer, Code, Descriptor, Digest, Fact, Fetch, FetchError, Halt, Index, Listed,
    MediaType, Meter, Outline, Pinned, Progress, Referrer, ReferrerError, Rejection, Resource,
    Scheme, Selector, Session, Step,
};

pub(super) use self::both::BothSearches;
use self::entry::{
    Entry, LARGE_BYTES, about_another, malformed, of_another_type, too_large, unknown,
};
pub(super) use self::envelopes::EnvelopeSearch;
use self::notes::Notes;
use super::wanted::Wanted;
use crate::attached::Candidate;

/// The largest manifest of an image and the largest list of referrers, in bytes (OCI distribution specification, "Pushing
/// Manifests"). As signatures are looked for, so that the lists are fetched once.
const LIST_BYTES: usize = 4 << 20;

/// Finds the documents of each kind.
///
/// What refers to the image is listed in two places, by the API and under a tag that clients write. Both are read whatever
/// the other one has: a newer document that is listed in one of them must not be missed because an older one is listed in
/// the other.
pub(super) struct SearchSession {
    scheme: Scheme,
    image: Pinned,
    manifest: Option<Descriptor>,
    wanted: Vec<Wanted>,
    state: State,
    notes: Notes,
}

enum State {
    Start,
    Listing,
    Manifests(Box<Kept>),
    Over,
}

/// What was listed.
struct Kept {
    subject: Descriptor,
    /// What may be a document, in the order of the lists.
    entries: Vec<Entry>,
    /// What is known already.
    candidates: Vec<Candidate>,
}

impl SearchSession {
    pub(super) const fn new(
        scheme: Scheme,
        image: Pinned,
        manifest: Option<Descriptor>,
        wanted: Vec<Wanted>,
    ) -> Self {
        Self {
            scheme,
            image,
            manifest,
            wanted,
            state: State::Start,
            notes: Notes::new(),
        }
    }

    fn list(&self) -> Resource {
        resources::referrers(self.image.repository(), self.image.digest())
    }

    fn manifest_of(&self, selector: Selector) -> Resource {
        resources::manifest(self.image.repository(), selector)
    }

    fn tag(&self) -> Resource {
        resources::referrers_tag(self.image.repository(), self.image.digest())
    }

    fn start(&mut self) -> Progress<Vec<Candidate>> {
        let mut fetches = vec![
            Fetch::new(self.list(), LIST_BYTES),
            Fetch::new(self.tag(), LIST_BYTES),
        ];
        if self.manifest.is_none() {
            let digest = self.image.digest().clone();
            let resource = self.manifest_of(Selector::Digest(digest));
            fetches.push(Fetch::new(resource, LIST_BYTES));
        }
        self.state = State::Listing;
        Err(Halt::Wants(fetches))
    }

    fn listed(&mut self, answers: Vec<CheckedAnswer>) -> Progress<Vec<Candidate>> {
        let mut answers = answers.into_iter();
        let mut next = || answers.next().ok_or_else(Rejection::out_of_step);
        let (by_api, by_tag) = (next()?, next()?);
        let subject = match self.manifest.take() {
            Some(known) => known,
            None => self.describe(next()?)?,
        };
        let mut lists = vec![lists::listed(&self.list(), by_api)?];
        lists.extend(self.tagged(by_tag)?);
        let entries = self.entries(&lists);
        let (mut kept, mut candidates) = (Vec::new(), Vec::new());
        let too_many: Vec<usize> = (0..self.wanted.len())
            .filter(|kind| {
                entries
                    .iter()
                    .filter(|one| one.kinds.contains(kind))
                    .count()
                    > Candidate::MAX
            })
            .collect();
        for kind in &too_many {
            candidates.push(self.too_many(*kind));
        }
        candidates.extend(self.unreadable(&lists));
        let (mut fetches, mut large) = (Vec::new(), LARGE_BYTES);
        for mut entry in entries {
            entry.kinds.retain(|kind| !too_many.contains(kind));
            if entry.kinds.is_empty() {
                continue;
            }
            match entry.limit(&mut large) {
                Some(limit) => {
                    let resource = self.manifest_of(Selector::Digest(entry.digest.clone()));
                    fetches.push(Fetch::new(resource, limit));
                    kept.push(entry);
                }
                None => candidates.extend(unknown(&entry.kinds, &too_large(&entry))),
            }
        }
        if kept.is_empty() {
            return Ok(candidates);
        }
        self.state = State::Manifests(Box::new(Kept {
            subject,
            entries: kept,
            candidates,
        }));
        Err(Halt::Wants(fetches))
    }

    fn too_many(&self, kind: usize) -> Candidate {
        let wanted = self.wanted.get(kind).map(ToString::to_string);
        let detail = format!(
            "more than {} documents are attached to {} as {}, so it is not looked for the newest; old ones can be deleted",
            Candidate::MAX,
            self.image.digest(),
            wanted.unwrap_or_default()
        );
        let why = Rejection::new(Code::BUDGET_EXCEEDED, detail);
        Candidate::Unknown { kind, why }
    }

    /// What documents must be about: media type, digest and size of the image's manifest.
    fn describe(&self, answer: CheckedAnswer) -> Result<Descriptor, Rejection> {
        let digest = self.image.digest();
        let resource = self.manifest_of(Selector::Digest(digest.clone()));
        Outline::describe(&resource, digest, answer)
    }

    /// What is under the tag, and a note of what is there and is no list.
    fn tagged(&mut self, answer: CheckedAnswer) -> Result<Option<Index>, Rejection> {
        let (list, note) = lists::tagged(&self.tag(), answer)?;
        if let Some(note) = note {
            self.notes.add(note);
        }
        Ok(list)
    }

    /// What may be a document, each digest once. An entry without a type may be anything, and one that says it is something
    /// else is taken at its word: who writes that could have left it out.
    fn entries(&self, lists: &[Index]) -> Vec<Entry> {
        let mut places: BTreeMap<&Digest, usize> = BTreeMap::new();
        let mut entries: Vec<Entry> = Vec::new();
        for listed in lists.iter().flat_map(|list| list.manifests.listed()) {
            let Listed::Named(descriptor) = listed else {
                continue;
            };
            let named = descriptor.artifact_type.as_ref();
            let kinds = self.kinds_of(named);
            if kinds.is_empty() || descriptor.media_type == MediaType::ORAS_ARTIFACT {
                continue;
            }
            let place = *places.entry(&descriptor.digest).or_insert(entries.len());
            match entries.get_mut(place) {
                Some(known) => {
                    known.is_typed |= named.is_some();
                    known.size = known.size.max(descriptor.size);
                    let new: Vec<usize> = kinds
                        .into_iter()
                        .filter(|kind| !known.kinds.contains(kind))
                        .collect();
                    known.kinds.extend(new);
                }
                None => entries.push(Entry {
                    digest: descriptor.digest.clone(),
                    kinds,
                    is_typed: named.is_some(),
                    size: descriptor.size,
                }),
            }
        }
        entries
    }

    /// The places of the kinds that something may be of which is listed as `named`.
    fn kinds_of(&self, named: Option<&MediaType>) -> Vec<usize> {
        let may_be = |wanted: &Wanted| named.is_none_or(|named| wanted.means(named));
        let kinds = (0..).zip(&self.wanted).filter(|(_, wanted)| may_be(wanted));
        kinds.map(|(kind, _)| kind).collect()
    }

    /// Entries that cannot be read may be the newest document of any kind that they do not exclude. Of each kind the first
    /// says so.
    fn unreadable(&self, lists: &[Index]) -> Vec<Candidate> {
        let mut said: BTreeMap<usize, Candidate> = BTreeMap::new();
        for listed in lists.iter().flat_map(|list| list.manifests.listed()) {
            let Listed::Unreadable {
                artifact_type,
                error,
            } = listed
            else {
                continue;
            };
            for kind in self.kinds_of(artifact_type) {
                said.entry(kind).or_insert_with(|| {
                    let detail = format!(
                        "an entry of the list of what refers to {} cannot be read, and may be a document: {error}",
                        self.image.digest()
                    );
                    let why = Rejection::new(Code::REGISTRY_MALFORMED, detail)
                        .with_fact(Fact::resource(&self.list()));
                    Candidate::Unknown { kind, why }
                });
            }
        }
        said.into_values().collect()
    }

    fn manifests(&mut self, listed: Kept, answers: Vec<CheckedAnswer>) -> Vec<Candidate> {
        let Kept {
            subject,
            entries,
            mut candidates,
        } = listed;
        for (entry, answer) in entries.into_iter().zip(answers) {
            let resource = self.manifest_of(Selector::Digest(entry.digest.clone()));
            let manifest = match answer {
                Ok(manifest) => manifest,
                Err(error) => {
                    let why = Rejection::from_fetch(&resource, &error);
                    let is_nothing =
                        matches!(error, FetchError::NotFound | FetchError::NotInLayout { .. });
                    if is_nothing {
                        self.notes
                            .add(format!("{why}; it is listed, and counts for nothing"));
                    }
                    candidates.extend(entry.kinds.iter().map(|&kind| {
                        let why = why.clone();
                        if is_nothing {
                            Candidate::Dismissed { kind, why }
                        } else {
                            Candidate::Unknown { kind, why }
                        }
                    }));
                    continue;
                }
            };
            let read = Referrer::parse(&manifest.bytes, manifest.media_type.as_ref(), &subject);
            let referrer = match read {
                Ok(referrer) => referrer,
                // Who signed it is not asked, so it may be somebody who is trusted; and what it is stands in it alone, if
                // the list does not say.
                Err(ReferrerError::Document(error)) => {
                    let why = malformed(&entry.digest, &error);
                    candidates.extend(unknown(&entry.kinds, &why));
                    continue;
                }
                // The list does not say that it is a document, and it is about something else.
                Err(_) if !entry.is_typed => continue,
                Err(error) => {
                    let why = about_another(&entry.digest, &error);
                    let dismissed = entry.kinds.iter().map(|&kind| Candidate::Dismissed {
                        kind,
                        why: why.clone(),
                    });
                    candidates.extend(dismissed);
                    continue;
                }
            };
            for kind in entry.kinds {
                let wanted = self.wanted.get(kind);
                let own = referrer.artifact_type.as_ref();
                if own.is_some_and(|own| wanted.is_some_and(|wanted| wanted.means(own))) {
                    let manifest = manifest.clone();
                    candidates.push(Candidate::Found { kind, manifest });
                } else if entry.is_typed {
                    let why = of_another_type(&entry.digest, own);
                    candidates.push(Candidate::Dismissed { kind, why });
                }
            }
        }
        candidates
    }
}

impl Session<Vec<Candidate>> for SearchSession {
    fn scheme(&self) -> Scheme {
        self.scheme
    }

    fn advance(&mut self, answers: Vec<CheckedAnswer>, _: &mut Meter) -> Step<Vec<Candidate>> {
        match std::mem::replace(&mut self.state, State::Over) {
            State::Start => self.start(),
            State::Listing => self.listed(answers),
            State::Manifests(listed) => Ok(self.manifests(*listed, answers)),
            State::Over => Err(Rejection::out_of_step().into()),
        }
        .into()
    }

    fn notes(&self) -> Vec<String> {
        self.notes.said()
    }
}
