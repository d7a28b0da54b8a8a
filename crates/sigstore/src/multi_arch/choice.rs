//! What the signatures of the children of an index say about it.

use doorward_core::{Class, Digest, Evidence, Proof, Rejection, Scheme, Timestamp, Witness};

use super::child::Child;
use crate::codes;

/// What is known of the children of an index.
pub(super) struct Signed<'a> {
    pub(super) index: &'a Digest,
    pub(super) children: &'a [Child],
    /// Whether nothing more is asked.
    pub(super) is_over: bool,
}

/// That manifests which an index lists are signed: as many as the policy demands. Only [`Signed`] makes one.
struct AcceptedChildren<'a> {
    index: &'a Digest,
    proofs: Vec<&'a Proof>,
}

impl Witness for AcceptedChildren<'_> {
    fn scheme(&self) -> Scheme {
        Scheme::SIGSTORE
    }

    fn digest(&self) -> &Digest {
        self.index
    }

    /// Each signer once for each manifest.
    fn evidence(&self) -> Vec<Evidence> {
        let evidence = self.proofs.iter().flat_map(|proof| proof.evidence());
        evidence.cloned().collect()
    }

    fn valid_until(&self) -> Option<Timestamp> {
        self.proofs
            .iter()
            .filter_map(|proof| proof.valid_until())
            .min()
    }
}

impl<'a> Signed<'a> {
    /// That every manifest which can run is signed, as soon as that is decided.
    pub(super) fn every(&self) -> Option<Result<Proof, Rejection>> {
        let mut refusals = self.refusals();
        // One that is not signed decides, whatever could not be asked about the others.
        if let Some(place) = refusals.iter().position(|one| says_no(one)) {
            let refusal = refusals.remove(place).clone();
            return Some(Err(told_with(refusal, &refusals)));
        }
        if !self.is_over {
            return None;
        }
        if !refusals.is_empty() {
            let first = refusals.remove(0).clone();
            return Some(Err(told_with(first, &refusals)));
        }
        let proofs = self.proofs();
        // No child may be neither signed nor known to be an attestation.
        let runs = self.children.iter().filter(|child| !child.is_attestation());
        if proofs.is_empty() || proofs.len() != runs.count() {
            return Some(Err(self.nothing()));
        }
        Some(Ok(self.accepted(proofs)))
    }

    /// That one manifest which can run is signed, as soon as that is decided. What that leaves open is noted.
    pub(super) fn any(&self, notes: &mut Vec<String>) -> Option<Result<Proof, Rejection>> {
        let mut runs = self.children.iter().filter(|child| !child.is_attestation());
        let signed = runs.find_map(|child| match child.result() {
            Some(Ok(proof)) => Some((child, proof)),
            _ => None,
        });
        if let Some((child, proof)) = signed {
            let count = self.children.iter().filter(|one| !one.is_attestation());
            let others = count.count().saturating_sub(1);
            if others > 0 {
                notes.push(format!(
                    "of the index {} only the manifest for {} was found to be signed; what runs on another platform may be \
                     any of the {others} others that it lists",
                    self.index,
                    child.platform()
                ));
            }
            return Some(Ok(self.accepted(vec![proof])));
        }
        if !self.is_over {
            return None;
        }
        let mut refusals = self.refusals();
        if refusals.is_empty() {
            return Some(Err(self.nothing()));
        }
        // Nobody who could not be asked has said that there is no signature.
        let unasked = refusals.iter().position(|one| !says_no(one));
        let furthest = || {
            let all = refusals.iter().enumerate().rev();
            all.max_by_key(|(_, one)| one.reach())
                .map(|(place, _)| place)
        };
        let place = unasked.or_else(furthest).unwrap_or_default();
        let speaks = refusals.remove(place).clone();
        let speaks = speaks.adding("no other manifest of the index is signed either");
        Some(Err(told_with(speaks, &refusals)))
    }

    fn accepted(&self, proofs: Vec<&'a Proof>) -> Proof {
        Proof::of(&AcceptedChildren {
            index: self.index,
            proofs,
        })
    }

    fn nothing(&self) -> Rejection {
        let detail = format!(
            "the index {} lists no manifest that could run, so there is none that is signed",
            self.index
        );
        Rejection::new(codes::NO_CHILDREN, detail)
    }

    fn proofs(&self) -> Vec<&'a Proof> {
        let results = self.children.iter().filter_map(Child::result);
        results.filter_map(Result::ok).collect()
    }

    fn refusals(&self) -> Vec<&'a Rejection> {
        let results = self.children.iter().filter_map(Child::result);
        results.filter_map(Result::err).collect()
    }
}

/// Whether a refusal says something about a manifest, and not that nobody could be asked about it.
fn says_no(rejection: &Rejection) -> bool {
    rejection.class() != Class::Unavailable && rejection.fetch_error().is_none()
}

/// The refusal that speaks for all, with the others.
fn told_with(speaks: Rejection, others: &[&Rejection]) -> Rejection {
    if others.is_empty() {
        return speaks;
    }
    let mut causes: Vec<Rejection> = speaks.causes().to_vec();
    causes.extend(others.iter().map(|one| (*one).clone()));
    speaks.with_causes(causes)
}
