//! What the word of the advisor does.

use doorward::core::Code;
use doorward::{Decision, RequirementOutcome};
use doorward_testkit::{Advisor, Fault, FaultRule, Redirect};

use crate::site::{ADVISOR, Site, TAG, user};

#[tokio::test]
async fn the_image_is_admitted_as_the_digest_that_was_asked_about_if_its_status_is_good() {
    for (status, note) in [
        ("OK", None),
        ("WARN", Some("the vulnerability advisor warns of the image")),
        (
            "UNSUPPORTED",
            Some("the vulnerability advisor does not look at images of this kind"),
        ),
    ] {
        let site = Site::under(ADVISOR).await;
        site.advisor.say(&site.scanned(), status);
        let verdict = site.admitted().await;
        assert_eq!(verdict.replacement().unwrap().digest(), site.digest());
        let [requirement] = verdict.requirements() else {
            panic!("{:?}", verdict.requirements());
        };
        assert_eq!(requirement.scheme.as_str(), "vulnerability");
        assert_eq!(requirement.checks[0].check, "vulnerability-status");
        // Nobody signed anything.
        assert!(requirement.evidence.is_empty());
        let notes: Vec<_> = verdict.notes().iter().map(ToString::to_string).collect();
        let told = note.is_none_or(|note| notes.iter().any(|one| one.contains(note)));
        assert!(
            told && notes.is_empty() == note.is_none(),
            "{status}: {notes:?}"
        );
    }
}

#[tokio::test]
async fn every_other_status_refuses_and_is_named() {
    for (status, code) in [
        ("FAIL", "vulnerability-status-failed"),
        ("BLOCK", "vulnerability-status-failed"),
        ("ok", "vulnerability-status-failed"),
        ("a new one", "vulnerability-status-failed"),
        ("INCOMPLETE", "vulnerability-not-scanned"),
        ("UNSCANNED", "vulnerability-not-scanned"),
        ("", "vulnerability-not-scanned"),
    ] {
        let site = Site::under(ADVISOR).await;
        site.advisor.say(&site.scanned(), status);
        let verdict = site.decide().await;
        assert_eq!(verdict.decision(), Decision::Deny, "{status}");
        assert_eq!(verdict.code().unwrap().as_str(), code, "{status}");
        let message = verdict.message();
        assert!(
            message.contains(status) && message.contains(&site.scanned()),
            "{message}"
        );
        assert_eq!(verdict.requirements()[0].outcome, RequirementOutcome::Fail);
    }
}

#[tokio::test]
async fn an_image_that_the_advisor_does_not_know_was_not_scanned() {
    let site = Site::under(ADVISOR).await;
    assert_eq!(site.refused().await, "vulnerability-not-scanned");
    // What it knows of the tag, or of another digest, says nothing of this one.
    site.advisor.say(TAG, "OK");
    site.advisor
        .say(&site.scanned().replace("web@", "api@"), "OK");
    assert_eq!(site.refused().await, "vulnerability-not-scanned");
}

#[tokio::test]
async fn what_could_not_be_asked_is_never_a_vulnerability_and_never_admitted() {
    for fault in [
        Fault::Status(204),
        Fault::Status(401),
        Fault::Status(403),
        Fault::Status(408),
        Fault::Status(500),
        Fault::Status(502),
        Fault::Status(503),
        Fault::TooManyRequests { retry_after: None },
        Fault::Closed,
        Fault::Reset,
        Fault::NotHttp,
        Fault::Truncated { after: 10 },
        Fault::StallBeforeHeaders,
        Fault::StallInBody { after: 10 },
        Fault::Redirect(Redirect::OtherHost),
        Fault::Redirect(Redirect::SameHost),
        Fault::Redirect(Redirect::Unreachable),
    ] {
        let body = format!("onUnavailable: warn, {ADVISOR}");
        let mut site = Site::under(&body).await;
        site.credentials = vec![user("alice", "hunter2")];
        site.advisor.say(&site.scanned(), "OK");
        site.advisor
            .fault(FaultRule::new(fault.clone()).on(Advisor::path("*")));
        let verdict = site.decide().await;
        // With a credential in it, no trouble is evidence that the advisor is out.
        assert_eq!(verdict.decision(), Decision::Deny, "{fault:?}");
        let code = verdict.code().unwrap();
        let codes = [Code::REGISTRY_UNAVAILABLE, Code::REGISTRY_UNAUTHORIZED];
        assert!(
            codes.contains(&code),
            "{fault:?}: {code}: {}",
            verdict.message()
        );
        let outcome = verdict.requirements()[0].outcome;
        assert_eq!(outcome, RequirementOutcome::Unavailable, "{fault:?}");
    }
}

#[tokio::test]
async fn an_answer_that_is_none_refuses_whatever_stands_in_it() {
    let deep = format!(
        "{{\"status\": \"OK\", \"a\": {}{}}}",
        "[".repeat(99),
        "]".repeat(99)
    );
    let large = format!("{{\"status\": \"OK\", \"a\": \"{}\"}}", "a".repeat(1 << 17));
    for (answer, code) in [
        ("", "registry-malformed"),
        ("OK", "registry-malformed"),
        ("<html>OK</html>", "registry-malformed"),
        ("[{\"status\": \"OK\"}]", "registry-malformed"),
        ("{\"Status\": \"OK\"}", "registry-malformed"),
        ("{\"status\": true}", "registry-malformed"),
        (
            "{\"status\": \"OK\", \"status\": \"FAIL\"}",
            "registry-malformed",
        ),
        (
            "{\"status\": \"OK\", \"STATUS\": \"FAIL\"}",
            "registry-malformed",
        ),
        (deep.as_str(), "registry-malformed"),
        (large.as_str(), "registry-too-large"),
    ] {
        let site = Site::under(ADVISOR).await;
        site.advisor.answer(&site.scanned(), answer.to_owned());
        assert_eq!(site.refused().await, code, "{answer:.40}");
    }
    let site = Site::under(ADVISOR).await;
    site.advisor.say(&site.scanned(), "OK");
    site.advisor
        .fault(FaultRule::new(Fault::Status(400)).on(Advisor::path("*")));
    assert_eq!(site.refused().await, "registry-malformed");
}
