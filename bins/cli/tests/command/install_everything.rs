//! `doorward install` and `doorward install policies`.

use serde::Deserialize as _;
use serde_json::{Value, json};

use crate::common::Site;

const IMAGE: &str = "registry.example/doorward-webhook@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

fn printed(args: &[&str]) -> Vec<Value> {
    let run = Site::new().doorward(args).run();
    assert_eq!(run.code, 0, "{}", run.stderr);
    assert_eq!(run.stderr, "");
    let documents = serde_yaml::Deserializer::from_str(&run.stdout);
    documents
        .map(|document| Value::deserialize(document).unwrap())
        .collect()
}

fn of_kind<'a>(objects: &'a [Value], kind: &str) -> Vec<&'a Value> {
    objects
        .iter()
        .filter(|object| object["kind"] == kind)
        .collect()
}

#[test]
fn everything_but_policies_is_printed_in_an_order_in_which_it_can_be_taken() {
    let objects = printed(&["install", "--image", IMAGE]);
    let kinds: Vec<_> = objects
        .iter()
        .map(|object| object["kind"].as_str().unwrap())
        .collect();
    assert_eq!(kinds[0], "Namespace");
    assert_eq!(kinds[1..7], ["CustomResourceDefinition"; 6]);
    for kind in [
        "ClusterRole",
        "ClusterRoleBinding",
        "Deployment",
        "PodDisruptionBudget",
        "Role",
        "RoleBinding",
        "Service",
        "ServiceAccount",
    ] {
        assert!(kinds.contains(&kind), "{kind}: {kinds:?}");
    }
    assert!(
        !kinds.iter().any(|kind| kind.ends_with("ImagePolicy")),
        "{kinds:?}"
    );
}

#[test]
fn namespace_image_and_replicas_are_where_they_belong_and_nowhere_is_what_stood_there() {
    let objects = printed(&[
        "install",
        "--image",
        IMAGE,
        "-n",
        "guards",
        "--replicas",
        "5",
    ]);
    let mut namespaced = 0;
    for object in &objects {
        let cluster_wide = [
            "Namespace",
            "CustomResourceDefinition",
            "ClusterRole",
            "ClusterRoleBinding",
        ];
        let namespace = &object["metadata"]["namespace"];
        if cluster_wide.contains(&object["kind"].as_str().unwrap()) {
            assert!(namespace.is_null(), "{object}");
        } else {
            assert_eq!(namespace, "guards");
            namespaced += 1;
        }
    }
    assert!(namespaced >= 7);
    let bindings = [
        of_kind(&objects, "ClusterRoleBinding"),
        of_kind(&objects, "RoleBinding"),
    ]
    .concat();
    assert_eq!(bindings.len(), 2);
    for binding in bindings {
        assert_eq!(binding["subjects"][0]["namespace"], "guards");
    }
    let home = of_kind(&objects, "Namespace")[0];
    assert_eq!(home["metadata"]["name"], "guards");
    assert_eq!(
        home["metadata"]["labels"]["kubernetes.io/metadata.name"],
        "guards"
    );
    let [deployment] = of_kind(&objects, "Deployment")[..] else {
        panic!("one Deployment");
    };
    assert_eq!(deployment["spec"]["replicas"], 5);
    let container = &deployment["spec"]["template"]["spec"]["containers"][0];
    assert_eq!(container["image"], IMAGE);
    assert_eq!(
        container["env"][0],
        json!({"name": "DOORWARD_HOME_NAMESPACE", "valueFrom": {"fieldRef": {"fieldPath": "metadata.namespace"}}})
    );
    let text = serde_json::to_string(&objects).unwrap();
    for left in ["registry.example/doorward-webhook:", "helm.sh", "\"Helm\""] {
        assert!(!text.contains(left), "{left}");
    }
}

#[test]
fn what_is_no_image_no_namespace_and_no_number_of_replicas_is_refused() {
    let refused = |args: &[&str], fragments: &[&str]| {
        let args = [&["install"], args].concat();
        Site::new()
            .doorward(&args)
            .run()
            .expect_failure(2, fragments);
    };
    refused(&[], &["--image is required"]);
    for image in [
        "",
        "Registry/Upper",
        "a b",
        "registry.example/app@sha256:abc",
        "{{ .Values }}",
    ] {
        refused(&["--image", image], &["image"]);
    }
    for namespace in [
        "",
        "Guards",
        "a.b",
        "-a",
        "a-",
        "a b",
        "a\nb",
        &"a".repeat(64),
    ] {
        refused(
            &["--image", IMAGE, &format!("--namespace={namespace}")],
            &["hyphens"],
        );
    }
    for namespace in ["default", "kube-system", "kube-public"] {
        refused(&["--image", IMAGE, "-n", namespace], &["the webhook's own"]);
    }
    for replicas in ["0", "101", "two", "-1"] {
        refused(
            &["--image", IMAGE, &format!("--replicas={replicas}")],
            &["replicas"],
        );
    }
    refused(&["--image", IMAGE, "crds"], &["crds"]);
}

#[test]
fn presets_are_policies_that_a_cluster_takes() {
    for (preset, count) in [
        ("observe", 1),
        ("warn", 1),
        ("official-images", 1),
        ("portieris", 3),
    ] {
        let objects = printed(&["install", "policies", "--preset", preset]);
        assert_eq!(objects.len(), count, "{preset}");
    }
    let modes = ["observe", "warn"].map(|preset| {
        let objects = printed(&["install", "policies", "--preset", preset]);
        objects[0]["spec"]["repositories"][0]["policy"]["mode"]
            .as_str()
            .unwrap()
            .to_owned()
    });
    assert_eq!(modes, ["audit", "warn"]);
}

#[test]
fn each_entry_of_the_official_images_names_its_source_and_the_day_it_was_read() {
    let preset = include_str!("../../src/commands/install/presets/official-images.yaml");
    let lines: Vec<_> = preset.lines().map(str::trim).collect();
    let mut entries = 0;
    for (before, line) in lines.iter().zip(&lines[1..]) {
        if !line.starts_with("- name: \"") || *line == "- name: \"*\"" {
            continue;
        }
        entries += 1;
        let said = before
            .strip_prefix("# ")
            .unwrap_or_else(|| panic!("{line}: {before}"));
        assert!(said.contains(" From https://"), "{line}: {said}");
        let (_, day) = said.split_once(", read on ").unwrap();
        let parts: Vec<_> = day.trim_end_matches('.').split('-').map(str::len).collect();
        assert_eq!(parts, [4, 2, 2], "{line}: {said}");
        let digits = day.chars().filter(char::is_ascii_digit).count();
        assert_eq!(digits, 8, "{line}: {said}");
    }
    assert_eq!(entries, 3);
}

#[test]
fn a_preset_that_there_is_not_is_refused_with_those_that_there_are() {
    for args in [&["--preset", "everything"][..], &["--preset", ""], &[]] {
        let args = [&["install", "policies"], args].concat();
        Site::new()
            .doorward(&args)
            .run()
            .expect_failure(2, &["--preset"]);
    }
}
