mod absence;
mod bounds;
mod fields;
mod origins;
mod pinning;
mod schema;
mod sigstore;
mod values;
mod warnings;

use crate::{Diagnostic, Document, LintCode, PolicyBody, PolicySet, Selection, read_documents};

/// Reads `policy` as the body of the only entry of a cluster policy: the body, and all errors.
fn read(policy: &str) -> (Result<PolicyBody, Diagnostic>, Vec<Diagnostic>) {
    let indented: String = policy
        .lines()
        .map(|line| format!("      {line}\n"))
        .collect();
    let text = format!(
        "apiVersion: doorward.dev/v1\nkind: ClusterImagePolicy\nmetadata: {{name: p}}\nspec:\n  repositories:\n  - name: r.example/*\n    policy:\n{indented}"
    );
    let (mut documents, mut errors) = read_documents("p.yaml", text.as_bytes());
    let Some(Document::Policy(object)) = documents.pop() else {
        panic!("a policy")
    };
    let (set, late) = PolicySet::compile(vec![object]);
    errors.extend(late);
    let Selection::Match(found) = set.select("r.example/a", None) else {
        panic!("the entry matches")
    };
    (found.entries[0].body.clone(), errors)
}

fn valid(policy: &str) -> PolicyBody {
    let (body, errors) = read(policy);
    assert_eq!(errors, [], "{policy}");
    body.expect("valid")
}

/// What the linter says of a policy of a cluster with this body.
fn noted(policy: &str) -> Vec<LintCode> {
    let text = format!(
        "apiVersion: doorward.dev/v1\nkind: ClusterImagePolicy\nmetadata: {{name: p}}\nspec: {{repositories: [{{name: r.example/*, policy: {policy}}}]}}\n"
    );
    let (mut documents, errors) = read_documents("p.yaml", text.as_bytes());
    assert_eq!(errors, [], "{policy}");
    let Some(Document::Policy(object)) = documents.pop() else {
        panic!("a policy")
    };
    let found = crate::lint(&[object]).into_iter();
    found.map(|finding| finding.code).collect()
}

/// Asserts that each policy has an error of the code, and denies.
fn refused(cases: &[(&str, LintCode)]) {
    for (policy, code) in cases {
        let (body, errors) = read(policy);
        assert!(body.is_err(), "{policy}");
        assert!(
            errors.iter().any(|error| error.code == *code),
            "{policy}: {errors:?}"
        );
    }
}
