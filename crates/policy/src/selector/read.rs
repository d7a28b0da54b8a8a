//! Reading the selectors of a policy.

use super::{AccountPattern, LabelOperator, LabelRequirement, LabelSelector, Selectors, form};
use crate::diagnostic::quoted;
use crate::node::{Kind, Node};
use crate::part::part;
use crate::schema;
use crate::walk::{Object, Walk};
use crate::{Group, LintCode};

/// The fields of `spec` that select.
const FIELDS: [&str; 3] = ["namespaceSelector", "objectSelector", "serviceAccounts"];
/// The most requirements of a selector, values of a requirement, and service accounts of a policy: as many as other lists
/// of a policy have items.
const MOST: usize = 64;

/// What was read of the selectors of a policy.
pub(crate) struct Read {
    /// The selectors; none if they are broken or not allowed here.
    pub(crate) selectors: Selectors,
    /// Whether some were meant and cannot be told, so that nobody knows whom the policy is for. A mistake was reported.
    pub(crate) broken: bool,
}

/// Reads the selectors of `spec`. They are `allowed` only in a cluster policy of this project.
pub(crate) fn read(
    walk: &mut Walk<'_>,
    spec_node: &Node,
    spec: &Object<'_>,
    allowed: bool,
) -> Read {
    let none = |broken| Read {
        selectors: Selectors::default(),
        broken,
    };
    if !allowed {
        for field in FIELDS.into_iter().filter(|field| spec.names(field)) {
            let message = format!(
                "`{field}` has a meaning only in a ClusterImagePolicy of {}; an ImagePolicy governs its own namespace",
                Group::Doorward.api_version()
            );
            walk.form(LintCode::MisplacedField, spec.place(field), message);
        }
        return none(false);
    }
    let before = walk.take_fault();
    let selectors = Selectors {
        namespaces: part(walk, spec, "namespaceSelector", read_labels),
        objects: part(walk, spec, "objectSelector", read_labels),
        service_accounts: read_accounts(walk, spec),
    };
    note(walk, spec, &selectors);
    let is_faulty = walk.is_faulty();
    let doubled = before
        .as_ref()
        .is_some_and(|fault| fault.code == LintCode::DuplicateKey);
    if let Some(before) = before {
        walk.put_fault_back(before);
    }
    // One that is misspelt selects as well, and nobody knows what.
    let Kind::Mapping(members) = &spec_node.kind else {
        return none(true);
    };
    let meant = members.iter().any(|member| {
        let key = member.key.as_str();
        let near = schema::nearest(key, schema::SPEC.names());
        !FIELDS.contains(&key) && near.is_some_and(|near| FIELDS.contains(&near))
    });
    if is_faulty || doubled || meant {
        return none(true);
    }
    Read {
        selectors,
        broken: false,
    }
}

fn note(walk: &mut Walk<'_>, spec: &Object<'_>, selectors: &Selectors) {
    if selectors.objects.is_some() {
        walk.note(
            LintCode::ObjectSelector,
            spec.place("objectSelector"),
            "the author of an object chooses its labels, so what this policy demands is demanded only of those who choose \
             these, in addition to what governs them anyway",
        );
    }
    let entries = spec.place("repositories").line;
    let late = FIELDS
        .into_iter()
        .find(|field| spec.field(field).is_some() && spec.place(field).line > entries);
    if let Some(field) = late {
        let message = format!(
            "a file that breaks off before this line is for every workload; `{field}` stands better before \
             `repositories`"
        );
        walk.note(LintCode::SelectorLast, spec.place(field), message);
    }
}

pub(crate) fn read_labels(walk: &mut Walk<'_>, node: &Node) -> Option<LabelSelector> {
    let object = walk.object(node, &schema::LABEL_SELECTOR)?;
    let mut requirements = Vec::new();
    for (key, value) in walk.string_map(&object, "matchLabels") {
        walk.inside("matchLabels", |walk| {
            let at = object.place("matchLabels");
            check_key(walk, at, &key);
            check_value(walk, at, &value);
        });
        requirements.push(LabelRequirement {
            key,
            operator: LabelOperator::In,
            values: vec![value],
        });
    }
    requirements.extend(few(walk, &object, "matchExpressions", read_requirement));
    requirements.sort();
    requirements.dedup();
    if requirements.len() > MOST {
        let message = format!(
            "a selector with {} requirements; at most {MOST} are compared",
            requirements.len()
        );
        walk.meaning(LintCode::LimitExceeded, node.at, message);
    }
    Some(LabelSelector { requirements })
}

fn read_requirement(walk: &mut Walk<'_>, node: &Node) -> Option<LabelRequirement> {
    let object = walk.object(node, &schema::LABEL_REQUIREMENT)?;
    let key = walk.required_string(&object, "key");
    if let Some(key) = &key {
        walk.inside("key", |walk| check_key(walk, object.place("key"), key));
    }
    if object.field("operator").is_none() {
        walk.missing(&object, "operator");
    }
    let operator = walk.choice(&object, "operator", LabelOperator::NAMES);
    let mut values = few(walk, &object, "values", |walk, node| {
        let text = walk.text(node)?;
        check_value(walk, node.at, text);
        Some(text.to_owned())
    });
    values.sort();
    values.dedup();
    let operator = operator?;
    // As the API server checks it (`ValidateLabelSelectorRequirement`).
    match (operator.has_values(), object.names("values")) {
        (true, _) if values.is_empty() && !walk.is_faulty() => {
            let message = "`In` and `NotIn` need at least one value";
            walk.meaning(LintCode::MissingField, object.place("values"), message);
        }
        (false, true) => {
            let message = "`Exists` and `DoesNotExist` look at the key alone and have no values";
            walk.form(LintCode::InvalidValue, object.place("values"), message);
        }
        (true, _) | (false, false) => {}
    }
    Some(LabelRequirement {
        key: key?,
        operator,
        values,
    })
}

fn check_key(walk: &mut Walk<'_>, at: crate::Position, key: &str) {
    if !form::is_key(key) {
        let message = format!(
            "{} can be no key of a label: at most 63 letters, digits, `-`, `_` and `.`, with a letter or digit first and \
             last, after a DNS name and `/` if it has one",
            quoted(key)
        );
        walk.meaning(LintCode::InvalidValue, at, message);
    }
}

fn check_value(walk: &mut Walk<'_>, at: crate::Position, value: &str) {
    if !form::is_value(value) {
        let message = format!(
            "{} can be no value of a label: at most 63 letters, digits, `-`, `_` and `.`, with a letter or digit first \
             and last",
            quoted(value)
        );
        walk.meaning(LintCode::InvalidValue, at, message);
    }
}

fn read_accounts(walk: &mut Walk<'_>, spec: &Object<'_>) -> Vec<AccountPattern> {
    const FIELD: &str = "serviceAccounts";
    walk.refuse_empty(
        spec,
        FIELD,
        "an empty list names no service account; without the field, every one will do",
    );
    let mut patterns = few(walk, spec, FIELD, |walk, node| {
        let text = walk.text(node)?;
        match AccountPattern::parse(text) {
            Ok(pattern) => Some(pattern),
            Err(why) => {
                let message = format!("{}: {why}", quoted(text));
                walk.meaning(LintCode::InvalidValue, node.at, message);
                None
            }
        }
    });
    patterns.sort();
    patterns.dedup();
    patterns
}

/// Every item of the list in `field`, or the mistake that there are too many.
fn few<T>(
    walk: &mut Walk<'_>,
    object: &Object<'_>,
    field: &'static str,
    read: impl FnMut(&mut Walk<'_>, &Node) -> Option<T>,
) -> Vec<T> {
    let count = match object.field(field).map(|node| &node.kind) {
        Some(Kind::Sequence(items)) => items.len(),
        _ => 0,
    };
    if count > MOST {
        let message = format!("a list of {count}; at most {MOST} are compared");
        walk.inside(field, |walk| {
            walk.meaning(LintCode::LimitExceeded, object.place(field), message);
        });
        return Vec::new();
    }
    walk.every(object, field, read)
}
