use std::time::Duration;

use doorward_core::Timestamp;

use crate::{Document, LintCode, lint_exceptions, read_documents};

const DAY: i64 = 86_400;
/// Midnight of 2026-12-01 in UTC.
const UNTIL: i64 = 1_796_083_200;

fn codes(entry: &str, exception: &str, now: i64) -> Vec<LintCode> {
    let text = format!(
        "apiVersion: doorward.dev/v1\nkind: ClusterImagePolicy\nmetadata: {{name: p}}\nspec:\n  repositories:\n  - {entry}\n    \
         policy: {{trust: {{enabled: true}}}}\n---\napiVersion: doorward.dev/v1\n{exception}\n  codes: [notary-threshold]\n  \
         until: 2026-12-01\n  reason: why\n"
    );
    let (documents, found) = read_documents("x.yaml", text.as_bytes());
    assert_eq!(found, [], "{text}");
    let (mut policies, mut exceptions) = (Vec::new(), Vec::new());
    for document in documents {
        match document {
            Document::Policy(policy) => policies.push(policy),
            Document::Exception(exception) => exceptions.push(exception),
            Document::Other { .. } | Document::NotAnObject { .. } => {}
        }
    }
    let longest = Duration::from_secs(14 * 86_400);
    let now = Timestamp::from_unix(now);
    let found = lint_exceptions(&exceptions, &policies, now, longest);
    found.into_iter().map(|one| one.code).collect()
}

const OF_CLUSTER: &str =
    "kind: ClusterImageException\nmetadata: {name: x}\nspec:\n  images: [r.example/team/app]";
const OWN: &str = "kind: ImageException\nmetadata: {name: x, namespace: shop}\nspec:\n  images: [r.example/team/app]";

#[test]
fn an_exception_that_no_entry_allows_is_reported() {
    let now = UNTIL - 10 * DAY;
    for (entry, exception, is_reported) in [
        ("{name: 'r.example/*'", OF_CLUSTER, true),
        (
            "{name: 'r.example/*', exceptions: cluster",
            OF_CLUSTER,
            false,
        ),
        ("{name: 'r.example/*', exceptions: cluster", OWN, true),
        ("{name: 'r.example/*', exceptions: allowed", OWN, false),
        ("{name: 'r.example/other/*', exceptions: allowed", OWN, true),
        ("{name: '*', exceptions: allowed", OWN, false),
    ] {
        let entry = entry.trim_start_matches('{').replace(", ", "\n    ");
        let found = codes(&entry, exception, now);
        let reported = found.contains(&LintCode::ExceptionWithoutEntry);
        assert_eq!(reported, is_reported, "{entry} {exception}: {found:?}");
        assert!(found.contains(&LintCode::ExceptionByPattern), "{found:?}");
    }
}

#[test]
fn how_long_an_exception_lasts_is_reported_to_the_second() {
    let entry = "name: '*'\n    exceptions: allowed";
    let of = |now: i64| {
        let found = codes(entry, OWN, now).into_iter();
        let found = found.filter(|code| *code != LintCode::ExceptionByPattern);
        found.collect::<Vec<_>>()
    };
    assert_eq!(of(UNTIL - 14 * DAY - 1), [LintCode::ExceptionTooLong]);
    assert_eq!(of(UNTIL - 14 * DAY), []);
    assert_eq!(of(UNTIL - 3 * DAY - 1), []);
    assert_eq!(of(UNTIL - 3 * DAY), [LintCode::ExceptionEnding]);
    assert_eq!(of(UNTIL - 1), [LintCode::ExceptionEnding]);
    assert_eq!(of(UNTIL), [LintCode::ExceptionEnded]);
}
