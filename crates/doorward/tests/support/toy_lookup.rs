//! A lookup of the toy scheme.

use doorward::Lookup;
use doorward::core::{
    CheckedAnswer, Digest, Meter, Proof, Reference, Rejection, Scheme, Session, StateKey, Step,
    Timestamp,
};

use super::toy::{TOY, ToyWitness};

/// A lookup that has one digest for every name.
pub(crate) struct ToyLookup(pub(crate) Digest);

impl Lookup for ToyLookup {
    fn scheme(&self) -> Scheme {
        TOY
    }

    fn state_key(&self, reference: &Reference) -> StateKey {
        StateKey::new("test", TOY, Vec::new(), reference.to_string())
    }

    fn open(
        &self,
        _: &Reference,
        _: Option<&bytes::Bytes>,
        _: Timestamp,
    ) -> Result<Box<dyn Session>, Rejection> {
        Ok(Box::new(ToyLookupSession(self.0.clone())))
    }

    fn merge(&self, _: &bytes::Bytes, new: &bytes::Bytes) -> Result<bytes::Bytes, Rejection> {
        Ok(new.clone())
    }
}

struct ToyLookupSession(Digest);

impl Session for ToyLookupSession {
    fn scheme(&self) -> Scheme {
        TOY
    }

    fn advance(&mut self, _: Vec<CheckedAnswer>, _: &mut Meter) -> Step {
        Step::Done(Ok(Proof::of(&ToyWitness {
            digest: self.0.clone(),
            signer: "lookup".to_owned(),
        })))
    }
}
