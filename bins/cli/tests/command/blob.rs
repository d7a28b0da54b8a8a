//! `doorward verify --blob`: files that are signed.

use doorward_core::{Descriptor, Digest, MediaType};
use doorward_testkit::{CertificateBuilder, Certified, EnvelopeBuilder};

use crate::common::{Run, Site};

const CONTENT: &str = "a release\n";
const MEDIA_TYPE: &str = "application/octet-stream";

/// A file with a signature, and a trust policy for files that wants it signed below one root.
struct Release {
    site: Site,
    root: Certified,
    leaf: Certified,
}

impl Release {
    fn new() -> Self {
        let site = Site::new();
        let root = CertificateBuilder::authority("root").self_signed();
        let leaf = CertificateBuilder::code_signer("build").issued_by(&root);
        site.write(
            "trustpolicy.blob.json",
            r#"{"version": "1.0", "trustPolicies": [
                {"name": "release", "globalPolicy": true, "signatureVerification": {"level": "strict"},
                 "trustStores": ["ca:acme"], "trustedIdentities": ["*"]},
                {"name": "late", "signatureVerification": {"level": "strict", "override": {"expiry": "log"}},
                 "trustStores": ["ca:acme"], "trustedIdentities": ["*"]},
                {"name": "none", "signatureVerification": {"level": "skip"}}]}"#,
        );
        site.write("truststore/x509/ca/acme/root.pem", &root.pem());
        site.write("app.tar", CONTENT);
        let release = Self { site, root, leaf };
        release.sign(&release.envelope());
        release
    }

    fn envelope(&self) -> EnvelopeBuilder {
        let size = CONTENT.len() as u64;
        let digest = Digest::sha256(CONTENT.as_bytes());
        let target = Descriptor::new(MediaType::new(MEDIA_TYPE), digest, size);
        EnvelopeBuilder::new(&[&self.leaf, &self.root], &target)
    }

    fn sign(&self, envelope: &EnvelopeBuilder) {
        let bytes = envelope.build().bytes().to_vec();
        std::fs::write(self.site.path("app.tar.sig"), bytes).unwrap();
    }

    fn verify(&self, more: &[&str]) -> Run {
        let arguments = [
            &[
                "verify",
                "--blob",
                "app.tar",
                "--signature",
                "app.tar.sig",
                "--trust-policy",
                "trustpolicy.blob.json",
                "--trust-store",
                "truststore",
            ],
            more,
        ];
        self.site.doorward(&arguments.concat()).run()
    }
}

#[test]
fn a_signed_file_is_allowed_by_the_global_statement_and_says_who_signed_it() {
    let release = Release::new();
    let digest = Digest::sha256(CONTENT.as_bytes());
    release.verify(&[]).expect(
        0,
        &[
            "ALLOWED  app.tar",
            digest.as_str(),
            "signed by  build",
            "NotationBlobTrustPolicy trustpolicy.blob.json, entry \"release\"",
        ],
    );
    let run = release.verify(&["-o", "json"]);
    let report = run.json();
    assert_eq!(report["kind"], "BlobVerificationReport");
    assert_eq!(report["verdict"], "allow");
    assert_eq!(report["digest"], digest.as_str());
    assert_eq!(report["requirements"][0]["evidence"][0]["signer"], "build");
    release
        .verify(&["--media-type", MEDIA_TYPE])
        .expect(0, &["ALLOWED"]);
}

#[test]
fn a_file_that_is_not_what_was_signed_is_refused() {
    let release = Release::new();
    release.site.write("app.tar", "another\n");
    release
        .verify(&[])
        .expect(3, &["DENIED", "notation-wrong-artifact"]);
    release.site.write("app.tar", CONTENT);
    release
        .verify(&["--media-type", "text/plain"])
        .expect(3, &["notation-wrong-artifact"]);
    release
        .verify(&["--user-metadata", "build=42"])
        .expect(3, &["notation-user-metadata"]);
    release.sign(&release.envelope().metadata("build", "42"));
    release
        .verify(&["--user-metadata", "build=42"])
        .expect(0, &["ALLOWED"]);
    release
        .verify(&["--user-metadata", "build=42", "--user-metadata", "build=43"])
        .expect_failure(2, &["two values"]);
}

#[test]
fn a_signature_by_somebody_else_or_none_at_all_is_refused_with_its_reason() {
    let release = Release::new();
    let stranger = CertificateBuilder::authority("stranger").self_signed();
    let size = CONTENT.len() as u64;
    let digest = Digest::sha256(CONTENT.as_bytes());
    let target = Descriptor::new(MediaType::new(MEDIA_TYPE), digest, size);
    let leaf = CertificateBuilder::code_signer("build").issued_by(&stranger);
    release.sign(&EnvelopeBuilder::new(&[&leaf, &stranger], &target));
    release
        .verify(&[])
        .expect(3, &["DENIED", "notation-untrusted-root"]);
    for junk in ["", "{}", "-----BEGIN PGP SIGNATURE-----\n"] {
        release.site.write("app.tar.sig", junk);
        let run = release.verify(&["-o", "json"]);
        assert_eq!(run.code, 3, "{}", run.stderr);
        let report = run.json();
        assert_eq!(report["verdict"], "deny", "{junk:?}");
        assert_eq!(report["code"], "notation-envelope-malformed", "{junk:?}");
    }
}

#[test]
fn the_statement_that_is_named_decides_and_no_other() {
    let release = Release::new();
    let at = ["--at", "2026-01-01T00:00:00Z"];
    let expired = release
        .envelope()
        .expires("2025-12-31T00:00:00Z".parse().unwrap());
    release.sign(&expired);
    release.verify(&at).expect(3, &["notation-expired"]);
    let late = release.verify(&[&at[..], &["--policy-name", "late"]].concat());
    late.expect(0, &["ALLOWED"]);
    assert!(late.stderr.contains("notation-expired"), "{late:?}");
    release
        .verify(&["--policy-name", "none"])
        .expect(0, &["unchecked"]);
    release.verify(&["--policy-name", "gone"]).expect(
        4,
        &[
            "DENIED",
            "notation-policy-no-match",
            "has no statement \"gone\"",
        ],
    );
}

#[test]
fn what_cannot_be_asked_of_a_file_says_what_can() {
    let release = Release::new();
    release
        .verify(&["-o", "sarif"])
        .expect_failure(2, &["table, json or yaml"]);
    release
        .verify(&["r.example/app"])
        .expect_failure(2, &["--blob"]);
    let run = release
        .site
        .doorward(&["verify", "--blob", "app.tar", "--signature", "app.tar.sig"]);
    run.run().expect_failure(2, &["--trust-policy"]);
    let run = release.site.doorward(&["verify", "--blob", "app.tar"]);
    run.run().expect_failure(2, &["--signature"]);
    std::fs::remove_file(release.site.path("app.tar")).unwrap();
    release
        .verify(&[])
        .expect_failure(6, &["cannot read app.tar"]);
}

#[test]
fn a_trust_policy_for_files_is_named_as_such_where_one_for_images_is_wanted() {
    let release = Release::new();
    let run = release.site.doorward(&[
        "verify",
        "r.example/app:1",
        "--trust-policy",
        "trustpolicy.blob.json",
        "--trust-store",
        "truststore",
    ]);
    run.run().expect_failure(
        6,
        &["it is a trust policy for files", "trustpolicy.oci.json"],
    );
}
