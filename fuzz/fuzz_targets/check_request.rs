//! Requests for `/v1/check` and `/audit`, of which nothing is both. What is read is within bounds, names a namespace that there can be, and says the same when it is
//! written again.

#![no_main]

use doorward_kube::{AuditRequest, CheckRequest, Limits};
use libfuzzer_sys::fuzz_target;
use serde_json::json;

fuzz_target!(|bytes: &[u8]| {
    let limits = Limits::default();
    let audit = AuditRequest::parse(bytes, &limits);
    let Ok(request) = CheckRequest::parse(bytes, &limits) else {
        return;
    };
    assert!(audit.is_err());
    assert!((1..=limits.containers).contains(&request.images().len()));
    let is_in_bounds = |name: &str| (1..=63).contains(&name.len()) && !name.contains('/');
    assert!(request.namespace().is_none_or(is_in_bounds));
    // Credentials are those of a namespace.
    assert!(request.namespace().is_some() || !request.names_credentials());
    let secrets = request.pull_secrets();
    assert!(secrets.names().len() <= limits.pull_secrets);
    let again = json!({
        "images": request.images(), "namespace": request.namespace(),
        "serviceAccountName": request.service_account(), "imagePullSecrets": secrets.names(),
    });
    let again =
        CheckRequest::parse(again.to_string().as_bytes(), &limits).expect("it was read before");
    assert_eq!(again.images(), request.images());
    assert_eq!(again.pull_secrets(), secrets);
});
