//! Objects that are not what they should be.

use super::*;

#[test]
fn something_else_than_a_pod_or_an_image_at_a_path_is_refused_by_its_place() {
    let custom = CustomWorkloads::parse(
        [
            "a.example/sets=/spec/template/spec?",
            "a.example/sets=/spec/jobs/*/spec?",
            "a.example/sets=/spec/list/0/spec?",
        ],
        ["a.example/sets=/spec/image?"],
    )
    .unwrap();
    for (spec, said) in [
        (json!("hunter2"), "/spec is not an object or a list"),
        (
            json!({"template": "hunter2"}),
            "/spec/template is not an object or a list",
        ),
        (
            json!({"template": 1}),
            "/spec/template is not an object or a list",
        ),
        (
            json!({"template": [{"spec": {}}]}),
            "/spec/template is not an object or a list",
        ),
        (
            json!({"template": {"spec": "hunter2"}}),
            "/spec/template/spec is not an object",
        ),
        (
            json!({"template": {"spec": {"containers": {}}}}),
            "/spec/template/spec/containers is not a sequence",
        ),
        (
            json!({"template": {"spec": {"containers": [{"image": ["hunter2"]}]}}}),
            "/spec/template/spec/containers/0/image is not a string",
        ),
        (
            json!({"jobs": true}),
            "/spec/jobs is not an object or a list",
        ),
        (
            json!({"jobs": ["hunter2"]}),
            "/spec/jobs/0 is not an object or a list",
        ),
        (
            json!({"jobs": {"a/b": {"spec": 1}}}),
            "/spec/jobs/a~1b/spec is not an object",
        ),
        (
            json!({"image": {"hunter2": 1}}),
            "/spec/image is not a string",
        ),
        (
            json!({"image": ["r.example/a"]}),
            "/spec/image is not a string",
        ),
        (
            json!({"list": {"1": 2, "0": "hunter2"}}),
            "/spec/list/0 is not an object or a list",
        ),
    ] {
        let object = json!({"apiVersion": "a.example/v1", "kind": "Set", "spec": spec});
        let (code, text) = refused(&custom, "a.example/sets", &object);
        assert_eq!(code, Code::ADMISSION_INVALID, "{object}");
        assert!(text.contains(said), "{object}: {text}");
        assert!(!text.contains("hunter2"), "{text}");
    }
}

#[test]
fn a_member_that_stands_twice_on_the_way_is_refused() {
    let custom = known(&[
        "a.example/sets=/spec/template/spec",
        "a.example/sets=/spec/jobs/*/spec",
    ]);
    let pod = r#"{"containers":[{"name":"a","image":"r.example/a"}]}"#;
    for object in [
        format!(r#"{{"spec":{{"template":{{"spec":{pod}}},"template":null}}}}"#),
        format!(r#"{{"spec":{{"template":{{"spec":{pod},"spec":{pod}}}}}}}"#),
        format!(r#"{{"spec":{{"template":{{"spec":{pod}}}}},"spec":null}}"#),
        format!(r#"{{"spec":{{"jobs":{{"a":{{"spec":{pod}}},"a":null}}}}}}"#),
    ] {
        let body = format!(
            r#"{{"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview","request":{{"uid":"u","operation":"CREATE","object":{object},"resource":{{"group":"a.example","version":"v1","resource":"sets"}}}}}}"#
        );
        let refused =
            Review::parse_knowing(body.as_bytes(), &Limits::default(), &custom).unwrap_err();
        assert!(
            refused.error.to_string().contains("duplicate field"),
            "{object}: {}",
            refused.error
        );
    }
}

#[test]
fn more_places_than_a_pod_may_have_containers_are_refused() {
    let custom = CustomWorkloads::parse(
        ["a.example/sets=/spec/jobs/*/spec"],
        ["a.example/sets=/spec/images/*"],
    )
    .unwrap();
    let most = Limits::default().containers;
    let images = |count: usize| json!({"spec": {"images": vec!["r.example/a:1"; count]}});
    assert!(read(&custom, "a.example/sets", &images(most)).is_ok());
    let (code, said) = refused(&custom, "a.example/sets", &images(most + 1));
    assert_eq!(code, Code::ADMISSION_INVALID);
    assert!(said.contains("more than 512 containers"), "{said}");
    // So are those of several specifications together.
    let job =
        json!({"spec": {"containers": vec![json!({"name": "a", "image": "r.example/a"}); 100]}});
    let object = json!({"spec": {"jobs": vec![job; 6]}});
    assert_eq!(
        refused(&custom, "a.example/sets", &object).0,
        Code::ADMISSION_INVALID
    );
}

#[test]
fn what_is_beside_the_paths_is_not_looked_at_however_deep_it_is() {
    let custom = known(&["a.example/sets=/spec/template/spec"]);
    let deep = format!("{}{}", "[".repeat(1 << 18), "]".repeat(1 << 18));
    let body = format!(
        r#"{{"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview","request":{{"uid":"u","operation":"CREATE","object":{{"status":{deep},"spec":{{"other":{deep},"template":{{"spec":{{"containers":[{{"name":"a","image":"r.example/a"}}]}}}}}}}},"resource":{{"group":"a.example","version":"v1","resource":"sets"}}}}}}"#
    );
    let review = Review::parse_knowing(body.as_bytes(), &Limits::default(), &custom).unwrap();
    assert_eq!(places(&review).len(), 1);
}

#[test]
fn an_object_of_another_group_than_it_was_sent_as_is_refused() {
    let custom = known(&["knative"]);
    let spec = json!({"template": {"spec": {"containers": []}}});
    for version in ["v1", "apps/v1", "serving.knative.dev.evil.example/v1"] {
        let object = json!({"apiVersion": version, "kind": "Service", "spec": spec});
        let (code, _) = refused(&custom, "serving.knative.dev/services", &object);
        assert_eq!(code, Code::ADMISSION_INVALID, "{version}");
    }
    let object = json!({"apiVersion": "serving.knative.dev/v9", "kind": "Service", "spec": spec});
    assert!(read(&custom, "serving.knative.dev/services", &object).is_ok());
}

#[test]
fn a_long_name_under_a_star_cannot_make_the_pointers_below_it_large() {
    let custom = known(&[
        "a.example/sets=/spec/jobs/*/spec",
        "a.example/sets=/spec/*/spec?",
    ]);
    let job = json!({"spec": {"containers": [{"name": "a", "image": "r.example/a"}]}});
    let object = |length: usize| json!({"spec": {"jobs": {"x".repeat(length): job}}});
    assert!(read(&custom, "a.example/sets", &object(253)).is_ok());
    let (code, said) = refused(&custom, "a.example/sets", &object(254));
    assert_eq!(code, Code::ADMISSION_INVALID);
    assert!(
        said.contains("/spec/jobs has a member with a name of more than 253 bytes"),
        "{said}"
    );
}

#[test]
fn an_object_with_nothing_at_any_path_is_refused_unless_that_may_be() {
    let strict = known(&[
        "a.example/sets=/spec/template/spec",
        "a.example/sets=/spec/jobs/*/spec",
    ]);
    let lenient = known(&["a.example/sets=/spec/template/spec?"]);
    for spec in [
        json!(null),
        json!({}),
        json!({"template": null}),
        json!({"template": {}}),
        json!({"template": {"spec": null}}),
        json!({"jobs": []}),
        json!({"jobs": {}}),
        json!({"jobs": [null, {}]}),
        // Elsewhere than the paths say: another version of the resource, or a slip in the setting.
        json!({"podTemplate": {"spec": {"containers": [{"image": "r.example/a"}]}}}),
    ] {
        let object = json!({"apiVersion": "a.example/v1", "kind": "Set", "spec": spec});
        let (code, said) = refused(&strict, "a.example/sets", &object);
        assert_eq!(code, Code::ADMISSION_NOTHING_FOUND, "{object}");
        assert!(
            said.contains(
                "in sets.a.example images are looked for at /spec/template/spec, /spec/jobs/*/spec"
            ),
            "{said}"
        );
        let review = read(&lenient, "a.example/sets", &object).unwrap();
        assert_eq!(review.workload().unwrap().images(), [], "{object}");
    }
    // One of the paths is enough, as for a resource that has several forms.
    let object = json!({"spec": {"jobs": [{"spec": {"containers": [{"name": "a", "image": "r.example/a"}]}}, {}]}});
    let review = read(&strict, "a.example/sets", &object).unwrap();
    assert_eq!(places(&review).len(), 1);
}
