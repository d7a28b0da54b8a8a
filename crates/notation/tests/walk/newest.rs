//! An answer that arrived beside one that was verified before.

use doorward_core::{Code, Meter, Timestamp};
use doorward_notation::{KnownSignatures, Level, RevocationAnswers, SignatureChecks, Walk, codes};
use doorward_testkit::{
    CertificateBuilder, Certified, ListBuilder, ListedCertificate, OcspBuilder, OcspSays,
};

use super::made::{Signer, begin, now, statement};

const HOUR: i64 = 3600;
const ADDRESS: &str = "http://a.example/l";

/// Why a signer is refused about whom `arrived` says something, beside `before`; and the ends of the answers that a later
/// decision may be given.
fn judge(signer: &Signer, arrived: &[u8], before: &[u8]) -> (Option<Code>, Vec<Timestamp>) {
    let mut walk: Walk = begin(
        &signer.envelope(None),
        statement(Level::Strict),
        &signer.stores(),
        now(),
    )
    .expect("a walk");
    let mut meter = Meter::new(doorward_core::Budget::default());
    let mut known = KnownSignatures::new();
    let mut checks = SignatureChecks::new(&mut meter, &mut known);
    let mut answers = RevocationAnswers::new();
    loop {
        let wanted = walk
            .wants(&answers, &mut checks)
            .expect("within the budget");
        if wanted.is_empty() {
            break;
        }
        for request in wanted {
            let (arrived, before) = (arrived.to_vec(), before.to_vec());
            answers.insert_beside(request, Ok(arrived.into()), Some(before.into()));
        }
    }
    let kept = walk.relied_on().filter(|relied_on| !relied_on.was_known);
    let kept = kept.map(|relied_on| relied_on.until).collect();
    (walk.finish().err().map(|refusal| refusal.code()), kept)
}

fn listed() -> Signer {
    Signer::of_leaf(
        &CertificateBuilder::code_signer("signer")
            .serial(77)
            .lists(&[ADDRESS]),
    )
}

/// Ends `ends` hours from now, so that answers can be told apart by it.
fn list(issuer: &Certified, number: Option<u64>, from: i64, ends: i64) -> ListBuilder {
    ListBuilder::new(issuer, now())
        .number(number)
        .holds(now().plus(from * HOUR), Some(end(ends)))
}

fn end(hours: i64) -> Timestamp {
    now().plus(hours * HOUR)
}

fn entry(reason: Option<u8>) -> ListedCertificate {
    ListedCertificate {
        serial: 77,
        time: now().plus(-30 * 24 * HOUR),
        reason,
        invalid_since: None,
    }
}

#[test]
fn an_older_list_that_arrives_takes_no_revocation_back_and_is_not_kept() {
    let signer = listed();
    for (older, newer) in [
        ((Some(1), -9), (Some(2), -5)),
        // Numbers decide, whatever the times are.
        ((Some(1), -5), (Some(2), -9)),
        // One of the same number, or without any, is newer by its time.
        ((Some(2), -9), (Some(2), -5)),
        ((None, -9), (Some(2), -5)),
        ((Some(3), -9), (None, -5)),
        ((None, -9), (None, -5)),
    ] {
        for reason in [None, Some(1), Some(6)] {
            let good = list(&signer.between, older.0, older.1, 7).build();
            let revoked = list(&signer.between, newer.0, newer.1, 8);
            let revoked = revoked.entry(entry(reason)).build();
            let code = match reason {
                Some(6) => codes::ON_HOLD,
                _ => codes::REVOKED,
            };
            let told = judge(&signer, &good, &revoked);
            assert_eq!(told, (Some(code), vec![]), "{older:?} {reason:?}");
            // The other way round it is kept in place of the old one.
            let told = judge(&signer, &revoked, &good);
            assert_eq!(told, (Some(code), vec![end(8)]));
        }
    }
}

#[test]
fn a_hold_that_a_newer_list_ended_is_not_brought_back_by_an_older_one() {
    let signer = listed();
    let held = list(&signer.between, Some(1), -9, 7)
        .entry(entry(Some(6)))
        .build();
    let let_go = list(&signer.between, Some(2), -5, 8).build();
    assert_eq!(judge(&signer, &let_go, &held), (None, vec![end(8)]));
    assert_eq!(judge(&signer, &held, &let_go), (None, vec![]));
}

#[test]
fn what_was_revoked_for_good_stays_revoked_whatever_a_newer_list_leaves_out() {
    let signer = listed();
    let revoked = list(&signer.between, Some(1), -9, 7)
        .entry(entry(Some(4)))
        .build();
    let silent = list(&signer.between, Some(2), -5, 8).build();
    assert_eq!(
        judge(&signer, &silent, &revoked),
        (Some(codes::REVOKED), vec![])
    );
    assert_eq!(
        judge(&signer, &revoked, &silent),
        (Some(codes::REVOKED), vec![end(7)])
    );
}

#[test]
fn the_same_list_again_is_kept_as_what_arrived() {
    let signer = listed();
    let good = list(&signer.between, Some(1), -9, 7).build();
    assert_eq!(judge(&signer, &good, &good), (None, vec![end(7)]));
}

#[test]
fn a_newer_list_that_does_not_verify_decides_nothing() {
    let signer = listed();
    let good = list(&signer.between, Some(1), -9, 7).build();
    let foreign = list(&signer.root, Some(9), -1, 8)
        .entry(entry(None))
        .build();
    let over = list(&signer.between, Some(9), -2, -1).build();
    for junk in [&foreign[..], &over, b"<html>", b""] {
        assert_eq!(judge(&signer, junk, &good), (None, vec![]));
    }
}

#[test]
fn an_older_answer_of_a_responder_takes_no_revocation_back_and_is_not_kept() {
    let leaf = CertificateBuilder::code_signer("signer").ocsp(&["http://a.example/"]);
    let signer = Signer::of_leaf(&leaf);
    let response = |says, produced: i64, from: i64, ends| {
        OcspBuilder::new(&signer.leaf, &signer.between, says, now())
            .produced(end(produced))
            .holds(end(from), Some(end(ends)))
            .build()
    };
    for (older, newer) in [
        ((-9, -9), (-5, -5)),
        ((-9, -9), (-5, -9)),
        ((-5, -9), (-9, -5)),
    ] {
        for (reason, is_hold) in [(None, false), (Some(1), false), (Some(6), true)] {
            let good = response(OcspSays::Good, older.0, older.1, 7);
            let revoked = OcspSays::Revoked(end(-9), reason, None);
            let revoked = response(revoked, newer.0, newer.1, 8);
            let code = if is_hold {
                codes::ON_HOLD
            } else {
                codes::REVOKED
            };
            let told = judge(&signer, &good, &revoked);
            assert_eq!(told, (Some(code), vec![]), "{older:?} {reason:?}");
            let told = judge(&signer, &revoked, &good);
            assert_eq!(told, (Some(code), vec![end(8)]));
            // One that is good and newer ends a hold, and nothing else.
            let later = response(OcspSays::Good, -1, -1, 9);
            let expected = if is_hold {
                (None, vec![end(9)])
            } else {
                (Some(codes::REVOKED), vec![])
            };
            assert_eq!(judge(&signer, &later, &revoked), expected);
        }
    }
}
