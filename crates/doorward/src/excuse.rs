//! What exceptions make of a refusal.
//!
//! They are asked only about what is refused without them, so none changes what is admitted anyway. An [`Excuse`] has no
//! other origin: it takes the place of a failure of one entry, and only where that entry allows the exception, every reason
//! for the failure is a code that the exception names, and the digest that was looked at is known.

mod reasons;
mod told;

use doorward_core::text::one_line;
use doorward_core::{Code, Digest, Fact, Rejection, Repository, Timestamp};
use doorward_policy::{Exception, ExceptionCode, Standing};

use crate::admission::Ruling;
use crate::decision::Decision;
use crate::note::Note;
use crate::outcome::Outcome;
use crate::plan::Governed;
use crate::rule::Rule;

pub(crate) use reasons::Reasons;

/// The most characters of a reason that somebody gave, in a sentence.
const MAX_REASON: usize = 256;

/// That an exception lets run what one entry refuses.
#[derive(Clone, Debug)]
pub(crate) struct Excuse {
    rejection: Rejection,
    digest: Digest,
}

impl Excuse {
    /// What is said of it. What the entry refuses for is the cause.
    pub(crate) const fn rejection(&self) -> &Rejection {
        &self.rejection
    }

    /// The digest that was looked at: nothing else runs.
    pub(crate) const fn digest(&self) -> &Digest {
        &self.digest
    }
}

/// An exception that let an image run.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
#[non_exhaustive]
pub struct UsedException {
    /// Its kind.
    pub kind: &'static str,
    /// Its namespace, if it is not of the cluster.
    pub namespace: Option<String>,
    /// Its name.
    pub name: String,
    /// It counts before this time.
    pub until: Timestamp,
    /// Why there is one.
    pub reason: String,
    /// Where more is written about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ticket: Option<String>,
    /// The entry that would have refused the image.
    pub rule: Rule,
    /// What it would have refused the image for.
    pub codes: Vec<&'static str>,
}

/// The exceptions for an image, and what they let run.
#[derive(Debug, Default)]
pub(crate) struct Excuses<'p> {
    /// Those that are for the image, whether or not they are in force.
    pub(crate) exceptions: Vec<Exception<'p>>,
    /// The digest that was looked at, if it is known.
    pub(crate) digest: Option<Digest>,
}

/// What a decision is with exceptions.
#[derive(Debug)]
pub(crate) struct Excused {
    pub(crate) ruling: Ruling,
    pub(crate) used: Vec<UsedException>,
    /// Why exceptions that are for the image do not count.
    pub(crate) notes: Vec<Note>,
}

impl Excuses<'_> {
    /// The ruling that the outcomes of all entries give, and if that is a refusal, the one that they give with these
    /// exceptions. `reasons` are those of each outcome.
    pub(crate) fn rule(
        &self,
        repository: &Repository,
        mut outcomes: Vec<(&Governed, Outcome)>,
        reasons: &[Reasons],
    ) -> Excused {
        let plain = |ruling, notes| Excused {
            ruling,
            used: Vec::new(),
            notes,
        };
        let ruling = Ruling::of(repository, &outcomes);
        if ruling.decision() != Decision::Deny || self.exceptions.is_empty() {
            return plain(ruling, Vec::new());
        }
        let mut used = Vec::new();
        let mut notes: Vec<Note> = Vec::new();
        let mut is_covered = true;
        for ((entry, outcome), reasons) in outcomes.iter_mut().zip(reasons) {
            let Outcome::Hard(failure) = outcome else {
                continue;
            };
            match self.find(entry, reasons) {
                Ok((exception, digest)) => {
                    used.push(used_exception(exception, entry, reasons));
                    *outcome = Outcome::Excused(Excuse {
                        rejection: said(exception, reasons, failure.clone()),
                        digest: digest.clone(),
                    });
                }
                Err(told) => {
                    is_covered = false;
                    notes.extend(told);
                }
            }
        }
        if !is_covered {
            return plain(ruling, told::few(notes));
        }
        let ruling = Ruling::of(repository, &outcomes);
        if ruling.decision() == Decision::Deny {
            // What other entries verified is another image.
            return plain(ruling, Vec::new());
        }
        Excused {
            ruling,
            used,
            notes: Vec::new(),
        }
    }

    /// The first exception that covers a failure of an entry, with the digest that it is for; or why none does.
    fn find(
        &self,
        entry: &Governed,
        reasons: &Reasons,
    ) -> Result<(&Exception<'_>, &Digest), Vec<Note>> {
        let mut notes = Vec::new();
        for exception in &self.exceptions {
            match self.objection(exception, entry, reasons) {
                Ok(digest) => return Ok((exception, digest)),
                Err(note) => notes.push(note),
            }
        }
        Err(notes)
    }

    /// Why an exception does not cover a failure of an entry, or the digest that it then is for.
    fn objection(
        &self,
        exception: &Exception<'_>,
        entry: &Governed,
        reasons: &Reasons,
    ) -> Result<&Digest, Note> {
        match exception.standing {
            Standing::InForce => {}
            ended => return Err(told::standing(exception, ended)),
        }
        if !entry.exceptions.allows(exception.object.kind) {
            return Err(told::not_allowed(exception, &entry.rule));
        }
        let left: Vec<Code> = reasons
            .codes()
            .filter(|code| !covers(&exception.terms.codes, *code))
            .collect();
        // An entry without a reason is not covered: there is no such failure.
        if !left.is_empty() || reasons.codes().next().is_none() {
            return Err(told::incomplete(exception, &left));
        }
        let Some(digest) = &self.digest else {
            return Err(told::no_digest(exception));
        };
        match reasons.proved().find(|proved| *proved != digest) {
            Some(other) => Err(told::another_digest(exception, digest, other)),
            None => Ok(digest),
        }
    }
}

fn covers(codes: &[ExceptionCode], code: Code) -> bool {
    codes.iter().any(|named| named.is(code))
}

/// What is said of a failure that an exception covers. The failure itself is the cause.
fn said(exception: &Exception<'_>, reasons: &Reasons, failure: Rejection) -> Rejection {
    let terms = exception.terms;
    let mut detail = format!(
        "{} lets the image run until {} although it is refused ({})",
        exception.object.title(),
        terms.until,
        reasons.listed()
    );
    if let Some(ticket) = &terms.ticket {
        detail.push_str(&format!("; ticket: {}", one_line(ticket, MAX_REASON)));
    }
    detail.push_str(&format!(
        "; reason: {}",
        one_line(&terms.reason, MAX_REASON)
    ));
    Rejection::new(Code::EXCEPTION_USED, detail)
        .with_fact(Fact::Time(terms.until))
        .with_causes(vec![failure])
}

fn used_exception(exception: &Exception<'_>, entry: &Governed, reasons: &Reasons) -> UsedException {
    let (object, terms) = (exception.object, exception.terms);
    UsedException {
        kind: object.kind.as_str(),
        namespace: object.namespace.clone(),
        name: object.name.clone(),
        until: terms.until,
        reason: terms.reason.clone(),
        ticket: terms.ticket.clone(),
        rule: entry.rule.clone(),
        codes: reasons.codes().map(Code::as_str).collect(),
    }
}

#[cfg(test)]
mod tests;
