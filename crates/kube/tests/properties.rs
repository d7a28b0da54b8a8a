//! What holds for every input.
#![allow(
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used
)]

mod common;

use doorward_core::{Digest, Pinned, Reference};
use doorward_kube::{Cluster, ImageAnswer, ImageUse, Phase, Response, Review, WorkloadKind};
use proptest::prelude::*;
use serde_json::{Map, Value, json};

/// Arbitrary JSON whose member names are mostly those that matter.
fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i32>().prop_map(Value::from),
        prop_oneof![
            Just("nginx:1".to_owned()),
            Just(String::new()),
            Just("v1".to_owned()),
            Just("Pod".to_owned()),
            Just("Deployment".to_owned()),
            Just("apps/v1".to_owned()),
            Just("List".to_owned()),
            Just("Secret".to_owned()),
            ".{0,12}",
        ]
        .prop_map(Value::from),
    ];
    let name = prop_oneof![
        8 => prop::sample::select(vec![
            "apiVersion", "kind", "metadata", "spec", "template", "jobTemplate", "containers", "initContainers",
            "ephemeralContainers", "volumes", "image", "reference", "name", "imagePullSecrets", "items", "data",
            "annotations", "doorward.dev/original-images", "deletionTimestamp", "serviceAccountName", "stringData",
        ])
        .prop_map(str::to_owned),
        1 => ".{0,6}",
    ];
    leaf.prop_recursive(6, 64, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            prop::collection::btree_map(name.clone(), inner, 0..6)
                .prop_map(|members| Value::Object(members.into_iter().collect::<Map<_, _>>())),
        ]
    })
}

fn any_kind() -> impl Strategy<Value = (WorkloadKind, &'static str, &'static str)> {
    prop::sample::select(WorkloadKind::ALL.to_vec()).prop_flat_map(|kind| {
        prop::sample::select(kind.versions().to_vec())
            .prop_map(move |(group, version)| (kind, group, version))
    })
}

/// A pod specification with well-formed images, of which some are pinned already.
fn any_pod() -> impl Strategy<Value = Value> {
    let image = prop_oneof![
        "[a-z]{1,6}(/[a-z]{1,6})?(:[a-z0-9]{1,4})?",
        "r\\.example(:5000)?/[a-z]{1,6}(:[0-9])?",
        "[a-z]{1,3}".prop_map(|name| format!("{name}@{}", Digest::sha256(b"pinned"))),
        Just(String::new()),
    ];
    let containers =
        prop::collection::vec((image.clone(), "[a-z/~]{1,4}"), 0..4).prop_map(|list| {
            list.into_iter()
                .map(|(image, name)| json!({"name": name, "image": image}))
                .collect::<Value>()
        });
    let volumes = prop::collection::vec((image, "[a-z]{1,4}"), 0..3).prop_map(|list| {
        list.into_iter()
            .map(|(image, name)| json!({"name": name, "image": {"reference": image}}))
            .collect::<Value>()
    });
    (containers.clone(), containers.clone(), containers, volumes).prop_map(|(init, main, ephemeral, volumes)| {
        json!({"initContainers": init, "containers": main, "ephemeralContainers": ephemeral, "volumes": volumes})
    })
}

fn any_metadata() -> impl Strategy<Value = Option<Value>> {
    prop_oneof![
        Just(None),
        Just(Some(Value::Null)),
        Just(Some(json!({"name": "x"}))),
        Just(Some(json!({"annotations": null}))),
        ".{0,20}".prop_map(|text| Some(
            json!({"annotations": {"other": "kept", "doorward.dev/original-images": text}})
        )),
    ]
}

fn object(kind: WorkloadKind, metadata: Option<Value>, spec: Value) -> Value {
    let mut template = json!({"spec": spec});
    if let Some(metadata) = metadata {
        template["metadata"] = metadata;
    }
    match kind.template_pointer() {
        "" => template,
        "/template" => json!({"template": template}),
        "/spec/template" => json!({"spec": {"template": template}}),
        _ => json!({"spec": {"jobTemplate": {"spec": {"template": template}}}}),
    }
}

fn request(group: &str, version: &str, resource: &str, object: &Value) -> String {
    json!({
        "apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview",
        "request": {
            "uid": "u", "operation": "CREATE", "namespace": "ns", "object": object,
            "resource": {"group": group, "version": version, "resource": resource},
        },
    })
    .to_string()
}

fn pin(image: &ImageUse) -> Pinned {
    let reference: Reference = image.image.parse().unwrap();
    let digest = reference
        .digest()
        .cloned()
        .unwrap_or_else(|| Digest::sha256(image.image.as_bytes()));
    Pinned::new(reference.into_repository(), digest)
}

proptest! {
    #[test]
    fn no_bytes_make_reading_a_review_panic(body in prop::collection::vec(any::<u8>(), 0..200)) {
        if let Err(refused) = Review::parse(&body) {
            prop_assert!(!Response::refuse(&refused).is_allowed());
        }
    }

    #[test]
    fn no_object_makes_reading_or_answering_panic(json in any_json(), old in any_json(), (kind, group, version) in any_kind()) {
        let mut body: Value = serde_json::from_str(&request(group, version, kind.resource(), &json)).unwrap();
        body["request"]["oldObject"] = old;
        body["request"]["operation"] = json!("UPDATE");
        match Review::parse(body.to_string().as_bytes()) {
            Err(refused) => {
                let answer = common::wire(&Response::refuse(&refused).to_json());
                prop_assert!(!answer.allowed);
            }
            // Nothing decided, so nothing undecided may get through.
            Ok(review) => {
                let answer = common::wire(&Response::answer(&review, Phase::Mutate, Vec::new()).to_json());
                prop_assert_eq!(answer.allowed, review.undecided().next().is_none());
            }
        }
        let _ = Cluster::new("ns").add(&json);
    }

    #[test]
    fn the_patched_object_has_exactly_the_pinned_images_and_is_otherwise_as_it_was(
        (kind, group, version) in any_kind(), metadata in any_metadata(), spec in any_pod()
    ) {
        let before = object(kind, metadata, spec);
        let review = Review::parse(request(group, version, kind.resource(), &before).as_bytes()).unwrap();
        let answers = review.undecided().map(|image| ImageAnswer::pin(image, pin(image))).collect();
        let response = Response::answer(&review, Phase::Mutate, answers);
        prop_assert!(response.is_allowed());
        let mut after = common::patched(&before, &common::wire(&response.to_json()).patch);
        for image in review.undecided() {
            let place = after.pointer_mut(&image.pointer).unwrap();
            prop_assert_eq!(&*place, &Value::from(pin(image).to_string()));
            *place = image.image.clone().into();
        }
        let patched = common::patched(&before, &common::wire(&response.to_json()).patch);
        let again = Review::parse(request(group, version, kind.resource(), &patched).as_bytes()).unwrap();
        let answers = again.undecided().map(|image| ImageAnswer::pin(image, pin(image))).collect();
        let second = Response::answer(&again, Phase::Mutate, answers);
        prop_assert!(second.is_allowed() && second.patch().is_empty());
        // With the images put back, only the annotation is new.
        let pointer = format!("{}/metadata", kind.template_pointer());
        let annotated = after.pointer(&pointer) != before.pointer(&pointer);
        let changed = review.undecided().any(|image| image.image != pin(image).to_string());
        prop_assert!(changed || !annotated);
        if let Some(template) = after.pointer_mut(kind.template_pointer()).and_then(Value::as_object_mut) {
            match before.pointer(&pointer) {
                Some(metadata) => template.insert("metadata".into(), metadata.clone()),
                None => template.remove("metadata"),
            };
        }
        prop_assert_eq!(after, before);
    }
}
