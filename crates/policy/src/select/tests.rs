use super::*;
use crate::pattern::Matcher;
use crate::{Document, LintCode, PolicyObject, read_documents};
use proptest::prelude::*;

mod bounds;
mod environments;
mod spelling;

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
        Document::Exception(_) | Document::Other { .. } | Document::NotAnObject { .. } => {
            panic!("a policy")
        }
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
        Selection::Unknown { missing } => vec![missing.to_string()],
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

const PATTERN: &str = r"((r|R|\*)\.example(:443|:5000|:\*|:4\*|:5\*)?/|(harbor|Harbor|h\*)(:443|:5000|:\*|:4\*|:5\*)/|(docker\.io|registry-1\.docker\.io|\*\.docker\.io)(:443)?/|\[0?::1\]/|library/|\*/)?(\*|a|nginx|library/nginx)(:\*|:1|:latest|\*)?";
const IMAGE: &str = r"((r|R)\.example(:443|:5000)?/|(D|d)ocker\.io(:443)?/|(index|registry-1|Registry-1)\.docker\.io(:443)?/|registry\.hub\.docker\.com/|\[(0:0)?::1\](:443)?/|library/|docker\.io/library/)?(a|nginx)(:1|:latest)?";

/// Names of registries, those of one line for the same one.
const REGISTRIES: [&[&str]; 6] = [
    &[
        "r.example/",
        "R.Example/",
        "r.example:443/",
        "R.EXAMPLE:443/",
    ],
    &["r.example:5000/", "R.example:5000/"],
    &["harbor:5000/", "HARBOR:5000/", "Harbor:5000/"],
    &["harbor:443/", "HARBOR:443/", "HARBOR/"],
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
        let _ = set.select(&image, Some(image.as_str()));
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
