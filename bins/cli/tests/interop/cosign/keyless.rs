//! Signatures without keys: cosign has the identity certified, logged and stamped, and `doorward` judges by a trusted root.

use doorward_testkit::{SigstoreIdentity, SigstoreInstance};

use super::instance::{DEVELOPER, Keyless, WAYS, identity};
use super::site::{ALLOWED, refused};
use crate::tools::run;

#[test]
fn what_cosign_signs_without_a_key_is_allowed_in_every_way_for_the_identity_alone() {
    let Some(keyless) = Keyless::set_up() else {
        return;
    };
    let (root, issuer) = (&keyless.root, keyless.instance.issuer());
    for (number, way) in WAYS.into_iter().enumerate() {
        let image = keyless.site.push(&format!("keyless{number}"));
        assert_eq!(keyless.site.doorward(&image), refused("sigstore-none"));
        keyless.sign(way, &image);
        assert_eq!(keyless.site.doorward(&image), ALLOWED, "{way:?}");
        let accepted = keyless.cosign(root, (&issuer, DEVELOPER), &image);
        let said = String::from_utf8_lossy(&accepted.stderr);
        assert!(accepted.status.success(), "{way:?}: {said}");
        for (issuer, subject, code) in [
            (
                issuer.as_str(),
                "eve@acme.test",
                "sigstore-untrusted-identity",
            ),
            (
                "https://accounts.other.test",
                DEVELOPER,
                "sigstore-untrusted-issuer",
            ),
        ] {
            keyless.trust(root, &identity(issuer, subject));
            assert_eq!(keyless.site.doorward(&image), refused(code), "{way:?}");
            let cosign = keyless.cosign(root, (issuer, subject), &image);
            assert!(!cosign.status.success(), "{way:?}");
        }
        keyless.trust(root, &keyless.developer());
    }
}

#[test]
fn a_token_for_another_identity_or_by_another_issuer_does_not_make_a_signature_of_the_developer() {
    let Some(keyless) = Keyless::set_up() else {
        return;
    };
    let eve = SigstoreIdentity::email("eve@acme.test");
    let developer = SigstoreIdentity::email(DEVELOPER);
    let instance = &keyless.instance;
    for (number, way) in WAYS.into_iter().enumerate() {
        for (name, token, code) in [
            (
                "eve",
                instance.identity_token(&eve),
                "sigstore-untrusted-identity",
            ),
            (
                "elsewhere",
                instance.identity_token_by("https://accounts.other.test", &developer),
                "sigstore-untrusted-issuer",
            ),
        ] {
            let image = keyless.site.push(&format!("{name}{number}"));
            keyless.sign_with(way, &token, &image);
            assert_eq!(keyless.site.doorward(&image), refused(code), "{way:?}");
        }
    }
}

#[test]
fn a_token_of_another_instance_gets_no_certificate() {
    let Some(keyless) = Keyless::set_up() else {
        return;
    };
    let other = SigstoreInstance::start_blocking("other");
    let developer = SigstoreIdentity::email(DEVELOPER);
    let token = other.identity_token_by(&keyless.instance.issuer(), &developer);
    for (number, way) in WAYS.into_iter().enumerate() {
        let image = keyless.site.push(&format!("foreign{number}"));
        let output = run(&mut keyless.signing(way, &token, &image));
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success(), "{way:?}");
        assert!(said.contains("no token of an issuer"), "{way:?}: {said}");
        assert_eq!(keyless.site.doorward(&image), refused("sigstore-none"));
    }
}

#[test]
fn a_workflow_signs_for_its_file_its_repository_and_its_ref_alone() {
    let Some(keyless) = Keyless::set_up() else {
        return;
    };
    let workflow = SigstoreIdentity::workflow("acme/app", "release.yml", "refs/tags/v1.2.0");
    let issuer = "https://token.actions.githubusercontent.com";
    let token = keyless.instance.identity_token_by(issuer, &workflow);
    let subject = "https://github.com/acme/app/.github/workflows/release.yml@refs/tags/v1.2.0";
    let pattern = r"https://github\\.com/acme/app/\\.github/workflows/release\\.yml@refs/tags/v.*";
    let exact = identity(issuer, subject);
    let by_pattern = |pattern: &str| format!("issuer: \"{issuer}\", subjectRegExp: \"{pattern}\"");
    let with = |claims: &str| format!("{exact}, github: {{{claims}}}");
    for (number, way) in WAYS.into_iter().enumerate() {
        let image = keyless.site.push(&format!("workflow{number}"));
        keyless.sign_with(way, &token, &image);
        let identity_refused = refused("sigstore-untrusted-identity");
        for (identity, expected) in [
            (exact.clone(), ALLOWED),
            (by_pattern(pattern), ALLOWED),
            (with("repository: acme/app, runner: github-hosted"), ALLOWED),
            (with("ref: refs/tags/v1.2.0, trigger: push"), ALLOWED),
            (
                by_pattern(&pattern.replace("tags", "heads")),
                identity_refused.clone(),
            ),
            (
                by_pattern("https://github\\\\.com/acme/ap"),
                identity_refused.clone(),
            ),
            (with("repository: acme/other"), identity_refused.clone()),
            (
                with("repository: acme/app, runner: self-hosted"),
                identity_refused.clone(),
            ),
            (with("ref: refs/tags/v1.2"), identity_refused.clone()),
        ] {
            keyless.trust(&keyless.root, &identity);
            assert_eq!(
                keyless.site.doorward(&image),
                expected,
                "{way:?} {identity}"
            );
        }
    }
}
