//! Where doors differ on purpose. Nothing else may differ, and each of these has to.

use crate::ask::Door;
use crate::cases::{Case, Setting};
use crate::said::{Said, Sentence};

/// A difference from what the command says.
pub(crate) struct Difference {
    /// What it is, and why.
    pub(crate) what: &'static str,
    doors: &'static [Door],
    /// Whether it is there where the command says this.
    applies: fn(&Case, &Said) -> bool,
    /// What is said instead. The last is what the command says of the same image for the account `default`.
    instead: fn(&mut Said, Option<&Said>),
}

const REVIEWS: &[Door] = &[
    Door::Mutate,
    Door::Validate,
    Door::ValidateAsWritten,
    Door::Admit,
];
const WITHOUT_ACCOUNT: &[Door] = &[Door::ImageReview, Door::Provider, Door::ProviderMutate];

pub(crate) const ALL: &[Difference] = &[
    Difference {
        what: "who is shown an image and no object does not know as whom it is to run: it pulls as the account `default`",
        doors: WITHOUT_ACCOUNT,
        applies: |case, _| case.namespace == "closed" && case.account != "default",
        instead: |said, default| *said = default.unwrap().clone(),
    },
    Difference {
        what: "and refuses what a policy for some accounts may refuse",
        doors: WITHOUT_ACCOUNT,
        // That of the unsigned image by its tag is outranked.
        applies: |case, _| case.image.contains("/robots/") && !case.image.ends_with("/unsigned:1"),
        instead: |said, _| {
            refuse(said, "policy-selection-unknown", "whether ".to_owned());
            (said.digest, said.pinned, said.report) = (None, None, None);
        },
    },
    Difference {
        what: "a policy for some labels of objects counts for those that have them, where the object is seen",
        doors: REVIEWS,
        applies: |case, said| {
            case.tier == Some("front") && has_code(said, "policy-selection-unknown")
        },
        instead: |said, _| {
            let Some(Sentence::Whole(whole)) = &said.sentence else {
                return;
            };
            // What may be demanded is.
            let (_, demanded) = whole.split_once("; ").unwrap();
            let demanded = demanded.to_owned();
            refuse(said, "simple-no-signature", demanded);
        },
    },
    Difference {
        what: "and not for others; who is shown no object refuses what such a policy may refuse",
        doors: REVIEWS,
        applies: |case, _| case.tier == Some("back"),
        instead: |said, _| {
            said.verdict = Some("allow".to_owned());
            said.is_refused = false;
            said.sentence = None;
            (said.code, said.pinned) = (Some(String::new()), Some(String::new()));
        },
    },
    Difference {
        what: "a tag that was verified and that nothing pinned is refused, as it may come to mean another image",
        doors: &[Door::ValidateAsWritten],
        applies: |case, said| {
            is_loose(case, said) && matches!(case.setting, Setting::Enforce | Setting::Kept)
        },
        instead: |said, _| unpinned(said, "deny", "but named without that digest"),
    },
    Difference {
        what: "the same is a warning where the entry only warns, or lets through during an outage that may be over",
        doors: &[Door::ValidateAsWritten],
        applies: |case, said| {
            is_loose(case, said) && matches!(case.setting, Setting::Warn | Setting::Lenient)
        },
        instead: |said, _| unpinned(said, "warn", "but named without that digest"),
    },
    Difference {
        what: "the same is only recorded where the entry only records",
        doors: &[Door::ValidateAsWritten],
        applies: |case, said| is_loose(case, said) && case.setting == Setting::Audit,
        instead: |said, _| said.code = Some("admission-not-pinned".to_owned()),
    },
    Difference {
        what: "Gatekeeper's validation refuses such a tag too, and with onUnavailable: warn as well, as nothing is stored there",
        doors: &[Door::Provider],
        applies: |case, said| {
            let enforces = [Setting::Enforce, Setting::Kept, Setting::Lenient];
            is_loose(case, said) && enforces.contains(&case.setting)
        },
        instead: |said, _| unpinned(said, "deny", "and nothing pins it here"),
    },
    Difference {
        what: "an entry for a tag governs no digest, so what it admitted and pinned has no entry",
        doors: &[Door::Validate],
        applies: |case, said| case.image.contains("/tagged/") && is(said, "allow"),
        instead: |said, _| {
            refuse(
                said,
                "policy-no-match",
                "no entry of any cluster image policy matches".to_owned(),
            );
            said.pinned = Some(String::new());
        },
    },
    Difference {
        what: "mode: audit tells the author of an object nothing; the code is for the audit log",
        doors: REVIEWS,
        applies: |case, said| case.setting == Setting::Audit && is(said, "warn"),
        instead: |said, _| (said.verdict, said.sentence) = (Some("allow".to_owned()), None),
    },
    Difference {
        what: "a Pod says itself what it is pulled with, so it is the Pod that names no pull secret, and not its account",
        doors: REVIEWS,
        applies: |case, said| case.pull_secrets.is_empty() && of_account(said).is_some(),
        instead: |said, _| {
            let (refused, _) = of_account(said).unwrap();
            let sentence = format!("{refused}; the workload names no pull secret");
            said.sentence = Some(Sentence::Whole(sentence));
        },
    },
];

/// Whether a tag was verified, and stands where its entry wants the digest.
fn is_loose(case: &Case, said: &Said) -> bool {
    let pinned = said.pinned.as_ref();
    let is_verified = pinned.is_some_and(|pinned| !pinned.is_empty());
    is_verified && !said.is_refused && case.is_pinned && !case.names_digest()
}

fn is(said: &Said, verdict: &str) -> bool {
    said.verdict.as_deref() == Some(verdict)
}

fn has_code(said: &Said, code: &str) -> bool {
    said.code.as_deref() == Some(code)
}

/// A refusal of a registry, and what is said of the account behind it.
fn of_account(said: &Said) -> Option<(&str, &str)> {
    let Some(Sentence::Whole(whole)) = &said.sentence else {
        return None;
    };
    whole.split_once("; service account ")
}

fn refuse(said: &mut Said, code: &str, beginning: String) {
    said.verdict = Some("deny".to_owned());
    said.is_refused = true;
    said.code = Some(code.to_owned());
    said.sentence = Some(Sentence::Parts(vec![beginning]));
}

fn unpinned(said: &mut Said, verdict: &str, why: &str) {
    let digest = said.digest.clone().unwrap();
    refuse(
        said,
        "admission-not-pinned",
        format!("verified as {digest}, {why}"),
    );
    said.verdict = Some(verdict.to_owned());
    said.is_refused = verdict == "deny";
}

/// What a door is to say where the command says this, and which differences that takes.
pub(crate) fn expected(
    door: Door,
    case: &Case,
    command: &Said,
    default: Option<&Said>,
) -> (Said, Vec<usize>) {
    let mut expected = command.clone();
    let mut taken = Vec::new();
    for (number, difference) in ALL.iter().enumerate() {
        let applies = difference.doors.contains(&door) && (difference.applies)(case, &expected);
        if applies {
            (difference.instead)(&mut expected, default);
            taken.push(number);
        }
    }
    (expected, taken)
}
