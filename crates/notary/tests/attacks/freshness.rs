//! Old metadata served for ever, servers that are silent, and clocks that go back.

use doorward_core::{Answer, FetchError, Outcome};
use doorward_notary::Pins;
use doorward_notary::codes;
use doorward_testkit::{Publication, Tampering};

use crate::support::client::{
    Client, DAY, RELEASES, answer, collection, delegating, digest, is_refused, now, released,
    target, unavailable,
};
use crate::support::status_error;

/// What a server says that has a publication and answers for its timestamp with an error.
fn failing(publication: &Publication, error: FetchError) -> impl FnMut(&str) -> Answer + '_ {
    move |file| match file {
        "timestamp.json" => Err(error.clone()),
        other => answer(publication, other),
    }
}

fn down() -> FetchError {
    unavailable().expect_err("an error")
}

#[test]
fn an_attacker_who_keeps_new_metadata_back_is_noticed_when_the_old_expires() {
    let seen = collection().publish();
    let mut client = Client::after(&seen).at(now().plus(14 * DAY - 1));
    client.accepts(&seen, "1.0");
    client = client.at(now().plus(14 * DAY));
    client.refuses(&seen, codes::ROLE_EXPIRED);
}

#[test]
fn each_role_counts_no_longer_than_it_says() {
    for role in ["root", "targets", "snapshot", "timestamp", RELEASES] {
        let mut publisher = delegating();
        let end = now().plus(DAY);
        let publication = publisher.set_expires(role, end).publish();
        let mut client = Client::new().at(end.plus(-1));
        client.accepts(&publication, "1.0");
        client.at(end).refuses(&publication, codes::ROLE_EXPIRED);
        Client::new()
            .at(end)
            .refuses(&publication, codes::ROLE_EXPIRED);
    }
}

#[test]
fn a_fraction_of_a_second_prolongs_nothing() {
    let publisher = collection();
    let end = "2026-01-02T00:00:00.999999999Z";
    let forged = publisher.forge(&[Tampering::of("timestamp").set("/expires", end)]);
    let at = |seconds| Client::new().at(now().plus(seconds));
    at(DAY - 1).accepts(&forged, "1.0");
    at(DAY).refuses(&forged, codes::ROLE_EXPIRED);
}

#[test]
fn no_answer_of_the_server_lets_an_image_through_that_was_released_before() {
    let seen = collection().publish();
    for (status, code) in [
        (400, codes::SERVER_UNAVAILABLE),
        (401, codes::SERVER_UNAUTHORIZED),
        (403, codes::SERVER_UNAUTHORIZED),
        (404, codes::TRUST_DATA_MISSING),
        (500, codes::SERVER_UNAVAILABLE),
        (503, codes::SERVER_UNAVAILABLE),
    ] {
        let outcome = Client::after(&seen).asks(&mut failing(&seen, status_error(status)));
        is_refused(&outcome, code);
        let outcome = Client::new().asks(&mut failing(&seen, status_error(status)));
        is_refused(&outcome, code);
    }
}

#[test]
fn a_server_that_answers_too_slowly_for_any_of_the_files_allows_nothing() {
    let publication = delegating().publish();
    let mut client = Client::new();
    let files: Vec<String> = client.accepts(&publication, "1.0").asked.concat();
    assert_eq!(files.len(), 5);
    for slow in files {
        let outcome = Client::new().asks(&mut |file| {
            if file == slow {
                unavailable()
            } else {
                answer(&publication, file)
            }
        });
        is_refused(&outcome, codes::SERVER_UNAVAILABLE);
    }
}

#[test]
fn a_silent_server_is_stood_in_for_as_long_as_the_policy_allows() {
    let seen = collection().publish();
    let mut client = Client::after(&seen);
    client.question.max_staleness = 3600;
    for (age, code) in [
        (0, None),
        (3600, None),
        (3601, Some(codes::SERVER_UNAVAILABLE)),
        (DAY, Some(codes::SERVER_UNAVAILABLE)),
    ] {
        let mut client = client.clone().at(now().plus(age));
        let outcome = client.asks(&mut |_| unavailable());
        assert_eq!(outcome.code(), code, "{age}");
        assert_eq!(outcome.asked, [["timestamp.json"]]);
        let Ok(proof) = outcome.result else { continue };
        assert_eq!(*proof.digest(), digest("1.0"));
        let fresh = proof.checks().iter().find(|check| check.check == "fresh");
        assert_eq!(fresh.expect("a check").outcome, Outcome::Fail);
    }
}

#[test]
fn to_be_stood_in_for_does_not_make_it_last_longer() {
    let seen = collection().publish();
    let mut client = Client::after(&seen);
    client.question.max_staleness = 3600;
    // A decision every half hour: it is the server's last word that counts, not the last decision.
    for half_hours in 1..=2 {
        client = client.at(now().plus(half_hours * 1800));
        assert!(client.asks(&mut |_| unavailable()).result.is_ok());
    }
    client = client.at(now().plus(3 * 1800));
    let outcome = client.asks(&mut |_| unavailable());
    is_refused(&outcome, codes::SERVER_UNAVAILABLE);
}

#[test]
fn a_remembered_timestamp_that_has_expired_does_not_stand_in() {
    let seen = collection().publish();
    let mut client = Client::after(&seen).at(now().plus(14 * DAY));
    client.question.max_staleness = 365 * DAY;
    let outcome = client.asks(&mut failing(&seen, down()));
    is_refused(&outcome, codes::ROLE_EXPIRED);
}

#[test]
fn the_answer_no_is_never_taken_for_silence() {
    let seen = collection().publish();
    for (status, code) in [
        (401, codes::SERVER_UNAUTHORIZED),
        (403, codes::SERVER_UNAUTHORIZED),
        (404, codes::TRUST_DATA_MISSING),
    ] {
        let mut client = Client::after(&seen);
        client.question.max_staleness = 3600;
        let outcome = client.asks(&mut failing(&seen, status_error(status)));
        is_refused(&outcome, code);
    }
}

#[test]
fn an_answer_that_is_wrong_is_never_taken_for_silence() {
    let mut publisher = collection();
    let seen = publisher.publish();
    let mut client = Client::after(&seen);
    client.question.max_staleness = 3600;
    let forged = publisher.forge(&[Tampering::of("timestamp").without_signatures()]);
    client.refuses(&forged, codes::THRESHOLD);
    let forged = publisher.forge(&[Tampering::of("timestamp").bytes("")]);
    client.refuses(&forged, codes::METADATA_INVALID);
    let outcome = client.asks(&mut failing(
        &seen,
        FetchError::Malformed {
            detail: "no HTTP".to_owned(),
        },
    ));
    is_refused(&outcome, codes::SERVER_MALFORMED);
}

#[test]
fn nothing_stands_in_at_the_first_contact() {
    let mut client = Client::new();
    client.question.max_staleness = 365 * DAY;
    let outcome = client.asks(&mut |_| unavailable());
    is_refused(&outcome, codes::SERVER_UNAVAILABLE);
    assert_eq!(client.memory, None);
}

#[test]
fn what_was_never_read_cannot_be_stood_in_for() {
    let mut publisher = delegating();
    publisher
        .delegate(doorward_testkit::Delegation::new(
            "targets/alice",
            &[crate::support::client::key(7)],
        ))
        .add_target_to("targets/alice", "1.0", target("1.0"));
    let seen = publisher.publish();
    let mut client = Client::after(&seen);
    client.question.max_staleness = 3600;
    client.question.signers = vec![crate::signer::signer(
        "alice",
        &crate::support::client::key(7),
    )];
    // The snapshot and targets are remembered; the delegation was not needed when they were read.
    let outcome = client.asks(&mut failing(&seen, down()));
    is_refused(&outcome, codes::SERVER_UNAVAILABLE);
}

#[test]
fn pins_are_checked_while_a_server_is_stood_in_for() {
    let seen = collection().publish();
    let mut client = Client::after(&seen);
    client.question.max_staleness = 3600;
    client.question.pins = Pins::Keys {
        ids: Vec::new(),
        certificates: [].into(),
    };
    is_refused(
        &client.asks(&mut failing(&seen, down())),
        codes::PIN_MISMATCH,
    );
}

#[test]
fn a_clock_that_was_set_back_does_not_revive_what_expired() {
    let day = |day: i64| now().plus(day * DAY);
    let mut publisher = released(crate::support::client::builder());
    let first = publisher.publish();
    let second = publisher.set_now(day(30)).publish();
    let mut client = Client::after(&first).at(day(30));
    client.accepts(&second, "1.0");
    for at in [day(0), day(29), day(30).plus(-301)] {
        let mut client = client.clone().at(at);
        client.refuses(&second, codes::CLOCK_SET_BACK);
        client.refuses(&first, codes::CLOCK_SET_BACK);
    }
    // Clocks of replicas may differ a little.
    client.at(day(30).plus(-300)).accepts(&second, "1.0");
}

#[test]
fn the_proof_ends_with_the_first_of_its_roles() {
    let mut publisher = delegating();
    for (role, days) in [
        ("root", 9),
        ("snapshot", 5),
        (RELEASES, 7),
        ("timestamp", 6),
    ] {
        publisher.set_expires(role, now().plus(days * DAY));
    }
    let outcome = Client::new().accepts(&publisher.publish(), "1.0");
    let proof = outcome.result.expect("a proof");
    assert_eq!(proof.valid_until(), Some(now().plus(5 * DAY - 1)));
}
