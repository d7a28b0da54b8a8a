//! Images are replaced by what was verified, and by nothing else.

use super::*;

#[test]
fn a_digest_that_was_not_verified_is_refused_with_and_without_pinning() {
    let digest = Digest::sha256(b"evil");
    for image in [
        format!("r.example/a@{digest}"),
        format!("r.example/a:1@{digest}"),
        format!("r.example/a:1@sha512:{}", "c".repeat(128)),
    ] {
        let review = pod(&[&image]);
        for replace in [true, false] {
            let answers = all(&review, |image| ImageAnswer {
                replace,
                ..ImageAnswer::pin(image, pinned("r.example/a", b"good"))
            });
            let response = Response::answer(&review, Phase::Mutate, answers);
            assert!(
                response
                    .message()
                    .unwrap()
                    .contains("(conflicting-digests)"),
                "{image}"
            );
            assert_eq!(response.patch(), []);
        }
    }
}

#[test]
fn a_verdict_about_another_repository_is_refused() {
    let review = pod(&["r.example/a:1"]);
    let answers = all(&review, |image| {
        ImageAnswer::pin(image, pinned("r.example/b", b"x"))
    });
    assert!(
        Response::answer(&review, Phase::Mutate, answers)
            .message()
            .unwrap()
            .contains("another repository was verified")
    );
}

#[test]
fn a_pinned_answer_for_a_text_that_is_no_reference_is_refused() {
    let review = pod(&["Bad&1"]);
    let answers = all(&review, |image| {
        ImageAnswer::pin(image, pinned("r.example/b", b"x"))
    });
    assert!(
        Response::answer(&review, Phase::Mutate, answers)
            .message()
            .unwrap()
            .contains("(reference-invalid)")
    );
}

#[test]
fn the_patch_names_the_normalised_repository_and_the_digest_only() {
    let review = pod(&["nginx:1.27"]);
    let answers = all(&review, |image| {
        ImageAnswer::pin(image, pinned("nginx", b"x"))
    });
    let response = Response::answer(&review, Phase::Mutate, answers);
    let value = format!("docker.io/library/nginx@{}", Digest::sha256(b"x"));
    assert_eq!(
        response.patch()[0],
        PatchOperation::Replace {
            path: "/spec/containers/0/image".into(),
            value: value.into()
        }
    );
}

#[test]
fn without_replacement_nothing_is_patched() {
    let review = pod(&["nginx"]);
    let answers = all(&review, |image| ImageAnswer {
        replace: false,
        ..ImageAnswer::pin(image, pinned("nginx", b"x"))
    });
    let response = Response::answer(&review, Phase::Mutate, answers);
    assert!(response.is_allowed() && response.patch().is_empty());
    assert!(body(&response)["response"].get("patchType").is_none());
}

#[test]
fn one_denied_image_leaves_the_whole_object_unpatched() {
    let review = pod(&["a:1", "b:1"]);
    let answers = all(&review, |image| {
        if image.name == "c0" {
            ImageAnswer::pin(image, pinned("a", b"x"))
        } else {
            deny(image)
        }
    });
    let response = Response::answer(&review, Phase::Mutate, answers);
    assert!(!response.is_allowed() && response.patch().is_empty());
}

#[test]
fn the_validating_webhook_changes_nothing_and_wants_what_was_to_be_pinned_pinned() {
    let digest = Digest::sha256(b"x");
    for (image, allowed) in [
        ("nginx:1".to_owned(), false),
        (format!("nginx@{digest}"), true),
        (format!("nginx:1@{digest}"), true),
    ] {
        let review = pod(&[&image]);
        let response = Response::answer(
            &review,
            Phase::Validate,
            all(&review, |image| {
                ImageAnswer::pin(image, pinned("nginx", b"x"))
            }),
        );
        assert_eq!(
            (response.is_allowed(), response.patch().len()),
            (allowed, 0),
            "{image}"
        );
        let kept = all(&review, |image| ImageAnswer {
            replace: false,
            ..ImageAnswer::pin(image, pinned("nginx", b"x"))
        });
        assert!(
            Response::answer(&review, Phase::Validate, kept).is_allowed(),
            "{image}"
        );
    }
}

/// What the validating webhook makes of an image that is to be pinned and is not, by what the rest of the answer says.
#[test]
fn a_missing_pin_matters_as_much_as_the_answer_says_and_never_less_than_a_failure() {
    use Decision::{Allow, Deny, Warn};
    let failure = || Reason::new(toy::NO_SEAL, "no signature");
    for (decision, unpinned, allowed, warned) in [
        (Allow, Deny, false, false),
        (Warn, Deny, false, false),
        (Allow, Warn, true, true),
        (Warn, Warn, true, true),
        (Allow, Allow, true, false),
        (Warn, Allow, true, true),
        (Deny, Allow, false, false),
    ] {
        let review = pod(&["nginx:1"]);
        let answer = |image| ImageAnswer {
            decision,
            unpinned,
            reasons: if decision == Allow {
                Vec::new()
            } else {
                vec![failure()]
            },
            ..ImageAnswer::pin(image, pinned("nginx", b"x"))
        };
        let case = format!("{decision:?} {unpinned:?}");
        let response = Response::answer(&review, Phase::Validate, all(&review, answer));
        assert_eq!(response.is_allowed(), allowed, "{case}");
        assert_eq!(!response.warnings().is_empty(), warned, "{case}");
        let told =
            response.message().unwrap_or_default().to_owned() + &response.warnings().join("");
        if decision != Deny && unpinned != Allow {
            assert!(told.contains("admission-not-pinned"), "{case}: {told}");
        }
        if decision != Deny {
            let audited = response.audit_annotations().values();
            assert!(
                audited.clone().any(|text| text.contains("pinned")),
                "{case}"
            );
        }
        // Before the object is stored there is still time to pin it.
        let mutated = Response::answer(&review, Phase::Mutate, all(&review, answer));
        assert_eq!(mutated.patch().is_empty(), decision == Deny, "{case}");
    }
}

#[test]
fn a_digest_that_was_not_verified_is_refused_however_little_a_missing_pin_matters() {
    let image = format!("nginx@{}", Digest::sha256(b"evil"));
    let review = pod(&[&image]);
    let answers = all(&review, |image| ImageAnswer {
        unpinned: Decision::Allow,
        ..ImageAnswer::pin(image, pinned("nginx", b"x"))
    });
    assert!(!Response::answer(&review, Phase::Validate, answers).is_allowed());
}

#[test]
fn the_record_of_original_images_is_merged_into_what_is_there() {
    let record = |annotations: Value| {
        let digest = Digest::sha256(b"x");
        let review = review_of(&json!({
            "metadata": {"annotations": annotations},
            "spec": {"containers": [{"name": "app", "image": "nginx:2"}, {"name": "side", "image": format!("docker.io/library/nginx@{digest}")}, {"name": "free", "image": "free:1"}]},
        }));
        let answers = all(&review, |image| match image.name.as_str() {
            "free" => ImageAnswer::allow(image),
            _ => ImageAnswer::pin(image, pinned("nginx", b"x")),
        });
        let response = Response::answer(&review, Phase::Mutate, answers);
        let operation = response.patch().last().unwrap().clone();
        (operation.path().to_owned(), operation.value().clone())
    };
    assert_eq!(
        record(Value::Null),
        (
            "/metadata/annotations".into(),
            json!({ORIGINAL_IMAGES: "{\"containers/app\":\"nginx:2\"}"})
        )
    );
    assert_eq!(
        record(json!({"other": "kept"})),
        (
            "/metadata/annotations/doorward.dev~1original-images".into(),
            json!("{\"containers/app\":\"nginx:2\"}")
        )
    );
    // The pinned container keeps its origin, the new one replaces its own, and what no longer holds is forgotten.
    let before = r#"{"containers/app":"nginx:1","containers/side":"nginx:1","containers/free":"x","containers/gone":"x"}"#;
    assert_eq!(
        record(json!({ORIGINAL_IMAGES: before})).1,
        json!("{\"containers/app\":\"nginx:2\",\"containers/side\":\"nginx:1\"}")
    );
    for broken in ["", "[]", "{\"containers/side\":1}"] {
        assert_eq!(
            record(json!({ORIGINAL_IMAGES: broken})).1,
            json!("{\"containers/app\":\"nginx:2\"}")
        );
    }
}

#[test]
fn an_object_without_metadata_gets_some() {
    let review = review_of(&json!({"spec": {"containers": [{"image": "nginx"}]}}));
    let response = Response::answer(
        &review,
        Phase::Mutate,
        all(&review, |image| {
            ImageAnswer::pin(image, pinned("nginx", b"x"))
        }),
    );
    let value =
        json!({"annotations": {ORIGINAL_IMAGES: "{\"/spec/containers/0/image\":\"nginx\"}"}});
    assert_eq!(
        response.patch()[1],
        PatchOperation::Add {
            path: "/metadata".into(),
            value
        }
    );
}
