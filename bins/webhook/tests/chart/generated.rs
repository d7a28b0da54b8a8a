//! What is generated from the chart: the manifests that `doorward install` prints, and the chart's README.

use std::fmt::Write as _;
use std::path::Path;

use crate::helm::{IMAGE, is_there, rendered};
use crate::values::described;

/// Holds a file against the text that it should have, or writes it if that is wanted.
fn held_or_written(name: &str, text: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../..")
        .join(name);
    if std::env::var_os("DOORWARD_BLESS").is_some_and(|bless| bless == "1") {
        std::fs::write(&path, text).unwrap();
    } else {
        let there = std::fs::read_to_string(&path).unwrap();
        assert!(there == text, "{name} is out of date: run scripts/generate");
    }
}

#[test]
fn generated_manifests_are_those_that_the_chart_gives() {
    if !is_there() {
        return;
    }
    let mut objects = rendered("doorward", &[IMAGE, "--set=policies.preset=none"]);
    // Last what needs the others: its Pods are not made before the account is there.
    objects.sort_by_key(|object| object["kind"] == "Deployment");
    let texts: Vec<_> = objects
        .iter_mut()
        .map(|object| {
            unlabelled(object);
            serde_yaml::to_string(object).unwrap()
        })
        .collect();
    let head = "# What the chart gives with its own values. Generated: scripts/generate; do not edit by hand.\n";
    let text = format!("{head}{}", texts.join("---\n"));
    held_or_written("bins/cli/src/commands/install/manifests.yaml", &text);
}

/// Takes away the labels that say that Helm did it.
fn unlabelled(object: &mut serde_json::Value) {
    for path in ["/metadata/labels", "/spec/template/metadata/labels"] {
        if let Some(labels) = object
            .pointer_mut(path)
            .and_then(serde_json::Value::as_object_mut)
        {
            labels.remove("helm.sh/chart");
            labels.remove("app.kubernetes.io/managed-by");
        }
    }
}

const HEAD: &str = "\
# The chart `doorward`

<!-- The table is generated from values.yaml: scripts/generate. -->

    helm install doorward bins/webhook/deploy/chart --namespace doorward --create-namespace \\
      --set image.repository=REGISTRY/doorward-webhook --set image.digest=sha256:…

The [guide](../../../../docs/guides/install.md) says what comes before and after. Nothing is asked of the cluster while it is rendered,
and nothing is a hook: `helm template`, Flux and Argo CD give the same. There is one release a cluster.

| value | default | |
|---|---|---|
";

#[test]
fn generated_readme_of_the_chart_has_all_values() {
    let mut text = HEAD.to_owned();
    for (path, default, said) in described() {
        let said = said.replace('|', "\\|");
        let _ = writeln!(text, "| `{path}` | `{default}` | {said} |");
    }
    held_or_written("bins/webhook/deploy/chart/README.md", &text);
}
