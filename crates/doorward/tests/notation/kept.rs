//! What is kept of authorities' answers, against a network that gives older ones again.

use std::sync::Arc;

use doorward::Decision;
use doorward::core::{Fetch, FetchFuture, Fetcher};
use doorward_testkit::{
    CertificateBuilder, EnvelopeBuilder, Image, KeyKind, ListedCertificate, OcspBuilder, OcspSays,
};

use crate::authorities::{WEEK, list, publish, signer};
use crate::site::{NAME, NOW, STRICT, SUBJECT, Site, code};

pub(crate) const HOUR: i64 = 3600;
pub(crate) const DAY: i64 = 24 * HOUR;

pub(crate) const fn entry(reason: Option<u8>) -> ListedCertificate {
    ListedCertificate {
        serial: 7,
        time: NOW,
        reason,
        invalid_since: None,
    }
}

pub(crate) async fn allows(site: &Site, after: i64) {
    let verdict = site.decide_at(&site.tag(), NOW.plus(after)).await;
    assert_eq!(verdict.decision(), Decision::Allow, "{}", verdict.message());
}

pub(crate) async fn says_revoked(site: &Site, after: i64) {
    let verdict = site.decide_at(&site.tag(), NOW.plus(after)).await;
    assert_eq!(code(&verdict), "notation-revoked");
}

/// Where a responder is asked that is out, by how the path begins.
pub(crate) async fn path_asked(site: &Site, begins: &str) -> String {
    let verdict = site.decide(&site.tag()).await;
    assert_eq!(code(&verdict), "notation-revocation-unknown");
    let asked = site.authority.take_requests();
    let lines: Vec<String> = asked.iter().map(|request| request.line()).collect();
    let paths = lines.iter().filter_map(|line| line.split(' ').nth(1));
    let path = paths.rev().find(|path| path.starts_with(begins)).unwrap();
    path.trim_start_matches('/')
        .replace("%2B", "+")
        .replace("%3D", "=")
        .replace("%2F", "/")
}

#[tokio::test]
async fn a_signer_who_was_revoked_is_not_brought_back_by_giving_an_older_list_again() {
    for ahead in [false, true] {
        let site = Site::new().await;
        site.sign(&site.envelope_by(&signer(&site)));
        let good = list(&site).number(Some(1));
        publish(&site, &good);
        allows(&site, 0).await;
        let newer = list(&site).number(Some(2)).entry(entry(None));
        publish(
            &site,
            &newer.holds(NOW.plus(DAY), Some(NOW.plus(DAY + WEEK))),
        );
        says_revoked(&site, DAY + HOUR).await;
        publish(&site, &good);
        for days in 2..7 {
            let after = days * DAY + 2 * HOUR;
            if ahead {
                assert_eq!(site.ask_ahead(NOW.plus(after)).await, 1);
            }
            site.authority.take_requests();
            says_revoked(&site, after).await;
            // Reviews ask by themselves, unless that was done for them.
            assert!(ahead || !site.authority.take_requests().is_empty());
        }
    }
}

#[tokio::test]
async fn a_hold_that_was_taken_off_by_a_newer_list_is_off() {
    let site = Site::new().await;
    site.sign(&site.envelope_by(&signer(&site)));
    let held = list(&site).number(Some(1)).entry(entry(Some(6)));
    publish(&site, &held);
    let verdict = site.decide(&site.tag()).await;
    assert_eq!(code(&verdict), "notation-on-hold");
    let newer = list(&site).number(Some(2));
    publish(
        &site,
        &newer.holds(NOW.plus(DAY), Some(NOW.plus(DAY + WEEK))),
    );
    allows(&site, DAY + HOUR).await;
    publish(&site, &held);
    allows(&site, 2 * DAY + 2 * HOUR).await;
}

#[tokio::test]
async fn a_signer_who_was_revoked_is_not_brought_back_by_an_older_answer_of_a_responder() {
    let site = Site::new().await;
    let address = format!("http://{}", site.authority.address());
    let leaf = CertificateBuilder::code_signer(NAME)
        .subject(SUBJECT)
        .serial(7)
        .ocsp(&[&address])
        .issued_by(&site.root);
    site.sign(&site.envelope_by(&leaf));
    let path = path_asked(&site, "/").await;
    let says = |says, from: i64| {
        OcspBuilder::new(&leaf, &site.root, says, NOW.plus(from))
            .holds(NOW.plus(from), Some(NOW.plus(from + WEEK)))
            .build()
    };
    let good = says(OcspSays::Good, 0);
    site.authority.put_file(&path, good.clone());
    allows(&site, 0).await;
    let revoked = says(OcspSays::Revoked(NOW, None, None), DAY);
    site.authority.put_file(&path, revoked);
    says_revoked(&site, DAY + HOUR).await;
    site.authority.put_file(&path, good);
    says_revoked(&site, 2 * DAY + 2 * HOUR).await;
}

#[tokio::test]
async fn a_signer_whom_changes_revoked_is_not_brought_back_by_older_changes() {
    let site = Site::new().await;
    site.sign(&site.envelope_by(&signer(&site)));
    let address = format!("http://{}/changes.crl", site.authority.address());
    publish(&site, &list(&site).number(Some(5)).changes_at(&address));
    let changes = |number, from: i64| {
        let list = list(&site).number(Some(number)).changes_to(5);
        list.holds(NOW.plus(from), Some(NOW.plus(from + 3 * DAY)))
    };
    let older = changes(6, 0).build();
    site.authority.put_file("changes.crl", older.clone());
    allows(&site, 0).await;
    let newer = changes(7, HOUR).entry(entry(None)).build();
    site.authority.put_file("changes.crl", newer);
    says_revoked(&site, DAY + HOUR).await;
    site.authority.put_file("changes.crl", older);
    says_revoked(&site, 2 * DAY + 3 * HOUR).await;
}

#[tokio::test]
async fn a_signer_whom_a_complete_list_revoked_without_its_changes_is_not_brought_back() {
    let site = Site::new().await;
    site.sign(&site.envelope_by(&signer(&site)));
    let address = format!("http://{}/changes.crl", site.authority.address());
    let older = list(&site).number(Some(5)).changes_at(&address);
    publish(&site, &older);
    let changes = list(&site).number(Some(6)).changes_to(5);
    site.authority.put_file("changes.crl", changes.build());
    allows(&site, 0).await;
    let newer = list(&site).number(Some(9)).changes_at(&address);
    publish(&site, &newer.entry(entry(None)));
    says_revoked(&site, DAY + HOUR).await;
    // It is asked for each time, and what it revokes stays so.
    publish(&site, &older);
    site.authority.take_requests();
    says_revoked(&site, DAY + 2 * HOUR).await;
    assert!(!site.authority.take_requests().is_empty());
    site.authority.clear();
    says_revoked(&site, DAY + 3 * HOUR).await;
}

#[tokio::test]
async fn junk_that_came_ahead_keeps_no_review_from_asking_by_itself() {
    let site = Site::new().await;
    site.sign(&site.envelope_by(&signer(&site)));
    publish(&site, &list(&site));
    allows(&site, 0).await;
    site.authority.put_file("ca.crl", b"junk".to_vec());
    assert_eq!(site.ask_ahead(NOW.plus(25 * HOUR)).await, 1);
    // The first review is given it, and what counts beside it.
    allows(&site, 25 * HOUR).await;
    publish(&site, &list(&site).entry(entry(None)));
    says_revoked(&site, 26 * HOUR).await;
}

#[tokio::test]
async fn a_tenant_with_large_lists_drives_out_no_list_that_another_relies_on() {
    let mut site = Site::new().await;
    site.sign(&site.envelope_by(&signer(&site)));
    publish(&site, &list(&site));
    allows(&site, 0).await;
    site.govern_by_trust_policy(
        r#"{"name": "all", "registryScopes": ["*"], "signatureVerification": {"level": "strict"},
            "trustStores": ["ca:acme"], "trustedIdentities": ["*"]}"#,
    );
    let later = NOW.plus(HOUR);
    for number in 0..3 {
        let path = format!("large{number}.crl");
        let large = list(&site).extension("1.2.3.4.5", false, &vec![4; 15 << 20]);
        site.authority.put_file(&path, large.build());
        let url = format!("http://{}/{path}", site.authority.address());
        let leaf = site.signer(CertificateBuilder::code_signer(NAME).lists(&[&url]));
        let image = Image::sample(&path);
        let target = image.manifest().descriptor();
        let name = format!("large{number}");
        let reference = site.push(&name, &image);
        let envelope = EnvelopeBuilder::new(&[&leaf, &site.root], &target).build();
        site.registry
            .push_referrer(&format!("team/{name}"), &envelope.attached_to(&target));
        let verdict = site.decide_in("tenant", &reference, later).await;
        assert_eq!(verdict.decision(), Decision::Allow, "{}", verdict.message());
    }
    // The authority is out, and what is kept bridges that.
    site.govern(STRICT, "");
    site.authority.clear();
    allows(&site, 2 * HOUR).await;
}

#[tokio::test]
async fn a_tenant_whose_own_authority_names_the_list_of_another_has_nobody_ask_again() {
    let mut site = Site::new().await;
    site.sign(&site.envelope_by(&signer(&site)));
    publish(&site, &list(&site));
    allows(&site, 0).await;
    let own = CertificateBuilder::authority("own")
        .key(KeyKind::P256, 77)
        .self_signed();
    let url = format!("http://{}/ca.crl", site.authority.address());
    let leaf = CertificateBuilder::code_signer(NAME).lists(&[&url]);
    let leaf = leaf.subject(SUBJECT).issued_by(&own);
    let image = Image::sample("tenant");
    let target = image.manifest().descriptor();
    let reference = site.push("tenant", &image);
    let envelope = EnvelopeBuilder::new(&[&leaf, &own], &target).build();
    site.registry
        .push_referrer("team/tenant", &envelope.attached_to(&target));
    site.secret("tenant", &[("root.pem", &own.pem())]);
    site.govern(
        "        trustStores: [{type: ca, secret: tenant}]\n        trustedIdentities: ['*']\n",
        "",
    );
    let verdict = site.decide_at(&reference, NOW.plus(600)).await;
    assert_eq!(code(&verdict), "notation-revocation-unknown");
    site.govern(STRICT, "");
    site.authority.clear();
    site.authority.take_requests();
    for hours in 1..6 {
        allows(&site, hours * HOUR).await;
    }
    assert!(site.authority.take_requests().is_empty());
}

#[tokio::test]
async fn a_review_that_is_recorded_goes_by_what_is_kept_and_so_does_its_replay() {
    let site = Site::new().await;
    site.sign(&site.envelope_by(&signer(&site)));
    let good = list(&site).number(Some(1));
    publish(&site, &good);
    // It keeps what it verified, as any other.
    let verdict = site.recorded_at(&site.tag(), NOW).await;
    assert_eq!(verdict.decision(), Decision::Allow, "{}", verdict.message());
    site.authority.clear();
    site.authority.take_requests();
    allows(&site, HOUR).await;
    let verdict = site.recorded_at(&site.tag(), NOW.plus(2 * HOUR)).await;
    assert_eq!(verdict.decision(), Decision::Allow, "{}", verdict.message());
    assert!(site.authority.take_requests().is_empty());
    // The authority is asked again after a day, and is still silent.
    let verdict = site.recorded_at(&site.tag(), NOW.plus(DAY + HOUR)).await;
    assert_eq!(verdict.decision(), Decision::Allow, "{}", verdict.message());
    assert!(!site.authority.take_requests().is_empty());
    let newer = list(&site).number(Some(2)).entry(entry(None));
    publish(&site, &newer);
    let later = NOW.plus(2 * DAY + HOUR);
    assert_eq!(
        code(&site.recorded_at(&site.tag(), later).await),
        "notation-revoked"
    );
    // The older one is given again, beside which the newer one is on record.
    publish(&site, &good);
    let later = NOW.plus(3 * DAY + 2 * HOUR);
    assert_eq!(
        code(&site.recorded_at(&site.tag(), later).await),
        "notation-revoked"
    );
}

/// Panics where it is asked for a list.
struct Panics(Arc<dyn Fetcher>);

impl Fetcher for Panics {
    fn fetch<'a>(&'a self, fetch: &'a Fetch) -> FetchFuture<'a> {
        Box::pin(async move {
            assert!(fetch.resource.kind() != "revocation", "a fetch that panics");
            self.0.fetch(fetch).await
        })
    }
}

#[tokio::test]
async fn a_fetch_that_panics_ends_no_round_and_takes_no_answer_away_that_counts() {
    let mut site = Site::new().await;
    site.sign(&site.envelope_by(&signer(&site)));
    publish(&site, &list(&site));
    allows(&site, 0).await;
    site.wrap(|inner| Arc::new(Panics(inner)));
    assert_eq!(site.ask_ahead(NOW.plus(25 * HOUR)).await, 1);
    // Reviews ask by themselves, and panic alike.
    allows(&site, 26 * HOUR).await;
}
