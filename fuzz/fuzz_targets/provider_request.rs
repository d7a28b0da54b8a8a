//! Requests of Gatekeeper. What is read is within bounds, each key is an image of a namespace that there can be or is refused, and
//! whatever is said of the keys is answered in JSON.

#![no_main]

use doorward_kube::{ImageKey, Limits, ProviderItem, ProviderRequest};
use libfuzzer_sys::fuzz_target;
use serde_json::Value;

fuzz_target!(|bytes: &[u8]| {
    let limits = Limits::default();
    let Ok(request) = ProviderRequest::parse(bytes, &limits) else {
        return;
    };
    assert!((1..=limits.containers).contains(&request.keys().len()));
    let items: Vec<_> = request
        .keys()
        .iter()
        .map(|key| match ImageKey::read(key) {
            Ok(read) => {
                assert!(key.ends_with(&read.image) && !read.image.is_empty());
                // Nothing that stands before the image is lost.
                let written = match &read.namespace {
                    Some(namespace) => format!("[{namespace}]{}", read.image),
                    None => read.image.clone(),
                };
                assert!(*key == written || *key == format!("[]{}", read.image));
                ProviderItem {
                    key: key.clone(),
                    value: read.image.into(),
                    error: String::new(),
                }
            }
            Err(error) => ProviderItem {
                key: key.clone(),
                value: Value::Null,
                error: error.to_string(),
            },
        })
        .collect();
    let count = items.len();
    let answer: Value =
        serde_json::from_str(&request.answer(items).to_json()).expect("an answer is JSON");
    assert_eq!(
        answer["response"]["items"].as_array().map(Vec::len),
        Some(count)
    );
});
