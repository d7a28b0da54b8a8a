//! Every field of the format.

use std::time::Duration;

use doorward_core::Action;

use super::*;
use crate::MutateImage;
use crate::{
    AuthorityKind, Checks, Demand, KeyForm, KeyPin, KeySource, Mode, NotationCheck, NotationLevel,
    OnUnavailable, PluginRole, Quorum, SecretRef, SignedIdentity, SimpleKeys, SimpleRequirement,
    StoreSource, Subject, VerifyTimestamp, VulnerabilitySeverity,
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
            keys: SimpleKeys::Secret(SecretRef {
                name: "k".into(),
                namespace: Some("n".into()),
            }),
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

const PINNED: &str = "fb81c9d28159de999eebc8b385feca42fdc26a202aee9c61be1b87c0a278c02e";
const KEYRING: &str = "https://keys.example/release.gpg";

/// A file in this form that must be this.
fn source(url: &str, pin: KeyPin, form: KeyForm) -> KeySource {
    let url = url.to_owned();
    KeySource::Url { url, pin, form }
}

fn pinned_file() -> KeyPin {
    KeyPin::File(format!("sha256:{PINNED}").parse().unwrap())
}

/// A requirement with this beside its type.
fn requirement(text: &str) -> String {
    format!("simple: {{requirements: [{{type: signedBy, {text}}}]}}")
}

#[test]
fn a_key_ring_at_an_address_has_the_pin_of_its_file_or_of_its_one_primary_key() {
    let v4 = PINNED[..40].to_owned();
    for (pin, expected) in [
        (format!("sha256: {PINNED}"), pinned_file()),
        (
            format!("fingerprint: {v4}"),
            KeyPin::OpenPgp(v4.to_uppercase()),
        ),
        (
            format!("fingerprint: {}", PINNED.to_uppercase()),
            KeyPin::OpenPgp(PINNED.to_uppercase()),
        ),
    ] {
        let body = valid(&requirement(&format!(
            "keyURL: {{url: '{KEYRING}', {pin}}}"
        )));
        let simple = demand!(body, Simple);
        let source = source(KEYRING, expected, KeyForm::OpenPgp);
        assert_eq!(simple.key_sources().collect::<Vec<_>>(), [&source]);
        assert_eq!(
            simple.requirements[0],
            SimpleRequirement::SignedBy {
                keys: SimpleKeys::Source(source),
                signed_identity: SignedIdentity::default(),
            }
        );
    }
    let url = format!("url: '{KEYRING}'");
    let with_key = |pin: &str| requirement(&format!("keyURL: {{{url}, {pin}}}"));
    for (policy, code) in [
        (
            requirement(&format!("keyURL: {{{url}}}")),
            LintCode::InvalidValue,
        ),
        (
            with_key(&format!("sha256: {PINNED}, fingerprint: {v4}")),
            LintCode::InvalidValue,
        ),
        // A key ID, the form of another scheme, the form in which people read it.
        (
            with_key("fingerprint: AE9C61BE1B87C0A2"),
            LintCode::InvalidValue,
        ),
        (
            with_key(&format!("fingerprint: {v4}0")),
            LintCode::InvalidValue,
        ),
        (
            with_key("fingerprint: 'FB81 C9D2 8159 DE99 9EEB  C8B3 85FE CA42 FDC2 6A20'"),
            LintCode::InvalidValue,
        ),
        (
            with_key(&format!("fingerprint: 'sha256:{}'", &PINNED[..57])),
            LintCode::InvalidValue,
        ),
        (with_key("sha256: abc"), LintCode::InvalidValue),
        (
            requirement(&format!("keyURL: {{sha256: {PINNED}}}")),
            LintCode::MissingField,
        ),
        (
            requirement(&format!(
                "keyURL: {{url: 'http://keys.example/a', sha256: {PINNED}}}"
            )),
            LintCode::InvalidValue,
        ),
        (
            with_key(&format!("sha256: {PINNED}, format: armored")),
            LintCode::UnknownField,
        ),
        (
            requirement(&format!(
                "keySecret: k, keyURL: {{{url}, sha256: {PINNED}}}"
            )),
            LintCode::InvalidValue,
        ),
        (
            requirement(&format!(
                "keySecretNamespace: n, keyURL: {{{url}, sha256: {PINNED}}}"
            )),
            LintCode::MisplacedField,
        ),
        (requirement("keySecretNamespace: n"), LintCode::MissingField),
        // No key management service holds keys of OpenPGP.
        (
            requirement("keyKMS: {uri: 'awskms:///alias/release'}"),
            LintCode::MisplacedField,
        ),
        (
            requirement(&format!("keyUrl: {{{url}, sha256: {PINNED}}}")),
            LintCode::UnknownField,
        ),
    ] {
        refused(&[(&policy, code)]);
    }
}

#[test]
fn a_trust_store_at_an_address_has_the_pin_of_its_file() {
    const URL: &str = "https://keys.example/ca.pem";
    let stores = |text: &str| {
        format!(
            "notation: {{trustStores: [{text}, {{type: ca, secret: s}}], trustedIdentities: ['*']}}"
        )
    };
    let url = format!("certificateURL: {{url: '{URL}', sha256: {PINNED}}}");
    for kind in ["ca", "signingAuthority", "tsa"] {
        let body = valid(&stores(&format!("{{type: {kind}, {url}}}")));
        let notation = demand!(body, Notation);
        let source = source(URL, pinned_file(), KeyForm::Certificates);
        assert_eq!(notation.key_sources().collect::<Vec<_>>(), [&source]);
        let store = &notation.statements[0].trust_stores[0];
        assert_eq!(store.source, StoreSource::Source(source));
    }
    for (text, code) in [
        ("{type: ca}".to_owned(), LintCode::MissingField),
        (
            format!("{{type: ca, secret: s, {url}}}"),
            LintCode::InvalidValue,
        ),
        (
            format!("{{type: ca, configMap: c, {url}}}"),
            LintCode::InvalidValue,
        ),
        (
            "{type: ca, secret: s, configMap: c}".to_owned(),
            LintCode::InvalidValue,
        ),
        (
            format!("{{type: ca, namespace: n, {url}}}"),
            LintCode::MisplacedField,
        ),
        (
            format!("{{type: ca, certificateURL: {{url: '{URL}'}}}}"),
            LintCode::MissingField,
        ),
        (
            format!("{{type: ca, certificateURL: {{sha256: {PINNED}}}}}"),
            LintCode::MissingField,
        ),
        (
            format!(
                "{{type: ca, certificateURL: {{url: 'http://keys.example/a', sha256: {PINNED}}}}}"
            ),
            LintCode::InvalidValue,
        ),
        (
            format!(
                "{{type: ca, certificateURL: {{url: '{URL}', sha256: {}}}}}",
                &PINNED[1..]
            ),
            LintCode::InvalidValue,
        ),
        // A store is what its file says, and not one certificate in it.
        (
            format!("{{type: ca, certificateURL: {{url: '{URL}', fingerprint: {PINNED}}}}}"),
            LintCode::MisplacedField,
        ),
    ] {
        refused(&[(&stores(&text), code)]);
    }
}
