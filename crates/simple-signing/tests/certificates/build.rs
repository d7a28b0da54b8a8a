//! Owners of keys, who say about them what a test wants, and the question whether their signatures are accepted.

use doorward_simple_signing::codes;
use std::sync::Arc;

use doorward_core::{Budget, Code, Digest, Meter, Rejection, Timestamp};
use doorward_simple_signing::{
    Accepted, Keyring, KeyringError, Requirement, SignatureBlob, SignedIdentity, Subject, evaluate,
};
use pgp::armor::BlockType;
use pgp::composed::KeyType;
use pgp::crypto::hash::HashAlgorithm;
use pgp::packet::{
    KeyFlags, LiteralData, OnePassSignature, PubKeyInner, PublicKey, PublicSubkey, RevocationCode,
    SecretKey, Signature, SignatureConfig, SignatureType, Subpacket, SubpacketData, UserId,
};
use pgp::ser::Serialize;
use pgp::types::{
    Duration, KeyDetails, KeyId, KeyVersion, PacketHeaderVersion, Password, RevocationKey,
    RevocationKeyClass, SignatureBytes, SigningKey, Tag,
};
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng;

/// When keys are made.
pub const CREATED: u32 = 1_704_067_200;
pub const DAY: u32 = 86_400;
pub const YEAR: u32 = 365 * DAY;
/// When it is decided: almost three years later.
pub const NOW: i64 = 1_795_824_000;

const MANIFEST: &[u8] = b"{\"schemaVersion\":2}";

/// One packet with its header.
pub type Packet = Vec<u8>;

pub struct Owner {
    pub key: SecretKey,
}

/// The fields of a self-signature that tests care about.
#[derive(Clone, Debug, Default)]
pub struct Says {
    pub at: u32,
    pub lifetime: Option<u32>,
    pub ends_after: Option<u32>,
    pub sign: Option<bool>,
    pub more: Vec<Subpacket>,
    /// The issuer is named in the unhashed area only, as older programs do.
    pub unprotected_issuer: bool,
}

impl Says {
    pub fn at(at: u32) -> Self {
        Self {
            at,
            sign: Some(true),
            ..Self::default()
        }
    }

    pub fn lifetime(mut self, seconds: u32) -> Self {
        self.lifetime = Some(seconds);
        self
    }

    pub fn with(mut self, subpacket: Subpacket) -> Self {
        self.more.push(subpacket);
        self
    }

    pub fn silent(mut self) -> Self {
        self.sign = None;
        self
    }
}

pub fn regular(data: SubpacketData) -> Subpacket {
    Subpacket::regular(data).expect("a short subpacket")
}

pub fn critical(data: SubpacketData) -> Subpacket {
    Subpacket::critical(data).expect("a short subpacket")
}

impl Owner {
    pub fn new(seed: u64) -> Self {
        Self::made_at(seed, CREATED)
    }

    pub fn made_at(seed: u64, created: u32) -> Self {
        let kind = KeyType::Ed25519Legacy;
        let (public, secret) = kind
            .generate(ChaCha20Rng::seed_from_u64(seed))
            .expect("a key");
        let created = pgp::types::Timestamp::from_secs(created);
        let key = PubKeyInner::new(KeyVersion::V4, kind.to_alg(), created, None, public)
            .and_then(PublicKey::from_inner)
            .and_then(|public| SecretKey::new(public, secret))
            .expect("a key packet");
        Self { key }
    }

    pub fn public(&self) -> &PublicKey {
        self.key.public_key()
    }

    /// The key ID.
    pub fn public_id(&self) -> Vec<u8> {
        self.public().legacy_key_id().as_ref().to_vec()
    }

    pub fn as_subkey(&self) -> PublicSubkey {
        let key = self.public();
        PubKeyInner::new(
            key.version(),
            key.algorithm(),
            key.created_at(),
            None,
            key.public_params().clone(),
        )
        .and_then(PublicSubkey::from_inner)
        .expect("a subkey packet")
    }

    pub fn primary_packet(&self) -> Packet {
        packet(Tag::PublicKey, &body(self.public()))
    }

    pub fn subkey_packet(&self) -> Packet {
        packet(Tag::PublicSubkey, &body(&self.as_subkey()))
    }

    pub fn config(&self, typ: SignatureType, says: &Says) -> SignatureConfig {
        let mut config = SignatureConfig::v4(typ, self.key.algorithm(), HashAlgorithm::Sha256);
        let created = pgp::types::Timestamp::from_secs(says.at);
        config.hashed_subpackets = vec![regular(SubpacketData::SignatureCreationTime(created))];
        let id = regular(SubpacketData::IssuerKeyId(self.key.legacy_key_id()));
        config.unhashed_subpackets = vec![id];
        if !says.unprotected_issuer {
            let fingerprint = SubpacketData::IssuerFingerprint(self.key.fingerprint());
            config.hashed_subpackets.push(regular(fingerprint));
        }
        if let Some(seconds) = says.lifetime {
            let lifetime = SubpacketData::KeyExpirationTime(Duration::from_secs(seconds));
            config.hashed_subpackets.push(critical(lifetime));
        }
        if let Some(seconds) = says.ends_after {
            let end = SubpacketData::SignatureExpirationTime(Duration::from_secs(seconds));
            config.hashed_subpackets.push(critical(end));
        }
        if let Some(sign) = says.sign {
            let mut flags = KeyFlags::default();
            flags.set_certify(true);
            flags.set_sign(sign);
            let flags = SubpacketData::KeyFlags(flags);
            config.hashed_subpackets.push(critical(flags));
        }
        config.hashed_subpackets.extend(says.more.iter().cloned());
        config
    }

    /// A certification of a user ID of this key, or the revocation of one.
    pub fn about_user(&self, typ: SignatureType, id: &str, says: &Says) -> Packet {
        self.about_user_of(self, typ, id, says)
    }

    /// The same for a user ID of `other`.
    pub fn about_user_of(&self, other: &Self, typ: SignatureType, id: &str, says: &Says) -> Packet {
        let config = self.config(typ, says);
        signature(
            &config
                .sign_certification(
                    &self.key,
                    other.public(),
                    &Password::empty(),
                    Tag::UserId,
                    &user_id(id),
                )
                .expect("a signature"),
        )
    }

    /// A direct-key signature or revocation of this key on `other`.
    pub fn about_key_of(&self, other: &Self, typ: SignatureType, says: &Says) -> Packet {
        let config = self.config(typ, says);
        signature(
            &config
                .sign_key(&self.key, &Password::empty(), other.public())
                .expect("a signature"),
        )
    }

    pub fn direct(&self, says: &Says) -> Packet {
        self.about_key_of(self, SignatureType::Key, says)
    }

    pub fn revocation(&self) -> Packet {
        self.about_key_of(self, SignatureType::KeyRevocation, &revoking())
    }

    /// The binding of a subkey, with its signature back.
    pub fn bind(&self, subkey: &Self, says: &Says, back: &Says) -> Packet {
        let back = subkey
            .config(SignatureType::KeyBinding, &back.clone().silent())
            .sign_primary_key_binding(
                &subkey.key,
                &subkey.as_subkey(),
                &Password::empty(),
                self.public(),
            )
            .expect("a signature");
        let back = critical(SubpacketData::EmbeddedSignature(Box::new(back)));
        self.about_subkey(
            subkey,
            SignatureType::SubkeyBinding,
            &says.clone().with(back),
        )
    }

    pub fn about_subkey(&self, subkey: &Self, typ: SignatureType, says: &Says) -> Packet {
        let config = self.config(typ, says);
        signature(
            &config
                .sign_subkey_binding(
                    &self.key,
                    self.public(),
                    &Password::empty(),
                    &subkey.as_subkey(),
                )
                .expect("a signature"),
        )
    }

    /// A revocation of this key, put together by hand: `head` is hashed after the key and written before the rest,
    /// `trailer` is hashed last.
    pub fn revocation_by_hand(&self, head: &[u8], between: &[u8], trailer: &[u8]) -> Packet {
        let key = body(self.public());
        let length = u16::try_from(key.len()).expect("short").to_be_bytes();
        let hashed = [&[0x99], length.as_slice(), &key, head, trailer].concat();
        let digest = HashAlgorithm::Sha256.digest(&hashed).expect("a hash");
        let made = self
            .key
            .sign(&Password::empty(), HashAlgorithm::Sha256, &digest)
            .expect("a signature");
        let SignatureBytes::Mpis(integers) = made else {
            panic!("an EdDSA signature has two integers");
        };
        let integers: Vec<Vec<u8>> = integers.iter().map(body).collect();
        packet(
            Tag::Signature,
            &[between, &digest[..2], &integers.concat()].concat(),
        )
    }

    /// Key, user ID and certification.
    pub fn certificate(&self, id: &str) -> Vec<Packet> {
        vec![
            self.primary_packet(),
            user_packet(id),
            self.about_user(SignatureType::CertPositive, id, &Says::at(CREATED)),
        ]
    }

    /// A signed claim about the image that [`ask`] asks about.
    pub fn sign(&self) -> Vec<u8> {
        self.sign_with(&[])
    }

    pub fn sign_with(&self, more: &[Subpacket]) -> Vec<u8> {
        let says = Says::at(CREATED + YEAR).silent();
        let mut config = self.config(SignatureType::Binary, &says);
        config.hashed_subpackets.extend(more.iter().cloned());
        self.message(config, self.key.legacy_key_id())
    }

    /// A claim that says to be signed by the key with this ID.
    pub fn sign_named(&self, id: &[u8]) -> Vec<u8> {
        let mut says = Says::at(CREATED + YEAR).silent();
        says.unprotected_issuer = true;
        let mut config = self.config(SignatureType::Binary, &says);
        let id = KeyId::from(<[u8; 8]>::try_from(id).expect("eight bytes"));
        config.unhashed_subpackets = vec![regular(SubpacketData::IssuerKeyId(id))];
        self.message(config, id)
    }

    fn message(&self, config: SignatureConfig, id: KeyId) -> Vec<u8> {
        let digest = Digest::sha256(MANIFEST);
        let claim = format!(
            "{{\"critical\":{{\"type\":\"atomic container signature\",\"image\":{{\"docker-manifest-digest\":\"{digest}\"}},\"identity\":{{\"docker-reference\":\"r.example/a:1\"}}}},\"optional\":{{}}}}"
        );
        let made = config
            .sign(&self.key, &Password::empty(), claim.as_bytes())
            .expect("a signature");
        let one_pass = OnePassSignature::v3(
            SignatureType::Binary,
            HashAlgorithm::Sha256,
            self.key.algorithm(),
            id,
        );
        let literal = LiteralData::from_bytes("", claim.clone().into()).expect("a literal");
        [
            packet(Tag::OnePassSignature, &body(&one_pass)),
            packet(Tag::LiteralData, &body(&literal)),
            signature(&made),
        ]
        .concat()
    }

    pub fn names_as_revoker(&self) -> Subpacket {
        let fingerprint = self.public().fingerprint();
        let key = RevocationKey::new(
            RevocationKeyClass::Default,
            self.key.algorithm(),
            fingerprint.as_bytes(),
        );
        regular(SubpacketData::RevocationKey(key))
    }
}

/// What a revocation says, as GnuPG writes it.
pub fn revoking() -> Says {
    let reason = SubpacketData::RevocationReason(RevocationCode::NoReason, Default::default());
    Says::at(CREATED + 2 * YEAR).silent().with(regular(reason))
}

pub fn user_id(id: &str) -> UserId {
    UserId::from_str(PacketHeaderVersion::New, id).expect("a short text")
}

pub fn user_packet(id: &str) -> Packet {
    packet(Tag::UserId, id.as_bytes())
}

pub fn signature(signature: &Signature) -> Packet {
    packet(Tag::Signature, &body(signature))
}

pub fn body(packet: &impl Serialize) -> Vec<u8> {
    packet.to_bytes().expect("written to memory")
}

/// A packet in new format with a length of four bytes.
pub fn packet(tag: Tag, body: &[u8]) -> Packet {
    let length = u32::try_from(body.len()).expect("short").to_be_bytes();
    [&[0xc0 | u8::from(tag), 255], length.as_slice(), body].concat()
}

/// `packets` in armor, as a block of the kind that GnuPG writes.
pub fn armored(packets: &[u8], block: BlockType) -> Vec<u8> {
    struct Raw<'a>(&'a [u8]);
    impl Serialize for Raw<'_> {
        fn to_writer<W: std::io::Write>(&self, writer: &mut W) -> pgp::errors::Result<()> {
            writer.write_all(self.0)?;
            Ok(())
        }
        fn write_len(&self) -> usize {
            self.0.len()
        }
    }
    let mut text = Vec::new();
    pgp::armor::write(&Raw(packets), block, &mut text, None, true).expect("written to memory");
    text
}

pub fn ring(sources: &[Vec<u8>]) -> Result<Keyring, KeyringError> {
    Keyring::parse(sources.iter().map(Vec::as_slice))
}

/// Whether a ring of these sources accepts the message.
pub fn ask(sources: &[Vec<u8>], message: &[u8]) -> Result<Accepted, Rejection> {
    let keyring =
        ring(sources).map_err(|error| Rejection::new(codes::KEYRING_INVALID, error.to_string()))?;
    with(keyring, message)
}

pub fn with(keyring: Keyring, message: &[u8]) -> Result<Accepted, Rejection> {
    let requirement = Requirement::SignedBy {
        keyring: Arc::new(keyring),
        identity: SignedIdentity::default(),
    };
    let subject = Subject::new(
        "r.example/a:1".parse().expect("a reference"),
        Digest::sha256(MANIFEST),
    );
    let mut meter = Meter::new(Budget::default());
    evaluate(
        &[requirement],
        &subject,
        &[SignatureBlob::new(message, "s")],
        Timestamp::from_unix(NOW),
        &mut meter,
    )
}

/// The code of the refusal; the message must be refused.
pub fn refused(sources: &[Vec<u8>], message: &[u8]) -> Code {
    ask(sources, message).expect_err("must be refused").code()
}
