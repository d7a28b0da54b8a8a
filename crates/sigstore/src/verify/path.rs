//! Which certificates lead from that of a signer to one that is trusted.
//!
//! Everything but the trusted certificates is a stranger's, so the search has an end in signatures, and each is charged. What
//! is left for a library to verify is a path that is known to hold.

use doorward_core::{BudgetExceeded, Meter, Rejection};
use doorward_crypto::Certificate;

use crate::candidate::{Candidate, SignerMaterial};
use crate::codes;

/// The most signatures that finding a path takes. A usual path takes one or two.
const SIGNATURES: usize = 8;
/// The most certificates between that of the signer and a trusted one, as many as paths have elsewhere.
const LONGEST: usize = 6;

/// The certificates between `leaf` and one that is trusted, the lowest first; each signed by the next. Times are not looked
/// at.
///
/// # Errors
/// A rejection if there is no path, or if the budget is used up.
pub(super) fn path(
    leaf: &Certificate,
    between: &[Certificate],
    trusted: &[Certificate],
    meter: &mut Meter,
) -> Result<Vec<Certificate>, Rejection> {
    let mut search = Search {
        between,
        trusted,
        left: SIGNATURES,
        meter,
    };
    let mut path = Vec::new();
    if search.climb(leaf, &mut path)? {
        return Ok(path);
    }
    let detail = "the certificate was not issued by an authority that is trusted";
    Err(Rejection::new(codes::CERTIFICATE_UNTRUSTED, detail))
}

/// The most certificates of one name that a signature may bring. An authority that renewed its certificate may have two, and each
/// costs a signature to find out whether it is the one.
const OF_ONE_NAME: usize = 2;

/// The certificates that the candidate brings beside that of its signer, no more of one name than may be. What cannot be read
/// cannot be on a path.
pub(super) fn brought(candidate: &Candidate) -> Vec<Certificate> {
    match &candidate.material {
        SignerMaterial::Chain(chain) => {
            let beside = chain.iter().skip(1);
            let read = beside.filter_map(|der| Certificate::from_der(der).ok());
            let mut brought: Vec<Certificate> = Vec::new();
            for certificate in read {
                let named = |one: &&Certificate| one.subject_der() == certificate.subject_der();
                if brought.iter().filter(named).count() < OF_ONE_NAME {
                    brought.push(certificate);
                }
            }
            brought
        }
        SignerMaterial::Key { .. } => Vec::new(),
    }
}

struct Search<'a> {
    between: &'a [Certificate],
    trusted: &'a [Certificate],
    /// How many signatures it may still take.
    left: usize,
    meter: &'a mut Meter,
}

impl Search<'_> {
    fn climb(
        &mut self,
        certificate: &Certificate,
        path: &mut Vec<Certificate>,
    ) -> Result<bool, BudgetExceeded> {
        let (trusted, between) = (self.trusted, self.between);
        for issuer in trusted {
            if self.is_issued(certificate, issuer)? {
                return Ok(true);
            }
        }
        if path.len() == LONGEST {
            return Ok(false);
        }
        for issuer in between {
            if !issuer.issues_certificates() || path.contains(issuer) {
                continue;
            }
            if !self.is_issued(certificate, issuer)? {
                continue;
            }
            path.push(issuer.clone());
            if self.climb(issuer, path)? {
                return Ok(true);
            }
            path.pop();
        }
        Ok(false)
    }

    fn is_issued(
        &mut self,
        certificate: &Certificate,
        issuer: &Certificate,
    ) -> Result<bool, BudgetExceeded> {
        if self.left == 0 || certificate.issuer_der() != issuer.subject_der() {
            return Ok(false);
        }
        self.left -= 1;
        self.meter.signature()?;
        Ok(certificate.verify_signed_by(issuer).is_ok())
    }
}
