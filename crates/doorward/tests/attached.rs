//! Documents that are attached to an image: signed by somebody about their own digest, and evidence for the image.
#![allow(clippy::unwrap_used, clippy::panic, missing_docs)]

#[path = "attached/bounds.rs"]
mod bounds;
#[path = "attached/outages.rs"]
mod outages;
#[path = "attached/several.rs"]
mod several;
#[path = "attached/signed.rs"]
mod signed;
mod support;

/// An image, and documents that are attached to it.
mod world {
    use std::collections::BTreeMap;
    use std::sync::Arc;

    use doorward::core::{Digest, Scheme};
    use doorward::{Context, Engine, Node, Plan, Rules, Secret, StaticSecrets, Verdict};

    use crate::support::{
        MANIFEST, NOW, Toy, ToyDocument, ToyUnit, World, attached_to, fixed, governed, note,
    };

    pub(crate) const IMAGE: &str = "r.example/app:1";

    pub(crate) fn image() -> Digest {
        Digest::sha256(MANIFEST)
    }

    /// The image, and these documents attached to it, of which the toy `a` has signed those that are said to be signed.
    pub(crate) fn world(documents: &[(Vec<u8>, bool)]) -> World {
        let digests: Vec<String> = documents
            .iter()
            .map(|(bytes, _)| Digest::sha256(bytes).to_string())
            .collect();
        let world = World::default()
            .serves(&format!("manifest {IMAGE}"), MANIFEST)
            .serves(&attached_to(&image()), digests.join("\n").as_bytes());
        documents.iter().fold(world, |world, (bytes, is_signed)| {
            let digest = Digest::sha256(bytes);
            let world = world.serves(&format!("manifest r.example/app@{digest}"), bytes);
            if *is_signed {
                world.serves(&note("a", &digest), b"a")
            } else {
                world
            }
        })
    }

    pub(crate) fn signed_by_a() -> Plan {
        Plan::new(vec![Toy::demand("a")])
    }

    pub(crate) fn documents(signed_by: Plan, claims: Option<Digest>) -> Node {
        ToyDocument::signed_by(signed_by, claims)
    }

    pub(crate) async fn decide(rules: &Rules, world: World) -> Verdict {
        decide_in(rules, Arc::new(world)).await
    }

    pub(crate) async fn decide_in(rules: &Rules, world: Arc<World>) -> Verdict {
        let mut secrets = StaticSecrets::default();
        let items = BTreeMap::from([("name".to_owned(), b"a".to_vec())]);
        secrets.insert("doorward", "a", Secret::new(items));
        let engine = Engine::builder()
            .without(Scheme::SIGSTORE)
            .without(Scheme::custom("attestations"))
            .scheme(Arc::new(ToyUnit))
            .build();
        engine
            .decide(IMAGE, &Context::new(rules, &secrets, world, NOW))
            .await
    }

    pub(crate) fn demanding(node: Node) -> Rules {
        fixed(vec![governed(vec![node])])
    }
}
