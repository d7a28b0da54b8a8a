//! The image itself, looked at.

use std::fmt;

use doorward_core::{
    Checked, CheckedAnswer, Digest, Fetch, FetchError, Halt, Meter, Outline, Problem, Progress,
    Reference, Rejection, Resource, Scheme, Session, Step,
};
use serde::de::{SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};

use crate::resolve::{MAX_MANIFEST, digest_of, manifest_of};

/// The most platforms that are shown of one index.
const MAX_PLATFORMS: usize = 64;
/// The most characters that are shown of a media type or a platform.
const MAX_TEXT: usize = 96;

/// What a reference names, as far as it says so itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct ManifestSummary {
    /// As the document says, or else as it was served.
    pub media_type: Option<String>,
    /// `image` or `index`.
    pub kind: &'static str,
    /// Its size in bytes.
    pub bytes: usize,
    /// `os/architecture` or `os/architecture/variant`, of each manifest if it is an index: the first 64.
    pub platforms: Vec<String>,
    /// Layers of an image, manifests of an index.
    pub parts: usize,
}

/// An image that was looked at.
#[derive(Debug)]
pub(crate) struct Seen {
    pub(crate) digest: Digest,
    pub(crate) manifest: ManifestSummary,
    /// Why a decision would refuse the document.
    pub(crate) malformed: Option<Problem>,
}

/// Reads what a reference names: the manifest, and of a single image the platform in its configuration.
pub(crate) struct ImageSurvey {
    /// With a tag or a digest.
    subject: Reference,
    seen: Option<Seen>,
    is_over: bool,
}

impl ImageSurvey {
    pub(crate) const fn new(subject: Reference) -> Self {
        Self {
            subject,
            seen: None,
            is_over: false,
        }
    }

    /// What was seen before the session ended, if it ended before its end.
    pub(crate) fn seen(&mut self) -> Option<Seen> {
        self.seen.take()
    }

    fn step(&mut self, mut answers: Vec<CheckedAnswer>) -> Progress<Seen> {
        let fetch = manifest_of(&self.subject, MAX_MANIFEST)?;
        let answer = answers.pop();
        match (self.seen.take(), answer) {
            _ if self.is_over => Err(Rejection::out_of_step().into()),
            (None, None) => Err(Halt::Wants(vec![fetch])),
            (Some(mut seen), Some(answer)) => {
                self.is_over = true;
                // It is shown if it can be had.
                let platform = answer.ok().and_then(|config| platform(&config.bytes));
                seen.manifest.platforms.extend(platform);
                Ok(seen)
            }
            (None, Some(Ok(fetched))) => {
                let (seen, config) = self.read(&fetch, &fetched);
                let Some(digest) = config else {
                    self.is_over = true;
                    return Ok(seen);
                };
                self.seen = Some(seen);
                let repository = self.subject.repository().clone();
                let config = Resource::Blob { repository, digest };
                Err(Halt::Wants(vec![Fetch::new(config, MAX_MANIFEST)]))
            }
            (None, Some(Err(error))) => Err(Rejection::from_fetch(&fetch.resource, &error).into()),
            (Some(_), None) => Err(Rejection::out_of_step().into()),
        }
    }

    /// What the manifest says, and the digest of its configuration if that says more.
    fn read(&self, fetch: &Fetch, fetched: &Checked) -> (Seen, Option<Digest>) {
        let outline = Outline::read(&fetched.bytes, fetched.media_type.as_ref());
        let malformed = outline.err().map(|error| {
            let detail = error.to_string();
            let error = FetchError::Malformed { detail };
            Problem::from(&Rejection::from_fetch(&fetch.resource, &error))
        });
        let parts: Parts = serde_json::from_slice(&fetched.bytes).unwrap_or_default();
        let config = match parts.manifests {
            Some(_) => None,
            None => parts.config.and_then(|config| config.digest),
        };
        let (kind, count) = match (&parts.manifests, &parts.layers) {
            (Some(manifests), _) => ("index", manifests.count),
            (None, layers) => ("image", layers.as_ref().map_or(0, Vec::len)),
        };
        let served = fetched.media_type.as_ref().map(ToString::to_string);
        let media_type = parts.media_type.or(served);
        let platforms = parts
            .manifests
            .map_or_else(Vec::new, |listed| listed.platforms);
        let seen = Seen {
            digest: digest_of(&self.subject, fetched),
            manifest: ManifestSummary {
                media_type: media_type.map(|text| short(&text)),
                kind,
                bytes: fetched.bytes.len(),
                platforms,
                parts: count,
            },
            malformed,
        };
        (seen, config)
    }
}

impl Session<Seen> for ImageSurvey {
    fn scheme(&self) -> Scheme {
        crate::plan::POLICY
    }

    fn advance(&mut self, answers: Vec<CheckedAnswer>, _: &mut Meter) -> Step<Seen> {
        self.step(answers).into()
    }
}

/// The parts of a manifest or index that are shown.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Parts {
    media_type: Option<String>,
    config: Option<Part>,
    layers: Option<Vec<serde::de::IgnoredAny>>,
    manifests: Option<Listed>,
}

#[derive(Deserialize)]
struct Part {
    digest: Option<Digest>,
    platform: Option<Platform>,
}

/// `platform` of a descriptor, and the same members of a configuration.
#[derive(Deserialize)]
struct Platform {
    os: Option<String>,
    architecture: Option<String>,
    variant: Option<String>,
}

/// The list of an index, which may be very long: how many it lists, and the platforms of the first.
#[derive(Default)]
struct Listed {
    count: usize,
    platforms: Vec<String>,
}

impl<'de> Deserialize<'de> for Listed {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(ListedVisitor)
    }
}

struct ListedVisitor;

impl<'de> Visitor<'de> for ListedVisitor {
    type Value = Listed;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of manifests")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Listed, A::Error> {
        let mut listed = Listed::default();
        while let Some(part) = list.next_element::<Part>()? {
            listed.count += 1;
            if listed.platforms.len() < MAX_PLATFORMS {
                let platform = part.platform.and_then(Platform::name);
                listed.platforms.extend(platform);
            }
        }
        Ok(listed)
    }
}

/// As much of a text as is shown of one that anybody chose.
fn short(text: &str) -> String {
    text.chars().take(MAX_TEXT).collect()
}

impl Platform {
    fn name(self) -> Option<String> {
        let name = format!("{}/{}", self.os?, self.architecture?);
        let variant = self.variant.filter(|variant| !variant.is_empty());
        Some(match variant {
            Some(variant) => short(&format!("{name}/{variant}")),
            None => short(&name),
        })
    }
}

fn platform(config: &[u8]) -> Option<String> {
    serde_json::from_slice::<Platform>(config).ok()?.name()
}
