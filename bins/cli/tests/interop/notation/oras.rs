//! `oras`, as somebody uses it who attaches things to images.

use std::collections::BTreeSet;
use std::fs;

use serde_json::Value;

use super::site::Site;
use crate::tools::must;

impl Site {
    /// Runs `oras` over plain HTTP, and gives what it printed.
    fn oras(&self, arguments: &[&str]) -> Vec<u8> {
        let mut command = self.program("oras");
        must(command.args(arguments))
    }

    /// Attaches a document to an image, and says what it is called by digest.
    pub(super) fn attach(&self, image: &str, kind: &str, content: &str) -> String {
        self.attach_as(image, kind, kind, content)
    }

    /// The same, where the type of the layer is not that of the artifact.
    pub(super) fn attach_as(&self, image: &str, kind: &str, layer: &str, content: &str) -> String {
        fs::write(self.path("document"), content).unwrap();
        let (repository, _) = image.split_once('@').unwrap();
        let printed = self.oras(&[
            "attach",
            "--plain-http",
            "--format",
            "json",
            "--artifact-type",
            kind,
            image,
            &format!("document:{layer}"),
        ]);
        let printed: Value = serde_json::from_slice(&printed).unwrap();
        format!("{repository}@{}", printed["digest"].as_str().unwrap())
    }

    /// What refers to an image, to any depth: digest and type.
    pub(super) fn discover(&self, image: &str) -> BTreeSet<(String, String)> {
        let listed = self.oras(&["discover", "--plain-http", "--format", "json", image]);
        let mut found = BTreeSet::new();
        let mut open = vec![serde_json::from_slice::<Value>(&listed).unwrap()];
        while let Some(node) = open.pop() {
            for referrer in node["referrers"].as_array().into_iter().flatten() {
                found.insert(digest_and_type(referrer));
                open.push(referrer.clone());
            }
        }
        found
    }

    /// Copies what `from` names to `to`, with these options.
    pub(super) fn copy(&self, from: &str, to: &str, options: &[&str]) {
        let copy = ["cp", "--from-plain-http", "--to-plain-http", from, to];
        self.oras(&[&copy, options].concat());
    }

    /// Lets the list of what refers to one image be that of another of the repository, as anybody may who can push.
    pub(super) fn list_as(&self, of: &str, image: &str) {
        let tag = |name: &str| name.rsplit('@').next().unwrap().replace(':', "-");
        let (repository, _) = of.split_once('@').unwrap();
        let list = format!("{repository}:{}", tag(of));
        self.oras(&["tag", "--plain-http", &list, &tag(image)]);
    }

    /// The one layer of an artifact.
    pub(super) fn layer(&self, artifact: &str) -> Vec<u8> {
        let manifest = self.oras(&["manifest", "fetch", "--plain-http", artifact]);
        let manifest: Value = serde_json::from_slice(&manifest).unwrap();
        let digest = manifest["layers"][0]["digest"].as_str().unwrap();
        let (repository, _) = artifact.split_once('@').unwrap();
        let blob = format!("{repository}@{digest}");
        self.oras(&["blob", "fetch", "--plain-http", "--output", "-", &blob])
    }
}

/// What names a referrer, in what `oras discover` and `doorward inspect` list.
pub(super) fn digest_and_type(referrer: &Value) -> (String, String) {
    let text = |member: &str| referrer[member].as_str().unwrap().to_owned();
    (text("digest"), text("artifactType"))
}
