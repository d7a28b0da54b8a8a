//! A self-signature that verifies and does not bind, for a rule of ours, grants nothing; what it forbids holds.

use doorward_core::Code;
use doorward_simple_signing::codes;
use pgp::packet::{SignatureType, Subpacket, SubpacketData};
use proptest::prelude::*;

use crate::build::{CREATED, DAY, Owner, Packet, Says, YEAR, ask, critical, regular, user_packet};

const ALICE: &str = "alice <alice@r.example>";

fn alice() -> Owner {
    Owner::new(1)
}

fn subkey() -> Owner {
    Owner::new(7)
}

/// What a self-signature is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum About {
    Key,
    User(usize),
    Subkey,
}

const USERS: [&str; 2] = [ALICE, "second"];

fn about(what: About, says: &Says) -> Packet {
    match what {
        About::Key => alice().direct(says),
        About::User(index) => alice().about_user(SignatureType::CertPositive, USERS[index], says),
        About::Subkey => alice().bind(&subkey(), says, &Says::at(CREATED)),
    }
}

/// Alice's certificate with these self-signatures.
fn certificate(said: &[(About, Says)]) -> Vec<u8> {
    let of = |what: About| {
        let said = said.iter().filter(move |(about, _)| *about == what);
        said.map(|(what, says)| about(*what, says))
            .collect::<Vec<_>>()
            .concat()
    };
    [
        alice().primary_packet(),
        of(About::Key),
        user_packet(USERS[0]),
        of(About::User(0)),
        user_packet(USERS[1]),
        of(About::User(1)),
        subkey().subkey_packet(),
        of(About::Subkey),
    ]
    .concat()
}

/// What comes of signatures by the key and by the subkey.
fn verdicts(said: &[(About, Says)]) -> [Result<(), Code>; 2] {
    [alice(), subkey()].map(|signer| {
        ask(&[certificate(said)], &signer.sign())
            .map(|_| ())
            .map_err(|refusal| refusal.code())
    })
}

/// Critical subpackets that nobody here evaluates.
fn demands() -> Vec<Subpacket> {
    [
        SubpacketData::PolicyURI("https://r.example".into()),
        SubpacketData::Revocable(true),
        SubpacketData::TrustSignature(1, 60),
        SubpacketData::RegularExpression("x".into()),
        SubpacketData::ExportableCertification(true),
        SubpacketData::PreferredKeyServer("https://r.example".into()),
        SubpacketData::SignersUserID("x".into()),
        SubpacketData::Experimental(101, "x".into()),
    ]
    .into_iter()
    .map(critical)
    .collect()
}

/// A key and its subkey that may sign for ever.
fn good() -> Vec<(About, Says)> {
    let good = Says::at(CREATED);
    vec![(About::User(0), good.clone()), (About::Subkey, good)]
}

#[test]
fn a_newer_self_signature_that_does_not_bind_still_ends_its_key() {
    assert_eq!(verdicts(&good()), [Ok(()), Ok(())]);
    let ended = Says::at(CREATED + DAY).lifetime(YEAR);
    for demand in demands() {
        for what in [About::Key, About::User(0), About::User(1), About::Subkey] {
            let mut said = good();
            said.push((what, ended.clone().with(demand.clone())));
            let expected = match what {
                About::Subkey => [Ok(()), Err(codes::KEY_EXPIRED)],
                _ => [Err(codes::KEY_EXPIRED); 2],
            };
            assert_eq!(verdicts(&said), expected, "{what:?}, {demand:?}");
            said.swap(0, 2);
            assert_eq!(verdicts(&said), expected, "{what:?}, {demand:?}");
        }
    }
}

#[test]
fn a_newer_self_signature_that_does_not_bind_still_takes_the_leave_to_sign() {
    let mut certifies = Says::at(CREATED + DAY);
    certifies.sign = Some(false);
    for demand in demands() {
        for what in [About::Key, About::User(0), About::User(1), About::Subkey] {
            let mut said = good();
            said.push((what, certifies.clone().with(demand.clone())));
            let expected = match what {
                About::Subkey => [Ok(()), Err(codes::KEY_UNUSABLE)],
                _ => [Err(codes::KEY_UNUSABLE), Ok(())],
            };
            assert_eq!(verdicts(&said), expected, "{what:?}, {demand:?}");
        }
    }
}

#[test]
fn an_expiry_whose_number_is_too_long_or_cut_short_ends_the_key() {
    let year = YEAR.to_be_bytes();
    // Kind 9 is the lifetime of the key.
    for number in [[year.as_slice(), &[0]].concat(), year[..3].to_vec(), vec![]] {
        let odd = SubpacketData::Other(9, number.into());
        let says = Says::at(CREATED + DAY).with(regular(odd));
        let mut said = good();
        said.push((About::User(0), says));
        assert_eq!(verdicts(&said), [Err(codes::KEY_EXPIRED); 2]);
    }
}

#[test]
fn what_does_not_bind_grants_nothing() {
    let demand = || demands().swap_remove(0);
    // It lifts no expiry, gives no leave to sign, and binds no key.
    let ended = Says::at(CREATED).lifetime(YEAR);
    let lifted = Says::at(CREATED + DAY).with(demand());
    for what in [About::Key, About::User(0), About::User(1)] {
        let said = [(About::User(0), ended.clone()), (what, lifted.clone())];
        assert_eq!(verdicts(&said)[0], Err(codes::KEY_EXPIRED), "{what:?}");
    }
    let said = [(About::User(0), Says::at(CREATED)), (About::Subkey, lifted)];
    assert_eq!(verdicts(&said), [Ok(()), Err(codes::KEY_UNUSABLE)]);
}

#[test]
fn a_newer_self_signature_that_binds_takes_back_what_one_that_does_not_bind_forbade() {
    let demand = || demands().swap_remove(0);
    let ended = Says::at(CREATED + DAY).lifetime(YEAR).with(demand());
    let mut certifies = Says::at(CREATED + DAY).with(demand());
    certifies.sign = Some(false);
    let lifted = Says::at(CREATED + 2 * DAY);
    for what in [About::Key, About::User(0), About::Subkey] {
        for forbidding in [&ended, &certifies] {
            let mut said = good();
            said.push((what, forbidding.clone()));
            assert_ne!(verdicts(&said), [Ok(()), Ok(())], "{what:?}");
            said.push((what, lifted.clone()));
            assert_eq!(verdicts(&said), [Ok(()), Ok(())], "{what:?}");
        }
    }
}

#[test]
fn a_self_signature_by_another_forbids_nothing() {
    let ended = Says::at(CREATED + DAY).lifetime(YEAR);
    let mallory = Owner::new(3);
    let typ = SignatureType::CertPositive;
    let foreign = mallory.about_user_of(&alice(), typ, ALICE, &ended);
    let mut forged = alice().about_user(typ, ALICE, &ended);
    let last = forged.len() - 1;
    forged[last] ^= 1;
    // A hash that is not known: nobody can tell who made it, and anybody can attach it.
    let mut unknown = alice().about_user(typ, ALICE, &ended);
    // Version, type and key algorithm stand behind a header of six bytes.
    unknown[9] = 99;
    for attached in [foreign, forged, unknown] {
        let source = [certificate(&good()), attached].concat();
        assert!(ask(&[source], &alice().sign()).is_ok());
    }
}

fn statement() -> impl Strategy<Value = (About, Says)> {
    let about = prop_oneof![
        Just(About::Key),
        Just(About::User(0)),
        Just(About::User(1)),
        Just(About::Subkey),
    ];
    (about, 0..6_u32, 0..4_u32, 0..3_u8).prop_map(|(about, at, lifetime, sign)| {
        let mut says = Says::at(CREATED + at * YEAR / 4);
        says.lifetime = (lifetime > 0).then_some(lifetime * YEAR + YEAR / 2);
        says.sign = [None, Some(true), Some(false)][usize::from(sign)];
        (about, says)
    })
}

/// Self-signatures some of which do not bind.
fn statements() -> impl Strategy<Value = Vec<(About, Says)>> {
    let one = (statement(), proptest::bool::weighted(0.25)).prop_map(|((about, says), odd)| {
        let demand = odd.then(|| demands().swap_remove(0));
        (about, demand.into_iter().fold(says, Says::with))
    });
    proptest::collection::vec(one, 1..6)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn a_self_signature_that_does_not_bind_never_lets_more_in_and_forbids_what_it_would_if_it_did_bind(
        before in statements(),
        (what, says) in statement(),
        demand in 0..8_usize,
        at in any::<prop::sample::Index>(),
    ) {
        let with = |says: Says| {
            let mut said = before.clone();
            said.insert(at.index(before.len() + 1), (what, says));
            verdicts(&said)
        };
        let binding = with(says.clone());
        let odd = with(says.clone().with(demands().swap_remove(demand)));
        for ((before, binding), odd) in verdicts(&before).iter().zip(&binding).zip(&odd) {
            prop_assert!(before.is_ok() || odd.is_err(), "lets more in");
            prop_assert!(binding.is_ok() || odd.is_err(), "hides what is forbidden");
        }
    }

    #[test]
    fn the_newest_self_signature_forbids_whatever_it_demands(
        before in statements(),
        what in prop_oneof![Just(About::User(0)), Just(About::Key), Just(About::Subkey)],
        ends in any::<bool>(),
        demand in 0..8_usize,
    ) {
        let mut says = Says::at(CREATED + 2 * YEAR).with(demands().swap_remove(demand));
        says.lifetime = ends.then_some(YEAR);
        says.sign = Some(ends);
        // A direct-key signature outranks what is said about a user ID.
        let mut said: Vec<_> = before
            .into_iter()
            .filter(|(about, _)| what != About::User(0) || *about != About::Key)
            .collect();
        said.push((what, says));
        let signer = usize::from(what == About::Subkey);
        prop_assert!(verdicts(&said)[signer].is_err());
    }
}
