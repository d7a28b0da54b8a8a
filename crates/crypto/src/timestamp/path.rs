//! From the signer of a time stamp to a trusted authority.

use doorward_core::BudgetExceeded;

use super::TimestampError;
use super::cms::MAX_CERTIFICATES;
use super::info::TimestampInfo;
use crate::chain::{ChainPosition, OrderedChain, Profile, verify_ordered};
use crate::checks::Stop;
use crate::{Certificate, OrderedChainError, OrderedRule, SignatureChecks};

/// The most certificates whose names are tried. An honest token has one issuer for each certificate; only one with many
/// authorities of the same name gets here.
const MAX_STEPS: usize = 256;
/// The most paths that are looked at. A token is not signed as a whole, so anybody can fill one with certificates; an
/// honest one leads along one path, or two where an authority is certified twice.
const MAX_PATHS: usize = 4;
/// The most signatures of a token that may fail before it is given up. In an honest one none does, or one where an
/// authority has a new key under its old name.
const MAX_FAILED: usize = 2;

/// How many signatures of a token have failed.
#[derive(Debug, Default)]
pub(super) struct Tries(usize);

impl Tries {
    pub(super) const fn failed(&mut self) {
        self.0 += 1;
    }

    /// Whether anything more is worth trying.
    pub(super) const fn are_left(&self) -> Result<(), TimestampError> {
        if self.0 < MAX_FAILED {
            return Ok(());
        }
        Err(TimestampError::TooMany {
            what: "signatures that do not hold",
            limit: MAX_FAILED,
        })
    }
}

/// Finds a chain from `signer` over certificates of the token to one of `anchors` that holds at the time of the token.
pub(super) fn find(
    signer: &Certificate,
    presented: &[Certificate],
    anchors: &[Certificate],
    info: &TimestampInfo<'_>,
    tries: &mut Tries,
    checks: &mut SignatureChecks<'_>,
) -> Result<OrderedChain, Stop<TimestampError>> {
    let mut search = Search {
        presented,
        anchors,
        info,
        steps: 0,
        paths: 0,
        reason: TimestampError::NoAnchor,
        tries,
    };
    match search.extend(&mut vec![signer], checks)? {
        Some(chain) => Ok(chain),
        None => Err(search.reason.into()),
    }
}

/// A search by names, in depth first. A path that ends in an anchor is then verified as a whole.
struct Search<'a, 't> {
    presented: &'a [Certificate],
    anchors: &'a [Certificate],
    info: &'a TimestampInfo<'a>,
    steps: usize,
    paths: usize,
    /// Of the last path that ended in an anchor.
    reason: TimestampError,
    tries: &'t mut Tries,
}

impl<'a> Search<'a, '_> {
    fn extend(
        &mut self,
        path: &mut Vec<&'a Certificate>,
        checks: &mut SignatureChecks<'_>,
    ) -> Result<Option<OrderedChain>, BudgetExceeded> {
        let Some(&last) = path.last() else {
            return Ok(None);
        };
        // An anchor is the end if it issued itself; above others there must be one that did.
        if last.is_self_issued() && self.anchors.contains(last) {
            return self.verify(path, checks);
        }
        if path.len() == MAX_CERTIFICATES {
            return Ok(None);
        }
        let (anchors, presented) = (self.anchors, self.presented);
        for issuer in anchors.iter().chain(presented) {
            if let Err(error) = self.tries.are_left() {
                self.reason = error;
                return Ok(None);
            }
            self.steps += 1;
            if self.steps > MAX_STEPS || self.paths > MAX_PATHS {
                self.reason = TimestampError::TooMany {
                    what: "possible chains",
                    limit: MAX_PATHS,
                };
                return Ok(None);
            }
            if issuer.subject_der() != last.issuer_der() || path.contains(&issuer) {
                continue;
            }
            path.push(issuer);
            if let Some(chain) = self.extend(path, checks)? {
                return Ok(Some(chain));
            }
            path.pop();
        }
        Ok(None)
    }

    fn verify(
        &mut self,
        path: &[&Certificate],
        checks: &mut SignatureChecks<'_>,
    ) -> Result<Option<OrderedChain>, BudgetExceeded> {
        self.paths += 1;
        let path: Vec<Certificate> = path.iter().copied().cloned().collect();
        match Stop::settle(self.check(&path, checks))? {
            Ok(chain) => Ok(Some(chain)),
            Err(error) => {
                self.reason = error;
                Ok(None)
            }
        }
    }

    fn check(
        &mut self,
        path: &[Certificate],
        checks: &mut SignatureChecks<'_>,
    ) -> Result<OrderedChain, Stop<TimestampError>> {
        // RFC 5280, section 4.2. The rules for code signing pass over them; nothing does for time stamps.
        let unknown = |certificate: &Certificate| certificate.has_unknown_critical_extension();
        if let Some(position) = path.iter().position(unknown)
            && let Some(certificate) = path.get(position)
        {
            let at = ChainPosition::new(position, certificate);
            return Err(TimestampError::CriticalExtension { at }.into());
        }
        self.tries.are_left()?;
        let verified = verify_ordered(path, Profile::TimeStamping, None, checks)?;
        if let Err(OrderedChainError::Certificate {
            rule: OrderedRule::Signature(_),
            ..
        }) = &verified
        {
            self.tries.failed();
        }
        let chain = verified.map_err(TimestampError::Chain)?;
        for time in self.info.around() {
            chain.valid_at(time).map_err(TimestampError::NotValid)?;
        }
        Ok(chain)
    }
}
