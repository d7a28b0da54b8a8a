//! Images by other names than an entry has.

use super::*;

#[test]
fn an_entry_governs_every_spelling_of_an_image() {
    for (pattern, image) in [
        ("docker.io/library/*", "nginx"),
        ("docker.io/library/nginx", "nginx:1"),
        ("docker.io/*", "team/app"),
        ("docker.io/*", "index.docker.io/library/nginx:1"),
        ("index.docker.io/*", "nginx"),
        ("nginx", "docker.io/library/nginx"),
        ("nginx", "library/nginx"),
        ("library/nginx", "nginx:1"),
        ("docker.io/nginx", "docker.io/library/nginx"),
        ("r.example/app:latest", "r.example/app"),
        ("r.example/*", "R.Example/app"),
        ("R.Example/*", "r.example/app"),
        ("r.example/*", "r.example:443/app"),
        ("r.example:443/*", "r.example/app"),
        ("docker.io/*", "registry-1.docker.io/library/nginx:1"),
        ("docker.io/library/*", "registry-1.docker.io/nginx"),
        ("docker.io/*", "Registry-1.docker.io:443/library/nginx:1"),
        ("docker.io/*", "registry.hub.docker.com/library/nginx:1"),
        ("docker.io/*", "docker.io:443/nginx"),
        ("nginx", "registry-1.docker.io/library/nginx"),
        ("registry-1.docker.io/*", "nginx"),
        ("registry-1.docker.io/nginx", "docker.io/library/nginx"),
        ("index.docker.io:443/*", "registry-1.docker.io/team/app"),
        ("[::1]:5000/*", "[0:0:0:0:0:0:0:1]:5000/app"),
        ("[0::0:1]:5000/*", "[::1]:5000/app"),
        ("[2001:DB8::1]/*", "[2001:db8:0::1]:443/app"),
        ("*.docker.io/*", "nginx"),
        ("*docker*", "registry-1.docker.io/nginx"),
        ("registry*", "REGISTRY.example/app"),
        ("registry*", "nginx"),
        ("r.example:*/app", "r.example/app"),
        ("*:443/app", "r.example/app"),
        ("*.example:443/*", "r.example/app"),
        ("[2001:0db8:*]/app", "[2001:db8::1]/app"),
        ("harbor:*/team/*", "HARBOR:5000/team/app"),
        ("Harbor:*/team/*", "harbor:443/team/app"),
        ("harbor:*/team/*", "HARBOR/team/app"),
        ("harbor:4*/team/*", "Harbor:443/team/app"),
    ] {
        assert_eq!(
            cluster(&[pattern], image),
            [format!("c:{pattern}")],
            "{image}"
        );
    }
}

#[test]
fn an_entry_does_not_govern_another_image() {
    for (pattern, image) in [
        ("docker.io/library/*", "team/app"),
        ("library/*", "r.example/library/nginx"),
        ("nginx", "r.example/nginx"),
        ("nginx", "docker.io/team/nginx"),
        ("r.example/*", "r.example:5000/app"),
        ("r.example:5000/*", "r.example/app"),
        ("*:443/app", "r.example:5000/app"),
        ("r.example/app:latest", "r.example/app:1"),
        ("r.example/App", "r.example/app"),
        ("r.example/*", " r.example/app"),
        ("docker.io/*", "docker.io:5000/library/nginx"),
        ("docker.io/*", "registry-2.docker.io/library/nginx"),
        ("*.docker.io/*", "r.example/nginx"),
        ("*:443/app", "r.example:5443/app"),
        ("r.example:5000/*", "r.example:443/app"),
        ("r.example/*", "r.example/app\n "),
    ] {
        if image.starts_with("r.example/app\n") {
            // As written the star stands for anything; what is not a reference is refused before any of this.
            assert_eq!(cluster(&[pattern], image), [format!("c:{pattern}")]);
        } else {
            assert_eq!(
                cluster(&[pattern], image),
                ["no match in Cluster"],
                "{pattern} {image}"
            );
        }
    }
}

#[test]
fn an_entry_that_takes_every_tag_governs_images_by_digest() {
    let image = format!("r.example/app@{DIGEST}");
    for pattern in [
        "r.example/app",
        "r.example/app:*",
        "r.example/*",
        "r.example/app@sha256:*",
        "*",
        "*/app",
    ] {
        assert_eq!(cluster(&[pattern], &image), [format!("c:{pattern}")]);
    }
    for pattern in [
        "r.example/app:1",
        "r.example/app:v*",
        "r.example/app:*5",
        "r.example/application",
        "r.example/ap",
    ] {
        assert_eq!(
            cluster(&[pattern], &image),
            ["no match in Cluster"],
            "{pattern}"
        );
    }
}

#[test]
fn the_tag_beside_a_digest_does_not_escape_a_strict_entry() {
    let patterns = ["r.example/app:dev*", "r.example/app"];
    assert_eq!(
        cluster(&patterns, &format!("r.example/app:dev@{DIGEST}")),
        ["c:r.example/app:dev*", "c:r.example/app"]
    );
    assert_eq!(
        cluster(&patterns, "r.example/app:dev"),
        ["c:r.example/app:dev*"]
    );
    assert_eq!(
        cluster(&["r.example/app:1"], &format!("r.example/app:1@{DIGEST}")),
        ["no match in Cluster"]
    );
}

#[test]
fn the_tag_beside_a_digest_chooses_no_entry_and_adds_every_entry_that_names_it() {
    let tagged = format!("r.example/app:v1@{DIGEST}");
    for entry in [
        "r.example/app:v1",
        "r.example/app:v*",
        "r.example/a*:v1",
        "r.example/app:v1@sha256:*",
        "r.example/ap*v1*",
    ] {
        // The author of the image chooses the tag, so it alone admits nothing,
        assert_eq!(
            cluster(&[entry], &tagged),
            ["no match in Cluster"],
            "{entry}"
        );
        // and what it names may demand more.
        let both = ["r.example/app", entry];
        assert_eq!(
            cluster(&both, &tagged),
            [format!("c:{entry}"), "c:r.example/app".to_owned()],
            "{entry}"
        );
        let untagged = format!("r.example/app@{DIGEST}");
        assert_eq!(cluster(&both, &untagged), ["c:r.example/app"], "{entry}");
    }
    // An entry for this very text has the digest in it.
    assert_eq!(cluster(&[&tagged], &tagged), [format!("c:{tagged}")]);
}

#[test]
fn an_entry_of_a_floor_that_names_tags_is_a_mistake_and_denies_what_it_matches() {
    let compiled = |pattern: &str| {
        PolicySet::compile(vec![
            object("ClusterImagePolicy base floor", &[pattern]),
            object("ImagePolicy n/own", &["*"]),
        ])
    };
    for pattern in [
        "r.example/app:v1",
        "r.example/app:v*",
        "r.example/*:*1",
        "R.example:443/app:v1",
        "*:v1",
        "r.example/app:v1@sha256:*",
        "r.example/app:*@sha256:*",
    ] {
        let (set, mistakes) = compiled(pattern);
        let codes: Vec<_> = mistakes.iter().map(|mistake| mistake.code).collect();
        assert_eq!(codes, [LintCode::InvalidValue], "{pattern}");
        let images = [
            "r.example/app:v1".to_owned(),
            format!("r.example/app:v1@{DIGEST}"),
        ];
        let refused = images
            .iter()
            .any(|image| match set.select(image, Some("n")) {
                Selection::Match(found) => found.entries.iter().any(|entry| entry.body.is_err()),
                Selection::NoMatch { .. } | Selection::NoPolicy | Selection::Unknown { .. } => true,
            });
        assert!(refused, "{pattern}");
    }
    for pattern in [
        "*",
        "r.example/app",
        "r.example/app:*",
        "r.example:5000/*",
        "r.example:*/app",
        "r.example/app@sha256:*",
        "*:*",
    ] {
        assert_eq!(compiled(pattern).1, [], "{pattern}");
    }
}

#[test]
fn another_spelling_does_not_escape_a_strict_entry() {
    let patterns = ["r.example/*", "docker.io/library/*", "*"];
    for (image, entries) in [
        ("r.example/a", vec!["c:r.example/*"]),
        ("r.example:443/a", vec!["c:*", "c:r.example/*"]),
        ("R.EXAMPLE/a", vec!["c:*", "c:r.example/*"]),
        ("nginx:1", vec!["c:*", "c:docker.io/library/*"]),
        ("s.example/a", vec!["c:*"]),
    ] {
        assert_eq!(cluster(&patterns, image), entries, "{image}");
        let set = set(&[("ClusterImagePolicy c", &patterns)]);
        let Selection::Match(found) = set.select(image, None) else {
            panic!("{image}")
        };
        assert_eq!(found.spelling_conflict, entries.len() > 1);
    }
}

#[test]
fn a_registry_port_with_leading_zeros_reaches_no_entry_but_a_star() {
    // As written, a pattern that takes anything takes it. It is no reference, and is refused before any of this.
    for image in ["r.example:0443/a", "r.example:00443/a", "r.example./a"] {
        assert!(image.parse::<Reference>().is_err(), "{image}");
        assert_eq!(
            cluster(&["r.example/*", "r.example:443/*"], image),
            ["no match in Cluster"]
        );
    }
}

#[test]
fn the_api_host_of_docker_hub_does_not_escape_an_entry_or_a_floor_for_docker_hub() {
    let floor = set(&[
        ("ClusterImagePolicy base floor", &["docker.io/*"]),
        ("ImagePolicy n/own", &["*"]),
    ]);
    for image in [
        "nginx:1",
        "docker.io/library/nginx:1",
        "index.docker.io/library/nginx:1",
        "registry-1.docker.io/library/nginx:1",
        "registry-1.docker.io:443/nginx:1",
        "REGISTRY-1.DOCKER.IO/nginx:1",
        "registry.hub.docker.com/library/nginx:1",
    ] {
        assert_eq!(
            select(&floor, image, Some("n")),
            ["own:*", "base:docker.io/*"],
            "{image}"
        );
        let governing = cluster(&["*", "docker.io/*"], image);
        assert!(governing.contains(&"c:docker.io/*".to_owned()), "{image}");
    }
}

#[test]
fn a_star_over_other_names_of_a_registry_does_not_take_the_place_of_an_entry_for_its_own_name() {
    let patterns = ["docker.io/library/*", "*.docker.io/library/*"];
    for image in [
        "nginx:1",
        "docker.io/library/nginx:1",
        "registry-1.docker.io/library/nginx:1",
    ] {
        let governing = cluster(&patterns, image);
        assert!(
            governing.contains(&"c:docker.io/library/*".to_owned()),
            "{image}"
        );
    }
    // A star that says less than the canonical entry adds nothing.
    assert_eq!(
        cluster(
            &["docker.io/library/*", "*.docker.io/*"],
            "docker.io/library/nginx"
        ),
        ["c:docker.io/library/*"]
    );
}

#[test]
fn an_entry_for_a_tag_does_not_govern_an_image_by_digest_and_can_be_named() {
    let policies = set(&[(
        "ClusterImagePolicy c",
        &[
            "r.example/team/app:1",
            "r.example/team/*:prod*",
            "s.example/*",
        ],
    )]);
    let named = |image: &str| {
        policies
            .entry_for_tags(image, Some("n"))
            .map(|entry| entry.rule.entry.as_str())
    };
    for image in [
        format!("r.example/team/app@{DIGEST}"),
        format!("r.example/team/app:1@{DIGEST}"),
        format!("R.example:443/team/app:other@{DIGEST}"),
    ] {
        assert_eq!(select(&policies, &image, None), ["no match in Cluster"]);
        assert_eq!(named(&image), Some("r.example/team/app:1"), "{image}");
    }
    assert_eq!(
        named(&format!("r.example/team/other@{DIGEST}")),
        Some("r.example/team/*:prod*")
    );
    assert_eq!(named(&format!("r.example/else@{DIGEST}")), None);
    assert_eq!(named("r.example/team/app:2"), None);
}

#[test]
fn of_entries_for_tags_that_are_as_specific_the_first_is_named() {
    let policies = set(&[(
        "ClusterImagePolicy c",
        &["r.example/app:1", "r.example/app:2"],
    )]);
    let named = policies.entry_for_tags(&format!("r.example/app@{DIGEST}"), None);
    assert_eq!(
        named.map(|entry| entry.rule.entry.as_str()),
        Some("r.example/app:1")
    );
}

#[test]
fn only_entries_that_govern_the_digest_too_keep_an_image_that_is_replaced_by_it() {
    let alike = |patterns: &[&str], image: &str| {
        let policies = set(&[("ClusterImagePolicy c", patterns)]);
        let Selection::Match(found) = policies.select(image, None) else {
            panic!("{image} is governed by {patterns:?}");
        };
        policies.governs_alike_by_digest(image, false, None, &found.entries)
    };
    let tagged = "r.example/app:1";
    for patterns in [
        &["r.example/app"] as &[&str],
        &["r.example/app:*"],
        &["r.example/*"],
        &["R.Example:443/app"],
        &["*"],
    ] {
        assert!(alike(patterns, tagged), "{patterns:?}");
        assert!(alike(patterns, "r.example/app"), "{patterns:?}");
    }
    let digest = format!("r.example/app@{DIGEST}");
    assert!(alike(&[&digest], &digest));
    for patterns in [
        // Nothing governs the digest.
        &["r.example/app:1"] as &[&str],
        &["r.example/app:?", "r.example/app:1"],
        &["r.example/app:1*"],
        &["r.example/app:1", &digest],
        // Something else does.
        &["r.example/app:1", "r.example/app"],
        &["r.example/app:1", "*"],
    ] {
        assert!(!alike(patterns, tagged), "{patterns:?}");
    }
}

#[test]
fn an_image_that_keeps_its_tag_beside_the_digest_is_judged_by_both_texts() {
    let alike = |patterns: &[&str], keeps_tag| {
        let policies = set(&[("ClusterImagePolicy c", patterns)]);
        let image = "r.example/app:1";
        let Selection::Match(found) = policies.select(image, None) else {
            panic!("{image} is governed by {patterns:?}");
        };
        policies.governs_alike_by_digest(image, keeps_tag, None, &found.entries)
    };
    for patterns in [&["r.example/app"] as &[&str], &["r.example/*"], &["*"]] {
        assert!(
            alike(patterns, false) && alike(patterns, true),
            "{patterns:?}"
        );
    }
    // An entry for the text with both governs only what keeps its tag.
    let both = ["r.example/app", "r.example/app:1@*"];
    assert!(alike(&both, false));
    assert!(!alike(&both, true));
    // Nothing verifies the tag beside a digest, so an entry for the tag alone never decides about it.
    for keeps_tag in [false, true] {
        assert!(!alike(&["r.example/app:1"], keeps_tag));
    }
}

#[test]
fn what_an_entry_for_a_repository_pinned_is_still_governed_by_it_in_either_form() {
    for pattern in ["r.example/app", "r.example/app*", "r.example/*", "*"] {
        let policies = set(&[("ClusterImagePolicy c", &[pattern])]);
        for image in [
            "r.example/app:1".to_owned(),
            format!("r.example/app@{DIGEST}"),
            format!("r.example/app:1@{DIGEST}"),
        ] {
            let Selection::Match(found) = policies.select(&image, None) else {
                panic!("{pattern} does not govern {image}");
            };
            let entries: Vec<_> = found
                .entries
                .iter()
                .map(|entry| entry.rule.entry.as_str())
                .collect();
            assert_eq!(entries, [pattern], "{image}");
        }
    }
}
