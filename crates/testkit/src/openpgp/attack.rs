//! Messages that no verifier may accept, although parts of them are right.

use doorward_core::Digest;
use pgp::armor::BlockType;
use pgp::composed::CleartextSignedMessage;
use pgp::packet::{Notation, Signature, SignatureConfig, SignatureType, Subpacket, SubpacketData};
use pgp::types::{KeyDetails as _, Password, SigningKey as _};

use super::certificate::{configuration, signature};
use super::message::{Signing, compress};
use super::packet::{self, body, old_format};
use super::signer::armor;
use super::{Claim, Compression, OpenPgpSigner, SignOptions};

/// How deep [`Attack::NestedCompression`] is.
const LAYERS: usize = 40;
/// How many bytes [`Attack::CompressionBomb`] unpacks to.
const BOMB: usize = 32 << 20;

/// A way to make something that looks like a signature with a trusted key and must be refused.
///
/// ```
/// use doorward_core::Digest;
/// use doorward_testkit::{Attack, Claim, KeyKind, OpenPgpSigner};
///
/// let signer = OpenPgpSigner::new(KeyKind::Ed25519);
/// let claim = Claim::new("registry.example/app:1", &Digest::sha256(b"manifest"));
/// for attack in Attack::ALL {
///     let blob = attack.forge(&signer, &claim);
///     // A verifier that trusts `signer` must not accept `blob` as a signature for `claim`.
///     # let _ = blob;
/// }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Attack {
    /// A good message in ASCII armor: the format is binary.
    Armored,
    /// A signature of a certification's type over the claim. What a key says about keys is no statement about data.
    CertificationType,
    /// The claim in the cleartext framework.
    Cleartext,
    /// A good signature over a claim followed by 32 MiB of blanks, in a few kilobytes.
    CompressionBomb,
    /// A good signature with a critical notation that nobody knows.
    CriticalNotation,
    /// The signature packet alone.
    Detached,
    /// Nothing.
    Empty,
    /// A signature by another key of the same kind that names the trusted key as its issuer.
    ForgedIssuer,
    /// An HTML page.
    Html,
    /// A literal data packet in front of a good message.
    LeadingLiteral,
    /// A good message in 40 layers of compression.
    NestedCompression,
    /// A signature whose creation time is not among the signed parts.
    NoCreationTime,
    /// One-pass signature packet and claim, and no signature.
    NoSignature,
    /// The claim as it is, not even in a packet.
    PlainJson,
    /// A signature for the same name and another digest, around the claim.
    SwappedClaim,
    /// The claim signed, then bytes that are no packet.
    TrailingGarbage,
    /// Two good messages, one after the other.
    TrailingMessage,
    /// A good message without its last byte.
    Truncated,
    /// Two literal data packets under one signature.
    TwoLiterals,
    /// Two good signatures by the trusted key in one message.
    TwoSignatures,
    /// A literal data packet and no signature.
    Unsigned,
}

impl Attack {
    /// Every attack.
    pub const ALL: [Self; 21] = [
        Self::Armored,
        Self::CertificationType,
        Self::Cleartext,
        Self::CompressionBomb,
        Self::CriticalNotation,
        Self::Detached,
        Self::Empty,
        Self::ForgedIssuer,
        Self::Html,
        Self::LeadingLiteral,
        Self::NestedCompression,
        Self::NoCreationTime,
        Self::NoSignature,
        Self::PlainJson,
        Self::SwappedClaim,
        Self::TrailingGarbage,
        Self::TrailingMessage,
        Self::Truncated,
        Self::TwoLiterals,
        Self::TwoSignatures,
        Self::Unsigned,
    ];

    /// Makes the message, which speaks of `claim` and uses the key of `signer` as far as an attacker could.
    #[must_use]
    pub fn forge(self, signer: &OpenPgpSigner, claim: &Claim) -> Vec<u8> {
        let options = SignOptions::new();
        let signing = signer.signing(&options);
        let json = claim.to_json();
        let payload = json.as_bytes();
        let plain = signing.plain(payload);
        match self {
            Self::Armored => armor(&signing.message(payload), BlockType::Message).into_bytes(),
            Self::CertificationType => {
                let made = of_type(&signing, SignatureType::CertPositive, payload);
                zip(&assemble(&signing, &made, payload))
            }
            Self::Cleartext => cleartext(&signing, &json).into_bytes(),
            Self::CompressionBomb => {
                let mut long = json.clone();
                long.push_str(&" ".repeat(BOMB));
                signing.message(long.as_bytes())
            }
            Self::CriticalNotation => zip(&assemble(
                &signing,
                &with_notation(&signing, payload),
                payload,
            )),
            Self::Detached => signature(&signing.signature(payload)),
            Self::Empty => Vec::new(),
            Self::ForgedIssuer => {
                let made = configuration(SignatureType::Binary, signing.key, signing.created)
                    .sign(signer.stranger(), &Password::empty(), payload)
                    .expect("a key without a passphrase can sign");
                zip(&assemble(&signing, &made, payload))
            }
            Self::Html => b"<!DOCTYPE html><html><body>Sign in</body></html>\n".to_vec(),
            Self::LeadingLiteral => zip(&[signing.literal(payload), plain].concat()),
            Self::NestedCompression => (0..LAYERS).fold(plain, |inner, _| zip(&inner)),
            Self::NoCreationTime => zip(&assemble(&signing, &undated(&signing, payload), payload)),
            Self::NoSignature => {
                let announced = signing.one_pass(&signing.signature(payload));
                let head = old_format(packet::ONE_PASS, &body(&announced));
                zip(&[head, signing.literal(payload)].concat())
            }
            Self::PlainJson => json.into_bytes(),
            Self::SwappedClaim => {
                let other = claim.clone().digest(&Digest::sha256(b"another manifest"));
                let made = signing.signature(other.to_json().as_bytes());
                zip(&assemble(&signing, &made, payload))
            }
            Self::TrailingGarbage => [&plain[..], b"garbage"].concat(),
            Self::TrailingMessage => [&plain[..], &plain].concat(),
            Self::Truncated => {
                let mut plain = plain;
                plain.pop();
                plain
            }
            Self::TwoLiterals => {
                let made = signing.signature(payload);
                let mut message = old_format(packet::ONE_PASS, &body(&signing.one_pass(&made)));
                message.extend(signing.literal(payload));
                message.extend(signing.literal(payload));
                message.extend(signature(&made));
                zip(&message)
            }
            Self::TwoSignatures => zip(&twice(&signing, payload)),
            Self::Unsigned => zip(&signing.literal(payload)),
        }
    }
}

fn zip(packets: &[u8]) -> Vec<u8> {
    compress(packets, Compression::Zip)
}

/// A message around a signature that was made elsewhere.
fn assemble(signing: &Signing<'_>, made: &Signature, payload: &[u8]) -> Vec<u8> {
    let mut one_pass = signing.one_pass(made);
    if let Some(kind) = made.typ() {
        one_pass = pgp::packet::OnePassSignature::v3(
            kind,
            one_pass.hash_algorithm(),
            one_pass.public_key_algorithm(),
            signing.key.legacy_key_id(),
        );
    }
    let mut message = old_format(packet::ONE_PASS, &body(&one_pass));
    message.extend(signing.literal(payload));
    message.extend(signature(made));
    message
}

/// A signature of any type over `payload`, hashed as data are. rPGP makes signatures over data of two types only, so
/// the hash is put together here.
fn of_type(signing: &Signing<'_>, kind: SignatureType, payload: &[u8]) -> Signature {
    let config = configuration(kind, signing.key, signing.created);
    let sign = |config: SignatureConfig| {
        let mut hasher = config.hash_alg.new_hasher()?;
        hasher.update(payload);
        let length = config.hash_signature_data(&mut hasher)?;
        hasher.update(&config.trailer(length)?);
        let hash = hasher.finalize();
        let made = signing
            .key
            .sign(&Password::empty(), config.hash_alg, &hash)?;
        let mut left = [0; 2];
        left.copy_from_slice(&hash[..2]);
        Signature::from_config(config, left, made)
    };
    sign(config).expect("a key without a passphrase can sign a hash")
}

fn with_notation(signing: &Signing<'_>, payload: &[u8]) -> Signature {
    let mut config = configuration(SignatureType::Binary, signing.key, signing.created);
    let notation = Notation {
        readable: true,
        name: "unheard-of@doorward.invalid".into(),
        value: "x".into(),
    };
    let notation = Subpacket::critical(SubpacketData::Notation(notation))
        .expect("a subpacket made here is short");
    config.hashed_subpackets.push(notation);
    config
        .sign(signing.key, &Password::empty(), payload)
        .expect("a key without a passphrase can sign")
}

fn undated(signing: &Signing<'_>, payload: &[u8]) -> Signature {
    let mut config = configuration(SignatureType::Binary, signing.key, signing.created);
    let is_time =
        |subpacket: &Subpacket| matches!(subpacket.data, SubpacketData::SignatureCreationTime(_));
    let (time, rest) = std::mem::take(&mut config.hashed_subpackets)
        .into_iter()
        .partition(is_time);
    config.hashed_subpackets = rest;
    config.unhashed_subpackets.extend::<Vec<_>>(time);
    config
        .sign(signing.key, &Password::empty(), payload)
        .expect("a key without a passphrase can sign")
}

fn twice(signing: &Signing<'_>, payload: &[u8]) -> Vec<u8> {
    let made = signing.signature(payload);
    let mut outer = signing.one_pass(&made);
    outer.set_is_nested();
    let mut message = old_format(packet::ONE_PASS, &body(&outer));
    message.extend(old_format(
        packet::ONE_PASS,
        &body(&signing.one_pass(&made)),
    ));
    message.extend(signing.literal(payload));
    message.extend(signature(&made));
    message.extend(signature(&made));
    message
}

fn cleartext(signing: &Signing<'_>, text: &str) -> String {
    let config = configuration(SignatureType::Text, signing.key, signing.created);
    CleartextSignedMessage::new(text, config, signing.key, &Password::empty())
        .and_then(|message| message.to_armored_string(pgp::composed::ArmorOptions::default()))
        .expect("a claim can be clear-signed")
}
