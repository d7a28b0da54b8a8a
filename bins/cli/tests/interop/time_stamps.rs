//! An authority for time stamps, which is openssl behind a loopback port.

use std::fs;
use std::path::Path;

use crate::authority::{Authority, openssl};
use crate::pki::{Kind, Pki, TIME_STAMPER};

/// It vouches for the very second: a signer whose certificate was made in the same one is certified by then.
const CONFIG: &str = "\
[tsa]
default_tsa = this
[this]
serial = {}/tsa.serial
default_policy = 1.3.6.1.4.1.99999.3
digests = sha256, sha384, sha512
signer_digest = sha256
ess_cert_id_alg = sha256
";

/// Starts one, whose root is `tsa-root.crt` of the folder of keys.
pub(crate) fn start(pki: &Pki, folder: &Path) -> Authority {
    pki.root("tsa-root", Kind::P384);
    pki.authority("tsa-issuer", Kind::P256, "tsa-root", "");
    let kind = Kind("RSA", "rsa_keygen_bits:2048");
    pki.issue("tsa", kind, "tsa-issuer", TIME_STAMPER);
    let config = CONFIG.replace("{}", folder.to_str().unwrap());
    fs::write(folder.join("tsa.cnf"), config).unwrap();
    let words = "ts -reply -config {}/tsa.cnf -queryfile question -out answer -signer {}/tsa.crt -inkey {}/tsa.key \
                 -chain {}/tsa-issuer.crt";
    let authority = Authority::silent();
    let kind = "application/timestamp-reply";
    let question = |request: &crate::http::Request| request.body.clone();
    authority.answer(openssl(folder, words.to_owned(), kind, question));
    authority
}
