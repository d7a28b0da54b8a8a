//! `doorward install`: the namespace, the definitions, the rights and the webhook.

use anyhow::Context as _;
use clap::Args;
use doorward::Exit;
use doorward_core::Reference;
use doorward_policy::Group;
use serde::Deserialize as _;
use serde_json::{Value, json};

use crate::definitions;
use crate::failure::{Failure, Outcome};
use crate::render::program::Output;
use crate::streams;
use crate::style::Style;

/// What the chart gives with its own values. Generated: `scripts/generate`.
const MANIFESTS: &str = include_str!("manifests.yaml");
/// As many as the chart takes.
const MOST_REPLICAS: i64 = 100;

#[derive(Debug, Args)]
pub(super) struct EverythingArgs {
    /// The image of the webhook that you built and pushed, best by digest. Required without a subcommand
    #[arg(long, value_name = "IMAGE")]
    image: Option<String>,
    /// The namespace that the webhook runs in. Nothing in it is judged
    #[arg(short, long, value_name = "NAMESPACE", default_value = "doorward", value_parser = namespace)]
    namespace: String,
    /// How many replicas run
    #[arg(long, value_name = "COUNT", default_value_t = 2, value_parser = clap::value_parser!(i64).range(1..=MOST_REPLICAS))]
    replicas: i64,
}

/// A name that a namespace can have (RFC 1123, a label), but for those that the platform's own Pods run in.
fn namespace(text: &str) -> Result<String, String> {
    let inner = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    let is_label = (1..=63).contains(&text.len())
        && text.chars().all(inner)
        && !text.starts_with('-')
        && !text.ends_with('-');
    if !is_label {
        return Err("expected at most 63 lower-case letters, digits and inner hyphens".to_owned());
    }
    if text == "default" || text.starts_with("kube-") {
        return Err(
            "expected a namespace of the webhook's own, for nothing in it is judged".to_owned(),
        );
    }
    Ok(text.to_owned())
}

impl EverythingArgs {
    pub(super) fn run(self) -> Outcome {
        let image = self.image.as_deref().ok_or_else(|| {
            Failure::usage(
                "--image is required: the image of the webhook that you built and pushed",
            )
        })?;
        image.parse::<Reference>().map_err(|error| {
            Failure::new(Exit::Usage, anyhow::Error::new(error).context("--image"))
        })?;
        let text = self.manifests(image).map_err(Failure::internal)?;
        streams::data(&Output::generated(text).into(), Style::plain())?;
        Ok(Exit::Allowed)
    }

    fn manifests(&self, image: &str) -> anyhow::Result<String> {
        let mut texts = vec![serde_yaml::to_string(&home(&self.namespace))?];
        let definitions = definitions::files(Group::ALL)?;
        texts.extend(definitions.into_iter().map(|(_, text)| text));
        for document in serde_yaml::Deserializer::from_str(MANIFESTS) {
            let mut object = Value::deserialize(document)?;
            self.place(&mut object, image)?;
            texts.push(serde_yaml::to_string(&object)?);
        }
        Ok(texts.join("---\n"))
    }

    /// Puts the namespace, the image and the number of replicas where an object has them.
    fn place(&self, object: &mut Value, image: &str) -> anyhow::Result<()> {
        if let Some(namespace) = object.pointer_mut("/metadata/namespace") {
            *namespace = self.namespace.as_str().into();
        }
        let subjects = object.get_mut("subjects").and_then(Value::as_array_mut);
        for subject in subjects.into_iter().flatten() {
            *subject
                .get_mut("namespace")
                .context("a subject without namespace")? = self.namespace.as_str().into();
        }
        if object.get("kind").and_then(Value::as_str) == Some("Deployment") {
            *object
                .pointer_mut("/spec/replicas")
                .context("a Deployment without replicas")? = self.replicas.into();
            *object
                .pointer_mut("/spec/template/spec/containers/0/image")
                .context("a Deployment without an image")? = image.into();
        }
        Ok(())
    }
}

/// The namespace of the webhook. Servers before 1.21 do not set the label by which it is left out themselves.
fn home(name: &str) -> Value {
    json!({
        "apiVersion": "v1", "kind": "Namespace",
        "metadata": {"name": name, "labels": {
            "kubernetes.io/metadata.name": name,
            "pod-security.kubernetes.io/enforce": "restricted",
        }},
    })
}
