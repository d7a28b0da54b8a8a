//! The rights that the chart gives, held against those of the guide.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::helm::{IMAGE, documents, is_there, one, rendered};
use crate::values::EXAMPLES;

const GUIDE: &str = include_str!("../../../../docs/guides/install.md");
const FIRST_LINE: &str = "```yaml\napiVersion: v1\nkind: ServiceAccount\n";

/// Each right of a role: group, resource, name of the object if it is bound to one, and verb.
fn rights(role: &Value) -> BTreeSet<[String; 4]> {
    let texts = |rule: &Value, field: &str| -> Vec<String> {
        let list = rule[field]
            .as_array()
            .cloned()
            .unwrap_or_else(|| vec!["".into()]);
        list.iter()
            .map(|text| text.as_str().unwrap().to_owned())
            .collect()
    };
    let mut rights = BTreeSet::new();
    for rule in role["rules"].as_array().unwrap() {
        for group in texts(rule, "apiGroups") {
            for resource in texts(rule, "resources") {
                for name in texts(rule, "resourceNames") {
                    for verb in texts(rule, "verbs") {
                        rights.insert([group.clone(), resource.clone(), name.clone(), verb]);
                    }
                }
            }
        }
    }
    rights
}

#[test]
fn the_chart_gives_the_rights_of_the_guide() {
    if !is_there() {
        return;
    }
    let start = GUIDE.find(FIRST_LINE).expect("the guide has them") + "```yaml\n".len();
    let guide = documents(GUIDE[start..].split("```").next().unwrap());
    let chart = rendered(
        "doorward",
        &[
            IMAGE,
            "--set=breakGlass=true,warmUp=true,rescanEvery=24h,reports=openreports",
        ],
    );
    let given = rights(one(&chart, "Role", "doorward"));
    let wanted = rights(one(&guide, "Role", "doorward"));
    let lacking: Vec<_> = wanted.difference(&given).collect();
    assert!(lacking.is_empty(), "{lacking:?}");
    // Reading one namespace is asked of a role in that namespace, and it reads its own alone.
    let own = ["", "namespaces", "", "get"].map(str::to_owned);
    assert!(given.contains(&own));
    let given = rights(one(&chart, "ClusterRole", "doorward"));
    let wanted = rights(one(&guide, "ClusterRole", "doorward"));
    let lacking: Vec<_> = wanted
        .difference(&given)
        .filter(|right| **right != own)
        .collect();
    assert!(lacking.is_empty(), "{lacking:?}");
}

#[test]
fn no_values_let_the_webhook_list_secrets_or_change_more_than_its_own() {
    if !is_there() {
        return;
    }
    for (what, options) in EXAMPLES {
        let objects = rendered("doorward", options);
        for right in rights(one(&objects, "ClusterRole", "doorward")) {
            let [group, resource, name, verb] = right.each_ref().map(String::as_str);
            assert!(![group, resource, verb].contains(&"*"), "{what}: {right:?}");
            if resource == "secrets" {
                assert_eq!(verb, "get", "{what}: {right:?}");
            }
            let changes = ["update", "delete", "patch", "deletecollection"].contains(&verb);
            let is_its_own = ["doorward", "doorward-policies"].contains(&name);
            let is_word = resource.ends_with("/status")
                || ["events", "reports", "policyreports"].contains(&resource);
            assert!(!changes || is_its_own || is_word, "{what}: {right:?}");
        }
    }
}

#[test]
fn what_is_switched_off_takes_its_rights_along() {
    if !is_there() {
        return;
    }
    let has = |options: &[&str], resource: &str| {
        let mut all = vec![IMAGE];
        all.extend(options);
        let objects = rendered("doorward", &all);
        let roles = objects
            .iter()
            .filter(|object| object["kind"].as_str().unwrap().ends_with("Role"));
        roles
            .flat_map(rights)
            .any(|right| right[1] == resource && right[3] == "create")
    };
    assert!(has(&[], "events") && !has(&["--set=events=false"], "events"));
    let reports = ["reports", "policyreports"];
    for (kind, expected) in [
        ("none", [false, false]),
        ("openreports", [true, false]),
        ("policyreport", [false, true]),
    ] {
        let option = format!("--set=reports={kind}");
        assert_eq!(
            reports.map(|resource| has(&[&option], resource)),
            expected,
            "{kind}"
        );
    }
    assert!(has(&[], "configmaps") && !has(&["--set=rememberTrust=false"], "configmaps"));
    assert!(has(&[], "secrets") && !has(&["--set=certificates.source=certManager"], "secrets"));
    assert!(
        !has(&[], "subjectaccessreviews")
            && has(&["--set=breakGlass=true"], "subjectaccessreviews")
    );
    let audience = ["--set=checkAudience=doorward"];
    for resource in ["subjectaccessreviews", "tokenreviews"] {
        assert!(has(&audience, resource), "{resource}");
    }
    assert!(!has(&["--set=breakGlass=true"], "tokenreviews"));
    let lists_pods = |options: &[&str]| {
        let objects = rendered("doorward", &[&[IMAGE], options].concat());
        let role = rights(one(&objects, "ClusterRole", "doorward"));
        role.iter()
            .any(|right| right[1] == "pods" && right[3] == "list")
    };
    assert!(!lists_pods(&[]) && lists_pods(&["--set=warmUp=true"]));
    let again = "--set=rescanEvery=24h";
    assert!(lists_pods(&[again]));
    let alone = ["--set=certificates.source=provided,arming.by=nobody"];
    assert!(has(&[], "leases") && !has(&alone, "leases"));
    assert!(has(&[&alone[..], &[again]].concat(), "leases"));
}
