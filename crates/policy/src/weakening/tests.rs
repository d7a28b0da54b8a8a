use super::*;
use crate::{Document, read_documents};

const REJECT: &str = "{simple: {requirements: [{type: reject}]}}";

fn policies(text: &str) -> Vec<PolicyObject> {
    let (documents, _) = read_documents("p.yaml", text.as_bytes());
    documents
        .into_iter()
        .filter_map(|document| match document {
            Document::Policy(policy) => Some(policy),
            Document::Other { .. } | Document::NotAnObject { .. } => None,
        })
        .collect()
}

fn policy(spec: &str) -> String {
    format!(
        "apiVersion: doorward.dev/v1\nkind: ClusterImagePolicy\nmetadata: {{name: p}}\nspec: {spec}\n---\n"
    )
}

fn body(body: &str) -> String {
    policy(&format!(
        "{{repositories: [{{name: a/*, policy: {body}}}]}}"
    ))
}

fn found(before: &str, after: &str) -> Vec<String> {
    let (before, after) = (policies(before), policies(after));
    let (before, after): (Vec<_>, Vec<_>) = (before.iter().collect(), after.iter().collect());
    weakenings(&before, &after)
        .iter()
        .map(ToString::to_string)
        .collect()
}

#[test]
fn what_is_weaker_is_said_with_its_object() {
    let reject = body(REJECT);
    let two = "{simple: {requirements: [{type: reject}, {type: signedBy, keySecret: k}]}}";
    for (before, after, said) in [
        (
            reject.clone(),
            "apiVersion: v1\nkind: ConfigMap\n".to_owned(),
            "ClusterImagePolicy p: it is gone",
        ),
        (
            "a: [\n".to_owned(),
            reject.clone(),
            "a document that cannot be read: entry \"*\" was denied for a mistake and is judged now",
        ),
        (
            reject.clone(),
            body("{unchecked: true}"),
            "ClusterImagePolicy p: entry \"a/*\" admits unchecked",
        ),
        (
            reject.clone(),
            body("{mode: warn, simple: {requirements: [{type: reject}]}}"),
            "ClusterImagePolicy p: entry \"a/*\" no longer enforces",
        ),
        (
            reject.clone(),
            body("{mutateImage: false, simple: {requirements: [{type: reject}]}}"),
            "ClusterImagePolicy p: entry \"a/*\" no longer pins",
        ),
        (
            reject.clone(),
            body("{onUnavailable: warn, simple: {requirements: [{type: reject}]}}"),
            "ClusterImagePolicy p: entry \"a/*\" admits during outages",
        ),
        (
            body(two),
            reject.clone(),
            "ClusterImagePolicy p: entry \"a/*\" no longer demands all it did",
        ),
        (
            reject.clone(),
            policy("{repositories: []}"),
            "ClusterImagePolicy p: entry \"a/*\" is gone",
        ),
        (
            policy(&format!(
                "{{floor: true, repositories: [{{name: a/*, policy: {REJECT}}}]}}"
            )),
            reject.clone(),
            "ClusterImagePolicy p: it is no floor any more",
        ),
        (
            body("{trst: 1}"),
            reject.clone(),
            "ClusterImagePolicy p: entry \"a/*\" was denied for a mistake and is judged now",
        ),
        (
            reject.clone(),
            policy(&format!(
                "{{repositories: [{{name: a/*, policy: {REJECT}}}, {{name: a/b, policy: {{unchecked: true}}}}]}}"
            )),
            "ClusterImagePolicy p: a new entry \"a/b\" admits what fails, or asks for nothing",
        ),
        (
            reject.clone(),
            format!(
                "{reject}apiVersion: doorward.dev/v1\nkind: ImagePolicy\nmetadata: {{name: o, namespace: n}}\nspec: {{repositories: [{{name: b, policy: {REJECT}}}]}}\n"
            ),
            "ImagePolicy n/o: namespace n has policies of its own now, in place of the cluster's",
        ),
    ] {
        assert_eq!(found(&before, &after), [said], "{before} -> {after}");
    }
}

#[test]
fn what_is_as_strict_or_stricter_is_not_reported() {
    let reject = body(REJECT);
    for (before, after) in [
        (reject.clone(), reject.clone()),
        (body("{unchecked: true}"), reject.clone()),
        (body("{unchecked: true}"), policy("{repositories: []}")),
        (
            body("{unchecked: true}"),
            "apiVersion: v1\nkind: ConfigMap\n".to_owned(),
        ),
        (
            reject.clone(),
            body("{simple: {requirements: [{type: reject}, {type: signedBy, keySecret: k}]}}"),
        ),
        (
            reject.clone(),
            body("{trust: {enabled: true}, simple: {requirements: [{type: reject}]}}"),
        ),
        (
            body("{mode: warn, simple: {requirements: [{type: reject}]}}"),
            reject.clone(),
        ),
        (reject.clone(), body("{trst: 1}")),
        (reject.clone(), policy("{repositories: {}}")),
        (
            "apiVersion: v1\nkind: ConfigMap\n".to_owned(),
            reject.clone(),
        ),
    ] {
        assert_eq!(
            found(&before, &after),
            Vec::<String>::new(),
            "{before} -> {after}"
        );
    }
}

#[test]
fn another_key_counts_as_weaker() {
    let key = |name: &str| {
        body(&format!(
            "{{simple: {{requirements: [{{type: signedBy, keySecret: {name}}}]}}}}"
        ))
    };
    assert_eq!(found(&key("a"), &key("b")).len(), 1);
}

#[test]
fn dropping_any_demand_is_weaker() {
    let demands = [
        "trust: {enabled: true}",
        "simple: {requirements: [{type: reject}]}",
        "notation: {trustStores: [{type: ca, secret: c}], trustedIdentities: ['*']}",
        "sigstore: {authorities: [{keySecret: k}]}",
        "attestations: [{predicateType: u, signedBy: {trust: {enabled: true}}}]",
        "vulnerability: {report: {maxSeverity: low, signedBy: {trust: {enabled: true}}}}",
        "anyOf: [{trust: {enabled: true}}]",
    ];
    let all = body(&format!("{{{}}}", demands.join(", ")));
    for skipped in 0..demands.len() {
        let rest: Vec<_> = demands
            .iter()
            .enumerate()
            .filter(|(index, _)| *index != skipped)
            .map(|(_, demand)| *demand)
            .collect();
        let less = body(&format!("{{{}}}", rest.join(", ")));
        assert_eq!(found(&all, &less).len(), 1, "{less}");
        assert_eq!(found(&less, &all), Vec::<String>::new(), "{less}");
    }
}

#[test]
fn an_object_that_moves_to_another_text_is_the_same() {
    let moved = body(REJECT);
    let (documents, _) = read_documents("q.yaml", moved.as_bytes());
    let Some(Document::Policy(moved)) = documents.into_iter().next() else {
        panic!("a policy")
    };
    let before = policies(&body(REJECT));
    assert_eq!(weakenings(&[&before[0]], &[&moved]), []);
}
