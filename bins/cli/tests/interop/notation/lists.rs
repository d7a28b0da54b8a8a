//! Revocation by lists that openssl makes.

use std::ops::Deref;

use serde_json::json;

use super::revocable::{MAY_ASK, Revocable};
use super::site::{ALLOWED, Site, refused};
use crate::authority::Authority;
use crate::http::Response;
use crate::pki::Kind;
use crate::process::free_address;

/// An image signed by a certificate that names where the issuer's list is.
struct Listing {
    signed: Revocable,
    authority: Authority,
}

impl Listing {
    fn set_up() -> Option<Self> {
        let authority = Authority::silent();
        let point = format!(
            "crlDistributionPoints = URI:{}/issuer.crl\n",
            authority.url()
        );
        let signed = Revocable::set_up("listed", &point)?;
        Some(Self { signed, authority })
    }

    fn serve(&self, list: Vec<u8>) {
        self.authority
            .answer(move |_| Response::new(200, list.clone()));
    }
}

impl Deref for Listing {
    type Target = Revocable;

    fn deref(&self) -> &Revocable {
        &self.signed
    }
}

#[test]
fn a_signer_who_stands_in_the_list_is_refused_by_both() {
    let Some(listing) = Listing::set_up() else {
        return;
    };
    let pki = &listing.site.pki;
    listing.both_refuse("notation-revocation-unknown");
    listing.serve(pki.list("issuer"));
    listing.both_accept();
    assert!(listing.authority.take_count() > 0);
    pki.revoke("release", "issuer");
    listing.serve(pki.list("issuer"));
    listing.both_accept();
    pki.revoke("listed", "issuer");
    listing.serve(pki.list("issuer"));
    listing.both_refuse("notation-revoked");
    listing.authority.fall_silent();
    listing.both_refuse("notation-revocation-unknown");
}

#[test]
fn a_list_that_ended_or_is_of_another_issuer_says_nothing_to_both() {
    let Some(listing) = Listing::set_up() else {
        return;
    };
    let pki = &listing.site.pki;
    let good = pki.list("issuer");
    pki.root("stranger", Kind::P256);
    let ended = "-crl_lastupdate 20250101000000Z -crl_nextupdate 20250201000000Z";
    pki.openssl(&format!(
        "ca -config issuer.ca -gencrl {ended} -out ended.crl"
    ));
    let mut flipped = good.clone();
    *flipped.last_mut().unwrap() ^= 1;
    for list in [
        pki.list("stranger"),
        pki.list("root"),
        pki.openssl("crl -in ended.crl -outform DER"),
        flipped,
        Vec::new(),
    ] {
        listing.serve(list);
        listing.both_refuse("notation-revocation-unknown");
    }
    listing.serve(good);
    listing.both_accept();
}

#[test]
fn what_is_not_known_refuses_at_strict_and_is_logged_at_permissive() {
    let Some(listing) = Listing::set_up() else {
        return;
    };
    listing.both_refuse("notation-revocation-unknown");
    let stores = [("ca", "root")];
    listing
        .site
        .trust_with(&stores, &json!({"level": "permissive"}));
    listing.both_accept();
    listing.site.pki.revoke("listed", "issuer");
    listing.serve(listing.site.pki.list("issuer"));
    listing.both_accept();
    listing.site.trust(&stores);
    listing.both_refuse("notation-revoked");
}

#[test]
fn an_authority_on_loopback_is_asked_only_where_that_is_allowed() {
    let Some(listing) = Listing::set_up() else {
        return;
    };
    listing.serve(listing.site.pki.list("issuer"));
    let unknown = refused("notation-revocation-unknown");
    assert_eq!(listing.site.doorward(&listing.image), unknown);
    let elsewhere = [("--allow-address", "10.0.0.0/8")];
    let got = listing.site.doorward_with(&elsewhere, &listing.image);
    assert_eq!(got, unknown);
    assert_eq!(listing.authority.take_count(), 0);
    assert_eq!(listing.doorward(), ALLOWED);
    assert_eq!(listing.authority.take_count(), 1);
}

#[test]
fn an_authority_that_was_revoked_takes_its_signers_with_it() {
    let Some(site) = Site::set_up() else { return };
    let lists = Authority::silent();
    let point = format!("crlDistributionPoints = URI:{}/root.crl\n", lists.url());
    site.pki.authority("middle", Kind::P256, "root", &point);
    site.signer_below("middle", "below", Kind::P256, "");
    let image = site.push("below");
    site.sign("below", &[], &image);
    let publish = || {
        let list = site.pki.list("root");
        lists.answer(move |_| Response::new(200, list.clone()));
    };
    publish();
    assert_eq!(site.notation_refuses(&image), None);
    assert_eq!(site.doorward_with(&MAY_ASK, &image), ALLOWED);
    site.pki.revoke("middle", "root");
    publish();
    assert!(site.notation_refuses(&image).is_some());
    let got = site.doorward_with(&MAY_ASK, &image);
    assert_eq!(got, refused("notation-revoked"));
}

#[test]
fn where_nobody_listens_nothing_is_known() {
    let Some(site) = Site::set_up() else { return };
    let nobody = free_address();
    for (name, extension) in [
        ("list", "crlDistributionPoints = URI"),
        ("responder", "authorityInfoAccess = OCSP;URI"),
    ] {
        site.signer(name, Kind::P256, &format!("{extension}:http://{nobody}/\n"));
        let image = site.push(name);
        site.sign(name, &[], &image);
        let told = site.notation_refuses(&image).unwrap();
        assert!(told.contains("revocation status is unknown"), "{told}");
        let got = site.doorward_with(&MAY_ASK, &image);
        assert_eq!(got, refused("notation-revocation-unknown"), "{name}");
    }
}

/// One of the differences that the status page lists: the specification has the addresses asked in turn.
#[test]
fn the_second_address_of_a_list_is_asked_where_the_first_is_silent() {
    let Some(listing) = Listing::set_up() else {
        return;
    };
    let (site, second) = (&listing.site, Authority::silent());
    let points = format!(
        "crlDistributionPoints = URI:{}/1.crl, URI:{}/2.crl\n",
        listing.authority.url(),
        second.url()
    );
    site.signer("twice", Kind::P256, &points);
    let image = site.push("twice");
    site.sign("twice", &[], &image);
    let list = site.pki.list("issuer");
    second.answer(move |_| Response::new(200, list.clone()));
    assert!(site.notation_refuses(&image).is_some());
    assert_eq!(site.doorward_with(&MAY_ASK, &image), ALLOWED);
    site.pki.revoke("twice", "issuer");
    let list = site.pki.list("issuer");
    second.answer(move |_| Response::new(200, list.clone()));
    assert!(site.notation_refuses(&image).is_some());
    let got = site.doorward_with(&MAY_ASK, &image);
    assert_eq!(got, refused("notation-revoked"));
}
