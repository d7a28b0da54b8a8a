//! What a rule says about all its results.

use std::sync::Arc;

use doorward_core::json::Value;

use crate::member::Node;
use crate::scan::Places;
use crate::{DocumentError, PackageUrl, Severity};

use super::identifier;
use super::told::Told;

/// A rule of a component (3.49), read once.
pub(super) struct Rule {
    pub(super) id: Arc<str>,
    pub(super) guid: Option<String>,
    /// What findings of it are called: the identifier at the beginning of its own, and its own where that is another.
    pub(super) names: (Arc<str>, Option<Arc<str>>),
    pub(super) told: Told,
    pub(super) mentions: Arc<[Arc<str>]>,
    pub(super) purls: Option<Places>,
    /// The level of its results that have none (3.49.14).
    pub(super) level: Option<String>,
}

impl Rule {
    pub(super) fn read(rule: &Node<'_>) -> Result<Self, DocumentError> {
        rule.without_twins(&["id", "guid", "help", "properties", "defaultConfiguration"])?;
        let id: Arc<str> = rule.required_name("id")?.into();
        let mut told = Told::by(rule, "help")?;
        let mut purls = None;
        if let Some(properties) = rule.member("properties")? {
            told.severity = told.severity.max(read_properties(&properties)?);
            purls = read_purls(&properties)?;
        }
        let level = match rule.member("defaultConfiguration")? {
            Some(configuration) => {
                configuration.without_twins(&["level"])?;
                configuration.name("level")?.map(str::to_owned)
            }
            None => None,
        };
        let mentions = std::mem::take(&mut told.mentions).into();
        rule.effort().hold(size_of::<Self>() + 3 * id.len())?;
        Ok(Self {
            names: names(&id),
            id,
            guid: rule.name("guid")?.map(str::to_owned),
            told,
            mentions,
            purls,
            level,
        })
    }
}

/// A rule of Grype is one vulnerability in one package: `CVE-2021-44228-log4j-core`.
pub(super) fn names(id: &Arc<str>) -> (Arc<str>, Option<Arc<str>>) {
    match identifier::leading(id) {
        Some(leading) if *leading != **id => (leading.into(), Some(Arc::clone(id))),
        _ => (Arc::clone(id), None),
    }
}

/// The packages. One that cannot be read leaves them untold: a statement about the others must not cover it.
fn read_purls(properties: &Node<'_>) -> Result<Option<Places>, DocumentError> {
    let mut purls = Vec::new();
    for purl in properties.elements("purls")? {
        let Ok(url) = PackageUrl::parse(purl.as_text()?) else {
            return Ok(None);
        };
        properties.effort().hold(url.held())?;
        purls.push(url);
    }
    Ok((!purls.is_empty()).then(|| Arc::from([Arc::from(purls)])))
}

/// The worst of the score and the tags. Both write 0.0 where they have no score: it says nothing beside a word.
fn read_properties(properties: &Node<'_>) -> Result<Option<Severity>, DocumentError> {
    properties.without_twins(&["tags", "security-severity", "purls"])?;
    let mut told = None;
    for tag in properties.elements("tags")? {
        let tag = tag.as_text()?;
        if Severity::ALL
            .iter()
            .any(|severity| severity.as_str().eq_ignore_ascii_case(tag))
        {
            told = told.max(Some(Severity::reported(tag)));
        }
    }
    if let Some(score) = properties.member("security-severity")? {
        let (Value::String(text) | Value::Number(text)) = score.value() else {
            return Err(score.malformed("a score"));
        };
        let score: f64 = text.trim().parse().unwrap_or(f64::NAN);
        if score != 0.0 {
            told = told.max(Some(Severity::from_cvss(score)));
        }
    }
    Ok(told)
}
