use std::collections::HashMap;
use std::sync::Arc;

use doorward_core::{
    Answer, Budget, Class, Code, Descriptor, Digest, FetchError, Fetched, MediaType, Meter, Pinned,
    Proof, Reference, Rejection, Run, Timestamp,
};
use doorward_testkit::{CosignBuilder, CosignForm, CosignKey, Image, ImageBuilder, IndexBuilder};
use proptest::prelude::*;

use super::*;
use crate::{Authority, Demands, VerificationKey};

const INDEX: &str = "application/vnd.oci.image.index.v1+json";

/// A registry in memory, and a key that is trusted.
struct World {
    answers: HashMap<String, Answer>,
    key: CosignKey,
}

/// How a decision ended.
struct Ended {
    result: Result<Proof, Rejection>,
    flights: usize,
    fetches: usize,
    notes: Vec<String>,
}

impl Ended {
    fn code(&self) -> Option<Code> {
        self.result.as_ref().err().map(Rejection::code)
    }

    fn told(&self) -> String {
        self.result
            .as_ref()
            .err()
            .map(ToString::to_string)
            .unwrap_or_default()
    }
}

fn platform(architecture: &str) -> Image {
    ImageBuilder::new().platform("linux", architecture).build()
}

/// An index of images for these platforms.
fn index(of: &[(&str, &Image)]) -> Image {
    let builder = IndexBuilder::new();
    let images = of.iter();
    images
        .fold(builder, |builder, (platform, image)| {
            builder.image(*platform, (*image).clone())
        })
        .build()
}

impl World {
    fn new() -> Self {
        Self {
            answers: HashMap::new(),
            key: CosignKey::generate(),
        }
    }

    fn put(&mut self, resource: String, answer: Answer) {
        self.answers.insert(resource, answer);
    }

    fn store(&mut self, image: &Image) -> Descriptor {
        let manifest = image.manifest();
        let media_type = Some(manifest.media_type().clone());
        let served = Fetched::new(manifest.bytes().clone(), media_type, "r");
        let name = format!("manifest r.example/app@{}", manifest.digest());
        self.put(name, Ok(served));
        for blob in image.blobs() {
            let served = Fetched::new(blob.bytes().clone(), None, "r");
            self.put(format!("blob r.example/app@{}", blob.digest()), Ok(served));
        }
        for child in image.children() {
            self.store(child);
        }
        manifest.descriptor()
    }

    /// Stores a bundle by a key that refers to an image and is about `about`.
    fn bundle(&mut self, key: &CosignKey, image: &Image, about: &Image) {
        let builder = CosignBuilder::new(key, about).form(CosignForm::Bundle);
        let referrer = builder.build().referrer(&image.manifest().descriptor());
        let entry = self.store(&referrer);
        let list = serde_json::json!({
            "schemaVersion": 2, "mediaType": INDEX, "manifests": [entry],
        });
        let served = Fetched::new(list.to_string(), Some(MediaType::new(INDEX)), "r");
        let name = format!("referrers of r.example/app@{}", image.digest());
        self.put(name, Ok(served));
    }

    fn sign(&mut self, image: &Image) {
        let key = std::mem::replace(&mut self.key, CosignKey::generate());
        self.bundle(&key, image, image);
        self.key = key;
    }

    fn lose(&mut self, digest: &Digest, error: FetchError) {
        self.put(format!("manifest r.example/app@{digest}"), Err(error));
    }

    fn decide(&self, image: &Image, which: MultiArch) -> Ended {
        self.decide_knowing(image, which, true)
    }

    fn decide_knowing(&self, image: &Image, which: MultiArch, is_known: bool) -> Ended {
        let key = VerificationKey::from_pem(self.key.public_pem().as_bytes()).expect("a key");
        let authority = Authority::keys(vec![key], Demands::default()).expect("an authority");
        let reference: Reference = "r.example/app".parse().expect("a reference");
        let pinned = Pinned::new(reference.repository().clone(), image.digest().clone());
        let now = Timestamp::from_unix(1_790_000_000);
        let known = is_known.then(|| image.manifest().descriptor());
        let input = SessionInput::new(pinned, Arc::from([authority]), now).described(known);
        let mut meter = Meter::new(Budget::default());
        let mut run = Run::new(MultiArchSession::new(input, which));
        let result = run.to_end(&mut meter, |fetch| {
            let found = self.answers.get(&fetch.resource.to_string());
            found.cloned().unwrap_or(Err(FetchError::NotFound))
        });
        Ended {
            result,
            flights: run.flights(),
            fetches: meter.fetches(),
            notes: run.session().notes(),
        }
    }
}

fn unavailable() -> FetchError {
    FetchError::Unavailable {
        detail: "out".to_owned(),
    }
}

/// A world with an index of two platforms, of which none is signed.
fn two() -> (World, Image, Image, Image) {
    let mut world = World::new();
    let (amd, arm) = (platform("amd64"), platform("arm64"));
    let index = index(&[("linux/amd64", &amd), ("linux/arm64", &arm)]);
    world.store(&index);
    (world, index, amd, arm)
}

#[test]
fn an_index_of_which_every_platform_is_signed_is_proved_as_the_index() {
    let (mut world, index, amd, arm) = two();
    world.sign(&amd);
    world.sign(&arm);
    let ended = world.decide(&index, MultiArch::EveryChild);
    let proof = ended.result.expect("it is signed");
    assert_eq!(proof.digest(), index.digest());
    assert_eq!(proof.evidence().len(), 2);
    assert!(ended.notes.is_empty());
    // Its own signature is another question.
    let ended = world.decide(&index, MultiArch::Index);
    assert_eq!(ended.code(), Some(codes::NONE));
    world.sign(&index);
    assert!(world.decide(&index, MultiArch::Index).result.is_ok());
}

#[test]
fn the_signature_of_an_index_is_none_of_its_platforms() {
    let (mut world, index, amd, _) = two();
    world.sign(&index);
    let ended = world.decide(&index, MultiArch::EveryChild);
    assert_eq!(ended.code(), Some(codes::NONE));
    let ended = world.decide(&index, MultiArch::AnyChild);
    assert_eq!(ended.code(), Some(codes::NONE));
    // Nor does a bundle beside a platform that names the index.
    let key = CosignKey::generate();
    let key = std::mem::replace(&mut world.key, key);
    world.bundle(&key, &amd, &index);
    world.key = key;
    let ended = world.decide(&index, MultiArch::AnyChild);
    assert_eq!(ended.code(), Some(codes::DIGEST_MISMATCH));
}

#[test]
fn a_platform_without_a_signature_is_told_by_its_name_and_digest() {
    let (mut world, index, amd, arm) = two();
    world.sign(&amd);
    let ended = world.decide(&index, MultiArch::EveryChild);
    assert_eq!(ended.code(), Some(codes::NONE));
    let told = ended.told();
    for part in [
        "linux/arm64",
        arm.digest().as_str(),
        index.digest().as_str(),
    ] {
        assert!(told.contains(part), "{part}: {told}");
    }
    assert!(!told.contains("linux/amd64"), "{told}");
}

#[test]
fn a_platform_that_a_stranger_signed_is_not_signed() {
    let (mut world, index, amd, arm) = two();
    world.sign(&amd);
    world.bundle(&CosignKey::generate(), &arm, &arm);
    let ended = world.decide(&index, MultiArch::EveryChild);
    assert_eq!(ended.code(), Some(codes::UNKNOWN_KEY));
    assert!(ended.told().contains("linux/arm64"), "{}", ended.told());
}

#[test]
fn one_signed_platform_admits_only_where_that_is_said_and_what_it_leaves_open_is_noted() {
    let (mut world, index, _, arm) = two();
    world.sign(&arm);
    assert!(world.decide(&index, MultiArch::EveryChild).result.is_err());
    let ended = world.decide(&index, MultiArch::AnyChild);
    let proof = ended.result.expect("one is signed");
    assert_eq!(proof.digest(), index.digest());
    let [note] = &ended.notes[..] else {
        panic!("{:?}", ended.notes);
    };
    assert!(note.contains("linux/arm64"), "{note}");
}

#[test]
fn a_platform_that_the_registry_does_not_have_refuses() {
    let (mut world, index, amd, arm) = two();
    world.sign(&amd);
    world.sign(&arm);
    world.lose(arm.digest(), FetchError::NotFound);
    let ended = world.decide(&index, MultiArch::EveryChild);
    assert_eq!(ended.code(), Some(codes::CHILD_MISSING));
    assert!(ended.told().contains("linux/arm64"), "{}", ended.told());
}

#[test]
fn nobody_who_could_not_be_asked_has_said_that_a_platform_is_not_signed() {
    for which in [MultiArch::EveryChild, MultiArch::AnyChild] {
        let (mut world, index, amd, arm) = two();
        if which == MultiArch::EveryChild {
            world.sign(&amd);
        }
        world.lose(arm.digest(), unavailable());
        let ended = world.decide(&index, which);
        let class = ended.result.as_ref().err().map(Rejection::class);
        assert_eq!(class, Some(Class::Unavailable), "{}", ended.told());
    }
    // Where one is known not to be signed, the others do not matter.
    let (mut world, index, _, arm) = two();
    world.lose(arm.digest(), unavailable());
    let ended = world.decide(&index, MultiArch::EveryChild);
    assert_eq!(ended.code(), Some(codes::NONE));
}

#[test]
fn an_index_that_lists_nothing_that_could_run_is_not_signed() {
    let mut world = World::new();
    let empty = index(&[]);
    world.store(&empty);
    let amd = platform("amd64");
    for which in [MultiArch::EveryChild, MultiArch::AnyChild] {
        assert_eq!(world.decide(&empty, which).code(), Some(codes::NO_CHILDREN));
    }
    let beside = IndexBuilder::new().attestation(&amd).build();
    world.store(&beside);
    // It is about a manifest that the index does not list, so it is no attestation beside one.
    let ended = world.decide(&beside, MultiArch::EveryChild);
    assert_eq!(ended.code(), Some(codes::NONE));
}

#[test]
fn attestations_beside_platforms_need_no_signature() {
    let mut world = World::new();
    let (amd, arm) = (platform("amd64"), platform("arm64"));
    let index = IndexBuilder::new()
        .image("linux/amd64", amd.clone())
        .image("linux/arm64", arm.clone())
        .attestation(&amd)
        .attestation(&arm)
        .build();
    world.store(&index);
    world.sign(&amd);
    world.sign(&arm);
    let ended = world.decide(&index, MultiArch::EveryChild);
    assert!(ended.result.is_ok(), "{}", ended.told());
    // A signature of what cannot run says nothing about what can.
    let mut world = World::new();
    world.store(&index);
    let attestation = index.children().last().expect("one").clone();
    world.sign(&attestation);
    let ended = world.decide(&index, MultiArch::AnyChild);
    assert_eq!(ended.code(), Some(codes::NONE));
}

#[test]
fn an_image_that_is_called_an_attestation_must_be_signed_all_the_same() {
    let amd = platform("amd64");
    let strange = ImageBuilder::new().file("sh", "#!").build();
    let claims = |about: &Image| {
        [
            (
                "vnd.docker.reference.type",
                "attestation-manifest".to_owned(),
            ),
            ("vnd.docker.reference.digest", about.digest().to_string()),
        ]
    };
    let statements = IndexBuilder::new().attestation(&amd).build();
    let statements = statements.children()[0].clone();
    for (platform, child, about) in [
        // A runtime chooses it for a node.
        ("linux/arm64", &strange, &amd),
        ("linux/arm64", &statements, &amd),
        // It has no platform, so that a runtime looks into it.
        ("", &strange, &amd),
        ("", &statements, &amd),
        // It is for no node, and what is in it could run.
        ("unknown/unknown", &strange, &amd),
        ("unknown/unknown/v8", &statements, &amd),
        // It is about nothing that the index lists.
        ("unknown/unknown", &statements, &strange),
    ] {
        let mut world = World::new();
        let index = IndexBuilder::new()
            .image("linux/amd64", amd.clone())
            .annotated(platform, child.clone(), claims(about))
            .build();
        world.store(&index);
        world.sign(&amd);
        let ended = world.decide(&index, MultiArch::EveryChild);
        assert_eq!(ended.code(), Some(codes::NONE), "{platform}");
        assert!(
            ended.told().contains(child.digest().as_str()),
            "{}",
            ended.told()
        );
    }
}

#[test]
fn an_image_that_stands_twice_is_passed_over_in_neither_place() {
    let mut world = World::new();
    let (amd, arm) = (platform("amd64"), platform("arm64"));
    let statements = IndexBuilder::new().attestation(&amd).build();
    let statements = statements.children()[0].clone();
    let claims = [
        (
            "vnd.docker.reference.type",
            "attestation-manifest".to_owned(),
        ),
        ("vnd.docker.reference.digest", amd.digest().to_string()),
    ];
    let index = IndexBuilder::new()
        .image("linux/amd64", amd.clone())
        .image("linux/arm64", arm.clone())
        .annotated("unknown/unknown", statements.clone(), claims)
        .image("linux/s390x", statements.clone())
        .build();
    world.store(&index);
    world.sign(&amd);
    world.sign(&arm);
    let ended = world.decide(&index, MultiArch::EveryChild);
    assert_eq!(ended.code(), Some(codes::NONE));
}

#[test]
fn an_index_in_an_index_must_be_signed_itself() {
    let mut world = World::new();
    let (amd, arm) = (platform("amd64"), platform("arm64"));
    let inner = index(&[("linux/arm64", &arm)]);
    let outer = index(&[("linux/amd64", &amd), ("linux/arm64", &inner)]);
    world.store(&outer);
    world.sign(&amd);
    world.sign(&arm);
    let ended = world.decide(&outer, MultiArch::EveryChild);
    assert_eq!(ended.code(), Some(codes::NONE));
    assert!(
        ended.told().contains("the index for linux/arm64"),
        "{}",
        ended.told()
    );
    world.sign(&inner);
    assert!(world.decide(&outer, MultiArch::EveryChild).result.is_ok());
}

#[test]
fn an_index_with_more_than_is_looked_at_or_with_an_entry_that_cannot_be_read_refuses() {
    let mut world = World::new();
    let images: Vec<Image> = (0..=MultiArchSession::MAX_CHILDREN)
        .map(|number| platform(&format!("a{number}")))
        .collect();
    let named: Vec<(&str, &Image)> = images.iter().map(|image| ("linux/amd64", image)).collect();
    let many = index(&named);
    world.store(&many);
    for image in &images {
        world.sign(image);
    }
    for which in [MultiArch::EveryChild, MultiArch::AnyChild] {
        let ended = world.decide(&many, which);
        assert_eq!(ended.code(), Some(codes::TOO_MANY_CHILDREN));
        assert_eq!(ended.fetches, 1);
    }
    let most = index(&named[1..]);
    world.store(&most);
    let ended = world.decide(&most, MultiArch::EveryChild);
    assert!(ended.result.is_ok(), "{}", ended.told());
    let amd = platform("amd64");
    world.sign(&amd);
    let broken = serde_json::json!({
        "schemaVersion": 2, "mediaType": INDEX,
        "manifests": [amd.manifest().descriptor(), {"digest": "sha256:none"}],
    });
    let broken = Image::from_manifest(MediaType::new(INDEX), broken.to_string(), []);
    world.store(&broken);
    let ended = world.decide(&broken, MultiArch::AnyChild);
    assert_eq!(ended.code(), Some(Code::REGISTRY_MALFORMED));
}

#[test]
fn an_image_for_one_platform_is_judged_by_itself_whatever_is_demanded_of_an_index() {
    let mut world = World::new();
    let amd = platform("amd64");
    world.store(&amd);
    for which in [MultiArch::Index, MultiArch::EveryChild, MultiArch::AnyChild] {
        for is_known in [true, false] {
            let ended = world.decide_knowing(&amd, which, is_known);
            assert_eq!(ended.code(), Some(codes::NONE), "{which:?}");
        }
    }
    world.sign(&amd);
    for which in [MultiArch::Index, MultiArch::EveryChild, MultiArch::AnyChild] {
        for is_known in [true, false] {
            let ended = world.decide_knowing(&amd, which, is_known);
            let proof = ended.result.expect("it is signed");
            assert_eq!(proof.digest(), amd.digest());
        }
        assert_eq!(world.decide(&amd, which).flights, 3);
    }
}

#[test]
fn all_platforms_together_take_one_round_trip_more_than_one_image() {
    let (mut world, index, amd, arm) = two();
    world.sign(&amd);
    world.sign(&arm);
    let ended = world.decide(&index, MultiArch::EveryChild);
    assert_eq!((ended.flights, ended.fetches), (4, 11));
    let ended = world.decide(&amd, MultiArch::EveryChild);
    assert_eq!(ended.flights, 3);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, ..ProptestConfig::default() })]

    #[test]
    fn an_index_is_admitted_by_its_children_exactly_as_far_as_they_are_signed(signed in proptest::collection::vec(any::<bool>(), 1..6)) {
        let mut world = World::new();
        let images: Vec<Image> = (0..signed.len()).map(|number| platform(&format!("a{number}"))).collect();
        let names: Vec<String> = (0..signed.len()).map(|number| format!("linux/a{number}")).collect();
        let named: Vec<(&str, &Image)> = names.iter().map(String::as_str).zip(&images).collect();
        let index = index(&named);
        world.store(&index);
        for (image, _) in images.iter().zip(&signed).filter(|(_, signed)| **signed) {
            world.sign(image);
        }
        let every = world.decide(&index, MultiArch::EveryChild).result.is_ok();
        let any = world.decide(&index, MultiArch::AnyChild).result.is_ok();
        prop_assert_eq!(every, signed.iter().all(|one| *one));
        prop_assert_eq!(any, signed.iter().any(|one| *one));
        prop_assert!(world.decide(&index, MultiArch::Index).result.is_err());
    }

    #[test]
    fn adding_a_child_that_is_not_signed_never_turns_a_refusal_into_an_admission(
        signed in proptest::collection::vec(any::<bool>(), 1..5),
        is_claimed in any::<bool>(),
    ) {
        let mut world = World::new();
        let images: Vec<Image> = (0..signed.len()).map(|number| platform(&format!("a{number}"))).collect();
        let build = |more: bool| {
            let mut builder = IndexBuilder::new();
            for (number, image) in images.iter().enumerate() {
                builder = builder.image(format!("linux/a{number}"), image.clone());
            }
            if more && is_claimed {
                builder = builder.attestation(&images[0]);
            } else if more {
                builder = builder.image("linux/more", platform("more"));
            }
            builder.build()
        };
        let (less, more) = (build(false), build(true));
        world.store(&less);
        world.store(&more);
        for (image, _) in images.iter().zip(&signed).filter(|(_, signed)| **signed) {
            world.sign(image);
        }
        for which in [MultiArch::EveryChild, MultiArch::AnyChild] {
            let before = world.decide(&less, which).result.is_ok();
            let after = world.decide(&more, which).result.is_ok();
            prop_assert!(before || !after, "{:?}", which);
        }
    }
}
