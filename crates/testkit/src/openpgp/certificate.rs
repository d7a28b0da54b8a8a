//! Certificates: a key with what it says about itself, right or wrong.

use doorward_core::Timestamp;
use pgp::packet::{
    KeyFlags, PacketTrait as _, PublicSubkey, RevocationCode, SecretKey, Signature,
    SignatureConfig, SignatureType, Subpacket, SubpacketData, UserId,
};
use pgp::types::{Duration, KeyDetails as _, PacketHeaderVersion, Password, SigningKey};

use super::key::pgp_time;
use super::packet::{self, body, old_format};

/// One thing that makes a certificate unfit to vouch for anything. A verifier must accept no signature made with
/// such a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CertificateFlaw {
    /// The self-signature over the user ID does not verify.
    BadSelfSignature,
    /// The key alone: no user ID, no signature.
    Bare,
    /// The key flags allow certifying only, and there is no subkey.
    CannotSign,
    /// The key's lifetime of one day is over.
    Expired,
    /// The key is revoked as compromised.
    Revoked,
    /// The subkey that signs belongs to somebody else: it is bound, but another key made the back signature.
    StolenSubkey,
    /// The lifetime of the subkey that signs, one day, is over.
    SubkeyExpired,
    /// The subkey that signs is revoked.
    SubkeyRevoked,
    /// The binding of the subkey that signs was made by another primary key.
    SubkeyUnbound,
    /// The binding of the subkey that signs has no back signature.
    SubkeyWithoutBackSignature,
    /// The subkey that signs may only encrypt by its flags.
    SubkeyWithoutSignFlag,
    /// The primary key is expired, the subkey that signs is not.
    SubkeyOfExpired,
    /// The primary key is revoked, the subkey that signs is not.
    SubkeyOfRevoked,
    /// The user ID has no self-signature.
    UncertifiedUserId,
}

impl CertificateFlaw {
    /// Every flaw.
    pub const ALL: [Self; 14] = [
        Self::BadSelfSignature,
        Self::Bare,
        Self::CannotSign,
        Self::Expired,
        Self::Revoked,
        Self::StolenSubkey,
        Self::SubkeyExpired,
        Self::SubkeyOfExpired,
        Self::SubkeyOfRevoked,
        Self::SubkeyRevoked,
        Self::SubkeyUnbound,
        Self::SubkeyWithoutBackSignature,
        Self::SubkeyWithoutSignFlag,
        Self::UncertifiedUserId,
    ];

    /// Whether the certificate has a subkey that signs.
    pub(super) const fn has_subkey(self) -> bool {
        matches!(
            self,
            Self::StolenSubkey
                | Self::SubkeyExpired
                | Self::SubkeyOfExpired
                | Self::SubkeyOfRevoked
                | Self::SubkeyRevoked
                | Self::SubkeyUnbound
                | Self::SubkeyWithoutBackSignature
                | Self::SubkeyWithoutSignFlag
        )
    }
}

/// One day in seconds, the lifetime of what is to be expired.
pub(super) const DAY: u32 = 24 * 60 * 60;

/// What goes into a certificate.
pub(super) struct Certificate<'a> {
    pub(super) primary: &'a SecretKey,
    pub(super) subkey: Option<&'a SecretKey>,
    /// A key of somebody else, for flaws that need one.
    pub(super) stranger: &'a SecretKey,
    pub(super) user_id: &'a str,
    pub(super) created: Timestamp,
    pub(super) lifetime: Option<u32>,
    pub(super) revoked_at: Option<Timestamp>,
    pub(super) flaw: Option<CertificateFlaw>,
}

impl Certificate<'_> {
    /// The transferable public key.
    pub(super) fn public(&self) -> Vec<u8> {
        self.transferable(false)
    }

    /// The transferable secret key, without a passphrase.
    pub(super) fn secret(&self) -> Vec<u8> {
        self.transferable(true)
    }

    fn transferable(&self, secret: bool) -> Vec<u8> {
        let mut out = if secret {
            old_format(packet::SECRET_KEY, &body(self.primary))
        } else {
            old_format(packet::PUBLIC_KEY, &body(self.primary.public_key()))
        };
        if self.flaw == Some(CertificateFlaw::Bare) {
            return out;
        }
        if let Some(at) = self.revocation() {
            out.extend(signature(&revoke_key(self.primary, at)));
        }
        let user_id = UserId::from_str(PacketHeaderVersion::Old, self.user_id)
            .expect("a user ID is a short text");
        out.extend(old_format(packet::USER_ID, &body(&user_id)));
        if self.flaw != Some(CertificateFlaw::UncertifiedUserId) {
            out.extend(signature(&self.certify(&user_id)));
        }
        if let Some(subkey) = self.subkey {
            let public = as_subkey(subkey);
            if secret {
                out.extend(old_format(packet::SECRET_SUBKEY, &body(subkey)));
            } else {
                out.extend(old_format(packet::PUBLIC_SUBKEY, &body(&public)));
            }
            out.extend(signature(&self.bind(subkey, &public)));
            if self.flaw == Some(CertificateFlaw::SubkeyRevoked) {
                out.extend(signature(&self.revoke_subkey(&public)));
            }
        }
        out
    }

    fn revocation(&self) -> Option<Timestamp> {
        match self.flaw {
            Some(CertificateFlaw::Revoked | CertificateFlaw::SubkeyOfRevoked) => {
                Some(self.revoked_at.unwrap_or(self.created.plus(i64::from(DAY))))
            }
            _ => self.revoked_at,
        }
    }

    fn lifetime(&self) -> Option<u32> {
        match self.flaw {
            Some(CertificateFlaw::Expired | CertificateFlaw::SubkeyOfExpired) => Some(DAY),
            _ => self.lifetime,
        }
    }

    fn certify(&self, user_id: &UserId) -> Signature {
        let mut flags = KeyFlags::default();
        flags.set_certify(true);
        flags.set_sign(self.subkey.is_none() && self.flaw != Some(CertificateFlaw::CannotSign));
        let mut config = configuration(SignatureType::CertPositive, self.primary, self.created);
        config
            .hashed_subpackets
            .push(regular(SubpacketData::KeyFlags(flags)));
        if let Some(lifetime) = self.lifetime() {
            let lifetime = SubpacketData::KeyExpirationTime(seconds(lifetime));
            config.hashed_subpackets.push(regular(lifetime));
        }
        let certifier = match self.flaw {
            Some(CertificateFlaw::BadSelfSignature) => self.stranger,
            _ => self.primary,
        };
        config
            .sign_certification(
                certifier,
                self.primary.public_key(),
                &Password::empty(),
                user_id.tag(),
                user_id,
            )
            .expect("a key without a passphrase can certify")
    }

    fn bind(&self, subkey: &SecretKey, public: &PublicSubkey) -> Signature {
        let without_flag = self.flaw == Some(CertificateFlaw::SubkeyWithoutSignFlag);
        let mut flags = KeyFlags::default();
        flags.set_sign(!without_flag);
        flags.set_encrypt_comms(without_flag);
        let mut config = configuration(SignatureType::SubkeyBinding, self.primary, self.created);
        config
            .hashed_subpackets
            .push(regular(SubpacketData::KeyFlags(flags)));
        if self.flaw == Some(CertificateFlaw::SubkeyExpired) {
            let lifetime = SubpacketData::KeyExpirationTime(seconds(DAY));
            config.hashed_subpackets.push(regular(lifetime));
        }
        if self.flaw != Some(CertificateFlaw::SubkeyWithoutBackSignature) {
            let by = match self.flaw {
                Some(CertificateFlaw::StolenSubkey) => self.stranger,
                _ => subkey,
            };
            let back = configuration(SignatureType::KeyBinding, subkey, self.created)
                .sign_primary_key_binding(by, public, &Password::empty(), self.primary.public_key())
                .expect("a key without a passphrase can sign");
            let back = SubpacketData::EmbeddedSignature(Box::new(back));
            config.hashed_subpackets.push(regular(back));
        }
        let binder = match self.flaw {
            Some(CertificateFlaw::SubkeyUnbound) => self.stranger,
            _ => self.primary,
        };
        config
            .sign_subkey_binding(
                binder,
                self.primary.public_key(),
                &Password::empty(),
                public,
            )
            .expect("a key without a passphrase can bind")
    }

    fn revoke_subkey(&self, public: &PublicSubkey) -> Signature {
        let at = self.created.plus(i64::from(DAY));
        let mut config = configuration(SignatureType::SubkeyRevocation, self.primary, at);
        config.hashed_subpackets.push(reason());
        config
            .sign_subkey_binding(
                self.primary,
                self.primary.public_key(),
                &Password::empty(),
                public,
            )
            .expect("a key without a passphrase can revoke a subkey")
    }
}

/// A key's revocation of itself, as compromised.
pub(super) fn revoke_key(key: &SecretKey, at: Timestamp) -> Signature {
    let mut config = configuration(SignatureType::KeyRevocation, key, at);
    config.hashed_subpackets.push(reason());
    config
        .sign_key(key, &Password::empty(), key.public_key())
        .expect("a key without a passphrase can revoke itself")
}

/// The beginning of a signature: who, when.
pub(super) fn configuration(
    kind: SignatureType,
    issuer: &SecretKey,
    created: Timestamp,
) -> SignatureConfig {
    let mut config = SignatureConfig::v4(kind, issuer.algorithm(), issuer.hash_alg());
    config.hashed_subpackets = vec![
        regular(SubpacketData::IssuerFingerprint(issuer.fingerprint())),
        regular(SubpacketData::SignatureCreationTime(pgp_time(created))),
    ];
    config.unhashed_subpackets = vec![regular(SubpacketData::IssuerKeyId(issuer.legacy_key_id()))];
    config
}

pub(super) fn regular(data: SubpacketData) -> Subpacket {
    Subpacket::regular(data).expect("a subpacket made here is short")
}

pub(super) fn seconds(seconds: u32) -> Duration {
    Duration::from_secs(seconds)
}

pub(super) fn signature(signature: &Signature) -> Vec<u8> {
    old_format(packet::SIGNATURE, &body(signature))
}

fn reason() -> Subpacket {
    regular(SubpacketData::RevocationReason(
        RevocationCode::KeyCompromised,
        bytes::Bytes::new(),
    ))
}

/// The same key as a subkey: only the packet's tag differs.
fn as_subkey(key: &SecretKey) -> PublicSubkey {
    let public = key.public_key();
    pgp::packet::PubKeyInner::new(
        public.version(),
        public.algorithm(),
        public.created_at(),
        None,
        public.public_params().clone(),
    )
    .and_then(PublicSubkey::from_inner)
    .expect("a key packet makes a subkey packet")
}
