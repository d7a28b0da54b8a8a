//! What a certificate's own signatures say: who it belongs to, which of its keys may sign and until when.
//!
//! Decided once per key ring and without the time, so that a verification only compares two numbers. RFC 9580 leaves
//! open which of several self-signatures decides (section 5.2.3.10, "Notes on Self-Signatures"). They rank as for
//! GnuPG: what the newest direct-key signature says holds; what it does not say, the newest user ID that does. A user
//! ID that was taken back allows nothing more, but what it forbade still holds: taking something back never lets more
//! in. The same goes for a self-signature that verifies and does not bind for a rule of ours: GnuPG hears it, and its
//! owner may have ended the key with it.

use std::collections::HashSet;
use std::sync::Arc;

use super::facts::{Facts, SubkeyFacts};
use super::said::{Said, binds, when};
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
    /// The newest direct-key signature, behind those after it that only forbid.
    direct: Vec<Statement<'a>>,
    /// The newest self-signature of each user ID and those after it that only forbid, newest first.
    users: Vec<Statement<'a>>,
}

/// A self-signature that is not outdated.
struct Statement<'a> {
    signature: &'a Signature,
    /// Whether it binds.
    binds: bool,
    /// The user ID it is about; none if it is about the key itself.
    user: Option<usize>,
    taken_back: bool,
}

impl<'a> Statement<'a> {
    /// Those of `said` that are not outdated, newest first.
    fn of(said: &Said<'a>, user: Option<usize>, taken_back: Option<i64>) -> Vec<Self> {
        let binding = said.newest().map(|signature| (signature, true));
        let forbidding = said.forbidding().map(|signature| (signature, false));
        let mut all: Vec<_> = forbidding
            .chain(binding)
            .map(|(signature, binds)| Self {
                signature,
                binds,
                user,
                taken_back: taken_back >= signature.created(),
            })
            .collect();
        newest_first(&mut all);
        all
    }

    /// Whether it allows what it says, and does not only forbid what it does not.
    const fn allows(&self) -> bool {
        self.binds && !self.taken_back
    }
}

/// Of several with one date, those that only forbid come first, so that they are heard.
fn newest_first(statements: &mut [Statement<'_>]) {
    statements.sort_by_key(|statement| {
        let when = when(statement.signature);
        (std::cmp::Reverse(when), statement.allows())
    });
}

impl<'a> Statements<'a> {
    fn of(facts: &Facts<'a>) -> Self {
        let mut users: Vec<_> = facts
            .users
            .iter()
            .enumerate()
            .flat_map(|(user, facts)| Statement::of(&facts.said, Some(user), facts.taken_back))
            .collect();
        newest_first(&mut users);
        Self {
            direct: Statement::of(&facts.direct, None, None),
            users,
        }
    }

    fn is_empty(&self) -> bool {
        self.all().next().is_none()
    }

    /// The statements that decide about what `says` asks of a signature: the direct-key signature, or else the newest
    /// user ID that says something, and those before these in rank that only forbid. If one of those says nothing,
    /// GnuPG asks the next in rank instead of the older statement on the same thing; here both are heard.
    fn deciding<T>(
        &self,
        says: impl Fn(&Signature) -> Option<T>,
    ) -> impl Iterator<Item = (&'a Signature, T)> {
        let mut deciding = Vec::new();
        let mut silent = HashSet::new();
        for statement in self.direct.iter().chain(&self.users) {
            match says(statement.signature) {
                Some(said) => {
                    deciding.push((statement.signature, said));
                    if statement.allows() && !silent.contains(&statement.user) {
                        break;
                    }
                }
                None if !statement.binds => {
                    silent.insert(statement.user);
                }
                None => {}
            }
        }
        deciding.into_iter()
    }

    /// Whether the primary key may sign (RFC 9580, section 5.2.3.29); `None` if nothing says so. A key without flags
    /// may, as for GnuPG.
    fn may_sign(&self) -> Option<bool> {
        self.deciding(Signature::may_sign)
            .map(|(_, may)| may)
            .reduce(|all, may| all && may)
    }

    /// The last second at which a key made at `created` is good by these statements (RFC 9580, section 5.2.3.13).
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

    /// Those that bind.
    fn all(&self) -> impl Iterator<Item = &'a Signature> {
        let all = self.direct.iter().chain(&self.users);
        all.filter(|statement| statement.binds)
            .map(|statement| statement.signature)
    }

    fn user_ids(&self, certificate: &RawCertificate) -> Vec<String> {
        let mut held: Vec<_> = self.users.iter().filter(|user| user.allows()).collect();
        held.sort_by_key(|user| std::cmp::Reverse(user.signature.is_primary()));
        held.into_iter()
            .filter_map(|held| certificate.users.get(held.user?))
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
        let binding = facts.said.newest();
        // The binding, and what only forbids and is as new.
        let heard: Vec<_> = binding.into_iter().chain(facts.said.forbidding()).collect();
        let lifetimes = heard.iter().filter_map(|said| said.key_lifetime());
        let own = lifetimes
            .map(|seconds| subkey.created.saturating_add(seconds))
            .min();
        let over = heard.iter().filter_map(|said| last_second(said)).min();
        let good_until = earliest([own, over, self.good_until]);
        let forbidden = heard.iter().any(|said| said.may_sign() == Some(false));
        // Bound by its primary key (RFC 9580, section 5.2.1.8), which is good itself.
        let standing = match (&subkey.material, binding, &self.unusable) {
            (Err(what), ..) => Err(Flaw::Algorithm(what.clone())),
            (.., Some(flaw)) => Err(flaw.clone()),
            (_, None, _) => Err(facts.weak.map_or(Flaw::NotBound, Flaw::Hash)),
            // A version 6 key has version 6 subkeys only (RFC 9580, section 10.1.1).
            _ if subkey.version != self.key.version => Err(Flaw::NotBound),
            _ if forbidden => Err(Flaw::NotForSigning),
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
