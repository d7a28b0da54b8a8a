//! The guide to bills of materials and scan reports: its policies and commands, against a registry of the test's own.

use std::path::Path;

use doorward_core::{Descriptor, Digest, MediaType, Timestamp};
use doorward_testkit::{Blob, CertificateBuilder, Certified, EnvelopeBuilder, Image, ImageBuilder};
use serde_json::json;

use crate::common::{Run, Site, secret};
use crate::forecast::ends;

const SARIF: &str = "application/sarif+json";
const CYCLONEDX: &str = "application/vnd.cyclonedx+json";
const OPENVEX: &str = "application/vnd.openvex+json";
const NOW: &str = "2026-01-01T00:00:00Z";
const REPOSITORY: &str = "team/app";

fn guide() -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/guides/sbom-and-scan.md");
    std::fs::read_to_string(path).unwrap()
}

struct Guide {
    site: Site,
    text: String,
    root: Certified,
    image: Image,
}

impl Guide {
    fn begin() -> Self {
        let site = Site::new();
        let image = Image::sample("app");
        site.registry.push_image(REPOSITORY, "1", &image);
        let root = CertificateBuilder::authority("root").self_signed();
        let root_secret = secret("doorward", "acme-root", "root.crt", &root.pem());
        site.write("policies/acme-root.yaml", &root_secret);
        Self {
            site,
            text: guide(),
            root,
            image,
        }
    }

    /// Puts a policy of the guide into force, the `number`th.
    fn govern(&self, number: usize) {
        let block = self.text.split("```yaml\n").nth(number + 1).unwrap();
        let policy = block.split("```").next().unwrap();
        let policy = policy.replace("registry.example", &self.site.registry.address());
        self.site.write("policies/scanned.yaml", &policy);
    }

    /// Runs a command of the guide, the one that begins so.
    fn run(&self, begin: &str) -> Run {
        let line = self
            .text
            .lines()
            .find(|line| line.trim().starts_with(begin));
        let line = line.unwrap_or_else(|| panic!("{begin}"));
        let line = line.replace("registry.example", &self.site.registry.address());
        let words: Vec<&str> = line.split_whitespace().skip(1).collect();
        self.site.doorward(&words).env("DOORWARD_AT", NOW).run()
    }

    fn verify(&self) -> Run {
        self.run("doorward verify")
    }

    /// Attaches a document, as `oras attach` does.
    fn attach(&self, kind: &'static str, content: &str) -> Descriptor {
        let empty = MediaType::from_static("application/vnd.oci.empty.v1+json");
        let document = ImageBuilder::new()
            .artifact_type(kind)
            .config(Blob::new(empty, "{}"))
            .blob(Blob::new(MediaType::from_static(kind), content.to_owned()))
            .subject(self.image.manifest().descriptor())
            .build();
        self.site.registry.push_referrer(REPOSITORY, &document);
        document.manifest().descriptor()
    }

    /// Signs a document, as `notation sign` does, so many hours ago.
    fn sign(&self, by: &str, document: &Descriptor, hours: i64) {
        let subject = [
            ("2.5.4.6", "US"),
            ("2.5.4.8", "WA"),
            ("2.5.4.10", "Notary"),
            ("2.5.4.3", by),
        ];
        let leaf = CertificateBuilder::code_signer(by)
            .subject(&subject)
            .issued_by(&self.root);
        let now: Timestamp = NOW.parse().unwrap();
        let envelope = EnvelopeBuilder::new(&[&leaf, &self.root], document);
        let envelope = envelope.signed_at(now.plus(-hours * 3600)).build();
        self.site
            .registry
            .push_referrer(REPOSITORY, &envelope.attached_to(document));
    }
}

fn report(found: &[(&str, &str)]) -> String {
    let rules: Vec<_> = found
        .iter()
        .map(|(id, score)| json!({"id": id, "properties": {"security-severity": score}}))
        .collect();
    let results: Vec<_> = found
        .iter()
        .map(|(id, _)| json!({"ruleId": id, "message": {"text": format!("Vulnerability {id}")}}))
        .collect();
    json!({
        "version": "2.1.0",
        "runs": [{"tool": {"driver": {"name": "Trivy", "rules": rules}}, "results": results}]
    })
    .to_string()
}

fn statement(image: &Digest) -> String {
    let product = format!("pkg:oci/app@{}", image.as_str().replace(':', "%3A"));
    json!({
        "@context": "https://openvex.dev/ns/v0.2.0", "@id": "https://acme.example/vex/1", "author": "a",
        "timestamp": "2025-12-31T00:00:00Z", "version": 1,
        "statements": [{
            "vulnerability": {"name": "CVE-2026-9"}, "products": [{"@id": product}],
            "status": "not_affected", "justification": "vulnerable_code_not_in_execute_path",
        }],
    })
    .to_string()
}

#[test]
fn the_guide_leads_from_the_first_signature_to_the_first_refusal() {
    let guide = Guide::begin();
    guide.govern(0);
    guide.run("doorward policy lint").expect(0, &[]);
    guide.verify().expect(3, &["DENIED", "document-missing"]);
    let old = guide.attach(SARIF, &report(&[("CVE-2026-1", "5.0")]));
    guide.verify().expect(3, &["document-unsigned"]);
    guide.sign("scanner", &old, 80);
    guide.verify().expect(3, &["document-too-old"]);

    let fresh = guide.attach(
        SARIF,
        &report(&[("CVE-2026-1", "5.0"), ("CVE-2026-2", "7.0")]),
    );
    guide.sign("scanner", &fresh, 8);
    let admitted = guide.verify();
    let digest = guide.image.digest().to_string();
    let parts = [
        "ALLOWED",
        &digest,
        "SARIF 2.1.0 of Trivy",
        fresh.digest.as_str(),
        "CN=scanner",
    ];
    admitted.expect(0, &parts);
    let inspected = guide.run("doorward inspect");
    let parts = [
        "application/sarif+json",
        "signature on 1",
        "signature on 2",
        "scanner",
    ];
    inspected.expect(0, &parts);

    let bad = guide.attach(SARIF, &report(&[("CVE-2026-3", "9.8")]));
    guide.sign("scanner", &bad, 1);
    guide
        .verify()
        .expect(3, &["vulnerability-too-severe", "CVE-2026-3"]);
}

#[test]
fn what_the_guide_tolerates_for_a_while_is_printed_with_who_says_so() {
    let guide = Guide::begin();
    guide.govern(1);
    let critical = report(&[("CVE-2026-1234", "9.8"), ("CVE-2026-9", "9.8")]);
    let found = guide.attach(SARIF, &critical);
    guide.sign("scanner", &found, 1);
    guide
        .verify()
        .expect(3, &["vulnerability-too-severe", "CVE-2026-9"]);
    let statement = guide.attach(OPENVEX, &statement(guide.image.digest()));
    guide.sign("security", &statement, 1);
    let run = guide.verify();
    run.expect(0, &["ALLOWED"]);
    let told = run.stderr.split_whitespace().collect::<Vec<_>>().join(" ");
    for part in [
        "CVE-2026-1234 is suppressed by the policy until",
        "the parser is not reachable",
        "CVE-2026-9 is suppressed by C=US",
        "CN=security",
    ] {
        assert!(told.contains(part), "{part}: {run:#?}");
    }
    // From the end of what is ignored on, the linter says so.
    let lint = guide.site.doorward(&["policy", "lint", "policies/"]);
    let lint = lint.env("DOORWARD_AT", "2027-01-01T00:00:00Z").run();
    lint.expect(0, &["ignore-expired", "CVE-2026-1234"]);
}

#[test]
fn what_the_guide_denies_in_bills_of_materials_is_denied() {
    for (package, license, code) in [
        ("left-pad", "MIT", None),
        ("event-stream", "MIT", Some("document-package-denied")),
        ("left-pad", "AGPL-3.0-only", Some("document-license-denied")),
    ] {
        let guide = Guide::begin();
        guide.govern(2);
        let content = json!({
            "bomFormat": "CycloneDX", "specVersion": "1.6", "version": 1,
            "components": [{
                "type": "library", "name": package, "version": "1.0.0",
                "purl": format!("pkg:npm/{package}@1.0.0"), "licenses": [{"license": {"id": license}}],
            }],
        });
        let document = guide.attach(CYCLONEDX, &content.to_string());
        guide.sign("build", &document, 1);
        match code {
            None => guide.verify().expect(0, &["ALLOWED", "CycloneDX 1.6"]),
            Some(code) => guide.verify().expect(3, &[code, package]),
        }
    }
}

#[test]
fn a_decision_about_documents_that_was_recorded_is_made_again_from_the_record() {
    for (score, code, word) in [
        ("5.0", 0, "ALLOWED"),
        ("9.8", 3, "vulnerability-too-severe"),
    ] {
        let guide = Guide::begin();
        guide.govern(0);
        let found = guide.attach(SARIF, &report(&[("CVE-2026-1", score)]));
        guide.sign("scanner", &found, 1);
        let image = guide.site.registry.reference(REPOSITORY, "1");
        let site = &guide.site;
        let recording = ["verify", &image, "-f", "policies/", "--record", "taped"];
        let recorded = site.doorward(&recording).env("DOORWARD_AT", NOW).run();
        recorded.expect(code, &[word]);
        guide.site.registry.stop();
        let replayed = site.doorward(&["verify", "--replay", "taped"]).run();
        replayed.expect(code, &[word]);
    }
}

#[test]
fn a_refusal_of_documents_says_each_thing_once() {
    let guide = Guide::begin();
    guide.govern(0);
    let first = guide.attach(SARIF, &report(&[("CVE-2026-1", "5.0")]));
    let unsigned = guide.verify();
    let digest = first.digest.to_string();
    unsigned.expect(
        3,
        &[
            "document-unsigned of what is attached to",
            "nothing counts",
            &format!("document {digest}: nothing that refers to it is a signature"),
            // What the scheme of signatures says of a document, it does not say of the image.
            "that is no document that is attached to the image is signed as the policy demands",
            "codes.html#document-unsigned",
        ],
    );
    assert_eq!(unsigned.stdout.matches(&digest).count(), 1, "{unsigned:#?}");
    guide.sign("somebody", &first, 8);
    let second = guide.attach(SARIF, &report(&[("CVE-2026-2", "5.0")]));
    let run = guide.verify();
    run.expect(
        3,
        &[
            "notation-untrusted-identity: document",
            "notation-no-signature: document",
        ],
    );
    for descriptor in [&first, &second] {
        let named = run.stdout.matches(descriptor.digest.as_str()).count();
        assert_eq!(named, 1, "{run:#?}");
    }
}

#[test]
fn a_report_that_grows_too_old_is_forecast_to_the_second() {
    let guide = Guide::begin();
    guide.govern(0);
    let found = guide.attach(SARIF, &report(&[("CVE-2026-1", "5.0")]));
    guide.sign("scanner", &found, 1);
    let image = guide.site.registry.reference(REPOSITORY, "1");
    let run = |words: &[&str], time: &str| {
        let arguments = [words, &[&image, "-f", "policies/", "--at", time]].concat();
        guide.site.doorward(&arguments).run()
    };
    // The report counts for 72 hours, of which one is over.
    ends(run, "2026-01-03T23:00:01Z", "document-too-old");
}
