//! Reviews of the plug-in `ImagePolicyWebhook`. A review is read only if every container in it has an image.

#![no_main]

use doorward_kube::{ImageReview, Limits};
use libfuzzer_sys::fuzz_target;
use serde_json::Value;

fuzz_target!(|bytes: &[u8]| {
    let limits = Limits::default();
    let Ok(review) = ImageReview::parse(bytes, &limits) else {
        return;
    };
    // What nobody looks at may have half a character in it, by an escape.
    let Ok(written) = serde_json::from_slice::<Value>(bytes) else {
        return;
    };
    let containers = written["spec"]["containers"]
        .as_array()
        .expect("it names containers");
    let images: Vec<_> = containers.iter().map(|one| one["image"].as_str()).collect();
    let read: Vec<_> = review
        .images()
        .iter()
        .map(|image| Some(image.as_str()))
        .collect();
    assert_eq!(read, images);
    assert!((1..=limits.containers).contains(&images.len()));
    assert!(review.images().iter().all(|image| !image.is_empty()));
});
