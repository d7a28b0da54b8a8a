//! The signature extension over a raw TCP client.

use super::*;

#[test]
fn the_signature_extension_is_announced_only_where_it_is_on() {
    let registry = Registry::builder().start_blocking();
    let digest = Digest::sha256(b"manifest");
    let path = format!("/extensions/v2/team/app/signatures/{digest}");
    let announced = |registry: &Registry| {
        get(registry, "/v2/")
            .header("x-registry-supports-signatures")
            .map(str::to_owned)
    };
    assert_eq!(announced(&registry), None);
    assert_eq!(get(&registry, &path).status, 404);
    registry.set_signature_extension(SignatureExtension::supported());
    assert_eq!(announced(&registry).as_deref(), Some("1"));
    assert_eq!(get(&registry, &path).json(), json!({"signatures": []}));
    registry.put_signature("team/app", &digest, b"blob");
    let list = get(&registry, &path).json();
    assert_eq!(list["signatures"][0]["content"], "YmxvYg==");
    assert_eq!(list["signatures"][0]["schemaVersion"], 2);
    assert_eq!(list["signatures"][0]["type"], "atomic");
    let name = list["signatures"][0]["name"].as_str().unwrap().to_owned();
    assert_eq!(name.len(), digest.as_str().len() + 33);
}

#[test]
fn a_signature_put_over_http_is_listed() {
    let registry = Registry::builder()
        .signature_extension(SignatureExtension::supported())
        .start_blocking();
    let path = format!("/extensions/v2/app/signatures/{}", Digest::sha256(b"m"));
    let entry = br#"{"schemaVersion":2,"name":"n","type":"atomic","content":"YQ=="}"#;
    assert_eq!(
        send(&registry.address(), "PUT", &path, &[], entry).status,
        201
    );
    assert_eq!(get(&registry, &path).json()["signatures"][0]["name"], "n");
    assert_eq!(
        send(&registry.address(), "PUT", &path, &[], b"[]").status,
        400
    );
}

#[test]
fn the_signature_extension_can_answer_badly() {
    let registry = Registry::builder().start_blocking();
    let path = format!("/extensions/v2/app/signatures/{}", Digest::sha256(b"m"));
    let with = |answer| {
        registry.set_signature_extension(SignatureExtension::answering(answer));
        get(&registry, &path)
    };
    assert_eq!(with(ExtensionAnswer::Status(404)).status, 404);
    assert_eq!(with(ExtensionAnswer::Status(500)).status, 500);
    assert_eq!(
        with(ExtensionAnswer::Html).header("content-type"),
        Some("text/html")
    );
    assert_eq!(
        with(ExtensionAnswer::NullList).json(),
        json!({"signatures": null})
    );
    assert_eq!(with(ExtensionAnswer::Padded(5000)).body.len(), 5000);
    assert_eq!(with(ExtensionAnswer::Raw("[".to_owned())).body, b"[");
}
