//! Namespaces whose policies have too much in them.

use super::*;

fn patterns(count: usize, pattern: impl Fn(usize) -> String) -> Vec<String> {
    (0..count).map(pattern).collect()
}

fn of_shop(patterns: &[String]) -> (PolicySet, Vec<Diagnostic>) {
    let half = patterns.len() / 2;
    let object_of = |name: &str, patterns: &[String]| {
        let patterns: Vec<&str> = patterns.iter().map(String::as_str).collect();
        object(name, &patterns)
    };
    PolicySet::compile(vec![
        object("ClusterImagePolicy base", &["*"]),
        object("ImagePolicy bank/own", &["*"]),
        object_of("ImagePolicy shop/one", &patterns[..half]),
        object_of("ImagePolicy shop/two", &patterns[half..]),
    ])
}

fn is_judged(set: &PolicySet, image: &str, namespace: &str) -> bool {
    let Selection::Match(found) = set.select(image, Some(namespace)) else {
        panic!("nothing governs {image}")
    };
    found.entries.iter().all(|entry| entry.body.is_ok())
}

#[test]
fn a_namespace_with_more_than_can_be_selected_among_is_denied_and_no_other() {
    let long = "a".repeat(1000);
    for (least, most) in [
        (
            patterns(10_001, |number| format!("r.example/{number}")),
            patterns(10_000, |number| format!("r.example/{number}")),
        ),
        (
            patterns(1050, |number| format!("r.example/{long}{number}")),
            patterns(1000, |number| format!("r.example/{number}{long}")),
        ),
        (
            patterns(5001, |number| format!("r.example/*a*b*c*d*e*f*g*{number}")),
            patterns(5000, |number| format!("r.example/*a*b*c*d*e*f*g*{number}")),
        ),
    ] {
        let image = most[0].replace('*', "-");
        let (set, found) = of_shop(&most);
        assert_eq!(found, []);
        assert!(is_judged(&set, &image, "shop"));
        let (set, found) = of_shop(&least);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].code, LintCode::LimitExceeded);
        for image in [image.as_str(), "nginx"] {
            assert!(!is_judged(&set, image, "shop"), "{}", least[0]);
            assert!(is_judged(&set, image, "bank"));
            assert!(is_judged(&set, image, "other"));
        }
    }
}

#[test]
fn policies_of_the_cluster_have_as_many_entries_as_the_operator_writes() {
    let many = patterns(10_001, |number| format!("r.example/{number}"));
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    let (set, found) = PolicySet::compile(vec![object("ClusterImagePolicy base", &many)]);
    assert_eq!(found, []);
    assert!(is_judged(&set, "r.example/7", "shop"));
}

proptest! {
    // Each compiles automata.
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_namespace_selects_as_the_cluster_does(
        patterns in proptest::collection::vec("[ab/:*]{1,8}", 1..80),
        image in "[ab]{1,4}(/[ab]{1,3}){0,2}(:[ab])?",
    ) {
        let patterns: Vec<&str> = patterns.iter().map(String::as_str).collect();
        let of = |kind: &str| PolicySet::compile(vec![object(kind, &patterns)]).0;
        let (own, cluster) = (of("ImagePolicy shop/p"), of("ClusterImagePolicy p"));
        let strip = |found: Vec<String>| found.join(" ").replace("Namespace", "Cluster");
        prop_assert_eq!(
            strip(select(&own, &image, Some("shop"))),
            strip(select(&cluster, &image, Some("shop")))
        );
    }
}
