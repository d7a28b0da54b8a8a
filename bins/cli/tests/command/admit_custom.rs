//! Reviews of custom resources, and where digests are written.

use serde_json::{Value, json};

use crate::common::{Run, Site};

/// The creation of a Rollout with this image.
fn rollout(image: &str) -> Value {
    json!({
        "apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview",
        "request": {
            "uid": "705ab4f5", "operation": "CREATE", "namespace": "team",
            "resource": {"group": "argoproj.io", "version": "v1alpha1", "resource": "rollouts"},
            "object": {
                "apiVersion": "argoproj.io/v1alpha1", "kind": "Rollout", "metadata": {"name": "r"},
                "spec": {"template": {"spec": {"containers": [{"name": "web", "image": image}]}}},
            },
        },
    })
}

fn admit(site: &Site, review: &Value, more: &[&str]) -> Run {
    let arguments = [&["admit", "-", "-f", "site.yaml"], more].concat();
    site.doorward(&arguments).input(review.to_string()).run()
}

#[test]
fn a_custom_resource_is_judged_where_its_pods_are_said_to_stand() {
    let site = Site::with_policy();
    site.push_signed("shop/web");
    site.push("shop/cart");
    let (good, bad) = (site.reference("shop/web"), site.reference("shop/cart"));
    for settings in [
        &["--workload", "argo-rollouts"] as &[&str],
        &["--workload", "argoproj.io/rollouts=/spec/template/spec"],
        &[
            "--image-field",
            "argoproj.io/rollouts=/spec/template/spec/containers/*/image",
        ],
    ] {
        let run = admit(&site, &rollout(&good), settings);
        assert_eq!(run.code, 0, "{settings:?}: {run:#?}");
        assert!(run.json()["response"]["patch"].is_string(), "{settings:?}");
        let run = admit(&site, &rollout(&bad), settings);
        assert_eq!(run.code, 3, "{settings:?}: {run:#?}");
        assert!(run.stdout.contains("simple-no-signature"), "{run:#?}");
    }
}

#[test]
fn without_a_setting_or_with_one_that_finds_nothing_a_custom_resource_is_refused() {
    let site = Site::with_policy();
    site.push_signed("shop/web");
    let review = rollout(&site.reference("shop/web"));
    let run = admit(&site, &review, &[]);
    assert_eq!(run.code, 6, "{run:#?}");
    assert!(
        run.stdout.contains("admission-unsupported-resource"),
        "{run:#?}"
    );
    let run = admit(
        &site,
        &review,
        &["--workload", "argoproj.io/rollouts=/spec/podTemplate/spec"],
    );
    assert_eq!(run.code, 6, "{run:#?}");
    assert!(run.stdout.contains("admission-nothing-found"), "{run:#?}");
}

#[test]
fn a_setting_that_is_none_is_a_mistake_of_the_command_line() {
    let site = Site::with_policy();
    let review = rollout("r.example/a:1");
    for setting in [
        "rollouts",
        "argoproj.io/rollouts=spec",
        "apps/deployments=/spec/template/spec",
    ] {
        let run = admit(&site, &review, &["--workload", setting]);
        assert_eq!(run.code, 2, "{setting}: {run:#?}");
        assert!(run.stderr.contains("--workload"), "{run:#?}");
    }
}
