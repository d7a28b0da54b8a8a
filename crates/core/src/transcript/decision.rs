//! A transcript as data, and its one form in bytes.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Serialize, Serializer};

use super::answer::{self, AnswerForm};
use super::read::{Members, shape, text};
use super::{Asked, MemoryRecord, NameRecord, SecretRecord, TranscriptError};
use crate::json::{self, Limits, Value};
use crate::{Answer, Digest, Timestamp};

/// The version of the format. A document of another one is no transcript here.
pub(super) const API_VERSION: &str = "transcript.doorward.dev/v1";
const KIND: &str = "DecisionTranscript";

/// The deepest that the format nests is 6: a server in a list of a resource of a fetch of a decision of a document.
const DEPTH: usize = 8;
/// What a review may fetch, twice: its manifests are asked for in two places.
const MAX_FETCHES: usize = 8 << 10;
/// Far more than any policy names.
const MAX_RECORDS: usize = 16 << 10;

/// A decision, and all that it rested on.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Transcript {
    /// The program that decided, and its version.
    pub program: String,
    /// The time that was decided at.
    pub at: Timestamp,
    /// The namespace of the workload, if there was one.
    pub namespace: Option<String>,
    /// The images, in their order.
    pub images: Vec<String>,
    /// What else the decision was made with, by names that the program gives.
    pub settings: BTreeMap<String, String>,
    /// The policies that could have governed the images.
    pub policies: Vec<PolicyText>,
    /// The Secrets that policies named.
    pub secrets: Vec<SecretRecord>,
    /// What names stood for.
    pub names: Vec<NameRecord>,
    /// What was asked of registries, stores and trust servers.
    pub fetches: Vec<FetchRecord>,
    /// What was asked of remembered trust.
    pub memory: Vec<MemoryRecord>,
    /// The digest of the report, as the program writes it.
    pub report: Option<Digest>,
}

/// A decision at the beginning of time about nothing.
impl Default for Transcript {
    fn default() -> Self {
        Self {
            program: String::new(),
            at: Timestamp::from_unix(0),
            namespace: None,
            images: Vec::new(),
            settings: BTreeMap::new(),
            policies: Vec::new(),
            secrets: Vec::new(),
            names: Vec::new(),
            fetches: Vec::new(),
            memory: Vec::new(),
            report: None,
        }
    }
}

/// A policy document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyText {
    /// What it was read from, for people.
    pub source: Arc<str>,
    /// The document, as JSON or YAML. Shared, for every recorded decision has it.
    pub text: Arc<str>,
}

impl PolicyText {
    /// The digest of the text.
    #[must_use]
    pub fn digest(&self) -> Digest {
        Digest::sha256(self.text.as_bytes())
    }
}

/// One request and its answer.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct FetchRecord {
    /// What was asked for.
    pub asked: Asked,
    /// What came of it, behind the check of the answer. `None`, if there was no answer before the decision ended.
    pub answer: Option<Answer>,
}

impl FetchRecord {
    pub(super) const fn new(asked: Asked) -> Self {
        Self {
            asked,
            answer: None,
        }
    }
}

impl Transcript {
    /// The most bytes of a transcript. A usual decision has some tens of kilobytes.
    pub const MAX_BYTES: usize = 64 << 20;

    /// Its one form in bytes.
    ///
    /// # Errors
    /// [`TranscriptError::TooLarge`].
    pub fn to_bytes(&self) -> Result<Vec<u8>, TranscriptError> {
        self.encoded().map(|(_, bytes)| bytes)
    }

    /// The digest of what it says, and its one form in bytes.
    fn encoded(&self) -> Result<(Digest, Vec<u8>), TranscriptError> {
        let decision = serde_json::to_string(&Form(self)).map_err(|_| shape("decision"))?;
        let digest = Digest::sha256(decision.as_bytes());
        let bytes = format!(
            "{{\"apiVersion\":\"{API_VERSION}\",\"kind\":\"{KIND}\",\"digest\":\"{digest}\",\"decision\":{decision}}}\n"
        );
        if bytes.len() > Self::MAX_BYTES {
            return Err(TranscriptError::TooLarge {
                unit: "bytes",
                limit: Self::MAX_BYTES,
            });
        }
        Ok((digest, bytes.into_bytes()))
    }

    /// Reads a transcript. Every byte of one is given by what it says and by the digest of it, so that one which was
    /// changed anywhere is none any more.
    ///
    /// # Errors
    /// [`TranscriptError`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, TranscriptError> {
        let document = json::parse(bytes, Limits::bytes(Self::MAX_BYTES).depth(DEPTH))?;
        let mut members = Members::of(&document, "transcript")?;
        if members.text("apiVersion")? != API_VERSION || members.text("kind")? != KIND {
            return Err(TranscriptError::Version);
        }
        let digest: Digest = members.parsed("digest")?;
        let read = Self::read(members.next("decision")?)?;
        members.end()?;
        let (of_what_it_says, written) = read.encoded()?;
        if of_what_it_says != digest {
            return Err(TranscriptError::Changed);
        }
        if written != bytes {
            return Err(TranscriptError::NotCanonical);
        }
        Ok(read)
    }

    fn read(value: &Value) -> Result<Self, TranscriptError> {
        let mut members = Members::of(value, "decision")?;
        let read = Self {
            program: members.text("program")?.to_owned(),
            at: Timestamp::from_unix(members.number("at")?),
            namespace: members.optional("namespace")?.map(str::to_owned),
            images: members.list("images", MAX_RECORDS, |image| text(image, "images"))?,
            settings: settings(members.next("settings")?)?,
            policies: members.list("policies", MAX_RECORDS, policy)?,
            secrets: members.list("secrets", MAX_RECORDS, SecretRecord::read)?,
            names: members.list("names", MAX_RECORDS, NameRecord::read)?,
            fetches: members.list("fetches", MAX_FETCHES, fetch)?,
            memory: members.list("memory", MAX_RECORDS, MemoryRecord::read)?,
            report: match members.optional("report")? {
                None => None,
                Some(digest) => Some(digest.parse().map_err(|_| shape("report"))?),
            },
        };
        members.end()?;
        Ok(read)
    }

    /// A name for the file that has these bytes: the time, and the beginning of their digest.
    #[must_use]
    pub fn file_name(&self, bytes: &[u8]) -> String {
        let at = self.at.to_string().replace(':', "-");
        let digest = Digest::sha256(bytes);
        let digest = digest.hex().get(..16).unwrap_or_default();
        format!("{at}-{digest}.json")
    }

    /// Whether everything that was asked for was answered before the decision ended.
    #[must_use]
    pub fn is_finished(&self) -> bool {
        self.fetches.iter().all(|fetch| fetch.answer.is_some())
            && self.memory.iter().all(|memory| memory.answer.is_some())
    }
}

fn settings(value: &Value) -> Result<BTreeMap<String, String>, TranscriptError> {
    let members = value.as_object().ok_or(shape("settings"))?;
    let read = members
        .iter()
        .map(|(name, value)| Ok((name.clone(), text(value, "settings")?)));
    read.collect()
}

fn policy(value: &Value) -> Result<PolicyText, TranscriptError> {
    let mut members = Members::of(value, "policies")?;
    let source = members.text("source")?.into();
    let digest: Digest = members.parsed("digest")?;
    let text = members.text("text")?.into();
    members.end()?;
    let policy = PolicyText { source, text };
    if policy.digest() == digest {
        Ok(policy)
    } else {
        Err(TranscriptError::Changed)
    }
}

fn fetch(value: &Value) -> Result<FetchRecord, TranscriptError> {
    let mut members = Members::of(value, "fetches")?;
    let asked = Asked::read(&mut members)?;
    let answer = answer::read(members.next("answer")?)?;
    members.end()?;
    Ok(FetchRecord { asked, answer })
}

/// A decision as it is written.
struct Form<'a>(&'a Transcript);

#[derive(Serialize)]
struct Decision<'a> {
    program: &'a str,
    at: i64,
    namespace: Option<&'a str>,
    images: &'a [String],
    settings: &'a BTreeMap<String, String>,
    policies: &'a [PolicyText],
    secrets: &'a [SecretRecord],
    names: &'a [NameRecord],
    fetches: &'a [FetchRecord],
    memory: &'a [MemoryRecord],
    report: Option<&'a str>,
}

impl Serialize for Form<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        // Every part is written: a new one does not compile until it is.
        let Transcript {
            program,
            at,
            namespace,
            images,
            settings,
            policies,
            secrets,
            names,
            fetches,
            memory,
            report,
        } = self.0;
        Decision {
            program,
            at: at.unix(),
            namespace: namespace.as_deref(),
            images,
            settings,
            policies,
            secrets,
            names,
            fetches,
            memory,
            report: report.as_ref().map(Digest::as_str),
        }
        .serialize(serializer)
    }
}

impl Serialize for PolicyText {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Form<'a> {
            source: &'a str,
            digest: &'a str,
            text: &'a str,
        }
        let digest = self.digest();
        Form {
            source: &self.source,
            digest: digest.as_str(),
            text: &self.text,
        }
        .serialize(serializer)
    }
}

impl Serialize for FetchRecord {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Form<'a> {
            #[serde(flatten)]
            asked: &'a Asked,
            answer: AnswerForm<'a>,
        }
        Form {
            asked: &self.asked,
            answer: AnswerForm(self.answer.as_ref()),
        }
        .serialize(serializer)
    }
}
