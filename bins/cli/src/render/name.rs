//! Pinned references of allowed images, one a line: what a script deploys.

use doorward::{Decision, Verdict};

use super::program::Output;

/// The verified references. An image that only passes with a warning is not among them, nor is one of which the
/// policy demands nothing: neither has a verified digest.
pub(crate) fn output(verdicts: &[Verdict]) -> Output {
    let pinned = verdicts
        .iter()
        .filter(|verdict| verdict.decision() == Decision::Allow)
        .filter_map(Verdict::pinned);
    Output::lines(pinned)
}
