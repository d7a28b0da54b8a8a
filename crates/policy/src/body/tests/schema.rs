//! Breaches of the schema.

use super::*;

#[test]
fn breaches_of_the_schema_deny() {
    use LintCode::{
        InvalidValue, MisplacedField, MissingField, UnknownField, UnknownValue, WrongType,
    };
    refused(&[
        ("mode: enforced", UnknownValue),
        ("mode: true", WrongType),
        ("mutateImage: 'false'", WrongType),
        ("mutateImage: no", WrongType),
        ("onUnavailable: allow", UnknownValue),
        ("trust: [enabled]", WrongType),
        ("trust: {enabled: 1}", WrongType),
        ("trust: {enabled: true, maxStaleness: 5}", WrongType),
        ("trust: {enabled: true, maxStaleness: soon}", InvalidValue),
        ("trust: {enabled: true, signerSecrets: [alice]}", WrongType),
        (
            "trust: {enabled: true, signerSecrets: [{namespace: n}]}",
            MissingField,
        ),
        ("simple: {requirements: {type: reject}}", WrongType),
        ("simple: {requirements: [{}]}", MissingField),
        (
            "simple: {requirements: [{type: signedBy, keySecret: k, signedIdentity: {type: matchRepoDigestOrExact}}]}",
            UnknownValue,
        ),
        (
            "simple: {requirements: [{type: signedBy, keySecret: k, signedIdentity: {}}]}",
            MissingField,
        ),
        (
            "notation: {trustStores: [{type: ca, secret: c}], trustedIdentities: ['*'], plugins: [a]}",
            WrongType,
        ),
        (
            "notation: {trustStores: [{type: ca, secret: c}], trustedIdentities: ['*'], plugins: [{identity: add}]}",
            MissingField,
        ),
        (
            "notation: {trustStores: [{type: ca, secret: c}], trustedIdentities: ['*'], plugins: [{name: ../x}]}",
            InvalidValue,
        ),
        (
            "notation: {trustStores: [{type: ca, secret: c}], trustedIdentities: ['*'], plugins: [{name: a}, {name: a, identity: replace}]}",
            InvalidValue,
        ),
        (
            "notation: {trustStores: [{type: ca, secret: c}], trustedIdentities: ['*'], plugins: [{name: a, identity: true}]}",
            WrongType,
        ),
        (
            "notation: {trustStores: [{type: ca, secret: c}], trustedIdentities: ['*'], plugins: [{name: a, identity: skip}]}",
            UnknownValue,
        ),
        (
            "anyOf: [{anyOf: [{trust: {enabled: true}}]}]",
            MisplacedField,
        ),
        (
            "anyOf: [{trust: {enabled: true}, mode: warn}]",
            MisplacedField,
        ),
        (
            "notation: {require: all, trustStores: [{type: ca, secret: c}], trustedIdentities: ['*']}",
            MisplacedField,
        ),
        (
            "notation: {statements: [{trustStores: [{type: ca, secret: c}], trustedIdentities: ['*']}], level: audit}",
            MisplacedField,
        ),
        (
            "notation: {overrides: {integrity: log}, trustStores: [{type: ca, secret: c}], trustedIdentities: ['*']}",
            InvalidValue,
        ),
        (
            "notation: {overrides: {expiry: skip}, trustStores: [{type: ca, secret: c}], trustedIdentities: ['*']}",
            UnknownValue,
        ),
        (
            "notation: {level: skip, trustStores: [{type: ca, secret: c}], trustedIdentities: ['*']}",
            UnknownValue,
        ),
        (
            "sigstore: {require: 3, authorities: [{keySecret: k}]}",
            InvalidValue,
        ),
        (
            "sigstore: {require: 0, authorities: [{keySecret: k}]}",
            InvalidValue,
        ),
        ("sigstore: {authorities: [{name: n}]}", InvalidValue),
        (
            "sigstore: {authorities: [{keySecret: k, keyless: {issuer: i, subject: s}}]}",
            InvalidValue,
        ),
        (
            "sigstore: {authorities: [{keyless: {issuer: i}}]}",
            InvalidValue,
        ),
        (
            "sigstore: {authorities: [{keyless: {subject: s}}]}",
            MissingField,
        ),
        (
            "attestations: [{signedBy: {trust: {enabled: true}}}]",
            MissingField,
        ),
        ("attestations: [{predicateType: u}]", MissingField),
        ("vulnerability: {report: {maxAge: 1h}}", MissingField),
        ("vulnerability: {va: {enabled: true}}", UnknownField),
        ("repositories: []", MisplacedField),
    ]);
}
