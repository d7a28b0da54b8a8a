use super::*;
use crate::{Document, read_documents};
use proptest::prelude::*;

const DIGEST: &str = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

/// One object: `kind namespace/name [floor]`, and its patterns.
fn object(head: &str, patterns: &[&str]) -> PolicyObject {
    let mut words = head.split(' ');
    let kind = words.next().expect("a kind");
    let name = words.next().expect("a name");
    let floor = words.next().is_some();
    let metadata = match name.split_once('/') {
        Some((namespace, name)) => format!("{{namespace: {namespace}, name: {name}}}"),
        None => format!("{{name: {name}}}"),
    };
    let entries: Vec<String> = patterns
        .iter()
        .map(|pattern| format!("{{name: '{pattern}', policy: {{unchecked: true}}}}"))
        .collect();
    let floor = if floor { "floor: true, " } else { "" };
    let text = format!(
        "apiVersion: doorward.dev/v1\nkind: {kind}\nmetadata: {metadata}\nspec: {{{floor}repositories: [{}]}}\n",
        entries.join(", ")
    );
    let (mut documents, found) = read_documents("p.yaml", text.as_bytes());
    assert_eq!(found, []);
    match documents.remove(0) {
        Document::Policy(policy) => policy,
        Document::Other { .. } | Document::NotAnObject { .. } => panic!("a policy"),
    }
}

fn set(objects: &[(&str, &[&str])]) -> PolicySet {
    PolicySet::compile(
        objects
            .iter()
            .map(|(head, patterns)| object(head, patterns))
            .collect(),
    )
    .0
}

/// `object:pattern` of every entry that governs, or why there is none.
fn select(set: &PolicySet, image: &str, namespace: Option<&str>) -> Vec<String> {
    match set.select(image, namespace) {
        Selection::Match(found) => found
            .entries
            .iter()
            .map(|entry| format!("{}:{}", entry.rule.name, entry.rule.entry))
            .collect(),
        Selection::NoMatch { scope } => vec![format!("no match in {scope:?}")],
        Selection::NoPolicy => vec!["no policy".to_owned()],
    }
}

fn cluster(patterns: &[&str], image: &str) -> Vec<String> {
    select(
        &set(&[("ClusterImagePolicy c", patterns)]),
        image,
        Some("n"),
    )
}

#[test]
fn a_namespace_with_policies_uses_only_those() {
    let set = set(&[
        ("ClusterImagePolicy c", &["*"]),
        ("ImagePolicy n/p", &["r.example/*"]),
        ("ImagePolicy empty/p", &[]),
    ]);
    assert_eq!(select(&set, "r.example/a", Some("n")), ["p:r.example/*"]);
    assert_eq!(
        select(&set, "s.example/a", Some("n")),
        ["no match in Namespace"]
    );
    assert_eq!(
        select(&set, "r.example/a", Some("empty")),
        ["no match in Namespace"]
    );
    assert_eq!(select(&set, "r.example/a", Some("other")), ["c:*"]);
    assert_eq!(select(&set, "r.example/a", None), ["c:*"]);
}

#[test]
fn without_policies_nothing_governs() {
    assert_eq!(
        select(&PolicySet::default(), "nginx", Some("n")),
        ["no policy"]
    );
    assert_eq!(
        select(&set(&[("ImagePolicy n/p", &["*"])]), "nginx", Some("m")),
        ["no policy"]
    );
    assert_eq!(cluster(&["r.example/*"], "nginx"), ["no match in Cluster"]);
}

#[test]
fn a_policy_without_a_namespace_belongs_to_default() {
    let set = set(&[("ImagePolicy p", &["*"])]);
    assert_eq!(select(&set, "nginx", Some("default")), ["p:*"]);
}

#[test]
fn equals_are_decided_by_the_names_of_objects_and_then_by_order() {
    let set = set(&[
        ("ClusterImagePolicy b", &["r.example/a*"]),
        ("ClusterImagePolicy a", &["r.example/*a", "r.example/a**"]),
    ]);
    assert_eq!(select(&set, "r.example/a", None), ["a:r.example/*a"]);
    assert_eq!(select(&set, "r.example/ab", None), ["a:r.example/a**"]);
}

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
        assert!(
            image.parse::<doorward_core::Reference>().is_err(),
            "{image}"
        );
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
fn floors_apply_in_addition_everywhere() {
    let set = set(&[
        ("ClusterImagePolicy base floor", &["*", "r.example/*"]),
        ("ClusterImagePolicy hub floor", &["docker.io/*"]),
        ("ClusterImagePolicy main", &["r.example/team/*"]),
        ("ImagePolicy n/own", &["r.example/*", "docker.io/*"]),
    ]);
    assert_eq!(
        select(&set, "r.example/team/a", Some("n")),
        ["own:r.example/*", "base:r.example/*"]
    );
    assert_eq!(
        select(&set, "docker.io/library/nginx", Some("n")),
        ["own:docker.io/*", "base:*", "hub:docker.io/*"]
    );
    assert_eq!(
        select(&set, "r.example/team/a", None),
        ["main:r.example/team/*", "base:r.example/*"]
    );
    // A floor is a cluster policy besides, and its entry is not repeated.
    assert_eq!(select(&set, "s.example/a", None), ["base:*"]);
    // But it admits nothing in a namespace whose own policies say nothing about the image.
    assert_eq!(
        select(&set, "s.example/a", Some("n")),
        ["no match in Namespace"]
    );
}

#[test]
fn a_reference_beyond_the_bound_is_governed_by_nothing() {
    let image = format!("r.example/{}", "a".repeat(2000));
    assert_eq!(cluster(&["*"], &image), ["no match in Cluster"]);
}

#[test]
fn the_fingerprint_changes_with_what_is_decided_and_only_then() {
    let a: (&str, &[&str]) = ("ClusterImagePolicy a", &["x/*", "y/*"]);
    let b: (&str, &[&str]) = ("ClusterImagePolicy b", &["z/*"]);
    let both = set(&[a, b]).fingerprint();
    assert_eq!(both, set(&[b, a]).fingerprint());
    assert_ne!(both, set(&[a]).fingerprint());
    assert_ne!(
        both,
        set(&[("ClusterImagePolicy a", &["y/*", "x/*"]), b]).fingerprint()
    );
    assert_ne!(
        set(&[("ImagePolicy n/p", &[])]).fingerprint(),
        PolicySet::default().fingerprint()
    );
}

#[test]
fn a_set_can_be_shared_between_threads() {
    fn shared<T: Send + Sync + 'static>() {}
    shared::<PolicySet>();
}

const PATTERN: &str = r"((r|R|\*)\.example(:443|:5000)?/|(docker\.io|registry-1\.docker\.io|\*\.docker\.io)(:443)?/|\[0?::1\]/|library/|\*/)?(\*|a|nginx|library/nginx)(:\*|:1|:latest|\*)?";
const IMAGE: &str = r"((r|R)\.example(:443|:5000)?/|(D|d)ocker\.io(:443)?/|(index|registry-1|Registry-1)\.docker\.io(:443)?/|registry\.hub\.docker\.com/|\[(0:0)?::1\](:443)?/|library/|docker\.io/library/)?(a|nginx)(:1|:latest)?";

/// Names of registries, those of one line for the same one.
const REGISTRIES: [&[&str]; 4] = [
    &[
        "r.example/",
        "R.Example/",
        "r.example:443/",
        "R.EXAMPLE:443/",
    ],
    &["r.example:5000/", "R.example:5000/"],
    &["[::1]/", "[0:0::1]:443/", "[0000:0:0:0:0:0:0:0001]/"],
    &[
        "",
        "library/",
        "docker.io/",
        "docker.io/library/",
        "Docker.io:443/",
        "index.docker.io/",
        "INDEX.docker.io:443/library/",
        "registry-1.docker.io/",
        "Registry-1.docker.io:443/library/",
        "registry.hub.docker.com/library/",
    ],
];

/// Two spellings of one image.
fn spelt_twice() -> impl Strategy<Value = (String, String)> {
    (
        prop::sample::select(REGISTRIES.to_vec()),
        any::<prop::sample::Index>(),
        any::<prop::sample::Index>(),
        "(a|nginx)(:1)?",
    )
        .prop_map(|(names, one, other, rest)| {
            (
                format!("{}{rest}", one.get(names)),
                format!("{}{rest}", other.get(names)),
            )
        })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, ..ProptestConfig::default() })]

    #[test]
    fn two_spellings_that_any_client_dials_alike_select_alike(
        patterns in proptest::collection::vec(PATTERN, 1..6),
        (one, other) in spelt_twice(),
        floor in any::<bool>(),
    ) {
        let patterns: Vec<&str> = patterns.iter().map(String::as_str).collect();
        let set = if floor {
            set(&[("ClusterImagePolicy c floor", &patterns), ("ImagePolicy n/own", &["*"])])
        } else {
            set(&[("ClusterImagePolicy c", &patterns)])
        };
        let namespace = floor.then_some("n");
        let (of_one, of_other) = (select(&set, &one, namespace), select(&set, &other, namespace));
        // What an image is called may add the entry that is written like it, and take nothing away.
        let written = Matcher::compile(patterns.iter().copied())
            .select(&one)
            .and_then(|hit| patterns.get(hit.index))
            .map(|pattern| format!("c:{pattern}"));
        for entry in of_one.iter().filter(|entry| Some(*entry) != written.as_ref()) {
            prop_assert!(of_other.contains(entry), "{} is not under {} in {:?}", other, entry, of_other);
        }
        prop_assert_eq!(of_one.len() > usize::from(floor), of_other.len() > usize::from(floor));
    }

    #[test]
    fn every_spelling_meets_what_the_normalised_form_selects(patterns in proptest::collection::vec(PATTERN, 1..6), image in IMAGE) {
        let patterns: Vec<&str> = patterns.iter().map(String::as_str).collect();
        let set = set(&[("ClusterImagePolicy c", &patterns)]);
        let full = Spellings::of(&image).expect("a reference").canonical()[0].clone();
        let wanted = match set.select(&full, None) {
            Selection::Match(found) => found.entries.last().map(|entry| entry.rule.clone()),
            _ => None,
        };
        let met = match set.select(&image, None) {
            Selection::Match(found) => found.entries.iter().any(|entry| Some(&entry.rule) == wanted.as_ref()),
            _ => wanted.is_none(),
        };
        prop_assert!(met, "{} and {}", image, full);
    }

    #[test]
    fn no_image_makes_selection_panic(image in "\\PC{0,40}") {
        let set = set(&[("ClusterImagePolicy c", &["*", "r.example/*", "nginx"])]);
        let _ = set.select(&image, Some(&image));
    }
}

#[test]
fn a_registry_of_one_label_and_a_path_on_docker_hub_are_told_apart() {
    let none = ["no match in Cluster"];
    for pattern in ["harbor:443/*", "HARBOR/*"] {
        for image in ["harbor:443/evil:1", "HARBOR/evil:1"] {
            assert_eq!(
                cluster(&[pattern], image),
                [format!("c:{pattern}")],
                "{image}"
            );
        }
        for image in ["harbor/evil:1", "docker.io/harbor/evil:1"] {
            assert_eq!(cluster(&[pattern], image), none, "{pattern} {image}");
        }
    }
    for (pattern, image) in [("myorg/*", "myorg/a:1"), ("library/*", "nginx")] {
        assert_eq!(cluster(&[pattern], image), [format!("c:{pattern}")]);
    }
    for image in ["MYORG/a:1", "myorg:443/a:1", "myorg:5000/a:1"] {
        assert_eq!(cluster(&["myorg/*"], image), none, "{image}");
    }
}
