//! What builders write.

use doorward_documents::{DocumentError, InTotoStatement, ProvenanceViolation};
use serde_json::{Value, json};

use crate::made::{SLSA1, SLSA02, read, rules, sources};

/// As `actions/attest-build-provenance` writes it.
fn github() -> Value {
    json!({
        "buildDefinition": {
            "buildType": "https://actions.github.io/buildtypes/workflow/v1",
            "externalParameters": {"workflow": {
                "ref": "refs/tags/v1.2.0", "repository": "https://github.com/acme/web", "path": ".github/workflows/release.yml",
            }},
            "internalParameters": {"github": {"event_name": "push", "runner_environment": "github-hosted"}},
            "resolvedDependencies": [{
                "uri": "git+https://github.com/acme/web@refs/tags/v1.2.0", "digest": {"gitCommit": "0123"},
            }],
        },
        "runDetails": {
            "builder": {"id": "https://github.com/acme/web/.github/workflows/release.yml@refs/tags/v1.2.0"},
            "metadata": {"invocationId": "https://github.com/acme/web/actions/runs/1/attempts/1"},
        },
    })
}

/// As the generator for containers (`slsa-github-generator`) writes it.
fn generator() -> Value {
    json!({
        "builder": {"id": "https://github.com/slsa-framework/slsa-github-generator/.github/workflows/generator_container_slsa3.yml@refs/tags/v2.0.0"},
        "buildType": "https://github.com/slsa-framework/slsa-github-generator/container@v1",
        "invocation": {"configSource": {
            "uri": "git+https://github.com/acme/web@refs/heads/main", "digest": {"sha1": "0123"}, "entryPoint": ".github/workflows/build.yml",
        }, "parameters": {}, "environment": {}},
        "materials": [{"uri": "git+https://github.com/acme/web@refs/heads/main", "digest": {"sha1": "0123"}}],
    })
}

/// As Tekton Chains writes it, of both versions.
fn tekton(version: u8) -> Value {
    if version == 0 {
        return json!({
            "builder": {"id": "https://tekton.dev/chains/v2"}, "buildType": "tekton.dev/v1/PipelineRun",
            "invocation": {"configSource": {"uri": "git+https://github.com/acme/pipelines.git", "entryPoint": "build.yaml"}},
            "materials": [
                {"uri": "git+https://github.com/acme/web.git", "digest": {"sha1": "0123"}},
                {"uri": "oci://docker.io/library/golang", "digest": {"sha256": "45"}},
            ],
        });
    }
    json!({
        "buildDefinition": {
            "buildType": "https://tekton.dev/chains/v2/slsa", "externalParameters": {"runSpec": {}},
            "resolvedDependencies": [
                {"uri": "git+https://github.com/acme/pipelines.git", "digest": {"sha1": "67"}, "name": "pipeline"},
                {"uri": "oci://docker.io/library/golang", "digest": {"sha256": "45"}},
                {"uri": "git+https://github.com/acme/web.git", "digest": {"sha1": "0123"}, "name": "inputs/result"},
            ],
        },
        "runDetails": {"builder": {"id": "https://tekton.dev/chains/v2"}},
    })
}

/// As `BuildKit` writes it, of both versions.
fn buildkit(version: u8, context: Value) -> Value {
    if version == 0 {
        return json!({
            "builder": {"id": "https://github.com/acme/web/actions/runs/1"}, "buildType": "https://mobyproject.org/buildkit@v1",
            "materials": [{"uri": "pkg:docker/alpine@3.20?platform=linux%2Famd64", "digest": {"sha256": "45"}}],
            "invocation": {"configSource": context, "parameters": {"frontend": "dockerfile.v0"}},
        });
    }
    json!({
        "buildDefinition": {
            "buildType": "https://github.com/moby/buildkit/blob/master/docs/attestations/slsa-definitions.md",
            "externalParameters": {"configSource": context, "request": {"frontend": "dockerfile.v0"}},
            "resolvedDependencies": [{"uri": "pkg:docker/alpine@3.20?platform=linux%2Famd64", "digest": {"sha256": "45"}}],
        },
        "runDetails": {"builder": {"id": ""}},
    })
}

#[test]
fn what_each_builder_says_of_itself_and_of_the_sources_is_read() {
    assert_eq!(
        sources(SLSA1, &github()),
        ["https://github.com/acme/web@refs/tags/v1.2.0"]
    );
    assert_eq!(
        sources(SLSA02, &generator()),
        ["https://github.com/acme/web@refs/heads/main"]
    );
    for (kind, version) in [(SLSA02, 0), (SLSA1, 1)] {
        let mut found = sources(kind, &tekton(version));
        found.sort();
        assert_eq!(
            found,
            [
                "https://github.com/acme/pipelines",
                "https://github.com/acme/web"
            ]
        );
        let context = json!({"uri": "https://github.com/acme/web.git#refs/heads/main:docker", "digest": {"sha1": "0123"}});
        let found = sources(kind, &buildkit(version, context));
        assert_eq!(found, ["https://github.com/acme/web@refs/heads/main"]);
        // A folder of the machine.
        assert!(
            sources(
                kind,
                &buildkit(version, json!({"entryPoint": "Dockerfile"}))
            )
            .is_empty()
        );
    }
    let named = read(SLSA1, &github()).unwrap();
    assert!(
        named
            .builder()
            .unwrap()
            .ends_with("release.yml@refs/tags/v1.2.0")
    );
    assert_eq!(
        read(SLSA1, &buildkit(1, json!({}))).unwrap().builder(),
        None
    );
}

#[test]
fn all_that_the_rules_name_must_be_so() {
    let builder = "https://github.com/acme/web/.github/workflows/release.yml@refs/tags/*";
    let source = "https://github.com/acme/web@refs/tags/*";
    let kind = "https://actions.github.io/buildtypes/workflow/v1";
    let provenance = read(SLSA1, &github()).unwrap();
    rules(&[builder], &[source], &[kind])
        .judge(&provenance)
        .unwrap();
    rules(&["https://other.example", builder], &[], &[])
        .judge(&provenance)
        .unwrap();
    let refused = |builders: &[&str], sources: &[&str], types: &[&str]| {
        rules(builders, sources, types)
            .judge(&provenance)
            .unwrap_err()
    };
    for builders in [
        "https://github.com/acme/web/.github/workflows/release.yml",
        "https://github.com/acme/*/release.yml@refs/tags/v1.2.0",
        "https://github.com/acme/web/.github/workflows/release.yml@refs/heads/*",
        "http://github.com/acme/**",
    ] {
        let violation = refused(&[builders], &[source], &[kind]);
        assert!(
            matches!(violation, ProvenanceViolation::Builder { .. }),
            "{builders}"
        );
    }
    for sources in [
        "https://github.com/acme/we",
        "https://github.com/acme/web@refs/heads/main",
        "https://github.com/*",
        "https://github.com/ACME/web",
        "https://github.com.attacker.test/acme/web",
    ] {
        let violation = refused(&[builder], &[sources], &[kind]);
        assert!(
            matches!(violation, ProvenanceViolation::Source { .. }),
            "{sources}"
        );
    }
    for types in [
        "https://actions.github.io/buildtypes/workflow/v1/",
        "https://actions.github.io/*",
    ] {
        let violation = refused(&[builder], &[source], &[types]);
        assert!(
            matches!(violation, ProvenanceViolation::BuildType { .. }),
            "{types}"
        );
    }
}

#[test]
fn one_source_that_is_not_named_is_enough_to_refuse() {
    for (kind, version) in [(SLSA02, 0), (SLSA1, 1)] {
        let provenance = read(kind, &tekton(version)).unwrap();
        let both = [
            "https://github.com/acme/web",
            "https://github.com/acme/pipelines",
        ];
        rules(&[], &both, &[]).judge(&provenance).unwrap();
        for one in both {
            let violation = rules(&[], &[one], &[]).judge(&provenance).unwrap_err();
            assert!(
                matches!(violation, ProvenanceViolation::Source { .. }),
                "{one}"
            );
        }
    }
    // What stands among the dependencies counts beside what the workflow says.
    let mut other = github();
    other["buildDefinition"]["resolvedDependencies"][0]["uri"] =
        "git+https://github.com/mallory/web@refs/tags/v1.2.0".into();
    let provenance = read(SLSA1, &other).unwrap();
    let acme = rules(&[], &["https://github.com/acme/web"], &[]);
    assert!(acme.judge(&provenance).is_err());
    let mut other = github();
    other["buildDefinition"]["externalParameters"]["workflow"]["repository"] =
        "https://github.com/mallory/web".into();
    assert!(acme.judge(&read(SLSA1, &other).unwrap()).is_err());
}

#[test]
fn what_is_not_said_is_not_what_the_rules_name() {
    let folder = read(SLSA1, &buildkit(1, json!({"entryPoint": "Dockerfile"}))).unwrap();
    let everything = rules(&[], &["**"], &[]).judge(&folder);
    assert_eq!(everything, Err(ProvenanceViolation::NoSource));
    assert_eq!(
        rules(&["**"], &[], &[]).judge(&folder),
        Err(ProvenanceViolation::NoBuilder)
    );
    // Of a type that is not known it is not known where sources stand.
    let mut unknown = github();
    unknown["buildDefinition"]["buildType"] = "https://acme.example/build/v1".into();
    let unknown = read(SLSA1, &unknown).unwrap();
    let violation = rules(&[], &["https://github.com/acme/web"], &[]).judge(&unknown);
    assert!(matches!(
        violation,
        Err(ProvenanceViolation::UnknownType { .. })
    ));
    rules(&["https://github.com/acme/**"], &[], &[])
        .judge(&unknown)
        .unwrap();
}

#[test]
fn a_statement_of_another_form_is_none() {
    let malformed = |kind: &str, predicate: Value| {
        let outcome = read(kind, &predicate);
        assert!(
            matches!(outcome, Err(DocumentError::Malformed { .. })),
            "{predicate}: {outcome:?}"
        );
    };
    for (member, value) in [
        ("builder", json!("https://a.example")),
        ("builder", json!({"id": 1})),
        ("builder", json!({"Id": "https://a.example"})),
        ("buildType", json!(null)),
        ("buildType", json!("")),
        ("materials", json!({})),
        ("materials", json!(["git+https://a.example"])),
        ("materials", json!([{"uri": 1}])),
        ("materials", json!([{"URI": "git+https://a.example"}])),
        ("invocation", json!([])),
        ("invocation", json!({"configsource": {}})),
        ("invocation", json!({"configSource": {"uri": []}})),
        ("Materials", json!([])),
    ] {
        let mut predicate = generator();
        predicate[member] = value;
        malformed(SLSA02, predicate);
    }
    for (pointer, value) in [
        ("/buildDefinition", json!(null)),
        ("/runDetails", json!(null)),
        ("/buildDefinition/buildType", json!(7)),
        ("/buildDefinition/externalParameters", json!([])),
        ("/buildDefinition/externalParameters/workflow", json!("x")),
        (
            "/buildDefinition/externalParameters/workflow/repository",
            json!(null),
        ),
        ("/buildDefinition/externalParameters/workflow/ref", json!(1)),
        ("/buildDefinition/resolvedDependencies", json!("x")),
        ("/runDetails/builder", json!(["x"])),
    ] {
        let mut predicate = github();
        *predicate.pointer_mut(pointer).unwrap() = value;
        malformed(SLSA1, predicate);
    }
    for predicate in [json!(null), json!([]), json!("x"), json!({})] {
        malformed(SLSA02, predicate.clone());
        malformed(SLSA1, predicate);
    }
    let outcome = read("https://slsa.dev/provenance/v0.1", &generator());
    assert_eq!(outcome, Err(DocumentError::NotRecognised));
}

#[test]
fn more_sources_than_are_read_are_refused_and_not_cut() {
    let mut predicate = generator();
    let many: Vec<Value> = (0..1100)
        .map(|number| json!({"uri": format!("git+https://a.example/{number}")}))
        .collect();
    predicate["materials"] = many.into();
    let outcome = read(SLSA02, &predicate);
    assert!(
        matches!(outcome, Err(DocumentError::TooMany { .. })),
        "{outcome:?}"
    );
}

#[test]
fn a_statement_is_strict_json_with_a_type_and_a_predicate() {
    let good = r#"{"_type":"https://in-toto.io/Statement/v0.1","subject":[],"predicateType":"a","predicate":{}}"#;
    assert_eq!(
        InTotoStatement::read(good.as_bytes())
            .unwrap()
            .predicate_type(),
        "a"
    );
    for bad in [
        good.replace("v0.1", "v0.2"),
        good.replace("\"_type\"", "\"_Type\""),
        good.replace("\"predicateType\":\"a\"", "\"predicateType\":1"),
        good.replace(
            "\"predicateType\":\"a\"",
            "\"predicatetype\":\"a\",\"predicateType\":\"a\"",
        ),
        good.replace("\"predicate\":{}", "\"Predicate\":{}"),
        good.replace("\"predicate\":{}", "\"predicate\":{},\"predicate\":{}"),
        format!("{good} {good}"),
        "[]".to_owned(),
        String::new(),
    ] {
        assert!(InTotoStatement::read(bad.as_bytes()).is_err(), "{bad}");
    }
}
