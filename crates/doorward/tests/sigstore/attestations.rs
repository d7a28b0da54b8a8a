//! Statements in envelopes, through `attestations`.

use doorward_testkit::{CosignForm, CosignKey, CosignSignature, Fault, FaultRule, Image};
use serde_json::{Value, json};

use crate::site::{REPOSITORY, Site, allowed, refused, secret};

pub(crate) const SPDX: &str = "https://spdx.dev/Document";
const CYCLONEDX: &str = "https://cyclonedx.org/bom";
const SLSA: &str = "https://slsa.dev/provenance/v1";

/// That a statement of this type must be signed with the key in the Secret `k`, and more.
pub(crate) fn demanding(kind: &str, more: &str) -> String {
    by(kind, "{authorities: [{name: build, keySecret: k}]}", more)
}

pub(crate) fn by(kind: &str, authorities: &str, more: &str) -> String {
    format!(
        "attestations: [{{predicateType: '{kind}', signedBy: {{sigstore: {authorities}}}{more}}}]"
    )
}

pub(crate) fn spdx(package: &str, license: &str) -> Value {
    json!({
        "spdxVersion": "SPDX-2.3", "SPDXID": "SPDXRef-DOCUMENT", "name": "app", "dataLicense": "CC0-1.0",
        "documentNamespace": "https://acme.example/app", "creationInfo": {"created": "2026-11-21T00:00:00Z", "creators": []},
        "packages": [{
            "name": package, "SPDXID": "SPDXRef-p", "versionInfo": "1.0.0", "downloadLocation": "NOASSERTION",
            "licenseConcluded": license, "filesAnalyzed": false,
        }],
    })
}

pub(crate) fn stated(
    site: &Site,
    form: CosignForm,
    kind: &str,
    predicate: Value,
) -> CosignSignature {
    site.builder().form(form).predicate(kind, predicate).build()
}

#[tokio::test]
async fn a_statement_counts_in_every_form_and_place_with_and_without_the_referrers_api() {
    let body = demanding(SPDX, ", denyPackages: [log4j-core]");
    for has_api in [true, false] {
        for form in [CosignForm::Envelope, CosignForm::Bundle] {
            for place in ["tag", "referrer"] {
                let site = Site::new(has_api).await;
                refused(&site.decide_body(&body).await, "document-missing");
                let statement = stated(&site, form, SPDX, spdx("hello", "MIT"));
                match place {
                    "tag" => site.tag("att", &[statement]),
                    _ => site.attach(&statement),
                }
                let verdict = site.decide_body(&body).await;
                allowed(&verdict);
                assert_eq!(verdict.digest(), Some(site.image.digest()));
                let site = Site::new(has_api).await;
                let denied = stated(&site, form, SPDX, spdx("log4j-core", "MIT"));
                match place {
                    "tag" => site.tag("att", &[denied]),
                    _ => site.attach(&denied),
                }
                refused(&site.decide_body(&body).await, "document-package-denied");
            }
        }
    }
}

#[tokio::test]
async fn a_statement_that_is_not_signed_about_the_image_or_of_another_type_counts_for_nothing() {
    let body = demanding(SPDX, "");
    for form in [CosignForm::Envelope, CosignForm::Bundle] {
        let (other, stranger) = (Image::sample("other"), CosignKey::generate());
        let site = Site::new(true).await;
        let predicate = spdx("hello", "MIT");
        let wrong = [
            site.builder()
                .form(form)
                .forged()
                .predicate(SPDX, predicate.clone())
                .build(),
            site.builder()
                .form(form)
                .claiming(other.digest())
                .predicate(SPDX, predicate.clone())
                .build(),
            doorward_testkit::CosignBuilder::new(&stranger, &site.image)
                .form(form)
                .predicate(SPDX, predicate.clone())
                .build(),
        ];
        for statement in wrong {
            site.attach(&statement);
            refused(&site.decide_body(&body).await, "document-unsigned");
        }
        // Of another type, by the word of its manifest.
        let site = Site::new(true).await;
        site.attach(&stated(&site, form, CYCLONEDX, predicate.clone()));
        site.attach(&site.signature(CosignForm::Bundle));
        let verdict = site.decide_body(&body).await;
        assert_eq!(verdict.decision(), doorward::Decision::Deny, "{form:?}");
        // And one of the right type admits it, whatever else there is.
        site.attach(&stated(&site, form, SPDX, predicate));
        allowed(&site.decide_body(&body).await);
    }
}

#[tokio::test]
async fn the_type_that_a_layer_is_said_to_be_of_makes_no_statement_one_of_it() {
    let site = Site::new(true).await;
    let statement = stated(&site, CosignForm::Envelope, CYCLONEDX, spdx("hello", "MIT"));
    let manifest = CosignSignature::manifest(&[statement]);
    let text = String::from_utf8(manifest.manifest().bytes().to_vec()).unwrap();
    let lying = Image::from_manifest(
        manifest.manifest().descriptor().media_type,
        text.replace(CYCLONEDX, SPDX),
        manifest.blobs().to_vec(),
    );
    let tag = CosignSignature::tag(site.image.digest(), "att");
    site.registry.push_image(REPOSITORY, &tag, &lying);
    let verdict = site.decide_body(&demanding(SPDX, "")).await;
    refused(&verdict, "document-unsigned");
    let causes = verdict.rejection().unwrap().causes();
    assert_eq!(causes[0].code().as_str(), "sigstore-wrong-predicate");
}

#[tokio::test]
async fn a_signature_of_the_image_vouches_for_no_statement() {
    let site = Site::new(true).await;
    site.tag("sig", &[site.signature(CosignForm::Layer)]);
    site.attach(&site.signature(CosignForm::Bundle));
    let stranger = CosignKey::generate();
    let statement = doorward_testkit::CosignBuilder::new(&stranger, &site.image)
        .form(CosignForm::Bundle)
        .predicate(SPDX, spdx("hello", "MIT"));
    site.attach(&statement.build());
    refused(
        &site.decide_body(&demanding(SPDX, "")).await,
        "document-unsigned",
    );
}

#[tokio::test]
async fn any_predicate_is_json_under_conditions() {
    let body = demanding(
        SLSA,
        ", conditions: ['predicate.runDetails.builder.id == \"https://b.example\"']",
    );
    for (id, code) in [
        ("https://b.example", None),
        ("https://c.example", Some("document-condition-failed")),
    ] {
        let site = Site::new(false).await;
        let predicate = json!({"runDetails": {"builder": {"id": id}}});
        site.attach(&stated(&site, CosignForm::Bundle, SLSA, predicate));
        let verdict = site.decide_body(&body).await;
        assert_eq!(
            verdict.code().map(|code| code.as_str()),
            code,
            "{}",
            verdict.message()
        );
    }
}

#[tokio::test]
async fn of_statements_by_a_key_which_tell_no_time_every_one_must_say_what_it_must() {
    let body = demanding(SPDX, ", denyLicenses: ['AGPL-*']");
    let site = Site::new(true).await;
    let good = stated(&site, CosignForm::Bundle, SPDX, spdx("hello", "MIT"));
    let bad = stated(
        &site,
        CosignForm::Envelope,
        SPDX,
        spdx("hello", "AGPL-3.0-only"),
    );
    site.attach(&good);
    allowed(&site.decide_body(&body).await);
    site.tag("att", &[good, bad]);
    refused(&site.decide_body(&body).await, "document-license-denied");
    // A key does not tell when it signed.
    let aged = demanding(SPDX, ", maxAge: 24h");
    refused(&site.decide_body(&aged).await, "document-time-unknown");
}

/// Attaches the bundle of a statement as somebody changed it.
pub(crate) fn attach_changed(
    site: &Site,
    statement: &CosignSignature,
    change: impl Fn(&mut Value),
) {
    let mut bundle: Value = serde_json::from_slice(statement.blob().bytes()).unwrap();
    change(&mut bundle);
    let referrer = statement.referrer(&site.image.manifest().descriptor());
    let kind = statement.blob().descriptor().media_type;
    let blob = doorward_testkit::Blob::new(kind, bundle.to_string());
    let mut manifest: Value = serde_json::from_slice(referrer.manifest().bytes()).unwrap();
    manifest["layers"] = json!([blob.descriptor()]);
    let changed = Image::from_manifest(
        referrer.manifest().descriptor().media_type,
        manifest.to_string(),
        [referrer.blobs()[0].clone(), blob],
    );
    site.registry.push_referrer(REPOSITORY, &changed);
}

/// What makes a bundle one that cannot be read, and leaves its signature there.
const UNREADABLE: [fn(&mut Value); 5] = [
    |bundle| bundle["verificationMaterial"]["tlogEntries"] = 5.into(),
    |bundle| bundle["verificationMaterial"]["tlogEntries"] = json!([{"logIndex": "1"}]),
    |bundle| {
        bundle["verificationMaterial"]["timestampVerificationData"] =
            json!({"rfc3161Timestamps": [1]});
    },
    |bundle| bundle["mediaType"] = "application/vnd.dev.sigstore.bundle.v0.4+json".into(),
    |bundle| {
        let signatures = bundle["dsseEnvelope"]["signatures"].as_array_mut().unwrap();
        signatures.insert(0, json!({"sig": "MAA="}));
    },
];

#[tokio::test]
async fn what_may_be_a_newer_statement_and_cannot_be_read_refuses() {
    let body = demanding(SPDX, "");
    let good = spdx("hello", "MIT");
    for change in UNREADABLE {
        let site = Site::new(true).await;
        site.attach(&stated(&site, CosignForm::Bundle, SPDX, good.clone()));
        allowed(&site.decide_body(&body).await);
        let other = stated(&site, CosignForm::Bundle, SPDX, spdx("other", "MIT"));
        attach_changed(&site, &other, change);
        refused(
            &site.decide_body(&body).await,
            "sigstore-statement-unreadable",
        );
    }
    // Nor a statement that has more in it than is read.
    for form in [CosignForm::Bundle, CosignForm::Envelope] {
        let site = Site::new(true).await;
        site.attach(&stated(&site, CosignForm::Bundle, SPDX, good.clone()));
        let many = json!(vec![0; 1_000_001]);
        site.attach(&stated(&site, form, SPDX, many));
        refused(
            &site.decide_body(&body).await,
            "sigstore-statement-unreadable",
        );
    }
}

#[tokio::test]
async fn what_nobody_signed_who_is_trusted_counts_for_nothing_whatever_it_is() {
    let body = demanding(SPDX, "");
    let site = Site::new(true).await;
    let good = stated(&site, CosignForm::Bundle, SPDX, spdx("hello", "MIT"));
    site.attach(&good);
    let empty: [fn(&mut Value); 4] = [
        |bundle| *bundle = json!({}),
        |bundle| *bundle = json!([]),
        |bundle| bundle["dsseEnvelope"] = Value::Null,
        |bundle| bundle["dsseEnvelope"]["signatures"] = json!([]),
    ];
    for change in empty {
        attach_changed(&site, &good, change);
    }
    let stranger = CosignKey::generate();
    let by_stranger = |form: CosignForm, predicate: Value| {
        let builder = doorward_testkit::CosignBuilder::new(&stranger, &site.image);
        builder.form(form).predicate(SPDX, predicate).build()
    };
    let theirs = by_stranger(CosignForm::Bundle, spdx("theirs", "MIT"));
    for change in UNREADABLE {
        attach_changed(&site, &theirs, change);
    }
    for form in [CosignForm::Bundle, CosignForm::Envelope] {
        site.attach(&by_stranger(form, json!(vec![0; 1_000_001])));
    }
    allowed(&site.decide_body(&body).await);
}

#[tokio::test]
async fn a_broken_wrapper_of_what_is_about_another_image_or_of_another_type_counts_for_nothing() {
    let body = demanding(SPDX, "");
    let other = Image::sample("other");
    let good = spdx("hello", "MIT");
    for change in UNREADABLE {
        let site = Site::new(true).await;
        let ours = stated(&site, CosignForm::Bundle, SPDX, good.clone());
        site.attach(&ours);
        let about = |digest, kind| {
            let builder = site.builder().form(CosignForm::Bundle).claiming(digest);
            builder.predicate(kind, spdx("other", "MIT")).build()
        };
        let this = site.image.digest();
        for genuine in [about(other.digest(), SPDX), about(this, CYCLONEDX)] {
            // The manifest says that it is one of those that are asked for.
            attach_changed(&site, &ours, |bundle| {
                *bundle = serde_json::from_slice(genuine.blob().bytes()).unwrap();
                change(bundle);
            });
        }
        allowed(&site.decide_body(&body).await);
    }
}

#[tokio::test]
async fn a_copy_of_a_statement_without_what_vouches_for_it_is_no_other_statement() {
    let body = demanding(SPDX, "");
    let site = Site::new(true).await;
    let good = stated(&site, CosignForm::Bundle, SPDX, spdx("hello", "MIT"));
    site.attach(&good);
    for change in UNREADABLE {
        attach_changed(&site, &good, change);
    }
    allowed(&site.decide_body(&body).await);
}

#[tokio::test]
async fn a_copy_that_somebody_else_who_is_trusted_signed_as_well_is_more_than_a_copy() {
    let mut site = Site::new(true).await;
    let other = CosignKey::generate();
    site.secrets
        .insert("n", "other", secret(&[("cosign.pub", &other.public_pem())]));
    let body = by(
        SPDX,
        "{authorities: [{keySecret: k}, {keySecret: other}]}",
        "",
    );
    let good = stated(&site, CosignForm::Bundle, SPDX, spdx("hello", "MIT"));
    site.attach(&good);
    allowed(&site.decide_body(&body).await);
    let theirs = doorward_testkit::CosignBuilder::new(&other, &site.image)
        .form(CosignForm::Bundle)
        .predicate(SPDX, spdx("hello", "MIT"))
        .build();
    let theirs: Value = serde_json::from_slice(theirs.blob().bytes()).unwrap();
    // A bundle has one signature, so that one with two cannot be read further. The first one is known.
    attach_changed(&site, &good, |bundle| {
        let signatures = bundle["dsseEnvelope"]["signatures"].as_array_mut().unwrap();
        signatures.push(theirs["dsseEnvelope"]["signatures"][0].clone());
    });
    refused(
        &site.decide_body(&body).await,
        "sigstore-statement-unreadable",
    );
    // Once theirs is vouched for as well, both are.
    attach_changed(&site, &good, |bundle| *bundle = theirs.clone());
    allowed(&site.decide_body(&body).await);
}

#[tokio::test]
async fn a_statement_that_could_not_be_asked_for_is_no_statement_that_nobody_signed() {
    for path in [
        "/v2/*/manifests/*.att",
        "/v2/*/referrers/*",
        "/v2/*/blobs/*",
    ] {
        let site = Site::new(true).await;
        site.attach(&stated(
            &site,
            CosignForm::Bundle,
            SPDX,
            spdx("hello", "MIT"),
        ));
        site.registry
            .fault(FaultRule::new(Fault::Status(503)).on(path));
        refused(
            &site.decide_body(&demanding(SPDX, "")).await,
            "registry-unavailable",
        );
    }
}

#[tokio::test]
async fn where_more_than_sigstore_must_have_signed_no_statement_is_looked_for() {
    let site = Site::new(true).await;
    site.attach(&stated(&site, CosignForm::Bundle, SLSA, json!({})));
    let mixed = format!(
        "attestations: [{{predicateType: '{SLSA}', signedBy: {{sigstore: {{authorities: [{{keySecret: k}}]}}, simple: \
         {{requirements: [{{type: signedBy, keySecret: k}}]}}}}}}]"
    );
    let verdict = site.decide_body(&mixed).await;
    refused(&verdict, "policy-unsupported");
    assert!(
        verdict.message().contains("sigstore"),
        "{}",
        verdict.message()
    );
}

#[tokio::test]
async fn where_there_are_more_statements_than_are_judged_nobody_knows_which_count() {
    let site = Site::new(true).await;
    let many = |count: usize| -> Vec<CosignSignature> {
        (0..count)
            .map(|number| {
                let predicate = spdx(&format!("p{number}"), "MIT");
                stated(&site, CosignForm::Envelope, SPDX, predicate)
            })
            .collect()
    };
    site.tag("att", &many(64));
    allowed(&site.decide_body(&demanding(SPDX, "")).await);
    site.tag("att", &many(65));
    refused(
        &site.decide_body(&demanding(SPDX, "")).await,
        "budget-exceeded",
    );
    // Of another type there may be as many as there are.
    refused(
        &site.decide_body(&demanding(CYCLONEDX, "")).await,
        "document-missing",
    );
}

#[tokio::test]
async fn a_large_statement_counts_however_many_signers_are_named() {
    let mut site = Site::new(true).await;
    let mut authorities = String::new();
    for number in 0..8 {
        let name = format!("k{number}");
        let other = CosignKey::generate();
        site.secrets
            .insert("n", &name, secret(&[("cosign.pub", &other.public_pem())]));
        authorities.push_str(&format!("{{keySecret: {name}}}, "));
    }
    let mut predicate = spdx("hello", "MIT");
    predicate["comment"] = "a".repeat(5 << 20).into();
    site.attach(&stated(&site, CosignForm::Bundle, SPDX, predicate));
    let all = format!("{{authorities: [{authorities}{{keySecret: k}}]}}");
    allowed(&site.decide_body(&by(SPDX, &all, "")).await);
    let none = format!("{{authorities: [{}]}}", authorities.trim_end_matches(", "));
    refused(
        &site.decide_body(&by(SPDX, &none, "")).await,
        "document-unsigned",
    );
}
