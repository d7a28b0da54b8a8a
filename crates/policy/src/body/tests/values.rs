//! Values that can work, and those that cannot.

use super::*;

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
