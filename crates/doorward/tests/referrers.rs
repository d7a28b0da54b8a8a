//! What several demands read of one subject is listed once, and checked once.
#![allow(clippy::unwrap_used, missing_docs)]

mod support;

use std::sync::{Arc, Mutex};

use doorward::core::{
    Checked, CheckedAnswer, Digest, Evidence, Fetch, Fingerprint, Index, MediaType, Meter, Pinned,
    Proof, Rejection, Resource, Scheme, Session, Step, Timestamp, Witness,
};
use doorward::{
    Context, Decision, Demand, Engine, Inputs, Node, NotRemembered, Opening, StaticSecrets, Verdict,
};
use support::{MANIFEST, NOW, World, fixed, governed, toy_codes};

const LISTER: Scheme = Scheme::custom("lister");

/// Something of this type must refer to the image.
#[derive(Clone)]
struct Lists {
    artifact_type: &'static str,
    seen: Arc<Mutex<Vec<Checked>>>,
}

impl Demand for Lists {
    fn scheme(&self) -> Scheme {
        LISTER
    }

    fn inputs(&self, opening: &Opening<'_>) -> Box<dyn Inputs> {
        Box::new(ListsInputs(self.clone(), opening.pinned.clone()))
    }
}

struct ListsInputs(Lists, Pinned);

impl Inputs for ListsInputs {
    fn encode(&self, _: &mut Fingerprint) -> Result<(), NotRemembered> {
        Err(NotRemembered)
    }

    fn open(self: Box<Self>, _: Timestamp) -> Box<dyn Session> {
        Box::new(ListsSession(self.0, self.1))
    }
}

struct ListsSession(Lists, Pinned);

impl Session for ListsSession {
    fn scheme(&self) -> Scheme {
        LISTER
    }

    fn advance(&mut self, mut answers: Vec<CheckedAnswer>, _: &mut Meter) -> Step {
        let Self(demand, pinned) = self;
        let resource = Resource::Referrers {
            repository: pinned.repository().clone(),
            digest: pinned.digest().clone(),
        };
        let list = match answers.pop() {
            None => return Step::Fetch(vec![Fetch::new(resource, 4096)]),
            Some(Ok(list)) => list,
            Some(Err(error)) => return Step::Done(Err(Rejection::from_fetch(&resource, &error))),
        };
        demand.seen.lock().unwrap().push(list.clone());
        let index = Index::parse(&list.bytes, list.media_type.as_ref()).unwrap();
        let wanted = Some(MediaType::new(demand.artifact_type));
        let is_listed = index
            .manifests
            .readable()
            .any(|descriptor| descriptor.artifact_type == wanted);
        Step::Done(if is_listed {
            Ok(Proof::of(&Listed(pinned.digest().clone())))
        } else {
            Err(Rejection::new(toy_codes::NO_NOTE, "nothing of the type"))
        })
    }
}

struct Listed(Digest);

impl Witness for Listed {
    fn scheme(&self) -> Scheme {
        LISTER
    }

    fn digest(&self) -> &Digest {
        &self.0
    }

    fn evidence(&self) -> Vec<Evidence> {
        Vec::new()
    }
}

/// Decides about an image that a signature and a report refer to, among what cannot be read, with a demand for each
/// type. What was asked, and what the sessions were given.
async fn decide(types: &[&'static str]) -> (Verdict, Vec<String>, Vec<Checked>) {
    let digest = Digest::sha256(MANIFEST);
    let image = format!("r.example/app@{digest}");
    let entry = |artifact_type: &str| {
        format!(
            r#"{{"mediaType":"a/m","digest":"{digest}","size":1,"artifactType":"{artifact_type}"}}"#
        )
    };
    let list = format!(
        r#"{{"schemaVersion":2,"manifests":[{},{{}},{}]}}"#,
        entry("a/signature"),
        entry("a/report")
    );
    let world = World::default()
        .serves(&format!("manifest {image}"), MANIFEST)
        .serves(&format!("referrers of {image}"), list.as_bytes());
    let world = Arc::new(world);
    let seen = Arc::default();
    let entries = types.iter().map(|artifact_type| {
        governed(vec![Node::Demand(Box::new(Lists {
            artifact_type,
            seen: Arc::clone(&seen),
        }))])
    });
    let (rules, secrets) = (fixed(entries.collect()), StaticSecrets::default());
    let context = Context::new(&rules, &secrets, Arc::<World>::clone(&world), NOW);
    let verdict = Engine::default().decide(&image, &context).await;
    let seen = std::mem::take(&mut *seen.lock().unwrap());
    let listings = world.asked().into_iter();
    let listings = listings.filter(|name| name.starts_with("referrers"));
    (verdict, listings.collect(), seen)
}

#[tokio::test]
async fn entries_that_want_different_types_share_one_list_that_was_checked_once() {
    let (verdict, listings, seen) = decide(&["a/signature", "a/report", "a/signature"]).await;
    assert_eq!(verdict.decision(), Decision::Allow, "{}", verdict.message());
    assert_eq!(listings.len(), 1, "{listings:?}");
    assert_eq!(seen.len(), 3);
    let is_shared = |pair: &[Checked]| match pair {
        [one, other] => std::ptr::eq(one.fetch(), other.fetch()),
        _ => false,
    };
    assert!(seen.windows(2).all(is_shared));
}

#[tokio::test]
async fn a_type_that_is_not_listed_is_missed_in_the_same_list() {
    let (verdict, listings, seen) = decide(&["a/signature", "a/other"]).await;
    assert_eq!(verdict.code(), Some(toy_codes::NO_NOTE));
    assert_eq!((listings.len(), seen.len()), (1, 2));
}
