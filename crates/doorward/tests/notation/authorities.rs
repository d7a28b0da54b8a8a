//! What authorities say about the certificates of a signer.

use doorward::core::Class;
use doorward::{Decision, NoteKind};
use doorward_testkit::{CertificateBuilder, Certified, KeyKind, ListBuilder, ListedCertificate};

use crate::site::{NAME, NOW, STRICT, SUBJECT, Site, code};

pub(crate) const WEEK: i64 = 7 * 24 * 3600;

pub(crate) fn signer(site: &Site) -> Certified {
    let list = format!("http://{}/ca.crl", site.authority.address());
    CertificateBuilder::code_signer(NAME)
        .subject(SUBJECT)
        .serial(7)
        .lists(&[&list])
        .issued_by(&site.root)
}

pub(crate) fn publish(site: &Site, list: &ListBuilder) {
    site.authority.put_file("ca.crl", list.build());
}

pub(crate) fn list(site: &Site) -> ListBuilder {
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
async fn a_signer_who_was_revoked_is_refused_within_a_day_however_many_reviews_there_are() {
    let site = Site::new().await;
    publish(&site, &list(&site));
    site.sign(&site.envelope_by(&signer(&site)));
    let revoked = ListedCertificate {
        serial: 7,
        time: NOW,
        reason: None,
        invalid_since: None,
    };
    assert_eq!(site.decide(&site.tag()).await.decision(), Decision::Allow);
    publish(&site, &list(&site).entry(revoked));
    for hour in 1..24 {
        let verdict = site.decide_at(&site.tag(), NOW.plus(hour * 3600)).await;
        assert_eq!(verdict.decision(), Decision::Allow, "{hour}");
    }
    let verdict = site.decide_at(&site.tag(), NOW.plus(24 * 3600)).await;
    assert_eq!(code(&verdict), "notation-revoked");
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

#[tokio::test]
async fn an_answer_that_cannot_be_verified_displaces_none_that_was() {
    let site = Site::new().await;
    publish(&site, &list(&site));
    site.sign(&site.envelope_by(&signer(&site)));
    assert_eq!(site.decide(&site.tag()).await.decision(), Decision::Allow);
    // From tomorrow on a list is published that another authority signed, or that is none.
    let stranger = CertificateBuilder::authority("root").key(KeyKind::P256, 99);
    let stranger = stranger.self_signed();
    let foreign = ListBuilder::new(&stranger, NOW).build();
    for (day, junk) in [(1, foreign), (2, b"<html>".to_vec()), (3, Vec::new())] {
        site.authority.put_file("ca.crl", junk);
        let later = NOW.plus(day * 24 * 3600 + 3600);
        let verdict = site.decide_at(&site.tag(), later).await;
        assert_eq!(verdict.decision(), Decision::Allow, "{}", verdict.message());
    }
    // What was verified counts until it ends and no longer.
    let over = site.decide_at(&site.tag(), NOW.plus(WEEK + 1)).await;
    assert_eq!(code(&over), "notation-revocation-unknown");
}

#[tokio::test]
async fn a_complete_list_and_its_changes_are_asked_for_again_together() {
    let site = Site::new().await;
    let changes = format!("http://{}/changes.crl", site.authority.address());
    let at = |hours: i64| NOW.plus(hours * 3600);
    let base = |number, hours| {
        let list = list(&site).number(Some(number)).changes_at(&changes);
        list.holds(at(hours).plus(-60), Some(at(hours).plus(WEEK)))
    };
    let delta = |number, of, hours| {
        let list = list(&site).number(Some(number)).changes_to(of);
        let list = list.holds(at(hours).plus(-60), Some(at(hours + 4)));
        site.authority.put_file("changes.crl", list.build());
    };
    publish(&site, &base(5, 0));
    delta(6, 5, 0);
    site.sign(&site.envelope_by(&signer(&site)));
    assert_eq!(site.decide(&site.tag()).await.decision(), Decision::Allow);
    assert_eq!(site.authority.take_requests().len(), 2);
    // The issuer begins again: the old complete list does not go with the new changes.
    publish(&site, &base(9, 3));
    delta(10, 9, 3);
    let later = site.decide_at(&site.tag(), at(3)).await;
    assert_eq!(later.decision(), Decision::Allow, "{}", later.message());
    assert_eq!(site.authority.take_requests().len(), 2);
}

#[tokio::test]
async fn a_complete_list_that_decided_alone_is_not_held_against_the_changes_to_a_newer_one() {
    let site = Site::new().await;
    let changes = format!("http://{}/changes.crl", site.authority.address());
    let at = |hours: i64| NOW.plus(hours * 3600);
    let revoked = ListedCertificate {
        serial: 7,
        time: NOW.plus(-3600),
        reason: None,
        invalid_since: None,
    };
    let base = |number, hours| {
        let list = list(&site).number(Some(number)).changes_at(&changes);
        let list = list.entry(revoked);
        list.holds(at(hours).plus(-60), Some(at(hours).plus(WEEK)))
    };
    publish(&site, &base(5, 0));
    site.sign(&site.envelope_by(&signer(&site)));
    assert_eq!(code(&site.decide(&site.tag()).await), "notation-revoked");
    assert_eq!(site.authority.take_requests().len(), 1);
    // The issuer begins again, and a signer who was not revoked signs too.
    publish(&site, &base(9, 3));
    let delta = list(&site).number(Some(10)).changes_to(9);
    let delta = delta.holds(at(3).plus(-60), Some(at(7)));
    site.authority.put_file("changes.crl", delta.build());
    let address = format!("http://{}/ca.crl", site.authority.address());
    let other = CertificateBuilder::code_signer(NAME)
        .subject(SUBJECT)
        .serial(8)
        .lists(&[&address])
        .issued_by(&site.root);
    site.sign(&site.envelope_by(&other));
    let later = site.decide_at(&site.tag(), at(3)).await;
    assert_eq!(later.decision(), Decision::Allow, "{}", later.message());
}

#[tokio::test]
async fn an_older_answer_that_still_counts_never_hides_a_newer_one_that_revokes() {
    let site = Site::new().await;
    publish(&site, &list(&site));
    site.sign(&site.envelope_by(&signer(&site)));
    assert_eq!(site.decide(&site.tag()).await.decision(), Decision::Allow);
    let revoked = ListedCertificate {
        serial: 7,
        time: NOW,
        reason: None,
        invalid_since: None,
    };
    publish(&site, &list(&site).entry(revoked));
    let later = site.decide_at(&site.tag(), NOW.plus(25 * 3600)).await;
    assert_eq!(code(&later), "notation-revoked");
}

#[tokio::test]
async fn nobody_is_asked_about_a_signer_whom_the_policy_only_logs_as_untrusted() {
    let audit = "        level: audit\n        trustStores: [{type: ca, secret: acme}]\n        \
                 trustedIdentities: ['*']\n";
    let site = Site::under(audit).await;
    let stranger = CertificateBuilder::authority("stranger").self_signed();
    let list = format!("http://{}/ca.crl", site.authority.address());
    let leaf = CertificateBuilder::code_signer(NAME)
        .subject(SUBJECT)
        .lists(&[&list])
        .issued_by(&stranger);
    site.sign(&site.envelope_of(&[&leaf, &stranger]));
    let verdict = site.decide(&site.tag()).await;
    assert_eq!(verdict.decision(), Decision::Allow, "{}", verdict.message());
    assert!(site.authority.requests().is_empty());
    // What was not asked has not passed.
    let findings = verdict.notes().iter();
    let told = findings.filter(|note| note.kind == NoteKind::Finding);
    let told: Vec<String> = told.map(|note| note.to_string()).collect();
    assert!(
        told.iter()
            .any(|text| text.contains("`revocation`") && text.contains("nobody was asked")),
        "{told:?}"
    );
}

#[tokio::test]
async fn a_signer_who_is_only_logged_as_untrusted_is_asked_about_where_revocation_is_enforced() {
    let lines = "        level: audit\n        overrides: {revocation: enforce}\n        trustStores: [{type: ca, \
                 secret: acme}]\n        trustedIdentities: ['*']\n";
    let site = Site::under(lines).await;
    let stranger = CertificateBuilder::authority("stranger").self_signed();
    let list = format!("http://{}/ca.crl", site.authority.address());
    let leaf = CertificateBuilder::code_signer(NAME)
        .subject(SUBJECT)
        .lists(&[&list])
        .issued_by(&stranger);
    site.sign(&site.envelope_of(&[&leaf, &stranger]));
    let told = site.decide(&site.tag()).await;
    assert_eq!(code(&told), "notation-revocation-unknown");
    assert_eq!(site.authority.requests().len(), 1);
}

/// A policy with revocation lists beside the trust store.
const GIVEN: &str = "        trustStores: [{type: ca, secret: acme}]
        revocationSecrets: [{secret: lists}]
        trustedIdentities: ['*']
";

fn pem(list: &ListBuilder) -> String {
    use base64::Engine as _;
    let text = base64::engine::general_purpose::STANDARD.encode(list.build());
    format!("-----BEGIN X509 CRL-----\n{text}\n-----END X509 CRL-----\n")
}

#[tokio::test]
async fn a_list_that_is_given_decides_and_nobody_is_asked() {
    let mut site = Site::under(GIVEN).await;
    site.sign(&site.envelope_by(&signer(&site)));
    let good = pem(&list(&site));
    site.secret("lists", &[("acme.crl", &good)]);
    let verdict = site.decide(&site.tag()).await;
    assert_eq!(verdict.decision(), Decision::Allow, "{}", verdict.message());
    assert!(site.authority.requests().is_empty());
    // Another list, another verdict: what was proved by the old one is not remembered for it.
    let revoked = ListedCertificate {
        serial: 7,
        time: NOW.plus(-3600),
        reason: None,
        invalid_since: None,
    };
    let bad = pem(&list(&site).entry(revoked));
    site.secret("lists", &[("acme.crl", &bad)]);
    assert_eq!(code(&site.decide(&site.tag()).await), "notation-revoked");
    assert!(site.authority.requests().is_empty());
}

#[tokio::test]
async fn a_given_list_revokes_a_certificate_that_names_no_source() {
    let mut site = Site::under(GIVEN).await;
    let leaf = site.signer(CertificateBuilder::code_signer(NAME).serial(7));
    site.sign(&site.envelope_by(&leaf));
    let revoked = ListedCertificate {
        serial: 7,
        time: NOW.plus(-3600),
        reason: None,
        invalid_since: None,
    };
    let text = pem(&list(&site).entry(revoked));
    site.secret("lists", &[("acme.crl", &text)]);
    assert_eq!(code(&site.decide(&site.tag()).await), "notation-revoked");
}

#[tokio::test]
async fn a_given_list_that_has_ended_or_is_of_another_issuer_says_nothing() {
    let mut site = Site::under(GIVEN).await;
    site.sign(&site.envelope_by(&signer(&site)));
    let over = list(&site).holds(NOW.plus(-120), Some(NOW.plus(-60)));
    let stranger = CertificateBuilder::authority("root").key(KeyKind::P256, 99);
    let stranger = stranger.self_signed();
    let foreign = ListBuilder::new(&stranger, NOW);
    let (over, foreign) = (pem(&over), pem(&foreign));
    site.secret("lists", &[("over.crl", &over), ("foreign.crl", &foreign)]);
    let told = site.decide(&site.tag()).await;
    assert_eq!(code(&told), "notation-revocation-unknown");
    assert_eq!(site.authority.take_requests().len(), 1);
}

#[tokio::test]
async fn a_secret_that_holds_no_list_denies() {
    let mut site = Site::under(GIVEN).await;
    publish(&site, &list(&site));
    site.sign(&site.envelope_by(&signer(&site)));
    let told = site.decide(&site.tag()).await;
    assert_eq!(
        told.code().map(|code| code.class()),
        Some(Class::Configuration)
    );
    site.secret("lists", &[("acme.crl", "no list")]);
    let told = site.decide(&site.tag()).await;
    assert_eq!(code(&told), "notation-trust-store-invalid");
}

#[tokio::test]
async fn when_the_certificates_of_an_accepted_signer_end_is_known() {
    let site = Site::new().await;
    site.sign(&site.envelope());
    let verdict = site.decide(&site.tag()).await;
    assert_eq!(verdict.decision(), Decision::Allow, "{}", verdict.message());
    let [(scheme, expiry)] = verdict.expiries() else {
        panic!("{:?}", verdict.expiries());
    };
    assert_eq!(
        (scheme.as_str(), expiry.name.as_str()),
        ("notation", "certificates")
    );
    assert!(expiry.at > NOW);
}
