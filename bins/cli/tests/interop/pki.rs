//! Keys, certificates and revocation lists, as a site makes them with openssl.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::tools::must;

/// What a certificate is for.
const AUTHORITY: &str = "\
basicConstraints = critical, CA:true
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
";
pub(crate) const SIGNER: &str = "\
basicConstraints = CA:false
keyUsage = critical, digitalSignature
extendedKeyUsage = codeSigning
";
pub(crate) const TIME_STAMPER: &str = "\
basicConstraints = CA:false
keyUsage = critical, digitalSignature
extendedKeyUsage = critical, timeStamping
";
/// Answers for its issuer, and says that nobody need ask about itself.
pub(crate) const RESPONDER: &str = "\
basicConstraints = CA:false
keyUsage = critical, digitalSignature
extendedKeyUsage = OCSPSigning
noCheck = ignored
";

/// A kind of key, as `openssl genpkey` names it.
#[derive(Clone, Copy)]
pub(crate) struct Kind(pub(crate) &'static str, pub(crate) &'static str);

impl Kind {
    pub(crate) const P256: Self = Self("EC", "ec_paramgen_curve:P-256");
    pub(crate) const P384: Self = Self("EC", "ec_paramgen_curve:P-384");
}

/// Every subject, up to the name.
const SUBJECT: &str = "/C=US/ST=WA/O=acme/CN=";

/// A folder of keys and certificates: `NAME.key` and `NAME.crt`, and for each authority the files of `openssl ca`.
pub(crate) struct Pki {
    folder: PathBuf,
}

impl Pki {
    pub(crate) fn new(folder: &Path) -> Self {
        Self {
            folder: folder.to_owned(),
        }
    }

    /// A self-signed authority.
    pub(crate) fn root(&self, name: &str, kind: Kind) {
        self.found(name);
        self.issue(name, kind, name, AUTHORITY);
    }

    /// An authority below another, with extensions beside the usual ones.
    pub(crate) fn authority(&self, name: &str, kind: Kind, issuer: &str, extensions: &str) {
        self.found(name);
        self.issue(name, kind, issuer, &format!("{AUTHORITY}{extensions}"));
    }

    /// A certificate with these extensions, for 30 days from now.
    pub(crate) fn issue(
        &self,
        name: &str,
        Kind(algorithm, option): Kind,
        by: &str,
        extensions: &str,
    ) {
        fs::write(self.folder.join(format!("{name}.ext")), extensions).unwrap();
        let own = if by == name { " -selfsign" } else { "" };
        self.openssl(&format!(
            "genpkey -algorithm {algorithm} -pkeyopt {option} -out {name}.key"
        ));
        self.openssl(&format!(
            "req -new -subj {SUBJECT}{name} -key {name}.key -out {name}.csr"
        ));
        self.openssl(&format!(
            "ca -batch -notext -config {by}.ca -extfile {name}.ext -in {name}.csr -out {name}.crt{own}"
        ));
    }

    /// From now on the issuer says of a certificate that it was revoked.
    pub(crate) fn revoke(&self, name: &str, issuer: &str) {
        self.openssl(&format!(
            "ca -config {issuer}.ca -crl_reason keyCompromise -revoke {name}.crt"
        ));
    }

    /// The revocation list of an authority as of now, in DER.
    pub(crate) fn list(&self, issuer: &str) -> Vec<u8> {
        self.openssl(&format!("ca -config {issuer}.ca -gencrl -out {issuer}.crl"));
        self.openssl(&format!("crl -in {issuer}.crl -outform DER"))
    }

    pub(crate) fn read(&self, name: &str) -> String {
        fs::read_to_string(self.folder.join(name)).unwrap()
    }

    /// Runs openssl in the folder, with words that single spaces divide, and gives what it printed.
    pub(crate) fn openssl(&self, words: &str) -> Vec<u8> {
        let mut command = Command::new("openssl");
        must(command.current_dir(&self.folder).args(words.split(' ')))
    }

    /// What `openssl ca` keeps for an authority. Its certificates begin long ago, because a time stamp of the first second
    /// might be from before it.
    fn found(&self, name: &str) {
        let config = format!(
            "[ca]\ndefault_ca = this\n[this]\ndatabase = {name}.index\nnew_certs_dir = .\nrand_serial = yes\n\
             crlnumber = {name}.number\ncertificate = {name}.crt\nprivate_key = {name}.key\ndefault_md = sha256\n\
             default_days = 30\ndefault_startdate = 20250101000000Z\ndefault_crl_days = 7\n\
             unique_subject = no\npolicy = any\ncrl_extensions = crl\n\
             [any]\ncountryName = supplied\nstateOrProvinceName = supplied\norganizationName = supplied\n\
             commonName = supplied\n[crl]\nauthorityKeyIdentifier = keyid:always\n"
        );
        for (end, text) in [("ca", config.as_str()), ("index", ""), ("number", "01\n")] {
            fs::write(self.folder.join(format!("{name}.{end}")), text).unwrap();
        }
    }
}
