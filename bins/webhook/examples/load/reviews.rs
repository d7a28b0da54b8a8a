//! Reviews as API servers send them.

use doorward_core::Digest;
use serde_json::{Value, json};

use crate::site::Site;

/// The recorded creation of a pod (Kubernetes 1.36), with these images in place of its own. `UID` stands where each
/// review has its own.
pub(crate) fn pod(images: &[&str]) -> String {
    let recorded =
        include_str!("../../../../crates/kube/tests/admission-reviews/v1.36.2/pod-create.json");
    let mut review: Value = serde_json::from_str(recorded).unwrap();
    let containers: Vec<Value> = images
        .iter()
        .enumerate()
        .map(|(index, image)| {
            let mut container = review["request"]["object"]["spec"]["containers"][0].clone();
            container["name"] = json!(format!("c{index}"));
            container["image"] = json!(image);
            container
        })
        .collect();
    let spec = review["request"]["object"]["spec"].as_object_mut().unwrap();
    spec.remove("initContainers");
    spec.insert("containers".to_owned(), json!(containers));
    review["request"]["uid"] = json!("UID");
    review.to_string()
}

/// The same in this namespace.
pub(crate) fn pod_in(namespace: &str, images: &[&str]) -> String {
    let mut review: Value = serde_json::from_str(&pod(images)).unwrap();
    review["request"]["namespace"] = json!(namespace);
    review["request"]["object"]["metadata"]["namespace"] = json!(namespace);
    review.to_string()
}

/// A review of a deletion, which starts nothing.
pub(crate) fn not_judged() -> String {
    let mut review: Value = serde_json::from_str(&pod(&["free.example/app:1"])).unwrap();
    review["request"]["operation"] = json!("DELETE");
    review.to_string()
}

pub(crate) fn digest_of(site: &Site, name: &str) -> Digest {
    site.registry.resolve(name, "1").unwrap()
}
