mod absence;
mod bounds;
mod schema;

use std::time::Duration;

use doorward_core::Action;

use crate::{
    AuthorityKind, Checks, Demand, Diagnostic, Document, LintCode, Mode, NotationCheck,
    NotationLevel, OnUnavailable, PluginRole, PolicyBody, PolicySet, Quorum, SecretRef, Selection,
    SignedIdentity, SimpleRequirement, Subject, VerifyTimestamp, VulnerabilitySeverity, lint,
    read_documents,
};

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

/// The demands of a body, by the names of their fields.
macro_rules! demand {
    ($body:expr, $kind:ident) => {{
        let Checks::Demanded(demands) = &$body.checks else {
            panic!("the body demands something")
        };
        demands
            .iter()
            .find_map(|demand| match demand {
                Demand::$kind(demand) => Some(demand.clone()),
                _ => None,
            })
            .expect("there")
    }};
}

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

#[test]
fn every_field_of_the_format_is_read() {
    let body = valid(
        r#"mode: warn
mutateImage: false
onUnavailable: warn
trust:
  enabled: true
  trustServer: "https://trust.example"
  signerSecrets: [{name: alice, namespace: keys}, {name: bob}]
  pins: {certificateSecrets: [{name: c}], caSecrets: [{name: d}], trustOnFirstUse: false}
  maxStaleness: 1h
simple:
  requirements:
  - {type: signedBy, keySecret: k, keySecretNamespace: n, signedIdentity: {type: matchRepository}}
  - {type: reject}
  storeURL: "https://sigs.example/store"
  storeSecret: s
notation:
  level: permissive
  overrides: {expiry: log, revocation: skip}
  trustStores: [{type: ca, secret: acme-ca}, {type: tsa, secret: tsa-root}]
  revocationSecrets: [{secret: acme-lists, namespace: keys}]
  trustedIdentities: ["x509.subject: C=US, ST=WA, O=acme"]
  verifyTimestamp: afterCertExpiry
  tsaRevocation: log
  honourInvalidityDate: true
  userMetadata: {build: "42"}
  plugins: [{name: com.example.signer, identity: replace}, {name: b, revocation: add}]
sigstore:
  require: 2
  authorities:
  - {name: release, keySecret: cosign-pub}
  - {name: ci, keyless: {issuer: "https://i.example", subjectRegExp: "a.*"}, trustRootSecret: root}
attestations:
- {predicateType: "https://spdx.dev/Document", signedBy: {sigstore: {authorities: [{keySecret: k}]}}, conditions: ["true"]}
- artifactType: application/vnd.cyclonedx+json
  signedBy: {sigstore: {authorities: [{keySecret: k}]}}
  maxAge: 72h
  denyPackages: ["pkg:npm/event-stream", "log4j-core@2.14.*"]
  denyLicenses: ["AGPL-*"]
vulnerability:
  ICCRVA: {enabled: true, account: "7"}
  report:
    maxSeverity: high
    maxAge: 72h
    signedBy: {sigstore: {authorities: [{keySecret: k}]}}
    artifactType: application/sarif+json
    onlyFixable: true
    failOn: [CVE-2021-44228]
    ignore: [{id: CVE-2026-1, until: 2026-12-31, reason: not reachable}]
    vex: {signedBy: {sigstore: {authorities: [{keySecret: v}]}}, statuses: [not_affected, fixed]}
image: {maxAge: 720h, user: nonRoot, labels: {a: b*}, architectures: [amd64, linux/arm/v7], base: {allowed: [r.example/*]}}
anyOf: [{simple: {requirements: [{type: reject}]}}, {trust: {enabled: true}}]"#,
    );
    assert_eq!(
        (body.mode, body.mutate_image, body.on_unavailable),
        (Mode::Warn, false, OnUnavailable::Warn)
    );
    assert_eq!(
        body.demands(),
        [
            "trust",
            "simple",
            "notation",
            "sigstore",
            "attestations",
            "vulnerability",
            "image",
            "anyOf"
        ]
    );
    let trust = demand!(body, Trust);
    assert_eq!(trust.max_staleness, Duration::from_secs(3600));
    assert_eq!(
        trust.signer_secrets[0],
        SecretRef {
            name: "alice".into(),
            namespace: Some("keys".into())
        }
    );
    let simple = demand!(body, Simple);
    assert_eq!(
        simple.requirements[0],
        SimpleRequirement::SignedBy {
            key_secret: "k".into(),
            key_secret_namespace: Some("n".into()),
            signed_identity: SignedIdentity::MatchRepository,
        }
    );
    assert_eq!(
        (simple.store_url.as_deref(), simple.store_secret.as_deref()),
        (Some("https://sigs.example/store"), Some("s"))
    );
    let statement = &demand!(body, Notation).statements[0];
    assert_eq!(
        (statement.level, statement.verify_timestamp),
        (NotationLevel::Permissive, VerifyTimestamp::AfterCertExpiry)
    );
    assert_eq!(
        statement.overrides,
        [
            (NotationCheck::Expiry, Action::Log),
            (NotationCheck::Revocation, Action::Skip)
        ]
    );
    let lists = SecretRef {
        name: "acme-lists".into(),
        namespace: Some("keys".into()),
    };
    assert_eq!(statement.revocation, [lists]);
    assert_eq!(
        statement.user_metadata,
        [("build".to_owned(), "42".to_owned())]
    );
    let roles = statement
        .plugins
        .iter()
        .map(|one| (one.name.as_str(), one.identity, one.revocation));
    let (add, replace) = (PluginRole::Add, PluginRole::Replace);
    let expected = [("com.example.signer", replace, add), ("b", add, add)];
    assert!(roles.eq(expected));
    let sigstore = demand!(body, Sigstore);
    assert_eq!(sigstore.require, Quorum::AtLeast(2));
    assert!(
        matches!(&sigstore.authorities[1].by, AuthorityKind::Keyless(keyless) if keyless.subject == Subject::Pattern("a.*".into()))
    );
    let report = demand!(body, Vulnerability).report.expect("there");
    assert_eq!(
        (report.max_severity, report.max_age),
        (
            VulnerabilitySeverity::High,
            Some(Duration::from_secs(259_200))
        )
    );
}

#[test]
fn identities_carry_their_parameters() {
    let identity = |text: &str| {
        let body = valid(&format!(
            "simple: {{requirements: [{{type: signedBy, keySecret: k, signedIdentity: {text}}}]}}"
        ));
        match demand!(body, Simple).requirements.remove(0) {
            SimpleRequirement::SignedBy {
                signed_identity, ..
            } => signed_identity,
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(
        identity("{type: ''}"),
        SignedIdentity::MatchRepoDigestOrExact
    );
    assert_eq!(identity("{type: matchExact}"), SignedIdentity::MatchExact);
    assert_eq!(
        identity("{type: matchExactReference, dockerReference: 'r.example/a:1'}"),
        SignedIdentity::MatchExactReference("r.example/a:1".into())
    );
    assert_eq!(
        identity("{type: matchExactRepository, dockerRepository: nginx}"),
        SignedIdentity::MatchExactRepository("nginx".into())
    );
    assert_eq!(
        identity("{type: remapIdentity, prefix: mirror.example, signedPrefix: r.example/team}"),
        SignedIdentity::RemapIdentity {
            prefix: "mirror.example".into(),
            signed_prefix: "r.example/team".into()
        }
    );
}

#[test]
fn image_rules_stand_beside_a_signature_wherever_that_is_demanded() {
    for policy in [
        "{trust: {enabled: true}, image: {user: nonRoot}}",
        "{trust: {enabled: true}, anyOf: [{image: {user: nonRoot}}, {simple: {requirements: [{type: reject}]}}]}",
        "{image: {user: nonRoot}, anyOf: [{trust: {enabled: true}}, {simple: {requirements: [{type: reject}]}}]}",
        "anyOf: [{trust: {enabled: true}, image: {maxAge: 1h}}, {simple: {requirements: [{type: reject}]}}]",
    ] {
        let (body, errors) = read(policy);
        assert!(body.is_ok(), "{policy}: {errors:?}");
    }
}

#[test]
fn values_that_cannot_work_deny() {
    use LintCode::{InvalidValue, MissingField};
    refused(&[
        ("simple: {requirements: [{type: signedBy}]}", MissingField),
        (
            "simple: {requirements: [{type: signedBy, keySecret: ''}]}",
            MissingField,
        ),
        (
            "simple: {requirements: [{type: signedBy, keySecret: 'a/b'}]}",
            InvalidValue,
        ),
        (
            "simple: {requirements: [{type: signedBy, keySecret: k, signedIdentity: {type: matchExactReference}}]}",
            MissingField,
        ),
        (
            "simple: {requirements: [{type: signedBy, keySecret: k, signedIdentity: {type: matchExactReference, dockerReference: r.example/a}}]}",
            InvalidValue,
        ),
        (
            "simple: {requirements: [{type: signedBy, keySecret: k, signedIdentity: {type: matchExactReference, dockerReference: R/A:1}}]}",
            InvalidValue,
        ),
        (
            "simple: {requirements: [{type: signedBy, keySecret: k, signedIdentity: {type: matchExactRepository, dockerRepository: 'a b'}}]}",
            InvalidValue,
        ),
        (
            "simple: {requirements: [{type: signedBy, keySecret: k, signedIdentity: {type: remapIdentity, prefix: r.example}}]}",
            MissingField,
        ),
        (
            "simple: {requirements: [{type: signedBy, keySecret: k, signedIdentity: {type: remapIdentity, prefix: 'r.example/', signedPrefix: s.example}}]}",
            InvalidValue,
        ),
        ("simple: {storeURL: 'file:///sigs'}", InvalidValue),
        (
            "simple: {storeURL: 'https://user:pass@s.example'}",
            InvalidValue,
        ),
        (
            "trust: {enabled: true, trustServer: trust.example}",
            InvalidValue,
        ),
        (
            "trust: {enabled: true, pins: {rootKeyIds: [abc]}}",
            InvalidValue,
        ),
        ("anyOf: []", InvalidValue),
        ("anyOf: [{}]", InvalidValue),
        ("anyOf: [{trust: {enabled: false}}]", InvalidValue),
        (
            "notation: {trustStores: [{type: tsa, secret: t}], trustedIdentities: ['*']}",
            MissingField,
        ),
        (
            "notation: {trustStores: [{type: ca, secret: c}]}",
            MissingField,
        ),
        (
            "notation: {trustStores: [{type: ca, secret: c}], trustedIdentities: ['*', 'x509.subject: CN=a']}",
            InvalidValue,
        ),
        (
            "notation: {trustStores: [{type: ca, secret: c}], trustedIdentities: ['CN=a']}",
            InvalidValue,
        ),
        (
            "notation: {trustStores: [{type: ca, secret: c, configMap: c}], trustedIdentities: ['*']}",
            InvalidValue,
        ),
        (
            "notation: {trustStores: [{type: ca}], trustedIdentities: ['*']}",
            MissingField,
        ),
        (
            "notation: {trustStores: [{type: ca, configMap: c}], trustedIdentities: ['x509.san: dns:a']}",
            InvalidValue,
        ),
        (
            "notation: {trustStores: [{type: ca, configMap: c}], trustedIdentities: ['x509.san: '], identityMatching: wider}",
            InvalidValue,
        ),
        (
            "notation: {trustStores: [{type: ca, configMap: c}], trustedIdentities: ['CN=a'], identityMatching: wider}",
            InvalidValue,
        ),
        ("image: {user: nonRoot}", InvalidValue),
        (
            "{image: {user: nonRoot}, notation: {level: audit, trustStores: [{type: ca, secret: c}], trustedIdentities: ['*']}}",
            InvalidValue,
        ),
        (
            "{image: {user: nonRoot}, simple: {requirements: [{type: insecureAcceptAnything}]}}",
            InvalidValue,
        ),
        (
            "{image: {user: nonRoot}, anyOf: [{trust: {enabled: true}}, {simple: {requirements: [{type: insecureAcceptAnything}]}}]}",
            InvalidValue,
        ),
        (
            "anyOf: [{trust: {enabled: true}}, {image: {user: nonRoot}}]",
            InvalidValue,
        ),
        ("{trust: {enabled: true}, image: {}}", MissingField),
        ("{trust: {enabled: true}, image: {base: {}}}", MissingField),
        (
            "{trust: {enabled: true}, image: {architectures: []}}",
            InvalidValue,
        ),
        (
            "{trust: {enabled: true}, image: {architectures: [linux/arm/v7/x]}}",
            InvalidValue,
        ),
        ("sigstore: {authorities: []}", MissingField),
        (
            "attestations: [{predicateType: u, signedBy: {}}]",
            InvalidValue,
        ),
    ]);
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
            "{trust: {enabled: false}, simple: {requirements: [{type: reject}]}}",
            vec![DisabledCheck],
        ),
    ] {
        assert_eq!(warnings(policy), expected, "{policy}");
    }
}
