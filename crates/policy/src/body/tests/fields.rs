//! Every field of the format.

use std::time::Duration;

use doorward_core::Action;

use super::*;
use crate::MutateImage;
use crate::{
    AuthorityKind, Checks, Demand, Mode, NotationCheck, NotationLevel, OnUnavailable, PluginRole,
    Quorum, SecretRef, SignedIdentity, SimpleRequirement, Subject, VerifyTimestamp,
    VulnerabilitySeverity,
};

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
        (Mode::Warn, MutateImage::Nowhere, OnUnavailable::Warn)
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
