//! From the signer of a time stamp to a trusted authority.

use super::TimestampError;
use super::cms::MAX_CERTIFICATES;
use super::info::TimestampInfo;
use crate::Certificate;
use crate::chain::{ChainPosition, OrderedChain, Profile, verify_ordered};

/// The most certificates whose names are tried. An honest token has one issuer for each certificate; only one with many
/// authorities of the same name gets here.
const MAX_STEPS: usize = 256;
/// The most paths whose signatures are checked. A token is not signed as a whole, so anybody can fill one with
/// certificates; an honest one leads along one path, or two where an authority is certified twice.
const MAX_PATHS: usize = 4;

/// Finds a chain from `signer` over certificates of the token to one of `anchors` that holds at the time of the token.
pub(super) fn find(
    signer: &Certificate,
    presented: &[Certificate],
    anchors: &[Certificate],
    info: &TimestampInfo<'_>,
) -> Result<OrderedChain, TimestampError> {
    let mut search = Search {
        presented,
        anchors,
        info,
        steps: 0,
        paths: 0,
        reason: TimestampError::NoAnchor,
    };
    match search.extend(&mut vec![signer]) {
        Some(chain) => Ok(chain),
        None => Err(search.reason),
    }
}

/// A search by names, in depth first. A path that ends in an anchor is then verified as a whole.
struct Search<'a> {
    presented: &'a [Certificate],
    anchors: &'a [Certificate],
    info: &'a TimestampInfo<'a>,
    steps: usize,
    paths: usize,
    /// Of the last path that ended in an anchor.
    reason: TimestampError,
}

impl<'a> Search<'a> {
    fn extend(&mut self, path: &mut Vec<&'a Certificate>) -> Option<OrderedChain> {
        let last: &Certificate = path.last()?;
        // An anchor is the end if it issued itself; above others there must be one that did.
        if last.is_self_issued() && self.anchors.contains(last) {
            return self.verify(path);
        }
        if path.len() == MAX_CERTIFICATES {
            return None;
        }
        let (anchors, presented) = (self.anchors, self.presented);
        for issuer in anchors.iter().chain(presented) {
            self.steps += 1;
            if self.steps > MAX_STEPS || self.paths > MAX_PATHS {
                self.reason = TimestampError::TooMany {
                    what: "possible chains",
                    limit: MAX_PATHS,
                };
                return None;
            }
            if issuer.subject_der() != last.issuer_der() || path.contains(&issuer) {
                continue;
            }
            path.push(issuer);
            if let Some(chain) = self.extend(path) {
                return Some(chain);
            }
            path.pop();
        }
        None
    }

    fn verify(&mut self, path: &[&Certificate]) -> Option<OrderedChain> {
        self.paths += 1;
        let path: Vec<Certificate> = path.iter().copied().cloned().collect();
        match self.check(&path) {
            Ok(chain) => Some(chain),
            Err(error) => {
                self.reason = error;
                None
            }
        }
    }

    fn check(&self, path: &[Certificate]) -> Result<OrderedChain, TimestampError> {
        // RFC 5280, section 4.2. The rules for code signing pass over them; nothing does for time stamps.
        let unknown = |certificate: &Certificate| certificate.has_unknown_critical_extension();
        if let Some(position) = path.iter().position(unknown)
            && let Some(certificate) = path.get(position)
        {
            let at = ChainPosition::new(position, certificate);
            return Err(TimestampError::CriticalExtension { at });
        }
        let chain = verify_ordered(path, Profile::TimeStamping).map_err(TimestampError::Chain)?;
        for time in self.info.around() {
            chain.valid_at(time).map_err(TimestampError::NotValid)?;
        }
        Ok(chain)
    }
}
