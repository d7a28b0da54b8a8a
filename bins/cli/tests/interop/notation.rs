//! What `notation` signs, and what it says itself of the same image.
//!
//! It is in no stable release of Debian yet, so these tests say so and pass where it is missing, whatever is required.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::json;
use tempfile::TempDir;

use crate::command::verify;
use crate::image::Image;
use crate::registry::Registry;
use crate::tools::{are_perhaps_there, must, run};

/// The keys of the specification, as openssl makes them.
const KEYS: [(&str, &str, &str); 6] = [
    ("rsa2048", "RSA", "rsa_keygen_bits:2048"),
    ("rsa3072", "RSA", "rsa_keygen_bits:3072"),
    ("rsa4096", "RSA", "rsa_keygen_bits:4096"),
    ("ec256", "EC", "ec_paramgen_curve:P-256"),
    ("ec384", "EC", "ec_paramgen_curve:P-384"),
    ("ec521", "EC", "ec_paramgen_curve:P-521"),
];
const EXTENSIONS: &str = "\
[dn]
[req]
distinguished_name = dn
[ca]
basicConstraints = critical, CA:true
keyUsage = critical, keyCertSign, cRLSign
[leaf]
basicConstraints = CA:false
keyUsage = critical, digitalSignature
extendedKeyUsage = codeSigning
";

/// A registry, a chain of three certificates for each key, and `notation` with settings of its own.
pub(crate) struct Site {
    registry: Registry,
    folder: TempDir,
}

impl Site {
    pub(crate) fn set_up() -> Option<Self> {
        if !are_perhaps_there(&["notation", "docker-registry", "openssl", "skopeo"]) {
            return None;
        }
        let site = Self {
            registry: Registry::start(),
            folder: tempfile::tempdir().unwrap(),
        };
        fs::write(site.path("x.cnf"), EXTENSIONS).unwrap();
        site.certify("root", "EC", "ec_paramgen_curve:P-384", None);
        site.certify("issuer", "EC", "ec_paramgen_curve:P-256", Some("root"));
        for (name, kind, option) in KEYS {
            site.certify(name, kind, option, Some("issuer"));
            let chain = [name, "issuer", "root"].map(|one| site.read(&format!("{one}.crt")));
            fs::write(site.path(&format!("{name}.pem")), chain.concat()).unwrap();
        }
        let keys = KEYS.map(|(name, ..)| {
            let path = |end: &str| site.path(&format!("{name}.{end}"));
            json!({"name": name, "keyPath": path("key"), "certPath": path("pem")})
        });
        let policy = json!({"version": "1.0", "trustPolicies": [{
            "name": "acme",
            "registryScopes": ["*"],
            "signatureVerification": {"level": "strict"},
            "trustStores": ["ca:acme"],
            "trustedIdentities": ["x509.subject: C=US, ST=WA, O=acme"],
        }]});
        let config = site.path("config/notation");
        fs::create_dir_all(config.join("truststore/x509/ca/acme")).unwrap();
        let documents = [
            ("signingkeys.json", json!({"keys": keys}).to_string()),
            ("trustpolicy.json", policy.to_string()),
            ("truststore/x509/ca/acme/root.crt", site.read("root.crt")),
        ];
        for (name, text) in documents {
            fs::write(config.join(name), text).unwrap();
        }
        let root = BASE64_STANDARD.encode(site.read("root.crt"));
        let address = site.registry.address();
        let rules = format!(
            "apiVersion: doorward.dev/v1\nkind: ImagePolicy\nmetadata: {{name: p, namespace: default}}\nspec:\n  \
             repositories:\n  - name: \"{address}/*\"\n    policy:\n      notation:\n        trustStores: \
             [{{type: ca, secret: acme}}]\n        trustedIdentities: ['x509.subject: C=US, ST=WA, O=acme']\n---\n\
             apiVersion: v1\nkind: Secret\nmetadata: {{name: acme, namespace: default}}\ndata: {{root.crt: {root}}}\n"
        );
        fs::write(site.path("site.yaml"), rules).unwrap();
        Some(site)
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap()
    }

    /// A key and a certificate for it: a root without an issuer, an authority by name, else a signer.
    fn certify(&self, name: &str, kind: &str, option: &str, issuer: Option<&str>) {
        let openssl = |arguments: &[&str]| {
            must(
                Command::new("openssl")
                    .current_dir(self.folder.path())
                    .args(arguments),
            );
        };
        let file = |end: &str| format!("{name}.{end}");
        let (key, request, certificate) = (file("key"), file("csr"), file("crt"));
        let subject = format!("/C=US/ST=WA/O=acme/CN={name}");
        openssl(&[
            "genpkey",
            "-algorithm",
            kind,
            "-pkeyopt",
            option,
            "-out",
            &key,
        ]);
        let Some(issuer) = issuer else {
            return openssl(&[
                "req",
                "-x509",
                "-new",
                "-key",
                &key,
                "-subj",
                &subject,
                "-config",
                "x.cnf",
                "-extensions",
                "ca",
                "-days",
                "30",
                "-out",
                &certificate,
            ]);
        };
        let (by, by_key) = (format!("{issuer}.crt"), format!("{issuer}.key"));
        let extensions = if name == "issuer" { "ca" } else { "leaf" };
        openssl(&[
            "req", "-new", "-key", &key, "-subj", &subject, "-config", "x.cnf", "-out", &request,
        ]);
        openssl(&[
            "x509",
            "-req",
            "-in",
            &request,
            "-CA",
            &by,
            "-CAkey",
            &by_key,
            "-CAcreateserial",
            "-extfile",
            "x.cnf",
            "-extensions",
            extensions,
            "-days",
            "30",
            "-out",
            &certificate,
        ]);
    }

    pub(crate) fn notation(&self) -> Command {
        let mut command = Command::new("notation");
        command
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", self.folder.path())
            .env("XDG_CONFIG_HOME", self.path("config"))
            .env("XDG_CACHE_HOME", self.path("cache"));
        command
    }

    /// Pushes an image, and says what it is called by digest.
    pub(crate) fn push(&self, name: &str) -> String {
        let (image, layout) = (Image::new(name), tempfile::tempdir().unwrap());
        image.write(layout.path());
        let repository = format!("{}/team/{name}", self.registry.address());
        must(
            Command::new("skopeo")
                .args([
                    "--insecure-policy",
                    "copy",
                    "--quiet",
                    "--dest-tls-verify=false",
                ])
                .arg(format!("oci:{}:image", layout.path().display()))
                .arg(format!("docker://{repository}:1")),
        );
        format!("{repository}@{}", image.digest())
    }

    /// Whether `notation` accepts the image.
    fn notation_accepts(&self, image: &str) -> bool {
        let output = run(self
            .notation()
            .args(["verify", "--insecure-registry", image]));
        output.status.success()
    }

    /// The exit code of `doorward verify`, and the code of a refusal.
    pub(crate) fn doorward(&self, image: &str) -> (i32, Option<String>) {
        let address = self.registry.address().to_string();
        let rules = self.path("site.yaml");
        let options = [
            ("--plain-http", address.as_ref()),
            ("--filename", rules.as_os_str()),
        ];
        let got = verify(self.folder.path(), &options, image);
        let code = got.report["images"][0]["code"].as_str().map(str::to_owned);
        (got.exit, code)
    }
}

#[test]
fn what_notation_signs_is_accepted_and_what_it_refuses_is_refused() {
    let Some(site) = Site::set_up() else { return };
    for (key, ..) in KEYS {
        for format in ["jws", "cose"] {
            let image = site.push(&format!("{key}-{format}"));
            assert!(!site.notation_accepts(&image));
            let refused = (3, Some("notation-no-signature".to_owned()));
            assert_eq!(site.doorward(&image), refused, "{image}");
            must(site.notation().args([
                "sign",
                "--insecure-registry",
                "--key",
                key,
                "--signature-format",
                format,
                &image,
            ]));
            assert!(site.notation_accepts(&image), "{image}");
            assert_eq!(site.doorward(&image), (0, None), "{image}");
        }
    }
}

#[test]
fn a_root_that_neither_trusts_is_refused_by_both() {
    let Some(site) = Site::set_up() else { return };
    let image = site.push("strange");
    site.certify("stranger", "EC", "ec_paramgen_curve:P-256", None);
    let root = fs::read(site.path("stranger.crt")).unwrap();
    let trusted = site.path("config/notation/truststore/x509/ca/acme/root.crt");
    let mut sign = site.notation();
    must(sign.args(["sign", "--insecure-registry", "--key", "ec256", &image]));
    assert!(site.notation_accepts(&image));
    fs::write(trusted, &root).unwrap();
    replace_root(&site.path("site.yaml"), &root);
    assert!(!site.notation_accepts(&image));
    let refused = (3, Some("notation-untrusted-root".to_owned()));
    assert_eq!(site.doorward(&image), refused);
}

/// Puts another certificate into the trust store of the policy.
fn replace_root(rules: &Path, root: &[u8]) {
    let text = fs::read_to_string(rules).unwrap();
    let (before, _) = text.split_once("root.crt: ").unwrap();
    let root = BASE64_STANDARD.encode(root);
    fs::write(rules, format!("{before}root.crt: {root}}}\n")).unwrap();
}
