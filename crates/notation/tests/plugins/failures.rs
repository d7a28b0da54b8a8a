//! Plug-ins that give no verdict.

use doorward_core::{Class, FetchError, Fetched, PluginCommand};
use doorward_notation::{Level, codes};
use doorward_testkit::outage;
use serde_json::json;

use crate::world::{
    IDENTITY, MINIMUM, REVOCATION, World, capabilities, rule, said, some, statement, yes,
};

#[test]
fn a_plug_in_that_gives_no_answer_is_a_failed_validation_and_no_outage() {
    let detail = || "x".to_owned();
    let errors = [
        FetchError::Unavailable { detail: detail() },
        outage("x"),
        FetchError::Unauthorized { detail: detail() },
        FetchError::TooLarge { limit: 7 },
        FetchError::Malformed { detail: detail() },
        FetchError::NotFound,
        FetchError::NotAsked { detail: detail() },
        FetchError::Internal { detail: detail() },
    ];
    for error in errors {
        for about_metadata in [true, false] {
            let mut world = World::signed();
            let slot = if about_metadata {
                &mut world.metadata
            } else {
                &mut world.verdict
            };
            *slot = Err(error.clone());
            for level in [Level::Strict, Level::Audit] {
                let refused = world.judge(statement(level).plugin(rule())).unwrap_err();
                assert_eq!(refused.code(), codes::PLUGIN_FAILED, "{error}");
                assert_eq!(refused.class(), Class::Untrusted);
                assert_eq!(refused.outage(), None);
            }
        }
    }
}

#[test]
fn without_a_host_no_plug_in_is_there() {
    let mut world = World::signed();
    world.metadata = Err(FetchError::NotSupported);
    for level in [Level::Strict, Level::Audit] {
        let code = world.code_by(statement(level).plugin(rule()));
        assert_eq!(code, some(codes::PLUGIN_UNAVAILABLE));
    }
    assert!(
        world
            .calls()
            .iter()
            .all(|call| *call == PluginCommand::GetPluginMetadata)
    );
}

#[test]
fn what_a_transcript_does_not_have_is_not_taken_for_a_failure_of_the_plug_in() {
    let mut world = World::signed();
    world.verdict = Err(FetchError::NotRecorded);
    assert_eq!(world.code().as_deref(), Some("transcript-not-recorded"));
}

#[test]
fn a_plug_in_that_lies_or_says_too_little_fails_at_every_level() {
    let mut empty = yes();
    empty["processedAttributes"] = json!([]);
    let mut half = yes();
    half["verificationResults"]
        .as_object_mut()
        .unwrap()
        .remove(REVOCATION);
    let good = capabilities(&[IDENTITY, REVOCATION]);
    let liar = json!({"name": "com.example.other", "version": "1.2.0",
        "supportedContractVersions": ["1.0"], "capabilities": [IDENTITY]});
    for (metadata, verdict) in [
        (said(&liar), said(&yes())),
        (capabilities(&[]), said(&yes())),
        (capabilities(&["SIGNATURE_GENERATOR.RAW"]), said(&yes())),
        (said(&json!({})), said(&yes())),
        (good.clone(), said(&empty)),
        (good.clone(), said(&half)),
        (good.clone(), said(&json!({}))),
        (good, Ok(Fetched::new(&b"no JSON"[..], None, "x"))),
    ] {
        let mut world = World::signed();
        world.metadata = metadata;
        world.verdict = verdict;
        for level in [Level::Strict, Level::Audit] {
            let code = world.code_by(statement(level).plugin(rule()));
            assert_eq!(code, some(codes::PLUGIN_FAILED));
        }
    }
}

#[test]
fn a_plug_in_older_than_the_signer_demands_gives_no_verdict() {
    for (minimum, code) in [
        ("1.2.0", None),
        ("1.1.99", None),
        ("1.2.1", some(codes::PLUGIN_FAILED)),
        ("2.0.0", some(codes::PLUGIN_FAILED)),
        ("1.2", some(codes::PLUGIN_UNAVAILABLE)),
        ("", some(codes::PLUGIN_UNAVAILABLE)),
    ] {
        let mut world = World::new();
        world.attach(&world.envelope().attribute(MINIMUM, true, minimum));
        assert_eq!(world.code(), code, "{minimum}");
    }
}
