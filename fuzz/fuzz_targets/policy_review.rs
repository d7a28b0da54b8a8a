//! Reviews of policies. Whatever comes in is answered in JSON, and what is let in without a word has no mistake for the reader
//! of policies either.

#![no_main]

use doorward_core::Timestamp;
use doorward_kube::{ClusterView, Limits, Response};
use libfuzzer_sys::fuzz_target;
use serde_json::Value;

fuzz_target!(|bytes: &[u8]| {
    let now = Timestamp::from_unix(1_800_000_000);
    let response = Response::of_policy(bytes, &Limits::default(), now);
    let answer: Value = serde_json::from_str(&response.to_json()).expect("an answer is JSON");
    assert_eq!(
        answer["response"]["allowed"].as_bool(),
        Some(response.is_allowed())
    );
    let Ok(review) = serde_json::from_slice::<Value>(bytes) else {
        assert!(!response.is_allowed());
        return;
    };
    let request = &review["request"];
    let is_part = request["subResource"]
        .as_str()
        .is_some_and(|part| !part.is_empty());
    if response.is_allowed() && request["operation"] == "CREATE" && !is_part {
        let is_deleting = request
            .pointer("/oldObject/metadata/deletionTimestamp")
            .is_some();
        let mut view = ClusterView::new("default");
        view.apply("s", &request["object"]);
        assert!(is_deleting || view.policies().mistakes().next().is_none());
    }
});
