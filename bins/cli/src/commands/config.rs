//! `doorward config`.

use std::fmt::Display;

use clap::Args;
use doorward::Exit;
use serde::Serialize;
use serde_json::{Value, json};

use crate::failure::Outcome;
use crate::format::Format;
use crate::invocation::Invocation;
use crate::options::{AccessArgs, RulesArgs, StateArgs};
use crate::render;
use crate::settings::{AccessSettings, RulesSettings, Setting, StateSettings};
use crate::streams;
use crate::text::Text;

const FORMS: &[Format] = &[Format::Table, Format::Json, Format::Yaml];

/// Show the effective settings and where each came from
#[derive(Debug, Args)]
pub(crate) struct ConfigArgs {
    /// The form of the result
    #[arg(short, long, value_name = "FORMAT", env = "DOORWARD_OUTPUT", value_parser = Format::among(FORMS))]
    output: Option<Format>,
    #[command(flatten)]
    rules: RulesArgs,
    #[command(flatten)]
    access: AccessArgs,
    #[command(flatten)]
    state: StateArgs,
}

/// One line of the result.
#[derive(Debug, Serialize)]
struct Shown {
    setting: &'static str,
    value: Value,
    origin: String,
}

impl ConfigArgs {
    pub(crate) fn run(self, invocation: &Invocation<'_>) -> Outcome {
        let resolver = &invocation.resolver;
        // Other commands have forms that this one has not, so a form in the file is shown, not obeyed.
        let output = resolver.pick(
            "output",
            self.output.unwrap_or_default(),
            |file| file.output,
            Format::Table,
        );
        let rules = RulesSettings::new(self.rules, resolver)?;
        let access = AccessSettings::new(self.access, resolver);
        let state = StateSettings::new(self.state, resolver);
        let settings = settings(&rules, &access, &state, &output, invocation);
        let form = self.output.unwrap_or_default();
        streams::data(
            &render::form(form, &settings, || table(&settings))?,
            invocation.terminal.out,
        )?;
        Ok(Exit::Allowed)
    }
}

fn settings(
    rules: &RulesSettings,
    access: &AccessSettings,
    state: &StateSettings,
    output: &Setting<Format>,
    invocation: &Invocation<'_>,
) -> Vec<Shown> {
    let mut all = vec![
        shown("trustRoot", &access.trust_root, |v| list(v)),
        shown("allowAddress", &access.allow_address, |v| list(v)),
        shown("caFile", &access.ca_file, |v| {
            optional(v.as_ref().map(|path| path.display()))
        }),
        shown("certsDir", &access.certs_dir, |v| {
            optional(v.as_ref().map(|path| path.display()))
        }),
        shown("color", &invocation.color, |v| json!(v)),
        shown("containersPolicy", &rules.containers_policy, |v| {
            optional(v.as_ref().map(|path| path.display()))
        }),
        shown("filename", &rules.filename, |v| {
            list(v.iter().map(|path| path.display()))
        }),
        shown("homeNamespace", &rules.home_namespace, |v| json!(v)),
        shown("layout", &access.layout, |v| {
            optional(v.as_ref().map(|path| path.display()))
        }),
        shown("mirror", &access.mirrors, |v| list(v)),
        shown("namespace", &rules.namespace, |v| json!(v)),
        shown("offline", &access.offline, |v| json!(v)),
        shown("output", output, |v| json!(v)),
        shown("plainHttp", &access.plain_http, |v| list(v)),
        shown("registriesD", &rules.registries_d, |v| {
            optional(v.as_ref().map(|path| path.display()))
        }),
        shown("revocation", &rules.revocation, |v| {
            optional(v.as_ref().map(|path| path.display()))
        }),
        shown("serviceAccount", &access.service_account, |v| {
            optional(v.as_ref())
        }),
        shown(
            "sharedSecretNamespace",
            &rules.shared_secret_namespaces,
            |v| list(v),
        ),
        shown("stateDir", &state.state_dir, |v| {
            optional(v.as_ref().map(|path| path.display()))
        }),
        shown("timeout", &access.timeout, |v| json!(v.to_string())),
        shown("trustPolicy", &rules.trust_policy, |v| {
            optional(v.as_ref().map(|path| path.display()))
        }),
        shown("trustStore", &rules.trust_store, |v| {
            optional(v.as_ref().map(|path| path.display()))
        }),
    ];
    all.sort_by_key(|shown| shown.setting);
    all
}

fn shown<T>(setting: &'static str, found: &Setting<T>, value: impl FnOnce(&T) -> Value) -> Shown {
    Shown {
        setting,
        value: value(&found.value),
        origin: found.origin.to_string(),
    }
}

fn optional(value: Option<impl Display>) -> Value {
    value.map_or(Value::Null, |value| json!(value.to_string()))
}

fn list(values: impl IntoIterator<Item = impl Display>) -> Value {
    values
        .into_iter()
        .map(|value| json!(value.to_string()))
        .collect()
}

fn table(settings: &[Shown]) -> Text {
    let value = |value: &Value| match value {
        Value::Null => "-".to_owned(),
        Value::String(text) => text.clone(),
        Value::Array(values) if values.is_empty() => "-".to_owned(),
        Value::Array(values) => values
            .iter()
            .map(|value| value.as_str().unwrap_or_default())
            .collect::<Vec<_>>()
            .join(","),
        other => other.to_string(),
    };
    let rows: Vec<[String; 3]> =
        std::iter::once(["SETTING".into(), "VALUE".into(), "ORIGIN".into()])
            .chain(settings.iter().map(|shown| {
                [
                    shown.setting.to_owned(),
                    value(&shown.value),
                    shown.origin.clone(),
                ]
            }))
            .collect();
    let mut text = Text::new();
    text.columns(&rows);
    text
}
