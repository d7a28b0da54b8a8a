//! What a provider answers.

use std::fmt;
use std::time::Duration;

use doorward_core::Basic;
use doorward_core::json::{JsonError, Limits, Value, parse};
use doorward_core::text::one_line;

use crate::{ApiVersion, ImagePattern, PatternError, duration};

/// The most bytes of an answer. Tokens of clouds have a few kilobytes.
pub(crate) const MAX_BYTES: usize = 256 << 10;
/// The most credentials of an answer.
const MAX_ENTRIES: usize = 256;
/// How deep an answer nests: itself, `auth`, an entry, and one level of slack.
const MAX_DEPTH: usize = 4;
/// How much is shown of what is wrong with a document.
const SHOWN: usize = 60;

/// For which images an answer counts that is kept (`cacheKeyType`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CacheKeyType {
    /// For all that the provider is asked for.
    Global,
    /// For the image that it was given for.
    Image,
    /// For all images of the same registry.
    Registry,
}

/// The answer of a provider (`CredentialProviderResponse`). `Debug` shows no credential.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Answer {
    /// For which images it counts while it is kept.
    pub cache_key_type: CacheKeyType,
    /// How long it may be kept; nothing if the configuration says that.
    pub cache_duration: Option<Duration>,
    /// The credentials, each with the images that it is for.
    pub auth: Vec<(ImagePattern, Basic)>,
}

/// Why an answer cannot be read. A lowercase fragment that shows nothing of the answer: denials show it, and a key
/// may name a registry of the cluster, or be a secret in the wrong place.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AnswerError {
    /// It is of another version than it was asked in.
    #[error("its apiVersion is not {expected}")]
    ApiVersion {
        /// The version of the request.
        expected: &'static str,
    },
    /// It is no JSON.
    #[error("it is no JSON document: {0}")]
    Json(String),
    /// A key of `auth` is no pattern of images.
    #[error("a key of `auth` is no pattern of images: {why}")]
    Key {
        /// Why.
        why: PatternError,
    },
    /// It has a member that is none of the protocol.
    #[error("it has a member that is none of the protocol")]
    Member,
    /// It has more than 256 credentials.
    #[error("it has more than 256 credentials")]
    TooMany,
    /// Something in it is not what it must be.
    #[error("{what} is not {expected}")]
    Value {
        /// What.
        what: &'static str,
        /// What it must be.
        expected: &'static str,
    },
}

impl Answer {
    /// Reads the answer to a request of `version`.
    ///
    /// # Errors
    /// [`AnswerError`]. Like the kubelet, it refuses members that it does not know: they may change what the others mean.
    pub fn parse(bytes: &[u8], version: ApiVersion) -> Result<Self, AnswerError> {
        let document = parse(bytes, Limits::bytes(MAX_BYTES).depth(MAX_DEPTH)).map_err(told)?;
        let members = members_of(
            &document,
            "the answer",
            &[
                "apiVersion",
                "auth",
                "cacheDuration",
                "cacheKeyType",
                "kind",
            ],
        )?;
        if members.text("apiVersion", "its apiVersion")? != Some(version.as_str()) {
            return Err(AnswerError::ApiVersion {
                expected: version.as_str(),
            });
        }
        if members.text("kind", "its kind")? != Some("CredentialProviderResponse") {
            return Err(value("its kind", "CredentialProviderResponse"));
        }
        let cache_key_type = match members.text("cacheKeyType", "its cacheKeyType")? {
            Some("Global") => CacheKeyType::Global,
            Some("Image") => CacheKeyType::Image,
            Some("Registry") => CacheKeyType::Registry,
            _ => return Err(value("its cacheKeyType", "Image, Registry or Global")),
        };
        let what = "its cacheDuration";
        let cache_duration = match members.text("cacheDuration", what)? {
            None => None,
            Some(text) => Some(duration::parse(text).ok_or(value(
                what,
                "a time as Go writes it, such as 12h0m0s, that is not negative",
            ))?),
        };
        let auth = match members.get("auth") {
            None => Vec::new(),
            Some(auth) => entries(auth)?,
        };
        Ok(Self {
            cache_key_type,
            cache_duration,
            auth,
        })
    }
}

impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Answer")
            .field("cache_key_type", &self.cache_key_type)
            .field("cache_duration", &self.cache_duration)
            .field("entries", &self.auth.len())
            .finish()
    }
}

fn entries(auth: &Value) -> Result<Vec<(ImagePattern, Basic)>, AnswerError> {
    let all = auth.as_object().ok_or(value("its auth", "an object"))?;
    if all.len() > MAX_ENTRIES {
        return Err(AnswerError::TooMany);
    }
    let mut entries = Vec::with_capacity(all.len());
    for (key, entry) in all {
        let pattern = ImagePattern::parse_key(key).map_err(|why| AnswerError::Key { why })?;
        let members = members_of(entry, "an entry of its auth", &["password", "username"])?;
        let username = members.text("username", "a username")?.unwrap_or_default();
        let password = members.text("password", "a password")?.unwrap_or_default();
        // RFC 7617, section 2: the first colon ends the user name.
        if username.contains(':') {
            return Err(value("a username", "a text without a colon"));
        }
        // Nothing to show.
        if !(username.is_empty() && password.is_empty()) {
            entries.push((pattern, Basic::new(username, password)));
        }
    }
    Ok(entries)
}

/// The members of an object. One that is `null` is as good as none, as it is to the kubelet.
struct Members<'a>(Vec<(&'a str, &'a Value)>);

impl<'a> Members<'a> {
    fn get(&self, name: &str) -> Option<&'a Value> {
        self.0
            .iter()
            .find(|(known, _)| *known == name)
            .map(|(_, value)| *value)
    }

    fn text(&self, name: &str, what: &'static str) -> Result<Option<&'a str>, AnswerError> {
        let Some(found) = self.get(name) else {
            return Ok(None);
        };
        found.as_str().map(Some).ok_or(value(what, "a text"))
    }
}

fn members_of<'a>(
    of: &'a Value,
    what: &'static str,
    known: &[&str],
) -> Result<Members<'a>, AnswerError> {
    let all = of.as_object().ok_or(value(what, "an object"))?;
    let mut members = Vec::with_capacity(all.len());
    for (name, value) in all {
        if !known.contains(&name.as_str()) {
            return Err(AnswerError::Member);
        }
        if *value != Value::Null {
            members.push((name.as_str(), value));
        }
    }
    Ok(Members(members))
}

const fn value(what: &'static str, expected: &'static str) -> AnswerError {
    AnswerError::Value { what, expected }
}

fn told(error: JsonError) -> AnswerError {
    let what = match error {
        JsonError::DuplicateMember { .. } => "duplicate member".to_owned(),
        other => other.to_string(),
    };
    AnswerError::Json(one_line(&what, SHOWN))
}

#[cfg(test)]
mod tests;
