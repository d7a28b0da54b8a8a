//! A revocation counts wherever chance puts it.

use super::*;

/// The parts of a ring with two keys, of which Alice's is revoked once.
fn shuffled() -> impl Strategy<Value = (Vec<Packet>, Vec<usize>, Vec<u8>)> {
    let subkey = Owner::new(7);
    let says = Says::at(CREATED);
    let parts = [
        alice().certificate(ALICE),
        vec![subkey.subkey_packet(), alice().bind(&subkey, &says, &says)],
        bob().certificate(BOB),
        vec![alice().revocation()],
    ]
    .concat();
    let cuts = proptest::collection::vec(0..parts.len(), 0..4);
    let forms = proptest::collection::vec(0..3_u8, 5);
    (Just(parts).prop_shuffle(), cuts, forms)
}

/// `parts` cut into sources at `cuts`, each in one of the forms that a source may have.
fn sources(parts: &[Packet], cuts: &[usize], forms: &[u8]) -> Vec<Vec<u8>> {
    let mut cuts = cuts.to_vec();
    cuts.extend([0, parts.len()]);
    cuts.sort_unstable();
    cuts.dedup();
    let pieces = cuts.windows(2).map(|cut| parts[cut[0]..cut[1]].concat());
    pieces
        .zip(forms.iter().cycle())
        .map(|(piece, form)| match form {
            0 => piece,
            1 => armored(&piece, BlockType::PublicKey),
            _ => armored(&piece, BlockType::Signature),
        })
        .collect()
}

/// One of the revocations that the owners in these tests can make, right, misplaced or pointless.
fn any_revocation() -> impl Strategy<Value = Packet> {
    let subkey = Owner::new(7);
    let user = |by: &Owner, of: &Owner, id: &str, at: u32| {
        let says = Says { at, ..revoking() };
        by.about_user_of(of, SignatureType::CertRevocation, id, &says)
    };
    let key = SignatureType::KeyRevocation;
    let sub = SignatureType::SubkeyRevocation;
    proptest::sample::select(vec![
        alice().revocation(),
        bob().revocation(),
        alice().about_key_of(&bob(), key, &revoking()),
        bob().about_key_of(&alice(), key, &revoking()),
        alice().about_subkey(&subkey, sub, &revoking()),
        bob().about_subkey(&subkey, sub, &revoking()),
        user(&alice(), &alice(), ALICE, CREATED + 2 * YEAR),
        user(&alice(), &alice(), ALICE, CREATED),
        user(&alice(), &alice(), "second", CREATED + 2 * YEAR),
        user(&alice(), &alice(), "third", CREATED + 2 * YEAR),
        user(&bob(), &alice(), ALICE, CREATED + 2 * YEAR),
    ])
}

/// A certificate of Alice's with up to three user IDs and direct-key signatures that allow different things.
fn any_certificate() -> impl Strategy<Value = Vec<Packet>> {
    let statement = (0..4_u32, 0..4_u32, 0..3_u8).prop_map(|(at, lifetime, sign)| {
        let mut says = Says::at(CREATED + at * YEAR / 2);
        says.lifetime = (lifetime > 0).then_some(lifetime * YEAR + YEAR / 2);
        says.sign = [None, Some(true), Some(false)][usize::from(sign)];
        says
    });
    let direct = proptest::collection::vec(statement.clone(), 0..2);
    (direct, proptest::collection::vec(statement, 1..4)).prop_map(|(direct, users)| {
        let mut parts = vec![alice().primary_packet()];
        parts.extend(direct.iter().map(|says| alice().direct(says)));
        for (id, says) in [ALICE, "second", "third"].iter().zip(&users) {
            parts.push(user_packet(id));
            parts.push(alice().about_user(SignatureType::CertPositive, id, says));
        }
        parts
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn a_revoked_key_is_refused_however_the_packets_are_shuffled_and_split((parts, cuts, forms) in shuffled()) {
        let sources = sources(&parts, &cuts, &forms);
        prop_assert!(ask(&sources, &alice().sign()).is_err());
        prop_assert!(ask(&sources, &Owner::new(7).sign()).is_err());
    }

    #[test]
    fn a_ring_in_order_still_serves_its_good_key_wherever_the_revocation_of_another_stands(
        at in 0..=6_usize,
        cuts in proptest::collection::vec(0..7_usize, 0..4),
    ) {
        let mut parts = [alice().certificate(ALICE), bob().certificate(BOB)].concat();
        parts.insert(at, alice().revocation());
        // Cut only where a key begins or the revocation stands, so that no certificate is torn apart.
        let whole: Vec<usize> = cuts
            .into_iter()
            .filter(|cut| parts[*cut][0] == 0xc6)
            .collect();
        let sources = sources(&parts, &whole, &[0, 1]);
        prop_assert!(ask(&sources, &alice().sign()).is_err());
        prop_assert!(ask(&sources, &bob().sign()).is_ok());
    }

    #[test]
    fn a_revocation_more_never_lets_more_in(
        certificate in any_certificate(),
        more in proptest::collection::vec((any_revocation(), any::<prop::sample::Index>(), any::<bool>()), 1..4),
    ) {
        let bobs = bob().certificate(BOB);
        let mut parts = [certificate, bobs].concat();
        let mut alone = Vec::new();
        let admits = |parts: &[Packet], alone: &[Packet]| {
            let mut sources = vec![parts.concat()];
            sources.extend(alone.iter().cloned());
            [alice().sign(), bob().sign()].map(|message| ask(&sources, &message).is_ok())
        };
        let mut before = admits(&parts, &alone);
        for (revocation, at, stands_alone) in more {
            if stands_alone {
                alone.push(revocation);
            } else {
                parts.insert(at.index(parts.len() + 1), revocation);
            }
            let after = admits(&parts, &alone);
            for (before, after) in before.iter().zip(&after) {
                prop_assert!(*before || !*after);
            }
            before = after;
        }
    }
}
