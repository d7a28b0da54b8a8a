use super::*;

#[test]
fn what_is_der_stays_as_it_is() {
    let bytes = [0x30, 0x06, 0x02, 0x01, 0x05, 0x04, 0x01, 0x80];
    assert_eq!(to_der(&bytes).as_deref(), Ok(&bytes[..]));
}

#[test]
fn indefinite_and_long_lengths_become_short_ones() {
    let indefinite = [
        0x30, 0x80, 0x02, 0x01, 0x05, 0x31, 0x80, 0x00, 0x00, 0x00, 0x00,
    ];
    let der = [0x30, 0x05, 0x02, 0x01, 0x05, 0x31, 0x00];
    assert_eq!(to_der(&indefinite).as_deref(), Ok(&der[..]));
    let long = [0x30, 0x82, 0x00, 0x03, 0x02, 0x01, 0x05];
    assert_eq!(
        to_der(&long).as_deref(),
        Ok(&[0x30, 0x03, 0x02, 0x01, 0x05][..])
    );
}

#[test]
fn the_pieces_of_a_string_are_put_together() {
    let pieces = [
        0x24, 0x80, 0x04, 0x01, 0x01, 0x24, 0x05, 0x04, 0x00, 0x04, 0x01, 0x02, 0x00, 0x00,
    ];
    assert_eq!(
        to_der(&pieces).as_deref(),
        Ok(&[0x04, 0x02, 0x01, 0x02][..])
    );
    let mut long = vec![0x24, 0x80];
    for _ in 0..3 {
        long.extend([0x04, 0x64]);
        long.extend([7; 100]);
    }
    long.extend([0, 0]);
    let der = to_der(&long).expect("strings");
    assert_eq!((&der[..4], der.len()), (&[0x04, 0x82, 0x01, 0x2c][..], 304));
}

#[test]
fn what_is_no_ber_is_refused() {
    for bytes in [
        &[][..],
        &[0x30],
        // It never ends.
        &[0x30, 0x80, 0x02, 0x01, 0x05],
        &[0x30, 0x80, 0x00],
        // Primitive, without a length.
        &[0x04, 0x80, 0x00, 0x00],
        // Something behind it.
        &[0x30, 0x00, 0x00],
        // An end where none is due.
        &[0x30, 0x02, 0x00, 0x00],
        // A piece that is no string.
        &[0x24, 0x03, 0x02, 0x01, 0x05],
        &[0x30, 0x89, 0, 0, 0, 0, 0, 0, 0, 0, 0],
        &[0x30, 0x88, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
    ] {
        assert_eq!(to_der(bytes), Err(Malformed), "{bytes:x?}");
    }
}

#[test]
fn nesting_is_bounded() {
    let nested = |depth: usize| {
        let mut bytes = [0x30, 0x80].repeat(depth);
        bytes.extend([0, 0].repeat(depth));
        bytes
    };
    assert!(to_der(&nested(MAX_DEPTH + 1)).is_ok());
    assert_eq!(to_der(&nested(MAX_DEPTH + 2)), Err(Malformed));
    assert_eq!(to_der(&nested(30_000)), Err(Malformed));
}
