//! Helm, run on the chart.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde::Deserialize as _;
use serde_json::Value;

/// What there is of Helm: its present major version, and the one before.
pub(crate) const HELMS: [&str; 2] = ["helm", "helm3"];
/// What has no default.
pub(crate) const IMAGE: &str = "--set=image.repository=registry.example/doorward-webhook";

/// The folder of the chart.
pub(crate) fn chart() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy/chart")
}

/// A file of the chart.
pub(crate) fn file(name: &str) -> String {
    std::fs::read_to_string(chart().join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// Whether both Helms are there, which is said if not.
///
/// # Panics
/// If one is missing and `DOORWARD_REQUIRE_TOOLS=1` forbids to skip tests.
pub(crate) fn is_there() -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found =
        |program: &str| std::env::split_paths(&path).any(|folder| folder.join(program).is_file());
    let missing: Vec<_> = HELMS
        .into_iter()
        .filter(|program| !found(program))
        .collect();
    if missing.is_empty() {
        return true;
    }
    let missing = missing.join(", ");
    assert!(
        std::env::var_os("DOORWARD_REQUIRE_TOOLS").is_none_or(|value| value != "1"),
        "not installed: {missing}"
    );
    eprintln!("skipped: not installed: {missing}");
    false
}

/// One Helm with these arguments, with no cluster and no settings of its own to be found.
pub(crate) fn run(helm: &str, arguments: &[&str]) -> Output {
    let home = tempfile::tempdir().unwrap();
    Command::new(helm)
        .args(arguments)
        .env_remove("KUBECONFIG")
        .env("HOME", home.path())
        .current_dir(chart())
        .output()
        .unwrap()
}

/// The documents that both Helms render, which are the same.
pub(crate) fn rendered(namespace: &str, options: &[&str]) -> Vec<Value> {
    let mut renderings = HELMS.map(|helm| {
        let mut arguments = vec!["template", "doorward", ".", "--namespace", namespace];
        arguments.extend(options);
        let output = run(helm, &arguments);
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{helm} {options:?}: {said}");
        let mut documents = documents(&String::from_utf8(output.stdout).unwrap());
        // The order of objects is Helm's to choose.
        documents.sort_by_key(name);
        documents
    });
    assert_eq!(renderings[0], renderings[1], "{options:?}");
    std::mem::take(&mut renderings[0])
}

/// The documents of a stream, without empty ones.
pub(crate) fn documents(text: &str) -> Vec<Value> {
    let documents = serde_yaml::Deserializer::from_str(text)
        .map(|document| Value::deserialize(document).unwrap());
    documents.filter(|document| !document.is_null()).collect()
}

/// Kind, namespace and name.
pub(crate) fn name(object: &Value) -> String {
    let metadata = &object["metadata"];
    let namespace = metadata["namespace"].as_str().unwrap_or_default();
    format!(
        "{} {namespace}/{}",
        object["kind"].as_str().unwrap(),
        metadata["name"].as_str().unwrap()
    )
}

/// The one object of this kind and name.
pub(crate) fn one<'a>(objects: &'a [Value], kind: &str, name: &str) -> &'a Value {
    let is_it = |object: &&Value| object["kind"] == kind && object["metadata"]["name"] == name;
    let found: Vec<_> = objects.iter().filter(is_it).collect();
    let [object] = found[..] else {
        panic!("{} of {kind} {name}", found.len());
    };
    object
}
