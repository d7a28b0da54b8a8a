//! What the policy demands of where an image comes from.

use doorward_core::{Code, Fact, Meter, Rejection, Timestamp};
use doorward_documents::{
    DocumentError, Provenance, ProvenancePattern, ProvenanceRules, ProvenanceViolation,
    SummaryRules, SummaryViolation, VerificationSummary,
};
use doorward_policy::{DocumentType, ProvenanceDemands, SummaryDemands};

use super::codes;
use super::content::Reading;

/// What a statement about the origin of an image must say.
#[derive(Debug)]
pub(super) enum OriginRules {
    Provenance(ProvenanceRules),
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
                    sources,
                    build_types,
                    ..
                } = demands;
                let mut rules = ProvenanceRules::default();
                rules.builders = patterns(builders)?;
                rules.sources = patterns(sources)?;
                rules.build_types.clone_from(build_types);
                Some(Self::Provenance(rules))
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

    /// Whether a statement is about what the rules demand. A summary of another verifier, or of another resource, is not, and one
    /// that cannot be read may be.
    pub(super) fn concerns(&self, document: &Reading) -> bool {
        let Self::Summary(rules) = self else {
            return true;
        };
        let summary = document.statement().map(VerificationSummary::of);
        !matches!(summary, Some(Ok(summary)) if !rules.concern(&summary))
    }

    /// Holds a statement that somebody signed against the rules.
    pub(super) fn judge(
        &self,
        document: &Reading,
        now: Timestamp,
        meter: &mut Meter,
    ) -> Result<(), Rejection> {
        let name = document.name();
        let malformed = |error: DocumentError| {
            Rejection::new(codes::of_document(&error), format!("{name}: {error}"))
        };
        let Some(statement) = document.statement() else {
            let detail = format!("{name} is no statement about where the image comes from");
            return Err(Rejection::new(codes::FORMAT_MISMATCH, detail));
        };
        match self {
            Self::Provenance(rules) => {
                let provenance = Provenance::of(statement).map_err(malformed)?;
                meter.steps(rules.steps(&provenance))?;
                rules.judge(&provenance).map_err(|violation| {
                    Rejection::new(of_provenance(&violation), format!("{name}: {violation}"))
                })
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
                })
            }
        }
    }
}

fn patterns(texts: &[String]) -> Result<Vec<ProvenancePattern>, Rejection> {
    let parsed = texts.iter().map(|text| {
        ProvenancePattern::parse(text)
            .map_err(|error| Rejection::new(Code::POLICY_INVALID, error.to_string()))
    });
    parsed.collect()
}

const fn of_provenance(violation: &ProvenanceViolation) -> Code {
    match violation {
        ProvenanceViolation::BuildType { .. } => codes::BUILD_TYPE_UNTRUSTED,
        ProvenanceViolation::Builder { .. } | ProvenanceViolation::NoBuilder => {
            codes::BUILDER_UNTRUSTED
        }
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
