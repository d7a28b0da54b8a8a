//! Verification plug-ins of the Notary Project, in a build that runs them.

use std::fs::{Permissions, set_permissions, write};
use std::os::unix::fs::PermissionsExt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use doorward_core::{Descriptor, Digest, MediaType};
use doorward_testkit::{CertificateBuilder, EnvelopeBuilder, Image};

use crate::common::{Run, Site};

const NAME: &str = "com.example.signer";
const NAMES_IT: &str = "io.cncf.notary.verificationPlugin";
const METADATA: &str = r#"{"name":"com.example.signer","version":"1.0.0","supportedContractVersions":["1.0"],"capabilities":["SIGNATURE_VERIFIER.TRUSTED_IDENTITY"]}"#;

/// An image whose signature names a plug-in that a policy allows, and the plug-in with this verdict.
fn site(success: bool) -> Site {
    let site = Site::new();
    let root = CertificateBuilder::authority("root").self_signed();
    let leaf = CertificateBuilder::code_signer("build").issued_by(&root);
    let image = Image::sample("web");
    site.registry.push_image("shop/web", "1.0", &image);
    let target = image.manifest().descriptor();
    let envelope = EnvelopeBuilder::new(&[&leaf, &root], &target)
        .attribute(NAMES_IT, true, NAME)
        .build();
    let signature = envelope.attached_to(&target);
    site.registry.push_referrer("shop/web", &signature);
    site.write("truststore/x509/ca/acme/root.pem", &root.pem());
    let file = b"a release\n";
    let kind = MediaType::new("application/octet-stream");
    let target = Descriptor::new(kind, Digest::sha256(file), file.len() as u64);
    let of_file = EnvelopeBuilder::new(&[&leaf, &root], &target).attribute(NAMES_IT, true, NAME);
    write(site.path("app.tar"), file).unwrap();
    write(site.path("app.tar.sig"), of_file.build().bytes()).unwrap();
    let (registry, root) = (site.registry.address(), STANDARD.encode(root.pem()));
    site.write(
        "plugins.yaml",
        &format!(
            "apiVersion: v1\nkind: Secret\nmetadata: {{name: acme, namespace: doorward}}\ndata: {{root.crt: {root}}}\n\
             ---\napiVersion: doorward.dev/v1\nkind: ClusterImagePolicy\nmetadata: {{name: p}}\nspec:\n  repositories:\n  \
             - name: '{registry}/*'\n    policy:\n      notation:\n        \
             trustStores: [{{type: ca, secret: acme, namespace: doorward}}]\n        \
             trustedIdentities: ['x509.subject: C=US, ST=WA, O=somebody else']\n        \
             plugins: [{{name: com.example.signer, identity: replace}}]\n"
        ),
    );
    let program = "plugins/com.example.signer/notation-com.example.signer";
    let verdict = format!(
        r#"{{"processedAttributes":[],"verificationResults":{{"SIGNATURE_VERIFIER.TRUSTED_IDENTITY":{{"success":{success},"reason":"by its word"}}}}}}"#
    );
    site.write(
        program,
        &format!("#!/bin/sh\ncase $1 in\nget-plugin-metadata) echo '{METADATA}';;\n*) echo '{verdict}';;\nesac\n"),
    );
    for (path, mode) in [
        (program, 0o755),
        ("plugins", 0o755),
        ("plugins/com.example.signer", 0o755),
    ] {
        set_permissions(site.path(path), Permissions::from_mode(mode)).unwrap();
    }
    site
}

fn verify(site: &Site, more: &[&str]) -> Run {
    let image = site.reference("shop/web");
    let arguments = [&["verify", image.as_str(), "-f", "plugins.yaml"], more].concat();
    site.doorward(&arguments).run()
}

#[test]
fn a_plug_in_that_a_policy_allows_is_run_where_the_command_says_where_it_is() {
    let site = site(true);
    let says = "with a say of the plug-in com.example.signer";
    verify(&site, &FOLDER).expect(0, &["ALLOWED", says]);
    let report = verify(&site, &["--plugin-dir", "plugins", "-o", "json"]);
    assert!(report.stdout.contains(r#""plugin": "com.example.signer""#));
    verify(&site, &[]).expect(3, &["notation-plugin-unavailable"]);
    let lost = verify(&site, &["--plugin-dir", "nowhere"]);
    assert_eq!(lost.code, 6);
    assert!(lost.stderr.contains("--plugin-dir cannot be used"));
}

#[test]
fn the_reason_of_a_plug_in_that_says_no_is_shown() {
    let site = site(false);
    let run = verify(&site, &["--plugin-dir", "plugins"]);
    run.expect(3, &["notation-plugin-refused", "by its word"]);
}

#[test]
fn no_configuration_file_chooses_which_plug_ins_are_run() {
    let site = site(true);
    site.write("doorward.yaml", "pluginDir: plugins\n");
    let refused = verify(&site, &[]);
    assert_eq!(refused.code, 6);
    assert!(refused.stderr.contains("unknown field `pluginDir`"));
}

/// The same site under a trust policy of notation, which says nothing of plug-ins and accepts somebody else.
fn under_trust_policy(success: bool) -> Site {
    let site = site(success);
    site.write(
        "trustpolicy.json",
        r#"{"version": "1.0", "trustPolicies": [{
            "name": "all", "registryScopes": ["*"],
            "signatureVerification": {"level": "strict"},
            "trustStores": ["ca:acme"],
            "trustedIdentities": ["x509.subject: C=US, ST=WA, O=somebody else"]
        }]}"#,
    );
    site
}

fn verify_by_trust_policy(site: &Site, more: &[&str]) -> Run {
    let image = site.reference("shop/web");
    let arguments = [&["verify", image.as_str()], &RULES[..], more].concat();
    site.doorward(&arguments).run()
}

const RULES: [&str; 4] = [
    "--trust-policy",
    "trustpolicy.json",
    "--trust-store",
    "truststore",
];
const FOLDER: [&str; 2] = ["--plugin-dir", "plugins"];

#[test]
fn a_plug_in_that_is_installed_is_not_run_for_a_trust_policy_unless_it_is_named() {
    let site = under_trust_policy(true);
    let policy = std::fs::read_to_string(site.path("trustpolicy.json")).unwrap();
    // Anybody below the root, so that nothing else refuses.
    let anybody = policy.replace("x509.subject: C=US, ST=WA, O=somebody else", "*");
    site.write("trustpolicy.json", &anybody);
    let unnamed = verify_by_trust_policy(&site, &FOLDER);
    unnamed.expect(3, &["notation-plugin-unavailable"]);
    let other = [&FOLDER[..], &["--plugin", "com.example.other=replace"]].concat();
    verify_by_trust_policy(&site, &other).expect(3, &["notation-plugin-unavailable"]);
}

#[test]
fn a_plug_in_that_is_named_adds_to_a_trust_policy_and_replaces_its_identities_where_that_is_said() {
    let site = under_trust_policy(true);
    let adding = [&FOLDER[..], &["--plugin", "com.example.signer"]].concat();
    verify_by_trust_policy(&site, &adding).expect(3, &["notation-untrusted-identity"]);
    let replacing = [&FOLDER[..], &["--plugin", "com.example.signer=replace"]].concat();
    verify_by_trust_policy(&site, &replacing).expect(0, &["ALLOWED"]);
    let site = under_trust_policy(false);
    verify_by_trust_policy(&site, &replacing).expect(3, &["notation-plugin-refused"]);
}

#[test]
fn a_plug_in_without_its_folder_or_policy_or_with_another_role_is_an_error_of_usage() {
    let site = under_trust_policy(true);
    for more in [
        &["--plugin", "com.example.signer"][..],
        &[
            "--plugin-dir",
            "plugins",
            "--plugin",
            "com.example.signer=instead",
        ],
        &["--plugin-dir", "plugins", "--plugin", "../up"],
        &["--plugin-dir", "plugins", "--plugin", ""],
        &["--plugin-dir", "plugins", "--plugin", "a", "--plugin", "a"],
    ] {
        assert_eq!(verify_by_trust_policy(&site, more).code, 2, "{more:?}");
    }
    let beside = verify(
        &site,
        &["--plugin-dir", "plugins", "--plugin", "com.example.signer"],
    );
    assert_eq!(beside.code, 2);
    assert!(beside.stderr.contains("--plugin goes with --trust-policy"));
}

#[test]
fn a_plug_in_is_named_without_its_folder_only_where_nothing_is_verified() {
    let site = under_trust_policy(true);
    let named = ["--plugin", "com.example.signer"];
    let run = verify_by_trust_policy(&site, &named);
    run.expect_failure(2, &["--plugin needs --plugin-dir"]);
    let image = site.reference("shop/web");
    let rules = &RULES[..];
    let matching = [&["policy", "match", image.as_str()], rules, &named].concat();
    site.doorward(&matching).run().expect(0, &["all"]);
}

#[test]
fn a_file_whose_signature_names_a_plug_in_is_judged_by_it_too() {
    for (success, code, says) in [(true, 0, "ALLOWED"), (false, 3, "notation-plugin-refused")] {
        let site = site(success);
        site.write(
            "trustpolicy.blob.json",
            r#"{"version": "1.0", "trustPolicies": [{
                "name": "release", "globalPolicy": true, "signatureVerification": {"level": "strict"},
                "trustStores": ["ca:acme"],
                "trustedIdentities": ["x509.subject: C=US, ST=WA, O=somebody else"]}]}"#,
        );
        let verify = |more: &[&str]| {
            let asked = "verify --blob app.tar --signature app.tar.sig --trust-policy trustpolicy.blob.json \
                         --trust-store truststore";
            let arguments: Vec<&str> = asked
                .split_whitespace()
                .chain(more.iter().copied())
                .collect();
            site.doorward(&arguments).run()
        };
        verify(&FOLDER).expect(3, &["notation-untrusted-identity"]);
        let adding = [&FOLDER[..], &["--plugin", NAME]].concat();
        verify(&adding).expect(3, &["notation-untrusted-identity"]);
        let replacing = [&FOLDER[..], &["--plugin", "com.example.signer=replace"]].concat();
        verify(&replacing).expect(code, &[says]);
    }
}
