//! Which entry governs an image.

use serde_json::{Value, json};

use crate::common::{Run, Site};

const POLICIES: &str = "\
apiVersion: doorward.dev/v1
kind: ClusterImagePolicy
metadata: {name: cluster}
spec:
  repositories:
  - name: \"registry.example/*\"
    policy: {simple: {requirements: [{type: reject}]}}
  - name: \"registry.example/team/*\"
    policy: {simple: {requirements: [{type: reject}]}}
---
apiVersion: doorward.dev/v1
kind: ImagePolicy
metadata: {name: own, namespace: tenant}
spec:
  repositories:
  - name: \"docker.io/library/*\"
    policy: {simple: {requirements: [{type: reject}]}}
";

fn matched(arguments: &[&str]) -> Run {
    let site = Site::new();
    site.write("policies.yaml", POLICIES);
    site.doorward(&[&["policy", "match", "-f", "policies.yaml"], arguments].concat())
        .run()
}

#[test]
fn the_most_specific_entry_is_selected() {
    let run = matched(&["registry.example/team/app", "-o", "json"]);
    assert_eq!(run.code, 0, "{run:#?}");
    assert_eq!(
        run.json(),
        json!({
            "image": "registry.example/team/app",
            "reference": "registry.example/team/app:latest",
            "scope": "cluster",
            "policy": "cluster",
            "entry": "registry.example/team/*",
            "entries": [{
                "kind": "ClusterImagePolicy",
                "namespace": null,
                "policy": "cluster",
                "entry": "registry.example/team/*",
                "floor": false,
                "mode": "enforce",
                "demands": ["simple"],
                "unchecked": false,
                "error": null,
            }],
            "verdict": "selected",
        })
    );
    matched(&["registry.example/team/app"]).expect(
        0,
        &["SELECTED", "registry.example/team/*", "demands simple"],
    );
}

#[test]
fn an_entry_that_checks_nothing_can_be_told_from_one_that_is_broken() {
    let site = Site::new();
    site.write(
        "open.yaml",
        "apiVersion: doorward.dev/v1\nkind: ClusterImagePolicy\nmetadata: {name: open}\nspec: {repositories: [{name: \
         \"registry.example/*\", policy: {unchecked: true}}]}\n",
    );
    let run = site
        .doorward(&[
            "policy",
            "match",
            "-f",
            "open.yaml",
            "registry.example/a",
            "-o",
            "json",
        ])
        .run();
    let entry = &run.json()["entries"][0];
    assert_eq!(
        (&entry["demands"], &entry["unchecked"]),
        (&json!([]), &json!(true)),
        "{run:#?}"
    );
}

#[test]
fn a_name_that_can_be_no_namespace_is_a_mistake_of_the_command_line() {
    let wrong = "\"Bad_NS\" can be no namespace";
    matched(&["registry.example/a", "-n", "Bad_NS"])
        .expect_failure(2, &["--namespace", wrong, "lower-case"]);
    matched(&["registry.example/a", "--home-namespace", "Bad_NS"]).expect_failure(2, &[wrong]);
    matched(&[
        "registry.example/a",
        "--shared-secret-namespace",
        "a,Bad_NS",
    ])
    .expect_failure(2, &["--shared-secret-namespace", wrong]);
    let site = Site::new();
    site.write("policies.yaml", POLICIES);
    let arguments = [
        "policy",
        "match",
        "-f",
        "policies.yaml",
        "registry.example/a",
    ];
    site.doorward(&arguments)
        .env("DOORWARD_NAMESPACE", "Bad_NS")
        .run()
        .expect_failure(2, &["$DOORWARD_NAMESPACE", wrong]);
    site.write("doorward.yaml", "namespace: Bad_NS\n");
    site.doorward(&arguments)
        .run()
        .expect_failure(6, &["doorward.yaml", wrong]);
}

#[test]
fn short_names_are_matched_in_full() {
    let run = matched(&["nginx", "-n", "tenant", "-o", "json"]);
    let found = run.json();
    assert_eq!(run.code, 0, "{run:#?}");
    assert_eq!(found["reference"], "docker.io/library/nginx:latest");
    assert_eq!(
        (&found["scope"], &found["policy"]),
        (&json!("namespace"), &json!("own"))
    );
}

const SEVERAL: &str = "\
apiVersion: doorward.dev/v1
kind: ClusterImagePolicy
metadata: {name: broad}
spec:
  repositories:
  - name: \"*\"
    policy: {mode: warn, simple: {requirements: [{type: insecureAcceptAnything}]}}
  - name: \"docker.io/*\"
    policy: {simple: {requirements: [{type: reject}]}}
---
apiVersion: doorward.dev/v1
kind: ClusterImagePolicy
metadata: {name: minimum}
spec:
  floor: true
  repositories:
  - name: \"docker.io/library/*\"
    policy: {trust: {enabled: true, pins: {trustOnFirstUse: true}}}
";

fn matched_by_several(arguments: &[&str]) -> Run {
    let site = Site::new();
    site.write("several.yaml", SEVERAL);
    site.doorward(&[&["policy", "match", "-f", "several.yaml"], arguments].concat())
        .run()
}

#[test]
fn every_entry_that_governs_is_in_the_machine_output_in_order_with_what_it_demands() {
    let run = matched_by_several(&["registry-1.docker.io/team/app", "-o", "json"]);
    let entries = run.json()["entries"].clone();
    let told: Vec<_> = entries
        .as_array()
        .expect("a list")
        .iter()
        .map(|entry| {
            json!([
                entry["policy"],
                entry["entry"],
                entry["floor"],
                entry["mode"],
                entry["demands"]
            ])
        })
        .collect();
    assert_eq!(
        told,
        [
            json!(["broad", "*", false, "warn", ["simple"]]),
            json!(["broad", "docker.io/*", false, "enforce", ["simple"]]),
        ]
    );
    let run = matched_by_several(&["nginx", "-o", "yaml"]);
    run.expect(
        0,
        &[
            "entry: '*'",
            "entry: docker.io/library/*",
            "floor: true",
            "- trust",
        ],
    );
}

#[test]
fn the_reason_names_the_text_that_was_compared() {
    let run = matched_by_several(&["Registry-1.docker.io:443/team/app"]);
    run.expect(
        0,
        &["as written and as docker.io/team/app:latest select different entries"],
    );
}

#[test]
fn several_images_are_matched_in_one_run_and_the_worst_decides_the_exit() {
    let run = matched(&[
        "registry.example/team/app",
        "elsewhere.example/a:1",
        "-o",
        "json",
    ]);
    assert_eq!(run.code, 4, "{run:#?}");
    let found = run.json();
    assert_eq!(found[0]["verdict"], "selected");
    assert_eq!(found[1]["verdict"], "no-match");
    assert_eq!(found[1]["entries"], json!([]));
    let run = matched(&["registry.example/team/app", "registry.example/x"]);
    run.expect(0, &["registry.example/team/*", "registry.example/x"]);
    matched(&["registry.example/a", "NOT A REFERENCE"])
        .expect_failure(2, &["is not an image reference"]);
}

#[test]
fn a_denial_of_a_digest_says_that_an_entry_names_a_tag() {
    let site = Site::new();
    site.write(
        "policies.yaml",
        &POLICIES.replace("registry.example/*", "registry.example/app:1"),
    );
    let image = format!("registry.example/app:1@sha256:{}", "0".repeat(64));
    let said = "names a tag";
    site.doorward(&["policy", "match", "-f", "policies.yaml", &image])
        .run()
        .expect(4, &["registry.example/app:1", said]);
}

#[test]
fn no_match_ends_with_its_own_exit_and_no_policy_name() {
    let run = matched(&["elsewhere.example/a:1", "-o", "json"]);
    assert_eq!(run.code, 4, "{run:#?}");
    let found = run.json();
    assert_eq!(
        (&found["verdict"], &found["scope"]),
        (&json!("no-match"), &json!("cluster"))
    );
    assert_eq!(
        (&found["policy"], &found["entry"]),
        (&Value::Null, &Value::Null)
    );
    // A namespace with policies of its own does not fall back to the cluster's.
    let run = matched(&["registry.example/team/app", "-n", "tenant", "-o", "yaml"]);
    run.expect(4, &["verdict: no-match", "scope: namespace"]);
    matched(&["elsewhere.example/a:1"]).expect(
        4,
        &[
            "NO POLICY APPLIES",
            "denied",
            "2 policies",
            "- ClusterImagePolicy cluster",
            "- ImagePolicy tenant/own",
        ],
    );
}

#[test]
fn without_any_policy_there_is_none_to_match() {
    let site = Site::new();
    site.write(
        "other.yaml",
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\n",
    );
    let run = site
        .doorward(&["policy", "match", "a/b:1", "-f", "other.yaml", "-o", "json"])
        .run();
    assert_eq!(
        (run.code, &run.json()["verdict"]),
        (4, &json!("no-policy")),
        "{run:#?}"
    );
}

#[test]
fn nothing_is_fetched_to_match() {
    let site = Site::with_policy();
    let image = site.reference("shop/web");
    site.doorward(&["policy", "match", &image, "-f", "site.yaml"])
        .run()
        .expect(0, &["SELECTED"]);
    assert!(site.registry.requests().is_empty());
}

#[test]
fn mistakes_have_the_exits_of_every_command() {
    matched(&["NOT A REFERENCE"]).expect_failure(2, &["is not an image reference"]);
    let site = Site::new();
    site.doorward(&["policy", "match", "a/b:1"])
        .run()
        .expect_failure(2, &["no rules"]);
    site.write(
        "wrong.yaml",
        &POLICIES.replace("requirements", "requirement"),
    );
    site.doorward(&["policy", "match", "a/b:1", "-f", "wrong.yaml"])
        .run()
        .expect_failure(6, &["`requirements`"]);
}
