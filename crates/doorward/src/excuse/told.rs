//! Why exceptions that are for an image do not count.

use doorward_core::{Class, Code, Digest};
use doorward_policy::{Exception, Standing};

use super::reasons::listed;
use crate::note::Note;
use crate::rule::Rule;

/// The most notes about exceptions beside one refusal.
const MOST: usize = 4;

/// Each once, and few: a namespace can have many exceptions for an image.
pub(super) fn few(notes: Vec<Note>) -> Vec<Note> {
    let mut kept: Vec<Note> = Vec::new();
    for note in notes {
        if kept.len() < MOST && !kept.contains(&note) {
            kept.push(note);
        }
    }
    kept
}

/// That it is not in force.
pub(super) fn standing(exception: &Exception<'_>, standing: Standing) -> Note {
    let (title, until) = (exception.object.title(), exception.terms.until);
    match standing {
        Standing::Ended => {
            let text = format!("{title} ended at {until}");
            Note::exception(Code::EXCEPTION_ENDED, text)
        }
        Standing::TooLong(most) => {
            let text = format!(
                "{title} lasts until {until}, and may last until {most}; so it counts for nothing"
            );
            Note::exception(Code::EXCEPTION_TOO_LONG, text)
        }
        Standing::Unknown(missing) => {
            let text = format!("whether {title} is for the workload cannot be told: {missing}");
            Note::exception(Code::EXCEPTION_UNKNOWN, text)
        }
        // One in force is not asked about here; any other that may come counts for nothing.
        Standing::InForce | _ => {
            let text = format!("{title} does not count");
            Note::exception(Code::EXCEPTION_INCOMPLETE, text)
        }
    }
}

pub(super) fn not_allowed(exception: &Exception<'_>, rule: &Rule) -> Note {
    let text = format!(
        "{} is for the image, and {rule} allows no {}",
        exception.object.title(),
        exception.object.kind
    );
    Note::exception(Code::EXCEPTION_NOT_ALLOWED, text)
}

pub(super) fn incomplete(exception: &Exception<'_>, left: &[Code]) -> Note {
    let never = left.iter().any(|code| code.class() != Class::Untrusted);
    let more = if never {
        ", of which no exception covers some"
    } else {
        ""
    };
    let text = format!(
        "{} does not cover {}{more}",
        exception.object.title(),
        listed(left)
    );
    Note::exception(Code::EXCEPTION_INCOMPLETE, text)
}

pub(super) fn no_digest(exception: &Exception<'_>) -> Note {
    let text = format!(
        "{} is for the image, and its digest is not known, so nothing could be pinned",
        exception.object.title()
    );
    Note::exception(Code::EXCEPTION_UNKNOWN, text)
}

pub(super) fn another_digest(exception: &Exception<'_>, digest: &Digest, other: &Digest) -> Note {
    let text = format!(
        "{} does not count: the image resolves to {digest}, and what was verified of it is {other}",
        exception.object.title()
    );
    Note::exception(Code::EXCEPTION_INCOMPLETE, text)
}
