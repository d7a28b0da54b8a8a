use super::*;

fn parse(pod_specs: &[&str], images: &[&str]) -> Result<CustomWorkloads, CustomWorkloadError> {
    CustomWorkloads::parse(pod_specs.iter().copied(), images.iter().copied())
}

#[test]
fn the_paths_of_one_resource_go_together_and_repeats_count_once() {
    let custom = parse(
        &[
            "b.example/zs=/spec/template/spec",
            "a.example/ys=/spec/template/spec",
            "b.example/zs=/spec/template/spec",
            "b.example/zs=/spec/jobs/*/spec?",
        ],
        &["b.example/zs=/spec/image"],
    )
    .unwrap();
    let resources: Vec<_> = custom.resources().collect();
    assert_eq!(resources, [("a.example", "ys"), ("b.example", "zs")]);
    let resource = |group: &str, version: &str, resource: &str| {
        let resource = GroupVersionResource {
            group: group.into(),
            version: version.into(),
            resource: resource.into(),
        };
        custom.of_resource(&resource).map(|found| found.paths.len())
    };
    assert_eq!(resource("b.example", "v1", "zs"), Some(3));
    assert_eq!(resource("b.example", "v7alpha1", "zs"), Some(3));
    assert_eq!(resource("b.example", "v1", "ys"), None);
    assert_eq!(resource("c.b.example", "v1", "zs"), None);
}

#[test]
fn a_setting_that_is_not_of_the_form_is_refused() {
    for setting in [
        "",
        "=",
        "knativ",
        "Knative",
        "argoproj.io",
        "argoproj.io/rollouts",
        "argoproj.io/rollouts=",
        "argoproj.io/rollouts=spec",
        "argoproj.io/rollouts=/",
        "argoproj.io=/spec",
        "/rollouts=/spec",
        "argoproj/rollouts=/spec",
        "argoproj.io/v1alpha1/rollouts=/spec",
        "argoproj.io/Rollout=/spec",
        "Argoproj.io/rollouts=/spec",
        "argoproj..io/rollouts=/spec",
        "argoproj.io/*=/spec",
        "*/rollouts=/spec",
        " argoproj.io/rollouts=/spec",
    ] {
        assert!(parse(&[setting], &[]).is_err(), "{setting:?}");
        assert!(parse(&[], &[setting]).is_err(), "{setting:?}");
    }
    // A name is one of resources with Pods in them.
    assert!(parse(&["knative"], &[]).is_ok());
    assert!(parse(&[], &["knative"]).is_err());
    let long = format!("{}\u{202e}\n", "x".repeat(5000));
    let said = parse(&[&long], &[]).unwrap_err().to_string();
    assert!(said.len() < 500 && !said.contains('\n'), "{said}");
}

#[test]
fn what_kubernetes_itself_has_is_not_configured() {
    for setting in ["apps/deployments=/spec", "batch/jobs=/spec", "/pods=/spec"] {
        assert!(parse(&[setting], &[]).is_err(), "{setting}");
    }
    // A custom resource that shares its plural with a workload is one of its own.
    assert!(parse(&["batch.volcano.sh/jobs=/spec/tasks/*/template/spec"], &[]).is_ok());
}

#[test]
fn more_resources_or_paths_than_are_followed_are_refused() {
    let resources: Vec<_> = (0..=MAX_RESOURCES)
        .map(|number| format!("a.example/r{number}s=/spec"))
        .collect();
    let resources: Vec<_> = resources.iter().map(String::as_str).collect();
    assert!(parse(&resources[1..], &[]).is_ok());
    let limit = MAX_RESOURCES;
    assert_eq!(
        parse(&resources, &[]),
        Err(CustomWorkloadError::TooManyResources { limit })
    );
    let paths: Vec<_> = (0..=MAX_PATHS)
        .map(|number| format!("a.example/rs=/spec/{number}"))
        .collect();
    let paths: Vec<_> = paths.iter().map(String::as_str).collect();
    assert!(parse(&paths[1..], &[]).is_ok());
    let said = parse(&paths, &[]).unwrap_err().to_string();
    assert_eq!(said, "rs.a.example has more than 16 paths");
}

#[test]
fn every_name_stands_for_settings_that_can_be_used() {
    for name in CustomWorkloads::preset_names() {
        let custom = parse(&[name], &[]).unwrap();
        assert!(!custom.is_empty(), "{name}");
    }
    assert!(CustomWorkloads::none().is_empty());
    assert_eq!(CustomWorkloads::none(), CustomWorkloads::default());
}

#[test]
fn a_manifest_is_found_by_the_plural_that_kubernetes_forms() {
    let custom = parse(
        &[
            "argo-rollouts",
            "a.example/policies=/spec",
            "a.example/buses=/spec",
        ],
        &[],
    )
    .unwrap();
    let found = |version: &str, kind: &str| custom.of_object(version, kind).is_some();
    assert!(found("argoproj.io/v1alpha1", "Rollout"));
    assert!(found("a.example/v1", "Policy"));
    assert!(found("a.example/v1", "Bus"));
    assert!(!found("v1", "Rollout"));
    assert!(!found("other.io/v1", "Rollout"));
    assert!(!found("argoproj.io/v1alpha1", "Workflow"));
}

#[test]
fn the_arguments_of_resources_are_what_they_are_parsed_from() {
    let names: Vec<_> = CustomWorkloads::preset_names().collect();
    let custom = parse(&names, &["a.example/pulls=/spec/a~1b/*/image?"]).unwrap();
    let arguments = custom.arguments();
    let of = |option: &str| -> Vec<&str> {
        let each = arguments.iter();
        each.filter_map(|one| one.strip_prefix(option)).collect()
    };
    let (pods, images) = (of("--workload="), of("--image-field="));
    assert_eq!(pods.len() + images.len(), arguments.len());
    assert_eq!(parse(&pods, &images), Ok(custom));
}
