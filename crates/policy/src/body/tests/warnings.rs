//! What weakens a policy.

use super::*;
use crate::lint;

fn warnings(policy: &str) -> Vec<LintCode> {
    let text = format!(
        "apiVersion: portieris.cloud.ibm.com/v1\nkind: ClusterImagePolicy\nmetadata: {{name: p}}\nspec: {{repositories: [{{name: r.example/*, policy: {policy}}}]}}\n"
    );
    let (mut documents, errors) = read_documents("p.yaml", text.as_bytes());
    assert_eq!(errors, [], "{policy}");
    let Some(Document::Policy(object)) = documents.pop() else {
        panic!("a policy")
    };
    lint(&[object])
        .into_iter()
        .map(|finding| finding.code)
        .collect()
}

#[test]
fn what_weakens_a_policy_is_reported() {
    use LintCode::{
        DisabledCheck, HttpStore, InsecureAcceptAnything, KeyNamespace, NotEnforcing, TagIgnored,
        TrustOnFirstUse, TrustWithoutPin, UncheckedEntry, UnpinnedRoot,
    };
    for (policy, expected) in [
        ("{}", vec![UncheckedEntry]),
        (
            "{trust: {enabled: true}, simple: {requirements: []}}",
            vec![UnpinnedRoot, DisabledCheck],
        ),
        (
            "{simple: {requirements: [{type: insecureAcceptAnything}]}}",
            vec![InsecureAcceptAnything],
        ),
        (
            "{simple: {requirements: [{type: signedBy, keySecret: k}]}}",
            vec![KeyNamespace],
        ),
        (
            "{simple: {requirements: [{type: signedBy, keySecret: k, keySecretNamespace: n}]}}",
            vec![],
        ),
        (
            "{simple: {requirements: [{type: reject}], storeURL: 'http://s.example'}}",
            vec![HttpStore],
        ),
        (
            "{simple: {requirements: [{type: signedBy, keySecret: k, keySecretNamespace: n, signedIdentity: {type: matchExactRepository, dockerRepository: 'r.example/a:1'}}]}}",
            vec![TagIgnored],
        ),
        (
            "{simple: {requirements: [{type: signedBy, keySecret: k, keySecretNamespace: n, signedIdentity: {type: matchExact}}]}}",
            vec![LintCode::ExactIdentity],
        ),
        (
            "{anyOf: [{simple: {requirements: [{type: reject}]}}, {simple: {requirements: [{type: signedBy, keySecret: k, keySecretNamespace: n, signedIdentity: {type: matchExact}}]}}]}",
            vec![LintCode::ExactIdentity],
        ),
        (
            "{mutateImage: false, simple: {requirements: [{type: signedBy, keySecret: k, keySecretNamespace: n, signedIdentity: {type: matchExact}}]}}",
            vec![],
        ),
        (
            "{mode: audit, trust: {enabled: true}}",
            vec![NotEnforcing, UnpinnedRoot],
        ),
        (
            "{onUnavailable: warn, trust: {enabled: true}}",
            vec![NotEnforcing, UnpinnedRoot],
        ),
        (
            "{mutateImage: false, trust: {enabled: true}}",
            vec![TrustWithoutPin, UnpinnedRoot],
        ),
        (
            "{trust: {enabled: true, pins: {trustOnFirstUse: true}}}",
            vec![TrustOnFirstUse],
        ),
        (
            "{trust: {enabled: true, trustServer: 'https://n.example', signerSecrets: [{name: a, namespace: n}], pins: {certificateSecrets: [{name: r, namespace: n}]}}}",
            vec![],
        ),
        (
            "{trust: {enabled: true, trustServer: 'https://n.example/trust/v2/', pins: {caSecrets: [{name: c, namespace: n}]}}}",
            vec![LintCode::TrustServerPath],
        ),
        (
            "{trust: {enabled: true, trustServer: 'https://n.example/notaryv2', pins: {caSecrets: [{name: c, namespace: n}]}}}",
            vec![],
        ),
        (
            "{trust: {enabled: true, trustServer: 'https://n.example, http://m.example', pins: {caSecrets: [{name: c}]}}}",
            vec![HttpStore, KeyNamespace],
        ),
        (
            "{sigstore: {authorities: [{keySecrets: [{name: k, namespace: n}, {name: l}], trustRootSecret: r}]}}",
            vec![KeyNamespace, KeyNamespace],
        ),
        (
            "{sigstore: {authorities: [{keyless: {issuer: i, subject: s}}]}}",
            vec![],
        ),
        (
            "{sigstore: {authorities: [{keyless: {issuer: i, subjectRegExp: 'acme/web'}, trustRootSecret: r, trustRootSecretNamespace: n}]}}",
            vec![LintCode::WholeExpression],
        ),
        (
            "{sigstore: {authorities: [{keyless: {issuer: i, subjectRegExp: '^acme/web'}, trustRootSecret: r, trustRootSecretNamespace: n}]}}",
            vec![],
        ),
        (
            "{trust: {enabled: false}, simple: {requirements: [{type: reject}]}}",
            vec![DisabledCheck],
        ),
    ] {
        assert_eq!(warnings(policy), expected, "{policy}");
    }
}

#[test]
fn a_check_that_asks_a_discontinued_service_is_reported_wherever_it_stands() {
    use LintCode::{DeprecatedCheck, DisabledCheck, UncheckedEntry};
    let asks = "vulnerability: {ICCRVA: {enabled: true}}";
    let report = "maxSeverity: high, signedBy: {simple: {requirements: [{type: reject}]}}";
    for (policy, expected) in [
        (format!("{{{asks}}}"), vec![DeprecatedCheck]),
        (
            format!("{{anyOf: [{{simple: {{requirements: [{{type: reject}}]}}}}, {{{asks}}}]}}"),
            vec![DeprecatedCheck],
        ),
        (
            format!(
                "{{vulnerability: {{ICCRVA: {{enabled: true, account: x}}, report: {{{report}}}}}}}"
            ),
            vec![DeprecatedCheck],
        ),
        (
            format!("{{vulnerability: {{ICCRVA: {{enabled: false}}, report: {{{report}}}}}}}"),
            vec![],
        ),
        (
            "{simple: {requirements: [{type: reject}]}, vulnerability: {ICCRVA: {enabled: false}}}"
                .to_owned(),
            vec![DisabledCheck],
        ),
        ("{}".to_owned(), vec![UncheckedEntry]),
    ] {
        assert_eq!(warnings(&policy), expected, "{policy}");
    }
}
