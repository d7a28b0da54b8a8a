use super::*;
use crate::{Document, Labels, PolicyObject, read_documents};

fn read_policy(text: &str) -> (PolicyObject, Vec<String>) {
    let (mut documents, found) = read_documents("p.yaml", text.as_bytes());
    let Document::Policy(mut policy) = documents.remove(0) else {
        panic!("a policy");
    };
    let mut said: Vec<String> = found.iter().map(|one| one.code.to_string()).collect();
    said.extend(policy.meaning.drain(..).map(|one| one.code.to_string()));
    (policy, said)
}

fn spec(spec: &str) -> String {
    format!(
        "apiVersion: doorward.dev/v1\nkind: ClusterImagePolicy\nmetadata: {{name: p}}\n\
         spec: {{{spec}, repositories: [{{name: '*', policy: {{unchecked: true}}}}]}}\n"
    )
}

fn selectors(text: &str) -> Selectors {
    let (policy, said) = read_policy(&spec(text));
    assert_eq!(said, [] as [&str; 0], "{text}");
    policy.selectors
}

/// Whether the requirement selects a namespace with the label `env` of this value, or without one.
fn selects(requirement: &str, env: Option<&str>) -> bool {
    let selectors = selectors(&format!("namespaceSelector: {requirement}"));
    let labels: Labels = env
        .map(|env| ("env".to_owned(), env.to_owned()))
        .into_iter()
        .collect();
    let environment = Environment::new()
        .in_namespace("n")
        .with_namespace_labels(&labels);
    selectors.select(&environment) == Applies::Yes
}

#[test]
fn operators_mean_what_they_mean_to_kubernetes() {
    let expression = |operator: &str, values: &str| {
        format!("{{matchExpressions: [{{key: env, operator: {operator}{values}}}]}}")
    };
    // For a label of this value, of another, of none at all, and of an empty one.
    for (requirement, wanted) in [
        ("{}".to_owned(), [true, true, true, true]),
        (
            "{matchLabels: {env: prod}}".to_owned(),
            [true, false, false, false],
        ),
        (
            expression("In", ", values: [prod]"),
            [true, false, false, false],
        ),
        (
            expression("In", ", values: [prod, dev]"),
            [true, true, false, false],
        ),
        (
            expression("In", ", values: ['']"),
            [false, false, false, true],
        ),
        (
            expression("NotIn", ", values: [prod]"),
            [false, true, true, true],
        ),
        (expression("Exists", ""), [true, true, false, true]),
        (expression("DoesNotExist", ""), [false, false, true, false]),
        (
            "{matchLabels: {env: prod}, matchExpressions: [{key: env, operator: NotIn, values: [prod]}]}"
                .to_owned(),
            [false; 4],
        ),
    ] {
        let found =
            [Some("prod"), Some("dev"), None, Some("")].map(|env| selects(&requirement, env));
        assert_eq!(found, wanted, "{requirement}");
    }
}

#[test]
fn without_selectors_a_policy_is_for_everybody() {
    assert!(Selectors::default().is_everything());
    assert_eq!(
        Selectors::default().select(&Environment::new()),
        Applies::Yes
    );
    assert_eq!(
        selectors("namespaceSelector: {}").select(&Environment::new()),
        Applies::Yes
    );
}

#[test]
fn what_is_surely_not_selected_is_not_whatever_else_is_not_known() {
    let all = selectors("namespaceSelector: {matchLabels: {env: prod}}, serviceAccounts: [a]");
    let unknown = Environment::new().in_namespace("n");
    assert!(matches!(all.select(&unknown), Applies::Unknown(_)));
    assert_eq!(all.select(&unknown.running_as("b")), Applies::No);
    let Applies::Unknown(missing) = all.select(&unknown.running_as("a")) else {
        panic!("the labels decide");
    };
    assert_eq!(
        missing.to_string(),
        "the labels of the namespace are not known"
    );
    let dev: Labels = [("env".to_owned(), "dev".to_owned())].into();
    assert_eq!(
        all.select(&unknown.with_namespace_labels(&dev)),
        Applies::No
    );
}

#[test]
fn what_labels_and_accounts_cannot_be_is_a_mistake() {
    let many = |item: &str, count: usize| vec![item; count].join(", ");
    for (text, code) in [
        ("namespaceSelector: []", "wrong-type"),
        ("namespaceSelector: ", "missing-field"),
        (
            "namespaceSelector: {matchLabels: {env: true}}",
            "wrong-type",
        ),
        (
            "namespaceSelector: {matchLabels: {'a b': c}}",
            "invalid-value",
        ),
        (
            "namespaceSelector: {matchLabels: {a: 'b c'}}",
            "invalid-value",
        ),
        (
            "namespaceSelector: {matchLabels: {a: b, a: c}}",
            "duplicate-key",
        ),
        ("namespaceSelector: {matchLabel: {a: b}}", "unknown-field"),
        ("namespaceSelector: {env: prod}", "unknown-field"),
        (
            "objectSelector: {matchExpressions: [{key: a, operator: in, values: [b]}]}",
            "unknown-value",
        ),
        (
            "objectSelector: {matchExpressions: [{key: a, operator: In}]}",
            "missing-field",
        ),
        (
            "objectSelector: {matchExpressions: [{key: a, operator: In, values: []}]}",
            "missing-field",
        ),
        (
            "objectSelector: {matchExpressions: [{key: a, operator: Exists, values: [b]}]}",
            "invalid-value",
        ),
        (
            "objectSelector: {matchExpressions: [{key: a, operator: DoesNotExist, values: []}]}",
            "invalid-value",
        ),
        (
            "objectSelector: {matchExpressions: [{operator: Exists}]}",
            "missing-field",
        ),
        (
            "objectSelector: {matchExpressions: [{key: a}]}",
            "missing-field",
        ),
        (
            "objectSelector: {matchExpressions: [{key: -a, operator: Exists}]}",
            "invalid-value",
        ),
        ("serviceAccounts: []", "invalid-value"),
        ("serviceAccounts: builder", "wrong-type"),
        ("serviceAccounts: ['']", "invalid-value"),
        ("serviceAccounts: [a/]", "invalid-value"),
        ("serviceAccounts: [/a]", "invalid-value"),
        ("serviceAccounts: [a/b/c]", "invalid-value"),
        (
            "serviceAccounts: ['system:serviceaccount:ci:builder']",
            "invalid-value",
        ),
        (
            &format!("serviceAccounts: [{}]", many("a", 65)),
            "limit-exceeded",
        ),
        (
            &format!(
                "namespaceSelector: {{matchExpressions: [{{key: a, operator: In, values: [{}]}}]}}",
                many("b", 65)
            ),
            "limit-exceeded",
        ),
        (
            &format!(
                "namespaceSelector: {{matchLabels: {{{}}}}}",
                (0..65)
                    .map(|n| format!("k{n}: v"))
                    .collect::<Vec<_>>()
                    .join(", ")
            ),
            "limit-exceeded",
        ),
    ] {
        let (policy, said) = read_policy(&spec(text));
        assert!(said.iter().any(|one| one == code), "{text}: {said:?}");
        assert!(policy.entries().all(|(_, body)| body.is_err()), "{text}");
    }
}

#[test]
fn selectors_are_for_cluster_policies_of_this_project() {
    for (head, field) in [
        (
            "apiVersion: doorward.dev/v1\nkind: ImagePolicy\nmetadata: {name: p, namespace: n}",
            "namespaceSelector: {}",
        ),
        (
            "apiVersion: doorward.dev/v1\nkind: ImagePolicy\nmetadata: {name: p, namespace: n}",
            "objectSelector: {matchLabels: {a: b}}",
        ),
        (
            "apiVersion: portieris.cloud.ibm.com/v1\nkind: ClusterImagePolicy\nmetadata: {name: p}",
            "serviceAccounts: [a]",
        ),
        (
            "apiVersion: securityenforcement.admission.cloud.ibm.com/v1beta1\nkind: ImagePolicy\n\
             metadata: {name: p, namespace: n}",
            "serviceAccounts: [a]",
        ),
    ] {
        let text =
            format!("{head}\nspec: {{{field}, repositories: [{{name: '*', policy: {{}}}}]}}\n");
        let (policy, said) = read_policy(&text);
        assert!(
            said.iter().any(|one| one == "misplaced-field"),
            "{text}: {said:?}"
        );
        assert!(policy.selectors.is_everything());
        assert!(policy.entries().all(|(_, body)| body.is_err()), "{text}");
    }
}

#[test]
fn a_text_that_breaks_off_within_its_selectors_is_for_everybody_and_denies() {
    let whole = "apiVersion: doorward.dev/v1\nkind: ClusterImagePolicy\nmetadata:\n  name: p\nspec:\n  \
                 namespaceSelector:\n    matchExpressions:\n    - key: env\n      operator: In\n      values:\n      \
                 - prod\n      - stage\n  repositories:\n  - name: '*'\n    policy:\n      unchecked: true\n";
    let lines: Vec<&str> = whole.lines().collect();
    let stage: Labels = [("env".to_owned(), "stage".to_owned())].into();
    let environment = Environment::new()
        .in_namespace("n")
        .with_namespace_labels(&stage);
    for end in 6..13 {
        let text = lines[..end].join("\n") + "\n";
        let (policy, _) = read_policy(&text);
        assert!(policy.fault.is_some() && policy.floor, "{text}");
        assert_eq!(
            policy.selectors.select(&environment),
            Applies::Yes,
            "{text}"
        );
    }
}

#[test]
fn why_a_policy_is_for_a_workload_or_not_is_said_by_the_selectors_that_decide() {
    let all = selectors(
        "namespaceSelector: {matchLabels: {env: prod}}, objectSelector: {matchExpressions: [{key: tier, operator: \
         NotIn, values: [test]}]}, serviceAccounts: [ci/builder]",
    );
    let (prod, dev, none): (Labels, Labels, Labels) = (
        [("env".to_owned(), "prod".to_owned())].into(),
        [("env".to_owned(), "dev".to_owned())].into(),
        Labels::new(),
    );
    let ci = Environment::new().in_namespace("ci");
    assert_eq!(
        all.explain(
            &ci.with_namespace_labels(&dev)
                .with_object_labels(&none)
                .running_as("builder")
        ),
        ["namespaceSelector wants env in (prod), and it is \"dev\""]
    );
    assert_eq!(
        all.explain(
            &ci.with_namespace_labels(&prod)
                .with_object_labels(&none)
                .running_as("builder")
        ),
        [
            "namespaceSelector wants env in (prod), and it is \"prod\"",
            "objectSelector wants tier not in (test), and there is none",
            "serviceAccounts wants one of ci/builder, and it is ci/builder"
        ]
    );
    assert_eq!(
        all.explain(&ci.with_object_labels(&none).running_as("builder")),
        ["namespaceSelector wants env in (prod), and it is not known"]
    );
}
