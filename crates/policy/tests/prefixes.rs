//! A policy text that was cut off anywhere does not admit what the whole text refuses.
//!
//! Files are written in pieces, disks fill up, copies break off. What a cut text says is judged as the engine would:
//! which entries are selected, and whether one of them lets an image in that nobody signed.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

#[path = "prefixes/samples.rs"]
mod samples;

use doorward_policy::{
    Checks, Demand, Demands, Document, IgnoredVulnerability, Mode, PolicyBody, PolicyObject,
    PolicySet, Selection, SimpleRequirement, VulnerabilityReport, read_documents,
};
use proptest::prelude::*;
use samples::{BASE, BLOCK, FLOW, LIST, MIXED, OWN, SIGSTORE, TRUNCATED, WHOLE};

const IMAGES: [&str; 8] = [
    "registry.example/team/app:1",
    "registry.example/team/app-prod:1",
    "registry.example/prod/app:1",
    "registry.example/public/tool:2",
    "other.example/app",
    "nginx",
    "docker.io/library/nginx:1",
    "r",
];
const NAMESPACES: [Option<&str>; 3] = [Some("shop"), Some("production"), Some("prod")];

/// The text as JSON, one document after another.
fn json(text: &str) -> String {
    serde_yaml::Deserializer::from_str(text)
        .map(|document| {
            let value: serde_yaml::Value = serde::Deserialize::deserialize(document).expect("YAML");
            let mut value = value;
            value.apply_merge().expect("merges");
            serde_json::to_string(&value).expect("JSON") + "\n"
        })
        .collect()
}

fn policies(text: &[u8]) -> (Vec<PolicyObject>, usize) {
    let (documents, mistakes) = read_documents("p.yaml", text);
    let policies = documents
        .into_iter()
        .filter_map(|document| match document {
            Document::Policy(policy) => Some(policy),
            Document::Exception(_) | Document::Other { .. } | Document::NotAnObject { .. } => None,
        })
        .collect();
    (policies, mistakes.len())
}

/// Whether an image passes that has no signature of any kind.
fn lets_in(body: &PolicyBody) -> bool {
    match &body.checks {
        Checks::Unchecked(_) => true,
        Checks::Demanded(demands) => body.mode != Mode::Enforce || met_by_anything(demands),
    }
}

fn met_by_anything(demands: &Demands) -> bool {
    demands.iter().all(|demand| match demand {
        Demand::Simple(simple) => simple
            .requirements
            .iter()
            .all(|wanted| matches!(wanted, SimpleRequirement::InsecureAcceptAnything)),
        Demand::AnyOf(alternatives) => alternatives.iter().any(met_by_anything),
        Demand::Trust(_)
        | Demand::Notation(_)
        | Demand::Sigstore(_)
        | Demand::Attestations(_)
        | Demand::Vulnerability(_) => false,
        // An image without a signature may claim anything.
        Demand::Image(_) => true,
    })
}

/// For every image and namespace, whether an unsigned image is admitted.
fn admitted(texts: &[&[u8]]) -> Vec<bool> {
    let all = texts.iter().flat_map(|text| policies(text).0).collect();
    let (set, _) = PolicySet::compile(all);
    NAMESPACES
        .iter()
        .flat_map(|namespace| IMAGES.map(|image| (image, *namespace)))
        .map(|(image, namespace)| match set.select(image, namespace) {
            Selection::Match(found) => found
                .entries
                .iter()
                .all(|entry| entry.body.as_ref().is_ok_and(lets_in)),
            Selection::NoMatch { .. } | Selection::NoPolicy | Selection::Unknown { .. } => false,
        })
        .collect()
}

/// Asserts that no proper prefix of `text`, beside `others`, admits what the whole refuses.
fn no_prefix_is_weaker(name: &str, text: &[u8], others: &[&[u8]]) {
    let beside = |text: &[u8]| {
        let mut texts = others.to_vec();
        texts.push(text);
        admitted(&texts)
    };
    let whole = beside(text);
    for cut in 0..text.len() {
        let weaker = beside(&text[..cut])
            .into_iter()
            .zip(&whole)
            .any(|(prefix, whole)| prefix && !whole);
        assert!(
            !weaker,
            "{name}: cut after {cut} of {} bytes: {:?}",
            text.len(),
            String::from_utf8_lossy(&text[..cut])
        );
    }
}

#[test]
fn every_sample_is_sound_and_refuses_something() {
    for (name, text) in WHOLE {
        for text in [text.to_owned(), json(text)] {
            let (policies, mistakes) = policies(text.as_bytes());
            assert_eq!(mistakes, 0, "{name}: {text}");
            assert_eq!(PolicySet::compile(policies).1, [], "{name}");
            assert!(admitted(&[text.as_bytes()]).contains(&false), "{name}");
        }
    }
}

#[test]
fn no_proper_prefix_of_a_policy_admits_what_the_whole_refuses() {
    for (name, text) in WHOLE {
        no_prefix_is_weaker(name, text.as_bytes(), &[]);
    }
}

#[test]
fn no_proper_prefix_of_a_policy_in_json_admits_what_the_whole_refuses() {
    for (name, text) in WHOLE {
        let text = json(text);
        // Between two whole documents, nothing tells that one is missing; the order of the sample makes that safe.
        no_prefix_is_weaker(name, text.as_bytes(), &[]);
    }
}

#[test]
fn no_proper_prefix_of_a_floor_lets_another_policy_admit_what_the_floor_refuses() {
    for (name, text) in [
        ("block", BLOCK),
        ("truncated", TRUNCATED),
        ("sigstore", SIGSTORE),
        ("flow", FLOW),
        ("mixed", MIXED),
        ("list", LIST),
    ] {
        no_prefix_is_weaker(name, text.as_bytes(), &[BASE, OWN]);
        no_prefix_is_weaker(name, json(text).as_bytes(), &[BASE, OWN]);
    }
}

/// What a report forgives weakens the entry it stands in. A cut must not make it forgive more: not one vulnerability that the
/// whole does not, none for longer, and no statements of anybody else.
#[test]
fn no_proper_prefix_of_a_report_forgives_what_the_whole_does_not() {
    let forgiven = |text: &[u8]| -> Vec<VulnerabilityReport> {
        let (policies, _) = policies(text);
        let entries = policies.iter().flat_map(PolicyObject::entries);
        let bodies = entries.filter_map(|(_, body)| body.ok());
        let checks = bodies.filter_map(|body| match &body.checks {
            Checks::Demanded(demands) => Some(demands),
            Checks::Unchecked(_) => None,
        });
        let reports = checks.flatten().filter_map(|demand| match demand {
            Demand::Vulnerability(vulnerability) => vulnerability.report.clone(),
            _ => None,
        });
        reports.collect()
    };
    for text in [SIGSTORE.to_owned(), json(SIGSTORE)] {
        let whole = forgiven(text.as_bytes());
        let [whole] = &whole[..] else {
            panic!("{whole:?}")
        };
        for cut in 0..text.len() {
            for part in forgiven(&text.as_bytes()[..cut]) {
                let held = |ignored: &IgnoredVulnerability| whole.ignore.contains(ignored);
                assert!(part.ignore.iter().all(held), "{cut}: {:?}", part.ignore);
                assert!(part.max_severity <= whole.max_severity, "{cut}");
                assert!(part.only_fixable <= whole.only_fixable, "{cut}");
                assert!(
                    part.vex.is_none() || part.vex == whole.vex,
                    "{cut}: {:?}",
                    part.vex
                );
            }
        }
    }
}

/// A value of every kind that a cut can shorten, as a block or flow entry.
fn entry() -> impl Strategy<Value = String> {
    let demand = prop_oneof![
        Just("simple: {requirements: [{type: reject}]}"),
        Just(
            "simple:\n        requirements:\n        - type: signedBy\n          keySecret: release-key"
        ),
        Just("trust: {enabled: true}"),
        Just("trust:\n        enabled: true"),
        Just("sigstore:\n        authorities:\n        - keySecret: k"),
        Just(
            "anyOf:\n      - trust:\n          enabled: true\n      - simple: {requirements: [{type: reject}]}"
        ),
        Just("onUnavailable: warn\n      trust:\n        enabled: true"),
    ];
    let name = "(registry|other)\\.example/[a-z]{0,3}\\*?[a-z]{0,3}";
    (name, demand, any::<bool>(), any::<bool>()).prop_map(|(name, demand, quoted, last)| {
        let name = if quoted { format!("\"{name}\"") } else { name };
        if last {
            format!("  - policy:\n      {demand}\n    name: {name}\n")
        } else {
            format!("  - name: {name}\n    policy:\n      {demand}\n")
        }
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn no_proper_prefix_of_any_policy_admits_what_the_whole_refuses(
        entries in proptest::collection::vec(entry(), 1..4),
        public in "(registry|other)\\.example/[a-z]{0,3}\\*?",
        floor in any::<bool>(),
        end in prop_oneof![Just("\n"), Just(""), Just("\r\n"), Just("\n# end"), Just("\n...\n")],
    ) {
        let floor = if floor { "  floor: true\n" } else { "" };
        let text = format!(
            "apiVersion: doorward.dev/v1\nkind: ClusterImagePolicy\nmetadata:\n  name: p\nspec:\n{floor}  repositories:\n{}  - policy: {{unchecked: true}}\n    name: \"{public}\"{end}",
            entries.concat()
        );
        no_prefix_is_weaker("generated", text.as_bytes(), &[]);
    }

    /// A floor of one entry that says first that it is one. Of several, a cut between them takes the later ones away.
    /// Without a line break at its end, the whole would deny everything.
    #[test]
    fn no_proper_prefix_of_any_floor_lets_another_policy_admit_what_the_floor_refuses(
        entry in entry(),
        end in prop_oneof![Just("\n"), Just("\r\n"), Just("\n# end"), Just("\n...\n")],
    ) {
        let entry = entry.trim_end();
        let text = format!(
            "apiVersion: doorward.dev/v1\nkind: ClusterImagePolicy\nmetadata:\n  name: p\nspec:\n  floor: true\n  repositories:\n{entry}{end}",
        );
        no_prefix_is_weaker("generated floor", text.as_bytes(), &[BASE, OWN]);
    }
}
