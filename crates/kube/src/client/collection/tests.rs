use serde_json::json;

use super::*;
use crate::client::stand_in::StandIn;

fn names(objects: &[Value]) -> Vec<&str> {
    let names = objects
        .iter()
        .map(|object| object["metadata"]["name"].as_str());
    names.flatten().collect()
}

fn item(name: &str) -> Value {
    json!({"metadata": {"name": name}})
}

#[tokio::test]
async fn pages_follow_each_other_until_the_last_and_a_selector_goes_with_each() {
    let stand_in = StandIn::start().await;
    let first = "/api/v1/namespaces/shop/pods?limit=50&labelSelector=app%3Dweb";
    let page = json!({"metadata": {"continue": "a+b"}, "items": [item("one"), item("two")]});
    stand_in.tells(first, 200, page);
    let second = format!("{first}&continue=a%2Bb");
    stand_in.tells(
        &second,
        200,
        json!({"metadata": {}, "items": [item("three")]}),
    );
    let server = stand_in.server().await;
    let pods = Collection::new(server, "v1", "pods", Some("shop")).expect("names");
    let all = pods.labelled("app=web").all(3).await.expect("a list");
    assert_eq!(names(&all), ["one", "two", "three"]);
    assert_eq!(stand_in.asked(), [first, second.as_str()]);
}

#[tokio::test]
async fn a_list_that_is_none_that_does_not_end_or_that_is_too_long_is_no_part_of_one() {
    let stand_in = StandIn::start().await;
    let server = stand_in.server().await;
    let list = |version| Collection::new(server.clone(), version, "things", None).expect("names");
    stand_in.tells("/apis/a.example/v1/things", 200, json!({"items": "x"}));
    stand_in.tells(
        "/apis/b.example/v1/things",
        200,
        json!({"metadata": {"continue": "x"}, "items": []}),
    );
    stand_in.tells(
        "/apis/c.example/v1/things",
        200,
        json!({"items": [item("one"), item("two")]}),
    );
    stand_in.tells(
        "/apis/d.example/v1/things",
        403,
        json!({"message": "things is forbidden"}),
    );
    for (version, most, what) in [
        ("a.example/v1", 9, "no list"),
        ("b.example/v1", 9, "does not end"),
        ("c.example/v1", 1, "more than 1"),
        ("d.example/v1", 9, "not allowed: things is forbidden"),
        ("e.example/v1", 9, "not found"),
    ] {
        let error = list(version).all(most).await.expect_err(version);
        assert!(error.to_string().contains(what), "{version}: {error}");
    }
    // What has no items at all has none.
    stand_in.tells("/apis/f.example/v1/things", 200, json!({"items": null}));
    assert_eq!(list("f.example/v1").all(0).await, Ok(Vec::new()));
}

#[tokio::test]
async fn a_name_that_would_be_another_path_lists_nothing() {
    let server = StandIn::start().await.server().await;
    for (version, plural, namespace) in [
        ("v1", "pods/x", None),
        ("v1", "pods", Some("../kube-system")),
        ("v1", "", None),
        ("v1?x", "pods", None),
        ("", "pods", None),
        ("apps/v1/x", "pods", None),
        ("apps/../v1", "pods", None),
        ("/v1", "pods", None),
        ("apps/", "pods", None),
    ] {
        let collection = Collection::new(server.clone(), version, plural, namespace);
        assert!(collection.is_none(), "{version} {plural} {namespace:?}");
    }
    assert!(Collection::new(server, "apps/v1", "deployments", None).is_some());
}
