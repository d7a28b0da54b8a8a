//! From the text of a configuration to its providers. Every mistake is collected, none ends the walk.

use std::collections::BTreeSet;

use doorward_core::text::{is_disruptive, one_line};
use doorward_policy::schema::nearest;
use doorward_policy::{Document, read_documents};
use serde_json::{Map, Value};

use super::{ApiVersion, Configuration, ConfigurationError, Provider};
use crate::{ImagePattern, duration};

/// The most providers.
const MAX_PROVIDERS: usize = 64;
/// The most items of a list of a provider.
const MAX_ITEMS: usize = 1024;
/// The most mistakes that are told.
const MAX_PROBLEMS: usize = 20;
/// The longest name of a file on the systems that providers run on.
const MAX_NAME: usize = 255;
/// How much of a name or pattern is shown.
const SHOWN: usize = 80;

const KIND: &str = "CredentialProviderConfig";
const VERSIONS: [&str; 3] = [
    "kubelet.config.k8s.io/v1",
    "kubelet.config.k8s.io/v1beta1",
    "kubelet.config.k8s.io/v1alpha1",
];
const OF_DOCUMENT: &[&str] = &["apiVersion", "kind", "providers"];
const OF_PROVIDER: &[&str] = &[
    "apiVersion",
    "args",
    "defaultCacheDuration",
    "env",
    "matchImages",
    "name",
    "tokenAttributes",
];
const OF_VARIABLE: &[&str] = &["name", "value"];

pub(super) fn read(source: &str, bytes: &[u8]) -> Result<Configuration, ConfigurationError> {
    let what = || one_line(source, SHOWN);
    if bytes.len() > Configuration::MAX_BYTES {
        return Err(ConfigurationError::TooLarge { what: what() });
    }
    let kind = |why: String| ConfigurationError::Kind { what: what(), why };
    let (documents, diagnostics) = read_documents(source, bytes);
    if let Some(diagnostic) = diagnostics.first() {
        return Err(ConfigurationError::Text(diagnostic.to_string()));
    }
    let mut documents = documents.into_iter();
    let (api_version, found, value, fault) = match (documents.next(), documents.next()) {
        (
            Some(Document::Other {
                api_version,
                kind,
                value,
                fault,
                ..
            }),
            None,
        ) => (api_version, kind, value, fault),
        (Some(_), Some(_)) => return Err(kind("it has more than one document".to_owned())),
        _ => return Err(kind("it has no apiVersion and kind of one".to_owned())),
    };
    if found != KIND || !VERSIONS.contains(&api_version.as_str()) {
        return Err(kind(format!(
            "it is a {} of {}, not a {KIND} of {}, v1beta1 or v1alpha1",
            one_line(&found, SHOWN),
            one_line(&api_version, SHOWN),
            VERSIONS[0],
        )));
    }
    if let Some(fault) = fault {
        return Err(ConfigurationError::Text(fault.to_string()));
    }
    let mut reader = Reader::default();
    let configuration = reader.configuration(&value);
    if reader.problems.is_empty() {
        return Ok(configuration);
    }
    Err(ConfigurationError::Invalid {
        problems: reader.problems,
    })
}

#[derive(Default)]
struct Reader {
    problems: Vec<String>,
}

impl Reader {
    fn wrong(&mut self, place: &str, why: impl std::fmt::Display) {
        if self.problems.len() < MAX_PROBLEMS {
            self.problems.push(format!("{place}: {why}"));
        }
    }

    fn configuration(&mut self, value: &Value) -> Configuration {
        let mut providers = Vec::new();
        if let Some(members) = self.members(value, "", OF_DOCUMENT) {
            let mut names = BTreeSet::new();
            let items = self.list(members, "providers", "providers", MAX_PROVIDERS);
            if items.is_empty() {
                self.wrong("providers", "there is none, and one at least is needed");
            }
            for (index, item) in items.iter().enumerate() {
                let place = format!("providers[{index}]");
                let Some(provider) = self.provider(item, &place) else {
                    continue;
                };
                if !names.insert(provider.name.clone()) {
                    let why = format!("{} stands here twice", one_line(&provider.name, SHOWN));
                    self.wrong(&format!("{place}.name"), why);
                }
                providers.push(provider);
            }
        }
        Configuration { providers }
    }

    fn provider(&mut self, value: &Value, place: &str) -> Option<Provider> {
        let members = self.members(value, place, OF_PROVIDER)?;
        let at = |field: &str| format!("{place}.{field}");
        if members.get("tokenAttributes").is_some_and(|v| !v.is_null()) {
            self.wrong(
                &at("tokenAttributes"),
                "tokens of the workload's service account are not supported, and without one this provider would answer \
                 for somebody else",
            );
        }
        let name = self.needed(members, "name", place);
        if let Some(why) = name.and_then(no_name) {
            self.wrong(&at("name"), why);
        }
        let version = self.needed(members, "apiVersion", place).and_then(|text| {
            let known = ApiVersion::ALL.into_iter().find(|v| v.as_str() == text);
            if known.is_none() {
                let all = ApiVersion::ALL.map(ApiVersion::as_str).join(", ");
                let why = format!("{} is none of {all}", one_line(text, SHOWN));
                self.wrong(&at("apiVersion"), why);
            }
            known
        });
        let field = "defaultCacheDuration";
        let span = self.needed(members, field, place).and_then(|text| {
            let span = duration::parse(text);
            if span.is_none() {
                let why = format!(
                    "{} is no time as Go writes it, such as 10m, that is not negative",
                    one_line(text, SHOWN)
                );
                self.wrong(&at(field), why);
            }
            span
        });
        let match_images = self.patterns(members, &at("matchImages"));
        let args = self.texts(members, "args", &at("args"));
        let env = self.variables(members, &at("env"));
        Some(Provider {
            name: name?.to_owned(),
            match_images,
            default_cache_duration: span?,
            api_version: version?,
            args,
            env,
        })
    }

    fn patterns(&mut self, members: &Map<String, Value>, place: &str) -> Vec<ImagePattern> {
        let items = self.texts(members, "matchImages", place);
        if items.is_empty() {
            self.wrong(place, "there is none, and one at least is needed");
        }
        let mut patterns = Vec::with_capacity(items.len());
        for (index, text) in items.iter().enumerate() {
            match ImagePattern::parse(text) {
                Ok(pattern) => patterns.push(pattern),
                Err(why) => {
                    let why = format!("{}: {why}", one_line(text, SHOWN));
                    self.wrong(&format!("{place}[{index}]"), why);
                }
            }
        }
        patterns
    }

    fn variables(&mut self, members: &Map<String, Value>, place: &str) -> Vec<(String, String)> {
        let mut variables = Vec::new();
        for (index, item) in self
            .list(members, "env", place, MAX_ITEMS)
            .iter()
            .enumerate()
        {
            let place = format!("{place}[{index}]");
            let Some(members) = self.members(item, &place, OF_VARIABLE) else {
                continue;
            };
            let Some(name) = self.needed(members, "name", &place) else {
                continue;
            };
            if name.is_empty() || name.contains(['=', '\0']) {
                self.wrong(&format!("{place}.name"), "a variable cannot be called so");
            }
            let at = format!("{place}.value");
            let value = match members.get("value") {
                None | Some(Value::Null) => "",
                Some(value) => self.text(value, &at).unwrap_or_default(),
            };
            variables.push((name.to_owned(), value.to_owned()));
        }
        variables
    }

    /// The members of an object, of which those are told that are not `known`.
    fn members<'v>(
        &mut self,
        value: &'v Value,
        place: &str,
        known: &[&str],
    ) -> Option<&'v Map<String, Value>> {
        let Some(members) = value.as_object() else {
            self.wrong(place, "it is no mapping");
            return None;
        };
        for name in members
            .keys()
            .filter(|name| !known.contains(&name.as_str()))
        {
            let dot = if place.is_empty() { "" } else { "." };
            let at = format!("{place}{dot}{}", one_line(name, SHOWN));
            match nearest(name, known.iter().copied()) {
                Some(meant) => self.wrong(
                    &at,
                    format!("there is no such field; did you mean `{meant}`?"),
                ),
                None => self.wrong(&at, "there is no such field"),
            }
        }
        Some(members)
    }

    fn needed<'v>(
        &mut self,
        members: &'v Map<String, Value>,
        name: &str,
        place: &str,
    ) -> Option<&'v str> {
        let at = format!("{place}.{name}");
        match members.get(name) {
            None | Some(Value::Null) => {
                self.wrong(&at, "it is missing");
                None
            }
            Some(value) => self.text(value, &at),
        }
    }

    /// A text that a process can be given. Nothing of another value is shown.
    fn text<'v>(&mut self, value: &'v Value, place: &str) -> Option<&'v str> {
        let text = value.as_str();
        match text {
            None => self.wrong(place, "it is no text; put it into quotation marks"),
            Some(text) if text.contains('\0') => self.wrong(place, "it has a zero byte"),
            Some(_) => {}
        }
        text
    }

    fn texts(&mut self, members: &Map<String, Value>, name: &str, place: &str) -> Vec<String> {
        let mut texts = Vec::new();
        for (index, item) in self
            .list(members, name, place, MAX_ITEMS)
            .iter()
            .enumerate()
        {
            if let Some(text) = self.text(item, &format!("{place}[{index}]")) {
                texts.push(text.to_owned());
            }
        }
        texts
    }

    fn list<'v>(
        &mut self,
        members: &'v Map<String, Value>,
        name: &str,
        place: &str,
        most: usize,
    ) -> &'v [Value] {
        match members.get(name) {
            None | Some(Value::Null) => &[],
            Some(Value::Array(items)) if items.len() <= most => items,
            Some(Value::Array(_)) => {
                self.wrong(place, format!("it has more than {most} items"));
                &[]
            }
            Some(_) => {
                self.wrong(place, "it is no list");
                &[]
            }
        }
    }
}

/// Why a text is no name of a provider, if it is none.
fn no_name(name: &str) -> Option<&'static str> {
    match name {
        "" => Some("it is empty"),
        "." | ".." => Some("it names a folder"),
        _ if name.contains(['/', '\\']) => {
            Some("it has a slash, and names a file of the folder of providers")
        }
        _ if name.chars().any(|c| c.is_whitespace() || is_disruptive(c)) => {
            Some("it has white space or a character that is not seen")
        }
        _ if name.len() > MAX_NAME => Some("it is longer than 255 bytes"),
        _ => None,
    }
}
