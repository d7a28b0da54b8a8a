//! How far builders are trusted.

use doorward_documents::{ProvenanceRules, ProvenanceViolation, TrustedBuilder};
use proptest::prelude::*;
use serde_json::json;

use crate::made::{SLSA02, patterns, read};

const BUILDER: &str = "https://builder.example/hosted/v1";

fn trusting(trusted: &[(&str, u8)], least: u8) -> ProvenanceRules {
    let mut rules = ProvenanceRules::default();
    rules.trusted = trusted
        .iter()
        .map(|(id, level)| TrustedBuilder::new(patterns(&[id]).remove(0), *level))
        .collect();
    rules.min_level = Some(least);
    rules
}

fn judge(rules: &ProvenanceRules) -> Result<(), ProvenanceViolation> {
    let predicate = json!({"builder": {"id": BUILDER}, "buildType": "https://builds.example/v1"});
    rules.judge(&read(SLSA02, &predicate).unwrap())
}

#[test]
fn a_builder_that_is_trusted_to_a_lower_level_is_refused() {
    for (level, least) in [(1, 2), (2, 3), (1, 3)] {
        let outcome = judge(&trusting(&[(BUILDER, level)], least));
        let expected = ProvenanceViolation::Level {
            builder: BUILDER.to_owned(),
            level: Some(level),
            least,
        };
        assert_eq!(outcome, Err(expected));
    }
    for (level, least) in [(1, 1), (3, 1), (3, 3)] {
        judge(&trusting(&[(BUILDER, level)], least)).unwrap();
    }
}

#[test]
fn a_builder_whose_level_nobody_says_reaches_none() {
    let mut rules = trusting(&[("https://other.example", 3)], 1);
    assert!(matches!(
        judge(&rules),
        Err(ProvenanceViolation::Builder { .. })
    ));
    rules.builders = patterns(&[BUILDER]);
    assert!(matches!(
        judge(&rules),
        Err(ProvenanceViolation::Level { level: None, .. })
    ));
    rules.trusted.clear();
    assert!(matches!(
        judge(&rules),
        Err(ProvenanceViolation::Level { level: None, .. })
    ));
    // Without a level it is one that is named.
    rules.min_level = None;
    judge(&rules).unwrap();
}

#[test]
fn a_level_without_any_builder_trusts_nobody_and_a_build_without_a_builder_has_none() {
    assert!(judge(&trusting(&[], 1)).is_err());
    let nobody = read(SLSA02, &json!({"buildType": "https://builds.example/v1"})).unwrap();
    let outcome = trusting(&[("**", 3)], 1).judge(&nobody);
    assert_eq!(outcome, Err(ProvenanceViolation::NoBuilder));
}

#[test]
fn what_a_provenance_says_of_its_own_level_counts_for_nothing() {
    let boast = json!({
        "builder": {"id": BUILDER, "level": 3}, "buildType": "https://builds.example/v1", "level": "SLSA_BUILD_LEVEL_3",
        "metadata": {"slsaLevel": 3},
    });
    let outcome = trusting(&[(BUILDER, 1)], 2).judge(&read(SLSA02, &boast).unwrap());
    assert!(matches!(outcome, Err(ProvenanceViolation::Level { .. })));
}

proptest! {
    #[test]
    fn a_higher_demand_never_admits_what_a_lower_one_refuses(
        levels in prop::collection::vec((prop::sample::select(vec!["**", "https://builder.example/*/v1", "x"]), 1u8..=3), 0..4),
        least in 1u8..3,
    ) {
        let lower = judge(&trusting(&levels, least));
        let higher = judge(&trusting(&levels, least + 1));
        prop_assert!(lower.is_ok() || higher.is_err());
    }

    #[test]
    fn the_highest_level_that_is_granted_counts(
        levels in prop::collection::vec(1u8..=3, 1..4), least in 1u8..=3,
    ) {
        let trusted: Vec<_> = levels.iter().map(|level| ("https://builder.example/**", *level)).collect();
        let reaches = levels.iter().max().is_some_and(|most| *most >= least);
        prop_assert_eq!(judge(&trusting(&trusted, least)).is_ok(), reaches);
    }
}
