//! What was given beside what the registry has.

use std::sync::Arc;

use doorward_core::{Code, Fact, Meter, Rejection, Scheme};

use super::SigstoreSession;
use crate::given::{Given, is_attestation, of_several};
use crate::{Accepted, codes};

impl SigstoreSession {
    /// Tries what was given and names the image, before anything is asked for: it takes no round trip. What is about other
    /// images is passed over, and what cannot be read takes nothing away unless the last signature is wanted and may be in it.
    ///
    /// # Errors
    /// Only that the budget is used up.
    pub(super) fn try_given(&mut self, meter: &mut Meter) -> Result<Option<Accepted>, Rejection> {
        let (mut tried, mut unreadable) = (0_usize, Vec::new());
        let given: Vec<_> = self.input.given.iter().map(Arc::clone).collect();
        for one in given.iter().flat_map(|bundles| bundles.iter()) {
            let candidate = match &one.read {
                Ok(candidate) if candidate.may_be_about(self.input.pinned.digest()) => candidate,
                Ok(_) => continue,
                // As of what the registry has, it is not known which signature is the last.
                Err(error) if self.input.wants_latest => {
                    let refused = self.unread(&one.bare, error.clone().into(), meter);
                    if refused.code() == Code::BUDGET_EXCEEDED {
                        return Err(refused);
                    }
                    match codes::is_left_open(&refused) {
                        true => self.keep_given(refused, one),
                        false => unreadable.push(one),
                    }
                    continue;
                }
                Err(_) => {
                    unreadable.push(one);
                    continue;
                }
            };
            if is_attestation(candidate) {
                self.attestations += 1;
                continue;
            }
            if tried == self.input.max_signatures {
                let detail = format!(
                    "more than {tried} of the bundles that were given name {}, and the others are not tried",
                    self.input.pinned.digest()
                );
                self.refusals.push(Rejection::new(codes::TOO_MANY, detail));
                break;
            }
            tried += 1;
            match self.judge_candidate(candidate, meter) {
                Ok(accepted) if !self.input.wants_latest => return Ok(Some(accepted)),
                Ok(accepted) => self.keep_latest(accepted),
                Err(rejection) if rejection.code() == Code::BUDGET_EXCEEDED => {
                    return Err(rejection);
                }
                Err(rejection) => self.keep_given(rejection, one),
            }
        }
        if let Some(first) = unreadable.first()
            && let Err(error) = &first.read
        {
            let detail = of_several(&error.to_string(), unreadable.len());
            let rejection = Rejection::new(codes::BUNDLE_MALFORMED, detail);
            self.keep_given(rejection, first);
        }
        Ok(None)
    }

    /// Keeps why something that was given does not count.
    fn keep_given(&mut self, rejection: Rejection, given: &Given) {
        let detail = format!("{}: {rejection}", given.name);
        let rejection = rejection.with_detail(detail);
        let source = Fact::Source(format!("bundle {}", given.name));
        let rejection = rejection.in_scheme(Scheme::SIGSTORE).with_fact(source);
        self.refusals.push(rejection);
    }

    /// Of those that were accepted, the one that was made last counts.
    pub(super) fn keep_latest(&mut self, accepted: Accepted) {
        self.accepted.insert(accepted.signature.clone());
        let known = self.latest.as_ref().map(Accepted::not_before);
        if known.is_none_or(|known| known < accepted.not_before()) {
            self.latest = Some(accepted);
        }
    }
}
