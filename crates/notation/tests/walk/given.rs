//! Revocation lists that were given: a complete one, and lists of changes that fit it or not.

use std::sync::Arc;

use doorward_core::Code;
use doorward_notation::{GivenRevocation, Level, codes};
use doorward_testkit::{CertificateBuilder, ListBuilder, ListedCertificate};

use super::made::{Signer, at, begin, go, now, statement};

const HOLD: u8 = 6;
const REMOVE: u8 = 8;
const KEY_COMPROMISE: u8 = 1;

fn signer() -> Signer {
    let leaf = CertificateBuilder::code_signer("signer").serial(77);
    Signer::of_leaf(&leaf.lists(&["http://between.example/l"]))
}

fn entry(reason: u8, day: &str) -> ListedCertificate {
    ListedCertificate {
        serial: 77,
        time: at(day),
        reason: Some(reason),
        invalid_since: None,
    }
}

/// The complete list with the number 5, which names lists of changes.
fn base(signer: &Signer) -> ListBuilder {
    ListBuilder::new(&signer.between, now())
        .number(Some(5))
        .changes_at("http://between.example/d")
}

/// A list of changes with a number, to a complete list with another.
fn changes(signer: &Signer, number: u64, of: u64) -> ListBuilder {
    ListBuilder::new(&signer.between, now())
        .number(Some(number))
        .changes_to(of)
}

/// What comes of a signature by what is given, in the order given and in the other one. Authorities that are asked do
/// not answer.
#[track_caller]
fn told(signer: &Signer, lists: &[ListBuilder], expected: Option<Code>) {
    let forth: Vec<Vec<u8>> = lists.iter().map(ListBuilder::build).collect();
    let back = forth.iter().rev().cloned().collect();
    for files in [forth, back] {
        let given = GivenRevocation::read(files).expect("lists");
        let stores = signer.stores().with_revocation(Arc::new(given));
        let envelope = signer.envelope(None);
        let walk = begin(&envelope, statement(Level::Strict), &stores, now());
        let (asked, outcome) = go(walk.expect("a walk"), &|_| Err("silent".to_owned()));
        assert_eq!(outcome.err().map(|rejection| rejection.code()), expected);
        // Nobody is asked where what is given says it.
        let is_unknown = expected == Some(codes::REVOCATION_UNKNOWN);
        assert_eq!(!asked.is_empty(), is_unknown, "{asked:?}");
    }
}

#[test]
fn an_older_list_of_changes_hides_no_revocation_that_a_newer_one_has() {
    let signer = signer();
    let revoked = entry(KEY_COMPROMISE, "2025-06-01T00:00:00Z");
    let older = changes(&signer, 6, 5);
    let newer = changes(&signer, 7, 5);
    let with =
        |older: &ListBuilder, newer: &ListBuilder| [base(&signer), older.clone(), newer.clone()];
    told(&signer, &with(&older, &newer), None);
    let found = Some(codes::REVOKED);
    let revoking = newer.clone().entry(revoked);
    told(&signer, &with(&older, &revoking), found);
    // What was revoked for good stays so, also if a newer one left it out.
    let revoking = older.clone().entry(revoked);
    told(&signer, &with(&revoking, &newer), found);
}

#[test]
fn of_two_lists_of_changes_the_newer_one_says_whether_a_hold_was_ended() {
    let signer = signer();
    let held = base(&signer).entry(entry(HOLD, "2025-01-01T00:00:00Z"));
    let silent = changes(&signer, 6, 5);
    let ended = |number| changes(&signer, number, 5).entry(entry(REMOVE, "2025-02-01T00:00:00Z"));
    told(&signer, &[held.clone(), silent.clone(), ended(7)], None);
    let again = changes(&signer, 7, 5).entry(entry(HOLD, "2025-03-01T00:00:00Z"));
    let on_hold = Some(codes::ON_HOLD);
    told(&signer, &[held.clone(), ended(6), again], on_hold);
    told(&signer, &[held, silent], on_hold);
}

#[test]
fn changes_that_do_not_fit_take_nothing_away_from_those_that_do() {
    let signer = signer();
    let foreign = changes(&signer, 10, 9).entry(entry(REMOVE, "2025-06-01T00:00:00Z"));
    let fitting = changes(&signer, 6, 5);
    told(&signer, &[base(&signer), foreign.clone(), fitting], None);
    // With its own number, and with a lower one, the complete list is as new as the changes.
    for (number, of) in [(5, 5), (5, 4), (4, 4), (4, 3)] {
        let same = changes(&signer, number, of);
        told(&signer, &[base(&signer), foreign.clone(), same], None);
    }
    let unknown = Some(codes::REVOCATION_UNKNOWN);
    told(&signer, &[base(&signer), foreign.clone()], unknown);
    told(&signer, &[base(&signer)], unknown);
    // What the complete list says for good needs no changes, fitting or not.
    let compromised = entry(KEY_COMPROMISE, "2025-06-01T00:00:00Z");
    let revoked = base(&signer).entry(compromised);
    told(&signer, &[revoked.clone(), foreign], Some(codes::REVOKED));
    told(&signer, &[revoked], Some(codes::REVOKED));
    // What the issuer revoked for good is revoked, whichever list its changes are for.
    let revoking = changes(&signer, 10, 9).entry(compromised);
    told(&signer, &[base(&signer), revoking], Some(codes::REVOKED));
}
