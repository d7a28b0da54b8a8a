//! Signed messages in the shape that GnuPG gives them.

use std::io::Write as _;

use doorward_core::Timestamp;
use pgp::crypto::hash::HashAlgorithm;
use pgp::packet::{OnePassSignature, SecretKey, Signature, SignatureType, SubpacketData};
use pgp::types::{KeyDetails as _, Password};

use super::certificate::{configuration, regular, seconds, signature};
use super::packet::{self, body, indeterminate, old_format, partial};

/// How a message is compressed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Compression {
    /// Not at all: the message begins with the one-pass signature packet.
    None,
    /// ZIP, what GnuPG does unless told otherwise.
    #[default]
    Zip,
    /// ZLIB.
    Zlib,
}

/// The hash that is signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Hash {
    /// MD5, long broken.
    Md5,
    /// SHA-1, broken.
    Sha1,
    /// SHA-256.
    Sha256,
    /// SHA-384.
    Sha384,
    /// SHA-512.
    Sha512,
}

impl Hash {
    const fn algorithm(self) -> HashAlgorithm {
        match self {
            Self::Md5 => HashAlgorithm::Md5,
            Self::Sha1 => HashAlgorithm::Sha1,
            Self::Sha256 => HashAlgorithm::Sha256,
            Self::Sha384 => HashAlgorithm::Sha384,
            Self::Sha512 => HashAlgorithm::Sha512,
        }
    }
}

/// How to sign.
///
/// Without further orders: one day after the key was made, for ever, with the hash that fits the key, compressed as
/// GnuPG does.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SignOptions {
    pub(super) created: Option<Timestamp>,
    pub(super) expires_after: Option<u32>,
    pub(super) compression: Compression,
    pub(super) hash: Option<Hash>,
    pub(super) text: bool,
    pub(super) partial_lengths: bool,
}

impl SignOptions {
    /// The defaults.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Signs at this time.
    #[must_use]
    pub const fn created(mut self, created: Timestamp) -> Self {
        self.created = Some(created);
        self
    }

    /// Lets the signature expire this many seconds after it was made.
    #[must_use]
    pub const fn expires_after(mut self, seconds: u32) -> Self {
        self.expires_after = Some(seconds);
        self
    }

    /// Compresses like this.
    #[must_use]
    pub const fn compression(mut self, compression: Compression) -> Self {
        self.compression = compression;
        self
    }

    /// Signs this hash.
    #[must_use]
    pub const fn hash(mut self, hash: Hash) -> Self {
        self.hash = Some(hash);
        self
    }

    /// Makes a signature over text, in which the kind of line ends does not count, instead of one over bytes.
    #[must_use]
    pub const fn text(mut self) -> Self {
        self.text = true;
        self
    }

    /// Writes the literal data in pieces, as GnuPG does when it reads from a pipe and the data are long.
    #[must_use]
    pub const fn partial_lengths(mut self) -> Self {
        self.partial_lengths = true;
        self
    }
}

/// A key and the options it signs with.
pub(super) struct Signing<'a> {
    pub(super) key: &'a SecretKey,
    pub(super) options: &'a SignOptions,
    pub(super) created: Timestamp,
}

impl Signing<'_> {
    fn kind(&self) -> SignatureType {
        if self.options.text {
            SignatureType::Text
        } else {
            SignatureType::Binary
        }
    }

    /// The signature over `payload`.
    pub(super) fn signature(&self, payload: &[u8]) -> Signature {
        let mut config = configuration(self.kind(), self.key, self.created);
        if let Some(hash) = self.options.hash {
            config.hash_alg = hash.algorithm();
        }
        if let Some(after) = self.options.expires_after {
            let expiry = SubpacketData::SignatureExpirationTime(seconds(after));
            config.hashed_subpackets.push(regular(expiry));
        }
        config
            .sign(self.key, &Password::empty(), payload)
            .expect("a key without a passphrase can sign with a hash that fits it")
    }

    /// The one-pass packet that announces `signature`.
    pub(super) fn one_pass(&self, signature: &Signature) -> OnePassSignature {
        OnePassSignature::v3(
            self.kind(),
            signature.hash_alg().unwrap_or_default(),
            self.key.algorithm(),
            self.key.legacy_key_id(),
        )
    }

    /// The literal data packet with `payload`.
    pub(super) fn literal(&self, payload: &[u8]) -> Vec<u8> {
        let mut content = vec![if self.options.text { b't' } else { b'b' }, 0];
        content.extend(super::key::pgp_time(self.created).as_secs().to_be_bytes());
        content.extend(payload);
        if self.options.partial_lengths {
            partial(packet::LITERAL, &content)
        } else {
            old_format(packet::LITERAL, &content)
        }
    }

    /// One-pass signature, literal data and signature, not compressed.
    pub(super) fn plain(&self, payload: &[u8]) -> Vec<u8> {
        let made = self.signature(payload);
        let mut message = old_format(packet::ONE_PASS, &body(&self.one_pass(&made)));
        message.extend(self.literal(payload));
        message.extend(signature(&made));
        message
    }

    /// The message as it is stored.
    pub(super) fn message(&self, payload: &[u8]) -> Vec<u8> {
        compress(&self.plain(payload), self.options.compression)
    }
}

/// Wraps packets into a compressed data packet of indeterminate length.
pub(super) fn compress(packets: &[u8], compression: Compression) -> Vec<u8> {
    let level = flate2::Compression::default();
    let (algorithm, compressed) = match compression {
        Compression::None => return packets.to_vec(),
        Compression::Zip => {
            let mut encoder = flate2::write::DeflateEncoder::new(Vec::new(), level);
            (
                1,
                encoder.write_all(packets).and_then(|()| encoder.finish()),
            )
        }
        Compression::Zlib => {
            let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), level);
            (
                2,
                encoder.write_all(packets).and_then(|()| encoder.finish()),
            )
        }
    };
    let mut content = vec![algorithm];
    content.extend(compressed.expect("writing to memory cannot fail"));
    indeterminate(packet::COMPRESSED, &content)
}
