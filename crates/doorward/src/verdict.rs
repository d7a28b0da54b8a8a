//! Verdicts: what was decided about an image, and why.

use doorward_core::{
    Check, Class, Code, Digest, Evidence, Expiry, Pinned, Reference, Rejection, Scheme, Timestamp,
};
use doorward_policy::{Holder, Mode};

use crate::admission::Ruling;
use crate::decision::Decision;
use crate::excuse::UsedException;
use crate::note::Note;
use crate::rule::Rule;

/// How a requirement ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum RequirementOutcome {
    /// It was met.
    Pass,
    /// It was not met.
    Fail,
    /// It could not be judged.
    Unavailable,
    /// It was not tried, because it could no longer decide.
    Skipped,
}

/// What came of one requirement.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Requirement {
    /// The scheme.
    pub scheme: Scheme,
    /// How it ended.
    pub outcome: RequirementOutcome,
    /// Why it was not met.
    pub rejection: Option<Rejection>,
    /// The checks that were made.
    pub checks: Vec<Check>,
    /// Who signed.
    pub evidence: Vec<Evidence>,
}

impl Requirement {
    pub(crate) fn failed(scheme: Scheme, rejection: Rejection) -> Self {
        Self {
            scheme,
            outcome: if rejection.class() == Class::Unavailable {
                RequirementOutcome::Unavailable
            } else {
                RequirementOutcome::Fail
            },
            checks: rejection.checks().to_vec(),
            rejection: Some(rejection),
            evidence: Vec::new(),
        }
    }

    pub(crate) const fn skipped(scheme: Scheme) -> Self {
        Self {
            scheme,
            outcome: RequirementOutcome::Skipped,
            rejection: None,
            checks: Vec::new(),
            evidence: Vec::new(),
        }
    }
}

/// What a decision cost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Cost {
    /// Resources asked for.
    pub fetches: usize,
    /// Bytes received.
    pub bytes: usize,
    /// Public-key verifications.
    pub signatures: usize,
    /// Groups of fetches that went out one after another. Connecting, pinging and tokens are not counted.
    pub flights: usize,
    /// Whether the signatures were verified earlier and the proof remembered.
    pub cached: bool,
}

/// What was decided about one image.
///
/// Only an [`Engine`](crate::Engine) makes verdicts.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub struct Verdict {
    pub(crate) image: String,
    pub(crate) reference: Option<Reference>,
    pub(crate) ruling: Ruling,
    pub(crate) digest: Option<Digest>,
    pub(crate) rules: Vec<Rule>,
    /// The entries that want the pin in Pods, and in what they are made from.
    pub(crate) insisting: [Option<Rule>; 2],
    /// Whether anything was found not to be intact, or the program is at fault.
    pub(crate) is_tampered: bool,
    pub(crate) exceptions: Vec<UsedException>,
    pub(crate) requirements: Vec<Requirement>,
    pub(crate) expiries: Vec<(Scheme, Expiry)>,
    /// The first seconds in which something that it rests on no longer counts.
    pub(crate) ends: Vec<Timestamp>,
    pub(crate) notes: Vec<Note>,
    pub(crate) cost: Cost,
}

impl Verdict {
    /// A refusal before any rule was found.
    pub(crate) fn refused(image: &str, reference: Option<Reference>, rejection: Rejection) -> Self {
        Self {
            image: image.to_owned(),
            reference,
            is_tampered: matches!(rejection.class(), Class::Integrity | Class::Internal),
            ruling: Ruling::refused(rejection),
            digest: None,
            rules: Vec::new(),
            insisting: [None, None],
            exceptions: Vec::new(),
            requirements: Vec::new(),
            expiries: Vec::new(),
            ends: Vec::new(),
            notes: Vec::new(),
            cost: Cost::default(),
        }
    }

    /// The image as it was written.
    #[must_use]
    pub fn image(&self) -> &str {
        &self.image
    }

    /// The image as a normalised reference, if it parsed.
    #[must_use]
    pub const fn reference(&self) -> Option<&Reference> {
        self.reference.as_ref()
    }

    /// What happens to the image.
    #[must_use]
    pub const fn decision(&self) -> Decision {
        self.ruling.decision()
    }

    /// The mode of the entry that decided; where none failed, the strictest of all.
    #[must_use]
    pub const fn mode(&self) -> Mode {
        self.ruling.mode()
    }

    /// Why the image failed: present unless the decision is [`Decision::Allow`].
    #[must_use]
    pub const fn rejection(&self) -> Option<&Rejection> {
        self.ruling.rejection()
    }

    /// The code of the rejection.
    #[must_use]
    pub fn code(&self) -> Option<Code> {
        self.rejection().map(Rejection::code)
    }

    /// The digest that the reference resolved to, verified or not.
    #[must_use]
    pub const fn digest(&self) -> Option<&Digest> {
        self.digest.as_ref()
    }

    /// The repository and digest that were verified: there if the image is admitted and any entry passed, whatever
    /// came of the others. Where none did and [exceptions](Self::exceptions) admit the image, what was looked at.
    #[must_use]
    pub fn pinned(&self) -> Option<&Pinned> {
        self.ruling.pinned()
    }

    /// What to replace the image by in a Pod: [`Verdict::pinned`], where an entry that passed asks for it.
    #[must_use]
    pub fn replacement(&self) -> Option<&Pinned> {
        self.replacement_in(Holder::Pod)
    }

    /// What to replace the image by in such a holder: [`Verdict::pinned`], where an entry that passed asks for it there.
    /// Where it is replaced in templates, it is in Pods.
    #[must_use]
    pub fn replacement_in(&self, holder: Holder) -> Option<&Pinned> {
        self.pinned()
            .filter(|_| self.insistence_in(holder).is_some())
    }

    /// Whether the tag stays beside the digest in such a holder, because an entry that asks for the replacement there
    /// says so. What is admitted is the digest, with or without it.
    #[must_use]
    pub fn keeps_tag_in(&self, holder: Holder) -> bool {
        let insistence = self.ruling.insistence(holder);
        insistence.is_some_and(|insistence| insistence.keeps_tag)
    }

    /// What becomes of a Pod that does not name the [replacement](Self::replacement) after it could have been
    /// changed: it is refused, its author is warned, or it is recorded, by the strictest of the entries that passed and
    /// ask for the replacement. One with `onUnavailable: warn` only warns, because the object may have been let through
    /// during an outage that is over now.
    #[must_use]
    pub fn insistence(&self) -> Option<Mode> {
        self.insistence_in(Holder::Pod)
    }

    /// The same of such a holder.
    #[must_use]
    pub fn insistence_in(&self, holder: Holder) -> Option<Mode> {
        let insistence = self.ruling.insistence(holder);
        insistence.map(|insistence| insistence.mode)
    }

    /// Whether an entry that enforces wants such a holder to name what was verified. Where nothing is stored that may date from
    /// an outage, as where an image is only asked about, it must.
    #[must_use]
    pub fn is_pin_enforced_in(&self, holder: Holder) -> bool {
        let insistence = self.ruling.insistence(holder);
        insistence.is_some_and(|insistence| insistence.is_enforced)
    }

    /// The entry that [`Verdict::insistence_in`] is of.
    #[must_use]
    pub const fn insisting_rule_in(&self, holder: Holder) -> Option<&Rule> {
        let [in_pods, in_templates] = &self.insisting;
        match holder {
            Holder::Pod => in_pods.as_ref(),
            Holder::Template => in_templates.as_ref(),
        }
    }

    /// The entries that govern the image, the deciding one first.
    #[must_use]
    pub fn rules(&self) -> &[Rule] {
        &self.rules
    }

    /// The exceptions that let the image run, one for each entry that would have refused it.
    #[must_use]
    pub fn exceptions(&self) -> &[UsedException] {
        &self.exceptions
    }

    /// What came of each requirement.
    #[must_use]
    pub fn requirements(&self) -> &[Requirement] {
        &self.requirements
    }

    /// What was relied on and will end, each with the scheme that relied on it: for those who watch that it is renewed
    /// in time. Also there if the image was refused.
    #[must_use]
    pub fn expiries(&self) -> &[(Scheme, Expiry)] {
        &self.expiries
    }

    /// The first seconds in which something that the verdict rests on no longer counts: a proof, an exception, or that an entry
    /// does not refuse yet. Something else may be decided from one of them on, or the same for another reason.
    pub(crate) fn ends(&self) -> impl Iterator<Item = Timestamp> {
        let relied = self.expiries.iter().map(|(_, expiry)| expiry.at);
        self.ends.iter().copied().chain(relied)
    }

    /// What people should know although it decided nothing, such as that a collection was met for the first time.
    #[must_use]
    pub fn notes(&self) -> &[Note] {
        &self.notes
    }

    /// What the decision cost.
    #[must_use]
    pub const fn cost(&self) -> Cost {
        self.cost
    }

    /// One line for people: what was decided and, if it was not allowed, why.
    #[must_use]
    pub fn message(&self) -> String {
        match (self.rejection(), self.pinned()) {
            (Some(rejection), _) => explain(rejection),
            (None, Some(pinned)) => format!("verified as {}", pinned.digest()),
            (None, None) => "the policy demands nothing of this image".to_owned(),
        }
    }
}

/// The rejection and what led to it, best explanation first, in one line.
fn explain(rejection: &Rejection) -> String {
    /// More causes than this are counted, not listed.
    const LISTED: usize = 3;
    let mut text = rejection.to_string();
    for cause in rejection.causes().iter().take(LISTED) {
        text.push_str("; ");
        text.push_str(&explain(cause));
    }
    if rejection.causes().len() > LISTED {
        text.push_str(&format!("; and {} more", rejection.causes().len() - LISTED));
    }
    text
}
