//! Statements in envelopes, in the repositories that a policy names.

use doorward_testkit::{CosignForm, CosignKey, CosignSignature};

use crate::attestations::{SPDX, by, demanding, spdx, stated};
use crate::site::{REPOSITORY, Site, allowed, refused, secret};

#[tokio::test]
async fn statements_are_looked_for_where_the_policy_says_and_nowhere_else() {
    let site = Site::new(true).await;
    let statement = stated(&site, CosignForm::Envelope, SPDX, spdx("hello", "MIT"));
    let manifest = CosignSignature::manifest(&[statement]);
    let tag = CosignSignature::tag(site.image.digest(), "att");
    site.registry
        .push_image("attestations/app", &tag, &manifest);
    refused(
        &site.decide_body(&demanding(SPDX, "")).await,
        "document-missing",
    );
    let elsewhere = format!(
        "{{authorities: [{{keySecret: k, repository: \"{}/attestations/app\"}}]}}",
        site.registry.address()
    );
    allowed(&site.decide_body(&by(SPDX, &elsewhere, "")).await);
    // What is in the one repository is none of an authority that keeps its statements in the other.
    let mut site = site;
    let other = CosignKey::generate();
    site.secrets
        .insert("n", "other", secret(&[("cosign.pub", &other.public_pem())]));
    let both = format!(
        "{{authorities: [{{keySecret: k}}, {{keySecret: other, repository: \"{}/attestations/app\"}}]}}",
        site.registry.address()
    );
    refused(
        &site.decide_body(&by(SPDX, &both, "")).await,
        "document-unsigned",
    );
}

#[tokio::test]
async fn the_same_statements_in_several_places_are_as_many_as_they_are() {
    let mut site = Site::new(true).await;
    let other = CosignKey::generate();
    site.secrets
        .insert("n", "other", secret(&[("cosign.pub", &other.public_pem())]));
    site.secrets.insert(
        "n",
        "pull",
        secret(&[(".dockerconfigjson", r#"{"auths": {}}"#)]),
    );
    let statements: Vec<CosignSignature> = (0..65)
        .map(|number| {
            let predicate = spdx(&format!("p{number}"), "MIT");
            stated(&site, CosignForm::Envelope, SPDX, predicate)
        })
        .collect();
    let tag = CosignSignature::tag(site.image.digest(), "att");
    let host = site.registry.address();
    let push = |repository: &str, range: std::ops::Range<usize>| {
        let manifest = CosignSignature::manifest(&statements[range]);
        site.registry.push_image(repository, &tag, &manifest);
    };
    let mirrored = format!(
        "{{authorities: [{{keySecret: k}}, {{keySecret: other, repository: \"{host}/mirror/app\"}}, {{keySecret: other, \
         repository: \"{host}/mirror/app\", pullSecret: {{name: pull}}}}]}}"
    );
    let body = by(SPDX, &mirrored, "");
    push(REPOSITORY, 0..40);
    push("mirror/app", 0..40);
    allowed(&site.decide_body(&body).await);
    push("mirror/app", 0..64);
    allowed(&site.decide_body(&body).await);
    // One more is one too many, wherever it is.
    push("mirror/app", 1..65);
    refused(&site.decide_body(&body).await, "budget-exceeded");
}

#[tokio::test]
async fn the_same_bundles_in_several_places_are_as_many_as_they_are() {
    let mut site = Site::new(true).await;
    let other = CosignKey::generate();
    site.secrets
        .insert("n", "other", secret(&[("cosign.pub", &other.public_pem())]));
    let host = site.registry.address();
    let mirrors = ["one/app", "two/app", "three/app", "four/app"];
    let with = |mirrors: &[&str]| {
        let mirrors = mirrors
            .iter()
            .map(|mirror| format!(", {{keySecret: other, repository: \"{host}/{mirror}\"}}"));
        let mirrors: String = mirrors.collect();
        by(
            SPDX,
            &format!("{{authorities: [{{keySecret: k}}{mirrors}]}}"),
            "",
        )
    };
    let subject = site.image.manifest().descriptor();
    for number in 0..45 {
        let predicate = spdx(&format!("p{number}"), "MIT");
        let bundle = stated(&site, CosignForm::Bundle, SPDX, predicate);
        let referrer = bundle.referrer(&subject);
        for repository in mirrors.iter().chain(&[REPOSITORY]) {
            site.registry.push_referrer(repository, &referrer);
        }
    }
    allowed(&site.decide_body(&with(&mirrors[..2])).await);
    // Each is fetched from every place, and not without an end.
    refused(&site.decide_body(&with(&mirrors)).await, "budget-exceeded");
}
