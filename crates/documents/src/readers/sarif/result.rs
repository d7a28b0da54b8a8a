//! Results, each with the rule that it is of.

use std::sync::Arc;

use crate::member::Node;
use crate::{DocumentError, Finding, Fix, Severity};

use super::component::Components;
use super::index_of;
use super::rule::{Rule, names};
use super::told::Told;

pub(super) fn read(result: &Node<'_>, components: &Components) -> Result<Finding, DocumentError> {
    let (id, rule) = rule_of(result, components)?;
    let told = Told::by(result, "message")?;
    let of_rule = rule.map(|rule| &rule.told);
    let severity = told.severity.max(of_rule.and_then(|rule| rule.severity));
    let or_rule = |own: &Option<Arc<str>>, of: fn(&Told) -> &Option<Arc<str>>| {
        own.clone()
            .or_else(|| of_rule.and_then(|rule| of(rule).clone()))
    };
    let (id, alias) = match (id, rule) {
        // The name of the rule is shared by all its results.
        (None, Some(rule)) => rule.names.clone(),
        (Some(id), Some(rule)) if *id == *rule.id => rule.names.clone(),
        (Some(id), _) => names(&Arc::from(id)),
        (None, None) => return Err(result.malformed("a result with a rule")),
    };
    let mentions_of_rule: Arc<[Arc<str>]> = rule
        .map(|rule| Arc::clone(&rule.mentions))
        .unwrap_or_default();
    let mut mentions = told.mentions;
    mentions.retain(|id| !mentions_of_rule.contains(id));
    Ok(Finding {
        id,
        aliases: alias.into_iter().collect(),
        package: or_rule(&told.package, |rule| &rule.package),
        version: or_rule(&told.version, |rule| &rule.version),
        // That no line tells a fixed version does not say that there is none.
        fix: or_rule(&told.fixed, |rule| &rule.fixed).map_or(Fix::Unknown, Fix::Available),
        // A level alone is a word about the rule, which may not be there.
        severity: match (severity, rule) {
            (Some(told), _) => told,
            (None, Some(rule)) => level_of(result, rule)?,
            (None, None) => Severity::Unknown,
        },
        mentions,
        mentions_of_rule,
        purls: rule
            .and_then(|rule| rule.purls.clone())
            .into_iter()
            .collect(),
    })
}

/// The identifier that a result tells, and its rule (3.27.5 to 3.27.7, 3.52). Whatever there is must agree.
///
/// The rule is that of the component which the result names (3.52.7, 3.54). If that is not found there is none, and what no
/// rule tells is unknown, which is graver than critical.
fn rule_of<'c>(
    result: &Node<'_>,
    components: &'c Components,
) -> Result<(Option<String>, Option<&'c Rule>), DocumentError> {
    let disagree = || result.malformed("one rule per result");
    let mut id = result.name("ruleId")?.map(str::to_owned);
    let mut index = index_of(result, "ruleIndex")?;
    let mut component = Some(components.driver());
    let mut guid = None;
    if let Some(reference) = result.member("rule")? {
        reference.without_twins(&["id", "index", "guid", "toolComponent"])?;
        if let Some(named) = reference.member("toolComponent")? {
            component = components.find(&named)?;
        }
        let other = reference.name("id")?.map(str::to_owned);
        if id.is_some() && other.is_some() && id != other {
            return Err(disagree());
        }
        id = id.or(other);
        let other = index_of(&reference, "index")?;
        if index.is_some() && other.is_some() && index != other {
            return Err(disagree());
        }
        index = index.or(other);
        guid = reference.name("guid")?.map(str::to_owned);
    }
    let Some(component) = component else {
        if id.is_none() {
            return Err(result.malformed("a result with the id of its rule"));
        }
        return Ok((id, None));
    };
    let rule = match (index, &id) {
        (Some(index), _) => Some(
            component
                .at(index)
                .ok_or_else(|| result.malformed("the index of a rule that is there"))?,
        ),
        (None, Some(id)) => component.called(id),
        (None, None) => return Err(result.malformed("a result with a rule")),
    };
    if let (Some(id), Some(rule)) = (&id, rule) {
        // The id of a result may be that of its rule with further parts (3.27.5).
        let further = id.strip_prefix(&*rule.id);
        if !further.is_some_and(|rest| rest.is_empty() || rest.starts_with('/')) {
            return Err(disagree());
        }
    }
    if let (Some(guid), Some(known)) = (&guid, rule.and_then(|rule| rule.guid.as_ref()))
        && !guid.eq_ignore_ascii_case(known)
    {
        return Err(disagree());
    }
    Ok((id, rule))
}

/// What the level says alone (3.27.10, 3.58.6). It is coarse: `error` is anything from high up, and none, or one that
/// is not there, says nothing.
fn level_of(result: &Node<'_>, rule: &Rule) -> Result<Severity, DocumentError> {
    Ok(match result.name("level")?.or(rule.level.as_deref()) {
        Some("error") => Severity::Critical,
        Some("warning") => Severity::Medium,
        Some("note") => Severity::Low,
        _ => Severity::Unknown,
    })
}
