//! Cases that Portieris' own tests state in words. Those that say enough to be made into a review are; the others are
//! about verifiers, registries or the API server.

use serde_json::{Value, json};

use crate::Outcome;
use crate::common::wire;
use crate::stub::Stub;

const DIGEST: &str = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";

pub(crate) fn upstream(case: &Value) -> Option<Vec<Outcome>> {
    let given = &case["given"];
    let id = case["id"].as_str()?;
    match id {
        // The form of the answer.
        "hu050" | "hu051" | "hu052" | "hu053" | "hu054" | "hu055" | "hu056" => {
            return Some(form(id));
        }
        "hu027" => return Some(judge(case, pod(&[], &[]), &entry("*", true))),
        "hu029" => {
            return Some(judge(
                case,
                pod(&[], &[given["image"].as_str()?]),
                &entry("*", true),
            ));
        }
        "hu032" | "hu035" => {
            return Some(judge(
                case,
                pod(&[], &["us.icr.io/hello"]),
                &entry("*", id == "hu035"),
            ));
        }
        _ => {}
    }
    let images = |field: &str| -> Vec<&str> {
        match &given[field] {
            Value::Array(images) => images.iter().filter_map(Value::as_str).collect(),
            Value::String(image) => vec![image],
            _ => Vec::new(),
        }
    };
    let init = images("init");
    let main = ["image", "images", "main"].map(images).concat();
    // Whatever else is given concerns servers and secrets.
    let known = [
        "image", "images", "main", "init", "entry", "trust", "replicas",
    ];
    let names = given.as_object()?;
    if names.is_empty() || !names.keys().all(|name| known.contains(&name.as_str())) {
        return None;
    }
    let policies = match given["entry"].as_str() {
        Some(pattern) => entry(pattern, given["trust"] != false),
        None if names.contains_key("image") => json!([]),
        None => entry("*", true),
    };
    let main = if main.is_empty() && init.is_empty() {
        vec!["us.icr.io/hello"]
    } else {
        main
    };
    let mut review = pod(&init, &main);
    if let Some(replicas) = given.get("replicas") {
        let spec = review["request"]["object"]["spec"].take();
        review["request"]["object"]["spec"] =
            json!({"replicas": replicas, "template": {"spec": spec}});
        review["request"]["resource"] =
            json!({"group": "apps", "version": "v1", "resource": "deployments"});
    }
    Some(judge(case, review, &policies))
}

fn pod(init: &[&str], main: &[&str]) -> Value {
    let list = |images: &[&str]| -> Value {
        images
            .iter()
            .enumerate()
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

/// A cluster policy with one entry.
fn entry(pattern: &str, trust: bool) -> Value {
    let policy = json!({"trust": {"enabled": trust, "trustServer": "https://notary.example"}});
    json!([{"metadata": {"name": "p"}, "spec": {"repositories": [{"name": pattern, "policy": policy}]}}])
}

/// Runs a review in which every image is signed.
fn judge(case: &Value, review: Value, policies: &Value) -> Vec<Outcome> {
    let request = &review["request"]["object"];
    let mut signed = serde_json::Map::new();
    let specs = [&request["spec"], &request["spec"]["template"]["spec"]];
    for container in specs
        .iter()
        .flat_map(|spec| [&spec["initContainers"], &spec["containers"]])
    {
        for image in container
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|c| c["image"].as_str())
        {
            let target = if image.contains(':') {
                image.to_owned()
            } else {
                format!("{image}:latest")
            };
            signed.insert(target, json!({"Digest": DIGEST}));
        }
    }
    let stubbed = json!({"cluster_image_policies": policies, "trust_stub": signed});
    let answered = Stub::new(&stubbed).answer(review.to_string().as_bytes());
    let wire = wire(&answered.response.to_json());
    let expect = case["expect"].as_str().expect("words").to_lowercase();
    let code = answered.said.first().map_or("-", |said| said.code);
    let mut outcomes = Vec::new();
    let denied = expect.starts_with("deny");
    outcomes.push(Outcome::of(
        format!("allowed {}", !denied),
        format!("allowed {}", wire.allowed),
    ));
    if let Some(expected) = expect.strip_prefix("deny ") {
        let expected = expected.split([',', ' ']).next().unwrap_or_default();
        outcomes.push(Outcome::of(expected, code));
    }
    let patched = wire.patch.as_array().is_some_and(|patch| !patch.is_empty());
    let pinned = (expect.contains("patch") || expect.contains("allow"))
        && !expect.contains("no patch")
        && !denied;
    outcomes.push(Outcome::of(
        format!("patched {pinned}"),
        format!("patched {patched}"),
    ));
    if let Some((_, value)) = expect.split_once("patch value ") {
        let value = value
            .split(',')
            .next()
            .unwrap_or_default()
            .replace("<digest>", DIGEST);
        outcomes.push(Outcome::of(
            value,
            wire.patch[0]["value"].as_str().unwrap_or_default(),
        ));
    }
    outcomes
        .into_iter()
        .map(|outcome| outcome.coded(code))
        .collect()
}

/// How an answer is put, whatever it is.
fn form(id: &str) -> Vec<Outcome> {
    let stubbed = json!({"cluster_image_policies": entry("us.icr.io/*", true), "trust_stub": {"us.icr.io/hello:latest": {"Digest": DIGEST}}});
    let answer = |review: &Value| {
        wire(
            &Stub::new(&stubbed)
                .answer(review.to_string().as_bytes())
                .response
                .to_json(),
        )
    };
    let good = answer(&pod(&[], &["us.icr.io/hello"]));
    let bad = answer(&pod(&[], &["elsewhere.example/hello"]));
    let outcome =
        |expected: Value, got: &Value| vec![Outcome::of(expected.to_string(), got.to_string())];
    match id {
        "hu051" => {
            let mut review = pod(&[], &[]);
            review["request"] = Value::Null;
            outcome(json!(false), &answer(&review).review["response"]["allowed"])
        }
        "hu052" => outcome(json!("u-1"), &good.review["response"]["uid"]),
        "hu053" => {
            let members = good.review.as_object().expect("an object");
            let names: std::collections::BTreeSet<_> = members.keys().collect();
            outcome(json!(["apiVersion", "kind", "response"]), &json!(names))
        }
        "hu054" => {
            let mut review = pod(&[], &[]);
            review["apiVersion"] = json!("admission.k8s.io/v1beta1");
            let old = answer(&review).review;
            outcome(
                json!(["admission.k8s.io/v1beta1", "AdmissionReview"]),
                &json!([old["apiVersion"], old["kind"]]),
            )
        }
        "hu055" => {
            let message = bad.review["response"]["status"]["message"]
                .as_str()
                .unwrap_or_default();
            outcome(
                json!([false, true]),
                &json!([bad.allowed, message.starts_with('\n')]),
            )
        }
        "hu056" => outcome(
            json!([true, "JSONPatch", true]),
            &json!([
                good.allowed,
                good.review["response"]["patchType"],
                good.patch.as_array().is_some_and(|patch| !patch.is_empty())
            ]),
        ),
        _ => outcome(json!([true, false]), &json!([good.allowed, bad.allowed])),
    }
}
