//! All exceptions, and which of them are for an image.

use std::collections::BTreeMap;
use std::time::Duration;

use doorward_core::{Digest, Reference, Timestamp};

use super::{ExceptionObject, ExceptionTerms};
use crate::environment::Missing;
use crate::{Applies, Diagnostic, Environment, LintCode, Position, Selectors};

/// How long an exception may last unless somebody says otherwise: 14 days.
pub const DEFAULT_LONGEST: Duration = Duration::from_secs(14 * 24 * 60 * 60);

/// The most exceptions of one scope, and the most bytes of what they name. Their authors must not choose how long it takes
/// to compare an image with them.
const OF_NAMESPACE: (usize, usize) = (256, 32 << 10);
/// The same of the cluster, whose exceptions are the operator's.
const OF_CLUSTER: (usize, usize) = (1024, 256 << 10);

/// The exceptions of all scopes.
#[derive(Debug)]
pub(crate) struct Exceptions {
    /// By namespace; under none, those of the cluster. In the order of their names.
    scopes: BTreeMap<Option<String>, Vec<ExceptionObject>>,
    longest: i64,
}

impl Default for Exceptions {
    fn default() -> Self {
        Self {
            scopes: BTreeMap::new(),
            longest: seconds(DEFAULT_LONGEST),
        }
    }
}

/// An exception for an image, and whether it is in force.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Exception<'p> {
    /// The object.
    pub object: &'p ExceptionObject,
    /// What it says.
    pub terms: &'p ExceptionTerms,
    /// Whether it is in force.
    pub standing: Standing,
}

/// Whether an exception is in force.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Standing {
    /// It is over.
    Ended,
    /// It is.
    InForce,
    /// It lasts longer than one may, so it counts for nothing at any time. It could last until this time.
    TooLong(Timestamp),
    /// That depends on facts of the workload that are not known, so it counts for nothing.
    Unknown(Missing),
}

impl Exceptions {
    /// Puts exceptions together. Those with a mistake are left out, and of a scope with more than are compared all are.
    pub(crate) fn compile(
        objects: Vec<ExceptionObject>,
        longest: Duration,
    ) -> (Self, Vec<Diagnostic>) {
        let mut diagnostics = Vec::new();
        let mut scopes: BTreeMap<Option<String>, Vec<ExceptionObject>> = BTreeMap::new();
        for mut object in objects {
            diagnostics.append(&mut object.meaning);
            if object.terms.is_ok() {
                let home = object.home().map(str::to_owned);
                scopes.entry(home).or_default().push(object);
            }
        }
        scopes.retain(|home, objects| {
            objects.sort_by(|a, b| (&a.name, &a.source, a.at).cmp(&(&b.name, &b.source, b.at)));
            let Some(message) = exceeds(home.as_deref(), objects) else {
                return true;
            };
            // Of each, for each counts for nothing.
            diagnostics.extend(objects.iter().map(|object| {
                let why = Diagnostic::new(LintCode::LimitExceeded, message.clone());
                why.at(&object.source, object.at)
            }));
            false
        });
        let longest = seconds(longest);
        (Self { scopes, longest }, diagnostics)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.scopes.is_empty()
    }

    /// The longest that one may last, in seconds.
    pub(crate) const fn longest(&self) -> i64 {
        self.longest
    }

    /// Everything that decides or is said of it, for a fingerprint.
    pub(crate) fn text(&self) -> String {
        let mut text = format!("{}", self.longest);
        for object in self.scopes.values().flatten() {
            // Places in a text decide nothing.
            let terms = object.terms.as_ref().map(|terms| ExceptionTerms {
                until_at: Position::default(),
                ..terms.clone()
            });
            text.push_str(&format!(
                "\n{} {:?} {terms:?}",
                object.title(),
                object.created
            ));
        }
        text
    }

    /// The exceptions that are for an image, those of the cluster first. `digest` is what the image resolved to, if that is
    /// known.
    pub(crate) fn of<'p>(
        &'p self,
        image: &Reference,
        digest: Option<&Digest>,
        environment: &Environment<'_>,
        now: Timestamp,
    ) -> Vec<Exception<'p>> {
        let is_for =
            |terms: &ExceptionTerms| terms.images.iter().any(|one| one.contains(image, digest));
        self.that(&is_for, environment, now)
    }

    /// The exceptions that may be for an image, for all that can be told without its digest.
    pub(crate) fn possible<'p>(
        &'p self,
        image: &Reference,
        environment: &Environment<'_>,
        now: Timestamp,
    ) -> Vec<Exception<'p>> {
        self.that(&|terms| terms.may_contain(image), environment, now)
    }

    fn that<'p>(
        &'p self,
        is_for: &dyn Fn(&ExceptionTerms) -> bool,
        environment: &Environment<'_>,
        now: Timestamp,
    ) -> Vec<Exception<'p>> {
        let own = environment.namespace().map(str::to_owned);
        let homes = std::iter::once(None).chain(own.map(Some));
        let objects = homes
            .filter_map(|home| self.scopes.get(&home))
            .flatten()
            .filter_map(|object| Some((object, object.terms.as_ref().ok()?)));
        objects
            .filter(|(_, terms)| is_for(terms))
            .filter_map(|(object, terms)| {
                let standing = self.standing(object, terms, environment, now)?;
                Some(Exception {
                    object,
                    terms,
                    standing,
                })
            })
            .collect()
    }

    /// Whether an exception is in force. `None` if it is for other namespaces.
    fn standing(
        &self,
        object: &ExceptionObject,
        terms: &ExceptionTerms,
        environment: &Environment<'_>,
        now: Timestamp,
    ) -> Option<Standing> {
        let selectors = Selectors {
            namespaces: terms.namespaces.clone(),
            ..Selectors::default()
        };
        let most = end(object, now, self.longest);
        Some(match selectors.select(environment) {
            Applies::No => return None,
            // What ended is over whatever else is not known.
            _ if now >= terms.until => Standing::Ended,
            Applies::Unknown(missing) => Standing::Unknown(missing),
            Applies::Yes if terms.until > most => Standing::TooLong(most),
            Applies::Yes => Standing::InForce,
        })
    }
}

/// Until when an exception may last at most: counted from when it was made, and from now if nobody says when that was, or
/// if it is said to be made later.
pub(crate) fn end(object: &ExceptionObject, now: Timestamp, longest: i64) -> Timestamp {
    let begin = object.created.map_or(now, |created| created.min(now));
    begin.plus(longest)
}

pub(crate) fn seconds(length: Duration) -> i64 {
    i64::try_from(length.as_secs()).unwrap_or(i64::MAX)
}

/// Why there is too much in a scope, if there is.
fn exceeds(home: Option<&str>, objects: &[ExceptionObject]) -> Option<String> {
    let (most, most_bytes) = if home.is_some() {
        OF_NAMESPACE
    } else {
        OF_CLUSTER
    };
    let terms = objects
        .iter()
        .filter_map(|object| object.terms.as_ref().ok());
    let bytes: usize = terms
        .flat_map(|terms| &terms.images)
        .map(super::ExceptedImage::len)
        .sum();
    let whose = home.map_or_else(
        || "the cluster".to_owned(),
        |name| format!("namespace {name}"),
    );
    let count = objects.len();
    if count > most {
        return Some(format!(
            "{whose} has {count} exceptions; with more than {most} none of them counts"
        ));
    }
    (bytes > most_bytes).then(|| {
        format!(
            "the exceptions of {whose} name images in {bytes} bytes together; with more than {most_bytes} none of them \
             counts"
        )
    })
}

#[cfg(test)]
mod tests;
