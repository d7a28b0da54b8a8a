//! What a certificate's own signatures say: who it belongs to, which of its keys may sign and until when.
//!
//! Decided once per key ring and without the time, so that a verification only compares two numbers. The newest
//! valid signature on each part counts, as in GnuPG. A revocation counts whatever its reason and date: a stolen key
//! can date its signatures as it likes.

use pgp::packet::{PublicKey, PublicSubkey, Signature, SignatureType, UserId};
use pgp::types::{KeyDetails, Tag, VerifyingKey};

use super::RawCertificate;
use crate::KeyringError;
use crate::limits::KEYRING_VERIFICATIONS;
use crate::openpgp::component::{Component, Flaw};
use crate::openpgp::material::Material;
use crate::openpgp::subpackets;

/// A user ID as shown to people, at most this many characters.
const USER_ID_CHARACTERS: usize = 256;

/// A certificate whose bindings were checked.
pub(crate) struct Bound {
    /// User IDs with a valid self-signature, the primary one first.
    pub(crate) user_ids: Vec<String>,
    /// The primary key, then the subkeys.
    pub(crate) components: Vec<Component>,
}

/// Checks the bindings of the certificate at `index` of `ring`, counting public-key operations in `spent`.
pub(crate) fn bind(
    ring: &[RawCertificate],
    index: usize,
    spent: &mut usize,
) -> Result<Bound, KeyringError> {
    let Some(certificate) = ring.get(index) else {
        return Err(KeyringError::NotAKey);
    };
    let mut checker = Checker { spent };
    let primary = &certificate.primary;
    let users = checker.users(certificate)?;
    let direct = checker.direct(certificate)?;
    let statements: Vec<&Signature> = users
        .iter()
        .map(|user| user.signature)
        .chain(direct)
        .collect();
    let revoked = checker.is_revoked(ring, certificate, &statements)?;

    let created = i64::from(primary.created_at().as_secs());
    // Of the signatures that set a lifetime, and of those that set flags, the newest each.
    let newest = |has: &dyn Fn(&Signature) -> bool| {
        statements
            .iter()
            .copied()
            .filter(|s| has(s))
            .max_by_key(|s| subpackets::created(s))
    };
    let lifetime =
        newest(&|s| subpackets::key_lifetime(s).is_some()).and_then(subpackets::key_lifetime);
    let may_sign = newest(&|s| subpackets::may_sign(s).is_some()).and_then(subpackets::may_sign);
    let good_until = earliest([
        lifetime.map(|seconds| created.saturating_add(seconds)),
        last_statement(&statements),
    ]);

    let usable = !statements.is_empty();
    // A key that cannot verify cannot show its self-signature either, so the algorithm is the better reason.
    let standing = match Material::new(primary) {
        Err(what) => Err(Flaw::Algorithm(what)),
        Ok(_) if !usable => Err(Flaw::NoSelfSignature),
        Ok(_) if may_sign == Some(false) => Err(Flaw::NotForSigning),
        Ok(material) => Ok(material),
    };
    let mut components = vec![component(
        primary, index, created, good_until, standing, revoked,
    )];
    for (subkey, signatures) in &certificate.subkeys {
        let parent = Parent {
            key: primary,
            index,
            good_until,
            revoked,
            usable,
        };
        components.push(checker.subkey(&parent, subkey, signatures)?);
    }
    let mut user_ids: Vec<_> = users.iter().collect();
    user_ids.sort_by_key(|user| {
        let signature = user.signature;
        std::cmp::Reverse((signature.is_primary(), subpackets::created(signature)))
    });
    Ok(Bound {
        user_ids: user_ids
            .into_iter()
            .map(|user| printable(user.id))
            .collect(),
        components,
    })
}

/// A user ID and the signature that binds it.
struct User<'a> {
    id: &'a UserId,
    signature: &'a Signature,
}

struct Parent<'a> {
    key: &'a PublicKey,
    index: usize,
    good_until: Option<i64>,
    revoked: bool,
    usable: bool,
}

struct Checker<'a> {
    spent: &'a mut usize,
}

impl Checker<'_> {
    /// Counts one public-key operation.
    const fn spend(&mut self) -> Result<(), KeyringError> {
        *self.spent += 1;
        if *self.spent > KEYRING_VERIFICATIONS {
            return Err(KeyringError::TooLarge {
                limit: KEYRING_VERIFICATIONS,
                unit: "signatures to check",
            });
        }
        Ok(())
    }

    /// The user IDs that the primary key binds, each with its newest binding, without those it has taken back.
    fn users<'c>(
        &mut self,
        certificate: &'c RawCertificate,
    ) -> Result<Vec<User<'c>>, KeyringError> {
        let mut users = Vec::new();
        for (id, signatures) in &certificate.users {
            let mut binding: Option<&Signature> = None;
            let mut taken_back = None;
            for signature in signatures
                .iter()
                .filter(|s| may_be_own(s, &certificate.primary))
            {
                self.spend()?;
                if signature
                    .verify_certification(&certificate.primary, Tag::UserId, id)
                    .is_err()
                {
                    continue;
                }
                let created = subpackets::created(signature);
                if signature.typ() == Some(SignatureType::CertRevocation) {
                    taken_back = taken_back.max(created);
                } else if binding.is_none_or(|b| subpackets::created(b) <= created) {
                    binding = Some(signature);
                }
            }
            if let Some(signature) = binding
                && taken_back < subpackets::created(signature)
            {
                users.push(User { id, signature });
            }
        }
        Ok(users)
    }

    /// The newest valid direct-key signature of the primary key on itself.
    fn direct<'c>(
        &mut self,
        certificate: &'c RawCertificate,
    ) -> Result<Vec<&'c Signature>, KeyringError> {
        let mut valid = Vec::new();
        for signature in &certificate.signatures {
            if signature.typ() == Some(SignatureType::Key)
                && may_be_own(signature, &certificate.primary)
            {
                self.spend()?;
                if signature.verify_key(&certificate.primary).is_ok() {
                    valid.push(signature);
                }
            }
        }
        Ok(valid)
    }

    /// Whether the primary key, or a revoker that it has named and whose key is in the ring, revoked it.
    fn is_revoked(
        &mut self,
        ring: &[RawCertificate],
        certificate: &RawCertificate,
        statements: &[&Signature],
    ) -> Result<bool, KeyringError> {
        let named: Vec<_> = statements
            .iter()
            .flat_map(|s| subpackets::designated_revokers(s))
            .collect();
        let revokers = ring.iter().map(|other| &other.primary).filter(|key| {
            named
                .iter()
                .any(|f| f.as_slice() == key.fingerprint().as_bytes())
        });
        let revokers: Vec<_> = std::iter::once(&certificate.primary)
            .chain(revokers)
            .collect();
        for signature in &certificate.signatures {
            if signature.typ() != Some(SignatureType::KeyRevocation) {
                continue;
            }
            for revoker in &revokers {
                self.spend()?;
                if signature
                    .verify_key_third_party(&certificate.primary, *revoker)
                    .is_ok()
                {
                    return Ok(true);
                }
            }
        }
        Ok(false)
    }

    fn subkey(
        &mut self,
        parent: &Parent<'_>,
        subkey: &PublicSubkey,
        signatures: &[Signature],
    ) -> Result<Component, KeyringError> {
        let mut binding: Option<&Signature> = None;
        let mut revoked = parent.revoked;
        for signature in signatures {
            let revocation = signature.typ() == Some(SignatureType::SubkeyRevocation);
            let valid_form = revocation
                || (signature.typ() == Some(SignatureType::SubkeyBinding) && is_sound(signature));
            if !valid_form {
                continue;
            }
            self.spend()?;
            if signature.verify_subkey_binding(parent.key, subkey).is_err() {
                continue;
            }
            if revocation {
                revoked = true;
            } else if binding
                .is_none_or(|b| subpackets::created(b) <= subpackets::created(signature))
            {
                binding = Some(signature);
            }
        }
        let created = i64::from(subkey.created_at().as_secs());
        let own = binding
            .and_then(subpackets::key_lifetime)
            .map(|seconds| created.saturating_add(seconds));
        let good_until = earliest([
            own,
            binding.and_then(subpackets::expires).map(|end| end - 1),
            parent.good_until,
        ]);
        let standing = match binding {
            _ if !parent.usable => Err(Flaw::NoSelfSignature),
            None => Err(Flaw::NotBound),
            // A version 6 key has version 6 subkeys only (RFC 9580, section 10.1.1).
            _ if subkey.version() != parent.key.version() => Err(Flaw::NotBound),
            Some(binding) if subpackets::may_sign(binding) == Some(false) => {
                Err(Flaw::NotForSigning)
            }
            Some(binding) => match Material::new(subkey) {
                Err(what) => Err(Flaw::Algorithm(what)),
                Ok(_) if !self.signed_back(parent, subkey, binding)? => Err(Flaw::NoBackSignature),
                Ok(material) => Ok(material),
            },
        };
        Ok(component(
            subkey,
            parent.index,
            created,
            good_until,
            standing,
            revoked,
        ))
    }

    /// Whether the subkey signed its primary key (RFC 9580, section 5.2.3.34): without that anybody could bind
    /// somebody else's subkey to his own key and pass that one's signatures off as his.
    fn signed_back(
        &mut self,
        parent: &Parent<'_>,
        subkey: &PublicSubkey,
        binding: &Signature,
    ) -> Result<bool, KeyringError> {
        for signature in subpackets::back_signatures(binding) {
            if is_sound(signature) {
                self.spend()?;
                if signature
                    .verify_primary_key_binding(subkey, parent.key)
                    .is_ok()
                {
                    return Ok(true);
                }
            }
        }
        Ok(false)
    }
}

fn component<K>(
    key: &K,
    certificate: usize,
    created: i64,
    good_until: Option<i64>,
    standing: Result<Material, Flaw>,
    revoked: bool,
) -> Component
where
    K: VerifyingKey,
{
    let mut key_id = [0; 8];
    for (to, from) in key_id.iter_mut().zip(key.legacy_key_id().as_ref()) {
        *to = *from;
    }
    Component {
        certificate,
        fingerprint: key.fingerprint().as_bytes().to_vec(),
        key_id,
        created,
        good_until,
        standing,
        revoked,
    }
}

/// Whether `signature` is worth checking with `key`: it names that key or nobody, and nothing in it is unsound.
fn may_be_own(signature: &Signature, key: &PublicKey) -> bool {
    let ids = signature.issuer_key_id();
    let fingerprints = signature.issuer_fingerprint();
    let named = (ids.is_empty() && fingerprints.is_empty())
        || ids.contains(&&key.legacy_key_id())
        || fingerprints.contains(&&key.fingerprint());
    named && is_sound(signature)
}

/// Whether `signature` has a date, a hash that may bind, and demands nothing unknown.
fn is_sound(signature: &Signature) -> bool {
    signature
        .hash_alg()
        .is_some_and(subpackets::protects_binding)
        && subpackets::created(signature).is_some()
        && !subpackets::demands_unknown(signature)
}

/// The last second at which one of the self-signatures has not ended itself; `None` if one never ends.
fn last_statement(statements: &[&Signature]) -> Option<i64> {
    let ends: Option<Vec<i64>> = statements.iter().map(|s| subpackets::expires(s)).collect();
    // A signature is over at exactly its creation plus its lifetime, a key one second later.
    ends?.into_iter().max().map(|end| end - 1)
}

fn earliest<const N: usize>(times: [Option<i64>; N]) -> Option<i64> {
    times.into_iter().flatten().min()
}

/// A user ID without control characters, cut to a length that fits a message.
fn printable(id: &UserId) -> String {
    String::from_utf8_lossy(id.id())
        .chars()
        .map(|c| if c.is_control() { '\u{fffd}' } else { c })
        .take(USER_ID_CHARACTERS)
        .collect()
}
