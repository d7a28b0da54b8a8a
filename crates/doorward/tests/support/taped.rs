//! A decision that is written down, and made again from the bytes.
#![allow(dead_code, clippy::unwrap_used, reason = "each test uses a part of it")]

use doorward::core::transcript::{Found, Transcript};
use doorward::{Context, Decision, Engine, RecordedPolicies, Replaying, Report, Verdict};

/// How every password of these tests begins. None of them may be in what any of the tests records.
const PASSWORDS: &str = "hunter2";

/// Decides, and decides again from nothing but the bytes of the transcript: the report has the same bytes.
pub(crate) async fn decide(engine: &Engine, image: &str, context: &Context<'_>) -> Verdict {
    decide_all(engine, &[image], context).await.remove(0)
}

pub(crate) async fn decide_all(
    engine: &Engine,
    images: &[&str],
    context: &Context<'_>,
) -> Vec<Verdict> {
    let none = RecordedPolicies::default();
    let recorded = engine.decide_recorded(images, context, &none).await;
    let bytes = recorded.transcript().unwrap().to_bytes().unwrap();
    let text = String::from_utf8(bytes.clone()).unwrap();
    assert!(!text.contains(PASSWORDS), "{text}");
    let transcript = Transcript::from_bytes(&bytes).unwrap();
    let answers = transcript.fetches.iter().flat_map(|fetch| &fetch.answer);
    for fetched in answers.flatten() {
        let text = String::from_utf8_lossy(&fetched.bytes);
        assert!(!text.contains(PASSWORDS), "{text}");
    }
    let withheld = |found: &Found| matches!(found, Found::Withheld { .. });
    let withheld = transcript
        .secrets
        .iter()
        .any(|secret| withheld(&secret.found));
    let replaying = Replaying::by(transcript, context.rules.clone()).unwrap();
    let again = replaying.decide().await;
    let report = |report: &Report| serde_json::to_string(report).unwrap();
    let first = report(&Report::new(context.now, &recorded.verdicts));
    let second = report(&again.report());
    if first == second {
        assert!(again.is_same());
        return recorded.verdicts;
    }
    // Of a Secret with something else than keys in it nothing is known any more, and what needs it is refused: if it
    // was refused then, with the same code.
    assert!(withheld, "{first}\n{second}");
    for (first, again) in recorded.verdicts.iter().zip(again.verdicts()) {
        assert_ne!(again.decision(), Decision::Allow, "{}", again.message());
        if first.decision() != Decision::Allow {
            assert_eq!(first.decision(), again.decision(), "{}", again.message());
            assert_eq!(first.code(), again.code(), "{}", again.message());
        }
    }
    recorded.verdicts
}
