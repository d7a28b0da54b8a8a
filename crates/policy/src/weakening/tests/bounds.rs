//! What is not compared for want of time.

use super::*;

/// A policy of a namespace with as many entries: their patterns, and their bodies.
fn many(
    namespace: &str,
    count: usize,
    pattern: impl Fn(usize) -> String,
    body: impl Fn(usize) -> String,
) -> String {
    let entries: Vec<String> = (0..count)
        .map(|number| format!("{{name: '{}', policy: {}}}", pattern(number), body(number)))
        .collect();
    format!(
        "apiVersion: doorward.dev/v1\nkind: ImagePolicy\nmetadata: {{name: p, namespace: {namespace}}}\n\
         spec: {{repositories: [{}]}}\n---\n",
        entries.join(", ")
    )
}

fn rejecting_and(key: usize) -> String {
    format!(
        "{{simple: {{requirements: [{{type: reject}}, {{type: signedBy, keySecret: k{key}}}]}}}}"
    )
}

#[test]
fn more_patterns_than_can_be_compared_count_as_overruled() {
    let text = |host: &str, count: usize, key: &str| {
        many(
            "shop",
            count,
            |number| format!("{host}/{number}/*"),
            |_| signed_by(key),
        )
    };
    let before = text("r.example", 2000, "a");
    let added = text("s.example", 600, "b").replace("{name: p", "{name: q");
    let found = found(&before, &format!("{before}{added}"));
    assert!(!found.is_empty() && found.len() < 600, "{}", found.len());
}

#[test]
fn entries_of_one_body_are_compared_once_however_many_are_renamed() {
    let text = |name: &str, last: &str| {
        many(
            "shop",
            20_001,
            |number| match number {
                20_000 => last.to_owned(),
                _ => format!("{name}{number}"),
            },
            |number| match number {
                20_000 => signed_by("k"),
                _ => REJECT.to_owned(),
            },
        )
    };
    // One after the other, they would take minutes, and leave no time for the last one.
    let found = found(&text("a", "r.example/a"), &text("b", "s.example/a"));
    assert_eq!(found.len(), 20_001);
    assert!(found.iter().all(|one| one.ends_with("is gone")));
}

#[test]
fn many_objects_of_one_name_are_not_compared_with_each_other() {
    let one = many("shop", 1, |_| "a".to_owned(), |_| REJECT.to_owned());
    let all = policies(&one.repeat(15_000));
    // Each goes with one; looked for from the beginning, it would take minutes to find them.
    assert_eq!(found_in(&all, &all), [] as [&str; 0]);
    assert_eq!(found_in(&all[..1], &all), [] as [&str; 0]);
}

#[test]
fn bodies_that_there_is_no_time_to_compare_count_as_weaker() {
    let text = |name: &str, count: usize| {
        many(
            "shop",
            count,
            |number| format!("{name}{number}"),
            rejecting_and,
        )
    };
    let overruled = |count: usize| {
        let (before, after) = (text("a", count), text("b", count));
        let found = found(&before, &after);
        found
            .iter()
            .filter(|one| one.contains("takes images"))
            .count()
    };
    assert_eq!(overruled(100), 0);
    let count = overruled(1500);
    assert!((500..1500).contains(&count), "{count}");
}

#[test]
fn what_one_namespace_writes_takes_no_time_from_another() {
    let heavy = |name: &str| {
        many(
            "shop",
            1500,
            |number| format!("{name}{number}"),
            rejecting_and,
        )
    };
    let own =
        |pattern: &str, key: &str| many("bank", 1, |_| pattern.to_owned(), |_| signed_by(key));
    let cluster = entries(&[("r.example/*", &signed_by("a"))]);
    let of_cluster = cluster
        .replace("{name: p}", "{name: q}")
        .replace("r.example", "s.example")
        .replace("keySecret: a", "keySecret: b");
    let of_bank = own("t.example/*", "b").replace("{name: p", "{name: q");
    let before = format!("{}{}{cluster}", heavy("a"), own("r.example/*", "a"));
    let after = format!(
        "{}{}{cluster}{of_bank}{of_cluster}",
        heavy("b"),
        own("r.example/*", "a")
    );
    let found = found(&before, &after);
    assert!(found.iter().any(|one| one.contains("takes images")));
    assert!(
        found
            .iter()
            .all(|one| one.starts_with("ImagePolicy shop/p: ")),
        "{found:?}"
    );
}

#[test]
fn a_namespace_that_is_denied_for_its_many_entries_is_judged_after_two_looks() {
    let text = |count: usize| {
        many(
            "shop",
            count,
            |number| format!("a{number}"),
            |_| "{unchecked: true}".to_owned(),
        )
    };
    let judged = "ImagePolicy shop/p: entry \"*\" was denied for a mistake and is judged now";
    assert_eq!(found(&text(10_001), &text(10_000)), [judged]);
    assert_eq!(found(&text(10_002), &text(10_001)), [] as [&str; 0]);
}
