//! What every rendering has in common.

use clap::Parser as _;
use doorward_webhook::Args;
use serde_json::Value;

use crate::helm::{HELMS, IMAGE, chart, file, is_there, name, one, rendered, run};
use crate::strict::fault;
use crate::values::EXAMPLES;

fn container(objects: &[Value]) -> &Value {
    &one(objects, "Deployment", "doorward")["spec"]["template"]["spec"]["containers"][0]
}

fn arguments(objects: &[Value]) -> Vec<&str> {
    let arguments = container(objects)["args"].as_array().unwrap();
    arguments
        .iter()
        .map(|argument| argument.as_str().unwrap())
        .collect()
}

#[test]
fn every_object_is_one_that_an_api_server_takes_to_the_last_field() {
    if !is_there() {
        return;
    }
    for (what, options) in EXAMPLES {
        for object in rendered("doorward", options) {
            assert_eq!(fault(&object), None, "{what}: {}", name(&object));
        }
    }
}

#[test]
fn helm_finds_nothing_to_complain_of() {
    if !is_there() {
        return;
    }
    for (what, options) in EXAMPLES {
        for helm in HELMS {
            let mut arguments = vec!["lint", "--strict", "."];
            arguments.extend(options);
            let output = run(helm, &arguments);
            let said = String::from_utf8_lossy(&output.stdout).into_owned()
                + &String::from_utf8_lossy(&output.stderr);
            assert!(output.status.success(), "{helm}: {what}: {said}");
        }
    }
}

#[test]
fn no_name_of_an_object_comes_twice() {
    if !is_there() {
        return;
    }
    for (what, options) in EXAMPLES {
        let mut names: Vec<_> = rendered("doorward", options).iter().map(name).collect();
        let all = names.len();
        names.dedup();
        assert_eq!(names.len(), all, "{what}");
    }
}

#[test]
fn nothing_asks_a_cluster_while_it_is_rendered_and_nothing_is_a_hook() {
    let templates = std::fs::read_dir(chart().join("templates")).unwrap();
    let names: Vec<_> = templates
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    assert!(names.len() > 8, "{names:?}");
    for name in names {
        let text = file(&format!("templates/{name}"));
        for what in [
            "lookup",
            "helm.sh/hook",
            "Capabilities",
            "randAlpha",
            "genCA",
            "genSigned",
            "now",
        ] {
            let is_used = text.contains(&format!("{what} "))
                || text.contains(&format!("{what}:"))
                || text.contains(&format!("{what}."));
            let in_code = text
                .split("{{")
                .skip(1)
                .any(|rest| rest.split("}}").next().unwrap().contains(what));
            assert!(!(is_used && in_code), "{name}: {what}");
        }
        assert!(!text.contains("helm.sh/hook"), "{name}");
    }
}

#[test]
fn the_pod_is_restricted_whatever_the_values_are() {
    if !is_there() {
        return;
    }
    for (what, options) in EXAMPLES {
        let objects = rendered("doorward", options);
        let pod = &one(&objects, "Deployment", "doorward")["spec"]["template"]["spec"];
        assert_eq!(pod["securityContext"]["runAsNonRoot"], true, "{what}");
        assert_eq!(
            pod["securityContext"]["seccompProfile"]["type"], "RuntimeDefault",
            "{what}"
        );
        let container = container(&objects);
        let context = &container["securityContext"];
        assert_eq!(context["allowPrivilegeEscalation"], false, "{what}");
        assert_eq!(context["readOnlyRootFilesystem"], true, "{what}");
        assert_eq!(
            context["capabilities"]["drop"],
            serde_json::json!(["ALL"]),
            "{what}"
        );
        assert_eq!(pod["dnsConfig"]["options"][0]["value"], "1", "{what}");
        assert!(
            container["lifecycle"].is_null(),
            "{what}: there is no shell"
        );
        for probe in ["livenessProbe", "readinessProbe"] {
            assert_eq!(container[probe]["httpGet"]["port"], "admin", "{what}");
        }
        let grace = pod["terminationGracePeriodSeconds"].as_u64().unwrap();
        assert_eq!(grace, 5 + 20 + 10, "{what}");
    }
}

#[test]
fn the_arguments_are_ones_that_the_program_takes() {
    if !is_there() {
        return;
    }
    for (what, options) in EXAMPLES {
        let objects = rendered("doorward", options);
        let mut given = arguments(&objects);
        given.insert(0, "doorward-webhook");
        let parsed = Args::try_parse_from(&given);
        assert!(parsed.is_ok(), "{what}: {given:?}: {}", parsed.unwrap_err());
    }
}

#[test]
fn the_webhook_arms_itself_or_the_chart_arms_it_and_never_both() {
    if !is_there() {
        return;
    }
    for (what, options) in EXAMPLES {
        let objects = rendered("guards", options);
        let by_chart = what.ends_with("armed by the chart");
        let by_webhook = arguments(&objects).contains(&"--arm");
        let is_configuration = |object: &&Value| {
            object["kind"]
                .as_str()
                .unwrap()
                .ends_with("WebhookConfiguration")
        };
        let configurations: Vec<_> = objects.iter().filter(is_configuration).collect();
        assert_eq!(configurations.len(), if by_chart { 3 } else { 0 }, "{what}");
        assert_eq!(
            by_webhook,
            !by_chart && !what.starts_with("armed by nobody"),
            "{what}"
        );
        let may = &one(&objects, "ClusterRole", "doorward")["rules"].to_string();
        assert_eq!(may.contains("admissionregistration"), by_webhook, "{what}");
        for configuration in configurations
            .into_iter()
            .filter(|object| object["metadata"]["name"] == "doorward")
        {
            let webhook = &configuration["webhooks"][0];
            let left_out = &webhook["namespaceSelector"]["matchExpressions"][0];
            assert_eq!(left_out["key"], "kubernetes.io/metadata.name");
            assert_eq!(
                (&left_out["operator"], &left_out["values"][0]),
                (&"NotIn".into(), &"guards".into())
            );
            assert_eq!(webhook["clientConfig"]["service"]["namespace"], "guards");
        }
    }
}

#[test]
fn a_namespace_stands_nowhere_but_where_the_command_puts_its_own() {
    if !is_there() {
        return;
    }
    let here = rendered("doorward", &[IMAGE, "--set=policies.preset=none"]);
    let mut there = rendered("guards", &[IMAGE, "--set=policies.preset=none"]);
    assert_ne!(here, there);
    for object in &mut there {
        if let Some(namespace) = object.pointer_mut("/metadata/namespace") {
            *namespace = "doorward".into();
        }
        for subject in object
            .get_mut("subjects")
            .and_then(Value::as_array_mut)
            .into_iter()
            .flatten()
        {
            subject["namespace"] = "doorward".into();
        }
    }
    there.sort_by_key(name);
    assert_eq!(here, there);
}

#[test]
fn a_digest_is_what_runs_and_a_tag_beside_it_is_not() {
    if !is_there() {
        return;
    }
    let digest = "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
    let set = format!("--set=image.tag=v1,image.digest={digest}");
    let objects = rendered("doorward", &[IMAGE, &set]);
    assert_eq!(
        container(&objects)["image"],
        format!("registry.example/doorward-webhook@{digest}")
    );
}
