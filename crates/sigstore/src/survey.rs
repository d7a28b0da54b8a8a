//! The signatures and attestations of an image, for showing.

mod shown;

use std::collections::BTreeSet;

use doorward_core::{
    CheckedAnswer, Code, Descriptor, Digest, Fetch, FetchError, Halt, Index, Item, Meter, Outline,
    Pinned, Problem, Progress, Rejection, Resource, Scheme, Section, Selector, Session,
    SignatureRepository, Step, SurveySession,
};

use self::shown::Shown;
use crate::codes;
use crate::discovery::{Found, Located, is_called_otherwise, listed, referring, tagged};
use crate::kept::{Kept, LIST_BYTES, MANIFEST_BYTES};
use crate::session::{candidate, is_nothing};

/// The largest blob that is looked into, in bytes. What is larger is named.
const BLOB_BYTES: usize = 1 << 20;
/// The most that is shown. Images have one or two signatures, and some attestations.
const MAX_SHOWN: usize = 32;
/// The most manifests that are looked into.
const MAX_MANIFESTS: usize = 64;

/// What a survey looks at.
#[derive(Clone, Debug)]
pub struct SurveyInput {
    /// The image. Nothing is looked for without it.
    pub pinned: Option<Pinned>,
    /// The repository with the signatures, if that is not the one of the image.
    pub repository: Option<SignatureRepository>,
}

/// Reads the signatures and attestations of an image, without verifying any of them.
#[derive(Debug)]
pub struct SigstoreSurvey {
    input: SurveyInput,
    state: State,
    subject: Option<Descriptor>,
    shown: Vec<Shown>,
    seen: BTreeSet<Digest>,
    problems: Vec<Problem>,
    /// Whether more was found than is shown.
    is_cut: bool,
    /// Whether as much is shown as may be, and more was found.
    is_full: bool,
}

#[derive(Debug)]
enum State {
    Start,
    /// The manifest of the image, the list, and the tags of signatures and attestations were asked for.
    Listing,
    /// Manifests that refer to the image were asked for.
    Manifests(Vec<Descriptor>),
    /// What they have was asked for, by its place in what is shown.
    Blobs(Vec<(usize, Located)>),
}

impl SigstoreSurvey {
    /// A survey at its beginning.
    #[must_use]
    pub const fn new(input: SurveyInput) -> Self {
        Self {
            input,
            state: State::Start,
            subject: None,
            shown: Vec::new(),
            seen: BTreeSet::new(),
            problems: Vec::new(),
            is_cut: false,
            is_full: false,
        }
    }

    fn step(&mut self, answers: Vec<CheckedAnswer>) -> Progress<()> {
        let Some(pinned) = self.input.pinned.clone() else {
            return Ok(());
        };
        match std::mem::replace(&mut self.state, State::Start) {
            State::Start => {
                self.state = State::Listing;
                let resources = self.places(&pinned);
                let mut fetches = Vec::new();
                for (place, resource) in resources.into_iter().enumerate() {
                    // The image comes first. It is where it is, and opened as it is pulled.
                    fetches.push(match place {
                        0 => Fetch::new(resource, LIST_BYTES),
                        _ => self.kept(&pinned).fetch(resource, LIST_BYTES),
                    });
                }
                Err(Halt::Wants(fetches))
            }
            State::Listing => self.listed(&pinned, answers),
            State::Manifests(wanted) => {
                for (descriptor, answer) in wanted.into_iter().zip(answers) {
                    self.manifest(&pinned, &descriptor, answer);
                }
                self.ask_for_blobs(&pinned)
            }
            State::Blobs(wanted) => {
                for ((place, located), answer) in wanted.into_iter().zip(answers) {
                    self.blob(&pinned, place, &located, answer);
                }
                Ok(())
            }
        }
    }

    /// Where signatures are looked for.
    const fn kept<'a>(&'a self, pinned: &'a Pinned) -> Kept<'a> {
        Kept::of(pinned, self.input.repository.as_ref())
    }

    /// The manifest of the image, the list of what refers to it, and the tags with layers.
    fn places(&self, pinned: &Pinned) -> Vec<Resource> {
        let kept = self.kept(pinned);
        let tagged = ["sig", "att"].into_iter();
        let tagged = tagged.filter_map(|kind| kept.tagged(kind));
        [kept.image(), kept.list()]
            .into_iter()
            .chain(tagged)
            .collect()
    }

    fn problem(&mut self, resource: &Resource, error: &FetchError) {
        let rejection = Rejection::from_fetch(resource, error);
        self.problems.push(Problem::from(&rejection));
    }

    /// Says that there is more than is shown, and what.
    fn cut(&mut self, code: Code, detail: String) {
        self.is_cut = true;
        let rejection = Rejection::new(code, detail);
        self.problems.push(Problem::from(&rejection));
    }

    fn malformed(&mut self, resource: &Resource, detail: String) {
        self.problem(resource, &FetchError::Malformed { detail });
    }

    fn listed(&mut self, pinned: &Pinned, answers: Vec<CheckedAnswer>) -> Progress<()> {
        let places = self.places(pinned);
        let mut answers = places.into_iter().zip(answers);
        if let Some((resource, answer)) = answers.next() {
            match Outline::describe(&resource, pinned.digest(), answer) {
                Ok(subject) => self.subject = Some(subject),
                Err(rejection) => self.problems.push(Problem::from(&rejection)),
            }
        }
        let mut manifests = Vec::new();
        if let Some((resource, answer)) = answers.next() {
            match answer {
                Ok(list) => match Index::parse_first(&list.bytes, list.media_type.as_ref()) {
                    Ok(index) => {
                        if index.incomplete().is_some() {
                            let detail =
                                format!("{resource} is not whole, and the rest is not shown");
                            self.cut(codes::TOO_MANY, detail);
                        }
                        manifests = listed(&index);
                    }
                    Err(error) => self.malformed(&resource, error.to_string()),
                },
                Err(error) if is_nothing(&error) => {}
                Err(error) => self.problem(&resource, &error),
            }
        }
        for (resource, answer) in answers {
            match answer.map(|manifest| tagged(&manifest)) {
                Ok(Ok(found)) => self.found(found, &resource.to_string()),
                Ok(Err(error)) => self.malformed(&resource, error.to_string()),
                Err(error) if is_nothing(&error) => {}
                Err(error) => self.problem(&resource, &error),
            }
        }
        if manifests.len() > MAX_MANIFESTS {
            let count = manifests.len();
            let detail = format!(
                "{count} manifests refer to the image, and {MAX_MANIFESTS} are looked into"
            );
            self.cut(codes::TOO_MANY, detail);
        }
        manifests.truncate(MAX_MANIFESTS);
        if manifests.is_empty() {
            return self.ask_for_blobs(pinned);
        }
        let fetches = manifests.iter().map(|descriptor| {
            let selector = Selector::Digest(descriptor.digest.clone());
            let kept = self.kept(pinned);
            kept.fetch(kept.manifest(selector), MANIFEST_BYTES)
        });
        let fetches = fetches.collect();
        self.state = State::Manifests(manifests);
        Err(Halt::Wants(fetches))
    }

    fn manifest(&mut self, pinned: &Pinned, descriptor: &Descriptor, answer: CheckedAnswer) {
        let selector = Selector::Digest(descriptor.digest.clone());
        let resource = self.kept(pinned).manifest(selector);
        let Some(subject) = self.subject.clone() else {
            return;
        };
        match answer.map(|manifest| referring(&manifest, &subject)) {
            Ok(Ok(found)) => self.found(found, &resource.to_string()),
            // What is nothing of sigstore is shown elsewhere.
            Ok(Err(_)) if is_called_otherwise(descriptor) => {}
            Ok(Err(error)) => self.malformed(&resource, error.to_string()),
            Err(error) => self.problem(&resource, &error),
        }
    }

    fn found(&mut self, found: Found, place: &str) {
        let unreadable = found.unreadable;
        if unreadable > 0 {
            let detail = format!("{place}: {unreadable} of its layers cannot be read");
            self.cut(codes::BUNDLE_MALFORMED, detail);
        }
        for located in found.located {
            if !self.seen.insert(located.blob.digest.clone()) {
                continue;
            }
            if self.shown.len() == MAX_SHOWN {
                // Once, whatever the other places have.
                if !std::mem::replace(&mut self.is_full, true) {
                    let detail = format!(
                        "there are more than {MAX_SHOWN} signatures and attestations, and the others are not shown"
                    );
                    self.cut(codes::TOO_MANY, detail);
                }
                return;
            }
            self.shown.push(Shown::at(place.to_owned(), located));
        }
    }

    fn ask_for_blobs(&mut self, pinned: &Pinned) -> Progress<()> {
        let (mut wanted, mut fetches) = (Vec::new(), Vec::new());
        let mut all = std::mem::take(&mut self.shown);
        for (place, shown) in all.iter_mut().enumerate() {
            let located = shown.located.clone();
            match usize::try_from(located.blob.size) {
                Ok(size) if size <= BLOB_BYTES => {
                    let kept = self.kept(pinned);
                    fetches.push(kept.fetch(kept.blob(&located.blob.digest), size));
                    wanted.push((place, located));
                }
                _ => shown.unreadable = Some(format!("it is larger than {BLOB_BYTES} bytes")),
            }
        }
        self.shown = all;
        if wanted.is_empty() {
            return Ok(());
        }
        self.state = State::Blobs(wanted);
        Err(Halt::Wants(fetches))
    }

    fn blob(&mut self, pinned: &Pinned, place: usize, located: &Located, answer: CheckedAnswer) {
        let read = match answer {
            Ok(found) => candidate(located, found.into_fetched().bytes),
            Err(error) => {
                let resource = self.kept(pinned).blob(&located.blob.digest);
                self.problem(&resource, &error);
                Err(Rejection::from_fetch(&resource, &error))
            }
        };
        if let Some(shown) = self.shown.get_mut(place) {
            match read {
                Ok(candidate) => shown.claims(&candidate, pinned.digest()),
                Err(rejection) => shown.unreadable = Some(rejection.to_string()),
            }
        }
    }
}

impl Session<()> for SigstoreSurvey {
    fn scheme(&self) -> Scheme {
        Scheme::SIGSTORE
    }

    fn advance(&mut self, answers: Vec<CheckedAnswer>, _: &mut Meter) -> Step<()> {
        self.step(answers).into()
    }
}

impl SurveySession for SigstoreSurvey {
    fn section(&mut self, ended: Result<(), Rejection>) -> Section {
        let mut section = Section::new(Scheme::SIGSTORE);
        let shown = std::mem::take(&mut self.shown);
        if !shown.is_empty() {
            section.summary = vec![shown::count(&shown)];
            section.parts = shown::parts(&shown);
            section.unverified = Some("anyone who can push to the repository can claim anything");
        }
        for problem in std::mem::take(&mut self.problems) {
            section.problem(problem);
        }
        section.is_incomplete |= self.is_cut;
        if let Err(rejection) = ended {
            section.problem(Problem::from(&rejection));
            section.is_incomplete = true;
        }
        let items = shown.into_iter().map(|one| Item::new(one.published()));
        section.lists.push(("sigstore", items.collect()));
        section
    }
}
