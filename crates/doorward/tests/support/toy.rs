//! The toy scheme: codes, the unit that compiles what a policy demands of it, demand, session, and the section of an
//! inspection.

use doorward::core::{
    Check, CheckedAnswer, Digest, Evidence, Fetch, FetchError, Field, Fingerprint, Item, Meter,
    Part, Pinned, Problem, Proof, Reference, Rejection, Resource, Scheme, Section, Selector,
    Session, Step, SurveySession, Timestamp, Witness,
};
use doorward::policy::{self, Attestation, AuthorityKind};
use doorward::{
    CompileUnit, Demand, Inputs, Inspecting, Node, NodeFuture, NotRemembered, Opening, Plan,
    PolicyEntry, Sighting, Survey, SurveysFuture,
};

use super::toy_document::ToyDocument;

pub(crate) const TOY: Scheme = Scheme::custom("toy");

/// The toy whose notes are old, which is only logged.
pub(crate) const OLD: &str = "old";

/// What the toy refuses with.
pub(crate) mod toy_codes {
    doorward::core::codes! {
        BAD_NOTE = "toy-bad-note", Integrity, 6, "the note does not say the name of the toy";
        NO_DOCUMENT = "toy-no-document", Untrusted, 3, "no document is attached to the image";
        OLD_NOTE = "toy-old-note", Untrusted, 5, "the note is old";
        NO_NAME = "toy-no-name", Configuration, 3, "the policy does not name a toy";
        NO_NOTE = "toy-no-note", Untrusted, 3, "there is no note beside the image";
        OTHER_DOCUMENT = "toy-other-document", Untrusted, 5, "the document is about another image";
    }
}

/// The toy answers to `sigstore` in the place of the unit of this build, and to `attestations` of its own type. Each authority is a Secret whose
/// item `name` names a toy, and so many of them must have left their note. An attestation is a document that is attached.
#[derive(Debug)]
pub(crate) struct ToyUnit;

impl CompileUnit for ToyUnit {
    fn scheme(&self) -> Scheme {
        TOY
    }

    fn compile<'a>(
        &'a self,
        demand: &'a policy::Demand,
        entry: PolicyEntry<'a>,
    ) -> Option<NodeFuture<'a>> {
        match demand {
            policy::Demand::Sigstore(toys) => Some(Box::pin(quorum(toys, entry))),
            policy::Demand::Attestations(all) => Some(Box::pin(documents(all, entry))),
            _ => None,
        }
    }

    fn surveys<'a>(&'a self, inspecting: &'a Inspecting<'a>) -> SurveysFuture<'a> {
        Box::pin(async move {
            let mut surveys: Vec<Box<dyn Survey>> = vec![];
            for (demand, entry) in inspecting.demands() {
                let policy::Demand::Sigstore(toys) = demand else {
                    continue;
                };
                for name in names(toys, entry).await? {
                    surveys.push(Box::new(ToySurvey(name)));
                }
            }
            Ok(surveys)
        })
    }
}

async fn names(toys: &policy::Sigstore, entry: PolicyEntry<'_>) -> Result<Vec<String>, Rejection> {
    let mut names = Vec::new();
    for authority in &toys.authorities {
        let keys = match &authority.by {
            AuthorityKind::Keys(keys) => keys.as_slice(),
            _ => &[],
        };
        let [secret] = keys else {
            return Err(Rejection::new(
                toy_codes::NO_NAME,
                "a toy has one name, and no certificate",
            ));
        };
        let secret = entry
            .secret(secret.namespace.as_deref(), &secret.name)
            .await?;
        names.push(secret.text("name")?.to_owned());
    }
    Ok(names)
}

async fn quorum(toys: &policy::Sigstore, entry: PolicyEntry<'_>) -> Result<Node, Rejection> {
    let names = names(toys, entry).await?;
    let plan = |name: &String| Plan::new(vec![Toy::demand(name)]);
    let of: Vec<Plan> = names.iter().map(plan).collect();
    let needed = toys.require.of(of.len());
    Ok(Node::AtLeast { needed, of })
}

async fn documents<'a>(all: &'a [Attestation], entry: PolicyEntry<'a>) -> Result<Node, Rejection> {
    let mut of = Vec::new();
    for attestation in all {
        let signed_by = entry.plan(&attestation.signed_by).await;
        of.push(Plan::new(vec![ToyDocument::signed_by(signed_by, None)]));
    }
    let needed = of.len();
    Ok(Node::AtLeast { needed, of })
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

/// What lies at a place.
pub(super) fn beside(place: &str) -> Resource {
    let url = place.replace("lookaside ", "");
    Resource::Lookaside { url, access: None }
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
        Box::new(ToySession(*self))
    }
}

struct ToySession(ToyInputs);

pub(super) struct ToyWitness {
    pub(super) digest: Digest,
    pub(super) signer: String,
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

    fn checks(&self) -> Vec<Check> {
        let mut checks = vec![Check::enforced("note", true)];
        if self.signer == OLD {
            let old = Rejection::new(toy_codes::OLD_NOTE, "the note is from last year");
            checks.push(Check::logged("age", &old));
        }
        checks
    }
}

impl Session for ToySession {
    fn scheme(&self) -> Scheme {
        TOY
    }

    fn advance(&mut self, mut answers: Vec<CheckedAnswer>, meter: &mut Meter) -> Step {
        let resource = beside(&note(&self.0.name, self.0.pinned.digest()));
        let Some(answer) = answers.pop() else {
            return Step::Fetch(vec![Fetch::new(resource, 64)]);
        };
        if let Err(error) = meter.signature() {
            return Step::Done(Err(error.into()));
        }
        Step::Done(match answer {
            Ok(fetched) if fetched.bytes == self.0.name.as_bytes() => Ok(Proof::of(&ToyWitness {
                digest: self
                    .0
                    .claims
                    .clone()
                    .unwrap_or_else(|| self.0.pinned.digest().clone()),
                signer: self.0.name.clone(),
            })),
            Ok(_) => Err(Rejection::new(toy_codes::BAD_NOTE, "another note")),
            Err(FetchError::NotFound) => {
                Err(Rejection::new(toy_codes::NO_NOTE, "there is no note"))
            }
            Err(error) => Err(Rejection::from_fetch(&resource, &error)),
        })
    }
}

/// Shows the note of one toy.
struct ToySurvey(String);

impl Survey for ToySurvey {
    fn scheme(&self) -> Scheme {
        TOY
    }

    fn open(
        &self,
        sighting: &Sighting<'_>,
        _: Result<Option<bytes::Bytes>, Rejection>,
    ) -> Box<dyn SurveySession> {
        let note = sighting.pinned.map(|pinned| note(&self.0, pinned.digest()));
        let section = Section::new(TOY);
        Box::new(ToySurveySession { note, section })
    }
}

struct ToySurveySession {
    note: Option<String>,
    section: Section,
}

impl Session<()> for ToySurveySession {
    fn scheme(&self) -> Scheme {
        TOY
    }

    fn advance(&mut self, mut answers: Vec<CheckedAnswer>, _: &mut Meter) -> Step<()> {
        let Some(place) = self.note.clone() else {
            return Step::Done(Ok(()));
        };
        let resource = beside(&place);
        let Some(answer) = answers.pop() else {
            return Step::Fetch(vec![Fetch::new(resource, 64)]);
        };
        self.section.looked_in.push(place);
        match answer {
            Ok(note) => {
                let note = String::from_utf8_lossy(&note.bytes).into_owned();
                let field = Field::new("note", &note);
                self.section.parts.push(Part::Field(field));
                self.section.lists.push(("notes", vec![Item::new(note)]));
                Step::Done(Ok(()))
            }
            Err(error) => Step::Done(Err(Rejection::from_fetch(&resource, &error))),
        }
    }
}

impl SurveySession for ToySurveySession {
    fn section(&mut self, ended: Result<(), Rejection>) -> Section {
        let mut section = std::mem::replace(&mut self.section, Section::new(TOY));
        ended.unwrap_or_else(|rejection| section.problem(Problem::from(&rejection)));
        section
    }
}
