//! Cases that Portieris' own tests state in words, made into reviews.

use serde_json::{Value, json};

use crate::reviews::pinned;
use crate::support::Answered;
use crate::world::{World, digest};
use crate::{document, id, word};

const MADE_UP: &str = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
const IMAGE: &str = "us.icr.io/hello";
const SERVER: &str = "https://notary.example";

/// Cases about what is within Portieris or about credentials, and where what they are about is shown.
const ELSEWHERE: &[(&str, &str)] = &[
    (
        "hu008",
        "`tv010` of trust.yaml: a trust server that cannot be asked",
    ),
    (
        "hu011",
        "`tv006` of trust.yaml: the first credential gets 401",
    ),
    (
        "hu013",
        "`tv004` of trust.yaml: the first credential is good",
    ),
    (
        "hu014",
        "the lookups of crates/registry/tests/portieris/credentials.yaml",
    ),
    (
        "hu030",
        "a policy that cannot be read is one that denies: policy-precedence.yaml",
    ),
    ("hu031", "as hu030"),
    ("hu032", "vulnerability.yaml, and `ho090` in reviews.rs"),
    (
        "hu039",
        "bins/webhook/tests/tenants.rs: the Secret of a store",
    ),
    ("hu044", "no configuration of a store is written here"),
    ("hu045", "vulnerability.yaml"),
    ("hu047", "vulnerability.yaml"),
    ("hu048", "vulnerability.yaml"),
    ("hu049", "vulnerability.yaml"),
];

/// What is to come of a review.
enum Comes {
    /// So many images are pinned.
    Pinned(usize),
    /// Refused, with this in its words.
    Refused(&'static str),
    Unchanged,
}
use Comes::{Pinned, Refused, Unchanged};

fn pod(init: &[&str], main: &[&str]) -> Value {
    let list = |images: &[&str]| -> Value {
        let named = images.iter().enumerate();
        named
            .map(|(n, image)| json!({"name": format!("c{n}"), "image": image}))
            .collect()
    };
    json!({
        "apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview",
        "request": {
            "uid": "u-1", "operation": "CREATE", "namespace": "ns1",
            "resource": {"group": "", "version": "v1", "resource": "pods"},
            "object": {"metadata": {"name": "w"}, "spec": {"initContainers": list(init), "containers": list(main)}},
        },
    })
}

/// A Deployment of the same.
fn deployment(mut review: Value, replicas: &Value) -> Value {
    let spec = review["request"]["object"]["spec"].take();
    review["request"]["object"]["spec"] = json!({"replicas": replicas, "template": {"spec": spec}});
    review["request"]["resource"] =
        json!({"group": "apps", "version": "v1", "resource": "deployments"});
    review
}

fn entry(pattern: &str, body: &Value) -> Value {
    json!({"name": pattern, "policy": body})
}

fn trusting(server: &str) -> Value {
    json!({"trust": {"enabled": true, "trustServer": server}})
}

/// A world with a cluster policy of these entries, in which the usual image is signed.
async fn world(entries: &Value) -> World {
    let policies = match entries.as_array() {
        Some(entries) if entries.is_empty() => json!([]),
        _ => json!([{"metadata": {"name": "p"}, "spec": {"repositories": entries}}]),
    };
    let signed = json!({"Digest": MADE_UP});
    World::of(&json!({
        "cluster_image_policies": policies,
        "trust_stub": {"us.icr.io/hello:latest": signed, "us.icr.io/goodbye:latest": {"Deny": "unsigned"}},
        "second_stub": {"icr.io/goodbye:latest": signed},
    }))
    .await
}

/// What is wrong with an answer.
fn unlike(comes: &Comes, answer: &Answered) -> Option<String> {
    let pinned = pinned(answer);
    let image = format!("@{}", digest(MADE_UP));
    let is_right = match comes {
        Pinned(count) => {
            answer.allowed()
                && pinned.len() == *count
                && pinned.values().all(|to| to.ends_with(&image))
        }
        Refused(code) => !answer.allowed() && pinned.is_empty() && answer.message().contains(code),
        Unchanged => answer.allowed() && answer.patch().is_empty(),
    };
    (!is_right).then(|| answer.0.to_string())
}

/// The review of a case, the entries of its policy, and what comes of it.
fn review(case: &Value) -> Option<(Value, Value, Comes)> {
    let given = &case["given"];
    let all = json!([entry("*", &trusting(SERVER))]);
    let icr = json!([entry("us.icr.io/*", &trusting(SERVER))]);
    let off = json!([entry("us.icr.io/*", &json!({"trust": {"enabled": false}}))]);
    let absent = json!({"simple": {"requirements": [{"type": "signedBy", "keySecret": "absent"}]}});
    let usual = || pod(&[], &[IMAGE]);
    let image = given["image"].as_str().unwrap_or(IMAGE);
    Some(match id(case) {
        "hu001" => (pod(&[], &[image]), json!([]), Refused("policy-none")),
        // Differs: only an explicit empty body admits unchecked.
        "hu003" => (pod(&[], &[image]), off, Refused("policy-invalid")),
        "hu007" => (pod(&[], &[image]), icr, Refused("reference-invalid")),
        "hu029" => (pod(&[], &[image]), all, Refused("reference-invalid")),
        "hu010" => (
            pod(&[], &["us.icr.io/goodbye"]),
            icr,
            Refused("notary-not-released"),
        ),
        "hu012" | "hu015" | "hu035" | "hu050" | "hu052" | "hu053" | "hu054" | "hu056" => {
            (usual(), icr, Pinned(1))
        }
        "hu018" => (deployment(usual(), &given["replicas"]), icr, Pinned(1)),
        "hu025" => (
            pod(&["icr.io/hello"], &[IMAGE]),
            icr,
            Refused("policy-no-match"),
        ),
        "hu027" => (pod(&[], &[]), all, Unchanged),
        "hu028" => (pod(&[], &[" ", ""]), all, Unchanged),
        "hu038" => (
            usual(),
            json!([entry("*", &absent)]),
            Refused("secret-not-found"),
        ),
        "hu051" => {
            let mut none = usual();
            none["request"] = Value::Null;
            (none, icr, Refused("(admission-"))
        }
        // Differs: a denial begins with how many images may not run, not with an empty line.
        "hu055" => (
            pod(&[], &["elsewhere.example/hello"]),
            icr,
            Refused("1 of 1 image may not run"),
        ),
        "hu020" => (usual(), icr, Refused("notary-server-unavailable")),
        "hu024" => {
            let second = "https://second.example";
            let each = json!([
                entry(IMAGE, &trusting(SERVER)),
                entry("icr.io/goodbye", &trusting(second))
            ]);
            (pod(&[], &[IMAGE, "icr.io/goodbye"]), each, Pinned(2))
        }
        _ => return None,
    })
}

#[tokio::test]
async fn the_webhook_answers_every_case_that_is_stated_in_words_or_we_say_where_it_is_shown() {
    let document = document("webhook.yaml");
    let cases = document["upstream_cases"].as_array().unwrap();
    let mut wrong = Vec::new();
    for case in cases {
        let id = id(case);
        let is_elsewhere = ELSEWHERE.iter().any(|(other, _)| *other == id);
        let Some((mut review, entries, comes)) = review(case) else {
            assert!(
                is_elsewhere,
                "{id}: {} is shown nowhere",
                word(case, "name")
            );
            continue;
        };
        assert!(!is_elsewhere, "{id} is shown here");
        let world = world(&entries).await;
        if id == "hu020" {
            world.notaries[0].fault(doorward_testkit::Fault::Status(503));
        }
        if id == "hu054" {
            review["apiVersion"] = "admission.k8s.io/v1beta1".into();
        }
        let (status, answer) = world.post(&review.to_string()).await;
        assert_eq!(status.as_u16(), 200, "{id}");
        wrong.extend(unlike(&comes, &answer).map(|said| format!("{id}: {said}")));
        let members: Vec<_> = answer.0.as_object().unwrap().keys().collect();
        assert_eq!(members, ["apiVersion", "kind", "response"], "{id}");
        assert_eq!(answer.0["apiVersion"], review["apiVersion"], "{id}");
        if id != "hu051" {
            assert_eq!(answer.0["response"]["uid"], "u-1", "{id}");
        }
        let asked = world.notaries.each_ref().map(|server| {
            let requests = server.requests();
            assert!(
                requests.iter().all(|request| request.path.contains("/v2/")),
                "{id}"
            );
            let of = |gun: &str| {
                requests
                    .iter()
                    .filter(|request| request.path.contains(gun))
                    .count()
            };
            (of("us.icr.io/hello"), of("icr.io/goodbye"), requests.len())
        });
        match id {
            "hu020" => assert!(asked[0].2 > 0 && asked[1].2 == 0, "{id}: {asked:?}"),
            "hu024" => {
                // Each has been asked, and only for what is its own.
                let [(own, 0, _), (0, other, _)] = asked else {
                    panic!("{id}: {asked:?}");
                };
                assert!(own > 0 && other > 0, "{id}: {asked:?}");
            }
            _ => {}
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    for (other, _) in ELSEWHERE {
        assert!(
            cases.iter().any(|case| id(case) == *other),
            "{other} is no case"
        );
    }
}
