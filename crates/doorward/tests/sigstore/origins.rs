//! Provenance and verification summaries through a policy.

use std::sync::Arc;

use doorward::core::Timestamp;
use doorward::{Context, Engine, Verdict};
use doorward_testkit::{CosignBuilder, CosignForm, CosignKey};
use serde_json::{Value, json};

use crate::site::{REPOSITORY, Site, allowed, refused, rules};
use crate::stated::{Stamped, stamped};

const SLSA1: &str = "https://slsa.dev/provenance/v1";
const SLSA02: &str = "https://slsa.dev/provenance/v0.2";
const VSA: &str = "https://slsa.dev/verification_summary/v1";
const SIGNERS: &str = "signedBy: {sigstore: {authorities: [{name: build, keySecret: k}]}}";

fn provenance(repository: &str) -> Value {
    json!({
        "buildDefinition": {
            "buildType": "https://actions.github.io/buildtypes/workflow/v1",
            "externalParameters": {"workflow": {"ref": "refs/tags/v1", "repository": repository, "path": "release.yml"}},
            "resolvedDependencies": [{"uri": format!("git+{repository}@refs/tags/v1"), "digest": {"gitCommit": "01"}}],
        },
        "runDetails": {"builder": {"id": format!("{repository}/.github/workflows/release.yml@refs/tags/v1")}},
    })
}

fn older(repository: &str) -> Value {
    json!({
        "builder": {"id": "https://tekton.dev/chains/v2"}, "buildType": "tekton.dev/v1/TaskRun",
        "invocation": {"configSource": {"uri": format!("git+{repository}.git")}},
        "materials": [{"uri": format!("git+{repository}.git"), "digest": {"sha1": "01"}}],
    })
}

async fn decide(demand: &str, statements: &[(&str, Value)]) -> Verdict {
    let site = Site::new(true).await;
    for (kind, predicate) in statements {
        let statement = site
            .builder()
            .form(CosignForm::Bundle)
            .predicate(kind, predicate.clone());
        site.attach(&statement.build());
    }
    site.decide_body(&format!("attestations: [{{{demand}, {SIGNERS}}}]"))
        .await
}

#[tokio::test]
async fn an_image_that_was_built_elsewhere_or_from_something_else_is_refused() {
    let acme = "https://github.com/acme/web";
    let demand = "provenance: {builders: ['https://github.com/acme/web/.github/workflows/release.yml@refs/tags/*', \
                  'https://tekton.dev/chains/v2'], sources: ['https://github.com/acme/web']}";
    allowed(&decide(demand, &[(SLSA1, provenance(acme))]).await);
    allowed(&decide(demand, &[(SLSA02, older(acme))]).await);
    refused(&decide(demand, &[]).await, "document-missing");
    let other = "https://github.com/mallory/web";
    refused(
        &decide(demand, &[(SLSA1, provenance(other))]).await,
        "provenance-builder-untrusted",
    );
    refused(
        &decide(demand, &[(SLSA02, older(other))]).await,
        "provenance-source-untrusted",
    );
    // All that count must say it.
    let both = [(SLSA1, provenance(acme)), (SLSA02, older(other))];
    refused(&decide(demand, &both).await, "provenance-source-untrusted");
    let types = "provenance: {buildTypes: ['https://acme.example/build/v1']}";
    refused(
        &decide(types, &[(SLSA1, provenance(acme))]).await,
        "provenance-build-type-untrusted",
    );
    refused(
        &decide(demand, &[(SLSA1, json!({"buildDefinition": 1}))]).await,
        "document-malformed",
    );
}

#[tokio::test]
async fn the_name_of_a_builder_is_worth_what_its_signer_is() {
    let acme = "https://github.com/acme/web";
    let site = Site::new(true).await;
    let stranger = CosignKey::generate();
    let forged = CosignBuilder::new(&stranger, &site.image)
        .form(CosignForm::Bundle)
        .predicate(SLSA1, provenance(acme));
    site.attach(&forged.build());
    let body = format!("attestations: [{{provenance: {{sources: ['{acme}']}}, {SIGNERS}}}]");
    refused(&site.decide_body(&body).await, "document-unsigned");
}

#[tokio::test]
async fn a_summary_counts_only_for_what_it_says_and_by_whom() {
    let demand = "summary: {verifiers: ['https://verifier.example/v1'], resources: ['https://acme.example/production'], \
                  levels: [SLSA_BUILD_LEVEL_2], maxAge: 24h}";
    let summary = |member: &str, value: &str| {
        let mut summary = json!({
            "verifier": {"id": "https://verifier.example/v1"}, "timeVerified": "2026-11-21T10:00:00Z",
            "resourceUri": "https://acme.example/production", "verificationResult": "PASSED",
            "verifiedLevels": ["SLSA_BUILD_LEVEL_3"],
        });
        match member {
            "" => {}
            "id" => summary["verifier"]["id"] = value.into(),
            "verifiedLevels" => summary[member] = json!([value]),
            _ => summary[member] = value.into(),
        }
        [(VSA, summary)]
    };
    allowed(&decide(demand, &summary("", "")).await);
    for (member, value, code) in [
        ("id", "https://other.example", "summary-verifier-untrusted"),
        (
            "verificationResult",
            "FAILED",
            "summary-verification-failed",
        ),
        (
            "resourceUri",
            "https://acme.example/staging",
            "summary-resource-mismatch",
        ),
        (
            "verifiedLevels",
            "SLSA_BUILD_LEVEL_1",
            "summary-level-too-low",
        ),
        ("timeVerified", "2026-11-20T10:00:00Z", "document-too-old"),
        (
            "timeVerified",
            "2026-11-22T10:00:00Z",
            "document-time-in-future",
        ),
    ] {
        refused(&decide(demand, &summary(member, value)).await, code);
    }
}

#[tokio::test]
async fn a_simple_result_of_either_version_counts_by_its_properties() {
    let demand =
        "summary: {verifiers: ['https://verifier.example/v1'], levels: [SLSA_BUILD_LEVEL_2]}";
    let result = |policies: Value, property: &str| {
        json!({
            "verifier": {"id": "https://verifier.example/v1", "policies": policies}, "timeCreated": "2026-11-21T10:00:00Z",
            "properties": [property],
        })
    };
    let older = "https://in-toto.io/attestation/svr/v0.1";
    let newer = "https://in-toto.io/attestation/svr/v0.2";
    let reached = "SLSA_BUILD_LEVEL_3";
    for (kind, policies) in [(older, json!(null)), (newer, json!([]))] {
        allowed(&decide(demand, &[(kind, result(policies.clone(), reached))]).await);
        refused(
            &decide(demand, &[(kind, result(policies, "ACME_REVIEWED"))]).await,
            "summary-level-too-low",
        );
    }
    refused(
        &decide(demand, &[(newer, result(json!(null), reached))]).await,
        "document-malformed",
    );
    let unknown = "https://in-toto.io/attestation/svr/v0.3";
    refused(
        &decide(demand, &[(unknown, result(json!([]), reached))]).await,
        "document-missing",
    );
}

#[tokio::test]
async fn provenance_that_others_than_sigstore_must_have_signed_is_refused_as_such() {
    let site = Site::new(true).await;
    let body = "attestations: [{provenance: {builders: ['https://a.example']}, signedBy: {simple: {requirements: [{type: signedBy, \
                keySecret: k}]}}}]";
    refused(&site.decide_body(body).await, "policy-unsupported");
}

/// What a policy decides about summaries by one signer, each signed an hour after the one before it: verifier, resource and result.
async fn decide_in_order(demand: &str, summaries: &[(&str, &str, &str)]) -> Verdict {
    let mut site = Site::new(true).await;
    let hours = [
        ("2026-11-21T01:00:00Z", "20261121010500Z"),
        ("2026-11-21T02:00:00Z", "20261121020500Z"),
        ("2026-11-21T03:00:00Z", "20261121030500Z"),
    ];
    for (((verifier, resource, result), (from, stamp)), serial) in
        summaries.iter().zip(hours).zip(1..)
    {
        let summary = json!({
            "verifier": {"id": verifier}, "timeVerified": from, "resourceUri": resource, "verificationResult": result,
            "verifiedLevels": ["SLSA_BUILD_LEVEL_3"],
        });
        let made = Stamped {
            from,
            stamp,
            serial,
        };
        let referrer = stamped(&mut site, VSA, summary, &made);
        site.registry.push_referrer(REPOSITORY, &referrer);
    }
    let signers = "signedBy: {sigstore: {authorities: [{certificate: {caSecret: ca, dns: signer.example, tsaSecret: tsa}, \
                   timestamp: required}]}}";
    let body = format!("attestations: [{{{demand}, {signers}}}]");
    let rules = rules(&site.registry, &body);
    let now: Timestamp = "2026-11-21T12:00:00Z".parse().unwrap();
    let context =
        Context::new(&rules, &site.secrets, Arc::clone(&site.fetcher), now).in_namespace("n");
    Engine::default().decide(&site.tagged(), &context).await
}

#[tokio::test]
async fn a_summary_follows_only_one_of_the_same_verifier_about_the_same_resource() {
    const V: &str = "https://v.example";
    const W: &str = "https://w.example";
    const PROD: &str = "https://acme.example/prod";
    const DEV: &str = "https://acme.example/dev";
    let demand = |verifiers: &str, resources: &str| {
        format!("summary: {{verifiers: [{verifiers}], resources: ['{resources}']}}")
    };
    let both = format!("'{V}', '{W}'");
    let any = "https://acme.example/*";
    let (v_w, v_prod) = (demand(&both, any), demand(&format!("'{V}'"), PROD));
    // What somebody said since, of something else or in another name, takes no failure back.
    for (demand, last) in [
        (&v_w, (W, PROD)),
        (&v_w, (V, DEV)),
        (&v_prod, (V, DEV)),
        (&v_prod, (W, PROD)),
    ] {
        let said = [(V, PROD, "FAILED"), (last.0, last.1, "PASSED")];
        refused(
            &decide_in_order(demand, &said).await,
            "summary-verification-failed",
        );
        // And refuses nothing that passed.
        let said = [(V, PROD, "PASSED"), (last.0, last.1, "PASSED")];
        allowed(&decide_in_order(demand, &said).await);
    }
    let other = [(V, PROD, "PASSED"), (V, DEV, "FAILED"), (W, PROD, "FAILED")];
    allowed(&decide_in_order(&v_prod, &other).await);
    refused(
        &decide_in_order(&v_w, &other).await,
        "summary-verification-failed",
    );
    // The same verifier of the same resource does.
    let again = [(V, PROD, "FAILED"), (V, PROD, "PASSED")];
    allowed(&decide_in_order(&v_prod, &again).await);
    let again = [(V, PROD, "PASSED"), (V, PROD, "FAILED")];
    refused(
        &decide_in_order(&v_prod, &again).await,
        "summary-verification-failed",
    );
    refused(
        &decide_in_order(&v_prod, &[(V, DEV, "PASSED")]).await,
        "summary-resource-mismatch",
    );
    refused(
        &decide_in_order(&v_prod, &[(W, PROD, "PASSED")]).await,
        "summary-verifier-untrusted",
    );
}
