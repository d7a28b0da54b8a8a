//! Whatever a registry or a store does, a review is answered in time, and nothing unverified is admitted.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

mod support;

use std::time::{Duration, Instant};

use doorward_testkit::{Fault, FaultRule, Nature, Redirect};
use doorward_webhook::Limits;
use futures::StreamExt as _;
use serde_json::json;
use support::{Answered, LIMITS, Site, ask, pod};

const DEADLINE: Duration = Duration::from_secs(3);
/// What a slow machine may add.
const SLACK: Duration = Duration::from_secs(8);

/// Both servers do the same wrong thing to every request.
async fn review(fault: &Fault, is_signed: bool, more: &str) -> (Site, Answered) {
    let site = Site::start().await;
    let (image, _) = if is_signed {
        site.signed("app")
    } else {
        site.unsigned("app")
    };
    site.registry.fault(FaultRule::new(fault.clone()));
    site.store.fault(FaultRule::new(fault.clone()));
    let limits = Limits {
        deadline: DEADLINE,
        ..LIMITS
    };
    let started = Instant::now();
    let answer = ask(
        &site.webhook_with(&site.policy(more), limits),
        "/mutate",
        &pod(&[&image]),
    )
    .await;
    assert!(
        started.elapsed() < DEADLINE + SLACK,
        "{fault:?} took {:?}",
        started.elapsed()
    );
    (site, answer)
}

async fn over_all(check: impl AsyncFn(&Fault)) {
    futures::stream::iter(Fault::all())
        .for_each_concurrent(8, async |fault| check(&fault).await)
        .await;
}

#[tokio::test]
async fn a_signed_image_is_admitted_as_what_was_signed_or_not_at_all() {
    over_all(async |fault| {
        let (site, answer) = review(fault, true, "").await;
        if answer.allowed() {
            let pinned = format!(
                "{}/app@{}",
                site.registry.address(),
                site.registry.resolve("app", "1").unwrap()
            );
            assert_eq!(
                answer.patched("/spec/containers/0/image"),
                Some(json!(pinned)),
                "{fault:?}"
            );
        }
        // The servers here have no TLS. Then a redirect stays with its server, or is not followed.
        if *fault == Fault::Redirect(Redirect::OtherHost) {
            assert!(!answer.allowed(), "{fault:?}");
            return;
        }
        match fault.nature() {
            Nature::Harmless => assert!(answer.allowed(), "{fault:?}: {}", answer.message()),
            Nature::Absent | Nature::Dishonest | Nature::Refused => {
                assert!(!answer.allowed(), "{fault:?}");
            }
            _ => {}
        }
    })
    .await;
}

#[tokio::test]
async fn an_unsigned_image_is_never_admitted() {
    over_all(async |fault| {
        let (_, answer) = review(fault, false, "").await;
        assert!(
            !answer.allowed() && answer.patch().is_empty(),
            "{fault:?}: {answer:?}"
        );
    })
    .await;
}

#[tokio::test]
async fn where_an_outage_may_pass_it_passes_with_a_warning_and_a_refusal_does_not() {
    let more = "      onUnavailable: warn\n";
    for fault in [Fault::Status(503), Fault::Reset] {
        let (_, answer) = review(&fault, true, more).await;
        assert!(
            answer.allowed() && answer.patch().is_empty(),
            "{fault:?}: {answer:?}"
        );
        assert_eq!(answer.warnings().len(), 1, "{fault:?}: {answer:?}");
    }
    for fault in [
        // About the request, of which the image is a part; and about how often it comes.
        Fault::Status(400),
        Fault::TooManyRequests { retry_after: None },
        // Here the review ends before the silence is long enough to tell.
        Fault::StallBeforeHeaders,
        Fault::Status(403),
        Fault::Status(404),
        Fault::Status(406),
        Fault::Status(410),
        Fault::Html,
        Fault::WrongContent,
    ] {
        let (_, answer) = review(&fault, true, more).await;
        assert!(!answer.allowed(), "{fault:?}: {answer:?}");
    }
}
