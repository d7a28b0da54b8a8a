use super::*;

/// A version 4 signature with these areas and an Ed25519 signature of zeros in native form.
fn packet(typ: u8, hashed: &[u8], unhashed: &[u8]) -> Vec<u8> {
    let length = |area: &[u8]| u16::try_from(area.len()).expect("short").to_be_bytes();
    [
        &[4, typ, 27, 8],
        length(hashed).as_slice(),
        hashed,
        &length(unhashed),
        unhashed,
        &[0xab, 0xcd],
        &[0; 64],
    ]
    .concat()
}

const CREATED: &[u8] = &[5, 2, 0, 0, 0, 7];

#[test]
fn what_decides_is_read_from_the_hashed_area_only() {
    let says: &[u8] = &[5, 9, 0, 0, 0, 9, 2, 27, 2, 2, 25, 1];
    let hashed = Signature::parse(&packet(0x13, &[CREATED, says].concat(), &[])).expect("readable");
    assert_eq!(hashed.created(), Some(7));
    assert_eq!(hashed.key_lifetime(), Some(9));
    assert_eq!(hashed.may_sign(), Some(true));
    assert!(hashed.is_primary());
    let unhashed =
        Signature::parse(&packet(0x13, &[], &[CREATED, says].concat())).expect("readable");
    assert_eq!(unhashed.created(), None);
    assert_eq!(unhashed.key_lifetime(), None);
    assert_eq!(unhashed.may_sign(), None);
    assert!(!unhashed.is_primary());
}

#[test]
fn every_length_form_of_a_subpacket_is_read() {
    // Notation data of several lengths before the date, none of them critical.
    for length in [1_usize, 191, 192, 8383, 8384, 20_000] {
        let header = match length {
            0..=191 => vec![u8::try_from(length).expect("short")],
            192..=8383 => {
                let [high, low] = u16::try_from(length - 192).expect("short").to_be_bytes();
                vec![high + 192, low]
            }
            _ => [
                &[255],
                u32::try_from(length)
                    .expect("short")
                    .to_be_bytes()
                    .as_slice(),
            ]
            .concat(),
        };
        let mut area = header;
        area.push(20);
        area.extend(vec![0; length - 1]);
        area.extend(CREATED);
        let signature = Signature::parse(&packet(0x13, &area, &[])).expect("readable");
        assert_eq!(signature.created(), Some(7), "{length}");
    }
}

#[test]
fn a_hashed_area_that_does_not_divide_is_unreadable_and_another_is_not() {
    for area in [&[0][..], &[2, 9], &[200], &[255, 0, 0]] {
        assert!(Signature::parse(&packet(0x20, area, &[])).is_err());
        assert!(Signature::parse(&packet(0x20, &[], area)).is_ok());
    }
}

#[test]
fn what_cannot_be_read_still_says_whether_it_would_revoke() {
    let revocation = Some(SignatureType::KeyRevocation);
    let typ = |body: &[u8]| Signature::parse(body).expect_err("unreadable").typ;
    assert_eq!(typ(&[4, 0x20]), revocation);
    assert_eq!(typ(&[5, 0x20, 1, 8, 0, 0]), revocation);
    assert_eq!(typ(&[99, 0x20]), revocation);
    assert_eq!(typ(&[3, 5, 0x20]), revocation);
    assert_eq!(typ(&[2, 5, 0x20, 0]), revocation);
    assert_eq!(typ(&[4]), None);
    assert_eq!(typ(&[]), None);
    // A hash that nobody has, and an algorithm that cannot sign.
    let mut unknown = packet(0x20, CREATED, &[]);
    unknown[3] = 99;
    assert_eq!(typ(&unknown), revocation);
    let mut encrypts = packet(0x20, CREATED, &[]);
    encrypts[2] = 16;
    assert_eq!(typ(&encrypts), revocation);
}

#[test]
fn a_critical_subpacket_is_a_demand_unless_it_is_evaluated_where_it_stands() {
    let demands = |kind: u8, purpose| {
        let area = [CREATED, &[2, kind | 0x80, 0]].concat();
        let signature = Signature::parse(&packet(0x13, &area, &[])).expect("readable");
        signature.demands_unknown(purpose)
    };
    for kind in [
        0, 1, 4, 5, 6, 7, 8, 10, 20, 23, 24, 26, 28, 29, 31, 35, 37, 38, 100, 110, 127,
    ] {
        assert!(demands(kind, Use::Binding), "{kind}");
    }
    for kind in [11, 12, 16, 21, 22, 25, 27, 30, 32, 33, 34, 39] {
        assert!(!demands(kind, Use::Binding), "{kind}");
    }
    for kind in 0..128 {
        assert_eq!(demands(kind, Use::Data), !matches!(kind, 16 | 33), "{kind}");
    }
}

#[test]
fn a_time_of_another_length_than_four_bytes_is_a_demand_critical_or_not() {
    for kind in [2, 3, 9] {
        for area in [
            &[1, kind][..],
            &[4, kind, 0, 0, 1],
            &[6, kind, 0, 0, 0, 1, 1],
        ] {
            let signature = Signature::parse(&packet(0x13, area, &[])).expect("readable");
            assert!(signature.demands_unknown(Use::Binding));
            assert_eq!(signature.created(), None);
        }
    }
}

#[test]
fn a_name_in_the_hashed_area_is_told_from_one_that_anybody_could_write() {
    let (fingerprint, id) = ([1; 20], [1; 8]);
    let named = |hashed: &[u8], unhashed: &[u8]| {
        let signature = Signature::parse(&packet(0x20, hashed, unhashed)).expect("readable");
        signature.named(&fingerprint, &id)
    };
    let mine: &[u8] = &[9, 16, 1, 1, 1, 1, 1, 1, 1, 1];
    let other: &[u8] = &[9, 16, 2, 2, 2, 2, 2, 2, 2, 2];
    assert_eq!(named(&[], &[]), Named::Nobody);
    assert_eq!(named(mine, &[]), Named::This);
    assert_eq!(named(&[], mine), Named::This);
    assert_eq!(named(other, mine), Named::This);
    assert_eq!(named(&[], other), Named::Other);
    assert_eq!(named(other, &[]), Named::OtherForSure);
}

#[test]
fn an_embedded_signature_is_a_back_signature_or_nothing_and_embeds_nothing_itself() {
    let embed = |inner: &[u8]| {
        let length = u8::try_from(inner.len() + 1).expect("short");
        [&[length, 32], inner].concat()
    };
    let count = |inner: &[u8]| {
        let outer = Signature::parse(&packet(0x18, &embed(inner), &[])).expect("readable");
        outer.back_signatures().count()
    };
    assert_eq!(count(&packet(0x19, CREATED, &[])), 1);
    assert_eq!(count(&packet(0x18, CREATED, &[])), 0);
    assert_eq!(count(&packet(0x20, CREATED, &[])), 0);
    assert_eq!(count(&[4, 0x19]), 0);
}

#[test]
fn other_versions_and_areas_beyond_the_end_are_unreadable() {
    for version in [0, 1, 2, 5, 7, 255] {
        assert!(Signature::parse(&[version; 64]).is_err());
    }
    assert!(Signature::parse(&[4, 0, 1, 8, 0xff, 0xff]).is_err());
    assert!(Signature::parse(&[6, 0, 1, 8, 0xff, 0xff, 0xff, 0xff]).is_err());
}
