use super::*;
use crate::{StatementError, ValidationKind};
use doorward_core::Action;

/// The names of the statements that govern a repository of a document with these statements: name, scope, and whether
/// it is of the level `skip`.
fn governing(
    statements: &[(&str, &str, bool)],
    repository: &str,
) -> Result<Vec<String>, SelectError> {
    let statements: Vec<String> = statements
        .iter()
        .map(|(name, scope, skips)| {
            let rest = if *skips {
                r#""signatureVerification":{"level":"skip"}"#
            } else {
                r#""signatureVerification":{"level":"strict"},"trustStores":["ca:a"],"trustedIdentities":["*"]"#
            };
            format!(r#"{{"name":"{name}","registryScopes":["{scope}"],{rest}}}"#)
        })
        .collect();
    let text = format!(
        r#"{{"version":"1.0","trustPolicies":[{}]}}"#,
        statements.join(",")
    );
    let policy = OciTrustPolicy::parse(text.as_bytes()).expect("a policy");
    let found = policy.governing(&repository.parse().expect("a repository"))?;
    let named = found.into_iter().map(|selected| match selected {
        Selected::Skip { name } => format!("skip {name}"),
        Selected::Verify(statement) => statement.name().to_owned(),
    });
    Ok(named.collect())
}

#[test]
fn a_statement_that_names_the_repository_in_another_spelling_governs_it_as_well() {
    for (scope, repository) in [
        ("docker.io/nginx", "nginx"),
        ("index.docker.io/library/nginx", "nginx"),
        ("registry-1.docker.io/library/nginx", "docker.io/nginx"),
        (
            "docker.io/library/nginx",
            "registry-1.docker.io/library/nginx",
        ),
        ("acme.io:443/a", "acme.io/a"),
        ("acme.io/a", "acme.io:443/a"),
        ("ACME.io/a", "acme.io/a"),
    ] {
        let alone = governing(&[("one", scope, false)], repository);
        assert_eq!(alone.as_deref(), Ok(&["one".to_owned()][..]), "{scope}");
        let beside = governing(&[("all", "*", false), ("one", scope, false)], repository);
        let both = ["all".to_owned(), "one".to_owned()];
        assert_eq!(beside.as_deref(), Ok(&both[..]), "{scope}");
    }
}

#[test]
fn the_exact_name_beats_the_star_and_another_repository_says_nothing() {
    let statements = [
        ("all", "*", false),
        ("exact", "acme.io/a", false),
        ("below", "acme.io/a/b", false),
        ("port", "acme.io:8443/a", false),
    ];
    let exact = governing(&statements, "acme.io/a");
    assert_eq!(exact.as_deref(), Ok(&["exact".to_owned()][..]));
    let other = governing(&statements, "acme.io/b");
    assert_eq!(other.as_deref(), Ok(&["all".to_owned()][..]));
    let none = governing(&statements[1..], "acme.io/b");
    assert_eq!(
        none.map_err(|error| error.code()),
        Err(crate::codes::POLICY_NO_MATCH)
    );
}

#[test]
fn a_skip_counts_for_the_spelling_that_it_has_and_for_no_other() {
    let skip =
        |scope, repository| governing(&[("all", "*", false), ("one", scope, true)], repository);
    let here = skip("docker.io/library/nginx", "nginx");
    assert_eq!(here.as_deref(), Ok(&["skip one".to_owned()][..]));
    for scope in [
        "docker.io/nginx",
        "library/nginx",
        "docker.io:443/library/nginx",
    ] {
        let elsewhere = skip(scope, "nginx");
        assert_eq!(elsewhere.as_deref(), Ok(&["all".to_owned()][..]), "{scope}");
        let alone = governing(&[("one", scope, true)], "nginx");
        assert!(alone.is_err(), "{scope}");
    }
    let statements = [
        ("skips", "acme.io/a", true),
        ("checks", "acme.io:443/a", false),
    ];
    let both = ["skip skips".to_owned(), "checks".to_owned()];
    assert_eq!(
        governing(&statements, "acme.io/a").as_deref(),
        Ok(&both[..])
    );
}

/// A document with one statement, in which `"x":0` is replaced.
fn with(members: &str) -> Result<OciTrustPolicy, TrustPolicyError> {
    let text = format!(
        r#"{{"version":"1.0","trustPolicies":[{{"name":"p","registryScopes":["*"],"trustStores":["ca:acme"],"trustedIdentities":["*"],{members}}}]}}"#
    );
    OciTrustPolicy::parse(text.as_bytes())
}

fn verification(members: &str) -> Result<OciTrustPolicy, TrustPolicyError> {
    with(&format!(r#""signatureVerification":{{{members}}}"#))
}

fn problem(result: Result<OciTrustPolicy, TrustPolicyError>) -> PolicyProblem {
    match result {
        Err(TrustPolicyError::Statement { name, problem }) if name == "p" => problem,
        other => panic!("{other:?}"),
    }
}

#[test]
fn overrides_change_single_actions() {
    let policy = verification(
        r#""level":"permissive","override":{"revocation":"skip","expiry":"enforce"},"verifyTimestamp":"afterCertExpiry""#,
    )
    .expect("a policy");
    let Ok(Selected::Verify(statement)) = policy.select("a.io/b@sha256:x") else {
        panic!("a statement");
    };
    assert_eq!(statement.action(ValidationKind::Revocation), Action::Skip);
    assert_eq!(statement.action(ValidationKind::Expiry), Action::Enforce);
    assert_eq!(
        statement.action(ValidationKind::AuthenticTimestamp),
        Action::Log
    );
    assert_eq!(
        statement.action(ValidationKind::TimestampRevocation),
        Action::Log
    );
}

#[test]
fn a_slip_of_the_pen_is_refused_by_name() {
    for (members, unknown) in [
        (r#""level":"strict","overide":{}"#, "overide"),
        (
            r#""level":"strict","verifyTimestamps":"always""#,
            "verifyTimestamps",
        ),
        (r#""level":"strict","override":{"Expiry":"log"}"#, "Expiry"),
        (
            r#""level":"strict","override":{"integrity":"log"}"#,
            "integrity",
        ),
        (r#""Level":"strict""#, "Level"),
    ] {
        let member = unknown.to_owned();
        assert_eq!(
            problem(verification(members)),
            PolicyProblem::UnknownMember { member }
        );
    }
    let strict = r#""signatureVerification":{"level":"strict"}"#;
    let member = "trustStore".to_owned();
    assert_eq!(
        problem(with(&format!(r#"{strict},"trustStore":[]"#))),
        PolicyProblem::UnknownMember { member }
    );
    // A document for files has other members.
    let member = "globalPolicy".to_owned();
    assert_eq!(
        problem(with(&format!(r#"{strict},"globalPolicy":true"#))),
        PolicyProblem::UnknownMember { member }
    );
}

#[test]
fn a_member_that_stands_there_twice_is_refused() {
    assert!(matches!(
        verification(r#""level":"audit","level":"strict""#),
        Err(TrustPolicyError::Json(_))
    ));
}

#[test]
fn wrong_values_are_refused() {
    for members in [
        r#""level":"Strict""#,
        r#""level":1"#,
        r#""level":null"#,
        r#""level":"strict","override":{"expiry":"skip"}"#,
        r#""level":"strict","override":{"authenticity":"skip"}"#,
        r#""level":"strict","override":{"expiry":"warn"}"#,
        r#""level":"strict","override":[]"#,
        r#""level":"strict","verifyTimestamp":"never""#,
        r#""level":"skip""#,
    ] {
        problem(verification(members));
    }
    let kind = ValidationKind::AuthenticTimestamp;
    let action = Action::Skip;
    assert_eq!(
        problem(verification(
            r#""level":"strict","override":{"authenticTimestamp":"skip"}"#
        )),
        PolicyProblem::Statement(StatementError::NotOverridable { kind, action })
    );
}

#[test]
fn a_document_that_is_none_is_refused() {
    for text in [
        "",
        "[]",
        "{}",
        r#"{"version":"1.0"}"#,
        r#"{"version":"1.0","trustPolicies":[]}"#,
        r#"{"version":"1.0","trustPolicies":{}}"#,
        r#"{"version":"1.0","trustPolicies":[1]}"#,
        r#"{"version":"1.1","trustPolicies":[{}]}"#,
        r#"{"version":1.0,"trustPolicies":[{}]}"#,
        r#"{"Version":"1.0","trustPolicies":[{}]}"#,
    ] {
        assert!(OciTrustPolicy::parse(text.as_bytes()).is_err(), "{text}");
        assert!(BlobTrustPolicy::parse(text.as_bytes()).is_err(), "{text}");
    }
}

fn scoped(statements: &[(&str, &str)]) -> Result<OciTrustPolicy, TrustPolicyError> {
    let statements: Vec<String> = statements
        .iter()
        .map(|(name, scopes)| {
            format!(
                r#"{{"name":"{name}","registryScopes":[{scopes}],"signatureVerification":{{"level":"strict"}},"trustStores":["ca:acme"],"trustedIdentities":["*"]}}"#
            )
        })
        .collect();
    let text = format!(
        r#"{{"version":"1.0","trustPolicies":[{}]}}"#,
        statements.join(",")
    );
    OciTrustPolicy::parse(text.as_bytes())
}

#[test]
fn a_repository_beats_the_wildcard_and_nothing_else_matches() {
    let policy = scoped(&[("all", r#""*""#), ("one", r#""a.io/b","a.io/c""#)]).expect("a policy");
    let name = |reference: &str| match policy.select(reference) {
        Ok(Selected::Verify(statement)) => statement.name().to_owned(),
        other => panic!("{other:?}"),
    };
    assert_eq!(name("a.io/c@sha256:x"), "one");
    for other in ["a.io/b/c@x", "A.io/b@x", "a.io:443/b@x", "a.io/bb@x"] {
        assert_eq!(name(other), "all", "{other}");
    }
    let policy = scoped(&[("one", r#""a.io/b""#)]).expect("a policy");
    assert!(matches!(
        policy.select("a.io/c@sha256:x"),
        Err(SelectError::NoStatement { .. })
    ));
}

#[test]
fn a_reference_has_a_digest_and_no_tag() {
    let policy = scoped(&[("all", r#""*""#)]).expect("a policy");
    assert_eq!(policy.select("a.io/b"), Err(SelectError::NoDigest));
    for reference in [
        "a.io/b:v1@sha256:x",
        "b@sha256:x",
        "https://a.io/b@x",
        "@x",
        "a.io/@x",
    ] {
        let selected = policy.select(reference);
        assert!(
            matches!(selected, Err(SelectError::Repository(_))),
            "{reference}"
        );
    }
}

#[test]
fn scopes_are_repositories_that_stand_there_once() {
    for bad in [
        "",
        r#""*","a.io/b""#,
        r#""*","*""#,
        r#""a.io/b","a.io/b""#,
        r#""nginx""#,
        r#""a.io""#,
        r#""a.io/""#,
        r#""a.io/B""#,
        r#""a.io/b:v1""#,
        r#""a.io/b@sha256:x""#,
        r#""https://a.io/b""#,
        r#""a.io/b/*""#,
        r#""a.io//b""#,
        r#""a.io/b___c""#,
        r#""-a.io/b""#,
        r#""a..io/b""#,
        r#""a.io:/b""#,
        r#""[::1]/b""#,
        r#""a_b.io/c""#,
    ] {
        assert!(scoped(&[("p", bad)]).is_err(), "{bad}");
    }
    for good in [r#""localhost/app""#, r#""a:5000/b--c/d__e.f""#] {
        assert!(scoped(&[("p", good)]).is_ok(), "{good}");
    }
    assert!(scoped(&[("p", r#""a.io/b""#), ("q", r#""a.io/b""#)]).is_err());
    assert!(scoped(&[("p", r#""a.io/b""#), ("p", r#""a.io/c""#)]).is_err());
}

fn skipping(rest: &str) -> String {
    format!(
        r#"{{"version":"1.0","trustPolicies":[{{"name":"p","signatureVerification":{{"level":"skip"}},{rest}}}]}}"#
    )
}

#[test]
fn skip_is_for_repositories_that_are_named_and_trusts_nobody() {
    let policy = OciTrustPolicy::parse(skipping(r#""registryScopes":["a.io/b"]"#).as_bytes());
    assert_eq!(
        policy.expect("a policy").select("a.io/b@sha256:x"),
        Ok(Selected::Skip { name: "p" })
    );
    for rest in [
        r#""registryScopes":["*"]"#,
        r#""registryScopes":["a.io/b"],"trustStores":["ca:x"]"#,
        r#""registryScopes":["a.io/b"],"trustedIdentities":["*"]"#,
    ] {
        assert!(
            OciTrustPolicy::parse(skipping(rest).as_bytes()).is_err(),
            "{rest}"
        );
    }
}

#[test]
fn a_file_has_the_statement_that_is_named_or_the_global_one() {
    let statement = |name: &str, global: &str| {
        format!(
            r#"{{"name":"{name}","globalPolicy":{global},"signatureVerification":{{"level":"strict"}},"trustStores":["ca:x"],"trustedIdentities":["*"]}}"#
        )
    };
    let document = |statements: [String; 2]| {
        format!(
            r#"{{"version":"1.0","trustPolicies":[{}]}}"#,
            statements.join(",")
        )
    };
    let text = document([statement("a", "false"), statement("g", "true")]);
    let policy = BlobTrustPolicy::parse(text.as_bytes()).expect("a policy");
    for (wanted, name) in [(Some("a"), "a"), (None, "g"), (Some("g"), "g")] {
        match policy.select(wanted) {
            Ok(Selected::Verify(statement)) => assert_eq!(statement.name(), name),
            other => panic!("{other:?}"),
        }
    }
    assert!(policy.select(Some("b")).is_err());
    let text = document([statement("a", "true"), statement("g", "true")]);
    assert_eq!(
        BlobTrustPolicy::parse(text.as_bytes()),
        Err(TrustPolicyError::SeveralGlobal)
    );
    assert!(BlobTrustPolicy::parse(skipping(r#""globalPolicy":true"#).as_bytes()).is_err());
    assert!(BlobTrustPolicy::parse(skipping(r#""globalPolicy":false"#).as_bytes()).is_ok());
}
