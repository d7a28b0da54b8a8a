//! What somebody may try who can push to the repository and has no key that is trusted.

use doorward::Decision;
use doorward::core::{Descriptor, MediaType};
use doorward_testkit::{Blob, CertificateBuilder, EnvelopeBuilder, Image, ImageBuilder};

use crate::site::{Site, code};

const SIGNATURE: &str = "application/vnd.cncf.notary.signature";
const EMPTY: MediaType = MediaType::from_static("application/vnd.oci.empty.v1+json");
const JWS: MediaType = MediaType::from_static("application/jose+json");

fn manifest(site: &Site) -> ImageBuilder {
    ImageBuilder::new()
        .artifact_type(SIGNATURE)
        .config(Blob::new(EMPTY, "{}"))
        .subject(site.image())
}

/// Signatures that are none, whatever is trusted.
fn malformed(site: &Site) -> Vec<(&'static str, Image)> {
    let good = site.envelope().build();
    let blob = || Blob::new(JWS, good.bytes().to_vec());
    let other = Image::sample("other").manifest().descriptor();
    vec![
        ("no envelope", manifest(site).build()),
        (
            "two envelopes",
            manifest(site).blob(blob()).blob(blob()).build(),
        ),
        ("empty", manifest(site).blob(Blob::new(JWS, "")).build()),
        ("no JSON", manifest(site).blob(Blob::new(JWS, "{")).build()),
        (
            "another media type",
            manifest(site)
                .blob(Blob::new(
                    MediaType::from_static("application/cose"),
                    good.bytes().to_vec(),
                ))
                .build(),
        ),
        (
            "a media type with a parameter",
            manifest(site)
                .blob(Blob::new(
                    MediaType::as_written("application/jose+json; v=1"),
                    good.bytes().to_vec(),
                ))
                .build(),
        ),
        (
            "another configuration",
            manifest(site)
                .config(Blob::new(
                    MediaType::from_static("application/octet-stream"),
                    "{}",
                ))
                .blob(blob())
                .build(),
        ),
        (
            "of another image",
            manifest(site).subject(other.clone()).blob(blob()).build(),
        ),
        (
            "for another image",
            EnvelopeBuilder::new(&[&site.leaf, &site.root], &other)
                .build()
                .attached_to(&site.image()),
        ),
    ]
}

#[tokio::test]
async fn a_signature_that_is_none_refuses_and_hides_no_good_one() {
    // Found by the tag, so that what is listed can be anything.
    let names: Vec<_> = malformed(&Site::without_api().await)
        .into_iter()
        .map(|(name, _)| name)
        .collect();
    for (place, name) in names.into_iter().enumerate() {
        let site = Site::without_api().await;
        let (_, bad) = malformed(&site).swap_remove(place);
        let listed = site.attach_manifest(&bad);
        let verdict = site.decide(&site.by_digest()).await;
        assert_ne!(verdict.decision(), Decision::Allow, "{name}");
        let told = code(&verdict);
        assert!(told.starts_with("notation-"), "{name}: {told} {listed}");
        site.sign(&site.envelope());
        let verdict = site.decide(&site.by_digest()).await;
        assert_eq!(
            verdict.decision(),
            Decision::Allow,
            "{name} {}",
            verdict.message()
        );
    }
}

#[tokio::test]
async fn a_signature_is_for_this_digest_this_size_and_this_media_type() {
    let right = Site::new().await.image();
    let mut others = vec![right.clone(), right.clone(), right];
    others[0].size += 1;
    others[1].media_type = MediaType::DOCKER_MANIFEST;
    others[2].digest = Image::sample("x").manifest().descriptor().digest;
    let audit = "        level: audit\n        trustStores: [{type: ca, secret: acme}]\n        \
                 trustedIdentities: ['*']\n";
    for target in &others {
        // At every level, also where nearly nothing else is enforced.
        for site in [Site::new().await, Site::under(audit).await] {
            site.sign(&EnvelopeBuilder::new(&[&site.leaf, &site.root], target));
            let verdict = site.decide(&site.tag()).await;
            assert_eq!(code(&verdict), "notation-wrong-artifact", "{target:?}");
        }
    }
}

#[tokio::test]
async fn a_signature_for_a_platform_is_none_for_the_index_and_the_other_way_round() {
    let site = Site::new().await;
    let child = Image::sample("a");
    let index = doorward_testkit::IndexBuilder::new()
        .image("linux/amd64", child.clone())
        .build();
    let reference = site.push("index", &index);
    let child_reference = {
        let descriptor = child.manifest().descriptor();
        format!(
            "{}@{}",
            reference.rsplit_once(':').unwrap().0,
            descriptor.digest
        )
    };
    site.sign_other("index", &child.manifest().descriptor());
    assert_eq!(
        code(&site.decide(&reference).await),
        "notation-no-signature"
    );
    let verdict = site.decide(&child_reference).await;
    assert_eq!(verdict.decision(), Decision::Allow, "{}", verdict.message());

    let site = Site::new().await;
    let reference = site.push("index", &index);
    site.sign_other("index", &index.manifest().descriptor());
    assert_eq!(site.decide(&reference).await.decision(), Decision::Allow);
    let child_reference = {
        let descriptor = child.manifest().descriptor();
        format!(
            "{}@{}",
            reference.rsplit_once(':').unwrap().0,
            descriptor.digest
        )
    };
    assert_eq!(
        code(&site.decide(&child_reference).await),
        "notation-no-signature"
    );
}

#[tokio::test]
async fn more_signatures_than_are_tried_are_refused_with_a_reason() {
    let site = Site::new().await;
    let stranger = CertificateBuilder::authority("stranger").self_signed();
    let leaf = CertificateBuilder::code_signer("leaf").issued_by(&stranger);
    for number in 0..120 {
        let envelope = site
            .envelope_of(&[&leaf, &stranger])
            .metadata("number", &number.to_string());
        site.sign(&envelope);
    }
    let verdict = site.decide(&site.tag()).await;
    assert_ne!(verdict.decision(), Decision::Allow);
    let told = code(&verdict);
    assert!(
        ["notation-too-many-signatures", "budget-exceeded"].contains(&told),
        "{told}"
    );
}

#[tokio::test]
async fn an_envelope_that_claims_a_gibibyte_is_not_asked_for() {
    let site = Site::new().await;
    let size = 1 << 30;
    let claimed = Descriptor::new(JWS, Image::sample("x").manifest().descriptor().digest, size);
    let text = serde_json::json!({
        "schemaVersion": 2,
        "mediaType": MediaType::OCI_MANIFEST,
        "artifactType": SIGNATURE,
        "config": Blob::new(EMPTY, "{}").descriptor(),
        "layers": [claimed],
        "subject": site.image(),
    });
    let manifest = Image::from_manifest(MediaType::OCI_MANIFEST, text.to_string(), []);
    site.attach_manifest(&manifest);
    site.registry.take_requests();
    let verdict = site.decide(&site.tag()).await;
    assert_eq!(code(&verdict), "notation-manifest-invalid");
    let asked = site.registry.take_requests();
    assert!(
        asked
            .iter()
            .all(|request| !request.path.contains("/blobs/"))
    );
}
