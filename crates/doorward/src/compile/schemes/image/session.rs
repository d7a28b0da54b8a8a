//! Reading what an image says about itself: its manifest, that of each platform, and their configurations.

use std::collections::BTreeSet;
use std::sync::Arc;

use doorward_core::{
    Check, CheckedAnswer, Descriptor, Digest, DocumentError, Evidence, Fetch, Halt,
    ImageConfiguration, Index, Manifest, Meter, Pinned, Progress, Proof, Rejection, Resource,
    Scheme, Selector, Session, Step, Timestamp, Witness,
};

use super::rules::Rules;
use super::{IMAGE, codes};
use crate::resolve::MAX_MANIFEST;

/// The most platforms of an index that are looked at. Images of the field have up to a dozen.
const MAX_PLATFORMS: usize = 24;
/// The largest configuration. Those of the field have some ten KiB.
const MAX_CONFIGURATION: usize = 1 << 20;
/// The name of a platform that is none: builders keep statements about images beside them in an index.
const UNKNOWN: &str = "unknown";

/// Reads an image and judges every platform of it: which one runs is chosen by the node.
#[derive(Debug)]
pub(super) struct ImageSession {
    pinned: Pinned,
    rules: Arc<Rules>,
    now: Timestamp,
    state: State,
}

#[derive(Debug)]
enum State {
    Start,
    /// The manifest of the image was asked for.
    Image,
    /// The manifests of platforms were asked for.
    Platforms(Vec<Digest>),
    /// Configurations were asked for.
    Configurations(Vec<Manifest>),
    Over,
}

impl ImageSession {
    pub(super) const fn new(pinned: Pinned, rules: Arc<Rules>, now: Timestamp) -> Self {
        Self {
            pinned,
            rules,
            now,
            state: State::Start,
        }
    }

    fn start(&mut self) -> Progress<Proof> {
        let fetch = self.manifest(self.pinned.digest());
        self.state = State::Image;
        Err(Halt::Wants(vec![fetch]))
    }

    fn image(&mut self, answers: Vec<CheckedAnswer>) -> Progress<Proof> {
        let answer = answers.into_iter().next();
        let fetch = self.manifest(self.pinned.digest());
        let found = answer
            .ok_or_else(Rejection::out_of_step)?
            .map_err(|error| Rejection::from_fetch(&fetch.resource, &error))?;
        let served = found.media_type.as_ref();
        let index = match Manifest::parse(&found.bytes, served) {
            Ok(manifest) => return self.ask_configurations(vec![manifest]),
            // No document is both.
            Err(DocumentError::Kind { .. }) => {
                Index::parse(&found.bytes, served).map_err(|error| invalid(&error))?
            }
            Err(error) => return Err(invalid(&error).into()),
        };
        let platforms = platforms(&index)?;
        let fetches = platforms.iter().map(|it| self.manifest(it)).collect();
        self.state = State::Platforms(platforms);
        Err(Halt::Wants(fetches))
    }

    fn platforms(&mut self, asked: &[Digest], answers: Vec<CheckedAnswer>) -> Progress<Proof> {
        all_answered(asked.len(), &answers)?;
        let mut manifests = Vec::new();
        for (digest, answer) in asked.iter().zip(answers) {
            let fetch = self.manifest(digest);
            let found = answer.map_err(|error| Rejection::from_fetch(&fetch.resource, &error))?;
            let manifest = Manifest::parse(&found.bytes, found.media_type.as_ref());
            manifests.push(manifest.map_err(|error| invalid(&error))?);
        }
        self.ask_configurations(manifests)
    }

    fn ask_configurations(&mut self, manifests: Vec<Manifest>) -> Progress<Proof> {
        for manifest in &manifests {
            let kind = &manifest.config.media_type;
            if !ImageConfiguration::is_of(kind) {
                let detail = format!("it has a {kind} where an image has its configuration");
                return Err(Rejection::new(codes::NO_CONFIGURATION, detail).into());
            }
        }
        let fetches = manifests
            .iter()
            .map(|manifest| self.configuration(&manifest.config))
            .collect();
        self.state = State::Configurations(manifests);
        Err(Halt::Wants(fetches))
    }

    fn configurations(
        &self,
        manifests: &[Manifest],
        answers: Vec<CheckedAnswer>,
    ) -> Progress<Proof> {
        all_answered(manifests.len(), &answers)?;
        let mut until: Option<Timestamp> = None;
        for (manifest, answer) in manifests.iter().zip(answers) {
            let resource = self.configuration(&manifest.config).resource;
            let found = answer.map_err(|error| Rejection::from_fetch(&resource, &error))?;
            let read = ImageConfiguration::parse(&found.bytes).map_err(|error| invalid(&error))?;
            let judged = self.rules.judge(manifest, &read, self.now);
            judged.map_err(|rejection| match manifests {
                [_] => rejection,
                _ => rejection.adding(&format!(
                    "so says the platform {}/{}",
                    read.platform.os, read.platform.architecture
                )),
            })?;
            let ends = read.created.and_then(|created| self.rules.until(created));
            until = [until, ends].into_iter().flatten().min();
        }
        Ok(Proof::of(&Told {
            digest: self.pinned.digest().clone(),
            checks: self.rules.checks(),
            until,
        }))
    }

    fn manifest(&self, digest: &Digest) -> Fetch {
        let resource = Resource::Manifest {
            repository: self.pinned.repository().clone(),
            selector: Selector::Digest(digest.clone()),
        };
        Fetch::new(resource, MAX_MANIFEST)
    }

    fn configuration(&self, config: &Descriptor) -> Fetch {
        let resource = Resource::Blob {
            repository: self.pinned.repository().clone(),
            digest: config.digest.clone(),
        };
        Fetch::new(resource, MAX_CONFIGURATION)
    }
}

/// That no platform goes unjudged because nothing was answered about it.
fn all_answered(asked: usize, answers: &[CheckedAnswer]) -> Result<(), Rejection> {
    if asked == answers.len() {
        return Ok(());
    }
    Err(Rejection::out_of_step())
}

/// The manifests that a node may choose among, each once.
fn platforms(index: &Index) -> Result<Vec<Digest>, Rejection> {
    let mut found = BTreeSet::new();
    for entry in index.manifests.entries() {
        let descriptor = entry.as_ref().map_err(invalid)?;
        let is_none = descriptor
            .platform
            .as_ref()
            .is_some_and(|it| it.os == UNKNOWN && it.architecture == UNKNOWN);
        if !is_none {
            found.insert(descriptor.digest.clone());
        }
    }
    if found.len() > MAX_PLATFORMS {
        let detail = format!(
            "it has {} platforms; {MAX_PLATFORMS} are looked at",
            found.len()
        );
        return Err(Rejection::new(codes::TOO_MANY_PLATFORMS, detail));
    }
    if found.is_empty() {
        let detail = "it is an index without a platform";
        return Err(Rejection::new(codes::CONFIGURATION_INVALID, detail));
    }
    Ok(found.into_iter().collect())
}

fn invalid(error: &impl ToString) -> Rejection {
    Rejection::new(codes::CONFIGURATION_INVALID, error.to_string())
}

impl Session for ImageSession {
    fn scheme(&self) -> Scheme {
        IMAGE
    }

    fn advance(&mut self, answers: Vec<CheckedAnswer>, _: &mut Meter) -> Step {
        let next = match std::mem::replace(&mut self.state, State::Over) {
            State::Start => self.start(),
            State::Image => self.image(answers),
            State::Platforms(asked) => self.platforms(&asked, answers),
            State::Configurations(manifests) => self.configurations(&manifests, answers),
            State::Over => Err(Rejection::out_of_step().into()),
        };
        next.map_err(|halt| match halt {
            Halt::Refused(rejection) => rejection.in_scheme(IMAGE).into(),
            wants @ Halt::Wants(_) => wants,
        })
        .into()
    }
}

/// That an image says of every platform what it must. Nobody vouches for it by this.
#[derive(Debug)]
struct Told {
    digest: Digest,
    checks: Vec<Check>,
    until: Option<Timestamp>,
}

impl Witness for Told {
    fn scheme(&self) -> Scheme {
        IMAGE
    }

    fn digest(&self) -> &Digest {
        &self.digest
    }

    fn evidence(&self) -> Vec<Evidence> {
        Vec::new()
    }

    fn checks(&self) -> Vec<Check> {
        self.checks.clone()
    }

    fn valid_until(&self) -> Option<Timestamp> {
        self.until
    }
}
