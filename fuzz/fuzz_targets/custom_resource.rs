//! Objects of custom resources under any paths. The first line has the paths, separated by blanks; those with a `!` before them
//! lead to images. The rest is the object. What is found stands where its pointer says, no more than a Pod may have is found,
//! and what is pinned is not pinned again.

#![no_main]

use doorward_core::{Digest, Pinned, Reference};
use doorward_kube::{
    CustomWorkloads, ImageAnswer, Limits, PatchOperation, Phase, Response, Review,
};
use libfuzzer_sys::fuzz_target;
use serde_json::Value;

const RESOURCE: &str = "a.example/rs";

fuzz_target!(|bytes: &[u8]| {
    let Some((paths, object)) = std::str::from_utf8(bytes)
        .ok()
        .and_then(|text| text.split_once('\n'))
    else {
        return;
    };
    let (mut pods, mut images) = (Vec::new(), Vec::new());
    for path in paths.split(' ') {
        match path.strip_prefix('!') {
            Some(path) => images.push(format!("{RESOURCE}={path}")),
            None => pods.push(format!("{RESOURCE}={path}")),
        }
    }
    let pods = pods.iter().map(String::as_str);
    let Ok(custom) = CustomWorkloads::parse(pods, images.iter().map(String::as_str)) else {
        return;
    };
    let Some(review) = read(&custom, object) else {
        return;
    };
    let workload = review.workload().expect("it is configured");
    assert!(workload.images().len() <= Limits::default().containers);
    let Ok(mut value) = serde_json::from_str::<Value>(object) else {
        return;
    };
    for image in workload.images() {
        let there = value.pointer(&image.pointer).and_then(Value::as_str);
        assert_eq!(there, Some(image.image.as_str()), "{}", image.pointer);
    }
    let response = pinned(&review);
    for operation in response.patch() {
        if let PatchOperation::Replace { path, value: new } = operation {
            *value.pointer_mut(path).expect("it is there") = new.clone();
        }
    }
    if response.is_allowed()
        && let Some(again) = read(&custom, &value.to_string())
    {
        assert!(pinned(&again).patch().is_empty());
    }
});

fn read(custom: &CustomWorkloads, object: &str) -> Option<Review> {
    let (group, resource) = RESOURCE.split_once('/')?;
    let body = format!(
        r#"{{"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview","request":{{"uid":"u","operation":"CREATE","resource":{{"group":"{group}","version":"v1","resource":"{resource}"}},"object":{object}}}}}"#
    );
    Review::parse_knowing(body.as_bytes(), &Limits::default(), custom).ok()
}

/// The answer where every image that is one was verified.
fn pinned(review: &Review) -> Response {
    let answers = review
        .undecided()
        .map(|image| match image.image.parse::<Reference>() {
            Ok(reference) => {
                let digest = reference.digest().cloned();
                let digest = digest.unwrap_or_else(|| Digest::sha256(b""));
                ImageAnswer::pin(image, Pinned::new(reference.into_repository(), digest))
            }
            Err(_) => ImageAnswer::allow(image),
        });
    Response::answer(review, Phase::Mutate, answers.collect())
}
