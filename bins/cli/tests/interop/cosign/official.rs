//! The preset `official-images`, by whose identities images are signed with cosign. An instance of the test kit vouches for them
//! in place of the public one.

use std::fs;

use doorward_testkit::SigstoreIdentity;
use serde_json::{Value, json};

use super::instance::{Keyless, WAYS};
use super::site::{ALLOWED, refused};

const PRESET: &str = include_str!("../../../src/commands/install/presets/official-images.yaml");

/// Who signs, by the name in a certificate.
fn signer(subject: &str) -> SigstoreIdentity {
    let Some(workflow) = subject.strip_prefix("https://github.com/") else {
        return SigstoreIdentity::email(subject);
    };
    let (repository, rest) = workflow.split_once("/.github/workflows/").unwrap();
    let (file, reference) = rest.split_once('@').unwrap();
    SigstoreIdentity::workflow(repository, file, reference)
}

/// Somebody whose name begins or ends like that of the signer.
fn forger(subject: &str) -> SigstoreIdentity {
    signer(&match subject.split_once('@') {
        Some((workflow, reference)) if workflow.starts_with("https://") => {
            format!(
                "{}@{reference}",
                workflow.replace("github.com/", "github.com/not-")
            )
        }
        _ => format!("not-{subject}"),
    })
}

#[test]
fn each_identity_of_the_official_images_lets_in_what_it_signed_and_nothing_that_was_forged() {
    let Some(keyless) = Keyless::set_up() else {
        return;
    };
    let site = &keyless.site;
    let mut policy: Value = serde_yaml::from_str(PRESET).unwrap();
    let mut tried = 0;
    let entries = policy["spec"]["repositories"].as_array_mut().unwrap();
    entries.retain(|entry| entry["name"] != "*");
    let names: Vec<_> = entries
        .iter()
        .map(|entry| {
            entry["name"]
                .as_str()
                .unwrap()
                .trim_end_matches('*')
                .to_owned()
        })
        .collect();
    let signers: Vec<_> = entries
        .iter()
        .map(|entry| {
            let authorities = entry["policy"]["sigstore"]["authorities"]
                .as_array()
                .unwrap();
            assert_eq!(authorities.len(), 1, "{entry}");
            let keyless = &authorities[0]["keyless"];
            let word = |field: &str| keyless[field].as_str().unwrap().to_owned();
            (word("issuer"), word("subject"))
        })
        .collect();
    for entry in entries {
        // As it is once no warning is left: `mode` is taken out. The images are at the registry of the test.
        entry["policy"].as_object_mut().unwrap().remove("mode");
        entry["name"] = format!(
            "{}/team/{}",
            site.address(),
            entry["name"].as_str().unwrap()
        )
        .into();
        let authority = &mut entry["policy"]["sigstore"]["authorities"][0];
        authority["trustRootSecret"] = "root".into();
    }
    let root = json!({
        "apiVersion": "v1", "kind": "Secret", "metadata": {"name": "root", "namespace": "doorward"},
        "stringData": {"trusted_root.json": keyless.root.to_string()},
    });
    fs::write(site.path("site.yaml"), format!("{policy}\n---\n{root}")).unwrap();
    for (name, (issuer, subject)) in names.iter().zip(&signers) {
        let token =
            |issuer: &str, who: &SigstoreIdentity| keyless.instance.identity_token_by(issuer, who);
        for (image, token, expected) in [
            ("right", token(issuer, &signer(subject)), ALLOWED),
            (
                "forged",
                token(issuer, &forger(subject)),
                refused("sigstore-untrusted-identity"),
            ),
            (
                "elsewhere",
                token("https://accounts.other.test", &signer(subject)),
                refused("sigstore-untrusted-issuer"),
            ),
        ] {
            let image = site.push(&format!("{name}{image}"));
            assert_eq!(site.doorward(&image), refused("sigstore-none"), "{image}");
            keyless.sign_with(WAYS[2], &token, &image);
            assert_eq!(site.doorward(&image), expected, "{image}");
            tried += 1;
        }
    }
    assert_eq!(tried, 9, "of three entries");
}
