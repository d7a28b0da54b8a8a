//! Chains that are given in order: nothing is searched for.

use doorward_core::{BudgetExceeded, Timestamp};

use super::{ChainPosition, NotValidAt, OrderedChainError, OrderedRule, Profile};
use crate::{Certificate, SignatureChecks};

/// The most certificates of a chain. Real ones have three or four; each costs a signature.
const MAX_CERTIFICATES: usize = 10;

/// A list of certificates that is a chain: the leaf first, each issued by the next, the last by itself, all of them as
/// the profile demands. Only [`verify_ordered`] makes one, so that it is the evidence.
///
/// It says nothing about trust, nothing about time (see [`Self::valid_at`]) and nothing about revocation.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub struct OrderedChain {
    leaf: Certificate,
    issuers: Vec<Certificate>,
    profile: Profile,
}

impl OrderedChain {
    /// The signer's certificate.
    #[must_use]
    pub const fn leaf(&self) -> &Certificate {
        &self.leaf
    }

    /// All certificates from the leaf to the root. A certificate that is its own issuer stands there once.
    pub fn certificates(&self) -> impl DoubleEndedIterator<Item = &Certificate> {
        std::iter::once(&self.leaf).chain(&self.issuers)
    }

    /// Each certificate with that of its issuer, from the leaf on; the root, which is its own issuer, is left out.
    pub fn links(&self) -> impl Iterator<Item = (&Certificate, &Certificate)> {
        self.certificates().zip(&self.issuers)
    }

    /// The last certificate. It is the leaf if that is self-signed.
    #[must_use]
    pub fn root(&self) -> &Certificate {
        self.issuers.last().unwrap_or(&self.leaf)
    }

    /// What the certificates are for.
    #[must_use]
    pub const fn profile(&self) -> Profile {
        self.profile
    }

    /// Whether every certificate is valid at `time`, both ends included (RFC 5280, section 4.1.2.5).
    ///
    /// # Errors
    /// [`NotValidAt`] for the first one that is not.
    pub fn valid_at(&self, time: Timestamp) -> Result<(), NotValidAt> {
        for (position, certificate) in self.certificates().enumerate() {
            let at = || ChainPosition::new(position, certificate);
            if time < certificate.not_before() {
                let not_before = certificate.not_before();
                return Err(NotValidAt::NotYet {
                    at: at(),
                    not_before,
                });
            }
            if certificate.not_after() < time {
                let not_after = certificate.not_after();
                return Err(NotValidAt::Expired {
                    at: at(),
                    not_after,
                });
            }
        }
        Ok(())
    }
}

/// Checks a list of certificates against the rules for chains of the Notary Project (Signature Specification,
/// "Certificate Requirements"): at most ten, the leaf first, each issued and signed by the next, the last by itself and
/// no other by itself, none twice, and each saying of itself what `profile` demands. One certificate alone must be
/// self-signed and is held against the rules for leaves.
///
/// Laxer than RFC 5280, section 6.1, because that specification demands it: critical extensions of the leaf that are not
/// understood are ignored. Those of authorities are not, which is stricter than the specification: neither are name
/// constraints, nor purposes that an authority is restricted to. They keep those apart who are certified below one root.
///
/// What costs nothing is looked at first. Then the signatures are verified one by one until the first that does not
/// hold, beginning below the certificate at the position `trusted`, or else below the last: from there down to the
/// leaf, and then from there up. Somebody without a key of the chain can copy certificates of it, but what they sign
/// themselves fails at the first certificate that is not a copy; and signatures on copies are verified once. So each
/// attempt costs one operation, however long its chain is.
///
/// # Errors
/// [`BudgetExceeded`]. Within the result, [`OrderedChainError`] for the first rule that is broken: of those that cost
/// nothing, from the leaf on, and else in the order above.
pub fn verify_ordered(
    chain: &[Certificate],
    profile: Profile,
    trusted: Option<usize>,
    checks: &mut SignatureChecks<'_>,
) -> Result<Result<OrderedChain, OrderedChainError>, BudgetExceeded> {
    let (leaf, issuers) = match well_formed(chain, profile) {
        Ok(parts) => parts,
        Err(error) => return Ok(Err(error)),
    };
    let trusted = trusted.unwrap_or(issuers.len()).min(issuers.len());
    for position in (0..trusted).rev().chain(trusted..chain.len()) {
        let Some(certificate) = chain.get(position) else {
            continue;
        };
        let next = chain.get(position + 1);
        let signed = certificate.check_signed_by(next.unwrap_or(certificate), checks)?;
        let rule = match (signed, next) {
            (Err(error), _) => OrderedRule::Signature(error),
            // An authority may certify its next key under its own name (RFC 5280, section 3.2); not the same key.
            (Ok(()), Some(next))
                if certificate.is_self_issued() && certificate.key() == next.key() =>
            {
                OrderedRule::SelfSignedTooEarly
            }
            (Ok(()), _) => continue,
        };
        let at = ChainPosition::new(position, certificate);
        return Ok(Err(OrderedChainError::Certificate { at, rule }));
    }
    // What a stranger makes up is refused by then, so that comparing names is work for those of the chain alone.
    if let Err(error) = names_are_permitted(chain) {
        return Ok(Err(error));
    }
    Ok(Ok(OrderedChain {
        leaf: leaf.clone(),
        issuers: issuers.to_vec(),
        profile,
    }))
}

/// Whether each authority may certify the names of all below it.
fn names_are_permitted(chain: &[Certificate]) -> Result<(), OrderedChainError> {
    for (position, certificate) in chain.iter().enumerate() {
        // An authority may certify its next key under its own name (RFC 5280, section 6.1.3 (b)).
        if position > 0 && certificate.is_self_issued() {
            continue;
        }
        let mut above = chain.iter().skip(position + 1);
        if above.any(|authority| !authority.may_certify_names_of(certificate)) {
            let at = ChainPosition::new(position, certificate);
            let rule = OrderedRule::NameConstraint;
            return Err(OrderedChainError::Certificate { at, rule });
        }
    }
    Ok(())
}

/// The leaf and its issuers, if all that costs no signature is as it should be.
fn well_formed(
    chain: &[Certificate],
    profile: Profile,
) -> Result<(&Certificate, &[Certificate]), OrderedChainError> {
    let parts = chain.split_first().ok_or(OrderedChainError::Empty)?;
    if chain.len() > MAX_CERTIFICATES {
        return Err(OrderedChainError::TooLong {
            count: chain.len(),
            limit: MAX_CERTIFICATES,
        });
    }
    for (position, certificate) in chain.iter().enumerate() {
        let at = |rule| OrderedChainError::Certificate {
            at: ChainPosition::new(position, certificate),
            rule,
        };
        let before = chain.get(..position).unwrap_or_default();
        if before.contains(certificate) {
            return Err(at(OrderedRule::Duplicate));
        }
        match position.checked_sub(1) {
            None => profile.leaf(certificate),
            Some(below) => profile.authority(certificate, below),
        }
        .map_err(at)?;
    }
    for (position, certificate) in chain.iter().enumerate() {
        let rule = match chain.get(position + 1) {
            None if !certificate.is_self_issued() => OrderedRule::NotSelfIssued,
            Some(next) if certificate.issuer_der() != next.subject_der() => {
                OrderedRule::NotIssuedByNext
            }
            _ => continue,
        };
        let at = ChainPosition::new(position, certificate);
        return Err(OrderedChainError::Certificate { at, rule });
    }
    Ok(parts)
}
