//! What authorities say, asked for before a review has to.

use doorward::Decision;
use doorward::core::Timestamp;
use doorward_testkit::{
    CertificateBuilder, EnvelopeBuilder, Image, KeyKind, ListBuilder, ListedCertificate,
};

use crate::authorities::{WEEK, list, publish, signer};
use crate::site::{NAME, NOW, SUBJECT, Site, code};

const REVOKED: ListedCertificate = ListedCertificate {
    serial: 7,
    time: NOW,
    reason: None,
    invalid_since: None,
};

/// More than a day later, when a list that is kept is worth asking for again.
const TOMORROW: Timestamp = Timestamp::from_unix(NOW.unix() + 25 * 3600);

/// A site with a signed image, which one review has admitted.
async fn admitted() -> Site {
    let site = Site::new().await;
    publish(&site, &list(&site));
    site.sign(&site.envelope_by(&signer(&site)));
    let verdict = site.decide(&site.tag()).await;
    assert_eq!(verdict.decision(), Decision::Allow, "{}", verdict.message());
    assert_eq!(site.authority.take_requests().len(), 1);
    site
}

#[tokio::test]
async fn no_review_waits_for_a_list_that_was_asked_for_ahead() {
    let site = admitted().await;
    assert_eq!(site.ask_ahead(NOW.plus(3600)).await, 0, "it is new");
    publish(
        &site,
        &list(&site).holds(TOMORROW, Some(TOMORROW.plus(WEEK))),
    );
    assert_eq!(site.ask_ahead(TOMORROW).await, 1);
    assert_eq!(site.authority.take_requests().len(), 1);
    let verdict = site.decide_at(&site.tag(), TOMORROW).await;
    assert_eq!(verdict.decision(), Decision::Allow, "{}", verdict.message());
    assert!(site.authority.requests().is_empty());
    // The new one holds for longer than that which was there.
    site.authority.clear();
    let later = site.decide_at(&site.tag(), NOW.plus(WEEK + 1)).await;
    assert_eq!(later.decision(), Decision::Allow, "{}", later.message());
}

#[tokio::test]
async fn a_signer_who_was_revoked_since_is_refused_by_a_review_that_asks_nobody() {
    let site = admitted().await;
    publish(&site, &list(&site).entry(REVOKED));
    assert_eq!(site.ask_ahead(TOMORROW).await, 1);
    site.authority.take_requests();
    for _ in 0..2 {
        let verdict = site.decide_at(&site.tag(), TOMORROW).await;
        assert_eq!(code(&verdict), "notation-revoked");
    }
    assert!(site.authority.requests().is_empty());
}

#[tokio::test]
async fn what_comes_ahead_and_is_no_list_is_not_believed_and_takes_nothing_away() {
    let site = admitted().await;
    let stranger = CertificateBuilder::authority("root")
        .key(KeyKind::P256, 99)
        .self_signed();
    let foreign = ListBuilder::new(&stranger, NOW).entry(REVOKED).build();
    for (hours, junk) in [(0, foreign), (6, b"<html>".to_vec()), (12, Vec::new())] {
        let at = TOMORROW.plus(hours * 3600);
        site.authority.put_file("ca.crl", junk);
        assert_eq!(site.ask_ahead(at).await, 1);
        let verdict = site.decide_at(&site.tag(), at).await;
        assert_eq!(verdict.decision(), Decision::Allow, "{}", verdict.message());
    }
    // What is published again in the end is found.
    publish(&site, &list(&site).entry(REVOKED));
    let at = TOMORROW.plus(18 * 3600);
    assert_eq!(site.ask_ahead(at).await, 1);
    assert_eq!(
        code(&site.decide_at(&site.tag(), at).await),
        "notation-revoked"
    );
}

#[tokio::test]
async fn an_authority_that_is_silent_costs_no_review_anything_while_its_list_holds() {
    let site = admitted().await;
    site.authority.clear();
    assert_eq!(site.ask_ahead(TOMORROW).await, 1);
    site.authority.take_requests();
    let verdict = site.decide_at(&site.tag(), TOMORROW).await;
    assert_eq!(verdict.decision(), Decision::Allow, "{}", verdict.message());
    assert!(site.authority.requests().is_empty());
    // It is asked again after some hours, and after the end of its list reviews find out themselves.
    assert_eq!(site.ask_ahead(TOMORROW.plus(3600)).await, 0);
    assert_eq!(site.ask_ahead(TOMORROW.plus(6 * 3600)).await, 1);
    let over = site.decide_at(&site.tag(), NOW.plus(WEEK + 1)).await;
    assert_eq!(code(&over), "notation-revocation-unknown");
}

#[tokio::test]
async fn an_authority_that_was_silent_when_a_review_asked_is_asked_again_within_hours() {
    let site = admitted().await;
    site.authority.clear();
    let silent = site.decide_at(&site.tag(), TOMORROW).await;
    assert_eq!(silent.decision(), Decision::Allow, "{}", silent.message());
    publish(&site, &list(&site).entry(REVOKED));
    let later = site.decide_at(&site.tag(), TOMORROW.plus(12 * 3600)).await;
    assert_eq!(code(&later), "notation-revoked");
}

#[tokio::test]
async fn a_list_of_an_issuer_with_a_new_key_is_asked_for_although_one_of_the_old_key_is_kept() {
    let mut site = admitted().await;
    let next = CertificateBuilder::authority("root")
        .key(KeyKind::P256, 99)
        .self_signed();
    site.secret("next", &[("root.crt", &next.pem())]);
    site.govern(
        "        trustStores: [{type: ca, secret: acme}, {type: ca, secret: next}]\n        \
         trustedIdentities: ['*']\n",
        "",
    );
    // The same address has a list of the new key from now on.
    let new = ListBuilder::new(&next, NOW).holds(NOW.plus(-60), Some(NOW.plus(WEEK)));
    publish(&site, &new);
    let address = format!("http://{}/ca.crl", site.authority.address());
    let leaf = CertificateBuilder::code_signer(NAME)
        .subject(SUBJECT)
        .lists(&[&address])
        .issued_by(&next);
    let image = Image::sample("next");
    let reference = site.push("next", &image);
    let target = image.manifest().descriptor();
    let envelope = EnvelopeBuilder::new(&[&leaf, &next], &target).build();
    site.registry
        .push_referrer("team/next", &envelope.attached_to(&target));
    site.authority.take_requests();
    // What is kept is no answer about it, and takes no place of one.
    for after in [600, 601] {
        let next = site.decide_at(&reference, NOW.plus(after)).await;
        assert_eq!(next.decision(), Decision::Allow, "{}", next.message());
        let old = site.decide_at(&site.tag(), NOW.plus(after)).await;
        assert_eq!(old.decision(), Decision::Allow, "{}", old.message());
    }
    assert_eq!(site.authority.take_requests().len(), 1);
    // About those of the old key nobody has one any more once that has ended which is kept.
    let old = site.decide_at(&site.tag(), NOW.plus(WEEK + 1)).await;
    assert_eq!(code(&old), "notation-revocation-unknown");
}
