use doorward_core::Timestamp;
use doorward_crypto::{
    ListError, ListStatus, Revocation, RevocationList, RevocationReason, SignatureError, check_list,
};
use doorward_testkit::{
    CertificateBuilder, Certified, KeyKind, ListBuilder, ListedCertificate, asn1, flip_bit,
};

use super::{at, counted, read};

const SERIAL: u64 = 4711;
const ADDRESS: &str = "http://ca.example/list";
const HOLD: u8 = 6;
const REMOVE: u8 = 8;

struct Pair {
    issuer: Certified,
    leaf: Certified,
}

fn pair() -> Pair {
    let issuer = CertificateBuilder::authority("root").self_signed();
    let leaf = CertificateBuilder::code_signer("leaf")
        .serial(SERIAL)
        .lists(&[ADDRESS]);
    let leaf = leaf.issued_by(&issuer);
    Pair { issuer, leaf }
}

fn now() -> Timestamp {
    at("2026-06-01T00:00:00Z")
}

fn entry(serial: u64, reason: Option<u8>, time: &str) -> ListedCertificate {
    ListedCertificate {
        serial,
        time: at(time),
        reason,
        invalid_since: None,
    }
}

fn listed(reason: Option<u8>) -> ListedCertificate {
    entry(SERIAL, reason, "2025-01-01T00:00:00Z")
}

impl Pair {
    fn list(&self) -> ListBuilder {
        ListBuilder::new(&self.issuer, now())
    }

    fn check(
        &self,
        base: &[u8],
        changes: Option<&[u8]>,
        at: Timestamp,
    ) -> Result<ListStatus, ListError> {
        let base = RevocationList::from_der(base)?;
        let changes = changes.map(RevocationList::from_der).transpose()?;
        let (leaf, issuer) = (read(&self.leaf), read(&self.issuer));
        counted(|checks| check_list(&leaf, &issuer, &base, changes.as_ref(), at, checks))
    }

    fn now(&self, base: &ListBuilder) -> Result<ListStatus, ListError> {
        self.check(&base.build(), None, now())
    }

    fn with(&self, base: &ListBuilder, changes: &ListBuilder) -> Result<ListStatus, ListError> {
        self.check(&base.build(), Some(&changes.build()), now())
    }
}

fn is_revoked(outcome: &Result<ListStatus, ListError>) -> bool {
    matches!(outcome, Ok(ListStatus::Revoked(_)))
}

#[test]
fn a_certificate_is_revoked_if_its_serial_number_is_listed() {
    let pair = pair();
    assert_eq!(pair.now(&pair.list()), Ok(ListStatus::Good));
    let others = pair
        .list()
        .entry(entry(SERIAL + 1, None, "2025-01-01T00:00:00Z"))
        .entry(entry(SERIAL << 8, Some(1), "2025-01-01T00:00:00Z"));
    assert_eq!(pair.now(&others), Ok(ListStatus::Good));
    let since = at("2024-01-01T00:00:00Z");
    let revoked = others.entry(ListedCertificate {
        invalid_since: Some(since),
        ..listed(Some(1))
    });
    assert_eq!(
        pair.now(&revoked),
        Ok(ListStatus::Revoked(Revocation {
            time: at("2025-01-01T00:00:00Z"),
            reason: Some(RevocationReason::KeyCompromise),
            invalid_since: Some(since),
        }))
    );
    assert!(is_revoked(&pair.now(&pair.list().entry(listed(None)))));
    assert!(is_revoked(
        &pair.now(&pair.list().entry(listed(Some(HOLD))))
    ));
}

#[test]
fn a_list_holds_from_five_minutes_before_its_time_to_its_end() {
    let pair = pair();
    let until = now().plus(3600);
    let list = pair.list().holds(now(), Some(until)).build();
    assert!(pair.check(&list, None, until).is_ok());
    assert!(pair.check(&list, None, now().plus(-300)).is_ok());
    let expired = ListError::Expired { next_update: until };
    assert_eq!(pair.check(&list, None, until.plus(1)), Err(expired));
    let early = ListError::NotYet { this_update: now() };
    assert_eq!(pair.check(&list, None, now().plus(-301)), Err(early));
    let endless = pair.list().holds(now(), None);
    assert_eq!(pair.now(&endless), Err(ListError::NoNextUpdate));
}

#[test]
fn an_old_list_still_revokes_but_says_nothing_good_and_nothing_of_a_hold() {
    let pair = pair();
    let (from, until) = (now().plus(-7200), now().plus(-3600));
    let old = || pair.list().holds(from, Some(until));
    let expired = || Err(ListError::Expired { next_update: until });
    assert_eq!(pair.now(&old()), expired());
    assert_eq!(pair.now(&old().entry(listed(Some(HOLD)))), expired());
    assert!(is_revoked(&pair.now(&old().entry(listed(Some(1))))));
    assert!(is_revoked(&pair.now(&old().entry(listed(None)))));
}

#[test]
fn a_list_of_somebody_else_says_nothing() {
    let pair = pair();
    let stranger = CertificateBuilder::authority("stranger").self_signed();
    let strangers = ListBuilder::new(&stranger, now()).entry(listed(Some(1)));
    assert_eq!(pair.now(&strangers), Err(ListError::Issuer));
    let namesake = CertificateBuilder::authority("root")
        .key(KeyKind::P256, 9)
        .self_signed();
    let forged = ListBuilder::new(&namesake, now());
    let bad = ListError::Signature(SignatureError::Bad);
    assert_eq!(pair.now(&forged), Err(bad.clone()));
    assert_eq!(pair.now(&forged.entry(listed(Some(1)))), Err(bad));
}

#[test]
fn an_issuer_whose_key_is_not_for_lists_makes_none() {
    let issuer = CertificateBuilder::authority("root")
        .extension("2.5.29.15", true, &[0x03, 0x02, 0x02, 0x04])
        .self_signed();
    let leaf = CertificateBuilder::code_signer("leaf").issued_by(&issuer);
    let pair = Pair { issuer, leaf };
    assert_eq!(pair.now(&pair.list()), Err(ListError::IssuerKeyUsage));
}

#[test]
fn no_bit_of_a_list_can_be_changed_to_another_meaning() {
    let pair = pair();
    let list = pair.list().entry(listed(Some(HOLD))).build();
    let original = pair.check(&list, None, now());
    assert!(is_revoked(&original));
    for bit in 0..list.len() * 8 {
        let changed = pair.check(&flip_bit(&list, bit), None, now());
        assert!(changed.is_err() || changed == original, "bit {bit}");
    }
}

#[test]
fn a_list_for_other_certificates_says_nothing() {
    const POINT: &str = "2.5.29.28";
    let pair = pair();
    let scoped = |value: &[u8]| {
        let list = pair.list().extension(POINT, true, &asn1(0x30, &[value]));
        pair.now(&list)
    };
    let scope = |detail| Err(ListError::Scope { detail });
    const TRUE: u8 = 0xff;
    assert_eq!(scoped(&[0x81, 1, TRUE]), Ok(ListStatus::Good));
    assert_eq!(
        scoped(&[0x82, 1, TRUE]),
        scope("it is for authorities alone")
    );
    assert_eq!(
        scoped(&[0x83, 2, 6, 0x40]),
        scope("it is for some reasons alone")
    );
    assert_eq!(scoped(&[0x84, 1, TRUE]), scope("it is an indirect list"));
    assert_eq!(
        scoped(&[0x85, 1, TRUE]),
        scope("it is for attribute certificates")
    );
    assert_eq!(scoped(&[0x84, 1, 1]), Err(ListError::Malformed));
    let of = |address: &str| pair.now(&pair.list().of_point(address));
    assert_eq!(of(ADDRESS), Ok(ListStatus::Good));
    // A part of the issuer's certificates that this one is not in.
    let other = scope("it is that of another distribution point");
    assert_eq!(of("http://ca.example/list-2"), other);
}

#[test]
fn critical_extensions_that_nobody_knows_make_a_list_useless() {
    let pair = pair();
    let unknown = pair.list().extension("1.2.3.4", true, &[0x05, 0x00]);
    assert_eq!(pair.now(&unknown), Err(ListError::CriticalExtension));
    let harmless = pair.list().extension("1.2.3.4", false, &[0x05, 0x00]);
    assert_eq!(pair.now(&harmless), Ok(ListStatus::Good));
    // On an entry too, even on another's: it may say that further entries are of another issuer.
    let critical = asn1(
        0x30,
        &[
            &[0x06, 0x03, 0x55, 0x1d, 0x1d],
            &[0x01, 0x01, 0xff],
            &[0x04, 0x02, 0x30, 0x00],
        ],
    );
    let other = entry(SERIAL + 1, None, "2025-01-01T00:00:00Z");
    let indirect = pair.list().entry_with(other, &critical);
    assert_eq!(pair.now(&indirect), Err(ListError::CriticalExtension));
}

#[test]
fn changes_count_together_with_the_complete_list() {
    let pair = pair();
    let base = pair
        .list()
        .number(Some(5))
        .changes_at("http://ca.example/changes");
    assert_eq!(pair.now(&base), Err(ListError::NoDelta));
    let list = RevocationList::from_der(&base.build()).map(|list| list.delta_addresses().to_vec());
    assert_eq!(list, Ok(vec!["http://ca.example/changes".to_owned()]));
    let changes = || pair.list().number(Some(7)).changes_to(5);
    assert_eq!(pair.with(&base, &changes()), Ok(ListStatus::Good));
    let revoked = changes().entry(listed(Some(1)));
    assert!(is_revoked(&pair.with(&base, &revoked)));
    let held = base.clone().entry(listed(Some(HOLD)));
    assert!(is_revoked(&pair.with(&held, &changes())));
    let later = "2025-02-01T00:00:00Z";
    let let_go = changes().entry(entry(SERIAL, Some(REMOVE), later));
    assert_eq!(pair.with(&held, &let_go), Ok(ListStatus::Good));
    // What was let go before it was put on hold again.
    let before = changes().entry(entry(SERIAL, Some(REMOVE), "2024-12-01T00:00:00Z"));
    assert!(is_revoked(&pair.with(&held, &before)));
    // What is revoked for good cannot be let go.
    let gone = base.entry(listed(Some(1)));
    assert!(is_revoked(&pair.with(&gone, &let_go)));
}

#[test]
fn changes_that_are_not_newer_than_the_complete_list_let_nobody_go_and_revoke_all_the_same() {
    let pair = pair();
    let base = || {
        pair.list()
            .number(Some(5))
            .changes_at("http://ca.example/changes")
    };
    let held = base().entry(entry(SERIAL, Some(HOLD), "2025-01-01T00:00:00Z"));
    for (number, of) in [(4, 3), (4, 4), (5, 4), (5, 5)] {
        let changes = || pair.list().number(Some(number)).changes_to(of);
        // The complete list is as new, so nothing is missing.
        assert_eq!(pair.with(&base(), &changes()), Ok(ListStatus::Good));
        let let_go = changes().entry(entry(SERIAL, Some(REMOVE), "2026-01-01T00:00:00Z"));
        assert!(is_revoked(&pair.with(&held, &let_go)), "{number}");
        let revoked = changes().entry(listed(Some(1)));
        assert!(is_revoked(&pair.with(&base(), &revoked)), "{number}");
        // It must be made for now as any other.
        let over = changes().holds(at("2026-05-01T00:00:00Z"), Some(at("2026-05-02T00:00:00Z")));
        assert!(matches!(
            pair.with(&base(), &over),
            Err(ListError::Expired { .. })
        ));
    }
}

#[test]
fn changes_to_something_else_do_not_count() {
    let pair = pair();
    let base = || {
        pair.list()
            .number(Some(5))
            .changes_at("http://ca.example/changes")
    };
    let delta = |detail| Err(ListError::Delta { detail });
    let made = |number, of| pair.list().number(number).changes_to(of);
    assert_eq!(pair.with(&base(), &made(Some(7), 4)), Ok(ListStatus::Good));
    assert_eq!(
        pair.with(&base(), &made(Some(7), 6)),
        delta("it is for a newer one")
    );
    assert_eq!(
        pair.with(&base(), &made(Some(7), 256)),
        delta("it is for a newer one")
    );
    assert_eq!(
        pair.with(&base(), &made(None, 5)),
        delta("one has no number")
    );
    assert_eq!(
        pair.with(&base().number(None), &made(Some(7), 5)),
        delta("one has no number")
    );
    let complete = pair.list().number(Some(7));
    assert_eq!(
        pair.with(&base(), &complete),
        delta("it is no list of changes")
    );
    let other = made(Some(7), 5).of_point(ADDRESS);
    assert_eq!(
        pair.with(&base(), &other),
        delta("it covers something else")
    );
    let stranger = CertificateBuilder::authority("stranger").self_signed();
    let strangers = ListBuilder::new(&stranger, now())
        .number(Some(7))
        .changes_to(5);
    assert_eq!(pair.with(&base(), &strangers), Err(ListError::Issuer));
    let until = now().plus(-60);
    let old = made(Some(7), 5).holds(now().plus(-3600), Some(until));
    let expired = ListError::Expired { next_update: until };
    assert_eq!(pair.with(&base(), &old), Err(expired));
    assert_eq!(pair.now(&made(Some(7), 5)), Err(ListError::DeltaAlone));
}

#[test]
fn changes_that_only_the_certificate_names_are_missing() {
    let issuer = CertificateBuilder::authority("root").self_signed();
    let leaf = CertificateBuilder::code_signer("leaf").extension("2.5.29.46", false, &[0x30, 0]);
    let leaf = leaf.issued_by(&issuer);
    let pair = Pair { issuer, leaf };
    assert_eq!(pair.now(&pair.list()), Err(ListError::NoDelta));
}

#[test]
fn many_entries_are_gone_over_once() {
    let pair = pair();
    let mut list = pair.list();
    for number in 0..2000 {
        list = list.entry(entry(100_000 + number, Some(1), "2025-01-01T00:00:00Z"));
    }
    assert_eq!(pair.now(&list), Ok(ListStatus::Good));
    assert!(is_revoked(&pair.now(&list.entry(listed(Some(4))))));
}

#[test]
fn nonsense_is_no_list() {
    let pair = pair();
    let good = pair.list().build();
    let trailing = [&good[..], &[0]].concat();
    for bytes in [
        &[][..],
        b"<html>",
        &good[1..],
        &good[..good.len() - 1],
        &trailing,
    ] {
        assert_eq!(pair.check(bytes, None, now()), Err(ListError::Malformed));
    }
    let limit = 32 * 1024 * 1024;
    let refused = pair.check(&vec![0x30; limit + 1], None, now());
    assert_eq!(refused, Err(ListError::TooLarge { limit }));
    let twice = pair
        .list()
        .extension("2.5.29.20", false, &[0x02, 0x01, 0x02]);
    assert_eq!(pair.now(&twice), Err(ListError::Malformed));
    let broken = asn1(0x30, &[&[0x02, 0x01, 0x05]]);
    let reasons = pair.list().entry_with(listed(Some(1)), &broken);
    assert_eq!(pair.now(&reasons), Err(ListError::Malformed));
}
