//! What authorities say about the certificates of a signer.

use doorward::core::Class;
use doorward::{Decision, NoteKind};
use doorward_testkit::{CertificateBuilder, Certified, ListBuilder, ListedCertificate};

use crate::site::{NAME, NOW, STRICT, SUBJECT, Site, code};

const WEEK: i64 = 7 * 24 * 3600;

fn signer(site: &Site) -> Certified {
    let list = format!("http://{}/ca.crl", site.authority.address());
    CertificateBuilder::code_signer(NAME)
        .subject(SUBJECT)
        .serial(7)
        .lists(&[&list])
        .issued_by(&site.root)
}

fn publish(site: &Site, list: &ListBuilder) {
    site.authority.put_file("ca.crl", list.build());
}

fn list(site: &Site) -> ListBuilder {
    ListBuilder::new(&site.root, NOW).holds(NOW.plus(-60), Some(NOW.plus(WEEK)))
}

#[tokio::test]
async fn a_signer_that_was_not_revoked_is_accepted_and_the_list_is_asked_for_once() {
    let site = Site::new().await;
    publish(&site, &list(&site));
    site.sign(&site.envelope_by(&signer(&site)));
    let verdict = site.decide(&site.tag()).await;
    assert_eq!(verdict.decision(), Decision::Allow, "{}", verdict.message());
    // Proofs are remembered for five minutes, the list for longer.
    let later = site.decide_at(&site.tag(), NOW.plus(3600)).await;
    assert_eq!(later.decision(), Decision::Allow, "{}", later.message());
    assert_eq!(site.authority.take_requests().len(), 1);
    // It is asked for again within a day.
    let tomorrow = site.decide_at(&site.tag(), NOW.plus(25 * 3600)).await;
    assert_eq!(tomorrow.decision(), Decision::Allow);
    assert_eq!(site.authority.take_requests().len(), 1);
    // What still holds counts where nothing newer can be had, and no longer.
    site.authority.clear();
    let old = site.decide_at(&site.tag(), NOW.plus(3 * 24 * 3600)).await;
    assert_eq!(old.decision(), Decision::Allow, "{}", old.message());
    let over = site.decide_at(&site.tag(), NOW.plus(WEEK + 1)).await;
    assert_eq!(code(&over), "notation-revocation-unknown");
}

#[tokio::test]
async fn a_revoked_signer_is_refused() {
    let site = Site::new().await;
    let revoked = ListedCertificate {
        serial: 7,
        time: NOW.plus(-3600),
        reason: None,
        invalid_since: None,
    };
    publish(&site, &list(&site).entry(revoked));
    site.sign(&site.envelope_by(&signer(&site)));
    assert_eq!(code(&site.decide(&site.tag()).await), "notation-revoked");
}

#[tokio::test]
async fn a_revoked_signer_behind_an_authority_that_cannot_be_asked_is_never_admitted() {
    let mut site = Site::new().await;
    site.sign(&site.envelope_by(&signer(&site)));
    // An outage that a policy forgives is one of a registry.
    site.govern(STRICT, "      onUnavailable: warn\n");
    let told = site.decide(&site.tag()).await;
    assert_eq!(code(&told), "notation-revocation-unknown");
    assert_eq!(told.code().unwrap().class(), Class::Untrusted);
    site.authority.stop();
    let told = site.decide(&site.tag()).await;
    assert_eq!(code(&told), "notation-revocation-unknown");
    assert_ne!(told.decision(), Decision::Allow);
}

#[tokio::test]
async fn a_policy_may_log_or_skip_revocation_and_then_nothing_is_asked_or_nothing_is_silent() {
    let lines = |action: &str| {
        format!(
            "        overrides: {{revocation: {action}}}\n        trustStores: [{{type: ca, secret: acme}}]\n        \
             trustedIdentities: ['*']\n"
        )
    };
    let site = Site::under(&lines("log")).await;
    site.sign(&site.envelope_by(&signer(&site)));
    let verdict = site.decide(&site.tag()).await;
    assert_eq!(verdict.decision(), Decision::Allow, "{}", verdict.message());
    let findings = verdict.notes().iter();
    assert!(
        findings.clone().any(|note| note.kind == NoteKind::Finding),
        "{findings:?}"
    );

    let site = Site::under(&lines("skip")).await;
    site.sign(&site.envelope_by(&signer(&site)));
    assert_eq!(site.decide(&site.tag()).await.decision(), Decision::Allow);
    assert!(site.authority.requests().is_empty());
}

#[tokio::test]
async fn nobody_is_asked_about_a_signer_who_is_not_trusted() {
    let site = Site::new().await;
    let stranger = CertificateBuilder::authority("stranger").self_signed();
    let list = format!("http://{}/ca.crl", site.authority.address());
    let leaf = CertificateBuilder::code_signer(NAME)
        .subject(SUBJECT)
        .lists(&[&list])
        .issued_by(&stranger);
    site.sign(&site.envelope_of(&[&leaf, &stranger]));
    assert_eq!(
        code(&site.decide(&site.tag()).await),
        "notation-untrusted-root"
    );
    assert!(site.authority.requests().is_empty());
}
