//! Builds of strangers that look as if they had come from the repository that is trusted.

use doorward_documents::ProvenanceViolation;
use serde_json::{Value, json};

use crate::made::{SLSA1, SLSA02, read, rules};

const ACME: &str = "https://github.com/acme/app";

/// A build by `BuildKit` with this context, these other materials and these parameters, of both versions.
fn buildkit(context: &Value, materials: &[&str], request: &Value) -> [(&'static str, Value); 2] {
    let materials: Vec<Value> = materials.iter().map(|uri| json!({"uri": uri})).collect();
    let older = json!({
        "builder": {"id": "https://builder.example"}, "buildType": "https://mobyproject.org/buildkit@v1",
        "materials": materials, "invocation": {"configSource": context, "parameters": request},
    });
    let newer = json!({
        "buildDefinition": {
            "buildType": "https://github.com/moby/buildkit/blob/master/docs/attestations/slsa-definitions.md",
            "externalParameters": {"configSource": context, "request": request},
            "resolvedDependencies": materials,
        },
        "runDetails": {"builder": {"id": "https://builder.example"}},
    });
    [(SLSA02, older), (SLSA1, newer)]
}

/// Refused where `acme/app` is the one source, and everything of anybody is a source.
fn refused(kind: &str, predicate: &Value) {
    let provenance = read(kind, predicate).unwrap();
    for patterns in [[ACME], ["https://github.com/acme/**"]] {
        let violation = rules(&[], &patterns, &[]).judge(&provenance);
        assert!(
            matches!(violation, Err(ProvenanceViolation::Source { .. })),
            "{predicate}: {violation:?}"
        );
    }
}

#[test]
fn a_context_that_only_begins_like_the_trusted_repository_is_not_it() {
    for uri in [
        "https://github.com/acme/app@x/../../evil/app.git#main",
        "https://github.com/acme/app/../../evil/app.git",
        "git@github.com:evil/app.git",
        "git@github.com:evil/app.git#main",
        "ssh://git@github.com/evil/app.git#main",
        "https://user@github.com/acme/app.git#main",
        "https://xxxxx:xxxxx@evil.example/acme/app.git",
        "http://evil.example/app.tar.gz",
        "folder",
    ] {
        for (kind, predicate) in buildkit(&json!({"uri": uri}), &[], &json!({})) {
            refused(kind, &predicate);
        }
        // And where the trusted one is there as well.
        let beside = ["https://github.com/acme/app.git#main"];
        for (kind, predicate) in buildkit(&json!({"uri": uri}), &beside, &json!({})) {
            refused(kind, &predicate);
        }
    }
    // A repository of that name, on a server where anybody may have one.
    let flat = json!({"uri": "https://git.example/app@evil.git#main"});
    for (kind, predicate) in buildkit(&flat, &[], &json!({})) {
        let exact = rules(&[], &["https://git.example/app"], &[]);
        assert!(exact.judge(&read(kind, &predicate).unwrap()).is_err());
    }
    for (kind, predicate) in buildkit(
        &json!({"uri": "https://github.com/acme/app.git#main"}),
        &[],
        &json!({}),
    ) {
        rules(&[], &[ACME], &[])
            .judge(&read(kind, &predicate).unwrap())
            .unwrap();
    }
}

#[test]
fn a_folder_of_the_machine_is_a_source_that_nobody_trusts_whatever_is_copied_into_the_image() {
    let request = json!({"frontend": "dockerfile.v0", "locals": [{"name": "context"}]});
    let acme = ["https://github.com/acme/app.git#main"];
    for (kind, predicate) in buildkit(&json!({"entryPoint": "Dockerfile"}), &acme, &request) {
        refused(kind, &predicate);
    }
    // One stage of the image is replaced by a folder.
    let context = json!({"uri": "https://github.com/acme/app.git#main"});
    for (kind, predicate) in buildkit(&context, &[], &request) {
        refused(kind, &predicate);
    }
}

#[test]
fn what_takes_the_place_of_a_stage_is_a_source_by_whatever_scheme_it_came() {
    let context = json!({"uri": "https://github.com/acme/app.git#main"});
    for other in [
        "ssh://git@github.com/evil/app.git",
        "git@github.com:evil/app.git",
        "https://u@github.com/evil.git#x",
        "https://evil.example/stage.tar",
        "docker-image://evil.example/stage",
    ] {
        for (kind, predicate) in buildkit(&context, &[other], &json!({})) {
            refused(kind, &predicate);
        }
    }
    let packages = ["pkg:docker/alpine@3.20?platform=linux%2Famd64"];
    for (kind, predicate) in buildkit(&context, &packages, &json!({})) {
        rules(&[], &[ACME], &[])
            .judge(&read(kind, &predicate).unwrap())
            .unwrap();
    }
}

#[test]
fn a_run_of_tekton_whose_definition_is_in_no_repository_says_nothing_of_its_sources() {
    let inline = json!({
        "builder": {"id": "https://tekton.dev/chains/v2"}, "buildType": "tekton.dev/v1/TaskRun",
        "invocation": {"parameters": {}},
        "materials": [{"uri": "git+https://github.com/acme/app.git", "digest": {"sha1": "0123"}}],
    });
    refused(SLSA02, &inline);
    for uri in [
        "oci://registry.example/task",
        "https://hub.example/task.yaml",
        "git+https://github.com/acme/app@x/../../evil/p.git@0123",
    ] {
        let mut bundle = inline.clone();
        bundle["invocation"]["configSource"] = json!({"uri": uri});
        refused(SLSA02, &bundle);
    }
    let newer = |dependencies: Value, parameters: Value| {
        json!({
            "buildDefinition": {
                "buildType": "https://tekton.dev/chains/v2/slsa", "externalParameters": parameters,
                "resolvedDependencies": dependencies,
            },
            "runDetails": {"builder": {"id": "https://tekton.dev/chains/v2"}},
        })
    };
    let source = json!({"uri": "git+https://github.com/acme/app.git", "name": "inputs/result"});
    refused(SLSA1, &newer(json!([source]), json!({"runSpec": {}})));
    let bundle = json!({"uri": "oci://registry.example/task", "name": "task"});
    refused(SLSA1, &newer(json!([source, bundle]), json!({})));
    refused(
        SLSA1,
        &newer(
            json!([source]),
            json!({"buildConfigSource": {"repository": "https://hub.example/x"}}),
        ),
    );
    let defined = json!({"uri": "git+https://github.com/acme/app.git@0123", "name": "pipeline"});
    let good = read(SLSA1, &newer(json!([source, defined]), json!({}))).unwrap();
    rules(&[], &[ACME], &[]).judge(&good).unwrap();
}
