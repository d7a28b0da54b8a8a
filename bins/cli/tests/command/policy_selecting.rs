//! Which policies are for a workload, and why.

use serde_json::{Value, json};

use crate::common::{Run, Site};

const SELECTING: &str = "\
apiVersion: doorward.dev/v1
kind: ClusterImagePolicy
metadata: {name: prod}
spec:
  namespaceSelector: {matchLabels: {env: prod}}
  repositories:
  - name: \"registry.example/team/*\"
    effectiveFrom: 2099-01-01
    policy: {simple: {requirements: [{type: reject}]}}
---
apiVersion: doorward.dev/v1
kind: ClusterImagePolicy
metadata: {name: builders}
spec:
  serviceAccounts: [ci/builder]
  repositories:
  - name: \"registry.example/team/app\"
    policy: {simple: {requirements: [{type: reject}]}}
---
apiVersion: v1
kind: Namespace
metadata: {name: stage, labels: {env: stage}}
";

fn selecting(arguments: &[&str]) -> Run {
    let site = Site::new();
    site.write("policies.yaml", SELECTING);
    let fixed = [
        "policy",
        "match",
        "-f",
        "policies.yaml",
        "registry.example/team/app",
    ];
    site.doorward(&[&fixed, arguments].concat()).run()
}

#[test]
fn whom_each_policy_is_for_is_said_with_the_selector_that_decides() {
    selecting(&["--namespace-label", "env=prod"]).expect(
        0,
        &[
            "SELECTED",
            "policy prod is for this workload: namespaceSelector wants env in (prod), and it is \"prod\"",
            "policy builders is not for this workload: serviceAccounts wants one of ci/builder, and it is",
            "refuses what fails from 2099-01-01T00:00:00Z on",
        ],
    );
    selecting(&["-n", "stage"]).expect(
        4,
        &[
            "NO POLICY APPLIES",
            "policy prod is not for this workload",
            "it is \"stage\"",
        ],
    );
    // A label that is named counts beside those of the object, and before them.
    selecting(&["-n", "stage", "--namespace-label", "env=prod"]).expect(0, &["SELECTED"]);
    selecting(&[
        "-n",
        "ci",
        "--service-account",
        "builder",
        "--namespace-label",
        "a=b",
    ])
    .expect(0, &["policy builders is for this workload"]);
}

#[test]
fn labels_that_are_not_known_are_named_where_a_selector_asks_for_them() {
    let run = selecting(&["-o", "json"]);
    assert_eq!(run.code, 5, "{run:#?}");
    let matched = run.json();
    assert_eq!(matched["verdict"], "unknown");
    assert_eq!(matched["entries"], json!([]));
    assert_eq!(
        matched["selectors"],
        json!([
            {
                "policy": "builders", "floor": false, "onlyAdds": false, "selects": "no",
                "why": ["serviceAccounts wants one of ci/builder, and it is default/default"],
            },
            {
                "policy": "prod", "floor": false, "onlyAdds": false, "selects": "unknown",
                "why": ["namespaceSelector wants env in (prod), and it is not known"],
            },
        ])
    );
    selecting(&[]).expect(
        5,
        &["NOT KNOWN", "the labels of the namespace are not known"],
    );
    // With an entry that surely governs, what may govern has to pass as well.
    let site = Site::new();
    site.write("policies.yaml", SELECTING);
    site.write(
        "base.yaml",
        "apiVersion: doorward.dev/v1\nkind: ClusterImagePolicy\nmetadata: {name: cluster}\nspec:\n  repositories:\n  \
         - {name: 'registry.example/*', policy: {simple: {requirements: [{type: reject}]}}}\n",
    );
    let run = site
        .doorward(&[
            "policy",
            "match",
            "-f",
            "policies.yaml,base.yaml",
            "registry.example/team/app",
            "-o",
            "json",
        ])
        .run();
    assert_eq!(run.code, 0, "{run:#?}");
    let supposed = |entry: &Value| (entry["policy"].clone(), entry["supposed"].clone());
    let entries: Vec<_> = run.json()["entries"]
        .as_array()
        .expect("a list")
        .iter()
        .map(supposed)
        .collect();
    assert_eq!(
        entries,
        [
            // The other may take its place.
            (json!("cluster"), json!(true)),
            (json!("prod"), json!(true))
        ]
    );
}

#[test]
fn a_label_that_is_none_is_a_usage_error() {
    for label in ["env", "e nv=prod", "env=p rod", "=x"] {
        let run = selecting(&["--namespace-label", label]);
        assert_eq!(run.code, 2, "{label}: {run:#?}");
    }
    let run = selecting(&["--namespace-label", "env=prod,env=dev"]);
    assert_eq!(run.code, 2, "{run:#?}");
    assert!(run.stderr.contains("two values"), "{run:#?}");
}
