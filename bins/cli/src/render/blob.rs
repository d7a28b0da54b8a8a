//! What was decided about a file, for people.

use doorward::BlobVerdict;

use super::address;
use super::block::Block;
use super::table::is_claim;
use crate::text::Text;
use crate::tone::Tone;

/// The verdict as a block of lines.
pub(crate) fn text(verdict: &BlobVerdict, verbose: bool) -> Text {
    let mut block = Block::new();
    let word = match verdict.rejection() {
        None => Tone::Good.of("ALLOWED"),
        Some(_) if verdict.is_inconclusive() => Tone::Bad.of("NOT ALLOWED, inconclusive"),
        Some(_) => Tone::Bad.of("DENIED"),
    };
    let name = Tone::Strong.of(verdict.name());
    block.text.line([word, "  ".into(), name]);
    match verdict.rejection() {
        None if verdict.is_unchecked() => block.line(
            "unchecked",
            "the policy demands nothing of this file, so nothing was verified",
        ),
        None => {
            let is_claim = is_claim(verdict.checks());
            let digest = if is_claim { "content" } else { "verified" };
            block.line(digest, verdict.digest().as_str());
            for evidence in verdict.evidence() {
                block.evidence(evidence, is_claim);
                if let Some(source) = &evidence.source {
                    block.line("found in", source);
                }
            }
        }
        Some(rejection) => {
            block.line("why", rejection.code().as_str());
            block.more(&rejection.to_string());
            block.line("that is", rejection.code().description());
            block.line("content", &format!("{} (not verified)", verdict.digest()));
        }
    }
    if let Some(rule) = verdict.rule() {
        block.line(
            "rule",
            &format!("{} {}, entry {:?}", rule.kind, rule.name, rule.entry),
        );
    }
    if let Some(rejection) = verdict.rejection() {
        block.line("read more", &address(rejection.code()));
    }
    if verbose {
        block.made(verdict.checks());
    }
    block.finish()
}
