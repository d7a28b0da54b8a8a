//! Mistakes and risks in policies.

use serde_json::Value;

use crate::common::{Run, Site};

/// An unknown field, a wrong type, and a requirement without its key.
const THREE_MISTAKES: &str = "\
apiVersion: doorward.dev/v1
kind: ClusterImagePolicy
metadata:
  name: releases
spec:
  repositories:
  - name: \"registry.example/team/*\"
    policy:
      mutateImages: true
      simple:
        requirements:
        - {type: signedBy}
  - name: \"registry.example/other/*\"
    policy:
      mode: enforced
";

fn lint(site: &Site, more: &[&str]) -> Run {
    site.doorward(&[&["policy", "lint"], more].concat()).run()
}

#[test]
fn every_mistake_is_shown_with_its_line_and_what_was_meant() {
    let site = Site::new();
    site.write("policy.yaml", THREE_MISTAKES);
    let run = lint(&site, &["policy.yaml"]);
    run.expect(
        6,
        &[
            "policy.yaml:9:7",
            "mutateImages",
            "`mutateImage`",
            "^^^^^^^^^^^^",
            "policy.yaml:12:",
            "keySecret",
            "policy.yaml:15:",
            "enforced",
            "3 errors, 0 warnings",
        ],
    );
    assert!(
        !run.stdout.contains("unchecked"),
        "an entry with a mistake denies"
    );
}

#[test]
fn json_and_sarif_say_the_same_as_the_text() {
    let site = Site::new();
    site.write("policy.yaml", THREE_MISTAKES);
    let run = lint(&site, &["policy.yaml", "-o", "json"]);
    assert_eq!(run.code, 6);
    let found = run.json();
    assert_eq!(found["kind"], "PolicyLint");
    assert_eq!(found["summary"]["errors"], 3, "{found:#}");
    let lines: Vec<u64> = found["diagnostics"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|found| found["severity"] == "error")
        .map(|found| found["line"].as_u64().unwrap())
        .collect();
    assert_eq!(lines, [9, 12, 15]);

    let run = lint(&site, &["policy.yaml", "-o", "sarif"]);
    assert_eq!(run.code, 6);
    let log = run.json();
    let results = log["runs"][0]["results"].as_array().unwrap();
    assert_eq!(
        results.len(),
        found["diagnostics"].as_array().unwrap().len()
    );
    for result in results {
        let place = &result["locations"][0]["physicalLocation"];
        assert_eq!(place["artifactLocation"]["uri"], "policy.yaml");
        assert!(place["region"]["startLine"].as_u64().unwrap() > 0);
        let index = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
        assert_eq!(
            log["runs"][0]["tool"]["driver"]["rules"][index]["id"],
            result["ruleId"]
        );
    }
}

#[test]
fn warnings_alone_end_with_success_unless_they_are_denied() {
    let site = Site::new();
    site.write(
        "policy.yaml",
        "apiVersion: doorward.dev/v1\nkind: ClusterImagePolicy\nmetadata: {name: open}\nspec: {repositories: [{name: \
         \"registry.example/*\", policy: {unchecked: true}}]}\n",
    );
    lint(&site, &["policy.yaml"]).expect(0, &["warning[unchecked-entry]", "0 errors, 1 warning"]);
    lint(&site, &["policy.yaml", "--deny-warnings"]).expect(6, &["1 warning"]);
    lint(&site, &["policy.yaml", "--deny-warnings", "--exit-zero"]).expect(0, &["1 warning"]);
}

#[test]
fn good_policies_are_silent() {
    let site = Site::with_policy();
    let run = lint(&site, &["site.yaml", "-o", "json"]);
    assert_eq!(run.code, 0, "{run:#?}");
    assert_eq!(run.json()["summary"]["errors"], 0);
}

#[test]
fn a_secret_that_cannot_be_read_is_an_error_too() {
    let site = Site::new();
    site.write(
        "secret.yaml",
        "apiVersion: v1\nkind: Secret\nmetadata: {name: s, namespace: n}\ndata: {key: hunter2-secret!}\n",
    );
    for form in ["table", "json", "sarif", "yaml"] {
        let run = lint(&site, &["secret.yaml", "-o", form]);
        run.expect(6, &["Secret n/s", "secret.yaml"]);
        assert!(!run.stdout.contains("hunter2"));
    }
}

#[test]
fn a_secret_with_a_key_that_stands_twice_is_an_error_and_its_value_is_not_shown() {
    let site = Site::new();
    site.write(
        "secret.yaml",
        "apiVersion: v1\nkind: Secret\nmetadata: {name: s, namespace: n}\nstringData:\n  password: hunter2\n  \
         password: hunter3\n",
    );
    for form in ["table", "json", "sarif", "yaml"] {
        let run = lint(&site, &["secret.yaml", "-o", form]);
        run.expect(6, &["password", "secret.yaml"]);
        let said = format!("{}{}", run.stdout, run.stderr);
        assert!(!said.contains("hunter"), "{said}");
    }
    lint(&site, &["secret.yaml"]).expect(6, &["secret.yaml:6", "1 error, 0 warnings"]);
}

#[test]
fn what_is_no_object_is_passed_over_with_a_note() {
    let site = Site::new();
    site.write("values.yaml", "replicas: 2\n");
    let run = lint(&site, &["values.yaml"]);
    assert_eq!(run.code, 0, "{run:#?}");
    let note = "values.yaml:1 is passed over: no Kubernetes object";
    assert!(run.stderr.contains(note), "{run:#?}");
}

#[test]
fn files_that_are_no_documents_are_errors_with_a_place() {
    let site = Site::new();
    site.write("broken.yaml", "a: [\n");
    lint(&site, &["broken.yaml"]).expect(6, &["error[syntax]", "broken.yaml:"]);
    lint(&site, &["missing.yaml"]).expect_failure(6, &["missing.yaml"]);
    lint(&site, &[]).expect_failure(2, &["nothing to look at"]);
}

#[test]
fn standard_input_and_directories_are_looked_at() {
    let site = Site::new();
    let run = site
        .doorward(&["policy", "lint", "-"])
        .input(THREE_MISTAKES)
        .run();
    run.expect(6, &["standard input:9:7"]);
    site.write("all/policy.yaml", THREE_MISTAKES);
    lint(&site, &["all"]).expect(6, &["all/policy.yaml:9:7"]);
    lint(&site, &["-f", "all"]).expect(6, &["all/policy.yaml:9:7"]);
}

#[test]
fn an_empty_file_is_a_mistake_where_a_policy_may_have_stood() {
    let site = Site::new();
    site.write("empty.yaml", "");
    lint(&site, &["empty.yaml"]).expect(6, &["error[no-document]", "empty.yaml"]);
    let _: Value = lint(&site, &["empty.yaml", "-o", "json"]).json();
}

#[test]
fn a_directory_in_which_nothing_is_called_like_a_policy_file_is_nothing_and_its_files_are_named() {
    let site = Site::new();
    site.write("all/floor", THREE_MISTAKES);
    let run = lint(&site, &["all"]);
    assert_eq!(run.code, 7, "{run:#?}");
    for told in ["all/floor is passed over", "there is no file to look at"] {
        assert!(run.stderr.contains(told), "{run:#?}");
    }
    assert_eq!(lint(&site, &["all", "--exit-zero"]).code, 0);
}

#[test]
fn policies_of_other_projects_are_named() {
    let site = Site::new();
    site.write(
        "other.yaml",
        "apiVersion: policy.sigstore.dev/v1beta1\nkind: ImagePolicy\nmetadata: {name: p, namespace: n}\n",
    );
    lint(&site, &["other.yaml"]).expect(
        0,
        &[
            "warning[foreign-kind]: an ImagePolicy of",
            "policy.sigstore.dev/v1beta1",
            "0 policies",
        ],
    );
}
