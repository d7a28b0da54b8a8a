//! OpenPGP packet framing (RFC 9580, section 4.2) over a slice: every byte belongs to a packet or is an error.

use std::borrow::Cow;

use pgp::packet::PacketHeader;
use pgp::types::Tag;

/// The shortest first piece of a packet in pieces (RFC 9580, section 4.2.1.4).
const MIN_FIRST_PIECE: usize = 512;

/// A packet's type and body, the pieces of a partial body put together.
#[derive(Debug)]
pub(crate) struct RawPacket<'a> {
    pub(crate) tag: Tag,
    pub(crate) body: Cow<'a, [u8]>,
}

impl RawPacket<'_> {
    /// The header that the packet type's parser wants, of the length that the body has.
    pub(crate) fn header(&self) -> Result<PacketHeader, PacketError> {
        let length = u32::try_from(self.body.len()).map_err(|_| PacketError)?;
        Ok(PacketHeader::new_fixed(self.tag, length))
    }
}

/// The bytes are not a sequence of packets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct PacketError;

/// What bytes of which nothing is known begin with, behind packets that mean nothing.
pub(crate) enum Opening<'a> {
    /// A key or a signature, of a version that there is: texts and pictures may begin with the same octet.
    KeyOrSignature,
    /// Packed packets.
    Compressed(RawPacket<'a>),
    Other,
}

/// Says what `bytes` begin with.
pub(crate) fn opening(mut bytes: &[u8]) -> Opening<'_> {
    loop {
        let rest = bytes;
        match next(&mut bytes) {
            Ok(Some(packet)) if means_nothing(packet.tag) => {}
            Ok(Some(packet)) if packet.tag == Tag::CompressedData => {
                return Opening::Compressed(packet);
            }
            Ok(Some(packet)) if is_key_or_signature(packet.tag, &packet.body) => {
                return Opening::KeyOrSignature;
            }
            Err(_) if is_cut_short(rest) => return Opening::KeyOrSignature,
            _ => return Opening::Other,
        }
    }
}

/// Packets that stand between others and say nothing: GnuPG's own notes about trust, which are local and unsigned,
/// markers and padding.
pub(crate) const fn means_nothing(tag: Tag) -> bool {
    matches!(tag, Tag::Trust | Tag::Marker | Tag::Padding)
}

fn is_key_or_signature(tag: Tag, body: &[u8]) -> bool {
    matches!(tag, Tag::PublicKey | Tag::SecretKey | Tag::Signature)
        && matches!(body.first(), Some(2..=6))
}

/// Whether a key or a signature begins here and does not end. As there is less to tell it from a text by, more of it
/// has to be right: the length before the type in old signatures, the type in others, the algorithm in keys.
fn is_cut_short(bytes: &[u8]) -> bool {
    let header = |first: u8, second: u8| match (first >> 6, first & 3, second) {
        (0b11, _, 192..=223) => 3,
        (0b11, _, 255) => 6,
        (0b11, ..) => 2,
        (_, length_type @ 0..3, _) => 1 + (1 << length_type),
        _ => 1,
    };
    let Some([first, second]) = bytes.first_chunk() else {
        return false;
    };
    let tag = match first >> 6 {
        0b11 => Tag::from(first & 0x3f),
        0b10 => Tag::from((first >> 2) & 0xf),
        _ => return false,
    };
    let body = bytes.get(header(*first, *second)..).unwrap_or_default();
    let likely = match (tag, body) {
        (Tag::Signature, [2 | 3, length, ..]) => *length == 5,
        (Tag::Signature, [_, typ, ..]) => {
            matches!(typ, 0..=2 | 0x10..=0x13 | 0x18 | 0x19 | 0x1f | 0x20 | 0x28 | 0x30)
        }
        (_, [2 | 3, _, _, _, _, _, _, algorithm, ..] | [_, _, _, _, _, algorithm, ..]) => {
            matches!(algorithm, 1..=3 | 16..=28)
        }
        _ => false,
    };
    likely && is_key_or_signature(tag, body)
}

/// Takes the first packet off `bytes`; `None` at the end.
pub(crate) fn next<'a>(bytes: &mut &'a [u8]) -> Result<Option<RawPacket<'a>>, PacketError> {
    let Some(first) = take(bytes, 1).ok().and_then(<[u8]>::first) else {
        return Ok(None);
    };
    match first >> 6 {
        0b11 => new_format(Tag::from(first & 0x3f), bytes).map(Some),
        0b10 => old_format(Tag::from((first >> 2) & 0xf), first & 3, bytes).map(Some),
        _ => Err(PacketError),
    }
}

fn old_format<'a>(
    tag: Tag,
    length_type: u8,
    bytes: &mut &'a [u8],
) -> Result<RawPacket<'a>, PacketError> {
    let length = match length_type {
        0 => number(take(bytes, 1)?),
        1 => number(take(bytes, 2)?),
        2 => number(take(bytes, 4)?),
        // To the end of the input. GnuPG writes compressed packets so; for others nobody does, and there it would
        // hide what follows.
        _ if tag == Tag::CompressedData => bytes.len(),
        _ => return Err(PacketError),
    };
    Ok(RawPacket {
        tag,
        body: Cow::Borrowed(take(bytes, length)?),
    })
}

fn new_format<'a>(tag: Tag, bytes: &mut &'a [u8]) -> Result<RawPacket<'a>, PacketError> {
    let mut pieces: Option<Vec<u8>> = None;
    loop {
        let first = number(take(bytes, 1)?);
        let (length, last) = match first {
            0..=191 => (first, true),
            192..=223 => (((first - 192) << 8) + number(take(bytes, 1)?) + 192, true),
            224..=254 => (1 << (first & 0x1f), false),
            _ => (number(take(bytes, 4)?), true),
        };
        if !last && (!may_be_partial(tag) || (pieces.is_none() && length < MIN_FIRST_PIECE)) {
            return Err(PacketError);
        }
        let piece = take(bytes, length)?;
        match (&mut pieces, last) {
            (None, true) => {
                return Ok(RawPacket {
                    tag,
                    body: Cow::Borrowed(piece),
                });
            }
            (None, false) => pieces = Some(piece.to_vec()),
            (Some(body), false) => body.extend_from_slice(piece),
            (Some(body), true) => {
                body.extend_from_slice(piece);
                return Ok(RawPacket {
                    tag,
                    body: Cow::Owned(std::mem::take(body)),
                });
            }
        }
    }
}

/// Only packets that hold data may come in pieces.
const fn may_be_partial(tag: Tag) -> bool {
    matches!(tag, Tag::LiteralData | Tag::CompressedData)
}

fn take<'a>(bytes: &mut &'a [u8], length: usize) -> Result<&'a [u8], PacketError> {
    let (head, rest) = bytes.split_at_checked(length).ok_or(PacketError)?;
    *bytes = rest;
    Ok(head)
}

fn number(bytes: &[u8]) -> usize {
    bytes.iter().fold(0, |n, b| (n << 8) | usize::from(*b))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(mut bytes: &[u8]) -> Result<Vec<(Tag, Vec<u8>)>, PacketError> {
        let mut packets = Vec::new();
        while let Some(packet) = next(&mut bytes)? {
            packets.push((packet.tag, packet.body.into_owned()));
        }
        Ok(packets)
    }

    #[test]
    fn every_fixed_length_form_is_read() {
        let mut long = vec![0xcb, 193, 0];
        long.extend([7; 448]);
        let mut longest = vec![0xcb, 255, 0, 0, 0, 2];
        longest.extend([7; 2]);
        for (bytes, length) in [
            (vec![0xac, 1, 7], 1),
            (vec![0xad, 0, 1, 7], 1),
            (vec![0xae, 0, 0, 0, 1, 7], 1),
            (vec![0xcb, 1, 7], 1),
            (long, 448),
            (longest, 2),
        ] {
            assert_eq!(all(&bytes), Ok(vec![(Tag::LiteralData, vec![7; length])]));
        }
    }

    #[test]
    fn pieces_are_put_together() {
        let mut bytes = vec![0xcb, 224 + 9];
        bytes.extend([1; 512]);
        bytes.extend([224, 2, 1, 3]);
        let mut body = vec![1; 512];
        body.extend([2, 3]);
        assert_eq!(all(&bytes), Ok(vec![(Tag::LiteralData, body)]));
    }

    #[test]
    fn a_signature_in_pieces_is_refused() {
        let mut bytes = vec![0xc2, 224 + 9];
        bytes.extend([1; 512]);
        bytes.push(0);
        assert_eq!(all(&bytes), Err(PacketError));
    }

    #[test]
    fn a_first_piece_below_512_bytes_is_refused() {
        assert_eq!(all(&[0xcb, 224, 7, 0]), Err(PacketError));
    }

    #[test]
    fn a_body_cut_short_is_refused() {
        for bytes in [
            &[0xcb][..],
            &[0xcb, 2, 7],
            &[0xcb, 255, 0, 0],
            &[0xcb, 255, 255, 255, 255, 255],
            &[0xad, 0],
            &[0xcb, 224 + 9, 1],
        ] {
            assert_eq!(all(bytes), Err(PacketError), "{bytes:?}");
        }
    }

    #[test]
    fn an_indeterminate_length_is_for_compressed_data_only() {
        assert_eq!(
            all(&[0xa3, 1, 2]),
            Ok(vec![(Tag::CompressedData, vec![1, 2])])
        );
        for first in [0xaf, 0x8b, 0x93] {
            assert_eq!(all(&[first, 1, 2]), Err(PacketError));
        }
    }

    #[test]
    fn bytes_that_begin_no_packet_are_refused() {
        assert_eq!(all(&[0xcb, 0, 0x2d]), Err(PacketError));
        assert_eq!(all(&[0x00]), Err(PacketError));
    }
}
