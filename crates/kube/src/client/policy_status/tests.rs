#![allow(clippy::indexing_slicing)]

use serde_json::json;

use super::*;

const POLICIES: &str = "\0imagepolicies.doorward.dev";

fn policy(name: &str, body: Value) -> Value {
    json!({
        "apiVersion": "doorward.dev/v1", "kind": "ImagePolicy",
        "metadata": {"name": name, "namespace": "shop", "generation": 3},
        "spec": {"repositories": [{"name": "r.example/*", "policy": body}]},
    })
}

fn of_objects(objects: &[Value]) -> Vec<Said> {
    let mut view = ClusterView::new("default");
    view.reset(POLICIES, objects);
    view.read(
        "own.yaml",
        policy("file", json!({"modde": 1})).to_string().into_bytes(),
    );
    said(&view).0
}

#[test]
fn each_policy_is_told_what_concerns_it_and_nothing_of_its_neighbours() {
    let mut good = policy(
        "good",
        json!({"simple": {"requirements": [{"type": "reject"}]}}),
    );
    good["spec"]["repositories"][0]["name"] = "r.example/good/*".into();
    let broken = policy(
        "broken",
        json!({"simple": {"requirements": [{"type": "reject"}]}, "modde": 1}),
    );
    let said = of_objects(&[good, broken]);
    let [broken, good] = &said[..] else {
        unreachable!("{said:?}");
    };
    assert_eq!(
        broken.path,
        "/apis/doorward.dev/v1/namespaces/shop/imagepolicies/broken"
    );
    assert_eq!((broken.accepted, broken.reason), (false, "Mistakes"));
    assert!(
        broken
            .message
            .starts_with("1 mistake; what they concern is denied: ")
    );
    assert_eq!(broken.findings[0]["code"], "unknown-field");
    assert_eq!(broken.findings[0]["severity"], "error");
    assert_eq!(
        broken.findings[0]["path"],
        "spec.repositories[0].policy.modde"
    );
    assert_eq!((good.accepted, good.reason), (true, "InForce"));
    assert_eq!(good.findings, [Value::Null; 0]);
}

#[test]
fn what_is_only_doubtful_leaves_a_policy_in_force() {
    let mut doubtful = policy("a", json!({}));
    doubtful["apiVersion"] = "portieris.cloud.ibm.com/v1".into();
    let mut view = ClusterView::new("default");
    view.reset("\0imagepolicies.portieris.cloud.ibm.com", [&doubtful]);
    let (said, _) = said(&view);
    assert!(said[0].accepted && !said[0].findings.is_empty(), "{said:?}");
    assert!(said[0].message.contains("finding"), "{said:?}");
}

#[test]
fn since_when_it_is_so_stays_as_long_as_it_is_so() {
    let good = policy(
        "good",
        json!({"simple": {"requirements": [{"type": "reject"}]}}),
    );
    let said = of_objects(&[good]);
    let (early, late) = (Timestamp::from_unix(1_000), Timestamp::from_unix(2_000));
    let first = said[0].status(&Value::Null, early);
    let condition = &first["conditions"][0];
    assert_eq!(condition["observedGeneration"], 3);
    assert_eq!(condition["lastTransitionTime"], early.to_string());
    assert_eq!(said[0].status(&first, late), first);
    assert_eq!(first["conditions"].as_array().map(Vec::len), Some(1));
    let mut other = first;
    other["conditions"][0]["status"] = "False".into();
    let changed = said[0].status(&other, late);
    assert_eq!(
        changed["conditions"][0]["lastTransitionTime"],
        late.to_string()
    );
}

#[test]
fn many_findings_and_long_texts_stay_within_what_an_object_may_have() {
    let entries: Vec<_> = (0..500)
        .map(
            |number| json!({"name": format!("r.example/{number}"), "policy": {"x".repeat(900): 1}}),
        )
        .collect();
    let mut object = policy("a", Value::Null);
    object["spec"]["repositories"] = entries.into();
    let said = of_objects(&[object]);
    let status = said[0].status(&Value::Null, Timestamp::from_unix(0));
    assert_eq!(said[0].findings.len(), MOST);
    assert!(status.to_string().len() < 256 << 10);
}

#[test]
fn what_names_something_is_ready_or_not_and_an_exception_is_neither() {
    let good = policy(
        "good",
        json!({"simple": {"requirements": [{"type": "reject"}]}}),
    );
    let mut said = of_objects(&[good]);
    let now = Timestamp::from_unix(1_000);
    said[0].ready = Some(PolicyReadiness::NotReady {
        code: doorward_core::Code::SECRET_NOT_FOUND,
        message: "secret shop/key: not found".to_owned(),
    });
    let status = said[0].status(&Value::Null, now);
    let [accepted, ready] = &status["conditions"].as_array().unwrap()[..] else {
        unreachable!("{status}");
    };
    assert_eq!(
        (&accepted["type"], &accepted["status"]),
        (&"Accepted".into(), &"True".into())
    );
    assert_eq!(
        (&ready["type"], &ready["status"]),
        (&"Ready".into(), &"False".into())
    );
    assert_eq!(ready["observedGeneration"], 3);
    // A replica that has not looked yet takes nothing back.
    said[0].ready = None;
    assert_eq!(said[0].status(&status, Timestamp::from_unix(2_000)), status);

    let mut view = ClusterView::new("default");
    let exception = json!({
        "apiVersion": "doorward.dev/v1", "kind": "ImageException",
        "metadata": {"name": "e", "namespace": "shop", "generation": 1},
        "spec": {"images": ["r.example/*"], "codes": ["policy-none"], "until": "2027-01-01T00:00:00Z", "reason": "x"},
    });
    view.reset("\0imageexceptions.doorward.dev", [&exception]);
    let (said, _) = super::said(&view);
    let of_exception = said[0].status(&status, now);
    assert_eq!(of_exception["conditions"].as_array().map(Vec::len), Some(1));
}
