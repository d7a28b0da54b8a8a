//! Notary Project signatures under policies, against a registry in this process.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    missing_docs
)]

#[path = "notation/ahead.rs"]
mod ahead;
#[path = "notation/attacks.rs"]
mod attacks;
#[path = "notation/authorities.rs"]
mod authorities;
#[path = "notation/image_base.rs"]
mod image_base;
#[path = "notation/image_rules.rs"]
mod image_rules;
#[path = "notation/kept.rs"]
mod kept;
#[path = "notation/known.rs"]
mod known;
#[path = "support/namespace.rs"]
mod namespace;
#[path = "notation/plugins.rs"]
mod plugins;
#[path = "notation/site.rs"]
mod site;
#[path = "notation/statements.rs"]
mod statements;
mod support;
#[path = "support/taped.rs"]
mod taped;
#[path = "notation/trust_policy.rs"]
mod trust_policy;
#[path = "notation/trust_stores.rs"]
mod trust_stores;

use doorward::Decision;
use doorward::core::MediaType;
use doorward_testkit::{
    Blob, CertificateBuilder, EnvelopeKind, Image, ImageBuilder, ImageFormat, IndexBuilder, KeyKind,
};
use site::{NAME, Site, code};

#[tokio::test]
async fn an_image_that_is_signed_by_the_right_people_is_allowed_and_pinned() {
    for kind in [EnvelopeKind::Cose, EnvelopeKind::Jws] {
        let site = Site::new().await;
        site.sign(&site.envelope().kind(kind));
        let verdict = site.decide(&site.tag()).await;
        assert_eq!(verdict.decision(), Decision::Allow, "{}", verdict.message());
        assert_eq!(verdict.replacement().unwrap().to_string(), site.by_digest());
        let evidence = &verdict.requirements()[0].evidence[0];
        assert_eq!(evidence.signer.as_deref(), Some(NAME));
    }
}

#[tokio::test]
async fn every_kind_of_key_signs() {
    for kind in [
        KeyKind::P256,
        KeyKind::P384,
        KeyKind::P521,
        KeyKind::Rsa2048,
        KeyKind::Rsa3072,
        KeyKind::Rsa4096,
    ] {
        let site = Site::new().await;
        let leaf = site.signer(CertificateBuilder::code_signer(NAME).key(kind, 1));
        site.sign(&site.envelope_by(&leaf));
        let verdict = site.decide(&site.by_digest()).await;
        assert_eq!(
            verdict.decision(),
            Decision::Allow,
            "{kind:?} {}",
            verdict.message()
        );
    }
}

#[tokio::test]
async fn an_image_without_a_signature_is_refused() {
    let site = Site::new().await;
    let verdict = site.decide(&site.tag()).await;
    assert_eq!(code(&verdict), "notation-no-signature");
    // Something else that refers to it is none.
    site.attach("application/vnd.example.sbom");
    let verdict = site.decide(&site.tag()).await;
    assert_eq!(code(&verdict), "notation-no-signature");
}

#[tokio::test]
async fn signatures_are_found_where_the_registry_has_no_api() {
    let site = Site::without_api().await;
    site.sign(&site.envelope());
    let verdict = site.decide(&site.tag()).await;
    assert_eq!(verdict.decision(), Decision::Allow, "{}", verdict.message());
}

#[tokio::test]
async fn an_image_of_docker_and_an_index_are_signed_like_any_other() {
    let site = Site::new().await;
    let docker = ImageBuilder::new().format(ImageFormat::Docker).build();
    let index = IndexBuilder::new()
        .image("linux/amd64", Image::sample("a"))
        .image("linux/arm64", Image::sample("b"))
        .build();
    for (name, image) in [("docker", docker), ("index", index)] {
        let reference = site.push(name, &image);
        let verdict = site.decide(&reference).await;
        assert_eq!(code(&verdict), "notation-no-signature");
        site.sign_other(name, &image.manifest().descriptor());
        let verdict = site.decide(&reference).await;
        assert_eq!(
            verdict.decision(),
            Decision::Allow,
            "{name} {}",
            verdict.message()
        );
    }
}

#[tokio::test]
async fn a_signature_by_somebody_else_is_refused_with_the_reason() {
    let site = Site::new().await;
    let stranger = CertificateBuilder::authority("stranger").self_signed();
    let leaf = CertificateBuilder::code_signer(NAME)
        .subject(site::SUBJECT)
        .issued_by(&stranger);
    site.sign(&site.envelope_of(&[&leaf, &stranger]));
    let verdict = site.decide(&site.tag()).await;
    assert_eq!(code(&verdict), "notation-untrusted-root");

    let site = Site::new().await;
    let other = CertificateBuilder::code_signer("other")
        .subject(&[
            ("2.5.4.6", "US"),
            ("2.5.4.8", "WA"),
            ("2.5.4.10", "Umbrella"),
        ])
        .issued_by(&site.root);
    site.sign(&site.envelope_by(&other));
    let verdict = site.decide(&site.tag()).await;
    assert_eq!(code(&verdict), "notation-untrusted-identity");
}

#[tokio::test]
async fn one_signature_that_holds_is_enough_among_many_that_do_not() {
    let site = Site::new().await;
    let stranger = CertificateBuilder::authority("stranger").self_signed();
    for number in 0..7 {
        let leaf = CertificateBuilder::code_signer(&format!("leaf {number}")).issued_by(&stranger);
        site.sign(&site.envelope_of(&[&leaf, &stranger]));
    }
    let verdict = site.decide(&site.tag()).await;
    assert_eq!(code(&verdict), "notation-no-accepted-signature");
    site.sign(&site.envelope());
    let verdict = site.decide(&site.tag()).await;
    assert_eq!(verdict.decision(), Decision::Allow, "{}", verdict.message());
}

#[tokio::test]
async fn a_signature_costs_three_round_trips_for_a_digest_and_four_for_a_tag_and_then_none() {
    for api in [true, false] {
        let site = if api {
            Site::new().await
        } else {
            Site::without_api().await
        };
        site.sign(&site.envelope());
        let by_digest = site.by_digest();
        let verdict = site.decide(&by_digest).await;
        assert_eq!(verdict.cost().flights, 3, "{}", verdict.message());
        let site = if api {
            Site::new().await
        } else {
            Site::without_api().await
        };
        site.sign(&site.envelope());
        let tag = site.tag();
        assert_eq!(site.decide(&tag).await.cost().flights, 4);
        // The same image again: its tag is resolved, and the proof is remembered.
        let verdict = site.decide(&tag).await;
        assert_eq!(verdict.cost().flights, 1);
        assert_eq!(verdict.decision(), Decision::Allow);
    }
}

#[tokio::test]
async fn a_chart_and_a_module_are_verified_and_pinned_like_images() {
    for (config, content) in [
        (
            "application/vnd.cncf.helm.config.v1+json",
            "application/vnd.cncf.helm.chart.content.v1.tar+gzip",
        ),
        ("application/vnd.wasm.config.v0+json", "application/wasm"),
    ] {
        let site = Site::new().await;
        let blob = |kind: &str, bytes: &'static [u8]| Blob::new(MediaType::new(kind), bytes);
        let artifact = ImageBuilder::new()
            .config(blob(config, b"{}"))
            .blob(blob(content, b"content"))
            .build();
        let reference = site.push("artifact", &artifact);
        assert_eq!(
            code(&site.decide(&reference).await),
            "notation-no-signature"
        );
        let descriptor = artifact.manifest().descriptor();
        site.sign_other("artifact", &descriptor);
        let verdict = site.decide(&reference).await;
        assert_eq!(verdict.decision(), Decision::Allow, "{}", verdict.message());
        assert_eq!(verdict.pinned().unwrap().digest(), &descriptor.digest);
    }
}
