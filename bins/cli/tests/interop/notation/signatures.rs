//! What `notation` signs, and what it says itself of the same image.

use super::site::{ALLOWED, KEY, Site, refused};
use crate::pki::Kind;

/// The keys of the specification, as openssl makes them.
const KEYS: [(&str, Kind); 6] = [
    ("rsa2048", Kind("RSA", "rsa_keygen_bits:2048")),
    ("rsa3072", Kind("RSA", "rsa_keygen_bits:3072")),
    ("rsa4096", Kind("RSA", "rsa_keygen_bits:4096")),
    ("ec256", Kind::P256),
    ("ec384", Kind::P384),
    ("ec521", Kind("EC", "ec_paramgen_curve:P-521")),
];

#[test]
fn what_notation_signs_is_accepted_and_what_it_refuses_is_refused() {
    let Some(site) = Site::set_up() else { return };
    for (key, kind) in KEYS {
        site.signer(key, kind, "");
        for format in ["jws", "cose"] {
            let image = site.push(&format!("{key}-{format}"));
            assert!(site.notation_refuses(&image).is_some());
            assert_eq!(
                site.doorward(&image),
                refused("notation-no-signature"),
                "{image}"
            );
            site.sign(key, &["--signature-format", format], &image);
            assert_eq!(site.notation_refuses(&image), None, "{image}");
            assert_eq!(site.doorward(&image), ALLOWED, "{image}");
        }
    }
}

#[test]
fn a_root_that_neither_trusts_is_refused_by_both() {
    let Some(site) = Site::set_up() else { return };
    let image = site.push("strange");
    site.sign(KEY, &[], &image);
    assert_eq!(site.notation_refuses(&image), None);
    assert_eq!(site.doorward(&image), ALLOWED);
    site.pki.root("stranger", Kind::P256);
    site.trust(&[("ca", "stranger")]);
    assert!(site.notation_refuses(&image).is_some());
    assert_eq!(site.doorward(&image), refused("notation-untrusted-root"));
}
