use serde_json::json;

use super::super::*;
use super::given::{codes, endpoint, installation, look, only, webhooks};

#[test]
fn a_service_that_is_missing_or_leads_to_nobody_is_named() {
    let mut given = installation();
    given.service = Answer::Known(None);
    assert_eq!(only(&given).code, CheckupCode::ServiceMissing);
    let mut given = installation();
    let mut unready = endpoint("a", "one");
    unready["conditions"]["ready"] = json!(false);
    for slices in [
        vec![],
        vec![json!({"endpoints": null})],
        vec![json!({"endpoints": [unready]})],
    ] {
        given.slices = Answer::Known(slices);
        assert_eq!(only(&given).code, CheckupCode::ServiceEndpoints);
    }
}

#[test]
fn a_port_on_which_the_service_does_not_listen_is_named() {
    let mut given = installation();
    webhooks(&mut given, |webhook| {
        webhook["clientConfig"]["service"]["port"] = json!(8443);
    });
    let found = look(&given).remove(0);
    assert_eq!(codes(&given), [CheckupCode::ServicePort]);
    assert!(found.message.contains("8443"), "{}", found.message);
    // 443 is what is asked where nothing is said.
    webhooks(&mut given, |webhook| {
        webhook["clientConfig"]["service"]
            .as_object_mut()
            .unwrap()
            .remove("port");
    });
    assert_eq!(look(&given), []);
}

#[test]
fn one_replica_and_replicas_on_one_node_are_warnings() {
    let mut given = installation();
    let slices = given_with;
    assert_eq!(
        slices(json!([endpoint("a", "one")])),
        [CheckupCode::ReplicasSingle]
    );
    let one_node = json!([endpoint("a", "one"), endpoint("b", "one")]);
    assert_eq!(slices(one_node), [CheckupCode::ReplicasOneNode]);
    // The same Pod by its two addresses is one.
    let twice = json!([endpoint("a", "one"), endpoint("a", "one")]);
    assert_eq!(slices(twice), [CheckupCode::ReplicasSingle]);
    let mut unknown = endpoint("a", "one");
    unknown.as_object_mut().unwrap().remove("nodeName");
    assert_eq!(slices(json!([unknown, endpoint("b", "one")])), []);
    // Before 1.21 the node is elsewhere.
    let old =
        |pod: &str| json!({"addresses": [pod], "topology": {"kubernetes.io/hostname": "one"}});
    assert_eq!(
        slices(json!([old("a"), old("b")])),
        [CheckupCode::ReplicasOneNode]
    );
    given.slices = super::given::unanswered().slices;
    assert_eq!(codes(&given), [CheckupCode::NotAnswered]);
}

fn given_with(endpoints: serde_json::Value) -> Vec<CheckupCode> {
    let mut given = installation();
    given.slices = Answer::Known(vec![json!({"endpoints": endpoints})]);
    codes(&given)
}

#[test]
fn a_service_that_is_a_name_elsewhere_has_no_endpoints_here() {
    let mut given = installation();
    given.service = Answer::Known(Some(
        json!({"spec": {"type": "ExternalName", "externalName": "x"}}),
    ));
    given.slices = Answer::Known(Vec::new());
    assert_eq!(look(&given), []);
}
