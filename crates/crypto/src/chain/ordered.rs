//! Chains that are given in order: nothing is searched for.

use doorward_core::Timestamp;

use super::{ChainPosition, NotValidAt, OrderedChainError, OrderedRule, Profile};
use crate::Certificate;

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
/// Laxer than RFC 5280, section 6.1, because that specification demands it: critical extensions that are not understood
/// are ignored, and so are name constraints.
///
/// # Errors
/// [`OrderedChainError`] for the first rule that is broken, from the leaf on.
pub fn verify_ordered(
    chain: &[Certificate],
    profile: Profile,
) -> Result<OrderedChain, OrderedChainError> {
    let (leaf, issuers) = chain.split_first().ok_or(OrderedChainError::Empty)?;
    if chain.len() > MAX_CERTIFICATES {
        return Err(OrderedChainError::TooLong {
            count: chain.len(),
            limit: MAX_CERTIFICATES,
        });
    }
    let broken = |position, certificate, rule| OrderedChainError::Certificate {
        at: ChainPosition::new(position, certificate),
        rule,
    };
    // What costs no signature comes first.
    for (position, certificate) in chain.iter().enumerate() {
        let at = |rule| broken(position, certificate, rule);
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
        let next = chain.get(position + 1);
        issued_by_next(certificate, next).map_err(|rule| broken(position, certificate, rule))?;
    }
    Ok(OrderedChain {
        leaf: leaf.clone(),
        issuers: issuers.to_vec(),
        profile,
    })
}

/// Whether a certificate is signed by the next, or the last one by itself.
fn issued_by_next(
    certificate: &Certificate,
    next: Option<&Certificate>,
) -> Result<(), OrderedRule> {
    let Some(next) = next else {
        if !certificate.is_self_issued() {
            return Err(OrderedRule::NotSelfIssued);
        }
        return certificate
            .verify_signed_by(certificate)
            .map_err(OrderedRule::Signature);
    };
    if certificate.issuer_der() != next.subject_der() {
        return Err(OrderedRule::NotIssuedByNext);
    }
    // An authority may certify its next key under its own name (RFC 5280, section 3.2); not the same key.
    if certificate.is_self_issued() && certificate.verify_signed_by(certificate).is_ok() {
        return Err(OrderedRule::SelfSignedTooEarly);
    }
    certificate
        .verify_signed_by(next)
        .map_err(OrderedRule::Signature)
}
