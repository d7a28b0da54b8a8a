//! What a person reads when an object is refused or let through with a warning.

use doorward_core::Code;
use doorward_core::text::one_line;

use crate::image_answer::{Decision, ImageAnswer, Reason};
use crate::review::{Review, ReviewError};

/// The most characters of a denial. One image with everything at its bound fits. Clients show all of it; an event that
/// carries it is cut at 1024, so the first images come through there as well.
const MAX_DENIAL: usize = 4096;
/// The most characters of one reason: a sentence, a reference and a digest or two.
const MAX_REASON: usize = 600;
/// The most characters of an image: as many as a reference can have.
const MAX_IMAGE: usize = 530;
/// The most characters of a name or a rule.
const MAX_NAME: usize = 320;
/// Reasons listed for one image; further ones are counted.
const MAX_REASONS: usize = 4;

/// The text of a refusal of images.
pub(crate) fn denial(review: &Review, images: &[ImageAnswer<'_>], docs: &str) -> String {
    let denied: Vec<_> = images
        .iter()
        .filter(|answer| answer.decision == Decision::Deny)
        .collect();
    let total = review
        .workload()
        .map_or(denied.len(), |workload| workload.images().len());
    let noun = if total == 1 { "image" } else { "images" };
    let mut text = format!("{} of {total} {noun} may not run", denied.len());
    if let Some(namespace) = review.namespace() {
        text.push_str(&format!(" in namespace {}", one_line(namespace, MAX_NAME)));
    }
    let mut length = text.chars().count();
    for (index, answer) in denied.iter().enumerate() {
        let paragraph = paragraph(answer, docs);
        let added = paragraph.chars().count();
        let left = denied.len() - index;
        // Always leaves room for the line that counts what is left out.
        if length + added + 64 > MAX_DENIAL && index > 0 {
            text.push_str(&format!("\n  … and {left} more, left out here"));
            break;
        }
        text.push_str(&paragraph);
        length += added;
    }
    text
}

fn paragraph(answer: &ImageAnswer<'_>, docs: &str) -> String {
    let mut text = format!(
        "\n  {}: {}",
        answer.image.place(),
        one_line(&answer.image.image, MAX_IMAGE)
    );
    for reason in answer.reasons.iter().take(MAX_REASONS) {
        text.push_str(&format!("\n    why:  {}", sentence(reason)));
    }
    if answer.reasons.len() > MAX_REASONS {
        text.push_str(&format!(
            "\n          and {} more reasons",
            answer.reasons.len() - MAX_REASONS
        ));
    }
    if let Some(rule) = &answer.rule {
        text.push_str(&format!("\n    rule: {}", one_line(rule, MAX_NAME)));
    }
    if let Some(reason) = answer.reasons.first() {
        text.push_str(&format!("\n    see:  {}", link(reason.code, docs)));
    }
    text
}

/// The text of the refusal of a review that could not be looked at.
pub(crate) fn refusal(error: &ReviewError, docs: &str) -> String {
    let code = error.code();
    format!(
        "{} ({code})\n  see: {}",
        one_line(&error.to_string(), MAX_REASON),
        link(code, docs)
    )
}

/// The text of the refusal of a review for which there is no room.
pub(crate) fn busy(review: &Review, docs: &str) -> String {
    let code = Code::ADMISSION_BUSY;
    let place = review.namespace().map_or_else(String::new, |namespace| {
        format!(
            ", in all or for namespace {}",
            one_line(namespace, MAX_NAME)
        )
    });
    format!(
        "as many reviews are under way as may be at a time{place}, and nothing was decided about this one; the same \
         request may succeed in a moment ({code})\n  see: {}",
        link(code, docs)
    )
}

/// The text of a warning about an image that is let through. The codes come first: warnings are cut when they are long.
pub(crate) fn warning(answer: &ImageAnswer<'_>) -> String {
    let reasons: Vec<_> = answer
        .reasons
        .iter()
        .map(|reason| format!("{}: {}", reason.code, said(reason)))
        .collect();
    let reasons = if reasons.is_empty() {
        "it failed".to_owned()
    } else {
        reasons.join("; ")
    };
    format!(
        "{}: {}: {reasons}",
        answer.image.place(),
        answer.image.image
    )
}

fn sentence(reason: &Reason) -> String {
    format!("{} ({})", said(reason), reason.code)
}

fn said(reason: &Reason) -> String {
    let said = if reason.message.is_empty() {
        reason.code.description()
    } else {
        &reason.message
    };
    one_line(said, MAX_REASON)
}

fn link(code: Code, docs: &str) -> String {
    format!("{}/{}", docs.trim_end_matches('/'), code.anchor())
}
