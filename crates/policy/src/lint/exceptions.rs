//! What is risky about exceptions, or in vain.

use std::time::Duration;

use doorward_core::{Reference, Timestamp};

use super::ordered;
use super::selection::meet;
use crate::exception::{ExceptedImage, ExceptionTerms};
use crate::pattern::{canonical, matches_image};
use crate::{Diagnostic, ExceptionKind, ExceptionObject, LintCode, PolicyObject};

/// When an exception is said to end soon: three days before, a weekend and a day.
const SOON: i64 = 3 * 24 * 60 * 60;

/// The most pairs of an exception's images and entries that are compared. Beyond, findings may be missing.
const MOST_PAIRS: usize = 200_000;

/// Looks for what is risky about exceptions that can be read, or in vain, at `now`; and for those that last longer than
/// `longest`, which is an error. `policies` are all that apply: without one of them, an exception may look as if no entry
/// allowed it.
#[must_use]
pub fn lint_exceptions(
    exceptions: &[ExceptionObject],
    policies: &[PolicyObject],
    now: Timestamp,
    longest: Duration,
) -> Vec<Diagnostic> {
    let mut found: Vec<Diagnostic> = Vec::new();
    let mut pairs = 0;
    for exception in exceptions {
        found.extend(exception.notes.iter().cloned());
        let Ok(terms) = &exception.terms else {
            continue;
        };
        found.extend(time(exception, terms, now, longest));
        if !is_allowed(exception, terms, policies, &mut pairs) && pairs <= MOST_PAIRS {
            let message = format!(
                "no entry that allows {} governs what it is for, so it overrides nothing",
                exception.kind
            );
            let what = Diagnostic::new(LintCode::ExceptionWithoutEntry, message);
            found.push(what.at(&exception.source, exception.at));
        }
    }
    ordered(found)
}

fn time(
    exception: &ExceptionObject,
    terms: &ExceptionTerms,
    now: Timestamp,
    longest: Duration,
) -> Option<Diagnostic> {
    let longest = crate::exception::seconds(longest);
    let until = terms.until;
    let most = crate::exception::end(exception, now, longest);
    let (code, message) = if now >= until {
        let message = format!("it ended at {until} and overrides nothing");
        (LintCode::ExceptionEnded, message)
    } else if until > most {
        let message = format!(
            "it lasts until {until} and may last for {} hours, that is until {most}; so it overrides nothing",
            longest / 3600
        );
        (LintCode::ExceptionTooLong, message)
    } else if until.since(now) <= SOON {
        let message = format!("it ends at {until}");
        (LintCode::ExceptionEnding, message)
    } else {
        return None;
    };
    let found = Diagnostic::new(code, message).at(&exception.source, terms.until_at);
    Some(found.in_field("spec.until"))
}

/// Whether an entry that may govern an image of the exception allows it.
fn is_allowed(
    exception: &ExceptionObject,
    terms: &ExceptionTerms,
    policies: &[PolicyObject],
    pairs: &mut usize,
) -> bool {
    let home = exception.home();
    let reaches = |policy: &&PolicyObject| match exception.kind {
        ExceptionKind::ClusterImageException => true,
        ExceptionKind::ImageException => policy.home().is_none() || policy.home() == home,
    };
    let entries = policies
        .iter()
        .filter(reaches)
        .flat_map(PolicyObject::entries);
    let mut allowing =
        entries.filter(|(_, body)| body.is_ok_and(|body| body.exceptions.allows(exception.kind)));
    allowing.any(|(pattern, _)| {
        terms.images.iter().any(|image| {
            *pairs += 1;
            *pairs <= MOST_PAIRS && governs(pattern, image)
        })
    })
}

fn governs(pattern: &str, image: &ExceptedImage) -> bool {
    match image {
        ExceptedImage::Digest(..) => {
            let image = image.to_string().parse::<Reference>();
            image.is_ok_and(|image| {
                let name = image.repository().to_string();
                matches_image(pattern, &image) || meet(&canonical(pattern), &name)
            })
        }
        ExceptedImage::Pattern(other) => meet(&canonical(pattern), &canonical(other)),
    }
}

impl ExceptionObject {
    /// That this exception is over or lasts too long, for those who know no policies.
    #[must_use]
    pub fn lint_time(&self, now: Timestamp, longest: Duration) -> Option<Diagnostic> {
        time(self, self.terms.as_ref().ok()?, now, longest)
    }

    /// What may not be wanted in it, whatever the time.
    #[must_use]
    pub fn notes(&self) -> &[Diagnostic] {
        &self.notes
    }
}
