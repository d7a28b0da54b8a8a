//! The toy scheme, whole: codes, the unit that compiles what a policy demands of it, demand, lookup and sessions.

use doorward::core::{
    Answer, Digest, Evidence, Fetch, FetchError, Fingerprint, Meter, Pinned, Proof, Reference,
    Rejection, Resource, Scheme, Session, StateKey, Step, Timestamp, Witness,
};
use doorward::policy::AuthorityKind;
use doorward::{
    CompileUnit, Demand, Inputs, Lookup, Node, NodeFuture, NotRemembered, Opening, Plan,
    PolicyEntry,
};

pub(crate) const TOY: Scheme = Scheme::custom("toy");

/// What the toy refuses with.
pub(crate) mod toy_codes {
    doorward::core::codes! {
        BAD_NOTE = "toy-bad-note", Integrity, 6, "the note does not say the name of the toy";
        NO_NAME = "toy-no-name", Configuration, 3, "the policy does not name a toy";
        NO_NOTE = "toy-no-note", Untrusted, 3, "there is no note beside the image";
    }
}

/// The toy answers to `sigstore`, which nothing in this build does: each authority is a Secret whose item `name` is the
/// name of a toy, and so many of them must have left their note.
#[derive(Debug)]
pub(crate) struct ToyUnit;

impl CompileUnit for ToyUnit {
    fn scheme(&self) -> Scheme {
        TOY
    }

    fn compile<'a>(
        &'a self,
        demand: &'a doorward::policy::Demand,
        entry: PolicyEntry<'a>,
    ) -> Option<NodeFuture<'a>> {
        let doorward::policy::Demand::Sigstore(toys) = demand else {
            return None;
        };
        Some(Box::pin(async move {
            let mut of = Vec::new();
            for authority in &toys.authorities {
                let AuthorityKind::Key(secret) = &authority.by else {
                    return Err(Rejection::new(
                        toy_codes::NO_NAME,
                        "a toy has no certificate",
                    ));
                };
                let secret = entry
                    .secret(secret.namespace.as_deref(), &secret.name)
                    .await?;
                let name = secret.text("name")?.to_owned();
                of.push(Plan::new(vec![Toy::demand(&name)]));
            }
            let needed = toys.require.of(of.len());
            Ok(Node::AtLeast { needed, of })
        }))
    }
}

/// "Signed" means: the note beside the image says the name of the toy.
pub(crate) struct Toy {
    pub(crate) name: String,
    /// Claims to have verified this digest, whatever was asked.
    pub(crate) claims: Option<Digest>,
}

impl Toy {
    pub(crate) fn demand(name: &str) -> Node {
        Node::Demand(Box::new(Self {
            name: name.to_owned(),
            claims: None,
        }))
    }
}

/// Where a toy's note about a digest is.
pub(crate) fn note(name: &str, digest: &Digest) -> String {
    format!("lookaside https://toys.example/{name}/{}", digest.hex())
}

impl Demand for Toy {
    fn scheme(&self) -> Scheme {
        TOY
    }

    fn signs_an_index(&self, rejection: &Rejection) -> Option<&'static str> {
        (rejection.code() == toy_codes::NO_NOTE)
            .then_some("`toy note --all` notes the index and every manifest in it")
    }

    fn inputs(&self, opening: &Opening<'_>) -> Box<dyn Inputs> {
        Box::new(ToyInputs {
            name: self.name.clone(),
            reference: opening.reference.clone(),
            pinned: opening.pinned.clone(),
            claims: self.claims.clone(),
        })
    }
}

struct ToyInputs {
    name: String,
    reference: Reference,
    pinned: Pinned,
    claims: Option<Digest>,
}

impl Inputs for ToyInputs {
    fn encode(&self, out: &mut Fingerprint) -> Result<(), NotRemembered> {
        let Self {
            name,
            reference,
            pinned,
            claims,
        } = self;
        out.text(name)
            .text(reference.to_string())
            .text(pinned.to_string())
            .optional(claims.as_ref().map(Digest::as_str));
        Ok(())
    }

    fn open(self: Box<Self>, _: Timestamp) -> Box<dyn Session> {
        Box::new(ToySession {
            name: self.name,
            pinned: self.pinned,
            claims: self.claims,
        })
    }
}

struct ToySession {
    name: String,
    pinned: Pinned,
    claims: Option<Digest>,
}

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

    fn advance(&mut self, _: Vec<Answer>, _: &mut Meter) -> Step {
        Step::Done(Ok(Proof::of(&ToyWitness {
            digest: self.0.clone(),
            signer: "lookup".to_owned(),
        })))
    }
}

struct ToyWitness {
    digest: Digest,
    signer: String,
}

impl Witness for ToyWitness {
    fn scheme(&self) -> Scheme {
        TOY
    }

    fn digest(&self) -> &Digest {
        &self.digest
    }

    fn evidence(&self) -> Vec<Evidence> {
        let mut evidence = Evidence::default();
        evidence.signer = Some(self.signer.clone());
        vec![evidence]
    }
}

impl Session for ToySession {
    fn scheme(&self) -> Scheme {
        TOY
    }

    fn advance(&mut self, mut answers: Vec<Answer>, meter: &mut Meter) -> Step {
        let url = format!(
            "https://toys.example/{}/{}",
            self.name,
            self.pinned.digest().hex()
        );
        let resource = Resource::Lookaside { url, access: None };
        let Some(answer) = answers.pop() else {
            return Step::Fetch(vec![Fetch::new(resource, 64)]);
        };
        if let Err(error) = meter.signature() {
            return Step::Done(Err(error.into()));
        }
        Step::Done(match answer {
            Ok(fetched) if fetched.bytes == self.name.as_bytes() => Ok(Proof::of(&ToyWitness {
                digest: self
                    .claims
                    .clone()
                    .unwrap_or_else(|| self.pinned.digest().clone()),
                signer: self.name.clone(),
            })),
            Ok(_) => Err(Rejection::new(
                toy_codes::BAD_NOTE,
                "the note says something else",
            )),
            Err(FetchError::NotFound) => {
                Err(Rejection::new(toy_codes::NO_NOTE, "there is no note"))
            }
            Err(error) => Err(Rejection::from_fetch(&resource, &error)),
        })
    }
}
