//! Public-key operations on account: counted before they are made, and not made again where they were made before.

use std::collections::{HashSet, VecDeque};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use doorward_core::{BudgetExceeded, Meter};
use ring::digest::{Context, SHA256};

use crate::{OrderedChain, PublicKey, SignatureAlgorithm, VerifyError};

/// The most signatures that are remembered beyond one decision: some thousand chains, in half a MiB.
const MAX_REMEMBERED: usize = 8192;

/// One signature: a key, an algorithm, a message, and what was made of them, by the hash of all four.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct SignatureId([u8; 32]);

impl SignatureId {
    fn of(
        key: &PublicKey,
        algorithm: SignatureAlgorithm,
        message: &[u8],
        signature: &[u8],
    ) -> Self {
        let mut hash = Context::new(&SHA256);
        // Each part behind its length, so that no two sequences of parts have the same bytes.
        let mut add = |part: &[u8]| {
            hash.update(&(part.len() as u64).to_be_bytes());
            hash.update(part);
        };
        add(algorithm.as_str().as_bytes());
        key.parts(&mut add);
        add(message);
        add(signature);
        let mut id = [0; 32];
        id.copy_from_slice(hash.finish().as_ref());
        Self(id)
    }
}

/// Signatures on certificates that were verified, for all decisions of a program that share it.
///
/// That a signature holds is true for ever and for everybody, so what is in here decides how long a verification takes
/// and never what comes of it: not even what it counts for. Only this crate adds to it, after it has verified. It holds
/// 8192 at most; the oldest goes first.
#[derive(Default)]
pub struct VerifiedSignatures(Mutex<Remembered>);

#[derive(Default)]
struct Remembered {
    ids: HashSet<SignatureId>,
    order: VecDeque<SignatureId>,
}

impl VerifiedSignatures {
    /// Nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// How many there are.
    #[must_use]
    pub fn count(&self) -> usize {
        self.lock().ids.len()
    }

    fn lock(&self) -> MutexGuard<'_, Remembered> {
        // What panicked meanwhile left at worst an identifier without its turn.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn knows(&self, id: &SignatureId) -> bool {
        self.lock().ids.contains(id)
    }

    fn learn(&self, id: SignatureId) {
        let mut held = self.lock();
        if !held.ids.insert(id) {
            return;
        }
        held.order.push_back(id);
        if held.order.len() > MAX_REMEMBERED
            && let Some(oldest) = held.order.pop_front()
        {
            held.ids.remove(&oldest);
        }
    }
}

impl fmt::Debug for VerifiedSignatures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VerifiedSignatures")
            .field("count", &self.count())
            .finish()
    }
}

/// Signatures that were verified within one decision. None of them is verified, or counted, a second time.
#[derive(Clone, Debug, Default)]
pub struct KnownSignatures {
    own: HashSet<SignatureId>,
    shared: Option<Arc<VerifiedSignatures>>,
}

impl KnownSignatures {
    /// None yet, and nothing of other decisions.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// None yet, beside what other decisions have verified. Those count as if they were verified again, so that what a
    /// decision may cost does not depend on the ones before it.
    #[must_use]
    pub fn sharing(shared: Option<Arc<VerifiedSignatures>>) -> Self {
        Self {
            own: HashSet::new(),
            shared,
        }
    }

    /// Gives other decisions the signatures on the certificates of a chain, as far as they were verified here. Only for
    /// one that leads to a trusted certificate: what strangers sign among themselves would push out the rest.
    pub fn share(&self, chain: &OrderedChain) {
        let Some(shared) = &self.shared else {
            return;
        };
        let issuers = chain.certificates().skip(1).chain([chain.root()]);
        for (certificate, issuer) in chain.certificates().zip(issuers) {
            if let Some((key, algorithm, message, signature)) = certificate.signature_by(issuer) {
                let id = SignatureId::of(key, algorithm, message, signature);
                if self.own.contains(&id) {
                    shared.learn(id);
                }
            }
        }
    }
}

/// Verifies signatures on account of a decision.
#[derive(Debug)]
pub struct SignatureChecks<'d> {
    meter: &'d mut Meter,
    known: &'d mut KnownSignatures,
}

impl<'d> SignatureChecks<'d> {
    /// On the account `meter`, with what is known already.
    #[must_use]
    pub const fn new(meter: &'d mut Meter, known: &'d mut KnownSignatures) -> Self {
        Self { meter, known }
    }

    /// As [`PublicKey::verify`], counted before it is made. One that was found to hold before is not counted again.
    ///
    /// # Errors
    /// [`BudgetExceeded`], and then nothing is known about the signature; else within the result, [`VerifyError`].
    pub fn verify(
        &mut self,
        key: &PublicKey,
        algorithm: SignatureAlgorithm,
        message: &[u8],
        signature: &[u8],
    ) -> Result<Result<(), VerifyError>, BudgetExceeded> {
        if !algorithm.fits(key.algorithm()) {
            return Ok(key.verify(algorithm, message, signature));
        }
        let id = SignatureId::of(key, algorithm, message, signature);
        if self.known.own.contains(&id) {
            return Ok(Ok(()));
        }
        self.meter.signature()?;
        let is_known = |shared: &Arc<VerifiedSignatures>| shared.knows(&id);
        if !self.known.shared.as_ref().is_some_and(is_known)
            && let Err(error) = key.verify(algorithm, message, signature)
        {
            return Ok(Err(error));
        }
        self.known.own.insert(id);
        Ok(Ok(()))
    }

    /// What was verified in this decision.
    #[must_use]
    pub const fn known(&self) -> &KnownSignatures {
        self.known
    }
}

/// Why a step that may verify signatures did not succeed.
#[derive(Debug)]
pub(crate) enum Stop<E> {
    /// The budget is used up, and nothing is known.
    Budget(BudgetExceeded),
    /// What was looked at is refused.
    Refused(E),
}

impl<E> From<BudgetExceeded> for Stop<E> {
    fn from(exceeded: BudgetExceeded) -> Self {
        Self::Budget(exceeded)
    }
}

impl<E> Stop<E> {
    /// Takes the two apart, for those who must not take one for the other.
    pub(crate) fn settle<T>(result: Result<T, Self>) -> Result<Result<T, E>, BudgetExceeded> {
        match result {
            Ok(value) => Ok(Ok(value)),
            Err(Self::Refused(error)) => Ok(Err(error)),
            Err(Self::Budget(exceeded)) => Err(exceeded),
        }
    }
}
