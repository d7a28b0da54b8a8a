//! What holds between fields, as expressions of CEL, and what an API server reckons that they cost.

use serde_json::{Value, json};

use crate::Group;
use crate::schema::{Mapping, Only, Rule};

use super::place::Place;

/// The most that an API server lets one expression cost, over all places where it is evaluated
/// (`StaticEstimatedCostLimit` of `k8s.io/apiextensions-apiserver`).
pub(super) const MOST_OF_ONE: u64 = 10_000_000;
/// The most of one that is there once more, in an alternative or in what says who signed a document. All of a definition
/// together may cost ten times as much as one expression.
const MOST_OF_A_COPY: u64 = 1_000_000;

/// An expression and its message.
pub(super) struct Expression {
    pub(super) text: String,
    message: String,
    /// At most what evaluating it once costs.
    cost: u64,
}

impl Expression {
    pub(super) fn value(&self) -> Value {
        json!({"rule": self.text, "message": self.message})
    }

    /// At most what it costs in all places of a schema.
    pub(super) const fn cost(&self, place: Place) -> u64 {
        self.cost.saturating_mul(place.times)
    }
}

/// The expressions for a mapping that the API server can afford at a place. Where a list stands in a list in a list, an API
/// server refuses to evaluate even a short one; there, only the reader says it.
pub(super) fn expressions(mapping: &Mapping, place: Place) -> Vec<Expression> {
    let mut found: Vec<_> = mapping
        .fields()
        .filter(|field| !place.allows(field.only))
        .map(|field| forbidden(field.name, field.only))
        .collect();
    if place.group == Group::Doorward {
        found.extend(mapping.rules.iter().filter_map(of_rule));
    }
    let most = if place.is_described {
        MOST_OF_ONE
    } else {
        MOST_OF_A_COPY
    };
    found.retain(|expression| expression.cost(place) <= most);
    found
}

fn forbidden(name: &str, only: Only) -> Expression {
    let where_it_is = match only {
        Only::InClusterExceptions => "in a ClusterImageException of",
        Only::InClusterPolicies => "in a ClusterImagePolicy of",
        Only::Anywhere | Only::InDoorward => "in",
    };
    Expression {
        text: format!("!{}", has(name)),
        message: format!(
            "`{name}` has a meaning only {where_it_is} {}",
            Group::Doorward.api_version()
        ),
        cost: 1 + HAS,
    }
}

/// What it costs to see whether a field is there: an identifier and a selection.
const HAS: u64 = 2;

fn has(name: &str) -> String {
    format!("has(self.{name})")
}

fn joined(names: &[&str], operator: &str) -> String {
    let each: Vec<_> = names.iter().map(|name| has(name)).collect();
    each.join(operator)
}

fn listed(names: &[&str], last: &str) -> String {
    let quoted: Vec<_> = names.iter().map(|name| format!("`{name}`")).collect();
    match quoted.split_last() {
        Some((end, rest)) if !rest.is_empty() => format!("{} {last} {end}", rest.join(", ")),
        _ => quoted.concat(),
    }
}

/// Of a rule that the structure does not say already.
fn of_rule(rule: &Rule) -> Option<Expression> {
    let count = |names: &[&str]| u64::try_from(names.len()).unwrap_or(u64::MAX);
    let (text, message, cost) = match rule {
        Rule::All(_) | Rule::NotEmpty | Rule::ReadOnlyBeside(..) | Rule::ReadOnlyExcludes(..) => {
            return None;
        }
        Rule::AtLeastOne(names) => (
            joined(names, " || "),
            format!("at least one of {} is required", listed(names, "and")),
            HAS * count(names),
        ),
        // Whether two truths differ could be said in fewer words; older servers reckon that it costs without bound.
        Rule::ExactlyOne(names) => (
            format!(
                "({}) && !({})",
                joined(names, " || "),
                joined(names, " && ")
            ),
            format!("either {} is required, and not both", listed(names, "or")),
            2 * HAS * count(names) + 1,
        ),
        Rule::Excludes(first, others) => (
            format!("!{} || !({})", has(first), joined(others, " || ")),
            format!(
                "beside `{first}` there is none of {}",
                listed(others, "and")
            ),
            HAS * (1 + count(others)) + 2,
        ),
        Rule::Holds(text, message) => (
            (*text).to_owned(),
            (*message).to_owned(),
            // An operator or a name of three characters costs one at most.
            u64::try_from(text.len() / 3).unwrap_or(u64::MAX),
        ),
        Rule::OnlyBeside(first, other) => (
            format!("!{} || {}", has(first), has(other)),
            format!("`{first}` has no meaning without `{other}`"),
            2 * HAS + 1,
        ),
        Rule::Unless(first, others) => (
            format!("{} || ({})", has(first), joined(others, " && ")),
            format!("`{first}`, or both {} are required", listed(others, "and")),
            HAS * (1 + count(others)),
        ),
    };
    Some(Expression {
        text,
        message,
        cost,
    })
}
