//! Statements of the in-toto attestation framework, versions 0.1 and 1.

use std::collections::BTreeMap;

use bytes::Bytes;
use doorward_core::json::{Limits, Value, parse};
use doorward_core::{Algorithm, Digest};
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::limits;
use crate::member::{self, Shape};

const TYPES: [&str; 2] = [
    "https://in-toto.io/Statement/v0.1",
    "https://in-toto.io/Statement/v1",
];

/// What a statement says, and about what.
#[derive(Clone, Debug)]
pub(crate) struct Statement {
    pub(crate) predicate_type: String,
    pub(crate) subjects: Vec<StatementSubject>,
    /// One JSON value, byte by byte; `null` if there is none.
    pub(crate) predicate: Bytes,
}

/// One thing that a statement is about.
#[derive(Clone, Debug)]
pub(crate) struct StatementSubject {
    pub(crate) sha256: Option<String>,
    sha512: Option<String>,
    pub(crate) annotations: BTreeMap<String, String>,
}

impl StatementSubject {
    /// Whether it is what has this digest.
    pub(crate) fn is(&self, digest: &Digest) -> bool {
        let named = match digest.algorithm() {
            Algorithm::Sha256 => &self.sha256,
            Algorithm::Sha512 => &self.sha512,
            _ => return false,
        };
        named.as_deref() == Some(digest.hex())
    }
}

/// Where the predicate stands. What else there is was read before, strictly.
#[derive(Deserialize)]
struct Raw<'p> {
    #[serde(borrow, default)]
    predicate: Option<&'p RawValue>,
}

impl Statement {
    /// A statement, or why the payload is none.
    pub(super) fn parse(payload: &Bytes) -> Result<Self, String> {
        let mut bounds = Limits::bytes(limits::BUNDLE_BYTES).depth(limits::DEPTH);
        bounds.values = limits::STATEMENT_VALUES;
        let value = parse(payload, bounds).map_err(|error| format!("the statement: {error}"))?;
        let (predicate_type, subjects) =
            members(&value).map_err(|Shape(reason)| format!("the statement: {reason}"))?;
        let raw: Raw<'_> = serde_json::from_slice(payload)
            .map_err(|_| "the statement: the predicate is no JSON".to_owned())?;
        let predicate = raw.predicate.map_or(Bytes::from_static(b"null"), |raw| {
            payload.slice_ref(raw.get().as_bytes())
        });
        Ok(Self {
            predicate_type,
            subjects,
            predicate,
        })
    }
}

fn members(value: &Value) -> Result<(String, Vec<StatementSubject>), Shape> {
    if !TYPES.contains(&member::text(value, "_type")?) {
        return Err(Shape("`_type` is not that of a statement".into()));
    }
    let predicate_type = member::text(value, "predicateType")?;
    if predicate_type.is_empty() || predicate_type.len() > limits::IDENTITY_BYTES {
        return Err(Shape("`predicateType` is empty or too long".into()));
    }
    let subjects = member::list(value, "subject")?;
    if subjects.is_empty() || subjects.len() > limits::SUBJECTS {
        let limit = limits::SUBJECTS;
        return Err(Shape(format!(
            "`subject` does not have 1 to {limit} entries"
        )));
    }
    let subjects = subjects.iter().map(subject).collect::<Result<_, _>>()?;
    Ok((predicate_type.to_owned(), subjects))
}

fn subject(value: &Value) -> Result<StatementSubject, Shape> {
    let digests = member::object(value, "digest")?;
    let digest = |name: &str| Ok(member::optional_text(digests, name)?.map(str::to_owned));
    let annotations = match member::member(value, "annotations") {
        None => BTreeMap::new(),
        Some(annotations) => texts(annotations),
    };
    Ok(StatementSubject {
        sha256: digest("sha256")?,
        sha512: digest("sha512")?,
        annotations,
    })
}

/// The members that are texts. Nothing else can be demanded.
pub(super) fn texts(value: &Value) -> BTreeMap<String, String> {
    let members = value.as_object().unwrap_or_default().iter();
    let texts =
        members.filter_map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned())));
    texts.collect()
}
