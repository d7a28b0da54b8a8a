//! OpenPGP packet framing (RFC 4880, section 4.2).

use pgp::ser::Serialize;

pub(super) const SIGNATURE: u8 = 2;
pub(super) const ONE_PASS: u8 = 4;
pub(super) const SECRET_KEY: u8 = 5;
pub(super) const PUBLIC_KEY: u8 = 6;
pub(super) const SECRET_SUBKEY: u8 = 7;
pub(super) const COMPRESSED: u8 = 8;
pub(super) const LITERAL: u8 = 11;
pub(super) const USER_ID: u8 = 13;
pub(super) const PUBLIC_SUBKEY: u8 = 14;

/// A packet with a header of the old format, the one GnuPG writes for these packets.
pub(super) fn old_format(tag: u8, body: &[u8]) -> Vec<u8> {
    let mut packet = Vec::with_capacity(body.len() + 5);
    if let Ok(length) = u8::try_from(body.len()) {
        packet.extend([0x80 | tag << 2, length]);
    } else if let Ok(length) = u16::try_from(body.len()) {
        packet.push(0x81 | tag << 2);
        packet.extend(length.to_be_bytes());
    } else {
        packet.push(0x82 | tag << 2);
        packet.extend(length(body).to_be_bytes());
    }
    packet.extend(body);
    packet
}

/// A packet of indeterminate length: it extends to the end of the file.
pub(super) fn indeterminate(tag: u8, body: &[u8]) -> Vec<u8> {
    let mut packet = vec![0x83 | tag << 2];
    packet.extend(body);
    packet
}

/// A packet of the new format whose body comes in pieces of 512 bytes, the least that is allowed, and a last one.
pub(super) fn partial(tag: u8, body: &[u8]) -> Vec<u8> {
    const PIECE: usize = 512;
    let mut packet = vec![0xc0 | tag];
    let mut rest = body;
    while let Some((piece, after)) = rest.split_at_checked(PIECE) {
        packet.push(0xe0 | 9);
        packet.extend(piece);
        rest = after;
    }
    packet.push(0xff);
    packet.extend(length(rest).to_be_bytes());
    packet.extend(rest);
    packet
}

fn length(body: &[u8]) -> u32 {
    u32::try_from(body.len()).expect("a test packet is shorter than 4 GiB")
}

/// The body of a packet that rPGP made.
pub(super) fn body(packet: &impl Serialize) -> Vec<u8> {
    packet
        .to_bytes()
        .expect("a packet made here can be written to memory")
}
