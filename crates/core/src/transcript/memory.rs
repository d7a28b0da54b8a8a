//! What was remembered, and whether what was learnt could be kept.

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

use super::TranscriptError;
use super::form::{Base64, decoded};
use super::read::{Members, shape};
use crate::json::Value;
use crate::{Digest, StateError, Stored};

/// One question to remembered trust, and the answer.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct MemoryRecord {
    /// The image that was judged. Several may ask for the same thing at the same time, and each has its own order.
    pub image: String,
    /// What was asked for: the digest of its [`StateKey`](crate::StateKey).
    pub key: Digest,
    /// The same for people.
    pub about: String,
    /// What was answered. `None`, if there was no answer before the decision ended.
    pub answer: Option<MemoryAnswer>,
}

/// An answer of remembered trust.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum MemoryAnswer {
    /// What was loaded.
    Loaded(Result<Stored, StateError>),
    /// Whether what was new took the place of what was loaded.
    Replaced(Result<bool, StateError>),
}

impl Serialize for MemoryRecord {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut form = serializer.serialize_map(None)?;
        form.serialize_entry("image", &self.image)?;
        form.serialize_entry("key", self.key.as_str())?;
        form.serialize_entry("about", &self.about)?;
        let (word, bytes, detail) = match &self.answer {
            None => ("none", None, None),
            Some(MemoryAnswer::Loaded(Ok(Stored::Found(bytes)))) => ("found", Some(bytes), None),
            Some(MemoryAnswer::Loaded(Ok(Stored::Lost))) => ("lost", None, None),
            Some(MemoryAnswer::Loaded(Ok(Stored::Nothing))) => ("nothing", None, None),
            Some(MemoryAnswer::Loaded(Err(error))) => match error {
                StateError::Full { detail } => ("load-full", None, Some(detail)),
                StateError::Invalid { detail } => ("load-invalid", None, Some(detail)),
                StateError::Unavailable { detail } => ("load-unavailable", None, Some(detail)),
            },
            Some(MemoryAnswer::Replaced(Ok(true))) => ("kept", None, None),
            Some(MemoryAnswer::Replaced(Ok(false))) => ("met-meanwhile", None, None),
            Some(MemoryAnswer::Replaced(Err(error))) => match error {
                StateError::Full { detail } => ("keep-full", None, Some(detail)),
                StateError::Invalid { detail } => ("keep-invalid", None, Some(detail)),
                StateError::Unavailable { detail } => ("keep-unavailable", None, Some(detail)),
            },
        };
        form.serialize_entry("answer", word)?;
        form.serialize_entry("bytes", &bytes.map(|bytes| Base64(bytes)))?;
        form.serialize_entry("detail", &detail)?;
        form.end()
    }
}

impl MemoryRecord {
    pub(super) fn read(value: &Value) -> Result<Self, TranscriptError> {
        let mut members = Members::of(value, "memory")?;
        let image = members.text("image")?.to_owned();
        let key = members.parsed("key")?;
        let about = members.text("about")?.to_owned();
        let word = members.text("answer")?;
        let bytes = members.optional("bytes")?;
        let detail = members.optional("detail")?;
        members.end()?;
        let answer = match (word, bytes, detail.map(str::to_owned)) {
            ("none", None, None) => None,
            ("found", Some(bytes), None) => Some(MemoryAnswer::Loaded(Ok(Stored::Found(
                decoded(bytes, "bytes")?.into(),
            )))),
            ("lost", None, None) => Some(MemoryAnswer::Loaded(Ok(Stored::Lost))),
            ("nothing", None, None) => Some(MemoryAnswer::Loaded(Ok(Stored::Nothing))),
            ("kept", None, None) => Some(MemoryAnswer::Replaced(Ok(true))),
            ("met-meanwhile", None, None) => Some(MemoryAnswer::Replaced(Ok(false))),
            (word, None, Some(detail)) => {
                let (operation, what) = word.split_once('-').ok_or(shape("answer"))?;
                let error = match what {
                    "full" => StateError::Full { detail },
                    "invalid" => StateError::Invalid { detail },
                    "unavailable" => StateError::Unavailable { detail },
                    _ => return Err(shape("answer")),
                };
                Some(match operation {
                    "load" => MemoryAnswer::Loaded(Err(error)),
                    "keep" => MemoryAnswer::Replaced(Err(error)),
                    _ => return Err(shape("answer")),
                })
            }
            _ => return Err(shape("answer")),
        };
        Ok(Self {
            image,
            key,
            about,
            answer,
        })
    }
}
