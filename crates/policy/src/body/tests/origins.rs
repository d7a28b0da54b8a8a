//! `provenance` and `summary` of `attestations`.

use super::*;
use crate::{Checks, Demand, DocumentType, ProvenanceDemands, TrustedBuilder};

const KEYLESS: &str =
    "signedBy: {sigstore: {authorities: [{keyless: {issuer: i, subject: s}, trustRootSecret: r}]}}";
const KEY: &str = "signedBy: {sigstore: {authorities: [{keySecret: k, keySecretNamespace: n}]}}";

fn entry(demand: &str, signers: &str) -> String {
    format!("attestations: [{{{demand}, {signers}}}]")
}

#[test]
fn provenance_says_itself_which_statements_are_meant() {
    let text = entry(
        "provenance: {builders: [a], sources: ['https://b.example/*'], buildTypes: [t]}",
        KEYLESS,
    );
    let Checks::Demanded(demands) = valid(&text).checks else {
        panic!("{text}");
    };
    let [Demand::Attestations(all)] = &demands.iter().collect::<Vec<_>>()[..] else {
        panic!("{text}");
    };
    assert_eq!(
        all[0].document,
        DocumentType::Provenance(ProvenanceDemands {
            builders: vec!["a".into()],
            sources: vec!["https://b.example/*".into()],
            build_types: vec!["t".into()],
            ..ProvenanceDemands::default()
        })
    );
    valid(&entry(
        "summary: {verifiers: [a], resources: [r], levels: [l], maxAge: 24h}",
        KEYLESS,
    ));
}

#[test]
fn how_far_builders_are_trusted_and_what_is_demanded_of_the_images_that_they_used_is_read() {
    for (demand, min_level, levels, materials) in [
        ("trustedBuilders: [{id: a, level: 2}]", None, vec![2], None),
        (
            "trustedBuilders: [{id: a, level: 2}, {id: b, level: 3}], minLevel: 2",
            Some(2),
            vec![2, 3],
            None,
        ),
        ("materials: {verify: true}", None, vec![], Some(1)),
        ("materials: {verify: true, depth: 3}", None, vec![], Some(3)),
    ] {
        let text = entry(&format!("provenance: {{{demand}}}"), KEYLESS);
        let Checks::Demanded(demands) = valid(&text).checks else {
            panic!("{text}");
        };
        let [Demand::Attestations(all)] = &demands.iter().collect::<Vec<_>>()[..] else {
            panic!("{text}");
        };
        let DocumentType::Provenance(found) = &all[0].document else {
            panic!("{text}");
        };
        let ids = ["a", "b"].into_iter().zip(levels);
        let trusted = ids.map(|(id, level)| TrustedBuilder {
            id: id.to_owned(),
            level,
        });
        assert_eq!(found.trusted_builders, trusted.collect::<Vec<_>>());
        assert_eq!((found.min_level, found.materials), (min_level, materials));
    }
}

#[test]
fn what_contradicts_or_demands_nothing_is_refused() {
    use LintCode::{InvalidValue, MissingField, UnknownField, WrongType};
    let cases = [
        ("provenance: {}", MissingField),
        ("provenance: {builders: []}", InvalidValue),
        (
            "provenance: {builders: [], sources: [], buildTypes: []}",
            InvalidValue,
        ),
        ("provenance: {builders: ['']}", InvalidValue),
        ("provenance: {builders: ['a b']}", InvalidValue),
        ("provenance: {sources: ['*********']}", InvalidValue),
        (
            "provenance: {trustedBuilders: [{id: a, level: 3}], minLevel: 0}",
            InvalidValue,
        ),
        (
            "provenance: {trustedBuilders: [{id: a, level: 3}], minLevel: 4}",
            InvalidValue,
        ),
        (
            "provenance: {trustedBuilders: [{id: a, level: 3}], minLevel: '3'}",
            WrongType,
        ),
        (
            "provenance: {trustedBuilders: [{id: a, level: 4}]}",
            InvalidValue,
        ),
        (
            "provenance: {trustedBuilders: [{id: a, level: 0}]}",
            InvalidValue,
        ),
        ("provenance: {trustedBuilders: [{id: a}]}", MissingField),
        ("provenance: {trustedBuilders: [{level: 3}]}", MissingField),
        (
            "provenance: {trustedBuilders: [{id: 'a b', level: 3}]}",
            InvalidValue,
        ),
        (
            "provenance: {trustedBuilders: [{id: '', level: 3}]}",
            InvalidValue,
        ),
        ("provenance: {trustedBuilders: []}", InvalidValue),
        ("provenance: {trustedBuilders: [a]}", WrongType),
        ("provenance: {builders: [{id: a, level: 3}]}", WrongType),
        ("provenance: {materials: {}}", MissingField),
        ("provenance: {materials: {depth: 2}}", MissingField),
        ("provenance: {materials: {verify: false}}", InvalidValue),
        ("provenance: {materials: {verify: 'true'}}", WrongType),
        (
            "provenance: {materials: {verify: true, depth: 0}}",
            InvalidValue,
        ),
        (
            "provenance: {materials: {verify: true, depth: 4}}",
            InvalidValue,
        ),
        (
            "provenance: {materials: {verify: true, transitive: 2}}",
            UnknownField,
        ),
        (
            "provenance: {builders: [a], depth: 2}",
            LintCode::MisplacedField,
        ),
        (
            "provenance: {builders: [a]}, predicateType: u",
            InvalidValue,
        ),
        (
            "provenance: {builders: [a]}, artifactType: a/b",
            InvalidValue,
        ),
        (
            "provenance: {builders: [a]}, denyPackages: [p]",
            InvalidValue,
        ),
        (
            "provenance: {builders: [a]}, summary: {verifiers: [a]}",
            InvalidValue,
        ),
        ("summary: {levels: [l]}", MissingField),
        ("summary: {verifiers: []}", MissingField),
        ("summary: {verifiers: [a], maxAge: 10ms}", InvalidValue),
        (
            "summary: {verifiers: [a]}, denyLicenses: [MIT]",
            InvalidValue,
        ),
    ];
    let texts: Vec<(String, LintCode)> = cases
        .iter()
        .map(|(demand, code)| (entry(demand, KEYLESS), *code))
        .collect();
    let cases: Vec<(&str, LintCode)> = texts.iter().map(|(text, code)| (&**text, *code)).collect();
    refused(&cases);
}

#[test]
fn a_summary_that_counts_for_any_use_of_the_image_is_noted() {
    for (demand, expected) in [
        ("summary: {verifiers: [a]}", true),
        (
            "summary: {verifiers: [a], resources: ['https://a.example/production']}",
            false,
        ),
        ("provenance: {builders: [a]}", false),
    ] {
        let found = noted(&format!("{{{}}}", entry(demand, KEYLESS)));
        assert_eq!(found.contains(&LintCode::AnyResource), expected, "{demand}");
    }
}

#[test]
fn names_that_are_worth_less_than_they_look_like_are_noted() {
    use LintCode::{AnyOrigin, BuilderByKey, CrossedSigners, LevelOutOfReach};
    let two = "signedBy: {sigstore: {authorities: [{keyless: {issuer: i, subject: s}, trustRootSecret: r}, {keyless: {issuer: j, \
               subject: s}, trustRootSecret: r}]}}";
    for (demand, signers, expected) in [
        ("provenance: {builders: [a]}", KEYLESS, None),
        (
            "provenance: {builders: ['https://**']}",
            KEYLESS,
            Some(AnyOrigin),
        ),
        (
            "provenance: {sources: ['https://*/acme']}",
            KEYLESS,
            Some(AnyOrigin),
        ),
        (
            "summary: {verifiers: [a], resources: ['**']}",
            KEYLESS,
            Some(AnyOrigin),
        ),
        (
            "provenance: {trustedBuilders: [{id: 'https://*/x', level: 3}]}",
            KEYLESS,
            Some(AnyOrigin),
        ),
        (
            "provenance: {builders: [b], trustedBuilders: [{id: a, level: 2}, {id: b, level: 1}], minLevel: 3}",
            KEYLESS,
            Some(LevelOutOfReach),
        ),
        ("provenance: {minLevel: 1}", KEYLESS, Some(LevelOutOfReach)),
        (
            "provenance: {builders: [a], minLevel: 1}",
            KEYLESS,
            Some(LevelOutOfReach),
        ),
        (
            "provenance: {trustedBuilders: [{id: a, level: 1}, {id: b, level: 3}], minLevel: 3}",
            KEYLESS,
            None,
        ),
        (
            "provenance: {trustedBuilders: [{id: a, level: 3}]}",
            KEY,
            Some(BuilderByKey),
        ),
        (
            "provenance: {trustedBuilders: [{id: a, level: 3}, {id: b, level: 3}]}",
            two,
            Some(CrossedSigners),
        ),
        ("provenance: {builders: [a]}", KEY, Some(BuilderByKey)),
        ("summary: {verifiers: [a]}", KEY, Some(BuilderByKey)),
        ("provenance: {sources: ['https://a.example/b']}", KEY, None),
        ("provenance: {builders: [a, b]}", two, Some(CrossedSigners)),
        ("provenance: {builders: [a]}", two, None),
        ("summary: {verifiers: [a, b]}", two, Some(CrossedSigners)),
    ] {
        let found = noted(&format!("{{{}}}", entry(demand, signers)));
        let origins = [AnyOrigin, BuilderByKey, CrossedSigners, LevelOutOfReach];
        let codes = found.into_iter().filter(|code| origins.contains(code));
        assert_eq!(
            codes.collect::<Vec<_>>(),
            expected.into_iter().collect::<Vec<_>>(),
            "{demand} {signers}"
        );
    }
}
