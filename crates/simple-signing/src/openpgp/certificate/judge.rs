//! What a certificate's own signatures say: who it belongs to, which of its keys may sign and until when.
//!
//! Decided once per key ring and without the time, so that a verification only compares two numbers. The signatures
//! rank as for GnuPG: what the newest direct-key signature says holds; what it does not say, the newest user ID that
//! does. A user ID that was taken back allows nothing more, but what it forbade still holds: taking something back
//! never lets more in.

use std::sync::Arc;

use super::attach::{Facts, SubkeyFacts, binds};
use super::work::{Fit, Work};
use super::{RawCertificate, RawKey};
use crate::KeyringError;
use crate::openpgp::component::{Component, Flaw, Revocation};
use crate::openpgp::material::Material;
use crate::openpgp::signature::Signature;

/// A user ID as shown to people, at most this many characters.
const USER_ID_CHARACTERS: usize = 256;

/// A certificate whose signatures were checked.
pub(crate) struct Bound {
    /// User IDs with a valid self-signature, the primary one first.
    pub(crate) user_ids: Vec<String>,
    /// The primary key, then the subkeys.
    pub(crate) components: Vec<Component>,
}

/// Says what the certificate at `index` of its ring may do.
///
/// # Errors
/// [`KeyringError::TooLarge`].
pub(crate) fn judge(
    certificate: &RawCertificate,
    index: usize,
    facts: &Facts<'_>,
    work: &mut Work,
) -> Result<Bound, KeyringError> {
    let primary = &certificate.primary;
    let statements = Statements::of(facts);
    let unbound = facts.weak.map_or(Flaw::NoSelfSignature, Flaw::Hash);
    let standing = match &primary.material {
        // A key that cannot verify cannot show its self-signature either, so the algorithm is the better reason.
        Err(what) => Err(Flaw::Algorithm(what.clone())),
        Ok(_) if statements.is_empty() => Err(unbound.clone()),
        Ok(_) if statements.may_sign() == Some(false) => Err(Flaw::NotForSigning),
        Ok(material) => Ok(Arc::clone(material)),
    };
    // What may not sign may not say who else does.
    let unusable = match &primary.material {
        Err(what) => Some(Flaw::Primary(what.clone())),
        Ok(_) => statements.is_empty().then_some(unbound),
    };
    let parent = Parent {
        key: primary,
        index,
        good_until: statements.good_until(primary.created),
        revoked: facts.revoked,
        unusable,
    };
    let mut components = vec![parent.component(primary, parent.good_until, standing, None)];
    for (subkey, facts) in certificate.subkeys.iter().zip(&facts.subkeys) {
        components.push(parent.subkey(subkey, facts, work)?);
    }
    Ok(Bound {
        user_ids: statements.user_ids(certificate),
        components,
    })
}

/// The self-signatures that speak for a certificate as a whole.
struct Statements<'a> {
    /// The newest direct-key signature.
    direct: Option<&'a Signature>,
    /// The newest self-signature of each user ID, newest first.
    users: Vec<Statement<'a>>,
}

/// The newest self-signature of a user ID.
struct Statement<'a> {
    signature: &'a Signature,
    user: usize,
    taken_back: bool,
}

impl<'a> Statements<'a> {
    fn of(facts: &Facts<'a>) -> Self {
        let mut users: Vec<_> = facts
            .users
            .iter()
            .enumerate()
            .filter_map(|(user, facts)| {
                let signature = newest(&facts.bindings)?;
                Some(Statement {
                    signature,
                    user,
                    taken_back: facts.taken_back >= signature.created(),
                })
            })
            .collect();
        users.sort_by_key(|statement| std::cmp::Reverse(statement.signature.created()));
        Self {
            direct: newest(&facts.direct),
            users,
        }
    }

    const fn is_empty(&self) -> bool {
        self.direct.is_none() && self.users.is_empty()
    }

    /// The statements that decide about what `says` asks of a signature: the direct-key signature, or else the newest
    /// user ID that says something, and those newer than it that were taken back.
    fn deciding<T>(
        &self,
        says: impl Fn(&Signature) -> Option<T>,
    ) -> impl Iterator<Item = (&'a Signature, T)> {
        let direct = self.direct.and_then(|direct| Some((direct, says(direct)?)));
        let users = if direct.is_some() {
            &[]
        } else {
            self.users.as_slice()
        };
        let mut decided = false;
        let mut deciding: Vec<_> = direct.into_iter().collect();
        for statement in users {
            if decided {
                break;
            }
            if let Some(said) = says(statement.signature) {
                decided = !statement.taken_back;
                deciding.push((statement.signature, said));
            }
        }
        deciding.into_iter()
    }

    /// Whether the primary key may sign; `None` if nothing says so.
    fn may_sign(&self) -> Option<bool> {
        self.deciding(Signature::may_sign)
            .map(|(_, may)| may)
            .reduce(|all, may| all && may)
    }

    /// The last second at which a key made at `created` is good by these statements.
    fn good_until(&self, created: i64) -> Option<i64> {
        let lifetimes = self.deciding(Signature::key_lifetime);
        let key = lifetimes
            .map(|(_, seconds)| created.saturating_add(seconds))
            .min();
        let decide = self.deciding(Signature::key_lifetime).map(|(s, _)| s);
        let decide = decide.chain(self.deciding(Signature::may_sign).map(|(s, _)| s));
        let ends = decide.filter_map(last_second).min();
        // With none left that has not ended itself, nothing binds the key.
        let all: Option<Vec<i64>> = self.all().map(last_second).collect();
        let last = all.and_then(|ends| ends.into_iter().max());
        earliest([key, ends, last])
    }

    fn all(&self) -> impl Iterator<Item = &'a Signature> {
        let users = self.users.iter().map(|statement| statement.signature);
        self.direct.into_iter().chain(users)
    }

    fn user_ids(&self, certificate: &RawCertificate) -> Vec<String> {
        let mut held: Vec<_> = self.users.iter().filter(|user| !user.taken_back).collect();
        held.sort_by_key(|user| std::cmp::Reverse(user.signature.is_primary()));
        held.into_iter()
            .filter_map(|user| certificate.users.get(user.user))
            .map(|id| printable(id))
            .collect()
    }
}

/// The primary key, for its subkeys.
struct Parent<'a> {
    key: &'a RawKey,
    index: usize,
    good_until: Option<i64>,
    revoked: Option<Revocation>,
    /// Why it cannot bind anything.
    unusable: Option<Flaw>,
}

impl Parent<'_> {
    fn component(
        &self,
        key: &RawKey,
        good_until: Option<i64>,
        standing: Result<Arc<Material>, Flaw>,
        revoked: Option<Revocation>,
    ) -> Component {
        Component {
            certificate: self.index,
            fingerprint: key.fingerprint.clone(),
            key_id: key.key_id,
            created: key.created,
            good_until,
            standing,
            revoked: self.revoked.or(revoked),
        }
    }

    fn subkey(
        &self,
        subkey: &RawKey,
        facts: &SubkeyFacts<'_>,
        work: &mut Work,
    ) -> Result<Component, KeyringError> {
        let binding = newest(&facts.bindings);
        let own = binding
            .and_then(Signature::key_lifetime)
            .map(|seconds| subkey.created.saturating_add(seconds));
        let good_until = earliest([own, binding.and_then(last_second), self.good_until]);
        let standing = match (&subkey.material, binding, &self.unusable) {
            (Err(what), ..) => Err(Flaw::Algorithm(what.clone())),
            (.., Some(flaw)) => Err(flaw.clone()),
            (_, None, _) => Err(facts.weak.map_or(Flaw::NotBound, Flaw::Hash)),
            // A version 6 key has version 6 subkeys only (RFC 9580, section 10.1.1).
            _ if subkey.version != self.key.version => Err(Flaw::NotBound),
            (_, Some(binding), _) if binding.may_sign() == Some(false) => Err(Flaw::NotForSigning),
            (Ok(material), Some(binding), _) => self
                .signed_back(subkey, binding, work)?
                .map(|()| Arc::clone(material)),
        };
        Ok(self.component(subkey, good_until, standing, facts.revoked))
    }

    /// Whether the subkey signed its primary key (RFC 9580, section 5.2.3.34): without that anybody could bind
    /// somebody else's subkey to his own key and pass that one's signatures off as his.
    fn signed_back(
        &self,
        subkey: &RawKey,
        binding: &Signature,
        work: &mut Work,
    ) -> Result<Result<(), Flaw>, KeyringError> {
        let parts = [self.key.hashed.as_slice(), &subkey.hashed];
        let mut weak = None;
        for signature in binding.back_signatures() {
            if work.fits(&signature, subkey, &parts, false)? == Fit::Yes
                && binds(&signature, subkey, &mut weak)
            {
                return Ok(Ok(()));
            }
        }
        Ok(Err(weak.map_or(Flaw::NoBackSignature, Flaw::Hash)))
    }
}

/// The newest of these signatures; of several with one date the last.
fn newest<'a>(signatures: &[&'a Signature]) -> Option<&'a Signature> {
    signatures.iter().copied().max_by_key(|s| s.created())
}

/// The last second before a signature ends itself: it is over at exactly its creation plus its lifetime, a key one
/// second later.
fn last_second(signature: &Signature) -> Option<i64> {
    signature.expires().map(|end| end - 1)
}

fn earliest<const N: usize>(times: [Option<i64>; N]) -> Option<i64> {
    times.into_iter().flatten().min()
}

/// A user ID without control characters, cut to a length that fits a message.
fn printable(id: &[u8]) -> String {
    String::from_utf8_lossy(id)
        .chars()
        .map(|c| if c.is_control() { '\u{fffd}' } else { c })
        .take(USER_ID_CHARACTERS)
        .collect()
}
