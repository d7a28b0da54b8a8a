//! A site's own trust policy and trust stores of the Notary Project.

use doorward_core::Timestamp;
use doorward_testkit::{
    CertificateBuilder, Certified, EnvelopeBuilder, Image, ListBuilder, ListedCertificate,
};
use serde_json::json;

use crate::common::{Run, Site};

const FILES: [&str; 4] = [
    "--trust-policy",
    "trustpolicy.json",
    "--trust-store",
    "truststore",
];
pub(crate) const STORE: &str = "truststore/x509/ca/acme";

/// A registry, and the files of a site that wants what is under `shop/web` and `shop/cart` signed below one root.
pub(crate) struct Notation {
    pub(crate) site: Site,
    pub(crate) root: Certified,
}

impl Notation {
    pub(crate) fn new() -> Self {
        Self::below(CertificateBuilder::authority("root").self_signed())
    }

    pub(crate) fn below(root: Certified) -> Self {
        let site = Site::new();
        let registry = site.registry.address();
        let policy = format!(
            r#"{{"version": "1.0", "trustPolicies": [
                {{"name": "shop", "registryScopes": ["{registry}/shop/web", "{registry}/shop/cart"],
                  "signatureVerification": {{"level": "strict"}},
                  "trustStores": ["ca:acme"], "trustedIdentities": ["*"]}},
                {{"name": "other", "registryScopes": ["{registry}/shop/other"],
                  "signatureVerification": {{"level": "strict"}},
                  "trustStores": ["ca:other"], "trustedIdentities": ["*"]}},
                {{"name": "legacy", "registryScopes": ["{registry}/shop/legacy"],
                  "signatureVerification": {{"level": "skip"}}}}]}}"#
        );
        site.write("trustpolicy.json", &policy);
        site.write(&format!("{STORE}/root.pem"), &root.pem());
        Self { site, root }
    }

    pub(crate) fn push_signed(&self, repository: &str) -> String {
        let leaf = CertificateBuilder::code_signer("build").issued_by(&self.root);
        self.push_signed_by(repository, &leaf)
    }

    fn push_signed_by(&self, repository: &str, leaf: &Certified) -> String {
        self.push_signed_by_chain(repository, &[leaf, &self.root])
    }

    fn push_signed_by_chain(&self, repository: &str, chain: &[&Certified]) -> String {
        let image = Image::sample(repository);
        let digest = self.site.registry.push_image(repository, "1.0", &image);
        let target = image.manifest().descriptor();
        let envelope = EnvelopeBuilder::new(chain, &target).build();
        let signature = envelope.attached_to(&target);
        self.site.registry.push_referrer(repository, &signature);
        digest.to_string()
    }

    pub(crate) fn verify(&self, repository: &str) -> Run {
        self.verify_with(repository, &FILES)
    }

    pub(crate) fn verify_with(&self, repository: &str, files: &[&str]) -> Run {
        let image = self.site.reference(repository);
        let arguments = [&["verify", image.as_str()], files].concat();
        self.site.doorward(&arguments).run()
    }

    pub(crate) fn path(&self, name: &str) -> std::path::PathBuf {
        self.site.path(name)
    }
}

#[test]
fn the_files_of_notation_decide() {
    let notation = Notation::new();
    let digest = notation.push_signed("shop/web");
    notation.site.push("shop/cart");
    notation.site.push("shop/legacy");
    notation.push_signed("shop/unknown");
    notation.verify("shop/web").expect(
        0,
        &[
            "ALLOWED",
            &digest,
            "NotationTrustPolicy trustpolicy.json",
            "\"shop\"",
        ],
    );
    let unsigned = notation.verify("shop/cart");
    unsigned.expect(3, &["DENIED", "notation-no-signature"]);
    let skipped = notation.verify("shop/legacy");
    skipped.expect(0, &["unchecked", "\"legacy\""]);
    let unknown = notation.verify("shop/unknown");
    unknown.expect(4, &["DENIED", "notation-policy-no-match"]);
}

#[test]
fn a_signer_whom_nobody_trusts_is_shown_as_a_claim_where_the_policy_only_logs_that() {
    let notation = Notation::new();
    let stranger = CertificateBuilder::authority("stranger").self_signed();
    let leaf = CertificateBuilder::code_signer("build").issued_by(&stranger);
    notation.push_signed_by_chain("shop/web", &[&leaf, &stranger]);
    notation.push_signed("shop/cart");
    let policy = std::fs::read_to_string(notation.path("trustpolicy.json")).unwrap();
    let audit = policy.replace("strict", "audit");
    notation.site.write("trustpolicy.json", &audit);
    let claimed = notation.verify("shop/web");
    claimed.expect(0, &["claimed by", "nothing that is trusted vouches for it"]);
    assert!(!claimed.stdout.contains("signed by"));
    notation
        .verify("shop/cart")
        .expect(0, &["signed by  build"]);
}

#[test]
fn flags_that_contradict_or_say_nothing_alone_are_a_wrong_command_line() {
    let notation = Notation::new();
    notation.site.write("site.yaml", &notation.site.documents());
    notation.push_signed("shop/web");
    let both = [&FILES[..], &["--filename", "site.yaml"]].concat();
    notation
        .verify_with("shop/web", &both)
        .expect_failure(2, &["two forms of policy"]);
    notation
        .verify_with("shop/web", &FILES[..2])
        .expect_failure(2, &["--trust-store"]);
    let store_alone = ["--filename", "site.yaml", "--trust-store", "truststore"];
    notation
        .verify_with("shop/web", &store_alone)
        .expect_failure(2, &["--trust-store goes with --trust-policy"]);
    let recorded = [&FILES[..], &["--record", "x"]].concat();
    notation
        .verify_with("shop/web", &recorded)
        .expect_failure(2, &["--record goes with --filename"]);
    let nowhere = [&FILES[..2], &["--trust-store", "nowhere"]].concat();
    notation
        .verify_with("shop/web", &nowhere)
        .expect_failure(6, &["nowhere"]);
}

#[test]
fn the_configuration_file_names_both_relative_to_itself() {
    let notation = Notation::new();
    notation.push_signed("shop/web");
    let settings = "trustPolicy: trustpolicy.json\ntrustStore: truststore\n";
    notation.site.write("doorward.yaml", settings);
    notation.site.write("below/empty", "");
    let image = notation.site.reference("shop/web");
    let verify = ["verify", image.as_str(), "--config", "../doorward.yaml"];
    let below = notation.site.path("below");
    let run = notation.site.doorward(&verify).directory(&below).run();
    run.expect(0, &["ALLOWED"]);
}

#[test]
fn policy_match_says_which_statement_governs() {
    let notation = Notation::new();
    let matched = |repository: &str| {
        let image = notation.site.reference(repository);
        let arguments = ["policy", "match", image.as_str(), "-o", "json"];
        let run = notation
            .site
            .doorward(&[&arguments[..], &FILES[..]].concat())
            .run();
        let all = run.json();
        let entry = all["entries"][0].clone();
        let said = [&all["scope"], &all["verdict"], &all["entry"]].map(Clone::clone);
        (
            run.code,
            said,
            entry["demands"].clone(),
            entry["unchecked"].clone(),
        )
    };
    let said = |verdict: &str, entry: &str| [json!("notation"), json!(verdict), json!(entry)];
    assert_eq!(
        matched("shop/web"),
        (
            0,
            said("selected", "shop"),
            json!(["notation"]),
            json!(false)
        )
    );
    assert_eq!(
        matched("shop/legacy"),
        (0, said("selected", "legacy"), json!([]), json!(true))
    );
    let (code, said, ..) = matched("shop/unknown");
    assert_eq!(code, 4);
    assert_eq!(said, [json!("notation"), json!("no-match"), json!(null)]);
}

#[test]
fn what_refers_to_an_image_is_drawn_and_can_be_one_type_alone() {
    let notation = Notation::new();
    notation.push_signed("shop/web");
    let image = notation.site.reference("shop/web");
    let inspect = |more: &[&str]| {
        let arguments = [&["inspect", image.as_str()], more].concat();
        notation.site.doorward(&arguments).run()
    };
    inspect(&["-o", "dot"]).expect(
        0,
        &[
            "digraph image {",
            "signature by build (unverified)",
            "n1 -> n0;",
        ],
    );
    let svg = inspect(&["-o", "svg"]);
    svg.expect(0, &["<svg xmlns=", "signature by build (unverified)"]);
    assert!(svg.stdout.trim_end().ends_with("</svg>"));
    let kind = ["--artifact-type", "application/spdx+json"];
    let none = inspect(&[&kind[..], &["-o", "json"]].concat()).json();
    assert_eq!(none["referrers"].as_array().unwrap().len(), 0);
}

#[test]
fn revocation_lists_from_a_folder_decide_and_nobody_is_asked() {
    let notation = Notation::new();
    let leaf = CertificateBuilder::code_signer("build")
        .serial(7)
        .lists(&["http://127.0.0.1:1/ca.crl"])
        .issued_by(&notation.root);
    notation.push_signed_by("shop/web", &leaf);
    // Nobody can be asked.
    let files = [&FILES[..], &["--revocation", "revocation"]].concat();
    notation
        .verify("shop/web")
        .expect(3, &["notation-revocation-unknown"]);
    let now = Timestamp::from_unix(
        std::time::UNIX_EPOCH
            .elapsed()
            .expect("after 1970")
            .as_secs()
            .try_into()
            .expect("a time"),
    );
    let list = ListBuilder::new(&notation.root, now);
    std::fs::create_dir_all(notation.path("revocation/older")).expect("a folder");
    std::fs::write(notation.path("revocation/acme.crl"), list.build()).expect("a list");
    notation
        .verify_with("shop/web", &files)
        .expect(0, &["ALLOWED"]);
    let revoked = ListedCertificate {
        serial: 7,
        time: now.plus(-3600),
        reason: None,
        invalid_since: None,
    };
    let list = list.entry(revoked);
    std::fs::write(notation.path("revocation/acme.crl"), list.build()).expect("a list");
    notation
        .verify_with("shop/web", &files)
        .expect(3, &["notation-revoked"]);
    // What cannot be used is named, and nothing is decided without it.
    notation.site.write("revocation/note.txt", "hello");
    notation
        .verify_with("shop/web", &files)
        .expect_failure(6, &["note.txt"]);
    notation
        .verify_with(
            "shop/web",
            &["--filename", "site.yaml", "--revocation", "revocation"],
        )
        .expect_failure(2, &["--revocation goes with --trust-policy"]);
}
