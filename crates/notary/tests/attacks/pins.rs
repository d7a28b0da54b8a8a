//! Whom the first contact believes, and that pins are held against the root at every decision.

mod authorities;

use bytes::Bytes;
use doorward_core::{Budget, Meter, Session};
use doorward_notary::codes;
use doorward_notary::{KeyId, PinError, Pins, Remembered, RootOrigin};
use doorward_testkit::{
    Collection, ExtendedUsage, NotaryKey, Publication, RootAuthority, RootCertificate, Tampering,
};

use crate::support::client::{
    Client, DAY, GUN, builder, collection, key, now, released, root_key, target,
};

/// What somebody between the client and the server offers: all signed, by himself.
fn stranger() -> Publication {
    let mut stranger = released(builder().seed(9));
    stranger.add_target("1.0", target("malware")).publish()
}

fn by_id(keys: &[&NotaryKey]) -> Pins {
    Pins::Keys {
        ids: keys
            .iter()
            .map(|key| KeyId::from(key.id().as_str()))
            .collect(),
        certificates: [].into(),
    }
}

fn by_certificate(pem: &str) -> Pins {
    Pins::new([], [pem.as_bytes()], [], false).expect("a certificate")
}

fn by_authority(pem: &str) -> Pins {
    Pins::new([], [], [pem.as_bytes()], false).expect("a certificate")
}

fn with(pins: Pins) -> Client {
    let mut client = Client::new();
    client.question.pins = pins;
    client
}

#[test]
fn without_a_pin_the_first_contact_asks_nothing_and_believes_nobody() {
    let outcome = with(Pins::None).refuses(&collection().publish(), codes::PIN_REQUIRED);
    assert!(outcome.asked.is_empty(), "{:?}", outcome.asked);
}

#[test]
fn somebody_in_between_at_the_first_contact_is_refused_where_a_key_is_pinned() {
    let mut publisher = collection();
    let honest = publisher.publish();
    let root = publisher.keys("root")[0].clone();
    for pins in [by_id(&[&root]), by_certificate(&root.public_pem())] {
        with(pins.clone()).refuses(&stranger(), codes::PIN_MISMATCH);
        with(pins).accepts(&honest, "1.0");
    }
}

#[test]
fn a_pinned_key_must_have_signed_and_not_only_be_listed() {
    let (pinned, other) = (root_key(1), root_key(2));
    let mut publisher = released(builder().root_keys(&[pinned.clone(), other.clone()]));
    publisher.publish();
    let forged = publisher.forge(&[Tampering::of("root").signed_by(&[other])]);
    Client::new().accepts(&forged, "1.0");
    with(by_id(&[&pinned])).refuses(&forged, codes::THRESHOLD);
}

#[test]
fn keys_that_are_not_pinned_do_not_help_to_reach_the_threshold() {
    let keys = [root_key(1), root_key(2)];
    let publication = released(builder().root_keys(&keys).threshold("root", 2)).publish();
    with(by_id(&[&keys[0]])).refuses(&publication, codes::THRESHOLD);
    with(by_id(&[&keys[0], &keys[1]])).accepts(&publication, "1.0");
}

#[test]
fn the_id_of_the_key_alone_is_no_pin_of_its_certificate() {
    let publication = released(builder().root_keys(&[root_key(1)])).publish();
    with(by_id(&[&key(1)])).refuses(&publication, codes::PIN_MISMATCH);
}

#[test]
fn another_certificate_for_a_pinned_key_is_another_pin() {
    let publication = released(builder().root_keys(&[root_key(1)])).publish();
    let other = RootCertificate::new("*", now()).pem(&key(1));
    with(by_certificate(&other)).refuses(&publication, codes::PIN_MISMATCH);
}

#[test]
fn no_pins_at_all_in_a_list_of_pins_accept_nobody() {
    with(by_id(&[])).refuses(&collection().publish(), codes::PIN_MISMATCH);
}

#[test]
fn a_pin_that_was_added_later_is_held_against_the_remembered_root() {
    let mut publisher = collection();
    let honest = publisher.publish();
    let root = publisher.keys("root")[0].clone();
    for (pins, good) in [
        (by_id(&[&root]), true),
        (by_id(&[&root_key(1)]), false),
        (by_certificate(&root_key(1).public_pem()), false),
        (by_authority(RootAuthority::new(now()).ca_pem()), false),
    ] {
        let mut client = Client::after(&honest);
        client.question.pins = pins;
        if good {
            client.accepts(&honest, "1.0");
            let origin = client.memory.as_ref().map(Remembered::origin);
            assert_eq!(origin, Some(RootOrigin::Pinned));
        } else {
            client.refuses(&honest, codes::PIN_MISMATCH);
        }
    }
}

#[test]
fn a_pin_that_is_added_after_a_stranger_was_believed_ends_the_belief() {
    let mut publisher = collection();
    let honest = publisher.publish();
    let forged = stranger();
    let mut client = Client::new();
    client.accepts(&forged, "malware");
    client.question.pins = by_id(&[&publisher.keys("root")[0]]);
    client.refuses(&forged, codes::PIN_MISMATCH);
    // Nothing leads from the stranger's root to the publisher's. But the pin says which one is meant.
    let outcome = client.accepts(&honest, "1.0");
    assert_eq!(outcome.session.notes().len(), 1, "and it is said");
    let origin = client.memory.as_ref().map(Remembered::origin);
    assert_eq!(origin, Some(RootOrigin::Pinned));
    // From then on the stranger is one.
    client.refuses(&forged, codes::ROOT_ROTATION);
    assert!(client.accepts(&honest, "1.0").session.notes().is_empty());
}

#[test]
fn a_first_use_is_overruled_by_pins_only_and_only_where_they_do_not_accept_it() {
    let mut publisher = collection();
    let honest = publisher.publish();
    let mut own = released(builder().seed(9));
    own.add_target("1.0", target("malware"));
    let forged = own.publish();
    let (mine, theirs) = (
        publisher.keys("root")[0].clone(),
        own.keys("root")[0].clone(),
    );
    for (pins, code) in [
        // Nothing is pinned, so whom the first contact met stays.
        (Pins::FirstUse, codes::ROOT_ROTATION),
        (Pins::None, codes::PIN_REQUIRED),
        // The remembered root is accepted as well: it does not vouch for the other one.
        (by_id(&[&mine, &theirs]), codes::ROOT_ROTATION),
        // Neither is.
        (by_id(&[&root_key(3)]), codes::ROOT_ROTATION),
    ] {
        let mut client = Client::after(&honest);
        client.question.pins = pins;
        client.refuses(&forged, code);
        let remembered = client.memory.as_ref().map(|memory| memory.root().clone());
        assert_eq!(remembered.as_ref(), Some(honest.role("root")));
    }
    // What was pinned or imported is not overruled by other pins.
    let mut client = with(by_id(&[&mine]));
    client.accepts(&honest, "1.0");
    client.question.pins = by_id(&[&theirs]);
    client.refuses(&forged, codes::ROOT_ROTATION);
    let mut client = with(by_id(&[&theirs]));
    client.memory = Some(imported(&honest));
    client.refuses(&forged, codes::ROOT_ROTATION);
}

#[test]
fn a_root_several_versions_ahead_of_a_first_use_is_reached_or_begun_with() {
    let mut publisher = collection();
    publisher.publish();
    for seed in 1..4 {
        publisher.rotate_root_key(&root_key(seed)).publish();
    }
    let newest = publisher.publish();
    let pins = by_id(&[&root_key(3)]);
    // From a stranger's root nothing leads there.
    let mut client = Client::new();
    client.accepts(&stranger(), "malware");
    client.question.pins = pins.clone();
    client.accepts(&newest, "1.0");
    assert_eq!(
        client.memory.as_ref().map(Remembered::origin),
        Some(RootOrigin::Pinned)
    );
    // From the publisher's own first root the roots between do, and no version is forgotten.
    let mut client = Client::after(&collection().publish());
    let version = client.version("timestamp");
    client.question.pins = pins;
    let outcome = client.accepts(&newest, "1.0");
    assert!(outcome.session.notes().is_empty());
    assert!(client.version("timestamp") >= version);
}

#[test]
fn a_memory_that_pins_overruled_does_not_come_back_by_merging() {
    let mut publisher = collection();
    let honest = publisher.publish();
    let mut client = Client::new();
    client.accepts(&stranger(), "malware");
    let first_use = client.memory.clone().expect("a memory");
    client.question.pins = by_id(&[&publisher.keys("root")[0]]);
    client.accepts(&honest, "1.0");
    let pinned = client.memory.expect("a memory");
    for merged in [
        first_use.clone().merge(pinned.clone()),
        pinned.clone().merge(first_use),
    ] {
        assert_eq!(merged.root(), pinned.root());
        assert_eq!(merged.origin(), RootOrigin::Pinned);
        assert_eq!(merged.versions(), pinned.versions());
    }
}

#[test]
fn a_key_that_took_over_from_a_pinned_one_is_pinned_only_for_those_who_saw_it() {
    let mut publisher = collection();
    let first = publisher.publish();
    let old = publisher.keys("root")[0].clone();
    let second = publisher.rotate_root_key(&root_key(1)).publish();
    let mut client = with(by_id(&[&old]));
    client.clone().refuses(&second, codes::PIN_MISMATCH);
    client.accepts(&first, "1.0");
    client.accepts(&second, "1.0");
    client.accepts(&second, "1.0");
    client.question.pins = by_id(&[&root_key(2)]);
    client.refuses(&second, codes::PIN_MISMATCH);
}

#[test]
fn a_stranger_who_lists_a_pinned_certificate_beside_his_own_key_gains_nothing() {
    let mut publisher = collection();
    let honest = publisher.publish();
    let pinned = publisher.keys("root")[0].clone();
    let own = root_key(1);
    let mut stranger = released(builder().seed(9).root_keys(&[own.clone(), pinned.clone()]));
    stranger.add_target("1.0", target("malware"));
    let by_stranger = |stranger: &Collection| {
        stranger.forge(&[Tampering::of("root").signed_by(std::slice::from_ref(&own))])
    };
    let first = by_stranger(&stranger);
    // As long as nothing is pinned, he is believed; and he goes on, as if the pinned key had handed over to him.
    let mut client = Client::new();
    client.accepts(&first, "malware");
    stranger.set_version("root", 2);
    let second = by_stranger(&stranger);
    stranger.rotate_keys("root", std::slice::from_ref(&own));
    stranger.set_version("root", 3);
    let third = by_stranger(&stranger);
    for forged in [second, third] {
        client.accepts(&forged, "malware");
        let mut pinning = client.clone();
        pinning.question.pins = by_id(&[&pinned]);
        let code = pinning.sees(&forged).code();
        let expected = [codes::PIN_MISMATCH, codes::THRESHOLD];
        assert!(
            code.is_some_and(|code| expected.contains(&code)),
            "{code:?}"
        );
        with(by_id(&[&pinned])).accepts(&honest, "1.0");
    }
}

#[test]
fn without_pins_only_a_root_that_was_pinned_or_imported_is_still_believed() {
    let mut publisher = collection();
    let honest = publisher.publish();
    let mut client = Client::after(&honest);
    client.question.pins = Pins::None;
    let outcome = client.refuses(&honest, codes::PIN_REQUIRED);
    assert!(outcome.asked.is_empty());

    let mut client = with(by_id(&[&publisher.keys("root")[0]]));
    client.accepts(&honest, "1.0");
    client.question.pins = Pins::None;
    client.accepts(&honest, "1.0");
    client.refuses(&stranger(), codes::ROOT_ROTATION);

    let mut client = with(Pins::None);
    client.memory = Some(imported(&honest));
    client.accepts(&honest, "1.0");
    let origin = client.memory.as_ref().map(Remembered::origin);
    assert_eq!(origin, Some(RootOrigin::Imported));
    client.refuses(&stranger(), codes::ROOT_ROTATION);
}

fn imported(publication: &Publication) -> Remembered {
    let root: Bytes = publication.role("root").clone();
    let mut meter = Meter::new(Budget::default());
    Remembered::import(root, [].into(), now(), &mut meter).expect("a root")
}

#[test]
fn an_imported_root_is_held_against_pins_as_any_other() {
    let honest = collection().publish();
    let mut client = with(by_id(&[&root_key(1)]));
    client.memory = Some(imported(&honest));
    client.refuses(&honest, codes::PIN_MISMATCH);
}

#[test]
fn believing_the_first_root_is_not_believing_a_second_one() {
    let mut client = Client::after(&collection().publish());
    client.refuses(&stranger(), codes::ROOT_ROTATION);
    assert_eq!(
        client.memory.as_ref().map(Remembered::origin),
        Some(RootOrigin::FirstUse)
    );
}

#[test]
fn what_is_no_pin_is_refused_when_it_is_read() {
    let id = root_key(1).id();
    for bad in ["", "abc", &id[1..], &format!("{id}0"), &id.to_uppercase()] {
        assert_eq!(
            Pins::new([bad], [], [], true),
            Err(PinError::KeyId),
            "{bad}"
        );
    }
    for bad in [&b""[..], b"no PEM", key(1).public_pem().as_bytes()] {
        assert!(Pins::new([], [bad], [], true).is_err());
        assert!(Pins::new([], [], [bad], true).is_err());
    }
    assert_eq!(Pins::new([], [], [], false), Ok(Pins::None));
    assert_eq!(Pins::new([], [], [], true), Ok(Pins::FirstUse));
}
