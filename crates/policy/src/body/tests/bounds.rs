//! How much one body may demand.

use super::{read, valid};
use crate::LintCode;

const SIGNED: &str = "{type: signedBy, keySecret: k}";

fn simple(requirements: usize) -> String {
    format!(
        "simple: {{requirements: [{}]}}",
        vec![SIGNED; requirements].join(", ")
    )
}

fn any_of(alternatives: usize, requirements: usize) -> String {
    let one = format!("{{{}}}", simple(requirements));
    format!("anyOf: [{}]", vec![one; alternatives].join(", "))
}

fn too_much(policy: &str) -> String {
    let (body, errors) = read(policy);
    let error = body.expect_err("too much");
    assert_eq!(error.code, LintCode::LimitExceeded, "{error}");
    assert!(errors.contains(&error), "{errors:?}");
    error.to_string()
}

#[test]
fn a_body_with_very_many_alternatives_or_requirements_is_an_error_of_that_entry() {
    valid(&simple(64));
    valid(&any_of(64, 3));
    valid(&any_of(3, 64));
    assert!(too_much(&simple(65)).contains("a list of 65; at most 64 are judged"));
    assert!(too_much(&any_of(65, 1)).contains("a list of 65"));
    too_much(&any_of(13_000, 1));
    for list in [
        "attestations: [ITEMS]",
        "notation: {statements: [ITEMS]}",
        "notation: {trustStores: [ITEMS]}",
        "notation: {revocationSecrets: [ITEMS]}",
        "sigstore: {authorities: [ITEMS]}",
    ] {
        too_much(&list.replace("ITEMS", &vec!["{}"; 65].join(", ")));
    }
}

#[test]
fn alternatives_do_not_multiply_what_a_body_may_demand() {
    valid(&format!("{}\n{}", any_of(38, 4), simple(64)));
    let said = too_much(&any_of(64, 4));
    assert!(said.contains("at most 256 items together"), "{said}");
    let (_, errors) = read(&any_of(64, 4));
    assert_eq!(errors.len(), 1, "it is said once: {errors:?}");
    too_much(&format!("{}\n{}", any_of(64, 3), simple(1)));
}

#[test]
fn the_secrets_of_a_body_and_its_pins_are_bounded() {
    let signers = |count| {
        let all: Vec<_> = (0..count)
            .map(|number| format!("{{name: s{number}}}"))
            .collect();
        format!(
            "trust: {{enabled: true, signerSecrets: [{}], pins: {{trustOnFirstUse: true}}}}",
            all.join(", ")
        )
    };
    valid(&signers(64));
    too_much(&signers(65));
    let pins = |count: usize| {
        let all: Vec<_> = (0..count)
            .map(|number| format!("\"{number:064x}\""))
            .collect();
        format!(
            "trust: {{enabled: true, pins: {{rootKeyIds: [{}]}}}}",
            all.join(", ")
        )
    };
    valid(&pins(64));
    too_much(&pins(65));
}

#[test]
fn the_entries_of_one_object_do_not_share_what_a_body_may_demand() {
    let entry = format!(
        "  - name: r.example/a*\n    policy:\n      {}\n",
        simple(64)
    );
    let text = format!(
        "apiVersion: doorward.dev/v1\nkind: ClusterImagePolicy\nmetadata: {{name: p}}\nspec:\n  repositories:\n{}",
        entry.repeat(10)
    );
    let (documents, errors) = crate::read_documents("p.yaml", text.as_bytes());
    assert_eq!((documents.len(), errors.len()), (1, 0), "{errors:?}");
}
