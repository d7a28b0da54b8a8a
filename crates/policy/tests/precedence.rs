//! The tables of the book about which policies govern an image, walked.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]
#![allow(
    clippy::disallowed_methods,
    reason = "the tables are in the book and not in the crate"
)]

use doorward_policy::{
    Document, Environment, Labels, PolicyObject, PolicySet, Selection, read_documents,
};

const IMAGE: &str = "registry.example/team/app:1";

/// The rows of the table with this first column, each as the texts of its cells.
fn table(first_column: &str) -> (Vec<String>, Vec<Vec<String>>) {
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../docs/concepts/policy-precedence.md"
    );
    let page = std::fs::read_to_string(path).expect("the page");
    let cells = |line: &str| -> Vec<String> {
        let line = line.trim().trim_matches('|');
        line.split('|').map(|cell| cell.trim().to_owned()).collect()
    };
    let mut lines = page.lines().map(cells);
    let head = lines
        .find(|cells| cells[0] == first_column)
        .expect("the table");
    let rows: Vec<_> = lines
        .skip(1)
        .take_while(|cells| cells.len() == head.len())
        .collect();
    assert!(rows.len() > 3, "{rows:?}");
    (head, rows)
}

fn policy(head: &str, spec: &str, pattern: &str) -> String {
    format!(
        "---\napiVersion: doorward.dev/v1\n{head}\n\
         spec: {{{spec}repositories: [{{name: '{pattern}', policy: {{unchecked: true}}}}]}}\n"
    )
}

fn cluster(name: &str, spec: &str, pattern: &str) -> String {
    policy(
        &format!("kind: ClusterImagePolicy\nmetadata: {{name: {name:?}}}"),
        spec,
        pattern,
    )
}

fn set(text: &str) -> PolicySet {
    if text.is_empty() {
        return PolicySet::default();
    }
    let (documents, found) = read_documents("p.yaml", text.as_bytes());
    assert_eq!(found, [], "{text}");
    let policies: Vec<PolicyObject> = documents
        .into_iter()
        .map(|document| match document {
            Document::Policy(policy) => policy,
            _ => panic!("a policy"),
        })
        .collect();
    PolicySet::compile(policies).0
}

fn labels(key: &str, value: &str) -> Labels {
    [(key.to_owned(), value.to_owned())].into()
}

/// The names of the policies that govern the image, sorted, or the code that it is denied with.
fn governing(set: &PolicySet, environment: Environment<'_>) -> String {
    match set.select(IMAGE, environment) {
        Selection::Match(found) => {
            let entries = found.entries.iter();
            let mut names: Vec<&str> = entries.map(|entry| entry.rule.name.as_str()).collect();
            names.sort_unstable();
            names.join(", ")
        }
        Selection::NoMatch { .. } => "nothing: `policy-no-match`".to_owned(),
        Selection::NoPolicy => "nothing: `policy-none`".to_owned(),
        Selection::Unknown { .. } => "nothing: `policy-selection-unknown`".to_owned(),
    }
}

fn sorted(cell: &str) -> String {
    let mut names: Vec<&str> = cell.split(", ").collect();
    names.sort_unstable();
    names.join(", ")
}

#[test]
fn what_governs_where_policies_select_is_what_the_table_says() {
    let (head, rows) = table("namespace policy");
    let env = |env: &str| format!("namespaceSelector: {{matchLabels: {{env: {env}}}}}, ");
    let policies = [
        policy(
            "kind: ImagePolicy\nmetadata: {name: namespace policy, namespace: shop}",
            "",
            "registry.example/team/*",
        ),
        cluster("selected", &env("prod"), "registry.example/team/*"),
        cluster("unselected", &env("dev"), "registry.example/team/app"),
        cluster(
            "floor that selects",
            &format!("floor: true, {}", env("prod")),
            "registry.example/*",
        ),
        cluster(
            "floor that does not",
            &format!("floor: true, {}", env("dev")),
            "registry.example/*",
        ),
        cluster(
            "by labels of the object",
            "objectSelector: {matchLabels: {tier: web}}, ",
            "registry.example/team/*",
        ),
    ];
    let (prod, web) = (labels("env", "prod"), labels("tier", "web"));
    let environment = Environment::new()
        .in_namespace("shop")
        .with_namespace_labels(&prod)
        .with_object_labels(&web)
        .running_as("default");
    assert_eq!(head.len(), policies.len() + 1);
    for row in rows {
        let text: String = policies
            .iter()
            .zip(&row)
            .filter(|(_, cell)| match cell.as_str() {
                "yes" => true,
                "–" => false,
                other => panic!("{other}"),
            })
            .map(|(policy, _)| policy.as_str())
            .collect();
        let wanted = sorted(row.last().expect("a last column"));
        assert_eq!(governing(&set(&text), environment), wanted, "{row:?}");
    }
}

#[test]
fn what_governs_where_labels_are_not_known_is_what_the_table_says() {
    let (_, rows) = table("surely selected");
    for row in rows {
        let [sure, possible, wanted] = row.as_slice() else {
            panic!("{row:?}");
        };
        let mut text = String::new();
        if sure != "nothing" {
            text += &cluster("sure", "", sure.trim_matches('`'));
        }
        text += &cluster(
            "possible",
            "namespaceSelector: {matchLabels: {env: prod}}, ",
            possible.trim_matches('`'),
        );
        let wanted = match wanted.as_str() {
            "both" => "possible, sure",
            "the one that is surely selected" => "sure",
            other => other,
        };
        assert_eq!(
            governing(&set(&text), Some("shop").into()),
            wanted,
            "{row:?}"
        );
    }
}
