//! Trust policy files in place of policies of our own.

use doorward::{Decision, RecordedPolicies};
use doorward_testkit::{CertificateBuilder, Image};

use crate::site::{NOW, Site, code};

/// A statement of the level `strict` that accepts the signer of the site if the store has its root.
fn strict(name: &str, scope: &str, store: &str) -> String {
    format!(
        r#"{{"name": "{name}", "registryScopes": ["{scope}"], "signatureVerification": {{"level": "strict"}},
            "trustStores": ["ca:{store}"], "trustedIdentities": ["x509.subject: C=US, ST=WA, O=Acme"]}}"#
    )
}

fn skip(name: &str, scope: &str) -> String {
    format!(
        r#"{{"name": "{name}", "registryScopes": ["{scope}"], "signatureVerification": {{"level": "skip"}}}}"#
    )
}

async fn site(statements: &[String]) -> Site {
    let mut site = Site::new().await;
    site.govern_by_trust_policy(&statements.join(","));
    site
}

#[tokio::test]
async fn an_image_that_the_statement_for_its_repository_accepts_is_allowed_and_pinned() {
    let site = site(&[strict("app", "REPOSITORY", "acme")]).await;
    site.sign(&site.envelope());
    for image in [site.tag(), site.by_digest()] {
        let verdict = site.decide(&image).await;
        assert_eq!(verdict.decision(), Decision::Allow, "{}", verdict.message());
        assert_eq!(verdict.replacement().unwrap().to_string(), site.by_digest());
        let rule = &verdict.rules()[0];
        assert_eq!(rule.kind, "NotationTrustPolicy");
        assert_eq!(
            (rule.name.as_str(), rule.entry.as_str()),
            ("trustpolicy.json", "app")
        );
    }
}

#[tokio::test]
async fn an_image_without_a_signature_or_with_one_by_somebody_else_is_refused() {
    let site = site(&[strict("all", "*", "acme")]).await;
    assert_eq!(
        code(&site.decide(&site.tag()).await),
        "notation-no-signature"
    );
    let stranger = CertificateBuilder::authority("stranger").self_signed();
    let leaf = CertificateBuilder::code_signer("leaf").issued_by(&stranger);
    site.sign(&site.envelope_of(&[&leaf, &stranger]));
    assert_eq!(
        code(&site.decide(&site.tag()).await),
        "notation-untrusted-root"
    );
}

#[tokio::test]
async fn the_exact_repository_beats_the_star_in_both_directions() {
    for (exact, star, allowed) in [("acme", "other", true), ("other", "acme", false)] {
        for exact_first in [true, false] {
            let mut statements = vec![strict("app", "REPOSITORY", exact), strict("all", "*", star)];
            if !exact_first {
                statements.reverse();
            }
            let site = site(&statements).await;
            site.sign(&site.envelope());
            let verdict = site.decide(&site.tag()).await;
            if allowed {
                assert_eq!(verdict.decision(), Decision::Allow, "{}", verdict.message());
            } else {
                assert_eq!(code(&verdict), "notation-untrusted-root");
            }
            assert_eq!(verdict.rules()[0].entry, "app");
        }
    }
}

#[tokio::test]
async fn a_skipped_repository_is_allowed_as_expressly_unchecked_and_never_pinned() {
    let site = site(&[skip("legacy", "REPOSITORY"), strict("all", "*", "acme")]).await;
    let verdict = site.decide(&site.tag()).await;
    assert_eq!(verdict.decision(), Decision::Allow, "{}", verdict.message());
    assert!(verdict.replacement().is_none());
    assert!(verdict.requirements().is_empty());
    assert_eq!(verdict.rules()[0].entry, "legacy");
    // The next repository is not skipped.
    let next = site.push("next", &Image::sample("next"));
    assert_eq!(code(&site.decide(&next).await), "notation-no-signature");
}

#[tokio::test]
async fn a_repository_that_no_statement_names_is_denied_whatever_is_signed() {
    for statements in [
        [strict("below", "REPOSITORY/web", "acme")],
        [skip("below", "REPOSITORY/web")],
        [strict("elsewhere", "registry.example/team/app", "acme")],
    ] {
        let site = site(&statements).await;
        site.sign(&site.envelope());
        for image in [site.tag(), site.by_digest()] {
            let verdict = site.decide(&image).await;
            assert_eq!(code(&verdict), "notation-policy-no-match");
        }
    }
}

#[tokio::test]
async fn a_store_that_cannot_be_read_denies_where_a_statement_names_it_and_nowhere_else() {
    for (store, expected) in [
        ("gone", "notation-trust-store-invalid"),
        ("absent", "notation-trust-store-invalid"),
    ] {
        let named = site(&[strict("app", "REPOSITORY", store)]).await;
        named.sign(&named.envelope());
        assert_eq!(code(&named.decide(&named.tag()).await), expected, "{store}");
    }
    let beside = site(&[
        strict("app", "REPOSITORY", "acme"),
        strict("all", "*", "gone"),
    ])
    .await;
    beside.sign(&beside.envelope());
    let verdict = beside.decide(&beside.tag()).await;
    assert_eq!(verdict.decision(), Decision::Allow, "{}", verdict.message());
}

#[tokio::test]
async fn a_good_store_beside_one_that_cannot_be_read_is_not_enough() {
    let both =
        strict("app", "REPOSITORY", "acme").replace(r#""ca:acme""#, r#""ca:acme", "ca:gone""#);
    let site = site(&[both]).await;
    site.sign(&site.envelope());
    assert_eq!(
        code(&site.decide(&site.tag()).await),
        "notation-trust-store-invalid"
    );
}

#[tokio::test]
async fn a_decision_that_is_recorded_says_that_its_rules_are_a_trust_policy() {
    let site = site(&[strict("app", "REPOSITORY", "acme")]).await;
    site.sign(&site.envelope());
    let recorded = site
        .record(&site.tag(), NOW, &RecordedPolicies::default())
        .await;
    assert_eq!(recorded.verdicts[0].decision(), Decision::Allow);
    let transcript = recorded.transcript().unwrap();
    assert_eq!(
        transcript.settings.get("rules").map(String::as_str),
        Some("notation")
    );
    let refused = doorward::Replaying::new(transcript).unwrap_err();
    assert!(matches!(refused, doorward::ReplayError::Rules { kind } if kind == "notation"));
}
