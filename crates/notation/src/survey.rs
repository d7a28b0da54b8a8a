//! What refers to an image, for showing: signatures, and what else is attached, with the signatures on that.

mod found;
mod shown;

use std::collections::BTreeSet;

use doorward_core::{
    CheckedAnswer, Descriptor, Digest, Fetch, FetchError, Halt, Index, Item, MediaType, Meter,
    Pinned, Problem, Progress, Referrer, Rejection, Resource, Scheme, Section, Selector, Session,
    Step, SurveySession,
};

use self::found::Node;
use crate::Envelope;
use crate::codes;
use crate::discovery::{Located, SIGNATURE, locate};

/// The largest list of referrers, in bytes (OCI distribution specification, "Pushing Manifests").
const LIST_BYTES: usize = 4 << 20;
/// The largest manifest that is read. A usual one has one KiB.
const MANIFEST_BYTES: usize = 256 << 10;
/// The most that is shown. Images have some dozen referrers.
const MAX_NODES: usize = 64;
/// How deep it is followed: what refers to the image, to that, and once more.
const MAX_DEPTH: usize = 3;

/// What a survey looks at.
#[derive(Clone, Debug)]
pub struct SurveyInput {
    /// The image. Nothing is looked for without it.
    pub pinned: Option<Pinned>,
    /// Only what has this type is shown, with what it is attached to and what is attached to it.
    pub artifact_type: Option<MediaType>,
}

/// Reads what refers to an image, without verifying any of it.
#[derive(Debug)]
pub struct NotationSurvey {
    input: SurveyInput,
    has_begun: bool,
    pending: Vec<Want>,
    nodes: Vec<Node>,
    seen: BTreeSet<Digest>,
    problems: Vec<Problem>,
    /// Whether more was found than is shown.
    is_cut: bool,
}

/// Something that was asked for. Nodes are named by their place.
#[derive(Clone, Debug)]
enum Want {
    /// What refers to a node, or to the image.
    List {
        of: Option<usize>,
        digest: Digest,
    },
    Manifest {
        node: usize,
    },
    Envelope {
        node: usize,
        located: Located,
    },
}

impl NotationSurvey {
    /// A survey at its beginning.
    #[must_use]
    pub const fn new(input: SurveyInput) -> Self {
        Self {
            input,
            has_begun: false,
            pending: Vec::new(),
            nodes: Vec::new(),
            seen: BTreeSet::new(),
            problems: Vec::new(),
            is_cut: false,
        }
    }

    fn step(&mut self, answers: Vec<CheckedAnswer>) -> Progress<()> {
        let Some(pinned) = self.input.pinned.clone() else {
            return Ok(());
        };
        let mut next = Vec::new();
        if self.has_begun {
            for (want, answer) in std::mem::take(&mut self.pending).into_iter().zip(answers) {
                match want {
                    Want::List { of, digest } => {
                        self.listed(of, &digest, answer, &pinned, &mut next);
                    }
                    Want::Manifest { node } => self.manifest(node, answer, &pinned, &mut next),
                    Want::Envelope { node, located } => {
                        self.envelope(node, &located, answer, &pinned);
                    }
                }
            }
        } else {
            self.has_begun = true;
            next.push(Want::List {
                of: None,
                digest: pinned.digest().clone(),
            });
        }
        if next.is_empty() {
            return Ok(());
        }
        let fetches = next.iter().map(|want| self.fetch(want, &pinned)).collect();
        self.pending = next;
        Err(Halt::Wants(fetches))
    }

    fn fetch(&self, want: &Want, pinned: &Pinned) -> Fetch {
        let repository = pinned.repository().clone();
        match want {
            Want::List { digest, .. } => {
                let digest = digest.clone();
                Fetch::new(Resource::Referrers { repository, digest }, LIST_BYTES)
            }
            Want::Manifest { node } => {
                let digest = self
                    .nodes
                    .get(*node)
                    .map(|node| node.descriptor.digest.clone());
                let digest = digest.unwrap_or_else(|| pinned.digest().clone());
                let selector = Selector::Digest(digest);
                let resource = Resource::Manifest {
                    repository,
                    selector,
                };
                Fetch::new(resource, MANIFEST_BYTES)
            }
            Want::Envelope { located, .. } => {
                let digest = located.envelope.digest.clone();
                let resource = Resource::Blob { repository, digest };
                Fetch::new(resource, Envelope::MAX_BYTES)
            }
        }
    }

    fn problem(&mut self, want: &Want, pinned: &Pinned, error: &FetchError) {
        let resource = self.fetch(want, pinned).resource;
        let rejection = Rejection::from_fetch(&resource, error);
        self.problems.push(Problem::from(&rejection));
    }

    /// Takes a list. Each entry is a node, and its manifest is asked for.
    fn listed(
        &mut self,
        of: Option<usize>,
        digest: &Digest,
        answer: CheckedAnswer,
        pinned: &Pinned,
        next: &mut Vec<Want>,
    ) {
        let want = Want::List {
            of,
            digest: digest.clone(),
        };
        let list = answer.and_then(|list| {
            Index::parse_first(&list.bytes, list.media_type.as_ref()).map_err(|error| {
                FetchError::Malformed {
                    detail: error.to_string(),
                }
            })
        });
        let list = match list {
            Ok(list) => list,
            Err(error) => return self.problem(&want, pinned, &error),
        };
        self.is_cut |= list.incomplete().is_some();
        let depth = of
            .and_then(|of| self.nodes.get(of))
            .map_or(0, |node| node.depth + 1);
        for descriptor in list.manifests.readable() {
            if !self.seen.insert(descriptor.digest.clone()) {
                continue;
            }
            if self.nodes.len() == MAX_NODES {
                self.is_cut = true;
                return;
            }
            let node = self.nodes.len();
            self.nodes.push(Node::listed(descriptor.clone(), of, depth));
            if descriptor.media_type == MediaType::ORAS_ARTIFACT {
                self.note(node, found::ORAS.to_owned());
            } else {
                next.push(Want::Manifest { node });
            }
        }
    }

    fn note(&mut self, node: usize, why: String) {
        if let Some(node) = self.nodes.get_mut(node) {
            node.unreadable = Some(why);
        }
    }

    /// What the manifest of a node must refer to, as far as it is known.
    fn subject_of(&self, node: usize) -> Option<Descriptor> {
        let of = self.nodes.get(node)?.of?;
        Some(self.nodes.get(of)?.descriptor.clone())
    }

    /// Takes the manifest of a node: what it is by its own word, and what to ask for next.
    fn manifest(
        &mut self,
        node: usize,
        answer: CheckedAnswer,
        pinned: &Pinned,
        next: &mut Vec<Want>,
    ) {
        let manifest = match answer {
            Ok(manifest) => manifest,
            Err(error) => {
                self.problem(&Want::Manifest { node }, pinned, &error);
                return self.note(node, error.to_string());
            }
        };
        let digest = match self.nodes.get(node) {
            Some(node) => node.descriptor.digest.clone(),
            None => return,
        };
        let of_image = pinned.digest();
        let subject = self.subject_of(node);
        let read = Referrer::of_anything(&manifest.bytes, manifest.media_type.as_ref());
        let (subject_read, referrer) = match read {
            Ok(read) => read,
            Err(error) => return self.note(node, error.to_string()),
        };
        let expected = subject.as_ref().map_or(of_image, |subject| &subject.digest);
        if subject_read.digest != *expected {
            let why = format!(
                "it refers to {}, though it is listed here",
                subject_read.digest
            );
            return self.note(node, why);
        }
        let is_signature = referrer.artifact_type.as_ref() == Some(&SIGNATURE);
        let depth = match self.nodes.get_mut(node) {
            Some(found) => {
                found.artifact_type.clone_from(&referrer.artifact_type);
                found.depth
            }
            None => return,
        };
        if is_signature {
            match locate(&manifest, &digest, &subject_read) {
                Ok(located) => next.push(Want::Envelope { node, located }),
                Err(why) => {
                    let detail = format!("signature {digest}: {}", why.detail());
                    let rejection = Rejection::new(codes::MANIFEST_INVALID, detail);
                    self.note(node, rejection.to_string());
                }
            }
        } else if depth + 1 < MAX_DEPTH {
            next.push(Want::List {
                of: Some(node),
                digest,
            });
        }
    }

    fn envelope(&mut self, node: usize, located: &Located, answer: CheckedAnswer, pinned: &Pinned) {
        let found = match answer {
            Ok(found) => found,
            Err(error) => {
                let want = Want::Envelope {
                    node,
                    located: located.clone(),
                };
                self.problem(&want, pinned, &error);
                return self.note(node, error.to_string());
            }
        };
        let subject = self
            .subject_of(node)
            .map_or_else(|| pinned.digest().clone(), |subject| subject.digest);
        match Envelope::parse(located.envelope.media_type.as_str(), &found.bytes) {
            Ok(envelope) => {
                if let Some(node) = self.nodes.get_mut(node) {
                    node.signature = Some(found::Unverified::of(&envelope, &subject));
                }
            }
            Err(error) => self.note(node, error.to_string()),
        }
    }
}

impl Session<()> for NotationSurvey {
    fn scheme(&self) -> Scheme {
        Scheme::NOTATION
    }

    fn advance(&mut self, answers: Vec<CheckedAnswer>, _: &mut Meter) -> Step<()> {
        self.step(answers).into()
    }
}

impl SurveySession for NotationSurvey {
    fn section(&mut self, ended: Result<(), Rejection>) -> Section {
        let mut section = Section::new(Scheme::NOTATION);
        let mut nodes = std::mem::take(&mut self.nodes);
        if let Some(wanted) = &self.input.artifact_type {
            nodes = found::only(nodes, wanted);
        }
        section.summary = vec![shown::count(&nodes)];
        section.parts = shown::parts(&nodes);
        if nodes.iter().any(|node| node.signature.is_some()) {
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
        let referrers = nodes.into_iter().map(|node| Item::new(node.published()));
        section.lists.push(("referrers", referrers.collect()));
        section
    }
}
