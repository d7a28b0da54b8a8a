use std::time::Duration;

use doorward_core::Timestamp;
use doorward_core::text::one_line;

use crate::effort::Effort;
use crate::member::{Node, push};
use crate::{DocumentError, InTotoStatement, ProvenancePattern};

/// The predicate type of verification summaries (SLSA, "Verification Summary Attestation", version 1).
const VSA: &str = "https://slsa.dev/verification_summary/v1";
/// The predicate types of simple verification results (in-toto attestation framework, "Simple Verification Result"), versions
/// 0.1 and 0.2.
const SVR01: &str = "https://in-toto.io/attestation/svr/v0.1";
const SVR02: &str = "https://in-toto.io/attestation/svr/v0.2";
/// The most levels or properties that are read of one.
const LEVELS: usize = 1024;
/// The most characters that are shown of what a verifier wrote.
const SHOWN: usize = 200;
/// How far in the future a time may lie, in seconds: what clocks differ by.
const SKEW: i64 = 5 * 60;

/// What a verifier says that it verified of an image. Nothing here says who signed it, and anybody can write the name of any
/// verifier: it is worth what its signer is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerificationSummary {
    verifier: String,
    resource: Option<String>,
    result: Option<String>,
    levels: Vec<String>,
    verified_at: Option<Timestamp>,
}

impl VerificationSummary {
    /// The predicate types that are read: that of verification summaries, version 1, and of simple verification results,
    /// versions 0.1 and 0.2.
    pub const PREDICATE_TYPES: [&'static str; 3] = [VSA, SVR01, SVR02];

    /// Reads the summary that a statement has for its predicate.
    ///
    /// # Errors
    /// [`NotRecognised`](DocumentError::NotRecognised) if it is of another type; any departure from what the specification
    /// demands of the parts that are read, or from the [`bounds`](crate::bounds).
    pub fn of(statement: &InTotoStatement) -> Result<Self, DocumentError> {
        let effort = Effort::of(statement.bytes());
        let root = Node::root(statement.predicate(), &effort);
        match statement.predicate_type() {
            VSA => {
                root.without_twins(&[
                    "verifier",
                    "resourceUri",
                    "verificationResult",
                    "verifiedLevels",
                    "timeVerified",
                ])?;
                Ok(Self {
                    verifier: verifier(&root)?,
                    resource: Some(root.required_name("resourceUri")?.to_owned()),
                    result: Some(root.required_name("verificationResult")?.to_owned()),
                    levels: levels(&root, "verifiedLevels")?,
                    verified_at: root.time("timeVerified")?,
                })
            }
            SVR01 | SVR02 => {
                root.without_twins(&["verifier", "properties", "timeCreated"])?;
                if statement.predicate_type() == SVR02 {
                    policies(&root)?;
                    root.required_name("timeCreated")?;
                    if root.member("properties")?.is_none() {
                        return Err(root.malformed("an object with `properties`"));
                    }
                }
                Ok(Self {
                    verifier: verifier(&root)?,
                    resource: None,
                    result: None,
                    levels: levels(&root, "properties")?,
                    verified_at: root.time("timeCreated")?,
                })
            }
            _ => Err(DocumentError::NotRecognised),
        }
    }

    /// Who verified, as a URI.
    #[must_use]
    pub fn verifier(&self) -> &str {
        &self.verifier
    }

    /// What was verified, as a URI: the image under its name, or where it may run. `None` for simple verification results,
    /// which do not say it.
    #[must_use]
    pub fn resource(&self) -> Option<&str> {
        self.resource.as_deref()
    }

    /// Whether it passed. A simple verification result is made of nothing else.
    #[must_use]
    pub fn has_passed(&self) -> bool {
        self.result
            .as_deref()
            .is_none_or(|result| result == "PASSED")
    }

    /// The levels or properties that were verified, as they were written.
    #[must_use]
    pub fn levels(&self) -> &[String] {
        &self.levels
    }

    /// When it was verified, by its own word.
    #[must_use]
    pub const fn verified_at(&self) -> Option<Timestamp> {
        self.verified_at
    }

    /// Whether a level was verified: the same, or a higher one of the same track (`SLSA_BUILD_LEVEL_3` for
    /// `SLSA_BUILD_LEVEL_2`).
    #[must_use]
    pub fn reaches(&self, level: &str) -> bool {
        let wanted = numbered(level);
        self.levels.iter().any(|one| {
            one == level
                || wanted
                    .zip(numbered(one))
                    .is_some_and(|((track, least), (other, reached))| {
                        track == other && reached >= least
                    })
        })
    }
}

/// Track and number of a level (SLSA, "Verification Summary Attestation", `SlsaResult`).
fn numbered(level: &str) -> Option<(&str, u8)> {
    let (track, number) = level.rsplit_once("_LEVEL_")?;
    let is_plain = number.len() == 1 && number.bytes().all(|byte| byte.is_ascii_digit());
    let number = number.parse().ok().filter(|_| is_plain)?;
    Some((track, number))
}

fn verifier(root: &Node<'_>) -> Result<String, DocumentError> {
    let Some(verifier) = root.member("verifier")? else {
        return Err(root.malformed("an object with `verifier`"));
    };
    verifier.without_twins(&["id"])?;
    Ok(verifier.required_name("id")?.to_owned())
}

/// Holds the policies of a result of version 0.2 against its specification: the list must be there, also where it is empty, and
/// each is a descriptor of something (in-toto attestation framework, `ResourceDescriptor`). Which policies they are decides
/// nothing here: the identifier of the verifier says what its properties mean.
fn policies(root: &Node<'_>) -> Result<(), DocumentError> {
    let Some(verifier) = root.member("verifier")? else {
        return Err(root.malformed("an object with `verifier`"));
    };
    verifier.without_twins(&["id", "policies"])?;
    if verifier.member("policies")?.is_none() {
        return Err(verifier.malformed("an object with `policies`"));
    }
    let policies = verifier.elements("policies")?;
    if policies.len() > LEVELS {
        return Err(DocumentError::TooMany {
            what: "policies of a verifier",
            limit: LEVELS,
        });
    }
    for policy in policies {
        policy.without_twins(&["uri", "digest", "content"])?;
        let digest = policy.member("digest")?;
        if digest.is_none() && policy.name("uri")?.is_none() && policy.text("content")?.is_none() {
            return Err(policy.malformed("an object with `uri`, `digest` or `content`"));
        }
        if digest.is_some_and(|digest| digest.value().as_object().is_none_or(<[_]>::is_empty)) {
            return Err(policy.malformed("an object whose `digest` has one"));
        }
    }
    Ok(())
}

fn levels<'n: 'a, 'a>(root: &'n Node<'a>, list: &'n str) -> Result<Vec<String>, DocumentError> {
    let mut levels = Vec::new();
    for level in root.elements(list)? {
        push(
            &mut levels,
            level.as_text()?.to_owned(),
            "verified levels",
            LEVELS,
        )?;
    }
    Ok(levels)
}

/// What a policy demands of a verification summary.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct SummaryRules {
    /// Who must have verified: one of these, exactly.
    pub verifiers: Vec<String>,
    /// What must have been verified: one of these. An empty list demands nothing.
    pub resources: Vec<ProvenancePattern>,
    /// The levels or properties that must have been verified, all of them.
    pub levels: Vec<String>,
    /// How long ago it may have been verified, by its own word.
    pub max_age: Option<Duration>,
}

/// What a summary says that a policy does not allow, or what it does not say.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SummaryViolation {
    /// It did not pass.
    #[error("it says that the verification did not pass")]
    Failed,
    /// It lies in the future.
    #[error("it was verified at {at}, which lies in the future")]
    InFuture {
        /// When.
        at: Timestamp,
    },
    /// A level was not verified.
    #[error("it does not say that {level} was verified")]
    Level {
        /// Which.
        level: String,
    },
    /// It does not say when it was made.
    #[error("it does not say when it was verified")]
    NoTime,
    /// It is about something else.
    #[error("it is about {resource}, which the policy does not name")]
    Resource {
        /// About what.
        resource: String,
    },
    /// It was made too long ago.
    #[error("it was verified at {at}, which is longer ago than the policy allows")]
    TooOld {
        /// When.
        at: Timestamp,
    },
    /// Somebody else verified.
    #[error("{verifier} says that it verified it, whom the policy does not name")]
    Verifier {
        /// Who.
        verifier: String,
    },
}

impl SummaryRules {
    /// Whether a summary is by a verifier that the policy names, of a resource that it names. What others verified, or of
    /// something else, says nothing for what is demanded, and nothing against it.
    #[must_use]
    pub fn concern(&self, summary: &VerificationSummary) -> bool {
        let is_named = |said: &str| self.resources.iter().any(|one| one.matches(said));
        self.verifiers.iter().any(|one| one == summary.verifier())
            && (self.resources.is_empty() || summary.resource().is_some_and(is_named))
    }

    /// Holds a summary against the rules.
    ///
    /// # Errors
    /// The first [`SummaryViolation`].
    pub fn judge(
        &self,
        summary: &VerificationSummary,
        now: Timestamp,
    ) -> Result<(), SummaryViolation> {
        let shown = |text: &str| one_line(text, SHOWN);
        if !self.verifiers.iter().any(|one| one == summary.verifier()) {
            let verifier = shown(summary.verifier());
            return Err(SummaryViolation::Verifier { verifier });
        }
        // What a simple verification result says is in its properties. Where none is demanded it says nothing.
        let says_nothing = summary.result.is_none() && self.levels.is_empty();
        if !summary.has_passed() || says_nothing {
            return Err(SummaryViolation::Failed);
        }
        if !self.resources.is_empty() {
            let resource = summary.resource().unwrap_or("nothing that it says");
            let is_named = summary
                .resource()
                .is_some_and(|said| self.resources.iter().any(|one| one.matches(said)));
            if !is_named {
                let resource = shown(resource);
                return Err(SummaryViolation::Resource { resource });
            }
        }
        if let Some(level) = self.levels.iter().find(|level| !summary.reaches(level)) {
            let level = shown(level);
            return Err(SummaryViolation::Level { level });
        }
        if let Some(at) = summary.verified_at().filter(|at| *at > now.plus(SKEW)) {
            return Err(SummaryViolation::InFuture { at });
        }
        let Some(most) = self.max_age else {
            return Ok(());
        };
        let at = summary.verified_at().ok_or(SummaryViolation::NoTime)?;
        let age = u64::try_from(now.since(at)).unwrap_or(0);
        if Duration::from_secs(age) > most {
            return Err(SummaryViolation::TooOld { at });
        }
        Ok(())
    }
}
