//! Time stamps: openssl is the authority, `notation` asks it, and both verify.

use std::time::{SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use doorward_core::Timestamp;
use serde_json::{Value, json};

use super::site::{ALLOWED, KEY, Site, refused};
use crate::authority::Authority;
use crate::pki::Kind;
use crate::time_stamps;

const STORES: [(&str, &str); 2] = [("ca", "root"), ("tsa", "tsa-root")];
const HEADER: &str = "io.cncf.notary.timestampSignature";

/// A site with an authority for time stamps, which both trust.
struct Stamping {
    site: Site,
    authority: Authority,
}

impl Stamping {
    fn set_up() -> Option<Self> {
        let site = Site::set_up()?;
        let authority = time_stamps::start(&site.pki, &site.path(""));
        site.trust(&STORES);
        Some(Self { site, authority })
    }

    fn sign(&self, format: &str, image: &str) {
        let root = self.site.path("tsa-root.crt");
        let options = [
            "--signature-format",
            format,
            "--timestamp-url",
            &self.authority.url(),
            "--timestamp-root-cert",
            root.to_str().unwrap(),
        ];
        self.site.sign(KEY, &options, image);
        assert_eq!(self.authority.take_count(), 1);
    }

    /// The envelope of the one signature on an image.
    fn envelope(&self, image: &str) -> Value {
        let signatures = Vec::from_iter(self.site.discover(image));
        let [(signature, _)] = &signatures[..] else {
            panic!("{signatures:?}");
        };
        let (repository, _) = image.split_once('@').unwrap();
        let envelope = self.site.layer(&format!("{repository}@{signature}"));
        serde_json::from_slice(&envelope).unwrap()
    }

    /// The same image elsewhere, with this signature alone.
    fn signed_by(&self, image: &str, name: &str, envelope: &Value) -> String {
        let (_, digest) = image.split_once('@').unwrap();
        let repository = format!("{}/elsewhere/{name}", self.site.address());
        self.site.copy(image, &format!("{repository}:1"), &[]);
        let copy = format!("{repository}@{digest}");
        let kinds = (
            "application/vnd.cncf.notary.signature",
            "application/jose+json",
        );
        self.site
            .attach_as(&copy, kinds.0, kinds.1, &envelope.to_string());
        copy
    }
}

/// Ten days after every certificate has ended.
fn afterwards() -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let now = Timestamp::from_unix(i64::try_from(now.as_secs()).unwrap());
    now.plus(40 * 86_400).to_string()
}

#[test]
fn a_stamped_signature_holds_after_its_certificate_has_ended() {
    let Some(stamping) = Stamping::set_up() else {
        return;
    };
    let (site, later) = (&stamping.site, afterwards());
    let afterwards = [("--at", later.as_str())];
    for format in ["jws", "cose"] {
        let bare = site.push(&format!("bare-{format}"));
        site.sign(KEY, &["--signature-format", format], &bare);
        let stamped = site.push(&format!("stamped-{format}"));
        stamping.sign(format, &stamped);
        assert_eq!(site.notation_refuses(&stamped), None);
        assert_eq!(site.doorward(&stamped), ALLOWED);
        assert_eq!(site.doorward_with(&afterwards, &stamped), ALLOWED);
        assert!(site.notation_refuses(&bare).is_some());
        let missing = refused("notation-timestamp-missing");
        assert_eq!(site.doorward(&bare), missing);
        assert_eq!(site.doorward_with(&afterwards, &bare), missing);
        // Without the authority's word the certificates had to be valid now.
        site.trust(&STORES[..1]);
        for image in [&bare, &stamped] {
            assert_eq!(site.notation_refuses(image), None);
            assert_eq!(site.doorward(image), ALLOWED);
            let ended = refused("notation-certificate-validity");
            assert_eq!(site.doorward_with(&afterwards, image), ended);
        }
        site.trust(&STORES);
    }
}

#[test]
fn a_stamp_by_an_authority_that_nobody_trusts_is_refused_by_both() {
    let Some(stamping) = Stamping::set_up() else {
        return;
    };
    let site = &stamping.site;
    let image = site.push("stamped");
    stamping.sign("jws", &image);
    site.pki.root("stranger", Kind::P384);
    let invalid = refused("notation-timestamp-invalid");
    // The authority in between is no root, so that it is no store for stamps at all.
    let no_store = (6, Some("notation-trust-store-invalid".to_owned()));
    for (store, expected) in [
        ("stranger", &invalid),
        ("root", &invalid),
        ("tsa-issuer", &no_store),
    ] {
        site.trust(&[("ca", "root"), ("tsa", store)]);
        assert!(site.notation_refuses(&image).is_some(), "{store}");
        assert_eq!(site.doorward(&image), *expected, "{store}");
    }
    site.trust(&STORES);
    assert_eq!(site.notation_refuses(&image), None);
    assert_eq!(site.doorward(&image), ALLOWED);
}

#[test]
fn a_stamp_that_was_changed_or_taken_from_elsewhere_is_refused_by_both() {
    let Some(stamping) = Stamping::set_up() else {
        return;
    };
    let site = &stamping.site;
    let (image, other) = (site.push("stamped"), site.push("other"));
    stamping.sign("jws", &image);
    stamping.sign("jws", &other);
    let (envelope, others) = (stamping.envelope(&image), stamping.envelope(&other));
    let token = BASE64_STANDARD
        .decode(envelope["header"][HEADER].as_str().unwrap())
        .unwrap();
    // As it is, it holds elsewhere too.
    let copy = stamping.signed_by(&image, "same", &envelope);
    assert_eq!(site.notation_refuses(&copy), None);
    assert_eq!(site.doorward(&copy), ALLOWED);
    let time = token
        .windows(3)
        .position(|three| three == [0x18, 0x0f, b'2'])
        .unwrap();
    let flipped = |place: usize| {
        let mut changed = token.clone();
        changed[place] ^= 1;
        json!(BASE64_STANDARD.encode(changed))
    };
    let attacks = [
        (
            "signature",
            flipped(token.len() - 1),
            "notation-timestamp-invalid",
        ),
        // The last digit of the time: it is that of the seconds.
        ("time", flipped(time + 15), "notation-timestamp-invalid"),
        ("start", flipped(0), "notation-timestamp-invalid"),
        (
            "elsewhere",
            others["header"][HEADER].clone(),
            "notation-timestamp-invalid",
        ),
        ("none", Value::Null, "notation-timestamp-missing"),
    ];
    let later = afterwards();
    for (name, token, code) in attacks {
        let mut changed = envelope.clone();
        if token.is_null() {
            changed["header"].as_object_mut().unwrap().remove(HEADER);
        } else {
            changed["header"][HEADER] = token;
        }
        let copy = stamping.signed_by(&image, name, &changed);
        assert!(site.notation_refuses(&copy).is_some(), "{name}");
        assert_eq!(site.doorward(&copy), refused(code), "{name}");
        // Where stamps count only after the end of a certificate, nobody looks at one before.
        site.trust_with(&STORES, &json!({"verifyTimestamp": "afterCertExpiry"}));
        assert_eq!(site.notation_refuses(&copy), None, "{name}");
        assert_eq!(site.doorward(&copy), ALLOWED, "{name}");
        let got = site.doorward_with(&[("--at", &later)], &copy);
        assert_eq!(got, refused(code), "{name}");
        site.trust(&STORES);
    }
}
