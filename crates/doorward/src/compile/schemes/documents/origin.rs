//! What the policy demands of where an image comes from.

use doorward_core::{Code, Fact, Meter, Rejection, Timestamp, UsedImages};
use doorward_documents::{
    DocumentError, MaterialError, Provenance, ProvenancePattern, ProvenanceRules,
    ProvenanceViolation, SummaryRules, SummaryViolation, TrustedBuilder, VerificationSummary,
};
use doorward_policy::{DocumentType, ProvenanceDemands, SummaryDemands};

use super::codes;
use super::content::Reading;
use crate::materials::codes as materials;

/// What a statement about the origin of an image must say.
#[derive(Debug)]
pub(super) enum OriginRules {
    Provenance {
        rules: ProvenanceRules,
        /// How many levels of the images that builds used must be admitted.
        levels: u8,
    },
    Summary(SummaryRules),
}

impl OriginRules {
    /// Returns `None` for documents of other kinds.
    ///
    /// # Errors
    /// [`Code::POLICY_INVALID`] if something in it cannot be parsed, which the reader of policies refuses.
    pub(super) fn of(document: &DocumentType) -> Result<Option<Self>, Rejection> {
        Ok(match document {
            DocumentType::Artifact(_) | DocumentType::Predicate(_) => None,
            DocumentType::Provenance(demands) => {
                let ProvenanceDemands {
                    builders,
                    trusted_builders,
                    min_level,
                    sources,
                    build_types,
                    materials,
                    ..
                } = demands;
                let mut rules = ProvenanceRules::default();
                rules.builders = patterns(builders)?;
                let trusted = trusted_builders.iter();
                let trusted =
                    trusted.map(|one| Ok(TrustedBuilder::new(pattern(&one.id)?, one.level)));
                rules.trusted = trusted.collect::<Result<_, Rejection>>()?;
                rules.min_level = *min_level;
                rules.sources = patterns(sources)?;
                rules.build_types.clone_from(build_types);
                Some(Self::Provenance {
                    rules,
                    levels: materials.unwrap_or_default(),
                })
            }
            DocumentType::Summary(demands) => {
                let SummaryDemands {
                    verifiers,
                    resources,
                    levels,
                    max_age,
                    ..
                } = demands;
                let mut rules = SummaryRules::default();
                rules.verifiers.clone_from(verifiers);
                rules.resources = patterns(resources)?;
                rules.levels.clone_from(levels);
                rules.max_age = *max_age;
                Some(Self::Summary(rules))
            }
        })
    }

    /// Whether the images that a build used must be admitted too.
    pub(super) const fn demands_images(&self) -> bool {
        matches!(self, Self::Provenance { levels: 1.., .. })
    }

    /// Whether a statement is about what the rules demand. A summary of another verifier, or of another resource, is not, and one
    /// that cannot be read may be.
    pub(super) fn concerns(&self, document: &Reading) -> bool {
        let Self::Summary(rules) = self else {
            return true;
        };
        let summary = document.statement().map(VerificationSummary::of);
        !matches!(summary, Some(Ok(summary)) if !rules.concern(&summary))
    }

    /// Holds a statement that somebody signed against the rules. Returns the images that the build used, if it is about that.
    pub(super) fn judge(
        &self,
        document: &Reading,
        now: Timestamp,
        meter: &mut Meter,
    ) -> Result<Option<UsedImages>, Rejection> {
        let name = document.name();
        let malformed = |error: DocumentError| {
            Rejection::new(codes::of_document(&error), format!("{name}: {error}"))
        };
        let Some(statement) = document.statement() else {
            let detail = format!("{name} is no statement about where the image comes from");
            return Err(Rejection::new(codes::FORMAT_MISMATCH, detail));
        };
        match self {
            Self::Provenance { rules, levels } => {
                let provenance = Provenance::of(statement).map_err(malformed)?;
                meter.steps(rules.steps(&provenance))?;
                rules.judge(&provenance).map_err(|violation| {
                    Rejection::new(of_provenance(&violation), format!("{name}: {violation}"))
                })?;
                let images = provenance.images().cloned();
                let images = images.map_err(|error| {
                    Rejection::new(of_material(error), format!("{name}: {error}"))
                });
                Ok(Some(UsedImages::told(images).to_be_admitted(*levels)))
            }
            Self::Summary(rules) => {
                let summary = VerificationSummary::of(statement).map_err(malformed)?;
                rules.judge(&summary, now).map_err(|violation| {
                    let rejection =
                        Rejection::new(of_summary(&violation), format!("{name}: {violation}"));
                    match violation {
                        SummaryViolation::InFuture { at } | SummaryViolation::TooOld { at } => {
                            rejection.with_fact(Fact::Time(at))
                        }
                        _ => rejection,
                    }
                })?;
                Ok(None)
            }
        }
    }
}

fn patterns(texts: &[String]) -> Result<Vec<ProvenancePattern>, Rejection> {
    texts.iter().map(|text| pattern(text)).collect()
}

fn pattern(text: &str) -> Result<ProvenancePattern, Rejection> {
    ProvenancePattern::parse(text)
        .map_err(|error| Rejection::new(Code::POLICY_INVALID, error.to_string()))
}

const fn of_material(error: &MaterialError) -> Code {
    match error {
        MaterialError::NoDigest { .. } => materials::DIGEST_MISSING,
        MaterialError::TooMany { .. } => materials::TOO_MANY,
        MaterialError::Unlisted { .. } => materials::UNLISTED,
        // What will be added names no image either.
        _ => materials::UNIDENTIFIED,
    }
}

const fn of_provenance(violation: &ProvenanceViolation) -> Code {
    match violation {
        ProvenanceViolation::BuildType { .. } => codes::BUILD_TYPE_UNTRUSTED,
        ProvenanceViolation::Builder { .. } | ProvenanceViolation::NoBuilder => {
            codes::BUILDER_UNTRUSTED
        }
        ProvenanceViolation::Level { .. } => codes::BUILDER_LEVEL_TOO_LOW,
        // What is not said, and what will be added, is no source that the policy names.
        _ => codes::SOURCE_UNTRUSTED,
    }
}

const fn of_summary(violation: &SummaryViolation) -> Code {
    match violation {
        SummaryViolation::InFuture { .. } => codes::TIME_IN_FUTURE,
        SummaryViolation::Level { .. } => codes::LEVEL_TOO_LOW,
        SummaryViolation::NoTime => codes::TIME_UNKNOWN,
        SummaryViolation::Resource { .. } => codes::RESOURCE_MISMATCH,
        SummaryViolation::TooOld { .. } => codes::TOO_OLD,
        SummaryViolation::Verifier { .. } => codes::VERIFIER_UNTRUSTED,
        // What will be added is no verification that passed.
        _ => codes::VERIFICATION_FAILED,
    }
}
