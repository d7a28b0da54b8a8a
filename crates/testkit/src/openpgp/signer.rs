//! A signer: a certificate and the key that signs.

use std::fmt;

use doorward_core::{Digest, Timestamp};
use pgp::armor::BlockType;
use pgp::packet::SecretKey;
use pgp::types::KeyDetails as _;

use super::certificate::{Certificate, DAY, revoke_key, signature};
use super::key::CREATED;
use super::message::Signing;
use super::{CertificateFlaw, Claim, SignOptions};
use crate::key::KeyKind;

/// Signs claims with an OpenPGP key as `skopeo copy --sign-by` does.
///
/// Everything is determined by what it is built from: the same kind, seed and options give the same certificate and
/// the same signatures, byte for byte. Nothing reads a clock. **The keys are public knowledge; trust none of them.**
///
/// ```
/// use doorward_core::Digest;
/// use doorward_testkit::{KeyKind, OpenPgpSigner};
///
/// let signer = OpenPgpSigner::new(KeyKind::Ed25519);
/// let digest = Digest::sha256(b"a manifest");
/// let blob = signer.sign("registry.example/app:1", &digest);
/// assert_eq!(blob, signer.sign("registry.example/app:1", &digest));
/// assert!(signer.public_key_armored().contains("BEGIN PGP PUBLIC KEY BLOCK"));
/// ```
pub struct OpenPgpSigner {
    primary: SecretKey,
    subkey: Option<SecretKey>,
    stranger: SecretKey,
    created: Timestamp,
    public: Vec<u8>,
    secret: Vec<u8>,
}

/// Describes an [`OpenPgpSigner`].
#[derive(Clone, Debug)]
pub struct OpenPgpSignerBuilder {
    kind: KeyKind,
    seed: u64,
    user_id: String,
    created: Timestamp,
    lifetime: Option<u32>,
    revoked_at: Option<Timestamp>,
    subkey: Option<KeyKind>,
    flaw: Option<CertificateFlaw>,
}

impl OpenPgpSignerBuilder {
    /// Chooses another key of the same kind. There are as many as there are seeds; of RSA there are two per size,
    /// chosen by the last bit.
    #[must_use]
    pub const fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// The user ID.
    #[must_use]
    pub fn user_id(mut self, user_id: impl Into<String>) -> Self {
        self.user_id = user_id.into();
        self
    }

    /// When the key was made, 2024-01-01T00:00:00Z unless said otherwise. The fingerprint depends on it.
    #[must_use]
    pub const fn created(mut self, created: Timestamp) -> Self {
        self.created = created;
        self
    }

    /// Lets the key expire this many seconds after it was made.
    #[must_use]
    pub const fn expires_after(mut self, seconds: u32) -> Self {
        self.lifetime = Some(seconds);
        self
    }

    /// Has the key revoke itself as compromised at this time.
    #[must_use]
    pub const fn revoked_at(mut self, time: Timestamp) -> Self {
        self.revoked_at = Some(time);
        self
    }

    /// Leaves the primary key to certify and signs with a subkey of this kind.
    #[must_use]
    pub const fn signing_subkey(mut self, kind: KeyKind) -> Self {
        self.subkey = Some(kind);
        self
    }

    /// Gives the certificate a flaw. Flaws of subkeys bring a subkey along, of the primary key's kind unless
    /// [`signing_subkey`](Self::signing_subkey) says otherwise.
    #[must_use]
    pub const fn flaw(mut self, flaw: CertificateFlaw) -> Self {
        self.flaw = Some(flaw);
        self
    }

    /// Makes the keys and the certificate.
    ///
    /// # Panics
    /// If a time lies outside of 1970 to 2106.
    #[must_use]
    pub fn build(self) -> OpenPgpSigner {
        let with_subkey = self.flaw.is_some_and(CertificateFlaw::has_subkey);
        let subkey_kind = self.subkey.or(with_subkey.then_some(self.kind));
        let primary = self.kind.secret_key(self.seed, self.created);
        // Of RSA keys two are shipped per size. An odd difference of the seeds takes the other one, so a subkey
        // differs from its primary key, and a stranger from the key that signs.
        let subkey = subkey_kind.map(|kind| kind.secret_key(self.seed ^ 0x5eed_0001, self.created));
        let stranger = match subkey_kind {
            Some(kind) => kind.secret_key(self.seed ^ 0x5eed_1000, self.created.plus(1)),
            None => self
                .kind
                .secret_key(self.seed ^ 0x5eed_1001, self.created.plus(1)),
        };
        // Who pretends to be the primary key must differ from it, not from the key that signs.
        let impostor = self
            .kind
            .secret_key(self.seed ^ 0x5eed_2001, self.created.plus(1));
        let certificate = Certificate {
            primary: &primary,
            subkey: subkey.as_ref(),
            stranger: match self.flaw {
                Some(CertificateFlaw::StolenSubkey) => &stranger,
                _ => &impostor,
            },
            user_id: &self.user_id,
            created: self.created,
            lifetime: self.lifetime,
            revoked_at: self.revoked_at,
            flaw: self.flaw,
        };
        let (public, secret) = (certificate.public(), certificate.secret());
        OpenPgpSigner {
            primary,
            subkey,
            stranger,
            created: self.created,
            public,
            secret,
        }
    }
}

impl OpenPgpSigner {
    /// A signer whose primary key signs.
    #[must_use]
    pub fn new(kind: KeyKind) -> Self {
        Self::builder(kind).build()
    }

    /// Starts to describe a signer.
    #[must_use]
    pub fn builder(kind: KeyKind) -> OpenPgpSignerBuilder {
        OpenPgpSignerBuilder {
            kind,
            seed: 0,
            user_id: "Doorward testkit (public test key, trust nothing) <testkit@doorward.invalid>"
                .to_owned(),
            created: CREATED,
            lifetime: None,
            revoked_at: None,
            subkey: None,
            flaw: None,
        }
    }

    /// The certificate (transferable public key) in ASCII armor.
    #[must_use]
    pub fn public_key_armored(&self) -> String {
        armor(&self.public, BlockType::PublicKey)
    }

    /// The certificate (transferable public key) in binary.
    #[must_use]
    pub fn public_key_binary(&self) -> Vec<u8> {
        self.public.clone()
    }

    /// A revocation certificate for the primary key, one day after it was made: a block of its own with one signature
    /// packet, as `gpg --gen-revoke` writes it.
    #[must_use]
    pub fn revocation_certificate_armored(&self) -> String {
        let at = self.created.plus(i64::from(DAY));
        armor(
            &signature(&revoke_key(&self.primary, at)),
            BlockType::PublicKey,
        )
    }

    /// The transferable secret key in ASCII armor, without a passphrase: for `gpg --import`, and for tests that a
    /// secret key is refused where a public one belongs.
    #[must_use]
    pub fn secret_key_armored(&self) -> String {
        armor(&self.secret, BlockType::PrivateKey)
    }

    /// The fingerprint of the primary key in upper-case hexadecimal.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        fingerprint(&self.primary)
    }

    /// The fingerprint of the key that signs, which is the primary key or its subkey.
    #[must_use]
    pub fn signing_fingerprint(&self) -> String {
        fingerprint(self.signing_key())
    }

    /// Signs a claim for this reference and digest with the default options.
    #[must_use]
    pub fn sign(&self, reference: &str, digest: &Digest) -> Vec<u8> {
        self.sign_claim(&Claim::new(reference, digest), &SignOptions::new())
    }

    /// Signs a claim. The result is a binary OpenPGP message as simple signing stores it.
    ///
    /// # Panics
    /// If the hash is shorter than the key takes, or the time lies outside of 1970 to 2106.
    #[must_use]
    pub fn sign_claim(&self, claim: &Claim, options: &SignOptions) -> Vec<u8> {
        self.sign_bytes(claim.to_json().as_bytes(), options)
    }

    /// Signs any bytes, a malformed claim for example.
    ///
    /// # Panics
    /// As [`sign_claim`](Self::sign_claim).
    #[must_use]
    pub fn sign_bytes(&self, payload: &[u8], options: &SignOptions) -> Vec<u8> {
        self.signing(options).message(payload)
    }

    pub(super) fn signing<'a>(&'a self, options: &'a SignOptions) -> Signing<'a> {
        Signing {
            key: self.signing_key(),
            options,
            created: options.created.unwrap_or(self.created.plus(24 * 60 * 60)),
        }
    }

    /// A key of the same kind as the one that signs, which the certificate does not hold.
    pub(super) fn stranger(&self) -> &SecretKey {
        &self.stranger
    }

    pub(super) fn signing_key(&self) -> &SecretKey {
        self.subkey.as_ref().unwrap_or(&self.primary)
    }
}

impl fmt::Debug for OpenPgpSigner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OpenPgpSigner")
            .field("fingerprint", &self.fingerprint())
            .finish_non_exhaustive()
    }
}

fn fingerprint(key: &SecretKey) -> String {
    format!("{:X}", key.fingerprint())
}

/// Bytes that armor can be put around.
struct Raw<'a>(&'a [u8]);

impl pgp::ser::Serialize for Raw<'_> {
    fn to_writer<W: std::io::Write>(&self, writer: &mut W) -> pgp::errors::Result<()> {
        writer.write_all(self.0)?;
        Ok(())
    }

    fn write_len(&self) -> usize {
        self.0.len()
    }
}

/// `bytes` in ASCII armor with a checksum.
pub(super) fn armor(bytes: &[u8], block: BlockType) -> String {
    let mut text = Vec::new();
    pgp::armor::write(&Raw(bytes), block, &mut text, None, true)
        .expect("writing to memory cannot fail");
    String::from_utf8(text).expect("armor is ASCII")
}
