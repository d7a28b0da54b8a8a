//! Objects of custom resources: what is found in them, what is refused, and what is pinned.
#![allow(
    clippy::disallowed_methods,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used
)]

mod hostile;
mod properties;

use doorward_core::{Code, Digest, Pinned, Reference};
use doorward_kube::{
    Cluster, CustomWorkloadError, CustomWorkloads, ImageAnswer, Limits, ORIGINAL_IMAGES, Phase,
    RefusedReview, Response, Review,
};
use serde::Deserialize as _;
use serde_json::{Value, json};

const GUIDE: &str = include_str!("../../../../docs/guides/custom-resources.md");

fn known(settings: &[&str]) -> CustomWorkloads {
    CustomWorkloads::parse(settings.iter().copied(), []).unwrap()
}

fn every_preset() -> CustomWorkloads {
    CustomWorkloads::parse(CustomWorkloads::preset_names(), []).unwrap()
}

fn request(resource: &str, operation: &str, object: &Value, old: Option<&Value>) -> Vec<u8> {
    let (group, resource) = resource.split_once('/').unwrap();
    let version = object["apiVersion"]
        .as_str()
        .and_then(|text| text.split_once('/'));
    let version = version.map_or("v1", |(_, version)| version);
    let body = json!({
        "apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview",
        "request": {
            "uid": "u", "operation": operation, "namespace": "shop", "object": object, "oldObject": old,
            "resource": {"group": group, "version": version, "resource": resource},
        },
    });
    body.to_string().into_bytes()
}

fn read(
    custom: &CustomWorkloads,
    resource: &str,
    object: &Value,
) -> Result<Review, Box<RefusedReview>> {
    let body = request(resource, "CREATE", object, None);
    Review::parse_knowing(&body, &Limits::default(), custom)
}

/// The code and the text with which an object is refused.
fn refused(custom: &CustomWorkloads, resource: &str, object: &Value) -> (Code, String) {
    let refused = read(custom, resource, object).unwrap_err();
    (refused.error.code(), refused.error.to_string())
}

fn places(review: &Review) -> Vec<(String, String)> {
    let images = review.workload().unwrap().images().iter();
    images
        .map(|image| (image.pointer.clone(), image.image.clone()))
        .collect()
}

/// The answer to a review whose images all are verified.
fn pinned(review: &Review, phase: Phase) -> Response {
    let images = review.undecided().map(|image| {
        let repository = image.image.parse::<Reference>().unwrap().into_repository();
        ImageAnswer::pin(image, Pinned::new(repository, Digest::sha256(b"")))
    });
    Response::answer(review, phase, images.collect())
}

/// The objects that the guide shows.
fn examples() -> Vec<Value> {
    let blocks = GUIDE.split("```yaml\n").skip(1);
    let texts = blocks.filter_map(|block| block.split("```").next());
    let documents = texts.flat_map(|text| {
        serde_yaml::Deserializer::from_str(text)
            .map(|document| Value::deserialize(document).unwrap())
            .collect::<Vec<_>>()
    });
    documents
        .filter(|object| object["kind"].is_string())
        .collect()
}

#[test]
fn in_the_objects_of_the_guide_every_image_is_found_and_pinned() {
    let custom = every_preset();
    let mut kinds = Vec::new();
    for object in examples() {
        let kind = object["kind"].as_str().unwrap();
        let group = object["apiVersion"]
            .as_str()
            .unwrap()
            .split('/')
            .next()
            .unwrap();
        let resource = format!("{group}/{}s", kind.to_lowercase());
        let review = read(&custom, &resource, &object).unwrap();
        let workload = review.workload().unwrap();
        // As many as there are, wherever they stand.
        let written = object.to_string().matches("\"image\":").count();
        assert_eq!(workload.images().len(), written, "{kind}");
        assert_eq!((workload.kind(), workload.kind_name()), (None, kind));
        let label = format!("{}s.{group}", kind.to_lowercase());
        assert_eq!(workload.label(), label);
        let mut after = object.clone();
        let response = pinned(&review, Phase::Mutate);
        let patch: json_patch::Patch = serde_json::from_value(json!(response.patch())).unwrap();
        json_patch::patch(&mut after, &patch).unwrap();
        let owned = workload.is_made_from_template();
        for image in workload.images() {
            let now = after.pointer(&image.pointer).unwrap().as_str().unwrap();
            assert_eq!(now.contains('@'), !owned, "{kind}: {now}");
        }
        // A pinned object is not pinned again, and the validating webhook takes it.
        let again = read(&custom, &resource, &after).unwrap();
        assert_eq!(pinned(&again, Phase::Mutate).patch(), [], "{kind}");
        assert!(pinned(&again, Phase::Validate).is_allowed(), "{kind}");
        kinds.push((kind.to_owned(), written));
    }
    kinds.sort();
    let expected = [
        ("JobSet", 3),
        ("Revision", 1),
        ("Rollout", 0),
        ("Rollout", 2),
        ("Service", 1),
    ];
    assert_eq!(
        kinds,
        expected.map(|(kind, images)| (kind.to_owned(), images))
    );
}

#[test]
fn the_record_of_what_stood_there_is_on_the_object_itself_and_tells_its_pods_apart() {
    let custom = known(&["a.example/sets=/spec/jobs/*/spec"]);
    let job = |image| json!({"spec": {"containers": [{"name": "main", "image": image}]}});
    let object = json!({
        "apiVersion": "a.example/v1", "kind": "Set", "metadata": {"name": "s"},
        "spec": {"jobs": [job("r.example/a:1"), job("r.example/b:1")]},
    });
    let review = read(&custom, "a.example/sets", &object).unwrap();
    let response = pinned(&review, Phase::Mutate);
    let record = response.patch().last().unwrap();
    assert_eq!(record.path(), "/metadata/annotations");
    let written = record.value()[ORIGINAL_IMAGES].as_str().unwrap();
    let written: Value = serde_json::from_str(written).unwrap();
    assert_eq!(
        written,
        json!({
            "/spec/jobs/0/spec/containers/main": "r.example/a:1",
            "/spec/jobs/1/spec/containers/main": "r.example/b:1",
        })
    );
}

#[test]
fn an_image_that_two_paths_lead_to_is_one() {
    let custom = CustomWorkloads::parse(
        [
            "a.example/sets=/spec/template/spec",
            "a.example/sets=/spec/*/spec",
        ],
        ["a.example/sets=/spec/template/spec/containers/*/image"],
    )
    .unwrap();
    let object = json!({"spec": {"template": {"spec": {"containers": [{"name": "a", "image": "r.example/a:1"}]}}}});
    let review = read(&custom, "a.example/sets", &object).unwrap();
    let place = "/spec/template/spec/containers/0/image".to_owned();
    assert_eq!(places(&review), [(place, "r.example/a:1".to_owned())]);
}

#[test]
fn an_image_that_stays_in_its_place_is_not_judged_again() {
    let custom = CustomWorkloads::parse(
        ["a.example/sets=/spec/jobs/*/spec?"],
        ["a.example/sets=/spec/image?"],
    )
    .unwrap();
    let object = |first: &str, second: &str, field: &str| {
        let job = |image: &str| json!({"spec": {"containers": [{"name": "main", "image": image}]}});
        json!({"spec": {"image": field, "jobs": [job(first), job(second)]}})
    };
    let undecided = |new: &Value, old: &Value| {
        let body = request("a.example/sets", "UPDATE", new, Some(old));
        let review = Review::parse_knowing(&body, &Limits::default(), &custom).unwrap();
        review
            .undecided()
            .map(|image| image.image.clone())
            .collect::<Vec<_>>()
    };
    let (a, b, c) = ("r.example/a:1", "r.example/b:1", "r.example/c:1");
    let old = object(a, b, c);
    assert_eq!(undecided(&old, &old), [""; 0]);
    assert_eq!(undecided(&object(a, a, c), &old), [a]);
    assert_eq!(undecided(&object(b, a, c), &old), [b, a]);
    assert_eq!(undecided(&object(a, b, a), &old), [a]);
    assert_eq!(undecided(&old, &json!({"spec": {"jobs": []}})).len(), 3);
}

#[test]
fn a_resource_that_is_not_configured_is_answered_as_before() {
    let custom = known(&["batch.volcano.sh/jobs=/spec/tasks/*/template/spec"]);
    let object = json!({"apiVersion": "batch.volcano.sh/v1alpha1", "kind": "Job", "spec": {}});
    // One that shares its plural with a workload passes where nobody says where its images are.
    assert!(
        read(&CustomWorkloads::none(), "batch.volcano.sh/jobs", &object)
            .unwrap()
            .workload()
            .is_none()
    );
    assert_eq!(
        refused(&custom, "batch.volcano.sh/jobs", &object).0,
        Code::ADMISSION_NOTHING_FOUND
    );
    for resource in [
        "argoproj.io/rollouts",
        "batch.volcano.sh/queues",
        "sh/jobss",
    ] {
        assert_eq!(
            refused(&custom, resource, &json!({"spec": {}})).0,
            Code::ADMISSION_UNSUPPORTED_RESOURCE,
            "{resource}"
        );
    }
}

#[test]
fn subresources_deletions_and_objects_that_go_are_as_for_other_workloads() {
    let custom = known(&["argo-rollouts"]);
    let empty = json!({"spec": {"template": "hunter2"}});
    let read = |operation: &str, sub_resource: Option<&str>, old: Option<&Value>| {
        let body = request("argoproj.io/rollouts", operation, &empty, old);
        let mut body: Value = serde_json::from_slice(&body).unwrap();
        body["request"]["subResource"] = json!(sub_resource);
        Review::parse_knowing(body.to_string().as_bytes(), &Limits::default(), &custom)
    };
    assert!(
        read("CREATE", Some("scale"), None)
            .unwrap()
            .workload()
            .is_none()
    );
    assert!(read("DELETE", None, None).unwrap().workload().is_none());
    let going = json!({"metadata": {"deletionTimestamp": "2026-01-01T00:00:00Z"}});
    assert!(
        read("UPDATE", None, Some(&going))
            .unwrap()
            .workload()
            .is_none()
    );
    for sub_resource in [
        None,
        Some("status"),
        Some("ephemeralcontainers"),
        Some("other"),
    ] {
        assert!(
            read("CREATE", sub_resource, None).is_err(),
            "{sub_resource:?}"
        );
    }
}

#[test]
fn what_holds_a_single_image_is_judged_while_it_goes_and_left_alone_for_no_owner() {
    let custom = CustomWorkloads::parse([], ["a.example/pulls=/spec/image"]).unwrap();
    let metadata = json!({
        "deletionTimestamp": "2026-01-01T00:00:00Z",
        "ownerReferences": [{"apiVersion": "a.example/v1", "kind": "Set", "name": "s", "uid": "u", "controller": true}],
    });
    let object = |image: &str| json!({"metadata": metadata, "spec": {"image": image}});
    let read = |new: &Value, old: &Value| {
        let body = request("a.example/pulls", "UPDATE", new, Some(old));
        Review::parse_knowing(&body, &Limits::default(), &custom).unwrap()
    };
    let review = read(&object("r.example/evil:1"), &object("r.example/app:1"));
    assert_eq!(review.undecided().count(), 1);
    assert!(!review.workload().unwrap().is_made_from_template());
    // A finalizer comes off.
    let review = read(&object("r.example/app:1"), &object("r.example/app:1"));
    assert_eq!(review.undecided().count(), 0);
}

#[test]
fn the_labels_and_credentials_of_the_pods_are_those_of_the_template() {
    let workload = |path: &str, spec: &Value| {
        let custom = known(&[path]);
        let object = json!({"metadata": {"labels": {"own": "x"}}, "spec": spec});
        let review = read(&custom, "a.example/sets", &object).unwrap();
        review.workload().unwrap().clone()
    };
    let inner = |spec: &Value| workload("a.example/sets=/spec/*/spec", spec);
    let template = json!({"metadata": {"labels": {"app": "a"}}, "spec": {"imagePullSecrets": [{"name": "p"}]}});
    let one = inner(&json!({"template": template}));
    assert_eq!(
        one.labels().unwrap().get("app").map(String::as_str),
        Some("a")
    );
    assert_eq!(one.pull_secrets().names(), ["p"]);
    // What labels the Pods get is not known of several templates, of one without metadata, and of none.
    let bare = json!({"spec": {"serviceAccountName": "s", "imagePullSecrets": [{"name": "q"}, {"name": "p"}]}});
    let two = inner(&json!({"a": template, "b": bare}));
    assert_eq!(two.labels(), None);
    assert_eq!(two.pull_secrets().names(), ["p", "q"]);
    let third = inner(&json!({"b": {"spec": {"serviceAccountName": "s"}}}));
    assert_eq!(third.labels(), None);
    assert_eq!(third.pull_secrets().service_account(), Some("s"));
    assert!(third.pull_secrets().inherits());
    // The object's own labels are not those of its Pods.
    assert_eq!(
        workload("a.example/sets=/spec", &json!({"containers": []})).labels(),
        None
    );
}

#[test]
fn manifests_of_custom_resources_are_workloads_too() {
    let mut cluster = Cluster::new("default").knowing(every_preset());
    let mut images = 0;
    for object in examples() {
        assert_eq!(cluster.add(&object), Ok(1));
        images += object.to_string().matches("\"image\":").count();
    }
    let found: usize = cluster
        .workloads()
        .iter()
        .map(|workload| workload.images().len())
        .sum();
    assert_eq!(found, images);
    let broken = json!({"apiVersion": "argoproj.io/v1alpha1", "kind": "Rollout", "metadata": {"name": "r"}, "spec": {"template": 1}});
    let said = cluster.add(&broken).unwrap_err().to_string();
    assert!(
        said.starts_with("Rollout default/r: /spec/template is not"),
        "{said}"
    );
    let unknown = json!({"apiVersion": "argoproj.io/v1alpha1", "kind": "Workflow", "metadata": {"name": "w"}});
    assert_eq!(cluster.add(&unknown), Ok(0));
}

#[test]
fn the_guide_has_the_rules_and_the_settings_of_every_name() {
    let rules = GUIDE.split("```yaml\n").nth(1).unwrap();
    let rules: Value = serde_yaml::from_str(rules.split("```").next().unwrap()).unwrap();
    let listed = |name: &str| {
        let listed = rules[0][name].as_array().unwrap().iter();
        let mut listed: Vec<_> = listed.map(|text| text.as_str().unwrap()).collect();
        listed.sort_unstable();
        listed
    };
    let custom = every_preset();
    let (mut groups, mut resources): (Vec<_>, Vec<_>) = custom.resources().unzip();
    groups.dedup();
    resources.sort_unstable();
    assert_eq!(listed("apiGroups"), groups);
    assert_eq!(listed("resources"), resources);
    for name in CustomWorkloads::preset_names() {
        let row = format!("| `{name}` | ");
        let row = GUIDE
            .lines()
            .find_map(|line| line.strip_prefix(&row))
            .unwrap();
        let settings: Vec<_> = row.split('`').skip(1).step_by(2).collect();
        assert_eq!(known(&settings), known(&[name]), "{name}");
    }
}
