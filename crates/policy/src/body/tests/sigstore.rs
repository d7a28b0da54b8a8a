//! The authorities of `sigstore`.

mod signers;

use super::*;
use crate::{
    AlternativeName, Authority, AuthorityKind, Checks, Demand, GitHub, KeyForm, KeyPin, KeySource,
    MultiArch, Obligation, Runner, SecretRef, Subject, TrustRoot,
};

fn authority(text: &str) -> Authority {
    let body = valid(&format!("sigstore: {{authorities: [{text}]}}"));
    let Checks::Demanded(demands) = body.checks else {
        panic!("{text}");
    };
    let [Demand::Sigstore(sigstore)] = &demands.iter().collect::<Vec<_>>()[..] else {
        panic!("{text}");
    };
    sigstore.authorities[0].clone()
}

fn secret(name: &str, namespace: Option<&str>) -> SecretRef {
    SecretRef {
        name: name.to_owned(),
        namespace: namespace.map(str::to_owned),
    }
}

#[test]
fn each_kind_of_authority_has_its_parameters() {
    let one = authority("{keySecret: k, keySecretNamespace: keys}");
    assert_eq!(one.by, AuthorityKind::Keys(vec![secret("k", Some("keys"))]));
    let two = authority("{keySecrets: [{name: a}, {name: b, namespace: n}]}");
    let keys = vec![secret("a", None), secret("b", Some("n"))];
    assert_eq!(two.by, AuthorityKind::Keys(keys));
    for (name, expected) in [
        (
            "email: a@b.example",
            AlternativeName::Email("a@b.example".into()),
        ),
        ("dns: b.example", AlternativeName::Dns("b.example".into())),
        (
            "uri: 'spiffe://b/c'",
            AlternativeName::Uri("spiffe://b/c".into()),
        ),
        (
            "subjectRegExp: 'spiffe://b/.*'",
            AlternativeName::Pattern("spiffe://b/.*".into()),
        ),
    ] {
        let text = format!(
            "{{certificate: {{caSecret: ca, {name}, tsaSecret: t, tsaSecretNamespace: n}}}}"
        );
        let AuthorityKind::Certificate(certificate) = authority(&text).by else {
            panic!("{text}");
        };
        assert_eq!(certificate.name, expected);
        assert_eq!(certificate.ca, secret("ca", None));
        assert_eq!(certificate.tsa, Some(secret("t", Some("n"))));
    }
    let keyless = authority(
        "{keyless: {issuer: 'https://i.example', subject: s, github: {repository: acme/web, ref: refs/heads/main, workflow: release, trigger: push, runner: self-hosted}}, trustRootSecret: r, trustRootSecretNamespace: keys}",
    );
    let root = TrustRoot::Secret(secret("r", Some("keys")));
    assert_eq!(keyless.trust_root, Some(root));
    let AuthorityKind::Keyless(keyless) = keyless.by else {
        panic!("{keyless:?}");
    };
    assert_eq!(keyless.subject, Subject::Exact("s".into()));
    let github = GitHub {
        repository: Some("acme/web".into()),
        reference: Some("refs/heads/main".into()),
        workflow: Some("release".into()),
        trigger: Some("push".into()),
        runner: Some(Runner::SelfHosted),
    };
    assert_eq!(keyless.github, Some(github));
}

#[test]
fn an_authority_says_what_else_its_signatures_must_have_and_where_they_are() {
    let one = authority(
        "{keySecret: k, annotations: {env: prod, build: '7'}, log: required, timestamp: optional, repository: r.example/signatures/web}",
    );
    let annotation = |key: &str, value: &str| (key.to_owned(), value.to_owned());
    assert_eq!(
        one.annotations,
        [annotation("build", "7"), annotation("env", "prod")]
    );
    assert_eq!(one.log, Some(Obligation::Required));
    assert_eq!(one.timestamp, Some(Obligation::Optional));
    let repository = one.repository.map(|repository| repository.to_string());
    assert_eq!(repository.as_deref(), Some("r.example/signatures/web"));
    let bare = authority("{keySecret: k}");
    assert_eq!(
        (bare.log, bare.timestamp, bare.repository),
        (None, None, None)
    );
}

#[test]
fn what_an_authority_cannot_mean_denies() {
    use LintCode::{
        AnyIdentity, InvalidValue, LimitExceeded, MisplacedField, MissingField, UnknownField,
        UnknownValue, WrongType,
    };
    let identity = |text: &str| format!("keyless: {{issuer: i, {text}}}");
    let within = |text: &str| format!("certificate: {{caSecret: c, {text}}}");
    let refusals = [
        (
            "keySecret: a, keySecrets: [{name: b}]".to_owned(),
            InvalidValue,
        ),
        ("keySecrets: []".to_owned(), InvalidValue),
        ("keySecrets: [a]".to_owned(), WrongType),
        ("keySecrets: [{namespace: n}]".to_owned(), MissingField),
        (
            "keySecret: a, certificate: {caSecret: c, email: e}".to_owned(),
            InvalidValue,
        ),
        ("certificate: {email: e}".to_owned(), MissingField),
        ("certificate: {caSecret: c}".to_owned(), InvalidValue),
        (within("email: e, dns: d"), InvalidValue),
        (within("uri: u, subjectRegExp: 'u.*'"), InvalidValue),
        (within("subjectRegExp: '.*'"), AnyIdentity),
        (within("email: e, tsaSecretNamespace: n"), MisplacedField),
        (
            "keySecrets: [{name: a}], keySecretNamespace: n".to_owned(),
            MisplacedField,
        ),
        (
            "keySecret: a, trustRootSecretNamespace: n".to_owned(),
            MisplacedField,
        ),
        ("keySecret: a, annotations: {}".to_owned(), InvalidValue),
        ("keySecret: a, annotations: {env: 1}".to_owned(), WrongType),
        ("keySecret: a, log: never".to_owned(), UnknownValue),
        ("keySecret: a, timestamp: true".to_owned(), WrongType),
        ("keySecret: a, multiArch: index".to_owned(), MisplacedField),
        ("keySecret: a, ctlog: c".to_owned(), UnknownField),
        (
            "keySecret: a, repository: 'r.example/a:1'".to_owned(),
            InvalidValue,
        ),
        ("keySecret: a, repository: nginx".to_owned(), InvalidValue),
        ("keySecret: a, bundles: {}".to_owned(), MissingField),
        ("keySecret: a, bundles: c".to_owned(), WrongType),
        (
            "keySecret: a, bundles: {configMap: c, secret: s}".to_owned(),
            MisplacedField,
        ),
        (
            "keySecret: a, pullSecret: {name: p}".to_owned(),
            MisplacedField,
        ),
        (
            "keySecret: a, repository: r.example/a, pullSecret: {namespace: n}".to_owned(),
            MissingField,
        ),
        (
            "keySecret: a, repository: r.example/a, pullSecret: p".to_owned(),
            WrongType,
        ),
        (
            "keySecret: a, repository: 'https://r.example/a'".to_owned(),
            InvalidValue,
        ),
        (
            format!("{}, log: optional", identity("subject: s")),
            InvalidValue,
        ),
        (identity("subject: s, github: {}"), MissingField),
        (
            identity("subject: s, github: {repository: ''}"),
            MissingField,
        ),
        (identity("subject: s, github: {runner: any}"), UnknownValue),
        (identity("subjectRegExp: 'a('"), InvalidValue),
        (
            identity("subjectRegExp: '(?P<n>a){9}{9}{9}{9}{9}{9}{9}'"),
            InvalidValue,
        ),
        (
            identity(&format!("subjectRegExp: '{}'", "a".repeat(1025))),
            LimitExceeded,
        ),
        (identity("subjectRegExp: ''"), InvalidValue),
        (identity("subject: ''"), InvalidValue),
    ];
    for (text, code) in refusals {
        let body = format!("sigstore: {{authorities: [{{{text}}}]}}");
        refused(&[(&body, code)]);
    }
}

#[test]
fn an_expression_that_matches_everybody_is_refused_however_it_is_written() {
    for all in [
        ".*",
        ".+",
        "^.*$",
        ".*.*",
        "(.|a)*",
        "[^!]*",
        "(?s).{1,}",
        "|.+",
        "\\S+",
        "a|.*",
        ".*[a-z0-9]",
    ] {
        let body = format!(
            "sigstore: {{authorities: [{{keyless: {{issuer: i, subjectRegExp: '{all}'}}}}]}}"
        );
        refused(&[(&body, LintCode::AnyIdentity)]);
    }
    for some in [
        "https://github\\.com/acme/.*",
        ".*@acme\\.example",
        "https://.*",
    ] {
        authority(&format!(
            "{{keyless: {{issuer: i, subjectRegExp: '{some}'}}}}"
        ));
    }
}

const HEX: &str = "fb81c9d28159de999eebc8b385feca42fdc26a202aee9c61be1b87c0a278c02e";

/// The only authority of a cluster policy, or the first mistake in it.
fn of_cluster(text: &str) -> Result<Authority, String> {
    let policy = format!(
        "apiVersion: doorward.dev/v1\nkind: ClusterImagePolicy\nmetadata: {{name: p}}\nspec: {{repositories: [{{name: '*', \
         policy: {{sigstore: {{authorities: [{text}]}}}}}}]}}\n"
    );
    let (documents, mistakes) = read_documents("p.yaml", policy.as_bytes());
    if let Some(first) = mistakes.first() {
        return Err(first.message.clone());
    }
    let found = documents.into_iter().find_map(|document| match document {
        Document::Policy(policy) => Some(policy),
        _ => None,
    });
    let policy = found.expect("a policy");
    let (_, body) = policy.entries().next().expect("an entry");
    let body = body.map_err(|mistake| mistake.message.clone())?;
    let Checks::Demanded(demands) = &body.checks else {
        panic!("{text}");
    };
    let [Demand::Sigstore(sigstore)] = &demands.iter().collect::<Vec<_>>()[..] else {
        panic!("{text}");
    };
    assert_eq!(
        policy.key_sources(),
        sigstore.key_sources().collect::<Vec<_>>()
    );
    Ok(sigstore.authorities[0].clone())
}

#[test]
fn a_key_at_an_address_has_exactly_one_pin() {
    let digest: doorward_core::Digest = format!("sha256:{HEX}").parse().unwrap();
    let url = "https://keys.example/release.pub".to_owned();
    for (pin, expected) in [
        (format!("sha256: {HEX}"), KeyPin::File(digest.clone())),
        (
            format!("fingerprint: 'sha256:{HEX}'"),
            KeyPin::Key(digest.clone()),
        ),
    ] {
        let text = format!("{{keyURL: {{url: '{url}', {pin}}}}}");
        let source = KeySource::Url {
            url: url.clone(),
            pin: expected,
            form: KeyForm::PublicKey,
        };
        assert_eq!(of_cluster(&text).unwrap().by, AuthorityKind::Source(source));
        // Also in a namespace.
        assert!(matches!(authority(&text).by, AuthorityKind::Source(_)));
    }
    let both = format!("sha256: {HEX}, fingerprint: 'sha256:{HEX}'");
    for (pin, says) in [
        (String::new(), "does not say which key"),
        (both, "does not say which key"),
        ("sha256: abc".to_owned(), "64 hexadecimal digits"),
        (
            format!("sha256: {}", HEX.to_uppercase()),
            "64 hexadecimal digits",
        ),
        (format!("sha256: 'sha256:{HEX}'"), "at most 64"),
        (format!("fingerprint: {HEX}"), "`sha256:` and 64"),
        (format!("fingerprint: 'sha512:{HEX}{HEX}'"), "at most 71"),
    ] {
        let told = of_cluster(&format!("{{keyURL: {{url: '{url}', {pin}}}}}")).unwrap_err();
        assert!(told.contains(says), "{pin}: {told}");
    }
}

#[test]
fn a_key_is_fetched_over_https_from_an_address_without_credentials() {
    for (url, says) in [
        ("http://keys.example/a", "over `https` only"),
        ("HTTP://keys.example/a", "over `https` only"),
        ("file:///etc/key", "over `https` only"),
        ("keys.example/a", "over `https` only"),
        ("", ""),
        ("https://u:p@keys.example/a", "credentials"),
        ("https://keys.example/a?token=b", "query"),
        ("https:///a", "no host"),
        ("https://keys.example/a b", "white space"),
    ] {
        let told = of_cluster(&format!("{{keyURL: {{url: '{url}', sha256: {HEX}}}}}")).unwrap_err();
        assert!(told.contains(says), "{url}: {told}");
    }
}

#[test]
fn a_key_of_a_service_may_have_a_pin() {
    let uri = "awskms:///alias/release".to_owned();
    for (pin, fingerprint) in [
        (String::new(), None),
        (
            format!(", fingerprint: 'sha256:{HEX}'"),
            Some(format!("sha256:{HEX}").parse().unwrap()),
        ),
    ] {
        let source = KeySource::Kms {
            uri: uri.clone(),
            fingerprint,
        };
        let read = of_cluster(&format!("{{keyKMS: {{uri: '{uri}'{pin}}}}}")).unwrap();
        assert_eq!(read.by, AuthorityKind::Source(source));
    }
    for text in [
        "{uri: awskms}",
        "{uri: 'AWSKMS://x'}",
        "{}",
        "{uri: 'awskms://a b'}",
    ] {
        assert!(
            of_cluster(&format!("{{keyKMS: {text}}}")).is_err(),
            "{text}"
        );
    }
}

#[test]
fn a_tenant_names_no_key_of_a_service() {
    let text = "sigstore: {authorities: [{keyKMS: {uri: 'awskms:///alias/release'}}]}";
    let policy = format!(
        "apiVersion: doorward.dev/v1\nkind: ImagePolicy\nmetadata: {{name: p, namespace: n}}\nspec: {{repositories: [{{name: \
         '*', policy: {{{text}}}}}]}}\n"
    );
    let (documents, _) = read_documents("p.yaml", policy.as_bytes());
    let found = documents.into_iter().find_map(|document| match document {
        Document::Policy(policy) => Some(policy),
        _ => None,
    });
    let policy = found.expect("a policy");
    let (_, body) = policy.entries().next().expect("an entry");
    let mistake = body.expect_err("a mistake");
    assert!(mistake.message.contains("only in a ClusterImagePolicy"));
    assert_eq!(policy.key_sources(), Vec::<&KeySource>::new());
}

#[test]
fn an_authority_has_a_key_of_one_source_alone() {
    let url = format!("keyURL: {{url: 'https://k.example/', sha256: {HEX}}}");
    let kms = "keyKMS: {uri: 'awskms:///alias/release'}";
    for other in [
        kms,
        "keySecret: k",
        "keySecrets: [{name: k}]",
        "certificate: {caSecret: c, email: a@b.example}",
        "keyless: {issuer: 'https://i.example', subject: s}",
    ] {
        let told = of_cluster(&format!("{{{url}, {other}}}")).unwrap_err();
        assert!(told.contains("exactly one of"), "{other}: {told}");
        if other != kms {
            assert!(
                of_cluster(&format!("{{{kms}, {other}}}")).is_err(),
                "{other}"
            );
        }
    }
}

#[test]
fn a_repository_of_signatures_may_have_a_pull_secret_of_its_own() {
    let one = authority(
        "{keySecret: k, repository: r.example/signatures/web, pullSecret: {name: p, namespace: keys}}",
    );
    assert_eq!(one.pull_secret, Some(secret("p", Some("keys"))));
    let near =
        authority("{keySecret: k, repository: r.example/signatures/web, pullSecret: {name: p}}");
    assert_eq!(near.pull_secret, Some(secret("p", None)));
    let bare = authority("{keySecret: k, repository: r.example/signatures/web}");
    assert_eq!(bare.pull_secret, None);
}

#[test]
fn bundles_may_be_in_a_config_map() {
    let one = authority("{keySecret: k, bundles: {configMap: c, namespace: n}}");
    assert_eq!(one.bundles, Some(secret("c", Some("n"))));
    let near = authority("{keySecret: k, bundles: {configMap: c}}");
    assert_eq!(near.bundles, Some(secret("c", None)));
    assert_eq!(authority("{keySecret: k}").bundles, None);
}

#[test]
fn an_index_says_itself_what_must_be_signed_unless_the_policy_says_its_children() {
    let read = |text: &str| {
        let body = valid(&format!(
            "sigstore: {{authorities: [{{keySecret: k}}]{text}}}"
        ));
        let Checks::Demanded(demands) = body.checks else {
            panic!("{text}");
        };
        let [Demand::Sigstore(sigstore)] = &demands.iter().collect::<Vec<_>>()[..] else {
            panic!("{text}");
        };
        sigstore.multi_arch
    };
    assert_eq!(read(""), MultiArch::Index);
    assert_eq!(read(", multiArch: index"), MultiArch::Index);
    assert_eq!(read(", multiArch: everyChild"), MultiArch::EveryChild);
    assert_eq!(read(", multiArch: anyChild"), MultiArch::AnyChild);
    for (text, code) in [
        ("multiArch: every", LintCode::UnknownValue),
        ("multiArch: AnyChild", LintCode::UnknownValue),
        ("multiArch: true", LintCode::WrongType),
        ("multiArch: [index]", LintCode::WrongType),
    ] {
        let body = format!("sigstore: {{authorities: [{{keySecret: k}}], {text}}}");
        refused(&[(&body, code)]);
    }
}

#[test]
fn a_document_has_no_platforms() {
    let signed = |text: &str| {
        format!(
            "attestations: [{{predicateType: 'https://a.example', signedBy: {{sigstore: {{authorities: [{{keySecret: k}}], \
             multiArch: {text}}}}}}}]"
        )
    };
    valid(&signed("index"));
    for text in ["everyChild", "anyChild"] {
        refused(&[(&signed(text), LintCode::InvalidValue)]);
    }
}
