//! Signed messages (RFC 9580, section 10.3, as RFC 4880, section 11.3): exactly one signature over exactly one literal,
//! nothing beside them. Stricter than the grammar, which nests messages and takes several signatures, because a reader
//! must not have to choose what was signed by whom.

use std::borrow::Cow;
use std::cell::OnceCell;
use std::io::Read;

use doorward_core::{BudgetExceeded, Meter};
use pgp::packet::{CompressedData, OnePassSignature, SignatureType};
use pgp::types::Tag;

use super::packets::{self, RawPacket};
use super::signature::Signature;
use crate::MessageError;
use crate::limits::{CLAIM_BYTES, COMPRESSION_DEPTH, MESSAGE_PACKETS};

/// Room for the signature and the packet headers around a claim of the largest size.
const MESSAGE_SLACK: usize = 128 << 10;

/// A message whose structure is right. Nothing in it has been verified.
#[derive(Debug)]
pub(crate) struct SignedMessage {
    /// What was signed, as it stands in the literal packet.
    content: Vec<u8>,
    /// The signature packet.
    pub(crate) signature: Signature,
    /// The hash of what the signer hashed, kept for the next requirement.
    digest: OnceCell<Option<Vec<u8>>>,
}

/// Why a message was not read.
#[derive(Debug)]
pub(crate) enum Unread {
    /// It would cost too much.
    Budget(BudgetExceeded),
    /// It is not one.
    Message(MessageError),
}

impl From<MessageError> for Unread {
    fn from(error: MessageError) -> Self {
        Self::Message(error)
    }
}

impl SignedMessage {
    /// Reads a binary message.
    ///
    /// # Errors
    /// [`MessageError`].
    pub(crate) fn parse(bytes: &[u8]) -> Result<Self, MessageError> {
        Self::read(bytes, 0, &mut |_| Ok(()))
    }

    /// The same within a budget.
    ///
    /// # Errors
    /// [`Unread`].
    pub(crate) fn parse_within(bytes: &[u8], meter: &mut Meter) -> Result<Self, Unread> {
        Self::read(bytes, 0, &mut |unpacked| {
            meter.unpacked(unpacked).map_err(Unread::Budget)
        })
    }

    fn read<E: From<MessageError>>(
        bytes: &[u8],
        depth: usize,
        spend: &mut impl FnMut(usize) -> Result<(), E>,
    ) -> Result<Self, E> {
        let packets = collect(bytes)?;
        match packets.as_slice() {
            // RFC 9580, section 5.6. Stricter about depth and size, because the clause bounds neither.
            [compressed] if compressed.tag == Tag::CompressedData => {
                if depth >= COMPRESSION_DEPTH {
                    return Err(MessageError::CompressedTooDeep.into());
                }
                let (unpacked, inflated) = inflate(compressed);
                spend(unpacked)?;
                Self::read(&inflated?, depth + 1, spend)
            }
            // A one-pass signed message. Stricter than section 10.3, where a signature may stand in front instead,
            // because the tools that sign images write a one-pass packet.
            [one_pass, literal, signature]
                if one_pass.tag == Tag::OnePassSignature
                    && literal.tag == Tag::LiteralData
                    && signature.tag == Tag::Signature =>
            {
                Ok(Self::assemble(one_pass, literal, signature)?)
            }
            other => Err(structure(other).into()),
        }
    }

    fn assemble(
        one_pass: &RawPacket<'_>,
        literal: &RawPacket<'_>,
        signature: &RawPacket<'_>,
    ) -> Result<Self, MessageError> {
        const MALFORMED: MessageError = MessageError::MalformedPacket;
        let header = one_pass.header().map_err(|_| MALFORMED)?;
        let mut body = one_pass.body.as_ref();
        let one_pass =
            OnePassSignature::try_from_reader(header, &mut body).map_err(|_| MALFORMED)?;
        if !body.is_empty() {
            return Err(MALFORMED);
        }
        let header = signature.header().map_err(|_| MALFORMED)?;
        let raw = signature.body.as_ref();
        let mut body = raw;
        // Read by the library only for what the one-pass packet must agree with; what is verified is read below.
        let announced =
            pgp::packet::Signature::try_from_reader(header, &mut body).map_err(|_| MALFORMED)?;
        if !body.is_empty() {
            return Err(MALFORMED);
        }
        // Stricter than section 5.2.2, the form of version 3, because that signs no subpacket: it cannot expire.
        if !matches!(raw.first(), Some(4 | 6)) {
            return Err(MessageError::UnsupportedVersion);
        }
        // What the one-pass packet announces is what comes (section 5.4).
        if !one_pass.matches(&announced) {
            return match announced.typ() {
                Some(SignatureType::Binary | SignatureType::Text) => {
                    Err(MessageError::Disagreement)
                }
                _ => Err(MessageError::NotADataSignature),
            };
        }
        let signature = Signature::parse(raw).map_err(|_| MALFORMED)?;
        // Of a type that signs a document (sections 5.2.1.1 and 5.2.1.2): a certification is another statement.
        match signature.typ() {
            SignatureType::Binary | SignatureType::Text => {}
            _ => return Err(MessageError::NotADataSignature),
        }
        let content = literal_content(&literal.body).ok_or(MALFORMED)?;
        if content.len() > CLAIM_BYTES {
            return Err(MessageError::TooLarge { limit: CLAIM_BYTES });
        }
        Ok(Self {
            content: content.to_vec(),
            signature,
            digest: OnceCell::new(),
        })
    }

    /// The hash of [`hashed`](Self::hashed), made once. `None` if the signature's algorithm is none that is
    /// supported.
    pub(crate) fn digest(&self) -> Option<&[u8]> {
        let make = || self.signature.hash.digest(&self.hashed()).ok();
        self.digest.get_or_init(make).as_deref()
    }

    /// All bytes that the signer hashed, in order (RFC 9580, section 5.2.4).
    pub(crate) fn hashed(&self) -> Vec<u8> {
        let content = if self.signature.typ() == SignatureType::Text {
            with_crlf(&self.content)
        } else {
            Cow::Borrowed(self.content.as_slice())
        };
        self.signature.hashed_with(&[&content])
    }

    /// What the message says, for someone who has verified it or says that he has not.
    pub(crate) fn content(&self) -> &[u8] {
        &self.content
    }
}

/// All packets of `bytes` but markers, which mean nothing (RFC 9580, section 5.8).
fn collect(mut bytes: &[u8]) -> Result<Vec<RawPacket<'_>>, MessageError> {
    let mut packets = Vec::with_capacity(3);
    for _ in 0..=MESSAGE_PACKETS {
        match packets::next(&mut bytes) {
            Ok(None) => return Ok(packets),
            Ok(Some(packet)) if packet.tag == Tag::Marker && packet.body.as_ref() == b"PGP" => {}
            Ok(Some(packet)) => packets.push(packet),
            Err(_) => return Err(MessageError::NotPackets),
        }
    }
    Err(MessageError::UnexpectedStructure)
}

/// What a compressed packet holds, up to the size of the largest message, and how many bytes were unpacked to see that.
pub(crate) fn inflate(packet: &RawPacket<'_>) -> (usize, Result<Vec<u8>, MessageError>) {
    const CORRUPT: MessageError = MessageError::CorruptCompression;
    const LIMIT: usize = CLAIM_BYTES + MESSAGE_SLACK;
    let mut bytes = Vec::with_capacity(1024);
    let mut unpack = || {
        let header = packet.header().map_err(|_| CORRUPT)?;
        let compressed =
            CompressedData::try_from_reader(header, packet.body.as_ref()).map_err(|_| CORRUPT)?;
        compressed
            .decompress()
            .map_err(|_| CORRUPT)?
            .take(LIMIT as u64 + 1)
            .read_to_end(&mut bytes)
            .map_err(|_| CORRUPT)
    };
    match unpack() {
        Err(error) => (bytes.len(), Err(error)),
        Ok(_) if bytes.len() > LIMIT => (
            bytes.len(),
            Err(MessageError::TooLarge { limit: CLAIM_BYTES }),
        ),
        Ok(_) => (bytes.len(), Ok(bytes)),
    }
}

/// Which of the usual mistakes a message is.
fn structure(packets: &[RawPacket<'_>]) -> MessageError {
    let count = |tag| packets.iter().filter(|packet| packet.tag == tag).count();
    let encrypted = packets.iter().any(|packet| {
        matches!(
            packet.tag,
            Tag::PublicKeyEncryptedSessionKey
                | Tag::SymKeyEncryptedSessionKey
                | Tag::SymEncryptedData
                | Tag::SymEncryptedProtectedData
        )
    });
    match (count(Tag::Signature), count(Tag::LiteralData)) {
        _ if encrypted => MessageError::Encrypted,
        (0, 1..) => MessageError::Unsigned,
        (1.., 0) if count(Tag::CompressedData) == 0 => MessageError::Detached,
        (2.., 1) => MessageError::SeveralSignatures,
        _ => MessageError::UnexpectedStructure,
    }
}

/// What stands behind the format octet, file name and date of a literal packet (RFC 9580, section 5.9). None of
/// the three is signed.
fn literal_content(body: &[u8]) -> Option<&[u8]> {
    let name = usize::from(*body.get(1)?);
    body.get(2 + name + 4..)
}

/// Line ends as text signatures hash them (RFC 9580, section 5.2.1.2).
fn with_crlf(content: &[u8]) -> Cow<'_, [u8]> {
    if !content.contains(&b'\n') {
        return Cow::Borrowed(content);
    }
    let mut text = Vec::with_capacity(content.len() + 16);
    let mut previous = 0;
    for byte in content {
        if *byte == b'\n' && previous != b'\r' {
            text.push(b'\r');
        }
        text.push(*byte);
        previous = *byte;
    }
    Cow::Owned(text)
}

#[cfg(test)]
mod tests;
