use super::*;

fn time(tag: u8, text: &str) -> Result<Time, Malformed> {
    Time::read(tag, text.as_bytes())
}

fn unix(text: &str) -> i64 {
    let time: doorward_core::Timestamp = text.parse().expect("a time");
    time.unix()
}

#[test]
fn elements_are_read_one_behind_the_other() {
    let bytes = [0x02, 0x01, 0x05, 0x30, 0x03, 0x01, 0x01, 0xff];
    let mut reader = Reader::new(&bytes);
    assert_eq!(reader.small(), Ok(5));
    let mut inner = reader.sequence().expect("a sequence");
    assert_eq!(inner.boolean_or_false(), Ok(true));
    assert_eq!(inner.finish(), Ok(()));
    assert_eq!(reader.finish(), Ok(()));
}

#[test]
fn lengths_that_are_not_der_are_refused() {
    for bytes in [
        &[][..],
        &[0x30],
        &[0x30, 0x01],
        // Indefinite.
        &[0x30, 0x80, 0x00, 0x00],
        // Longer than needed.
        &[0x30, 0x81, 0x01, 0x00],
        &[0x30, 0x82, 0x00, 0x80],
        // Five digits, and all of them.
        &[0x30, 0x85, 0x01, 0x00, 0x00, 0x00, 0x00],
        &[0x30, 0xff],
        // More than there is.
        &[0x30, 0x84, 0xff, 0xff, 0xff, 0xff],
        // A tag of several bytes.
        &[0x1f, 0x81, 0x01, 0x00],
    ] {
        assert_eq!(Reader::new(bytes).element(), Err(Malformed), "{bytes:x?}");
    }
}

#[test]
fn a_long_length_is_read() {
    let mut bytes = vec![0x04, 0x81, 0x80];
    bytes.extend([7; 128]);
    let mut reader = Reader::new(&bytes);
    assert_eq!(reader.take(tag::OCTET_STRING).map(<[u8]>::len), Ok(128));
    assert!(reader.is_empty());
}

#[test]
fn numbers_that_are_negative_padded_or_too_large_are_no_small_ones() {
    for bytes in [
        &[0x02, 0x00][..],
        &[0x02, 0x01, 0x80],
        &[0x02, 0x02, 0x00, 0x7f],
        &[0x02, 0x02, 0xff, 0x80],
        &[0x02, 0x05, 0x01, 0x00, 0x00, 0x00, 0x00],
    ] {
        assert_eq!(Reader::new(bytes).small(), Err(Malformed), "{bytes:x?}");
    }
    let largest = [0x02, 0x05, 0x00, 0xff, 0xff, 0xff, 0xff];
    assert_eq!(Reader::new(&largest).small(), Ok(u32::MAX));
}

#[test]
fn a_boolean_is_one_of_two_bytes() {
    assert_eq!(
        Reader::new(&[0x01, 0x01, 0x01]).boolean_or_false(),
        Err(Malformed)
    );
    assert_eq!(
        Reader::new(&[0x01, 0x01, 0x00]).boolean_or_false(),
        Ok(false)
    );
    assert_eq!(
        Reader::new(&[0x02, 0x01, 0x01]).boolean_or_false(),
        Ok(false)
    );
}

#[test]
fn times_of_both_kinds_are_read() {
    for (tag, text, expected) in [
        (tag::UTC_TIME, "491231235959Z", "2049-12-31T23:59:59Z"),
        (tag::UTC_TIME, "500101000000Z", "1950-01-01T00:00:00Z"),
        (tag::UTC_TIME, "000229120000Z", "2000-02-29T12:00:00Z"),
        (
            tag::GENERALIZED_TIME,
            "19700101000000Z",
            "1970-01-01T00:00:00Z",
        ),
        (
            tag::GENERALIZED_TIME,
            "20240301000000Z",
            "2024-03-01T00:00:00Z",
        ),
        (
            tag::GENERALIZED_TIME,
            "99990101000000Z",
            "9999-01-01T00:00:00Z",
        ),
    ] {
        let read = time(tag, text).expect("a time");
        assert_eq!((read.seconds, read.nanos), (unix(expected), 0), "{text}");
    }
    let fraction = time(tag::GENERALIZED_TIME, "20240621071205.884Z").expect("a time");
    assert_eq!(fraction.seconds, unix("2024-06-21T07:12:05Z"));
    assert_eq!(fraction.nanos, 884_000_000);
    assert_eq!(fraction.whole(), Err(Malformed));
}

#[test]
fn times_in_other_forms_are_refused() {
    for text in [
        "",
        "Z",
        "20240621071205",
        "20240621071205+0100",
        "20240621071205.Z",
        "20240621071205.0Z",
        "20240621071205.880Z",
        "20240621071205.1234567891Z",
        "202406210712Z",
        "20240621071260Z",
        "20240621076005Z",
        "20240621241205Z",
        "20240631071205Z",
        "20230229071205Z",
        "20241321071205Z",
        "20240021071205Z",
        "2024062107120 Z",
        "+0240621071205Z",
    ] {
        assert_eq!(time(tag::GENERALIZED_TIME, text), Err(Malformed), "{text}");
    }
    for text in ["4912312359Z", "491231235959.5Z", "491231235959+0000"] {
        assert_eq!(time(tag::UTC_TIME, text), Err(Malformed), "{text}");
    }
    assert_eq!(time(tag::UTF8_STRING, "491231235959Z"), Err(Malformed));
}
