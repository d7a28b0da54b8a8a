//! The report of one namespace as the API server has it.

use std::collections::BTreeMap;

use doorward_core::Timestamp;
use serde_json::{Map, Value, json};

use super::ReportKind;
use super::image::{Key, PLACE, ReportedImage, SOURCE};
use super::outcome::ReportOutcome;

/// The name of the report in each namespace.
pub const REPORT_NAME: &str = "doorward";
/// The label that tells our reports from those of others, as a selector.
pub const REPORT_SELECTOR: &str = "app.kubernetes.io/managed-by=doorward";
const MANAGED_BY: &str = "app.kubernetes.io/managed-by";
/// The annotation that says of which time the oldest result is, in seconds since 1970: what takes old ones out
/// reads it without reading the report.
const OLDEST: &str = "doorward.dev/oldest-result";

/// The most results of a report. Beyond it, the best and of these the oldest are left out.
pub const MOST_RESULTS: usize = 250;
/// The most bytes of all results of a report, in JSON: an object has 1.5 MiB at most in etcd.
const MOST_BYTES: usize = 768 << 10;
/// The most bytes of one result. Ours have fewer; one that somebody else has written may have more.
const MOST_RESULT: usize = 8 << 10;
/// For how many seconds the same result is not written again: a report is for people, and a ReplicaSet has many Pods.
const REFRESH: i64 = 3600;
/// By how many seconds the clock of another replica may be ahead.
const AHEAD: i64 = 300;

/// What becomes of a report.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Rewritten {
    /// It is to be deleted, because nothing is in it any more.
    Gone,
    /// It is to be written so. Its version is the one that it was made from.
    New {
        /// The object.
        report: Value,
        /// How many results found no room.
        left_out: usize,
    },
    /// It says all of that already.
    Same,
}

/// A result with what decides about it.
struct Entry {
    key: Key,
    at: i64,
    outcome: ReportOutcome,
    value: Value,
}

/// The report of a namespace, with what was decided since it was `stored` and without what is older than `age`, in seconds.
///
/// What is said of an image takes the place of all that was said of the same image of the same object before, unless that is
/// newer: replicas write one after the other, and not in the order in which they decided. What is stored and not as it is
/// written here is left out: others may have written it.
#[must_use]
pub fn rewrite(
    kind: ReportKind,
    namespace: &str,
    stored: Option<&Value>,
    decided: &[ReportedImage],
    (now, age): (Timestamp, i64),
) -> Rewritten {
    let before = stored.map(results).unwrap_or_default();
    let is_in_time = |entry: &Entry| {
        let old = now.unix().saturating_sub(entry.at);
        (-AHEAD..age).contains(&old)
    };
    let mut of_each: BTreeMap<Key, Vec<Entry>> = BTreeMap::new();
    for entry in before.iter().filter_map(Entry::read).filter(is_in_time) {
        of_each.entry(entry.key.clone()).or_default().push(entry);
    }
    for image in decided {
        let new: Vec<Entry> = Entry::of(image).filter(is_in_time).collect();
        let old = of_each.entry(image.key()).or_default();
        let is_newer = old.iter().any(|entry| entry.at > image.at().unix());
        if !new.is_empty() && !is_newer && !says_the_same(old, &new) {
            *old = new;
        }
    }
    let (kept, left_out) = bounded(of_each.into_values().flatten().collect());
    let values: Vec<&Value> = kept.iter().map(|entry| &entry.value).collect();
    let is_same =
        values.len() == before.len() && values.iter().zip(&before).all(|(a, b)| **a == *b);
    match stored {
        None if kept.is_empty() => Rewritten::Same,
        Some(_) if kept.is_empty() => Rewritten::Gone,
        Some(_) if is_same => Rewritten::Same,
        _ => Rewritten::New {
            report: object(kind, namespace, stored, &kept),
            left_out,
        },
    }
}

/// Of which time the oldest result of a report is, by its metadata. One that does not say so is to be looked at.
#[must_use]
pub fn oldest(metadata: &Value) -> Option<Timestamp> {
    let text = metadata.get("annotations")?.get(OLDEST)?.as_str()?;
    text.parse().ok().map(Timestamp::from_unix)
}

fn results(report: &Value) -> Vec<Value> {
    let results = report.get("results").and_then(Value::as_array);
    results.cloned().unwrap_or_default()
}

impl Entry {
    fn of(image: &ReportedImage) -> impl Iterator<Item = Self> {
        image.results().map(|(outcome, value)| Self {
            key: image.key(),
            at: image.at().unix(),
            outcome,
            value,
        })
    }

    /// A stored result. `None` if it is not one of ours.
    fn read(value: &Value) -> Option<Self> {
        let is_ours = value.get("source").and_then(Value::as_str) == Some(SOURCE);
        if !is_ours || value.to_string().len() > MOST_RESULT {
            return None;
        }
        let resource = value.pointer("/resources/0")?;
        let text = |of: &Value, name: &str| of.get(name)?.as_str().map(str::to_owned);
        Some(Self {
            key: [
                text(resource, "apiVersion")?,
                text(resource, "kind")?,
                text(resource, "name")?,
                text(value.get("properties")?, PLACE)?,
            ],
            at: value.pointer("/timestamp/seconds")?.as_i64()?,
            outcome: ReportOutcome::named(value.get("result")?.as_str()?)?,
            value: value.clone(),
        })
    }
}

/// Whether the new results say what the old ones say, so soon after them that it need not be written again.
fn says_the_same(old: &[Entry], new: &[Entry]) -> bool {
    let without_time = |entry: &Entry| {
        let mut value = entry.value.clone();
        if let Some(members) = value.as_object_mut() {
            members.remove("timestamp");
        }
        value
    };
    let is_same = |(old, new): (&Entry, &Entry)| {
        new.at.saturating_sub(old.at) < REFRESH && without_time(old) == without_time(new)
    };
    old.len() == new.len() && old.iter().zip(new).all(is_same)
}

/// As many as a report may have, the worst and of these the newest first to stay, in an order of their own.
fn bounded(mut entries: Vec<Entry>) -> (Vec<Entry>, usize) {
    let all = entries.len();
    // The sort is stable, so that equals stay in the order of their keys.
    entries.sort_by_key(|entry| (entry.outcome, std::cmp::Reverse(entry.at)));
    let mut bytes = 0_usize;
    entries.truncate(MOST_RESULTS);
    entries.retain(|entry| {
        bytes = bytes.saturating_add(entry.value.to_string().len());
        bytes <= MOST_BYTES
    });
    let left_out = all - entries.len();
    entries.sort_by(|a, b| a.key.cmp(&b.key));
    (entries, left_out)
}

fn object(kind: ReportKind, namespace: &str, stored: Option<&Value>, kept: &[Entry]) -> Value {
    let mut object = stored
        .and_then(Value::as_object)
        .cloned()
        .unwrap_or_default();
    let mut set = |name: &str, value: Value| {
        object.insert(name.to_owned(), value);
    };
    set("apiVersion", kind.api_version().into());
    set("kind", kind.as_str().into());
    if kind == ReportKind::OpenReports {
        set("source", SOURCE.into());
    }
    set("summary", summary(kept));
    set(
        "results",
        kept.iter().map(|entry| entry.value.clone()).collect(),
    );
    set(
        "scope",
        json!({"apiVersion": "v1", "kind": "Namespace", "name": namespace}),
    );
    let mut metadata = taken(&mut object, "metadata");
    let mut labels = taken(&mut metadata, "labels");
    labels.insert(MANAGED_BY.to_owned(), "doorward".into());
    let mut annotations = taken(&mut metadata, "annotations");
    let oldest = kept.iter().map(|entry| entry.at).min().unwrap_or_default();
    annotations.insert(OLDEST.to_owned(), oldest.to_string().into());
    metadata.insert("labels".to_owned(), labels.into());
    metadata.insert("annotations".to_owned(), annotations.into());
    metadata.insert("name".to_owned(), REPORT_NAME.into());
    metadata.insert("namespace".to_owned(), namespace.into());
    object.insert("metadata".to_owned(), metadata.into());
    Value::Object(object)
}

/// How many results there are of each outcome.
fn summary(kept: &[Entry]) -> Value {
    let counts = ReportOutcome::ALL.map(|outcome| {
        let count = kept.iter().filter(|entry| entry.outcome == outcome).count();
        (outcome.as_str().to_owned(), count.into())
    });
    Value::Object(counts.into_iter().collect())
}

/// The members of an object in an object, which they are taken out of.
fn taken(object: &mut Map<String, Value>, name: &str) -> Map<String, Value> {
    match object.remove(name) {
        Some(Value::Object(members)) => members,
        Some(_) | None => Map::new(),
    }
}

#[cfg(test)]
mod tests;
