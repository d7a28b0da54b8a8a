//! How the webhook is set up, as the options of its Deployment say.

use std::time::Duration;

use serde_json::Value;

use super::option_duration::option_duration;
use crate::armament::{Armament, CONFIGURATIONS};
use crate::custom::CustomWorkloads;

/// What the webhook was told, with its own defaults where it was told nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Setup {
    /// The namespace of the webhook.
    pub home: String,
    /// The Service that leads to it.
    pub service: String,
    /// That Service's port.
    pub port: u16,
    /// The Secret with its certificate, and the item in it, if it is in one.
    pub secret: Option<(String, String)>,
    /// Its account.
    pub account: String,
    /// Whether it writes its configurations itself.
    pub arms: bool,
    /// Whether its options are known. Otherwise those of this are defaults.
    pub is_known: bool,
    /// Whether the Deployment takes some of them from other objects, which are not read.
    pub options_are_elsewhere: bool,
    /// Whether it is known which Service leads to it: by its options, or by a configuration that leads to its namespace.
    pub service_is_known: bool,
    timeout: Duration,
    excluded: Vec<String>,
    custom: CustomWorkloads,
}

impl Setup {
    /// Of a Deployment in the namespace `home`, as the chart makes it; without one, of the Service in `home` that one of these
    /// webhook configurations leads to.
    pub(crate) fn of<'a>(
        home: &str,
        deployment: Option<&Value>,
        configurations: impl IntoIterator<Item = &'a Value>,
    ) -> Self {
        let mut setup = Self::of_deployment(home, deployment);
        if !setup.is_known
            && let Some((service, port)) = leading(home, configurations)
        {
            setup.service = service;
            setup.port = port;
            setup.service_is_known = true;
        }
        setup
    }

    fn of_deployment(home: &str, deployment: Option<&Value>) -> Self {
        let pod = deployment.and_then(|deployment| deployment.pointer("/spec/template/spec"));
        let options = Options::of(pod);
        let service = options.one("service").unwrap_or_default();
        let (service, port) = service.split_once(':').unwrap_or((&service, ""));
        let pod_specs = options.all("workload");
        let images = options.all("image-field");
        let custom = CustomWorkloads::parse(
            pod_specs.iter().map(String::as_str),
            images.iter().map(String::as_str),
        );
        let account = pod.and_then(|pod| pod["serviceAccountName"].as_str());
        Self {
            home: home.to_owned(),
            service: match service {
                "" => "doorward".to_owned(),
                service => service.to_owned(),
            },
            port: port.parse().unwrap_or(443),
            secret: secret(&options, pod),
            account: account.unwrap_or("doorward").to_owned(),
            arms: options.has("arm"),
            options_are_elsewhere: options.are_elsewhere,
            is_known: pod.is_some() && !options.are_elsewhere,
            service_is_known: pod.is_some() && !options.are_elsewhere,
            timeout: options
                .one("timeout")
                .and_then(|text| option_duration(&text).ok())
                .unwrap_or(Duration::from_secs(10)),
            excluded: options.all("exclude-namespace"),
            // What the webhook refuses, it does not run with.
            custom: custom.unwrap_or_default(),
        }
    }

    /// What the configurations are to say.
    pub(super) fn armament(&self) -> Armament {
        Armament {
            service: self.service.clone(),
            port: self.port,
            home: self.home.clone(),
            timeout: self.timeout,
            authorities: Vec::new(),
            excluded: self.excluded.clone(),
            extra: self.custom.in_every_version(),
        }
    }

    /// The namespaces that are left out beside its own.
    pub(super) fn excluded(&self) -> &[String] {
        &self.excluded
    }
}

/// The options that are looked at.
const LOOKED_AT: [&str; 8] = [
    "arm",
    "exclude-namespace",
    "image-field",
    "service",
    "timeout",
    "tls-cert",
    "tls-secret",
    "workload",
];

/// The variable of an option.
fn variable(option: &str) -> String {
    format!("DOORWARD_{}", option.to_ascii_uppercase().replace('-', "_"))
}

/// Options and variables of a container.
struct Options {
    words: Vec<String>,
    variables: Vec<(String, String)>,
    /// Whether variables of the webhook come from other objects.
    are_elsewhere: bool,
}

impl Options {
    fn of(pod: Option<&Value>) -> Self {
        let containers = pod.and_then(|pod| pod["containers"].as_array());
        let containers = containers.map(Vec::as_slice).unwrap_or_default();
        let container = containers
            .iter()
            .find(|container| container["name"] == "webhook")
            .or_else(|| containers.first())
            .unwrap_or(&Value::Null);
        let texts = |member: &str| {
            let list = container[member].as_array().into_iter().flatten();
            list.filter_map(Value::as_str).map(str::to_owned)
        };
        let variables = container["env"].as_array().into_iter().flatten();
        let from_elsewhere = |one: &Value| {
            let name = one["name"].as_str().unwrap_or_default();
            let is_looked_at = LOOKED_AT.iter().any(|option| variable(option) == name);
            is_looked_at && one["valueFrom"].is_object()
        };
        let whole = container["envFrom"].as_array();
        let are_elsewhere = whole.is_some_and(|sources| !sources.is_empty())
            || variables.clone().any(from_elsewhere);
        let variables = variables.filter_map(|one| {
            let text = |member: &str| one[member].as_str().map(str::to_owned);
            Some((text("name")?, text("value")?))
        });
        Self {
            words: texts("command").chain(texts("args")).collect(),
            variables: variables.collect(),
            are_elsewhere,
        }
    }

    /// The values of an option, `--name=value` or `--name value`; those of its variable if it is not among the options.
    fn all(&self, name: &str) -> Vec<String> {
        let mut values: Vec<&str> = Vec::new();
        let mut words = self.words.iter().map(String::as_str).peekable();
        while let Some(word) = words.next() {
            let Some(rest) = word
                .strip_prefix("--")
                .and_then(|word| word.strip_prefix(name))
            else {
                continue;
            };
            match (rest.strip_prefix('='), rest) {
                (Some(value), _) => values.push(value),
                (None, "") => values.extend(words.peek().filter(|next| !next.starts_with("--"))),
                _ => {}
            }
        }
        if values.is_empty() {
            let variable = variable(name);
            let set = self.variables.iter().find(|(name, _)| *name == variable);
            values.extend(set.map(|(_, value)| value.as_str()));
        }
        let each = values.iter().flat_map(|value| value.split(','));
        let each = each.map(str::trim).filter(|value| !value.is_empty());
        each.map(str::to_owned).collect()
    }

    fn one(&self, name: &str) -> Option<String> {
        self.all(name).pop()
    }

    fn has(&self, name: &str) -> bool {
        let option = format!("--{name}");
        self.words.contains(&option) || self.one(name).is_some_and(|value| value == "true")
    }
}

/// The Service of the namespace that a configuration of a planned name leads to, and its port.
fn leading<'a>(
    home: &str,
    configurations: impl IntoIterator<Item = &'a Value>,
) -> Option<(String, u16)> {
    let ours = configurations.into_iter().filter(|configuration| {
        let name = &configuration["metadata"]["name"];
        CONFIGURATIONS.iter().any(|(_, _, planned)| name == planned)
    });
    let webhooks = ours
        .flat_map(|configuration| configuration["webhooks"].as_array())
        .flatten();
    let mut services = webhooks.map(|webhook| &webhook["clientConfig"]["service"]);
    let service = services.find(|service| service["namespace"] == home)?;
    let port = service["port"].as_u64().unwrap_or(443);
    Some((
        service["name"].as_str()?.to_owned(),
        u16::try_from(port).ok()?,
    ))
}

/// Where the serving certificate is: in the Secret that is named, or in the one that is mounted where the file is.
fn secret(options: &Options, pod: Option<&Value>) -> Option<(String, String)> {
    if let Some(name) = options.one("tls-secret") {
        return Some((name, "tls.crt".to_owned()));
    }
    let file = options.one("tls-cert")?;
    let (folder, item) = file.rsplit_once('/')?;
    let containers = pod?["containers"].as_array()?;
    let mut mounts = containers
        .iter()
        .flat_map(|container| container["volumeMounts"].as_array())
        .flatten();
    let is_there = |mount: &&Value| {
        let path = mount["mountPath"].as_str().unwrap_or_default();
        path.trim_end_matches('/') == folder
    };
    let volume = &mounts.find(is_there)?["name"];
    let mut volumes = pod?["volumes"].as_array()?.iter();
    let volume = volumes.find(|one| one["name"] == *volume)?;
    let name = volume["secret"]["secretName"].as_str()?;
    Some((name.to_owned(), item.to_owned()))
}
