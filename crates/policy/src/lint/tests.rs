mod exceptions;
mod selection;

use super::*;
use crate::{Document, read_documents};

const HEAD: &str = "apiVersion: doorward.dev/v1\nkind: ClusterImagePolicy\nmetadata: {name: p}\nspec:\n  repositories:\n";

fn policies(text: &str) -> Vec<PolicyObject> {
    let (documents, found) = read_documents("p.yaml", text.as_bytes());
    assert_eq!(found, []);
    let documents = documents.into_iter();
    documents
        .map(|document| match document {
            Document::Policy(policy) => policy,
            Document::Exception(_) | Document::Other { .. } | Document::NotAnObject { .. } => {
                panic!("a policy")
            }
        })
        .collect()
}

/// The findings for a policy with these patterns and bodies that need no warning.
fn found(patterns: &[&str]) -> Vec<String> {
    let entries: String = patterns
        .iter()
        .map(|pattern| format!("  - {{name: '{pattern}', policy: {{trust: {{enabled: true, pins: {{caSecrets: [{{name: c, namespace: n}}]}}}}}}}}\n"))
        .collect();
    let findings = lint(&policies(&format!("{HEAD}{entries}")));
    findings
        .iter()
        .map(|finding| format!("{}:{}", finding.code, finding.line))
        .collect()
}

#[test]
fn a_plain_policy_gives_no_finding() {
    assert_eq!(
        found(&[
            "r.example/*",
            "r.example/team/*",
            "s.example/app",
            "*.s.example/*"
        ]),
        Vec::<String>::new()
    );
}

#[test]
fn repeated_patterns_are_reported_with_the_place_of_the_first() {
    assert_eq!(
        found(&["r.example/*", "r.example/*"]),
        ["duplicate-pattern:7"]
    );
    assert_eq!(
        found(&["r.example/*", "r.example/**"]),
        ["unreachable-entry:7"]
    );
    let text = format!(
        "{HEAD}  - {{name: a.example/*, policy: {{unchecked: true}}}}\n---\n{}",
        HEAD.replace("name: p", "name: o") + "  - {name: a.example/*, policy: {unchecked: true}}\n"
    );
    let findings = lint(&policies(&text));
    let duplicate = findings
        .iter()
        .find(|finding| finding.code == LintCode::DuplicatePattern)
        .expect("reported");
    assert_eq!(
        (duplicate.line, duplicate.message.contains("p.yaml:13")),
        (6, true),
        "the object named o comes first"
    );
}

#[test]
fn a_floor_may_repeat_a_pattern_of_another_policy() {
    let floor = HEAD
        .replace("spec:", "spec:\n  floor: true")
        .replace("name: p", "name: z");
    let text = format!(
        "{HEAD}  - {{name: a.example/*, policy: {{unchecked: true}}}}\n---\n{floor}  - {{name: a.example/*, policy: {{unchecked: true}}}}\n"
    );
    assert!(
        lint(&policies(&text))
            .iter()
            .all(|finding| finding.code != LintCode::DuplicatePattern)
    );
}

#[test]
fn an_entry_for_many_hosts_that_wins_is_reported() {
    assert_eq!(
        found(&["*.s.example/team/app-long/*", "r.s.example/*"]),
        ["wildcard-host-outranks:6"]
    );
    assert_eq!(
        found(&["*.s.example/a/*", "r.s.example/team/*"]),
        Vec::<String>::new()
    );
    assert_eq!(
        found(&["*.s.example/other/app/*", "r.s.example/team/*"]),
        Vec::<String>::new()
    );
}

#[test]
fn spellings_that_select_different_entries_are_reported_once() {
    assert_eq!(found(&["r.example/*", "*"]), ["spelling-conflict:6"]);
    assert_eq!(
        found(&["docker.io/library/*", "docker.io/team/*", "*"]),
        ["spelling-conflict:6"]
    );
    assert_eq!(found(&["docker.io/library/*"]), Vec::<String>::new());
}

#[test]
fn an_entry_with_a_tag_that_refuses_what_it_pinned_is_reported() {
    assert_eq!(found(&["r.example/team/app:1"]), ["tag-entry:6"]);
    assert_eq!(found(&["r.example/team/app:v*"]), ["tag-entry:6"]);
    assert_eq!(found(&["R.Example:443/team/app:1"]), ["tag-entry:6"]);
    // Another entry would govern what is pinned, which is not what its author reads.
    assert_eq!(
        found(&["r.example/team/app:1", "r.example/team/*"]),
        ["tag-entry:6"]
    );
    for pattern in [
        "r.example/team/app",
        "r.example/team/app:*",
        "r.example:5000/team/app",
    ] {
        assert_eq!(found(&[pattern]), Vec::<String>::new(), "{pattern}");
    }
    let text = |policy: &str| format!("{HEAD}  - {{name: 'r.example/a:1', policy: {policy}}}\n");
    for (mode, words) in [
        (
            "enforce",
            "what it admits is refused when it is looked at again",
        ),
        ("warn", "what it verifies is not pinned"),
        ("audit", "what it verifies is not pinned"),
    ] {
        let policy = format!("{{mode: {mode}, simple: {{requirements: [{{type: reject}}]}}}}");
        let findings = lint(&policies(&text(&policy)));
        assert!(
            findings
                .iter()
                .any(|finding| finding.message.contains(words)),
            "{findings:?}"
        );
    }
    for policy in [
        "{mutateImage: false, simple: {requirements: [{type: reject}]}}",
        "{}",
    ] {
        let findings = lint(&policies(&text(policy)));
        assert!(
            findings
                .iter()
                .all(|finding| finding.code != LintCode::TagEntry),
            "{policy}"
        );
    }
}

#[test]
fn policies_of_different_namespaces_do_not_meet() {
    let namespaced = |namespace: &str| {
        HEAD.replace("ClusterImagePolicy", "ImagePolicy")
            .replace("name: p", &format!("name: p, namespace: {namespace}"))
            + "  - {name: a.example/*, policy: {trust: {enabled: true, pins: {caSecrets: [{name: c, namespace: n}]}}}}\n"
    };
    let text = format!("{}---\n{}", namespaced("a"), namespaced("b"));
    assert_eq!(lint(&policies(&text)), []);
}

#[test]
fn policies_that_say_nothing_are_reported() {
    let text = "apiVersion: doorward.dev/v1\nkind: ImagePolicy\nmetadata: {name: p}\nspec: {repositories: []}\n";
    let codes: Vec<_> = lint(&policies(text))
        .iter()
        .map(|finding| finding.code)
        .collect();
    assert_eq!(codes, [LintCode::MissingNamespace, LintCode::NoEntries]);
}

#[test]
fn findings_are_warnings_that_never_suggest_weakening_trust() {
    let text = format!(
        "{HEAD}  - {{name: 'x*', policy: {{mode: audit, mutateImage: false, trust: {{enabled: true, trustServer: 'http://n.example'}}, simple: {{requirements: [{{type: insecureAcceptAnything}}, {{type: signedBy, keySecret: k}}]}}}}}}\n  - {{name: ''}}\n"
    );
    let findings = lint(&policies(&text));
    assert!(findings.len() >= 7);
    for finding in findings {
        assert!(!finding.is_error());
        for word in [
            "disable",
            "skip",
            "permissive",
            "insecure",
            "turn off",
            "remove",
        ] {
            assert!(!finding.message.contains(word), "{finding}");
        }
    }
}

#[test]
fn many_entries_are_looked_at_in_bounded_time() {
    let patterns: Vec<String> = (0..3000)
        .map(|n| format!("*.s{n}.example/team/app/*"))
        .chain((0..3000).map(|n| format!("r.s{n}.example/*")))
        .collect();
    let patterns: Vec<&str> = patterns.iter().map(String::as_str).collect();
    assert!(!found(&patterns).is_empty());
}

#[test]
fn an_unchecked_entry_before_one_that_demands_something_is_reported() {
    let reject = "policy: {simple: {requirements: [{type: reject}]}}";
    let first = format!(
        "{HEAD}  - {{name: 'a.example/*', policy: {{unchecked: true}}}}\n  - {{name: 'b.example/*', {reject}}}\n"
    );
    let last = format!(
        "{HEAD}  - {{name: 'b.example/*', {reject}}}\n  - {{name: 'a.example/*', policy: {{unchecked: true}}}}\n"
    );
    let reported = |text: &str| {
        lint(&policies(text))
            .iter()
            .filter(|finding| finding.code == LintCode::UncheckedFirst)
            .map(|finding| finding.line)
            .collect::<Vec<_>>()
    };
    assert_eq!(reported(&first), [6]);
    assert_eq!(reported(&last), [] as [u32; 0]);
}

#[test]
fn what_is_ignored_no_longer_is_said_from_its_end_on() {
    let text = format!(
        "{HEAD}  - name: r.example/*\n    policy:\n      vulnerability:\n        report:\n          maxSeverity: high\n          \
         signedBy: {{trust: {{enabled: true}}}}\n          ignore:\n          - {{id: CVE-2026-1, until: 2026-01-31, reason: \
         r}}\n"
    );
    let policies = policies(&text);
    let at = |time: &str| -> Vec<(LintCode, u32)> {
        let found = lint_at(&policies, time.parse().expect("a time"));
        let found = found
            .iter()
            .filter(|one| one.code == LintCode::IgnoreExpired);
        found.map(|one| (one.code, one.line)).collect()
    };
    assert_eq!(at("2026-01-31T23:59:59Z"), []);
    let line = u32::try_from(text.lines().count()).expect("a few lines");
    assert_eq!(
        at("2026-02-01T00:00:00Z"),
        [(LintCode::IgnoreExpired, line)]
    );
}
