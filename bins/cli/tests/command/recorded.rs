//! Decisions that are written down, and made again when the registry is gone.

use serde_json::{Value, json};

use crate::common::{Run, Site};

const PASSWORD: &str = "correct-horse-battery-staple";

/// A site with pull credentials and the login of a store beside the policy, in one file.
fn site() -> Site {
    let site = Site::new();
    let text = format!(
        "# {PASSWORD}\n{}---\napiVersion: v1\nkind: Secret\nmetadata: {{name: pull, namespace: default}}\ntype: \
         kubernetes.io/basic-auth\nstringData: {{username: alice, password: {PASSWORD}}}\n",
        site.documents()
    );
    site.write("site.yaml", &text);
    site
}

fn verify(site: &Site, image: &str, more: &[&str]) -> Run {
    let arguments = [&["verify", image, "-f", "site.yaml", "-o", "json"], more].concat();
    site.doorward(&arguments).run()
}

#[test]
fn a_recorded_decision_gives_the_same_report_when_the_registry_is_gone() {
    for (repository, signed, code) in [
        ("shop/web", true, 0),
        ("shop/cart", false, 3),
        ("other/x", true, 4),
    ] {
        let site = site();
        if signed {
            site.push_signed(repository);
        } else {
            site.push(repository);
        }
        let first = verify(
            &site,
            &site.reference(repository),
            &["--record", "why.json"],
        );
        assert_eq!(first.code, code, "{first:#?}");
        site.registry.stop();
        site.store.stop();
        std::fs::remove_file(site.path("site.yaml")).unwrap();
        let again = site
            .doorward(&["verify", "--replay", "why.json", "-o", "json"])
            .run();
        assert_eq!(
            (again.code, &again.stdout),
            (code, &first.stdout),
            "{again:#?}"
        );
        assert!(
            again.stderr.contains("note: replayed as decided at"),
            "{again:#?}"
        );
        assert!(!again.stderr.contains("warning"), "{again:#?}");
        let text = std::fs::read_to_string(site.path("why.json")).unwrap();
        assert!(
            !text.contains(PASSWORD) && !text.contains("alice"),
            "{text}"
        );
        for format in ["table", "yaml", "sarif", "name"] {
            let run = site
                .doorward(&["verify", "--replay", "why.json", "-o", format])
                .run();
            assert_eq!(run.code, code, "{run:#?}");
        }
    }
}

#[test]
fn an_outage_is_replayed_as_it_was_forgiven() {
    let site = Site::new();
    let policy = site
        .policy()
        .replace("      simple:", "      onUnavailable: warn\n      simple:");
    site.write("site.yaml", &format!("{policy}---\n{}", site.secret()));
    site.push("shop/web");
    site.store.stop();
    let first = verify(
        &site,
        &site.reference("shop/web"),
        &["--record", "why.json"],
    );
    assert_eq!(first.json()["images"][0]["verdict"], "warn", "{first:#?}");
    site.registry.stop();
    let again = site
        .doorward(&["verify", "--replay", "why.json", "-o", "json"])
        .run();
    assert_eq!(again.stdout, first.stdout);
}

#[test]
fn in_a_directory_every_decision_has_a_file_of_its_own_for_its_owner_alone() {
    use std::os::unix::fs::PermissionsExt as _;

    let site = Site::with_policy();
    site.push_signed("shop/web");
    std::fs::create_dir(site.path("tapes")).unwrap();
    for repository in ["shop/web", "shop/cart"] {
        verify(
            &site,
            &site.reference(repository),
            &["--record", "tapes", "--at", "2026-01-01T00:00:00Z"],
        );
    }
    let files: Vec<_> = std::fs::read_dir(site.path("tapes"))
        .unwrap()
        .map(|entry| entry.unwrap())
        .collect();
    assert_eq!(files.len(), 2);
    for file in files {
        let name = file.file_name().into_string().unwrap();
        assert!(name.starts_with("2026-01-01T00-00-00Z-"), "{name}");
        assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    }
}

#[test]
fn a_transcript_with_a_changed_byte_is_refused_and_says_so() {
    let site = Site::with_policy();
    site.push_signed("shop/web");
    verify(
        &site,
        &site.reference("shop/web"),
        &["--record", "why.json"],
    );
    let text = std::fs::read_to_string(site.path("why.json")).unwrap();
    site.write("why.json", &text.replacen("shop/web", "shop/wet", 1));
    site.doorward(&["verify", "--replay", "why.json"])
        .run()
        .expect_failure(6, &["why.json cannot be replayed", "was changed"]);
    site.doorward(&["verify", "--replay", "none.json"])
        .run()
        .expect_failure(6, &["cannot read none.json"]);
}

#[test]
fn what_cannot_be_written_down_is_no_success() {
    let site = Site::with_policy();
    site.push_signed("shop/web");
    let image = site.reference("shop/web");
    let run = verify(&site, &image, &["--record", "no/such/dir/why.json"]);
    assert_eq!(run.code, 6, "{run:#?}");
    assert_eq!(run.json()["images"][0]["verdict"], "allow");
    let both = verify(&site, &image, &["--record", "a", "--replay", "b"]);
    assert_eq!(both.code, 2, "{both:#?}");
    site.write("policy.json", r#"{"default": [{"type": "reject"}]}"#);
    site.doorward(&[
        "verify",
        &image,
        "--containers-policy",
        "policy.json",
        "--record",
        "x",
    ])
    .run()
    .expect_failure(2, &["--record goes with --filename"]);
}

fn review(namespace: &str, image: &str) -> Value {
    json!({
        "apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview",
        "request": {
            "uid": "705ab4f5", "operation": "CREATE", "namespace": namespace,
            "resource": {"group": "", "version": "v1", "resource": "pods"},
            "object": {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p"}, "spec": {"containers": [
                {"name": "c", "image": image, "env": [{"name": "TOKEN", "value": PASSWORD}]}]}},
        },
    })
}

#[test]
fn a_review_is_answered_again_by_its_transcript_which_does_not_hold_it() {
    for (repository, code) in [("shop/web", 0), ("shop/cart", 3)] {
        let site = site();
        site.push_signed("shop/web");
        site.push("shop/cart");
        let review = |namespace: &str, repository: &str| {
            review(namespace, &site.reference(repository)).to_string()
        };
        let first = site
            .doorward(&["admit", "-", "-f", "site.yaml", "--record", "why.json"])
            .input(review("team", repository))
            .run();
        assert_eq!(first.code, code, "{first:#?}");
        let text = std::fs::read_to_string(site.path("why.json")).unwrap();
        assert!(!text.contains(PASSWORD), "{text}");
        site.registry.stop();
        site.store.stop();
        let replay = |input: String| {
            site.doorward(&["admit", "--replay", "why.json"])
                .input(input)
                .run()
        };
        let again = replay(review("team", repository));
        assert_eq!(
            (again.code, &again.stdout),
            (code, &first.stdout),
            "{again:#?}"
        );
        let other = replay(review("team", "shop/other"));
        assert_eq!(other.code, 6, "{other:#?}");
        assert!(
            other.stdout.contains("transcript-not-recorded"),
            "{other:#?}"
        );
        let elsewhere = replay(review("elsewhere", repository));
        assert_eq!(elsewhere.code, 6, "{elsewhere:#?}");
    }
}

#[test]
fn a_decision_for_no_namespace_answers_no_review_of_one() {
    let site = site();
    site.push_signed("shop/web");
    let mut of_none = review("team", &site.reference("shop/web"));
    let request = of_none["request"].as_object_mut().unwrap();
    request.remove("namespace");
    let first = site
        .doorward(&["admit", "-", "-f", "site.yaml", "--record", "why.json"])
        .input(of_none.to_string())
        .run();
    let replay = |input: String| {
        site.doorward(&["admit", "--replay", "why.json"])
            .input(input)
            .run()
    };
    let again = replay(of_none.to_string());
    assert_eq!((again.code, &again.stdout), (first.code, &first.stdout));
    let other = replay(review("team", &site.reference("shop/web")).to_string());
    assert_eq!(other.code, 6, "{other:#?}");
    assert!(
        other.stderr.contains("the transcript of none"),
        "{other:#?}"
    );
}
