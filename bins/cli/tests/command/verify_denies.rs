//! Every way to be refused, with its code and its exit.

mod unasked;

use doorward_core::Timestamp;
use doorward_testkit::{Fault, FaultRule, Image, KeyKind, OpenPgpSigner, SignOptions, flip_bit};
use serde_json::Value;

use crate::common::{Site, secret};

/// The verdict about an image that must be refused.
#[track_caller]
fn denied(site: &Site, repository: &str, exit: i32) -> (String, Value) {
    let (code, image) = site.verify_json(repository);
    assert_eq!(code, exit, "{image:#}");
    assert_eq!(image["verdict"], "deny");
    assert_eq!(image["pinned"], Value::Null);
    (image["code"].as_str().unwrap().to_owned(), image)
}

#[test]
fn an_unsigned_image() {
    let site = Site::with_policy();
    site.push("shop/cart");
    assert_eq!(denied(&site, "shop/cart", 3).0, "simple-no-signature");
}

#[test]
fn a_tampered_image_with_the_signature_of_the_real_one() {
    let site = Site::with_policy();
    let evil = site.push("shop/pay");
    let good = Image::sample("good");
    let blob = site.signer.sign(&site.reference("shop/pay"), good.digest());
    site.store.put("shop/pay", &evil, blob);
    assert_eq!(denied(&site, "shop/pay", 3).0, "simple-digest-mismatch");
}

#[test]
fn an_image_signed_by_a_stranger() {
    let site = Site::with_policy();
    let digest = site.push("shop/web");
    let blob = Site::stranger().sign(&site.reference("shop/web"), &digest);
    site.store.put("shop/web", &digest, blob);
    assert_eq!(denied(&site, "shop/web", 3).0, "simple-unknown-key");
}

#[test]
fn an_image_signed_under_another_name() {
    let site = Site::with_policy();
    let digest = site.push("shop/web");
    let blob = site.signer.sign(&site.reference("shop/other"), &digest);
    site.store.put("shop/web", &digest, blob);
    assert_eq!(denied(&site, "shop/web", 3).0, "simple-identity-mismatch");
}

#[test]
fn a_signature_with_one_bit_changed() {
    let site = Site::with_policy();
    let digest = site.push("shop/web");
    let blob = site.signer.sign(&site.reference("shop/web"), &digest);
    let changed = flip_bit(&blob, (blob.len() - 10) * 8);
    site.store.put("shop/web", &digest, changed);
    let (code, image) = denied(&site, "shop/web", 3);
    assert!(
        ["simple-bad-signature", "simple-malformed-message"].contains(&code.as_str()),
        "{image:#}"
    );
}

#[test]
fn several_signatures_of_which_none_counts_are_all_explained() {
    let site = Site::with_policy();
    let digest = site.push("shop/web");
    for (signer, name) in [
        (&Site::stranger(), "shop/web"),
        (&site.signer, "shop/other"),
    ] {
        site.store.put(
            "shop/web",
            &digest,
            signer.sign(&site.reference(name), &digest),
        );
    }
    let run = site.verify("shop/web");
    run.expect(
        3,
        &[
            "simple-no-accepted-signature",
            "- simple-unknown-key",
            "- simple-identity-mismatch",
            "read more",
        ],
    );
}

#[test]
fn no_policy_matches() {
    let site = Site::with_policy();
    site.push_signed("team/app");
    let (code, image) = denied(&site, "team/app", 4);
    assert_eq!(code, "policy-no-match");
    assert_eq!(image["rule"], Value::Null);
    let run = site.verify("team/app");
    assert!(
        run.stderr
            .contains("hint: these policies were read: ClusterImagePolicy shop"),
        "{run:#?}"
    );
}

#[test]
fn there_is_no_policy_at_all() {
    let site = Site::new();
    site.write("site.yaml", &site.secret());
    assert_eq!(denied(&site, "shop/web", 4).0, "policy-none");
}

#[test]
fn the_image_does_not_exist() {
    let site = Site::with_policy();
    assert_eq!(denied(&site, "shop/nothing", 3).0, "registry-not-found");
}

#[test]
fn the_key_secret_does_not_exist() {
    let site = Site::new();
    site.write("site.yaml", &site.policy());
    site.push_signed("shop/web");
    assert_eq!(denied(&site, "shop/web", 6).0, "secret-not-found");
}

#[test]
fn the_key_secret_has_no_key() {
    let site = Site::new();
    let other = secret("trust", "release-key", "password", "hunter2");
    site.write("site.yaml", &format!("{}---\n{other}", site.policy()));
    site.push_signed("shop/web");
    assert_eq!(denied(&site, "shop/web", 6).0, "secret-invalid");
    assert!(!site.verify("shop/web").stdout.contains("hunter2"));
}

#[test]
fn the_key_is_not_a_public_key() {
    let site = Site::new();
    site.push_signed("shop/web");
    for text in ["hunter2", site.signer.secret_key_armored().as_str()] {
        let wrong = secret("trust", "release-key", "key", text);
        site.write("site.yaml", &format!("{}---\n{wrong}", site.policy()));
        assert_eq!(denied(&site, "shop/web", 6).0, "simple-keyring-invalid");
        assert!(!site.verify("shop/web").stdout.contains("hunter2"));
    }
}

#[test]
fn a_key_that_has_expired_by_the_time_of_the_decision() {
    let mut site = Site::new();
    site.signer = OpenPgpSigner::builder(KeyKind::Ed25519)
        .expires_after(365 * 24 * 60 * 60)
        .build();
    site.write("site.yaml", &site.documents());
    site.push_signed("shop/web");
    let image = site.reference("shop/web");
    let at = |time: &str| {
        site.doorward(&[
            "verify",
            &image,
            "-f",
            "site.yaml",
            "--at",
            time,
            "-o",
            "json",
        ])
        .run()
    };
    let then = at("2024-06-01T00:00:00Z");
    assert_eq!(
        (then.code, &then.json()["at"]),
        (0, &"2024-06-01T00:00:00Z".into())
    );
    let later = at("2026-01-01T00:00:00Z");
    assert_eq!(later.code, 3);
    assert_eq!(later.json()["images"][0]["code"], "simple-key-expired");
}

#[test]
fn an_entry_that_refuses_later_is_judged_on_either_side_of_its_second() {
    let site = Site::new();
    let documents = site.documents();
    let later = documents.replace("policy:\n", "effectiveFrom: 2027-03-01\n    policy:\n");
    assert_ne!(documents, later);
    site.write("site.yaml", &later);
    site.push("shop/web");
    let image = site.reference("shop/web");
    let at = |time: &str| {
        let arguments = [
            "verify",
            &image,
            "-f",
            "site.yaml",
            "--at",
            time,
            "-o",
            "json",
        ];
        site.doorward(&arguments).run()
    };
    let before = at("2027-02-28T23:59:59Z");
    assert_eq!(before.code, 0, "{before:#?}");
    let told = &before.json()["images"][0];
    assert_eq!(told["verdict"], "warn");
    assert_eq!(told["code"], "policy-not-effective-yet");
    let message = told["message"].as_str().expect("a message");
    assert!(
        message.contains("from 2027-03-01T00:00:00Z on"),
        "{message}"
    );
    let on = at("2027-03-01T00:00:00Z");
    assert_eq!(on.code, 3, "{on:#?}");
    assert_eq!(on.json()["images"][0]["code"], "simple-no-signature");
}

#[test]
fn a_signature_from_the_future() {
    let site = Site::with_policy();
    let created: Timestamp = "2025-06-01T00:00:00Z".parse().unwrap();
    site.push_signed_with("shop/web", &SignOptions::new().created(created));
    let run = site
        .doorward(&[
            "verify",
            &site.reference("shop/web"),
            "-f",
            "site.yaml",
            "--at",
            "2025-01-01T00:00:00Z",
        ])
        .run();
    run.expect(3, &["simple-signature-in-future"]);
}

#[test]
fn a_demand_that_this_version_cannot_check() {
    let site = Site::new();
    site.write(
        "site.yaml",
        "apiVersion: doorward.dev/v1\nkind: ClusterImagePolicy\nmetadata: {name: later}\nspec: \
         {repositories: [{name: \"*\", policy: {attestations: [{artifactType: application/vnd.in-toto+json, \
         signedBy: {simple: {requirements: [{type: signedBy, keySecret: k}]}}}]}}]}\n",
    );
    assert_eq!(denied(&site, "shop/web", 6).0, "policy-unsupported");
}

#[test]
fn a_policy_that_only_warns_lets_the_image_pass_and_says_why() {
    let site = Site::new();
    let pattern = format!("{}/shop/*", site.registry.address());
    let policy = site.policy_named("shop", &pattern, "mode: warn");
    site.write("site.yaml", &format!("{policy}---\n{}", site.secret()));
    site.push("shop/cart");
    site.verify("shop/cart")
        .expect(0, &["WARNED", "simple-no-signature"]);
    let (_, image) = site.verify_json("shop/cart");
    assert_eq!(
        (&image["verdict"], &image["pinned"]),
        (&"warn".into(), &Value::Null)
    );
}

#[test]
fn the_worst_of_several_images_decides_the_exit() {
    let site = Site::with_policy();
    site.push_signed("shop/web");
    site.push("shop/cart");
    let [good, bad, foreign] =
        ["shop/web", "shop/cart", "team/app"].map(|name| site.reference(name));
    for (images, exit) in [
        (vec![&good], 0),
        (vec![&good, &foreign], 4),
        (vec![&foreign, &bad, &good], 3),
    ] {
        let mut arguments = vec!["verify", "-f", "site.yaml"];
        arguments.extend(images.into_iter().map(String::as_str));
        assert_eq!(site.doorward(&arguments).run().code, exit, "{arguments:?}");
        arguments.push("--exit-zero");
        assert_eq!(site.doorward(&arguments).run().code, 0, "{arguments:?}");
    }
}

#[test]
fn no_refusal_suggests_to_trust_less() {
    let site = Site::with_policy();
    site.push("shop/cart");
    let denials = [
        site.verify("shop/cart"),
        site.verify("team/app"),
        site.verify("shop/nothing"),
        site.doorward(&["verify", "a/b:1"]).run(),
    ];
    for run in denials {
        let said = format!("{}{}", run.stdout, run.stderr).to_lowercase();
        for word in [
            "insecure",
            "disable",
            "skip",
            "mode: ",
            "accept anything",
            "acceptanything",
            "exit-zero",
        ] {
            assert!(!said.contains(word), "{word:?} in {said}");
        }
    }
}

#[test]
fn a_genuine_signature_over_what_is_no_claim_about_an_image() {
    let site = Site::with_policy();
    let digest = site.push("shop/web");
    for payload in [
        "{}",
        "[]",
        r#"{"critical": {"type": "another type of statement"}, "optional": null}"#,
    ] {
        let blob = site
            .signer
            .sign_bytes(payload.as_bytes(), &SignOptions::new());
        site.store.put("shop/web", &digest, blob);
    }
    let (_, image) = denied(&site, "shop/web", 3);
    let causes = image["requirements"][0]["causes"].as_array().unwrap();
    assert_eq!(causes.len(), 3, "{image:#}");
    for cause in causes {
        assert_eq!(cause["code"], "simple-payload-invalid");
    }
}
