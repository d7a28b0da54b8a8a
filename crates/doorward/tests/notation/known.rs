//! What is known to be revoked, against a network that gives older answers again.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use doorward::Decision;
use doorward::core::{Fetch, FetchFuture, Fetched, Fetcher};
use doorward_testkit::{CertificateBuilder, Certified, ListBuilder, OcspBuilder, OcspSays};
use tokio::sync::Notify;

use crate::authorities::{WEEK, list, publish, signer};
use crate::kept::{DAY, HOUR, allows, entry, path_asked, says_revoked};
use crate::site::{NAME, NOW, SUBJECT, Site, code};

/// The second list, which revokes the signer for good.
fn revoking(site: &Site, from: i64, until: Option<i64>) -> ListBuilder {
    let newer = list(site).number(Some(2)).entry(entry(Some(1)));
    newer.holds(NOW.plus(from), until.map(|until| NOW.plus(until)))
}

fn good(site: &Site) -> ListBuilder {
    list(site).number(Some(1))
}

#[tokio::test]
async fn a_review_whose_clock_is_behind_brings_back_nobody_who_was_revoked() {
    let site = Site::new().await;
    site.sign(&site.envelope_by(&signer(&site)));
    publish(&site, &good(&site));
    allows(&site, 0).await;
    publish(&site, &revoking(&site, DAY, Some(DAY + WEEK)));
    says_revoked(&site, DAY + HOUR).await;
    publish(&site, &good(&site));
    for after in [DAY + HOUR - 1, DAY, DAY + 2 * HOUR, 6 * DAY] {
        says_revoked(&site, after).await;
    }
}

/// Holds back the first question about revocation until it is let go, and then answers with something old.
struct Gate {
    inner: Arc<dyn Fetcher>,
    old: Vec<u8>,
    is_first: AtomicBool,
    reached: Arc<Notify>,
    let_go: Arc<Notify>,
}

impl Fetcher for Gate {
    fn fetch<'a>(&'a self, fetch: &'a Fetch) -> FetchFuture<'a> {
        Box::pin(async move {
            if fetch.resource.kind() == "revocation" && self.is_first.swap(false, Ordering::SeqCst)
            {
                self.reached.notify_one();
                self.let_go.notified().await;
                return Ok(Fetched::new(self.old.clone(), None, "an old cache"));
            }
            self.inner.fetch(fetch).await
        })
    }
}

#[tokio::test]
async fn a_review_that_began_earlier_displaces_no_revocation_with_what_it_was_given_late() {
    for begun in [HOUR, HOUR - 1] {
        let mut site = Site::new().await;
        site.sign(&site.envelope_by(&signer(&site)));
        publish(&site, &revoking(&site, -1, Some(WEEK)));
        let (reached, let_go) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
        let old = good(&site).build();
        let gate = (Arc::clone(&reached), Arc::clone(&let_go));
        site.wrap(move |inner| {
            let (reached, let_go) = gate;
            Arc::new(Gate {
                inner,
                old,
                is_first: true.into(),
                reached,
                let_go,
            })
        });
        let tag = site.tag();
        let quick = async {
            reached.notified().await;
            says_revoked(&site, HOUR).await;
            let_go.notify_one();
        };
        let _ = tokio::join!(site.decide_at(&tag, NOW.plus(begun)), quick);
        says_revoked(&site, HOUR + 600).await;
    }
}

#[tokio::test]
async fn what_a_list_revoked_for_good_stays_revoked_after_it_has_ended() {
    for until in [Some(2 * DAY), None] {
        let site = Site::new().await;
        site.sign(&site.envelope_by(&signer(&site)));
        publish(&site, &good(&site));
        allows(&site, 0).await;
        publish(&site, &revoking(&site, DAY, until));
        says_revoked(&site, DAY + HOUR).await;
        publish(&site, &good(&site));
        for after in [DAY + 2 * HOUR, 2 * DAY + HOUR, 6 * DAY] {
            says_revoked(&site, after).await;
        }
        // So it is in a review that is recorded, and in its replay.
        let verdict = site.recorded_at(&site.tag(), NOW.plus(6 * DAY)).await;
        assert_eq!(code(&verdict), "notation-revoked");
    }
}

#[tokio::test]
async fn what_ended_is_good_for_nobody() {
    let site = Site::new().await;
    site.sign(&site.envelope_by(&signer(&site)));
    publish(&site, &good(&site));
    allows(&site, 0).await;
    site.authority.clear();
    let verdict = site.decide_at(&site.tag(), NOW.plus(WEEK + 1)).await;
    assert_eq!(code(&verdict), "notation-revocation-unknown");
    // A hold ends with the list.
    let site = Site::new().await;
    site.sign(&site.envelope_by(&signer(&site)));
    let held = list(&site).number(Some(1)).entry(entry(Some(6)));
    publish(&site, &held.holds(NOW, Some(NOW.plus(DAY))));
    let verdict = site.decide(&site.tag()).await;
    assert_eq!(verdict.decision(), Decision::Deny);
    publish(&site, &list(&site).number(Some(2)));
    allows(&site, DAY + HOUR).await;
}

/// A signer whose certificate names these, and is on top of the site's root.
fn signer_of(site: &Site, responder: Option<&str>, lists: &[&str]) -> Certified {
    let builder = CertificateBuilder::code_signer(NAME)
        .subject(SUBJECT)
        .serial(7)
        .lists(lists);
    match responder {
        Some(address) => builder.ocsp(&[address]),
        None => builder,
    }
    .issued_by(&site.root)
}

#[tokio::test]
async fn what_a_second_list_revoked_for_good_is_revoked_whatever_the_first_says() {
    let site = Site::new().await;
    let url = |name: &str| format!("http://{}/{name}", site.authority.address());
    let leaf = signer_of(&site, None, &[&url("one.crl"), &url("two.crl")]);
    site.sign(&site.envelope_by(&leaf));
    let newer = revoking(&site, HOUR, Some(DAY)).build();
    site.authority.put_file("two.crl", newer);
    says_revoked(&site, 2 * HOUR).await;
    site.authority.put_file("one.crl", good(&site).build());
    for after in [3 * HOUR, 2 * DAY] {
        says_revoked(&site, after).await;
    }
    let verdict = site.recorded_at(&site.tag(), NOW.plus(2 * DAY)).await;
    assert_eq!(code(&verdict), "notation-revoked");
}

#[tokio::test]
async fn what_a_list_revoked_for_good_is_revoked_whatever_a_responder_says_and_the_other_way_round()
{
    for says_list in [true, false] {
        let site = Site::new().await;
        let address = format!("http://{}", site.authority.address());
        let list_address = format!("{address}/ca.crl");
        let leaf = signer_of(&site, Some(&address), &[&list_address]);
        site.sign(&site.envelope_by(&leaf));
        let path = path_asked(&site, "/M").await;
        let response = |says, until| {
            OcspBuilder::new(&leaf, &site.root, says, NOW)
                .holds(NOW, Some(NOW.plus(until)))
                .build()
        };
        if says_list {
            publish(&site, &revoking(&site, HOUR, Some(WEEK)));
            says_revoked(&site, 2 * HOUR).await;
            site.authority
                .put_file(&path, response(OcspSays::Good, WEEK));
        } else {
            let revoked = OcspSays::Revoked(NOW, Some(1), None);
            site.authority.put_file(&path, response(revoked, DAY));
            says_revoked(&site, 2 * HOUR).await;
            site.authority.clear();
            publish(&site, &good(&site));
        }
        for after in [3 * HOUR, 2 * DAY, 3 * DAY] {
            says_revoked(&site, after).await;
        }
    }
}
