//! Revocation by OCSP, with openssl as the responder.

use std::ops::Deref;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;

use super::revocable::Revocable;
use super::site::{ALLOWED, refused};
use crate::authority::{Authority, openssl};
use crate::http::{Request, Response};
use crate::pki::{Kind, RESPONDER, SIGNER};

/// An image signed by a certificate that names a responder, and where a list is.
struct Responding {
    signed: Revocable,
    responder: Authority,
    lists: Authority,
}

impl Deref for Responding {
    type Target = Revocable;

    fn deref(&self) -> &Revocable {
        &self.signed
    }
}

impl Responding {
    fn set_up() -> Option<Self> {
        let (responder, lists) = (Authority::silent(), Authority::silent());
        let extensions = format!(
            "authorityInfoAccess = OCSP;URI:{}\ncrlDistributionPoints = URI:{}/issuer.crl\n",
            responder.url(),
            lists.url()
        );
        let signed = Revocable::set_up("answered", &extensions)?;
        Some(Self {
            signed,
            responder,
            lists,
        })
    }

    /// The responder speaks with the key of this certificate, and shows it if it is not that of the issuer.
    fn respond_as(&self, name: &str) {
        let alone = if name == "issuer" {
            " -resp_no_certs"
        } else {
            ""
        };
        self.respond_with(name, alone);
    }

    fn respond_with(&self, name: &str, options: &str) {
        let words = format!(
            "ocsp -index {{}}/issuer.index -CA {{}}/issuer.crt -rsigner {{}}/{name}.crt -rkey {{}}/{name}.key \
             -ndays 1 -reqin question -respout answer{options}"
        );
        let kind = "application/ocsp-response";
        let answer = openssl(&self.site.path(""), words, kind, question);
        self.responder.answer(answer);
    }
}

/// The question in a request: its body, or the last part of the path in base64 (RFC 6960, appendix A.1).
fn question(request: &Request) -> Vec<u8> {
    if !request.body.is_empty() {
        return request.body.clone();
    }
    let text = request.target.trim_start_matches('/');
    let text = text.replace("%2B", "+").replace("%2b", "+");
    let text = text.replace("%2F", "/").replace("%2f", "/");
    let text = text.replace("%3D", "=").replace("%3d", "=");
    BASE64_STANDARD.decode(text).unwrap()
}

#[test]
fn a_signer_of_whom_the_responder_says_so_is_refused_by_both() {
    let Some(responding) = Responding::set_up() else {
        return;
    };
    let pki = &responding.site.pki;
    pki.issue("delegate", Kind::P256, "issuer", RESPONDER);
    responding.both_refuse("notation-revocation-unknown");
    for name in ["issuer", "delegate"] {
        responding.respond_as(name);
        responding.both_accept();
        assert!(responding.responder.take_count() >= 2, "both asked");
    }
    pki.revoke("answered", "issuer");
    for name in ["issuer", "delegate"] {
        responding.respond_as(name);
        responding.both_refuse("notation-revoked");
    }
    responding.responder.fall_silent();
    responding.both_refuse("notation-revocation-unknown");
}

#[test]
fn a_list_speaks_where_the_responder_does_not() {
    let Some(responding) = Responding::set_up() else {
        return;
    };
    let pki = &responding.site.pki;
    responding.both_refuse("notation-revocation-unknown");
    let list = pki.list("issuer");
    responding
        .lists
        .answer(move |_| Response::new(200, list.clone()));
    responding.both_accept();
    pki.revoke("answered", "issuer");
    let list = pki.list("issuer");
    responding
        .lists
        .answer(move |_| Response::new(200, list.clone()));
    responding.both_refuse("notation-revoked");
}

#[test]
fn an_answer_of_somebody_else_or_about_another_says_nothing_to_both() {
    let Some(responding) = Responding::set_up() else {
        return;
    };
    let site = &responding.site;
    // A responder of another authority, with the same files.
    site.pki.root("stranger", Kind::P256);
    site.pki.issue("theirs", Kind::P256, "stranger", RESPONDER);
    responding.respond_as("theirs");
    responding.both_refuse("notation-revocation-unknown");
    // What was answered about another certificate of the issuer.
    let folder = site.path("");
    site.pki
        .openssl("ocsp -issuer issuer.crt -cert release.crt -no_nonce -reqout other.question");
    site.pki.openssl(
        "ocsp -index issuer.index -CA issuer.crt -rsigner issuer.crt -rkey issuer.key -ndays 1 -reqin other.question \
         -respout other.answer -resp_no_certs",
    );
    let other = std::fs::read(folder.join("other.answer")).unwrap();
    responding
        .responder
        .answer(move |_| Response::new(200, other.clone()));
    responding.both_refuse("notation-revocation-unknown");
    // "I am busy", as RFC 6960 has it.
    let busy = [0x30, 0x03, 0x0a, 0x01, 0x03];
    responding
        .responder
        .answer(move |_| Response::new(200, busy));
    responding.both_refuse("notation-revocation-unknown");
    responding.respond_as("issuer");
    responding.both_accept();
}

/// One of the differences that the status page lists: RFC 6960, section 4.2.1, lets a responder
/// send certificates along, and names none that it must not send.
#[test]
fn an_issuer_may_send_its_own_certificate_along() {
    let Some(responding) = Responding::set_up() else {
        return;
    };
    responding.respond_with("issuer", "");
    let told = responding.site.notation_refuses(&responding.image).unwrap();
    assert!(told.contains("revocation status is unknown"), "{told}");
    assert_eq!(responding.doorward(), ALLOWED);
    responding.site.pki.revoke("answered", "issuer");
    assert_eq!(responding.doorward(), refused("notation-revoked"));
}

/// One of the differences that the status page lists: RFC 6960, section 4.2.2.2.
#[test]
fn a_certificate_that_is_not_for_it_does_not_speak_for_the_issuer() {
    let Some(responding) = Responding::set_up() else {
        return;
    };
    let pki = &responding.site.pki;
    pki.issue("undelegated", Kind::P256, "issuer", SIGNER);
    responding.respond_as("undelegated");
    assert_eq!(responding.site.notation_refuses(&responding.image), None);
    let unknown = refused("notation-revocation-unknown");
    assert_eq!(responding.doorward(), unknown);
}
