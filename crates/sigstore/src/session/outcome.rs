//! How a session ends.

use doorward_core::{Class, Code, FetchError, Incomplete, Rejection};

use super::SigstoreSession;
use super::state::Trying;
use crate::{Accepted, codes};

impl SigstoreSession {
    /// The signature that was made last, if it is known that none was left out; or why there is none.
    pub(super) fn conclude(&mut self, trying: &Trying) -> Result<Accepted, Rejection> {
        let Some(latest) = self.latest.take() else {
            return Err(self.refuse(trying));
        };
        let is_open = |refusal: &&Rejection| {
            let cut = [Code::BUDGET_EXCEEDED, Code::REGISTRY_DIGEST_MISMATCH];
            refusal.class() == Class::Unavailable
                || cut.contains(&refusal.code())
                || codes::is_left_open(refusal)
        };
        // Anybody can attach a copy of a signature without what vouches for it. It says nothing that is not known, and is as old.
        let is_copy = |refusal: &Rejection| {
            let signature = refusal.signature();
            signature.is_some_and(|signature| self.accepted.contains(signature))
        };
        let mut open = self.refusals.iter().filter(is_open);
        if let Some(open) = open.find(|refusal| !is_copy(refusal)) {
            return Err(open.clone());
        }
        // What was not listed or not looked at may be a signature that was made later.
        if trying.incomplete.is_some() || trying.are_too_many {
            return Err(self.refuse(trying));
        }
        Ok(latest)
    }

    /// One rejection for all refused signatures. As long as one could not be had, it is not known whether it would have been
    /// accepted; else the one that got furthest explains most.
    pub(super) fn refuse(&mut self, trying: &Trying) -> Rejection {
        let mut refusals = std::mem::take(&mut self.refusals);
        let digest = self.input.pinned.digest();
        // Nobody who could not be asked has said that there is no signature.
        let is_unavailable = |refusal: &Rejection| refusal.class() == Class::Unavailable;
        let is_unasked = |refusal: &Rejection| refusal.fetch_error().is_some();
        let first = refusals.iter().position(is_unavailable);
        if let Some(place) = first.or_else(|| refusals.iter().position(is_unasked)) {
            let unasked = refusals.remove(place);
            return unasked.with_causes(refusals);
        }
        if let Some(Incomplete::Malformed { detail }) = &trying.incomplete {
            let detail = detail.clone();
            let error = FetchError::Malformed { detail };
            return Rejection::from_fetch(&self.kept().list(), &error).with_causes(refusals);
        }
        let most = self.input.max_signatures;
        let too_many = match &trying.incomplete {
            Some(_) => Some(format!(
                "the list of what refers to {digest} is longer than is read, and no signature in what was read of it was \
                 accepted"
            )),
            None => trying.are_too_many.then(|| {
                format!(
                    "{digest} has more than {most} manifests or layers that may be signatures, and none of those that \
                     were looked at was accepted"
                )
            }),
        };
        if let Some(detail) = too_many {
            return Rejection::new(codes::TOO_MANY, detail).with_causes(refusals);
        }
        let count = refusals.len();
        // Of those that got equally far, the first.
        let furthest = (0..count)
            .rev()
            .max_by_key(|place| refusals.get(*place).map(Rejection::reach));
        let Some(furthest) = furthest.map(|place| refusals.remove(place)) else {
            return self.nothing();
        };
        if refusals.is_empty() {
            return furthest;
        }
        furthest
            .adding(&format!("none of the {count} that were found was accepted"))
            .with_causes(refusals)
    }

    /// That nothing was found that may be a signature.
    fn nothing(&self) -> Rejection {
        let (repository, digest) = (self.kept().repository(), self.input.pinned.digest());
        let count = match self.attestations {
            0 => {
                let detail = format!(
                    "{repository} has no sigstore signature of {digest}: nothing under the tag for its signatures, and \
                     nothing that refers to it is one"
                );
                return Rejection::new(codes::NONE, detail);
            }
            1 => "an attestation".to_owned(),
            count => format!("{count} attestations"),
        };
        let detail = format!(
            "{digest} has {count} and no signature; who attests something about an image does not say by that that it may \
             run"
        );
        Rejection::new(codes::WRONG_PREDICATE, detail)
    }
}
