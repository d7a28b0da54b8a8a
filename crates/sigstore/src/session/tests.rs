mod broken;
mod foreign;

use std::collections::HashMap;
use std::sync::Arc;

use doorward_core::{
    Answer, Budget, Class, Code, Descriptor, Fetched, MediaType, Pinned, Reference, Run, Timestamp,
};
use doorward_testkit::{
    CosignBuilder, CosignForm, CosignKey, CosignSignature, Image, ImageBuilder,
};

use super::*;
use crate::discovery::Located;
use crate::{Authority, Demands, VerificationKey, codes};

const INDEX: &str = "application/vnd.oci.image.index.v1+json";

/// A registry in memory, with an image, and a key that is trusted.
struct World {
    answers: HashMap<String, Answer>,
    image: Image,
    key: CosignKey,
    pinned: Pinned,
}

impl World {
    fn new() -> Self {
        let image = Image::sample("app");
        let reference: Reference = "r.example/app".parse().expect("a reference");
        let pinned = Pinned::new(reference.repository().clone(), image.digest().clone());
        Self {
            answers: HashMap::new(),
            image,
            key: CosignKey::generate(),
            pinned,
        }
    }

    fn put(&mut self, resource: &str, answer: Answer) {
        self.answers.insert(resource.to_owned(), answer);
    }

    fn store(&mut self, image: &Image) -> Descriptor {
        let manifest = image.manifest();
        let served = Fetched::new(
            manifest.bytes().clone(),
            Some(manifest.media_type().clone()),
            "r",
        );
        self.put(
            &format!("manifest r.example/app@{}", manifest.digest()),
            Ok(served),
        );
        for blob in image.blobs() {
            let served = Fetched::new(blob.bytes().clone(), None, "r");
            self.put(&format!("blob r.example/app@{}", blob.digest()), Ok(served));
        }
        manifest.descriptor()
    }

    /// A bundle that refers to the image, by a key.
    fn bundle(&mut self, key: &CosignKey) -> Descriptor {
        let builder = CosignBuilder::new(key, &self.image).form(CosignForm::Bundle);
        let referrer = builder
            .build()
            .referrer(&self.image.manifest().descriptor());
        self.store(&referrer)
    }

    /// Something that refers to the image, whatever it says.
    fn attach(&mut self, signature: &CosignSignature) -> Descriptor {
        let referrer = signature.referrer(&self.image.manifest().descriptor());
        self.store(&referrer)
    }

    fn list(&mut self, resource: &str, entries: &[Descriptor], lacks: Option<&str>) {
        let mut list = serde_json::json!({
            "schemaVersion": 2, "mediaType": INDEX, "manifests": entries,
        });
        if let Some(lacks) = lacks {
            list["annotations"] = serde_json::json!({Index::INCOMPLETE: lacks});
        }
        let served = Fetched::new(list.to_string(), Some(MediaType::new(INDEX)), "r");
        self.put(resource, Ok(served));
    }

    fn api(&self) -> String {
        format!("referrers of r.example/app@{}", self.image.digest())
    }

    fn tag(&self, kind: &str) -> String {
        let tag = CosignSignature::tag(self.image.digest(), kind);
        format!("manifest r.example/app:{}", tag.trim_end_matches('.'))
    }

    fn input(&self) -> SessionInput {
        self.input_by(&self.key)
    }

    /// That a key is trusted.
    fn input_by(&self, key: &CosignKey) -> SessionInput {
        let key = VerificationKey::from_pem(key.public_pem().as_bytes()).expect("a key");
        let authority = Authority::keys(vec![key], Demands::default()).expect("an authority");
        let now = Timestamp::from_unix(1_790_000_000);
        SessionInput::new(self.pinned.clone(), Arc::from([authority]), now)
            .described(Some(self.image.manifest().descriptor()))
    }

    fn decide(&self, input: SessionInput) -> Result<Proof, Rejection> {
        let mut meter = Meter::new(Budget::default());
        Run::new(SigstoreSession::new(input)).to_end(&mut meter, |fetch| {
            let found = self.answers.get(&fetch.resource.to_string());
            found.cloned().unwrap_or(Err(FetchError::NotFound))
        })
    }

    fn code(&self, input: SessionInput) -> Code {
        self.decide(input).expect_err("it is refused").code()
    }
}

fn unavailable() -> Answer {
    Err(FetchError::Unavailable {
        detail: "out".to_owned(),
    })
}

#[test]
fn a_list_under_the_tag_is_read_also_where_the_registry_has_the_api() {
    let mut world = World::new();
    let foreign = world.bundle(&CosignKey::generate());
    let api = world.api();
    world.list(&api, &[foreign], None);
    assert!(world.decide(world.input()).is_err());
    let key = std::mem::replace(&mut world.key, CosignKey::generate());
    let ours = world.bundle(&key);
    world.key = key;
    let tag = world.tag("");
    world.list(&tag, &[ours], None);
    assert!(world.decide(world.input()).is_ok());
    // Only what was asked in addition is out: what is known is not known to be all.
    let detail = "out of order".to_owned();
    for answer in [
        unavailable(),
        Err(FetchError::CredentialProvider { detail }),
    ] {
        world.put(&tag, answer);
        let refused = world.decide(world.input()).expect_err("it is refused");
        assert_eq!(refused.class(), Class::Unavailable);
    }
}

#[test]
fn a_list_that_is_not_whole_leaves_open_whether_the_image_is_signed() {
    let mut world = World::new();
    let api = world.api();
    world.list(&api, &[], Some("too long"));
    assert_eq!(world.code(world.input()), codes::TOO_MANY);
    world.list(&api, &[], Some("a page that cannot be read"));
    assert_eq!(world.code(world.input()), Code::REGISTRY_MALFORMED);
    world.put(&api, Err(FetchError::TooLarge { limit: 1 }));
    assert_eq!(world.code(world.input()), codes::TOO_MANY);
    world.put(&api, Err(FetchError::NotSupported));
    assert_eq!(world.code(world.input()), codes::NONE);
}

#[test]
fn access_that_is_refused_is_not_that_there_is_no_signature() {
    for place in ["api", "sig"] {
        let mut world = World::new();
        let resource = match place {
            "api" => world.api(),
            other => world.tag(other),
        };
        let detail = "no credential".to_owned();
        world.put(&resource, Err(FetchError::Unauthorized { detail }));
        let refused = world.decide(world.input()).expect_err("it is refused");
        assert!(refused.fetch_error().is_some(), "{place}: {refused}");
        assert_ne!(refused.code(), codes::NONE);
    }
}

#[test]
fn the_last_signature_is_told_only_where_none_was_left_out() {
    let mut world = World::new();
    let key = std::mem::replace(&mut world.key, CosignKey::generate());
    let ours = world.bundle(&key);
    world.key = key;
    let api = world.api();
    let lost = Descriptor::new(ours.media_type.clone(), Digest::sha256(b"lost"), ours.size);
    world.list(&api, &[ours.clone(), lost.clone()], None);
    assert!(world.decide(world.input()).is_ok());
    assert!(world.decide(world.input().latest(true)).is_ok());
    let resource = format!("manifest r.example/app@{}", lost.digest);
    world.put(&resource, unavailable());
    assert!(world.decide(world.input()).is_ok());
    let refused = world.decide(world.input().latest(true));
    assert_eq!(
        refused.expect_err("it is refused").class(),
        Class::Unavailable
    );
    world.list(&api, &[ours], Some("too long"));
    assert!(world.decide(world.input()).is_ok());
    assert_eq!(world.code(world.input().latest(true)), codes::TOO_MANY);
}

#[test]
fn a_session_looks_at_no_more_manifests_than_it_may() {
    let mut world = World::new();
    let listed: Vec<Descriptor> = (0..3)
        .map(|_| world.bundle(&CosignKey::generate()))
        .collect();
    let api = world.api();
    world.list(&api, &listed, None);
    let mut input = world.input();
    input.max_signatures = 2;
    assert_eq!(world.code(input.clone()), codes::TOO_MANY);
    input.max_signatures = 3;
    assert_ne!(world.code(input), codes::TOO_MANY);
}

#[test]
fn a_session_that_is_given_too_few_answers_is_a_fault() {
    let world = World::new();
    let mut session = SigstoreSession::new(world.input());
    let mut meter = Meter::new(Budget::default());
    let step = Session::advance(&mut session, Vec::new(), &mut meter);
    assert!(matches!(step, Step::Fetch(fetches) if fetches.len() == 2));
    let step = Session::advance(&mut session, Vec::new(), &mut meter);
    let Step::Done(Err(refused)) = step else {
        panic!("it ends");
    };
    assert_eq!(refused.code(), Code::INTERNAL_ERROR);
}

/// A manifest that refers to the image, with bundles by these keys, the first first.
fn several(world: &mut World, keys: &[&CosignKey]) -> Descriptor {
    let mut builder = ImageBuilder::new()
        .artifact_type("application/vnd.dev.sigstore.bundle.v0.3+json")
        .subject(world.image.manifest().descriptor());
    for key in keys {
        let bundle = CosignBuilder::new(key, &world.image).form(CosignForm::Bundle);
        builder = builder.blob(bundle.build().blob().clone());
    }
    let referrer = builder.build();
    world.store(&referrer)
}

#[test]
fn a_manifest_with_many_signatures_does_not_use_up_what_others_need() {
    let mut world = World::new();
    let stranger = CosignKey::generate();
    let ours = std::mem::replace(&mut world.key, CosignKey::generate());
    // The last of a manifest is tried first.
    let crowd = several(
        &mut world,
        &[&ours, &stranger, &stranger, &stranger, &stranger],
    );
    let four = several(&mut world, &[&ours, &stranger, &stranger, &stranger]);
    let alone = world.bundle(&ours);
    world.key = ours;
    let api = world.api();
    world.list(&api, std::slice::from_ref(&crowd), None);
    let refused = world
        .decide(world.input())
        .expect_err("the fifth is not looked at");
    let all = std::iter::once(&refused).chain(refused.causes());
    let codes: Vec<_> = all.map(Rejection::code).collect();
    assert!(codes.contains(&codes::TOO_MANY), "{codes:?}");
    world.list(&api, &[four], None);
    assert!(world.decide(world.input()).is_ok());
    // Of five that are tried at most, the crowd takes four.
    world.list(&api, &[crowd, alone], None);
    let mut input = world.input();
    input.max_signatures = 5;
    assert!(world.decide(input).is_ok());
}

#[test]
fn manifests_take_turns() {
    let world = World::new();
    let mut trying = Trying::about(world.image.manifest().descriptor(), 1);
    let located = |name: &str| Located {
        form: Form::Bundle,
        blob: Descriptor::new(MediaType::new(INDEX), Digest::sha256(name.as_bytes()), 1),
        predicate_type: None,
    };
    trying
        .blobs
        .push_back(["a1", "a2", "a3"].map(located).into());
    trying.blobs.push_back(["b1"].map(located).into());
    let order: Vec<_> = std::iter::from_fn(|| trying.next_blob()).collect();
    let expected = ["a1", "b1", "a2", "a3"].map(|name| Digest::sha256(name.as_bytes()));
    let order: Vec<_> = order.into_iter().map(|one| one.blob.digest).collect();
    assert_eq!(order, expected);
}

/// What is under the tag of signatures: so many layers, which `layer` makes.
fn crowd(world: &mut World, count: usize, layer: impl Fn(usize) -> (u64, String)) {
    let layers: Vec<_> = (0..count)
        .map(|number| {
            let (size, text) = layer(number);
            serde_json::json!({
                "mediaType": "application/vnd.dev.cosign.simplesigning.v1+json", "size": size,
                "digest": Digest::sha256(text.as_bytes()),
                "annotations": {"dev.cosignproject.cosign/signature": "MAA="},
            })
        })
        .collect();
    let manifest = serde_json::json!({
        "schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json", "layers": layers,
        "config": {"mediaType": "application/vnd.oci.image.config.v1+json", "size": 2, "digest": Digest::sha256(b"{}")},
    });
    let kind = MediaType::new("application/vnd.oci.image.manifest.v1+json");
    let tag = world.tag("sig");
    let served = Fetched::new(manifest.to_string(), Some(kind), "r");
    world.put(&tag, Ok(served));
}

#[test]
fn one_place_full_of_what_is_none_hides_no_signature_in_another() {
    let crowds: [fn(usize) -> (u64, String); 3] = [
        |number| (9, format!("layer {number:02}")),
        |_| (9, "the same".to_owned()),
        |number| (70_000, format!("large {number}")),
    ];
    for (kind, layer) in crowds.into_iter().enumerate() {
        for count in [99, 100, 101, 500] {
            let mut world = World::new();
            crowd(&mut world, count, layer);
            assert!(world.decide(world.input()).is_err(), "{kind} {count}");
            let key = std::mem::replace(&mut world.key, CosignKey::generate());
            let ours = world.bundle(&key);
            world.key = key;
            let api = world.api();
            world.list(&api, &[ours], None);
            let decided = world.decide(world.input());
            assert!(decided.is_ok(), "{kind} {count}: {decided:?}");
        }
    }
}

#[test]
fn manifests_with_several_bundles_hide_none_that_comes_after_them() {
    let mut world = World::new();
    let strangers: Vec<_> = (0..4).map(|_| CosignKey::generate()).collect();
    let strangers: Vec<_> = strangers.iter().collect();
    let mut listed: Vec<_> = (0..30).map(|_| several(&mut world, &strangers)).collect();
    let key = std::mem::replace(&mut world.key, CosignKey::generate());
    listed.push(world.bundle(&key));
    world.key = key;
    let api = world.api();
    world.list(&api, &listed, None);
    let decided = world.decide(world.input());
    assert!(decided.is_ok(), "{decided:?}");
    // Without it, nobody knows what those have that were not looked at.
    listed.pop();
    world.list(&api, &listed, None);
    let refused = world.decide(world.input()).expect_err("it is refused");
    let all = std::iter::once(&refused).chain(refused.causes());
    let codes: Vec<_> = all.map(Rejection::code).collect();
    assert!(codes.contains(&codes::TOO_MANY), "{codes:?}");
}
