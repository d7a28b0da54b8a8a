//! What somebody may try who can push to the repository and has no key that is trusted.

use doorward::Decision;
use doorward::core::{Descriptor, MediaType};
use doorward_testkit::{
    Blob, CertificateBuilder, Fault, FaultRule, Image, ImageBuilder, IndexBuilder, asn1,
};
use serde_json::json;

use crate::site::{HOUR, NOW, Site, attestation, by, document_of, manifest, report, said};
use crate::texts::{CYCLONEDX, SARIF, cyclonedx, sarif};

const BAD: &[(&str, &str)] = &[("CVE-2026-1", "9.8")];

fn sbom() -> String {
    attestation(CYCLONEDX, "")
}

/// Signs a document that is listed under the image although it refers to something else.
async fn listed_though_about(subject: Descriptor) -> Site {
    let site = Site::with(&sbom(), false).await;
    let document = document_of(&subject, CYCLONEDX, &cyclonedx(&[]));
    site.push_unlisted(&document);
    site.sign(&site.envelope(&site.scanner, &document), &document);
    site.list_under_tag(&site.digest(), &[(&document, Some(CYCLONEDX))]);
    site
}

#[tokio::test]
async fn a_signed_document_of_another_image_that_is_listed_under_this_one_counts_for_nothing() {
    let other = Image::sample("other").manifest().descriptor();
    let site = listed_though_about(other).await;
    assert_eq!(site.refused().await, "document-subject-mismatch");
    // It takes nothing away from the image's own.
    let own = site.document(CYCLONEDX, &cyclonedx(&[]));
    site.push_unlisted(&own);
    site.sign(&site.envelope(&site.scanner, &own), &own);
    let other = document_of(
        &Image::sample("other").manifest().descriptor(),
        CYCLONEDX,
        "{}",
    );
    site.push_unlisted(&other);
    site.list_under_tag(
        &site.digest(),
        &[(&other, Some(CYCLONEDX)), (&own, Some(CYCLONEDX))],
    );
    site.admits().await;
}

#[tokio::test]
async fn a_document_names_the_digest_the_media_type_and_the_size_of_the_image() {
    let right = Image::sample("app").manifest().descriptor();
    let mut others = vec![right.clone(), right.clone(), right];
    others[0].size += 1;
    others[1].media_type = MediaType::DOCKER_MANIFEST;
    others[2].digest = Image::sample("x").manifest().descriptor().digest;
    for other in others {
        let site = listed_though_about(other.clone()).await;
        assert_eq!(
            site.refused().await,
            "document-subject-mismatch",
            "{other:?}"
        );
    }
}

#[tokio::test]
async fn a_document_about_a_platform_is_none_about_the_index_and_the_other_way_round() {
    for about_index in [true, false] {
        let site = Site::under(&sbom()).await;
        let child = Image::sample("child");
        let index = IndexBuilder::new()
            .image("linux/amd64", child.clone())
            .build();
        site.registry.push_image("team/app", "index", &index);
        let subject = if about_index { &index } else { &child };
        let document = document_of(&subject.manifest().descriptor(), CYCLONEDX, &cyclonedx(&[]));
        site.push(&document);
        site.sign(&site.envelope(&site.scanner, &document), &document);
        let name =
            |image: &Image| format!("{}/team/app@{}", site.registry.address(), image.digest());
        for (image, is_subject) in [(&index, about_index), (&child, !about_index)] {
            let verdict = site.decide_about(&name(image)).await;
            if is_subject {
                assert_eq!(verdict.decision(), Decision::Allow, "{}", said(&verdict));
            } else {
                assert_eq!(verdict.code().unwrap().as_str(), "document-missing");
            }
        }
    }
}

#[tokio::test]
async fn a_document_that_nobody_signed_or_somebody_else_did_counts_for_nothing() {
    let site = Site::under(&sbom()).await;
    assert_eq!(site.refused().await, "document-missing");
    let document = site.document(CYCLONEDX, &cyclonedx(&[]));
    site.push(&document);
    assert_eq!(site.refused().await, "document-unsigned");
    site.sign(&site.envelope(&site.stranger, &document), &document);
    site.sign(&site.envelope(&site.security, &document), &document);
    let verdict = site.decide().await;
    assert_eq!(verdict.code().unwrap().as_str(), "document-unsigned");
    assert!(said(&verdict).contains("notation-"), "{}", said(&verdict));
}

#[tokio::test]
async fn a_signature_of_the_image_is_none_of_a_document_and_the_other_way_round() {
    let site = Site::under(&sbom()).await;
    let document = site.document(CYCLONEDX, &cyclonedx(&[]));
    site.push(&document);
    site.sign(&site.envelope(&site.scanner, &site.image), &document);
    site.sign(&site.envelope(&site.scanner, &site.image), &site.image);
    assert_eq!(site.refused().await, "document-unsigned");
}

#[tokio::test]
async fn a_signed_document_with_other_content_than_was_signed_is_refused() {
    let site = Site::under(&report("")).await;
    site.attach(SARIF, &sarif(BAD));
    // The registry gives something else, or nothing, for the content of the report.
    let content = Blob::new(MediaType::from_static(SARIF), sarif(BAD));
    for (fault, code) in [
        (Fault::Null, "registry-digest-mismatch"),
        (Fault::Status(404), "document-content-missing"),
        (Fault::Status(503), "registry-unavailable"),
    ] {
        site.registry
            .fault(FaultRule::new(fault).on(format!("*/blobs/{}", content.digest())));
        assert_eq!(site.refused().await, code);
        site.registry.clear_faults();
    }
    // The manifest is another one, with the signature of the first.
    let site = Site::under(&report("")).await;
    let (bad, clean) = (
        site.document(SARIF, &sarif(BAD)),
        site.document(SARIF, &sarif(&[])),
    );
    site.push(&bad);
    site.push(&clean);
    site.sign(&site.envelope(&site.scanner, &clean), &bad);
    site.sign(&site.envelope(&site.scanner, &bad), &clean);
    assert_eq!(site.refused().await, "document-unsigned");
}

/// Documents that somebody signed although they are none.
fn misshapen(site: &Site) -> Vec<(&'static str, Image, &'static str)> {
    let blob = || Blob::new(MediaType::from_static(CYCLONEDX), cyclonedx(&[]));
    let index = json!({
        "schemaVersion": 2, "mediaType": MediaType::OCI_INDEX, "artifactType": CYCLONEDX, "manifests": [],
        "subject": site.subject(),
    });
    let huge = json!({
        "schemaVersion": 2, "mediaType": MediaType::OCI_MANIFEST, "artifactType": CYCLONEDX,
        "config": {"mediaType": "application/vnd.oci.empty.v1+json", "digest": Blob::new(MediaType::OCI_INDEX, "{}").digest(), "size": 2},
        "layers": [{"mediaType": CYCLONEDX, "digest": blob().digest(), "size": 1_u64 << 30}],
        "subject": site.subject(),
    });
    let lying = json!({
        "schemaVersion": 2, "mediaType": MediaType::OCI_MANIFEST, "artifactType": CYCLONEDX,
        "config": {"mediaType": "application/vnd.oci.empty.v1+json", "digest": Blob::new(MediaType::OCI_INDEX, "{}").digest(), "size": 2},
        "layers": [{"mediaType": CYCLONEDX, "digest": blob().digest(), "size": 4096}],
        "subject": site.subject(),
    });
    let of = |json: &serde_json::Value, kind: MediaType| {
        Image::from_manifest(kind, json.to_string().into_bytes(), [blob()])
    };
    vec![
        (
            "no layer",
            manifest(CYCLONEDX).subject(site.subject()).build(),
            "document-malformed",
        ),
        (
            "two layers",
            manifest(CYCLONEDX)
                .blob(blob())
                .blob(blob())
                .subject(site.subject())
                .build(),
            "document-malformed",
        ),
        (
            "an index",
            of(&index, MediaType::OCI_INDEX),
            "document-malformed",
        ),
        (
            "a layer of a GiB",
            of(&huge, MediaType::OCI_MANIFEST),
            "document-too-large",
        ),
        (
            "a layer of another size",
            of(&lying, MediaType::OCI_MANIFEST),
            "document-malformed",
        ),
    ]
}

#[tokio::test]
async fn a_signed_document_that_cannot_be_read_refuses_and_one_that_nobody_signed_does_not() {
    let names: Vec<_> = misshapen(&Site::under(&sbom()).await);
    for (place, (name, _, code)) in names.into_iter().enumerate() {
        let site = Site::under(&sbom()).await;
        site.attach(CYCLONEDX, &cyclonedx(&[]));
        let (_, bad, _) = misshapen(&site).swap_remove(place);
        site.push(&bad);
        site.admits().await;
        site.sign(&site.envelope(&site.scanner, &bad), &bad);
        assert_eq!(site.refused().await, code, "{name}");
    }
}

#[tokio::test]
async fn content_that_claims_to_have_a_gib_is_not_asked_for() {
    let site = Site::under(&sbom()).await;
    let all = misshapen(&site);
    let (_, huge, _) = all
        .into_iter()
        .find(|(name, ..)| *name == "a layer of a GiB")
        .unwrap();
    site.push(&huge);
    site.sign(&site.envelope(&site.scanner, &huge), &huge);
    let _ = site.registry.take_requests();
    assert_eq!(site.refused().await, "document-too-large");
    let content = Blob::new(MediaType::from_static(CYCLONEDX), cyclonedx(&[]));
    let asked = site.registry.take_requests();
    let digest = content.digest().as_str();
    assert!(asked.iter().all(|request| !request.path.ends_with(digest)));
}

#[tokio::test]
async fn documents_that_refer_to_each_other_are_followed_no_further() {
    let site = Site::under(&sbom()).await;
    let first = site.document(CYCLONEDX, &cyclonedx(&[]));
    let second = document_of(&first.manifest().descriptor(), CYCLONEDX, &cyclonedx(&[]));
    site.push(&first);
    site.push(&second);
    site.sign(&site.envelope(&site.scanner, &second), &second);
    // The one that is signed is about the first document, and not about the image.
    assert_eq!(site.refused().await, "document-unsigned");
    // A list in which everything is listed under everything.
    let site = Site::with(&sbom(), false).await;
    let document = site.document(CYCLONEDX, &cyclonedx(&[]));
    site.push(&document);
    let all = [(&document, Some(CYCLONEDX)), (&site.image, Some(CYCLONEDX))];
    site.list_under_tag(&site.digest(), &all);
    site.list_under_tag(document.digest(), &all);
    assert_eq!(site.refused().await, "document-unsigned");
}

#[tokio::test]
async fn a_newer_report_that_only_the_tag_lists_is_not_missed_and_neither_is_one_that_only_the_api_lists()
 {
    // The API lists the clean one, the tag the bad one that was attached by a client that writes tags.
    let site = Site::under(&report("")).await;
    site.attach_at(SARIF, &sarif(&[]), NOW.plus(-5 * HOUR));
    let bad = site.document(SARIF, &sarif(BAD));
    site.registry.set_referrers(false);
    site.push(&bad);
    site.registry.set_referrers(true);
    site.sign(&site.envelope(&site.scanner, &bad), &bad);
    site.list_under_tag(&site.digest(), &[(&bad, Some(SARIF))]);
    assert_eq!(site.refused().await, "vulnerability-too-severe");
    // The tag lists the clean one alone.
    let site = Site::under(&report("")).await;
    site.attach(SARIF, &sarif(BAD));
    let clean = site.document(SARIF, &sarif(&[]));
    site.push(&clean);
    site.sign(
        &site
            .envelope(&site.scanner, &clean)
            .signed_at(NOW.plus(-5 * HOUR)),
        &clean,
    );
    site.list_under_tag(&site.digest(), &[(&clean, Some(SARIF))]);
    assert_eq!(site.refused().await, "vulnerability-too-severe");
}

#[tokio::test]
async fn a_tag_that_is_broken_takes_nothing_away_and_one_that_cannot_be_asked_for_leaves_the_answer_open()
 {
    let site = Site::under(&report("")).await;
    site.attach(SARIF, &sarif(&[]));
    let tag = doorward::core::Tag::of_referrers(&site.digest());
    let no_list = ImageBuilder::new().build();
    let digest = site.push_unlisted(&no_list);
    site.registry.tag("team/app", tag.as_str(), &digest);
    let verdict = site.admitted().await;
    assert!(
        verdict.notes().iter().any(|note| note.contains("no list")),
        "{:?}",
        verdict.notes()
    );
    site.registry
        .fault(FaultRule::new(Fault::Status(503)).on(format!("*/manifests/{}", tag.as_str())));
    assert_eq!(site.refused().await, "registry-unavailable");
}

#[tokio::test]
async fn a_type_that_a_list_claims_must_be_the_one_of_the_manifest() {
    let site = Site::with(&sbom(), false).await;
    let document = site.document(SARIF, &sarif(&[]));
    site.push_unlisted(&document);
    site.sign(&site.envelope(&site.scanner, &document), &document);
    site.list_under_tag(&site.digest(), &[(&document, Some(CYCLONEDX))]);
    assert_eq!(site.refused().await, "document-type-mismatch");
    // An entry without a type is read.
    let own = site.document(CYCLONEDX, &cyclonedx(&[]));
    site.push_unlisted(&own);
    site.sign(&site.envelope(&site.scanner, &own), &own);
    site.list_under_tag(&site.digest(), &[(&document, None), (&own, None)]);
    site.admits().await;
}

#[tokio::test]
async fn what_is_listed_and_not_there_counts_for_nothing_and_that_is_told() {
    let site = Site::with(&report(""), false).await;
    site.attach(SARIF, &sarif(&[]));
    let gone = site.document(SARIF, &sarif(BAD));
    let there = site.document(SARIF, &sarif(&[]));
    site.list_under_tag(
        &site.digest(),
        &[(&gone, Some(SARIF)), (&there, Some(SARIF))],
    );
    let verdict = site.admitted().await;
    assert!(
        verdict
            .notes()
            .iter()
            .any(|note| note.contains("counts for nothing")),
        "{:?}",
        verdict.notes()
    );
}

#[tokio::test]
async fn a_document_that_could_not_be_asked_about_may_be_the_newest() {
    for what in ["manifests", "referrers"] {
        let site = Site::under(&report("")).await;
        site.attach_at(SARIF, &sarif(&[]), NOW.plus(-5 * HOUR));
        let bad = site.attach(SARIF, &sarif(BAD));
        site.registry
            .fault(FaultRule::new(Fault::Status(503)).on(format!("*/{what}/{bad}")));
        assert_eq!(site.refused().await, "registry-unavailable", "{what}");
    }
}

#[tokio::test]
async fn signers_whose_subjects_are_one_and_whose_names_differ_do_not_replace_each_other() {
    let workloads = "{notation: {identityMatching: wider, trustStores: [{type: ca, secret: acme}], trustedIdentities: \
                     ['x509.san: uri:spiffe://acme/a', 'x509.san: uri:spiffe://acme/b']}}";
    let site = Site::under(&report("").replace(&by("scanner"), workloads)).await;
    let workload = |name: &str| {
        let uri = format!("spiffe://acme/{name}");
        let names = asn1(0x30, &[&asn1(0x86, &[uri.as_bytes()])]);
        CertificateBuilder::code_signer("workload")
            .subject(&[("2.5.4.10", "SPIRE")])
            .extension("2.5.29.17", false, &names)
            .issued_by(&site.root)
    };
    let bad = sarif(&[("CVE-2026-1", "9.8")]);
    site.attach_by(&workload("a"), SARIF, &bad, NOW.plus(-3 * HOUR));
    site.attach_by(&workload("b"), SARIF, &sarif(&[]), NOW.plus(-HOUR));
    assert_eq!(site.refused().await, "vulnerability-too-severe");
}
