//! A scheme of another project, from its codes to a verdict: `cargo run -p doorward --example add_scheme`.
//!
//! The page "Adding a scheme" of the book walks through it.
#![allow(clippy::print_stdout, reason = "an example talks to its reader")]

use std::collections::BTreeMap;
use std::error::Error;
use std::sync::Arc;

use bytes::Bytes;
use doorward::core::{
    CheckedAnswer, Code, Digest, Evidence, Fetch, FetchError, FetchFuture, Fetched, Fetcher, Field,
    Fingerprint, Item, Meter, Problem, Proof, Rejection, Resource, Scheme, Section, Session, Step,
    SurveySession, Timestamp, Witness,
};
use doorward::policy::{AuthorityKind, Demand as Demanded, Document, PolicySet, read_documents};
use doorward::{
    CompileUnit, Context, Demand, Engine, Inputs, Inspecting, Node, NodeFuture, NotRemembered,
    Opening, Places, Plan, PolicyEntry, Rules, Secret, Sighting, StaticSecrets, Survey,
    SurveysFuture,
};
use doorward_crypto::{PublicKey, SignatureAlgorithm};

const SEAL: Scheme = Scheme::custom("seal");

mod codes {
    doorward::core::codes! {
        BAD_SIGNATURE = "seal-bad-signature", Integrity, 6, "the seal was not made with the key for this image";
        KEY_INVALID = "seal-key-invalid", Configuration, 3, "a secret holds no key of a seal";
        NONE = "seal-none", Untrusted, 3, "the image has no seal";
    }
}

/// That a seal was verified. Only [`SealSession`] makes one.
struct Sealed {
    digest: Digest,
    key: Digest,
    source: String,
}

impl Witness for Sealed {
    fn scheme(&self) -> Scheme {
        SEAL
    }

    fn digest(&self) -> &Digest {
        &self.digest
    }

    fn evidence(&self) -> Vec<Evidence> {
        let mut evidence = Evidence::default();
        evidence.key = Some(self.key.to_string());
        evidence.source = Some(self.source.clone());
        vec![evidence]
    }
}

/// The longest seal: an Ed25519 signature.
const SEAL_BYTES: usize = 64;

/// Where the seal of a digest is.
fn seal_of(digest: &Digest) -> Resource {
    Resource::Lookaside {
        url: format!("https://seals.example/{}", digest.hex()),
        access: None,
    }
}

/// Asks for the seal of one digest, and verifies it.
struct SealSession {
    digest: Digest,
    key: PublicKey,
}

impl SealSession {
    fn resource(&self) -> Resource {
        seal_of(&self.digest)
    }

    fn verify(&self, answer: CheckedAnswer, meter: &mut Meter) -> Result<Proof, Rejection> {
        let found = match answer {
            Ok(found) => found,
            Err(FetchError::NotFound) => {
                let detail = format!("{} has no seal", self.digest);
                return Err(Rejection::new(codes::NONE, detail));
            }
            // That nothing could be asked is not that there is none.
            Err(error) => return Err(Rejection::from_fetch(&self.resource(), &error)),
        };
        meter.signature()?;
        let message = self.digest.to_string();
        self.key
            .verify(
                SignatureAlgorithm::Ed25519,
                message.as_bytes(),
                &found.bytes,
            )
            .map_err(|error| Rejection::new(codes::BAD_SIGNATURE, error.to_string()))?;
        Ok(Proof::of(&Sealed {
            digest: self.digest.clone(),
            key: self.key.fingerprint(),
            source: found.into_fetched().source,
        }))
    }
}

impl Session for SealSession {
    fn scheme(&self) -> Scheme {
        SEAL
    }

    fn advance(&mut self, mut answers: Vec<CheckedAnswer>, meter: &mut Meter) -> Step {
        match answers.pop() {
            None => Step::Fetch(vec![Fetch::new(self.resource(), SEAL_BYTES)]),
            Some(answer) => Step::Done(self.verify(answer, meter)),
        }
    }
}

/// That one key has sealed the image.
struct SealedBy {
    key: PublicKey,
}

impl Demand for SealedBy {
    fn scheme(&self) -> Scheme {
        SEAL
    }

    fn inputs(&self, opening: &Opening<'_>) -> Box<dyn Inputs> {
        Box::new(SealInputs {
            digest: opening.pinned.digest().clone(),
            key: self.key.clone(),
        })
    }
}

/// Everything that the outcome of a session depends on, besides its answers and the time.
struct SealInputs {
    digest: Digest,
    key: PublicKey,
}

impl Inputs for SealInputs {
    fn encode(&self, out: &mut Fingerprint) -> Result<(), NotRemembered> {
        let Self { digest, key } = self;
        out.text(digest.as_str()).text(key.fingerprint().as_str());
        Ok(())
    }

    fn open(self: Box<Self>, _now: Timestamp) -> Box<dyn Session> {
        let Self { digest, key } = *self;
        Box::new(SealSession { digest, key })
    }
}

/// Answers to the block `sigstore` with keys, which stands for seals here.
#[derive(Debug)]
struct SealUnit;

impl CompileUnit for SealUnit {
    fn scheme(&self) -> Scheme {
        SEAL
    }

    fn compile<'a>(
        &'a self,
        demand: &'a Demanded,
        entry: PolicyEntry<'a>,
    ) -> Option<NodeFuture<'a>> {
        let Demanded::Sigstore(block) = demand else {
            return None;
        };
        Some(Box::pin(async move {
            let mut of = Vec::new();
            for authority in &block.authorities {
                let keys = match &authority.by {
                    AuthorityKind::Keys(keys) => keys.as_slice(),
                    _ => &[],
                };
                let [secret] = keys else {
                    let detail = "a seal has one key, and no certificate";
                    return Err(Rejection::new(Code::POLICY_UNSUPPORTED, detail));
                };
                let secret = entry
                    .secret(secret.namespace.as_deref(), &secret.name)
                    .await?;
                let key = PublicKey::ed25519(secret.bytes("seal.pub")?).map_err(|error| {
                    let detail = format!("secret {secret} holds no key of a seal: {error}");
                    Rejection::new(codes::KEY_INVALID, detail).with_fact(secret.fact())
                })?;
                of.push(Plan::new(vec![Node::Demand(Box::new(SealedBy { key }))]));
            }
            Ok(Node::AtLeast {
                needed: block.require.of(of.len()),
                of,
            })
        }))
    }

    fn surveys<'a>(&'a self, _: &'a Inspecting<'a>) -> SurveysFuture<'a> {
        let seal: Box<dyn Survey> = Box::new(SealSurvey);
        Box::pin(async { Ok(vec![seal]) })
    }
}

/// What an inspection shows of seals.
struct SealSurvey;

impl Survey for SealSurvey {
    fn scheme(&self) -> Scheme {
        SEAL
    }

    fn open(
        &self,
        sighting: &Sighting<'_>,
        _remembered: Result<Option<Bytes>, Rejection>,
    ) -> Box<dyn SurveySession> {
        let seal = sighting.pinned.map(|pinned| seal_of(pinned.digest()));
        let section = Section::new(SEAL);
        Box::new(SealSurveySession { seal, section })
    }
}

/// Asks for the seal, and verifies nothing.
struct SealSurveySession {
    seal: Option<Resource>,
    section: Section,
}

impl Session<()> for SealSurveySession {
    fn scheme(&self) -> Scheme {
        SEAL
    }

    fn advance(&mut self, mut answers: Vec<CheckedAnswer>, _: &mut Meter) -> Step<()> {
        let (Some(seal), answer) = (&self.seal, answers.pop()) else {
            return Step::Done(Ok(()));
        };
        match answer {
            None => return Step::Fetch(vec![Fetch::new(seal.clone(), SEAL_BYTES)]),
            Some(Ok(found)) => {
                self.section.looked_in.push(found.source.clone());
                let item = Item::new(found.source.clone());
                self.section.lists.push(("seals", vec![item]));
                let field = Field::new("seal", found.source.clone());
                self.section.parts.push(field.into());
            }
            Some(Err(FetchError::NotFound)) => {}
            Some(Err(error)) => {
                return Step::Done(Err(Rejection::from_fetch(seal, &error)));
            }
        }
        Step::Done(Ok(()))
    }
}

impl SurveySession for SealSurveySession {
    fn section(&mut self, ended: Result<(), Rejection>) -> Section {
        let mut section = std::mem::replace(&mut self.section, Section::new(SEAL));
        if let Err(rejection) = ended {
            section.problem(Problem::from(&rejection));
        }
        section
    }
}

/// One image and its seal, as a registry and a server of seals would have them.
const MANIFEST: &[u8] = br#"{"schemaVersion":2,"layers":[]}"#;
const PUBLIC_KEY: &str = "3f674c27404b8d13fa4be6655c92e81a2328daefb1c64cee5ff9a0c16640df0c";
const SIGNATURE: &str = "ae864868aadaf2b920987f03561b9014c7c4fe456eda87eb2f801337e630a70d\
                         e6f648ef57bbee3490e728e184a979442b88d1992eb5dac200e1de1e1cbf720d";

/// The way out. A program of yours gives a `RegistryClient` here.
struct Shelf;

impl Fetcher for Shelf {
    fn fetch<'a>(&'a self, fetch: &'a Fetch) -> FetchFuture<'a> {
        let answer = match &fetch.resource {
            Resource::Manifest { .. } => Ok(Fetched::new(MANIFEST, None, "shelf")),
            Resource::Lookaside { url, .. } if url.ends_with(Digest::sha256(MANIFEST).hex()) => {
                Ok(Fetched::new(hex(SIGNATURE), None, url))
            }
            _ => Err(FetchError::NotFound),
        };
        Box::pin(async { answer })
    }
}

fn hex(text: &str) -> Vec<u8> {
    let digits = text.as_bytes().chunks_exact(2);
    let byte = |pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok();
    digits.filter_map(byte).collect()
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let policy = b"apiVersion: doorward.dev/v1
kind: ImagePolicy
metadata: {name: sealed, namespace: shop}
spec:
  repositories:
  - name: 'r.example/team/*'
    policy: {sigstore: {authorities: [{keySecret: house-seal}]}}
";
    let (documents, _) = read_documents("policy.yaml", policy);
    let policies = documents.into_iter().filter_map(|document| match document {
        Document::Policy(policy) => Some(policy),
        Document::Exception(_) | Document::Other { .. } | Document::NotAnObject { .. } => None,
    });
    let rules = Rules::Policies(Arc::new(PolicySet::compile(policies.collect()).0));
    let key = BTreeMap::from([("seal.pub".to_owned(), hex(PUBLIC_KEY))]);
    let mut secrets = StaticSecrets::default();
    secrets.insert("shop", "house-seal", Secret::new(key));

    let engine = Engine::builder()
        .without(Scheme::SIGSTORE)
        .scheme(Arc::new(SealUnit))
        .build();
    let now: Timestamp = "2026-06-01T12:00:00Z".parse()?;
    let context = Context::new(&rules, &secrets, Arc::new(Shelf), now).in_namespace("shop");
    let image = "r.example/team/app:1.0";
    let verdict = engine.decide(image, &context).await;
    println!("{:?}: {}", verdict.decision(), verdict.message());
    let found = engine.inspect(image, &Places::default(), &context).await?;
    println!("{}", serde_json::to_string_pretty(&found)?);
    Ok(())
}
