//! A key is a key wherever it hangs: what ends it in one place of a ring ends it in all.

use doorward_simple_signing::Keyring;
use doorward_simple_signing::codes;
use pgp::packet::SignatureType;
use pgp::types::Tag;
use proptest::prelude::*;

use crate::build::{
    CREATED, Owner, Packet, Says, YEAR, ask, packet, refused, revoking, user_packet, with,
};

/// The key that hangs in several places.
fn shared() -> Owner {
    Owner::new(7)
}

fn owner(seed: u64) -> Owner {
    Owner::new(seed)
}

/// The certificate of an owner who has the shared key as a subkey.
fn adopts(owner: &Owner) -> Vec<Packet> {
    let says = Says::at(CREATED);
    let mut parts = owner.certificate("owner <owner@r.example>");
    parts.push(shared().subkey_packet());
    parts.push(owner.bind(&shared(), &says, &says));
    parts
}

/// The shared key as a primary key.
fn own() -> Vec<Packet> {
    shared().certificate("shared <shared@r.example>")
}

/// What its own certificate says to end it.
fn revocation() -> Packet {
    shared().revocation()
}

/// What an owner says to end it as a subkey.
fn withdraws(owner: &Owner) -> Packet {
    owner.about_subkey(&shared(), SignatureType::SubkeyRevocation, &revoking())
}

fn ends(sources: &[Vec<u8>], what: &str) {
    for sources in [
        sources.to_vec(),
        sources.iter().rev().cloned().collect(),
        vec![sources.concat()],
    ] {
        let code = refused(&sources, &shared().sign());
        assert_eq!(code, codes::KEY_REVOKED, "{what}");
    }
}

#[test]
fn a_key_revoked_as_a_primary_key_is_refused_as_a_subkey_of_another() {
    let bound = adopts(&owner(1)).concat();
    let sources = [bound.clone(), own().concat()];
    assert!(ask(&sources, &shared().sign()).is_ok());
    let mut revoked = own();
    revoked.insert(1, revocation());
    ends(&[revoked.concat(), bound.clone()], "behind its key");
    ends(&[own().concat(), bound, revocation()], "apart");
}

#[test]
fn a_key_revoked_as_a_subkey_of_one_owner_is_refused_as_that_of_another_and_on_its_own() {
    let revoked = [adopts(&owner(1)), vec![withdraws(&owner(1))]].concat();
    let revoked = revoked.concat();
    ends(&[revoked.clone(), adopts(&owner(2)).concat()], "another's");
    ends(&[revoked.clone(), own().concat()], "its own");
    // The owners' own keys go on, and so does what another owner bound besides.
    let other = [adopts(&owner(2)).concat(), revoked];
    for good in [owner(1), owner(2)] {
        assert!(ask(&other, &good.sign()).is_ok());
    }
}

#[test]
fn a_subkey_is_ended_by_the_revocation_certificate_of_its_own_key_which_is_in_no_ring() {
    let bound = adopts(&owner(1)).concat();
    ends(&[bound.clone(), revocation()], "apart");
    ends(
        &[[bound.clone(), revocation()].concat()],
        "behind the subkey",
    );
    // An old program names the maker in the part that is not signed, where anybody can change it.
    let mut says = revoking();
    says.unprotected_issuer = true;
    let typ = SignatureType::KeyRevocation;
    let mut old = shared().about_key_of(&shared(), typ, &says);
    ends(&[bound.clone(), old.clone()], "named loosely");
    let id = shared().public_id();
    let at = old.windows(8).position(|bytes| bytes == id);
    old[at.expect("the issuer")] ^= 1;
    ends(&[bound.clone(), old], "named wrongly");
    assert!(ask(&[bound, revocation()], &owner(1).sign()).is_ok());
}

#[test]
fn a_damaged_revocation_certificate_of_a_subkey_that_stands_alone_ends_it() {
    let mut damaged = revocation();
    let last = damaged.len() - 1;
    damaged[last] ^= 1;
    let bound = adopts(&owner(1)).concat();
    assert_eq!(
        refused(&[bound.clone(), damaged.clone()], &shared().sign()),
        codes::KEY_REVOKED
    );
    // Behind a key, anybody could have attached it.
    assert!(ask(&[[bound, damaged].concat()], &shared().sign()).is_ok());
}

#[test]
fn a_revocation_kept_beside_a_ring_ends_a_key_that_is_a_subkey_there() {
    let bound = adopts(&owner(1)).concat();
    let mut unreadable = revocation();
    // A version that is not known, behind a header of six bytes.
    unreadable[6] = 7;
    let behind = |revocation: Packet| [own().concat(), revocation].concat();
    for beside in [revocation(), behind(revocation()), behind(unreadable)] {
        let ring = Keyring::with_revocations([bound.as_slice()], [beside.as_slice()]);
        let verdict = with(ring.expect("a ring"), &shared().sign());
        let code = verdict.map(|_| ()).map_err(|refusal| refusal.code());
        assert_eq!(code, Err(codes::KEY_REVOKED));
    }
}

#[test]
fn a_revoker_that_is_in_the_ring_as_a_subkey_revokes() {
    let alice = owner(3);
    let named = [
        alice.certificate("alice").concat(),
        alice.direct(&Says::at(CREATED).with(shared().names_as_revoker())),
    ]
    .concat();
    let revocation = shared().about_key_of(&alice, SignatureType::KeyRevocation, &revoking());
    let sources = [named, adopts(&owner(1)).concat(), revocation];
    assert_eq!(refused(&sources, &alice.sign()), codes::KEY_REVOKED);
}

#[test]
fn an_owner_whose_key_was_revoked_ends_no_key_that_others_hold_besides() {
    // What was revoked is the key of one owner, and not the shared one.
    let revoked = [adopts(&owner(1)).concat(), owner(1).revocation()].concat();
    assert_eq!(
        refused(std::slice::from_ref(&revoked), &shared().sign()),
        codes::KEY_REVOKED
    );
    assert!(ask(&[revoked, adopts(&owner(2)).concat()], &shared().sign()).is_ok());
}

#[test]
fn an_expiry_in_one_certificate_does_not_end_the_key_in_another() {
    let ended = Says::at(CREATED).lifetime(YEAR);
    let bound = [
        owner(1).certificate("owner").concat(),
        shared().subkey_packet(),
        owner(1).bind(&shared(), &ended, &Says::at(CREATED)),
    ]
    .concat();
    assert_eq!(
        refused(std::slice::from_ref(&bound), &shared().sign()),
        codes::KEY_EXPIRED
    );
    assert!(ask(&[bound, own().concat()], &shared().sign()).is_ok());
}

#[test]
fn who_does_not_hold_a_key_cannot_revoke_it_for_its_owner() {
    // Mallory shows the key behind his own and revokes it, but never bound it.
    let mallory = owner(3);
    let shown = [
        mallory.certificate("mallory").concat(),
        shared().subkey_packet(),
        withdraws(&mallory),
    ]
    .concat();
    assert!(ask(&[shown, adopts(&owner(1)).concat()], &shared().sign()).is_ok());
    // Nothing is computed with the key in front, so what stands behind it may be by anybody.
    let odd = packet(
        Tag::PublicKey,
        &[4, 0x65, 0, 0, 0, 17, 0, 1, 1, 0, 1, 1, 0, 1, 1, 0, 1, 1],
    );
    let says = Says::at(CREATED);
    let forged = [
        odd,
        user_packet("odd"),
        shared().subkey_packet(),
        mallory.about_subkey(&shared(), SignatureType::SubkeyBinding, &says),
        withdraws(&mallory),
    ]
    .concat();
    assert!(ask(&[forged, adopts(&owner(1)).concat()], &shared().sign()).is_ok());
}

#[test]
fn revocations_on_many_subkeys_are_bounded_by_what_they_cost() {
    // Each could be by any key of the ring, as nobody is named where it is signed.
    let mut says = revoking();
    says.unprotected_issuer = true;
    let typ = SignatureType::KeyRevocation;
    let stray = owner(4).about_key_of(&owner(4), typ, &says);
    let mut source = owner(1).certificate("owner").concat();
    for seed in 0..600 {
        source.extend(owner(100 + seed).subkey_packet());
    }
    source.extend(stray.repeat(600));
    let error = Keyring::parse([source.as_slice()]).expect_err("too much work");
    assert!(error.to_string().contains("tries"), "{error}");
}

/// A ring in which the shared key hangs in one to three places, and what revokes it in one of them.
fn rings() -> impl Strategy<Value = (Vec<Vec<u8>>, Vec<u8>, usize, bool)> {
    let places = proptest::sample::subsequence(vec![0_usize, 1, 2], 1..=3);
    (
        places,
        any::<prop::sample::Index>(),
        0..4_usize,
        any::<bool>(),
    )
        .prop_map(|(places, which, at, apart)| {
            let ended = places[which.index(places.len())];
            let sources = places.iter().map(|place| match place {
                0 => own().concat(),
                place => adopts(&owner(u64::try_from(*place).expect("small"))).concat(),
            });
            let revocation = match ended {
                0 => revocation(),
                place => withdraws(&owner(u64::try_from(place).expect("small"))),
            };
            (sources.collect(), revocation, at, apart)
        })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn what_revokes_a_key_in_one_place_ends_it_in_every_place_of_the_ring(
        (sources, revocation, at, apart) in rings(),
    ) {
        prop_assert!(ask(&sources, &shared().sign()).is_ok());
        let mut with = sources.clone();
        let at = at % (sources.len() + usize::from(apart));
        if apart {
            with.insert(at, revocation);
        } else {
            with[at].extend(revocation);
        }
        prop_assert_eq!(refused(&with, &shared().sign()), codes::KEY_REVOKED);
        prop_assert_eq!(refused(&[with.concat()], &shared().sign()), codes::KEY_REVOKED);
    }
}
