//! Verdicts for people.

use doorward::{Decision, NoteKind, Report, RequirementOutcome, Rule, Summary, Verdict};
use doorward_core::{Action, Check, Class, Digest, DocumentEvidence, Evidence, Outcome, Rejection};

use super::address;
use super::block::Block;
use super::words::cost;
use crate::text::Text;
use crate::tone::Tone;

/// More signatures than this are counted, not listed, unless everything is wanted.
pub(super) const LISTED: usize = 5;

/// Places of an image that are listed, unless everything is wanted; further ones are counted.
const PLACES: usize = 5;

/// One block for each image, and a last line when there are several.
pub(crate) fn text(report: &Report, verdicts: &[Verdict], verbose: bool) -> Text {
    places(report, verdicts, &[], verbose)
}

/// The same, with the places that each image stands in.
pub(crate) fn places(
    report: &Report,
    verdicts: &[Verdict],
    places: &[Vec<String>],
    verbose: bool,
) -> Text {
    let mut text = Text::new();
    let places = places.iter().map(Vec::as_slice);
    let places = places.chain(std::iter::repeat(&[][..]));
    for (number, (verdict, places)) in verdicts.iter().zip(places).enumerate() {
        if number > 0 {
            text.blank();
        }
        let mut block = Block::new();
        block.heading(verdict);
        block.places(places, verbose);
        text.append(block.verdict(verdict, verbose));
    }
    if verdicts.len() > 1 {
        text.blank()
            .line([summary(verdicts.len(), report.summary).into()]);
    }
    text
}

fn summary(images: usize, summary: Summary) -> String {
    let parts: Vec<String> = [
        (summary.allowed, "allowed"),
        (summary.warned, "passed with a warning"),
        (summary.denied, "denied"),
        (summary.inconclusive, "inconclusive, not allowed"),
    ]
    .into_iter()
    .filter(|(count, _)| *count > 0)
    .map(|(count, word)| format!("{count} {word}"))
    .collect();
    format!("{images} images: {}", parts.join(", "))
}

impl Block {
    /// What stands below the heading.
    fn verdict(mut self, verdict: &Verdict, verbose: bool) -> Text {
        match verdict.rejection() {
            None => self.allowed(verdict),
            Some(rejection) => self.refused(verdict, rejection, verbose),
        }
        self.exceptions(verdict);
        self.rules(verdict.rules());
        if let Some(rejection) = verdict.rejection() {
            self.line("read more", &address(telling(rejection).code()));
        }
        if verbose {
            self.checks(verdict);
            self.line("cost", &cost(verdict.cost()));
        }
        self.finish()
    }

    /// Where the image stands.
    pub(super) fn places(&mut self, places: &[String], verbose: bool) {
        let listed = if verbose { places.len() } else { PLACES };
        for (number, place) in places.iter().take(listed).enumerate() {
            match number {
                0 => self.line("used by", place),
                _ => self.more(place),
            }
        }
        if places.len() > listed {
            self.more(&format!("and in {} places more", places.len() - listed));
        }
    }

    fn heading(&mut self, verdict: &Verdict) {
        let unavailable = verdict
            .rejection()
            .is_some_and(|r| r.class() == Class::Unavailable);
        let word = match verdict.decision() {
            Decision::Allow => Tone::Good.of("ALLOWED"),
            Decision::Warn => Tone::Warn.of("WARNED"),
            Decision::Deny if unavailable => Tone::Bad.of("NOT ALLOWED, inconclusive"),
            Decision::Deny => Tone::Bad.of("DENIED"),
        };
        let image = Tone::Strong.of(verdict.image());
        self.text.line([word, "  ".into(), image]);
    }

    fn allowed(&mut self, verdict: &Verdict) {
        match verdict.pinned() {
            Some(pinned) => self.line("pinned to", &pinned.to_string()),
            None => self.line(
                "unchecked",
                "the policy demands nothing of this image, so nothing was verified",
            ),
        }
        for requirement in verdict.requirements() {
            match requirement.outcome {
                RequirementOutcome::Pass
                    if requirement.evidence.is_empty() && !requirement.checks.is_empty() =>
                {
                    let checks = requirement.checks.iter().map(|check| check.check);
                    let checks = checks.collect::<Vec<_>>().join(", ");
                    self.line("checked", &format!("what it says of itself: {checks}"));
                }
                RequirementOutcome::Pass if requirement.evidence.is_empty() => {
                    self.line(
                        "accepted",
                        &format!("by {}, without a signature", requirement.scheme),
                    );
                }
                RequirementOutcome::Pass => {
                    let sources = requirement.evidence.iter().map(|evidence| &evidence.source);
                    let next = sources.skip(1).map(Some).chain([None]);
                    let is_claim = is_claim(&requirement.checks);
                    for (evidence, next) in requirement.evidence.iter().zip(next) {
                        self.evidence(evidence, is_claim);
                        // Once for all that were found in the same place.
                        if let Some(source) = &evidence.source
                            && next != Some(&evidence.source)
                        {
                            self.line("found in", source);
                        }
                    }
                    self.reservations(&requirement.checks);
                }
                RequirementOutcome::Fail | RequirementOutcome::Unavailable => {
                    if let Some(rejection) = &requirement.rejection {
                        self.line("not met", &reason(rejection));
                    }
                }
                RequirementOutcome::Skipped => {}
            }
        }
    }

    /// Says what a requirement was met in spite of.
    fn reservations(&mut self, checks: &[Check]) {
        for check in checks
            .iter()
            .filter(|check| check.outcome == Outcome::Fail && check.action == Action::Log)
        {
            match check.check {
                "pinned-root" => self.line(
                    "root",
                    "trusted from first use: no pin vouches for it, and nobody brought it",
                ),
                "fresh" => self.line(
                    "as of",
                    "an earlier answer: no trust server can be asked now, and the policy allows that for a while",
                ),
                _ => {}
            }
        }
    }

    /// Says who signed, or who says that they did.
    pub(super) fn evidence(&mut self, evidence: &Evidence, is_claim: bool) {
        if let Some(document) = &evidence.document {
            return self.document(document, evidence);
        }
        let signer = evidence.signer.as_deref().unwrap_or("a trusted key");
        if is_claim {
            self.line(
                "claimed by",
                &format!("{signer}: nothing that is trusted vouches for it"),
            );
        } else {
            self.line("signed by", signer);
        }
        if let Some(key) = &evidence.key {
            // A subject is that of a certificate, whose fingerprint it then is.
            let of = evidence.subject.as_ref().map_or("key", |_| "certificate");
            self.more(&format!("{of} {key}"));
        }
        if let Some(identity) = &evidence.identity {
            self.more(&format!("as {identity}"));
        }
        if let Some(at) = evidence.signed_at {
            self.more(&format!("at {at}"));
        }
        if let Some(plugin) = &evidence.plugin {
            self.more(&format!("with a say of the plug-in {plugin}"));
        }
    }

    fn document(&mut self, document: &DocumentEvidence, evidence: &Evidence) {
        let by = document.tool.as_deref();
        let by = by.map_or_else(String::new, |tool| format!(" of {tool}"));
        self.line("document", &format!("{}{by}", document.format));
        self.more(document.digest.as_str());
        let signer = evidence.signer.as_deref().unwrap_or("a trusted key");
        self.more(&format!("signed by {signer}"));
        if let Some(at) = evidence.time() {
            self.more(&format!("at {at}"));
        }
    }

    fn refused(&mut self, verdict: &Verdict, rejection: &Rejection, verbose: bool) {
        let store = verdict
            .digest()
            .and_then(|digest| store_of(rejection, digest));
        let short = |text: &str| match &store {
            Some(store) => text.replace(store, ""),
            None => text.to_owned(),
        };
        let causes = rejection.causes();
        self.line("why", rejection.code().as_str());
        self.more(&short(&rejection.to_string()));
        let listed = if verbose { causes.len() } else { LISTED };
        for cause in causes.iter().take(listed) {
            self.item(&short(&reason(cause)));
        }
        if causes.len() > listed {
            self.item(&format!(
                "and {} more; -v lists them",
                causes.len() - listed
            ));
        }
        self.line("that is", telling(rejection).code().description());
        for requirement in verdict.requirements() {
            let Some(other) = &requirement.rejection else {
                continue;
            };
            if !same(other, rejection) {
                self.line("also", &short(&reason(other)));
            }
        }
        if let Some(store) = &store {
            self.line("store", store);
        }
        match (verdict.pinned(), verdict.digest()) {
            (Some(pinned), _) => self.line("pinned to", &pinned.to_string()),
            (None, Some(digest)) => self.line("resolved", &format!("{digest} (not verified)")),
            (None, None) => {}
        }
    }

    fn checks(&mut self, verdict: &Verdict) {
        for requirement in verdict.requirements() {
            self.made(&requirement.checks);
        }
    }

    /// The checks that were made, and what came of each.
    pub(super) fn made(&mut self, checks: &[Check]) {
        let checks: Vec<String> = checks
            .iter()
            .map(|check| match check.outcome {
                Outcome::Pass => format!("{} passed", check.check),
                // Nothing hangs on it.
                Outcome::Fail if check.action == Action::Log => format!("no {}", check.check),
                Outcome::Fail => format!("{} FAILED", check.check),
                Outcome::Skipped => format!("{} not made", check.check),
            })
            .collect();
        if !checks.is_empty() {
            self.line("checks", &checks.join(", "));
        }
    }

    /// The exceptions that let it run, and why others do not count.
    fn exceptions(&mut self, verdict: &Verdict) {
        for used in verdict.exceptions() {
            let namespace = used.namespace.as_ref();
            let namespace = namespace.map_or_else(String::new, |name| format!("{name}/"));
            let text = format!(
                "{} {namespace}{} until {}",
                used.kind, used.name, used.until
            );
            self.line("exception", &text);
            self.more(&format!("for {}", used.codes.join(", ")));
            self.more(&format!("reason: {}", used.reason));
            if let Some(ticket) = &used.ticket {
                self.more(&format!("ticket: {ticket}"));
            }
        }
        let notes = verdict.notes().iter();
        for note in notes.filter(|note| note.kind == NoteKind::Exception) {
            let code = note.code.map_or("", doorward_core::Code::as_str);
            self.line("not counted", &format!("{code}: {note}"));
        }
    }

    fn rules(&mut self, rules: &[Rule]) {
        for (number, rule) in rules.iter().enumerate() {
            let name = match &rule.namespace {
                Some(namespace) => format!("{namespace}/{}", rule.name),
                None => rule.name.clone(),
            };
            let text = format!("{} {name}, entry {:?}", rule.kind, rule.entry);
            self.line(if number == 0 { "rule" } else { "and" }, &text);
        }
    }
}

/// The code and the words of a rejection.
pub(super) fn reason(rejection: &Rejection) -> String {
    format!("{}: {rejection}", rejection.code())
}

/// Whether who signed is only what the signature says: the policy logs that nobody whom it trusts vouches for it.
pub(super) fn is_claim(checks: &[Check]) -> bool {
    checks
        .iter()
        .any(|check| check.check == "authenticity" && check.outcome == Outcome::Fail)
}

/// Whether two rejections are one, whatever checks came before it.
fn same(a: &Rejection, b: &Rejection) -> bool {
    (a.code(), a.facts(), a.causes()) == (b.code(), b.facts(), b.causes())
        && a.to_string() == b.to_string()
}

/// The address that the signatures of this digest have in common, if the rejection is about any: it is long, and said
/// once is enough.
fn store_of(rejection: &Rejection, digest: &Digest) -> Option<String> {
    let end = format!("={}/", digest.hex());
    std::iter::once(rejection)
        .chain(rejection.causes())
        .filter_map(Rejection::source_of_signature)
        .find_map(|source| {
            let (base, _) = source.rsplit_once(&end)?;
            Some(format!("{base}{end}"))
        })
}

/// The rejection that explains most. That none of several signatures was accepted says nothing by itself: what went wrong
/// with the one that came furthest does. What stands beside any other reason is not why.
pub(super) fn telling(rejection: &Rejection) -> &Rejection {
    let says_nothing = rejection
        .code()
        .as_str()
        .ends_with("-no-accepted-signature");
    let furthest = rejection.causes().first().filter(|_| says_nothing);
    furthest.map_or(rejection, telling)
}

#[cfg(test)]
mod tests {
    use super::*;
    use doorward::simple_signing::codes as simple_codes;
    use doorward_core::Fact;

    #[test]
    fn the_address_that_signatures_share_is_taken_from_what_they_are_and_never_from_words() {
        let digest = Digest::sha256(b"");
        let store = format!("https://s.example/a@sha256={}/", digest.hex());
        let source = format!("{store}signature-1");
        let said = Rejection::new(simple_codes::UNKNOWN_KEY, format!("{source} was made"));
        assert_eq!(store_of(&said, &digest), None);
        let about = said.clone().with_fact(Fact::Source(source));
        assert_eq!(store_of(&about, &digest), Some(store.clone()));
        let all =
            Rejection::new(simple_codes::NO_ACCEPTED_SIGNATURE, "none").with_causes(vec![about]);
        assert_eq!(store_of(&all, &digest), Some(store));
        let elsewhere = "https://s.example/a@sha256=00/signature-1".to_owned();
        let other = said.with_fact(Fact::Source(elsewhere));
        assert_eq!(store_of(&other, &digest), None);
    }

    #[test]
    fn only_that_nothing_was_accepted_is_told_by_what_stands_below_it() {
        let one = |code| Rejection::new(code, "why");
        let junk = || one(simple_codes::MALFORMED_MESSAGE);
        let expired = || one(simple_codes::KEY_EXPIRED);
        let all = one(simple_codes::NO_ACCEPTED_SIGNATURE).with_causes(vec![junk(), expired()]);
        assert_eq!(telling(&all).code(), simple_codes::KEY_EXPIRED);
        let beside = expired().with_causes(vec![junk()]);
        assert_eq!(telling(&beside).code(), simple_codes::KEY_EXPIRED);
        let unavailable = one(simple_codes::STORE_UNAUTHORIZED).with_causes(vec![junk()]);
        assert_eq!(
            telling(&unavailable).code(),
            simple_codes::STORE_UNAUTHORIZED
        );
    }
}
