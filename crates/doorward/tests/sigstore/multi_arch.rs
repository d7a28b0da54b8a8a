//! Signatures of the manifests that an index lists, through the engine.

use doorward::{Decision, Verdict};
use doorward_testkit::{
    CosignBuilder, CosignForm, CosignKey, CosignSignature, Image, ImageBuilder, IndexBuilder,
};

use crate::site::{REPOSITORY, Site, allowed, refused, secret};

/// A registry with an index of two platforms, as BuildKit makes them.
struct Platforms {
    site: Site,
    index: Image,
    amd: Image,
    arm: Image,
}

impl Platforms {
    async fn new() -> Self {
        let site = Site::new(true).await;
        let image = |architecture: &str| {
            let builder = ImageBuilder::new().platform("linux", architecture);
            builder.file("app", architecture).build()
        };
        let (amd, arm) = (image("amd64"), image("arm64"));
        let index = IndexBuilder::new()
            .image("linux/amd64", amd.clone())
            .image("linux/arm64", arm.clone())
            .attestation(&amd)
            .attestation(&arm)
            .build();
        site.registry.push_image(REPOSITORY, "1", &index);
        Self {
            site,
            index,
            amd,
            arm,
        }
    }

    fn sign(&self, key: &CosignKey, image: &Image, form: CosignForm) {
        let signature = CosignBuilder::new(key, image).form(form).build();
        if form == CosignForm::Layer {
            let manifest = CosignSignature::manifest(&[signature]);
            let tag = CosignSignature::tag(image.digest(), "sig");
            self.site.registry.push_image(REPOSITORY, &tag, &manifest);
        } else {
            let referrer = signature.referrer(&image.manifest().descriptor());
            self.site.registry.push_referrer(REPOSITORY, &referrer);
        }
    }

    async fn decide(&self, which: &str) -> Verdict {
        let block =
            format!("{{multiArch: {which}, authorities: [{{name: release, keySecret: k}}]}}");
        self.site.decide(&block).await
    }
}

#[tokio::test]
async fn an_index_whose_platforms_are_all_signed_is_pinned_to_its_own_digest() {
    for form in [CosignForm::Layer, CosignForm::Bundle] {
        let world = Platforms::new().await;
        for image in [&world.amd, &world.arm] {
            world.sign(&world.site.key, image, form);
        }
        refused(&world.decide("index").await, "sigstore-none");
        let verdict = world.decide("everyChild").await;
        allowed(&verdict);
        assert_eq!(verdict.digest(), Some(world.index.digest()));
        // The index by its tag and by its digest, what it lists, and the signatures.
        let flights = if form == CosignForm::Layer { 4 } else { 5 };
        assert_eq!(verdict.cost().flights, flights, "{:?}", verdict.cost());
    }
}

#[tokio::test]
async fn the_platform_that_nobody_who_is_trusted_signed_is_told() {
    let world = Platforms::new().await;
    world.sign(&world.site.key, &world.amd, CosignForm::Bundle);
    let verdict = world.decide("everyChild").await;
    refused(&verdict, "sigstore-none");
    let told = verdict.message();
    assert!(told.contains("linux/arm64"), "{told}");
    assert!(told.contains(world.arm.digest().as_str()), "{told}");
    // That the index should be signed would be another policy.
    assert!(!told.contains("the index itself must be signed"), "{told}");
    world.sign(&CosignKey::generate(), &world.arm, CosignForm::Bundle);
    let verdict = world.decide("everyChild").await;
    refused(&verdict, "sigstore-unknown-key");
    assert!(verdict.message().contains("linux/arm64"));
}

#[tokio::test]
async fn one_signed_platform_admits_the_index_and_says_what_that_leaves_open() {
    let world = Platforms::new().await;
    refused(&world.decide("anyChild").await, "sigstore-none");
    world.sign(&world.site.key, &world.arm, CosignForm::Bundle);
    let verdict = world.decide("anyChild").await;
    allowed(&verdict);
    assert_eq!(verdict.digest(), Some(world.index.digest()));
    let notes: Vec<String> = verdict.notes().iter().map(ToString::to_string).collect();
    assert!(
        notes.iter().any(|note| note.contains("linux/arm64")),
        "{notes:?}"
    );
}

#[tokio::test]
async fn each_of_the_authorities_must_have_signed_every_platform() {
    let mut world = Platforms::new().await;
    let other = CosignKey::generate();
    let held = secret(&[("cosign.pub", &other.public_pem())]);
    world.site.secrets.insert("n", "other", held);
    world.sign(&world.site.key, &world.amd, CosignForm::Bundle);
    world.sign(&other, &world.arm, CosignForm::Bundle);
    let block = |require: &str| {
        format!(
            "{{multiArch: everyChild, require: {require}, authorities: [{{keySecret: k}}, {{keySecret: other}}]}}"
        )
    };
    // Neither vouches for the whole.
    refused(
        &world.site.decide(&block("any")).await,
        "sigstore-unknown-key",
    );
    world.sign(&world.site.key, &world.arm, CosignForm::Bundle);
    allowed(&world.site.decide(&block("any")).await);
    refused(
        &world.site.decide(&block("all")).await,
        "sigstore-unknown-key",
    );
    world.sign(&other, &world.amd, CosignForm::Bundle);
    allowed(&world.site.decide(&block("all")).await);
    // Whose two keys are one authority's, each may have signed what it likes.
    let world = Platforms::new().await;
    let one = "{multiArch: everyChild, authorities: [{keySecret: k}]}";
    refused(&world.site.decide(one).await, "sigstore-none");
}

#[tokio::test]
async fn a_bundle_that_is_given_for_each_platform_counts() {
    let mut world = Platforms::new().await;
    let bundle = |image: &Image| {
        let builder = CosignBuilder::new(&world.site.key, image).form(CosignForm::Bundle);
        builder.build().blob().bytes().to_vec()
    };
    let both = [bundle(&world.amd), bundle(&world.arm)].join(&b'\n');
    let of_index = bundle(&world.index);
    for (bytes, decision) in [(both, Decision::Allow), (of_index, Decision::Deny)] {
        let files = [("b.jsonl".to_owned(), bytes)].into_iter().collect();
        world.site.secrets.set_bundles(files);
        assert_eq!(world.decide("everyChild").await.decision(), decision);
    }
}
