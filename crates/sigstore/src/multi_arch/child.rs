//! One manifest that an index lists.

use std::collections::BTreeSet;

use doorward_core::text::one_line;
use doorward_core::{
    CheckedAnswer, Code, Descriptor, Digest, Fetch, FetchError, Index, Listed, Manifest, Meter,
    Pinned, Platform, Proof, Rejection, Resource, Scheme, Session, Step,
};

use super::about;
use crate::kept::{Kept, LIST_BYTES};
use crate::{SessionInput, SigstoreSession, codes};

/// The annotation by which BuildKit says what an entry is that is no platform.
const REFERENCE_TYPE: &str = "vnd.docker.reference.type";
/// Its value for attestations.
const ATTESTATION: &str = "attestation-manifest";
/// The annotation with the digest of the manifest that an attestation is about.
const REFERENCE_DIGEST: &str = "vnd.docker.reference.digest";
/// The name of a platform that no node has.
const UNKNOWN: &str = "unknown";
/// What the layers of an attestation are: statements, which no runtime unpacks.
const STATEMENT: &str = "application/vnd.in-toto+json";
/// The longest name of a platform that is shown.
const MAX_SHOWN: usize = 64;

/// One manifest that an index lists, and what is known of it.
#[derive(Debug)]
pub(super) struct Child {
    digest: Digest,
    /// What it is called for people.
    platform: String,
    is_index: bool,
    state: State,
    waits: usize,
}

#[derive(Debug)]
enum State {
    /// Its list says that it is an attestation beside a platform, and a runtime can choose it for no node.
    Claimed,
    /// It holds statements and nothing that could run.
    Attestation,
    /// Its signatures are looked for.
    Sought(Box<SigstoreSession>),
    Over(Result<Proof, Rejection>),
}

/// The manifest itself, which is where the reference says.
pub(super) fn manifest(pinned: &Pinned) -> Resource {
    Kept::of(pinned, None).image()
}

impl Child {
    /// What an index lists, each digest once.
    ///
    /// # Errors
    /// If an entry cannot be read: nobody knows what a runtime makes of it.
    pub(super) fn listed(index: &Index, input: &SessionInput) -> Result<Vec<Self>, String> {
        let mut descriptors = Vec::new();
        for listed in index.manifests.listed() {
            match listed {
                Listed::Named(descriptor) => descriptors.push(descriptor),
                Listed::Unreadable { error, .. } => {
                    return Err(format!("one of its entries cannot be read: {error}"));
                }
                _ => return Err("one of its entries is of a form that is not known".to_owned()),
            }
        }
        // A digest that stands twice may stand there once as something that runs.
        let runs: BTreeSet<&Digest> = descriptors
            .iter()
            .filter(|one| !is_claimed(one))
            .map(|one| &one.digest)
            .collect();
        let mut seen = BTreeSet::new();
        let mut children = Vec::new();
        for descriptor in &descriptors {
            if !seen.insert(&descriptor.digest) {
                continue;
            }
            let about_one = descriptor
                .annotations
                .get(REFERENCE_DIGEST)
                .is_some_and(|about| runs.iter().any(|digest| digest.as_str() == about));
            let is_claimed = about_one && !runs.contains(&descriptor.digest);
            children.push(Self {
                digest: descriptor.digest.clone(),
                platform: shown(descriptor.platform.as_ref()),
                is_index: descriptor.media_type.is_index(),
                state: match is_claimed {
                    true => State::Claimed,
                    false => State::sought(input, &descriptor.digest),
                },
                waits: 0,
            });
        }
        Ok(children)
    }

    /// How many answers it waits for.
    pub(super) const fn waits(&self) -> usize {
        self.waits
    }

    /// Whether nothing of it can run.
    pub(super) const fn is_attestation(&self) -> bool {
        matches!(self.state, State::Attestation)
    }

    /// What came of looking for its signatures, once that is over.
    pub(super) const fn result(&self) -> Option<Result<&Proof, &Rejection>> {
        match &self.state {
            State::Over(result) => Some(result.as_ref()),
            State::Claimed | State::Attestation | State::Sought(_) => None,
        }
    }

    /// What it is, for people: such as "the manifest for linux/amd64 (sha256:…)".
    pub(super) fn title(&self) -> String {
        let noun = if self.is_index { "index" } else { "manifest" };
        format!("the {noun} for {} ({})", self.platform, self.digest)
    }

    /// The platform alone.
    pub(super) fn platform(&self) -> &str {
        &self.platform
    }

    /// Takes the answers that it waits for, and says what it wants next; nothing once it is over.
    ///
    /// # Errors
    /// Only that the budget is used up, which is that of all.
    pub(super) fn advance(
        &mut self,
        mut answers: Vec<CheckedAnswer>,
        input: &SessionInput,
        meter: &mut Meter,
    ) -> Result<Vec<Fetch>, Rejection> {
        let pinned = Pinned::new(input.pinned.repository().clone(), self.digest.clone());
        if matches!(self.state, State::Claimed) {
            if self.waits == 0 {
                self.waits = 1;
                return Ok(vec![Fetch::new(manifest(&pinned), LIST_BYTES)]);
            }
            self.waits = 0;
            let answer = answers.pop().ok_or_else(Rejection::out_of_step)?;
            self.state = match answer {
                Ok(found) if holds_statements_alone(&found) => State::Attestation,
                // It is what its list says it is not, so it must be signed like all others.
                Ok(_) => State::sought(input, &self.digest),
                Err(error) => {
                    let rejection = Rejection::from_fetch(&manifest(&pinned), &error);
                    State::Over(Err(self.refused(rejection, input)))
                }
            };
            answers = Vec::new();
        }
        let State::Sought(session) = &mut self.state else {
            return Ok(Vec::new());
        };
        match session.advance(answers, meter) {
            Step::Fetch(fetches) => {
                self.waits = fetches.len();
                Ok(fetches)
            }
            Step::Done(Err(rejection)) if rejection.code() == Code::BUDGET_EXCEEDED => {
                Err(rejection)
            }
            Step::Done(result) => {
                self.waits = 0;
                let result = result.map_err(|rejection| self.refused(rejection, input));
                self.state = State::Over(result);
                Ok(Vec::new())
            }
        }
    }

    /// Says of a refusal which manifest it is about. One that the registry does not have is no platform that can run, and
    /// nobody knows what it would be.
    fn refused(&self, rejection: Rejection, input: &SessionInput) -> Rejection {
        let index = input.pinned.digest();
        let is_gone = matches!(
            rejection.fetch_error(),
            Some(FetchError::NotFound | FetchError::NotInLayout { .. })
        );
        let title = self.title();
        if is_gone && rejection.code() == Code::REGISTRY_NOT_FOUND {
            let detail =
                format!("the index {index} lists {title}, and the registry does not have it");
            return Rejection::new(codes::CHILD_MISSING, detail).in_scheme(Scheme::SIGSTORE);
        }
        let detail = format!("{title}, which the index {index} lists: {rejection}");
        rejection.with_detail(detail)
    }
}

impl State {
    fn sought(input: &SessionInput, digest: &Digest) -> Self {
        let pinned = Pinned::new(input.pinned.repository().clone(), digest.clone());
        Self::Sought(Box::new(SigstoreSession::new(about(input, pinned))))
    }
}

/// Whether an entry says that it is an attestation, and is for a platform that no node has.
///
/// What an index says of its entries is not signed. An attacker who calls an image an attestation must not have it passed
/// over, so that a runtime chooses it all the same: one for a platform of nodes, or for none, is never passed over, and of the
/// others only those that [hold statements alone](holds_statements_alone).
fn is_claimed(descriptor: &Descriptor) -> bool {
    let says = |annotation: &str, value: &str| {
        let found = descriptor.annotations.get(annotation);
        found.is_some_and(|found| found == value)
    };
    let is_nowhere = descriptor.platform.as_ref().is_some_and(|platform| {
        platform.os == UNKNOWN && platform.architecture == UNKNOWN && platform.variant.is_none()
    });
    says(REFERENCE_TYPE, ATTESTATION) && is_nowhere && !descriptor.media_type.is_index()
}

/// Whether a manifest has layers, each of which is a statement: nothing of it can run.
fn holds_statements_alone(found: &doorward_core::Checked) -> bool {
    let Ok(read) = Manifest::parse(&found.bytes, found.media_type.as_ref()) else {
        return false;
    };
    let layers = read.layers.entries();
    let is_statement = |layer: &Result<Descriptor, _>| {
        layer
            .as_ref()
            .is_ok_and(|layer| layer.media_type.as_str() == STATEMENT)
    };
    !layers.is_empty() && layers.iter().all(is_statement)
}

fn shown(platform: Option<&Platform>) -> String {
    let Some(platform) = platform else {
        return "no platform".to_owned();
    };
    let variant = platform.variant.as_deref();
    let parts = [
        Some(platform.os.as_str()),
        Some(&platform.architecture),
        variant,
    ];
    let parts: Vec<&str> = parts.into_iter().flatten().collect();
    one_line(&parts.join("/"), MAX_SHOWN)
}
