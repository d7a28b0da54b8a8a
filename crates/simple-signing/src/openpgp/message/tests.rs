use super::*;

const GOOD: &[u8] = include_bytes!("../../../tests/vectors/signatures/compress-none.sig");
const COMPRESSED: &[u8] = include_bytes!("../../../tests/vectors/signatures/compress-zip.sig");

fn refusal(bytes: &[u8]) -> MessageError {
    SignedMessage::parse(bytes).expect_err("must be refused")
}

#[test]
fn a_one_pass_signed_message_is_read_whether_compressed_or_not() {
    for bytes in [GOOD, COMPRESSED] {
        let message = SignedMessage::parse(bytes).expect("valid");
        assert!(message.content().starts_with(b"{\"critical\""));
    }
}

#[test]
fn every_truncation_is_refused() {
    for cut in 0..GOOD.len() {
        assert!(SignedMessage::parse(&GOOD[..cut]).is_err(), "{cut}");
    }
}

#[test]
fn anything_after_the_signature_is_refused() {
    for tail in [&b"\n"[..], b"\0", &[0xcb, 0], &[0xc2], GOOD] {
        assert!(SignedMessage::parse(&[GOOD, tail].concat()).is_err());
    }
}

#[test]
fn markers_mean_nothing_but_a_flood_of_them_is_refused() {
    let marker: &[u8] = b"\xca\x03PGP";
    assert!(SignedMessage::parse(&[marker, GOOD, marker].concat()).is_ok());
    assert_eq!(
        refusal(&[marker.repeat(MESSAGE_PACKETS), GOOD.to_vec()].concat()),
        MessageError::UnexpectedStructure
    );
}

#[test]
fn a_marker_with_other_content_is_refused() {
    assert!(SignedMessage::parse(&[b"\xca\x03PGQ", GOOD].concat()).is_err());
}

#[test]
fn padding_and_private_packets_are_refused() {
    for packet in [&[0xd5, 1, 0][..], &[0xfc, 1, 0]] {
        assert_eq!(
            refusal(&[packet, GOOD].concat()),
            MessageError::UnexpectedStructure
        );
    }
}

#[test]
fn compression_in_compression_has_a_limit() {
    let wrap = |bytes: &[u8]| [&[0xa3, 0], bytes].concat();
    let mut message = GOOD.to_vec();
    for _ in 0..COMPRESSION_DEPTH {
        message = wrap(&message);
    }
    assert!(SignedMessage::parse(&message).is_ok());
    assert_eq!(refusal(&wrap(&message)), MessageError::CompressedTooDeep);
}

#[test]
fn an_unknown_compression_is_refused() {
    assert_eq!(refusal(&[0xa3, 9, 1]), MessageError::CorruptCompression);
    assert_eq!(refusal(&[0xa3]), MessageError::CorruptCompression);
}

#[test]
fn the_usual_mistakes_are_told_apart() {
    let literal = [0xcb, 7, b'b', 0, 0, 0, 0, 0, b'x'];
    assert_eq!(refusal(&literal), MessageError::Unsigned);
    assert_eq!(refusal(b"<html>"), MessageError::NotPackets);
    assert_eq!(refusal(b""), MessageError::UnexpectedStructure);
    assert_eq!(refusal(&[0xc2, 0]), MessageError::Detached);
    assert_eq!(refusal(&[0xd2, 0]), MessageError::Encrypted);
}

#[test]
fn line_ends_of_text_signatures_become_crlf_once() {
    assert_eq!(with_crlf(b"a\nb\r\nc\rd").as_ref(), b"a\r\nb\r\nc\rd");
    assert_eq!(with_crlf(b"\n\n").as_ref(), b"\r\n\r\n");
    assert_eq!(with_crlf(b"ab").as_ref(), b"ab");
}
