//! Levels, overrides and several statements.

use doorward::{Decision, NoteKind};
use doorward_testkit::CertificateBuilder;

use crate::site::{NAME, NOW, Site, code};

const DAY: i64 = 24 * 3600;

fn two(require: &str) -> String {
    format!(
        "        require: {require}
        statements:
        - name: build
          trustStores: [{{type: ca, secret: acme}}]
          trustedIdentities: ['x509.subject: C=US, ST=WA, O=Acme']
        - name: security
          trustStores: [{{type: ca, secret: auditors}}]
          trustedIdentities: ['*']
"
    )
}

#[tokio::test]
async fn as_many_statements_must_be_met_as_the_policy_says() {
    for (require, by_one, by_none) in [
        ("all", "notation-untrusted-root", "notation-no-signature"),
        ("2", "notation-untrusted-root", "notation-no-signature"),
        ("any", "", "notation-no-signature"),
        ("1", "", "notation-no-signature"),
    ] {
        let mut site = Site::under(&two(require)).await;
        let auditor = CertificateBuilder::authority("auditor").self_signed();
        site.secret("auditors", &[("root.pem", &auditor.pem())]);
        let verdict = site.decide(&site.tag()).await;
        assert_eq!(code(&verdict), by_none, "{require}");
        site.sign(&site.envelope());
        let verdict = site.decide(&site.tag()).await;
        if by_one.is_empty() {
            assert_eq!(verdict.decision(), Decision::Allow, "{require}");
        } else {
            assert_eq!(code(&verdict), by_one, "{require}");
        }
        let leaf = CertificateBuilder::code_signer("scan").issued_by(&auditor);
        site.sign(&site.envelope_of(&[&leaf, &auditor]));
        let verdict = site.decide(&site.tag()).await;
        assert_eq!(
            verdict.decision(),
            Decision::Allow,
            "{require} {}",
            verdict.message()
        );
    }
}

#[tokio::test]
async fn a_failure_that_is_only_logged_is_a_warning_and_never_silence() {
    let strict = Site::new().await;
    strict.sign(&strict.envelope().expires(NOW));
    assert_eq!(
        code(&strict.decide(&strict.tag()).await),
        "notation-expired"
    );

    let lenient = Site::under(
        "        overrides: {expiry: log}
        trustStores: [{type: ca, secret: acme}]
        trustedIdentities: ['x509.subject: C=US, ST=WA, O=Acme']
",
    )
    .await;
    lenient.sign(&lenient.envelope().expires(NOW));
    let verdict = lenient.decide(&lenient.tag()).await;
    assert_eq!(verdict.decision(), Decision::Allow, "{}", verdict.message());
    let findings = verdict
        .notes()
        .iter()
        .filter(|note| note.kind == NoteKind::Finding);
    assert_eq!(findings.count(), 1, "{:?}", verdict.notes());
}

#[tokio::test]
async fn a_signature_counts_until_the_second_before_its_expiry_and_so_does_its_proof() {
    let site = Site::new().await;
    site.sign(&site.envelope().expires(NOW.plus(10)));
    let tag = site.tag();
    assert_eq!(site.decide(&tag).await.decision(), Decision::Allow);
    let at = |after| site.decide_at(&tag, NOW.plus(after));
    assert_eq!(at(9).await.decision(), Decision::Allow);
    assert_eq!(code(&at(10).await), "notation-expired");
    assert_eq!(code(&at(DAY).await), "notation-expired");
}

#[tokio::test]
async fn a_signature_must_say_what_the_policy_demands() {
    let site = Site::under(
        "        userMetadata: {build: '42'}
        trustStores: [{type: ca, secret: acme}]
        trustedIdentities: ['*']
",
    )
    .await;
    site.sign(&site.envelope());
    assert_eq!(
        code(&site.decide(&site.tag()).await),
        "notation-user-metadata"
    );
    site.sign(&site.envelope().metadata("build", "43"));
    let verdict = site.decide(&site.tag()).await;
    assert_eq!(code(&verdict), "notation-no-accepted-signature");
    site.sign(&site.envelope().metadata("build", "42"));
    let verdict = site.decide(&site.tag()).await;
    assert_eq!(verdict.decision(), Decision::Allow, "{}", verdict.message());
}

#[tokio::test]
async fn a_trust_store_that_cannot_be_used_denies_whatever_is_signed() {
    let key = "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n";
    let leaf = CertificateBuilder::code_signer(NAME)
        .issued_by(&CertificateBuilder::authority("x").self_signed());
    let mut site = Site::new().await;
    site.sign(&site.envelope());
    let root = site.root.pem();
    for items in [
        vec![],
        vec![("root.crt", "")],
        vec![("root.crt", "no certificate")],
        vec![("root.crt", root.as_str()), ("tls.key", key)],
        vec![("root.crt", root.as_str()), ("leaf.crt", &leaf.pem())],
    ] {
        site.secret("acme", &items);
        let verdict = site.decide(&site.tag()).await;
        assert_eq!(code(&verdict), "notation-trust-store-invalid", "{items:?}");
    }
    site.govern(
        "        trustStores: [{type: ca, secret: gone}]\n        trustedIdentities: ['*']\n",
        "",
    );
    assert_eq!(code(&site.decide(&site.tag()).await), "secret-not-found");
}
