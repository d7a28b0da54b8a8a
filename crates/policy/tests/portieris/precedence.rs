//! Which policy and which entry govern an image.

use super::*;

fn mark_of(body: &Result<PolicyBody, Diagnostic>) -> String {
    let body = body.as_ref().expect("the bodies are valid");
    let Checks::Demanded(demands) = &body.checks else {
        panic!("marked")
    };
    let server = demands
        .iter()
        .find_map(|demand| match demand {
            Demand::Trust(trust) => trust.trust_servers.first().cloned(),
            _ => None,
        })
        .expect("marked");
    server
        .trim_start_matches("https://")
        .trim_end_matches(".example")
        .to_owned()
}

fn describe(selection: &Selection<'_>) -> String {
    match selection {
        Selection::Match(found) => {
            let entry = &found.entries[0];
            format!("{:?}", entry.body)
        }
        Selection::NoMatch {
            scope: Scope::Namespace,
        } => "no-namespace-match".to_owned(),
        Selection::NoMatch {
            scope: Scope::Cluster,
        } => "no-cluster-match".to_owned(),
        Selection::NoPolicy => "no-policy-anywhere".to_owned(),
        Selection::Unknown { missing } => missing.to_string(),
    }
}

/// The body that an expected policy means.
fn body_of(policy: &Value) -> String {
    let spec = json!({"repositories": [{"name": "*", "policy": policy}]});
    let object = decode(&object("ImagePolicy", PORTIERIS, "p", &spec));
    let (_, body) = object.entries().next().expect("one entry");
    format!(
        "{:?}",
        body.map_err(|_| "an invalid policy").map_err(str::to_owned)
    )
}

fn code_of(selection: &Selection<'_>) -> String {
    match selection {
        Selection::Match(found) => match &found.entries[0].body {
            Ok(_) => "-".to_owned(),
            Err(why) => why.code.to_string(),
        },
        Selection::NoMatch { .. } => "policy-no-match".to_owned(),
        Selection::NoPolicy => "policy-none".to_owned(),
        Selection::Unknown { .. } => "policy-selection-unknown".to_owned(),
    }
}

pub(crate) fn scope(case: &Value) -> Vec<Outcome> {
    let mut policies = Vec::new();
    for (field, kind) in [
        ("namespace_policies", KINDS[0]),
        ("cluster_policies", KINDS[1]),
    ] {
        for policy in case[field].as_array().into_iter().flatten() {
            let spec = json!({"repositories": policy["repositories"]});
            let mut value = object(kind, PORTIERIS, text(policy, "name"), &spec);
            if let (Some(namespace), "ImagePolicy") = (policy["namespace"].as_str(), kind) {
                value["metadata"]["namespace"] = json!(namespace);
            }
            policies.push(decode(&value));
        }
    }
    let warned = warned(case, &policies);
    let (set, _) = PolicySet::compile(policies);
    let selection = set.select(text(case, "image"), case["namespace"].as_str());
    let expected = match case["expect"]["deny"].as_str() {
        Some(reason) => reason.to_owned(),
        None => body_of(&case["expect"]["policy"]),
    };
    let outcome = Outcome::of(expected, describe(&selection)).coded(code_of(&selection));
    std::iter::once(outcome).chain(warned).collect()
}

pub(crate) fn lookup(case: &Value) -> Vec<Outcome> {
    let kinds = case["applies_to"].as_array().expect("kinds");
    let mut outcomes = Vec::new();
    for kind in kinds.iter().filter_map(Value::as_str) {
        let spec = json!({"repositories": case["repositories"]});
        let policies = vec![decode(&object(kind, PORTIERIS, "p", &spec))];
        outcomes.extend(warned(case, &policies));
        let (set, _) = PolicySet::compile(policies);
        let namespace = (kind == "ImagePolicy").then_some(NAMESPACE);
        let selection = set.select(text(case, "image"), namespace);
        let expected = match &case["expect"] {
            Value::Null => format!(
                "no-{}-match",
                if namespace.is_some() {
                    "namespace"
                } else {
                    "cluster"
                }
            ),
            policy => body_of(policy),
        };
        outcomes.push(Outcome::of(expected, describe(&selection)).coded(code_of(&selection)));
    }
    outcomes
}

pub(crate) fn selection(case: &Value) -> Vec<Outcome> {
    let mut outcomes = Vec::new();
    for kind in KINDS {
        let mut policies = Vec::new();
        for (p, names) in case["policies"]
            .as_array()
            .into_iter()
            .flatten()
            .enumerate()
        {
            let entry =
                |(e, name)| json!({"name": name, "policy": marked_body(&format!("p{p}e{e}"))});
            let entries: Vec<Value> = names
                .as_array()
                .into_iter()
                .flatten()
                .enumerate()
                .map(entry)
                .collect();
            // Names in the order of the list, which is the order in which an API server lists objects.
            let name = format!("p{p:04}");
            policies.push(decode(&object(
                kind,
                PORTIERIS,
                &name,
                &json!({"repositories": entries}),
            )));
        }
        outcomes.extend(warned(case, &policies));
        let (set, _) = PolicySet::compile(policies);
        let found = set.select(
            text(case, "image"),
            (kind == "ImagePolicy").then_some(NAMESPACE),
        );
        let (marks, entries): (Vec<String>, Vec<&str>) = match &found {
            Selection::Match(found) => found
                .entries
                .iter()
                .map(|entry| (mark_of(&entry.body), entry.rule.entry.as_str()))
                .unzip(),
            Selection::NoMatch { .. } | Selection::NoPolicy | Selection::Unknown { .. } => {
                Default::default()
            }
        };
        let first = marks.first().map_or("none", String::as_str);
        outcomes.push(match class(case) {
            "defect" => safe_selection(case, &entries),
            _ => {
                let selected = &case["selected"];
                let stated = match selected {
                    Value::Null => "none".to_owned(),
                    entry => format!("p{}e{}", entry["policy_index"], entry["entry_index"]),
                };
                Outcome::of(stated, first)
            }
        });
    }
    outcomes
}

fn safe_selection(case: &Value, entries: &[&str]) -> Outcome {
    let safe = text(case, "safe");
    let got = format!("{entries:?}");
    if safe.contains("decide") {
        return Outcome::of(got.clone(), got);
    }
    if let Some(wanted) = safe.strip_suffix(" entry should win") {
        let governs = entries.contains(&wanted);
        return Outcome::of(
            format!("{wanted} governs"),
            if governs {
                format!("{wanted} governs")
            } else {
                got
            },
        );
    }
    let expected = if safe.contains("no match") || safe.contains("deny") {
        "no match"
    } else {
        "match"
    };
    Outcome::of(
        expected,
        if entries.is_empty() {
            "no match"
        } else {
            "match"
        },
    )
}
