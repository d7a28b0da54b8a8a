//! The blocks `attestations` and `vulnerability`, compiled: signed documents that are attached to images, and the word of a
//! vulnerability advisor.

mod advisor;
mod attestation;
pub(super) mod codes;
mod content;
mod findings;
mod locate;
mod newest;
mod origin;
mod read;
mod report;
mod search;
mod wanted;
mod witness;

use std::sync::Arc;

use doorward_core::{Proof, Rejection, Scheme, Session, Timestamp};
use doorward_policy::{Attestation, DocumentType, Vulnerability, VulnerabilityReport};

use self::advisor::AdvisorDemand;
use self::attestation::AttestationRules;
use self::read::ReadSession;
use self::report::ReportRules;
use self::search::{BothSearches, EnvelopeSearch, SearchSession};
use self::wanted::{Unread, Wanted};
use crate::attached::{Candidate, Documents};
use crate::compile::entry::PolicyEntry;
use crate::compile::unit::{CompileUnit, NodeFuture};
use crate::plan::{Attached, DocumentKind, Node, Opening, Plan};

/// The scheme of the block `attestations`, as reports name it.
const ATTESTATIONS: Scheme = Scheme::custom("attestations");
/// The scheme of the block `vulnerability`, as reports name it.
const VULNERABILITY: Scheme = Scheme::custom("vulnerability");

/// The unit of signed documents.
#[derive(Debug)]
pub(super) struct DocumentsUnit;

impl CompileUnit for DocumentsUnit {
    fn scheme(&self) -> Scheme {
        ATTESTATIONS
    }

    /// Attestations none of which is known here are left to units of other projects.
    fn compile<'a>(
        &'a self,
        demand: &'a doorward_policy::Demand,
        entry: PolicyEntry<'a>,
    ) -> Option<NodeFuture<'a>> {
        match demand {
            doorward_policy::Demand::Attestations(all) if all.iter().any(is_known) => {
                Some(Box::pin(attestations(all, entry)))
            }
            doorward_policy::Demand::Vulnerability(vulnerability) => {
                Some(Box::pin(vulnerabilities(vulnerability, entry)))
            }
            _ => None,
        }
    }
}

/// Whether documents of the type are read here, or it is known here why they are not.
fn is_known(attestation: &Attestation) -> bool {
    let mut signers = attestation.signed_by.iter();
    signers.any(|demand| matches!(demand, doorward_policy::Demand::Sigstore(_)))
        || Wanted::of(&attestation.document, &attestation.signed_by).is_ok()
}

/// All must be met: one node, or a quorum of all.
fn all(mut nodes: Vec<Node>) -> Node {
    match (nodes.pop(), nodes.is_empty()) {
        (Some(only), true) => only,
        (last, _) => {
            nodes.extend(last);
            let of: Vec<Plan> = nodes
                .into_iter()
                .map(|node| Plan::new(vec![node]))
                .collect();
            Node::AtLeast {
                needed: of.len(),
                of,
            }
        }
    }
}

async fn attestations(all_of: &[Attestation], entry: PolicyEntry<'_>) -> Result<Node, Rejection> {
    let mut nodes = Vec::new();
    for attestation in all_of {
        nodes.push(match attested(attestation, entry).await {
            Ok(demand) => Node::Attached(Box::new(demand)),
            Err(rejection) => Node::Refused(ATTESTATIONS, rejection),
        });
    }
    Ok(all(nodes))
}

async fn attested(
    attestation: &Attestation,
    entry: PolicyEntry<'_>,
) -> Result<DocumentsDemand, Rejection> {
    let wanted = Wanted::of(&attestation.document, &attestation.signed_by)
        .map_err(|unread| unread.rejection())?
        .located(&attestation.signed_by, entry)
        .await?;
    let rules = AttestationRules::of(attestation)?;
    let signed_by = entry.plan(&attestation.signed_by).await;
    Ok(DocumentsDemand {
        scheme: ATTESTATIONS,
        kinds: vec![DocumentKind::required(signed_by)],
        wanted: vec![wanted],
        rules: Arc::new(Rules::Attestation(rules)),
    })
}

async fn vulnerabilities(
    vulnerability: &Vulnerability,
    entry: PolicyEntry<'_>,
) -> Result<Node, Rejection> {
    // Every field is judged here: one that is added does not compile until it is.
    let Vulnerability { iccrva, report } = vulnerability;
    let mut nodes = Vec::new();
    if let Some(advisor) = iccrva.as_ref().filter(|advisor| advisor.enabled) {
        nodes.push(match AdvisorDemand::of(advisor) {
            Ok(demand) => Node::Demand(Box::new(demand)),
            Err(rejection) => Node::Refused(VULNERABILITY, rejection),
        });
    }
    if let Some(report) = report {
        // What is wrong with the report says nothing about the advisor, and both are told.
        nodes.push(match reported(report, entry).await {
            Ok(demand) => Node::Attached(Box::new(demand)),
            Err(rejection) => Node::Refused(VULNERABILITY, rejection),
        });
    }
    Ok(all(nodes))
}

async fn reported(
    report: &VulnerabilityReport,
    entry: PolicyEntry<'_>,
) -> Result<DocumentsDemand, Rejection> {
    let wanted = match &report.artifact_type {
        Some(named) => Wanted::of(&DocumentType::Artifact(named.clone()), &report.signed_by)
            .map_err(|unread: Unread| unread.rejection())?,
        None => Wanted::reports(&report.signed_by),
    };
    let wanted = wanted.located(&report.signed_by, entry).await?;
    let mut kinds = vec![DocumentKind::required(entry.plan(&report.signed_by).await)];
    let mut types = vec![wanted];
    if let Some(vex) = &report.vex {
        kinds.push(DocumentKind::helpful(entry.plan(&vex.signed_by).await));
        let wanted = Wanted::vex(&vex.signed_by);
        types.push(wanted.located(&vex.signed_by, entry).await?);
    }
    Ok(DocumentsDemand {
        scheme: VULNERABILITY,
        kinds,
        wanted: types,
        rules: Arc::new(Rules::Report(ReportRules::of(report))),
    })
}

/// What documents must say.
#[derive(Debug)]
enum Rules {
    Attestation(AttestationRules),
    Report(ReportRules),
}

/// That signed documents of some types are attached to the image, and say what they must.
struct DocumentsDemand {
    scheme: Scheme,
    kinds: Vec<DocumentKind>,
    /// The types of each kind.
    wanted: Vec<Wanted>,
    rules: Arc<Rules>,
}

impl Attached for DocumentsDemand {
    fn scheme(&self) -> Scheme {
        self.scheme
    }

    fn kinds(&self) -> &[DocumentKind] {
        &self.kinds
    }

    fn find(&self, opening: &Opening<'_>, _: Timestamp) -> Box<dyn Session<Vec<Candidate>>> {
        let attached = SearchSession::new(
            self.scheme,
            opening.pinned.clone(),
            opening.manifest.cloned(),
            self.wanted.clone(),
        );
        match EnvelopeSearch::new(
            self.scheme,
            opening.pinned.clone(),
            opening.manifest.cloned(),
            self.wanted.clone(),
        ) {
            None => Box::new(attached),
            Some(stated) => Box::new(BothSearches::new(attached, stated)),
        }
    }

    fn none_counts(
        &self,
        kind: usize,
        opening: &Opening<'_>,
        mut causes: Vec<Rejection>,
    ) -> Rejection {
        let wanted = self.wanted.get(kind).map(ToString::to_string);
        let wanted = wanted.unwrap_or_default();
        let digest = opening.pinned.digest();
        let about_others = |cause: &Rejection| {
            [codes::SUBJECT_MISMATCH, codes::TYPE_MISMATCH].contains(&cause.code())
        };
        if causes.is_empty() {
            let detail = format!("nothing is attached to {digest} as {wanted}");
            return Rejection::new(codes::MISSING, detail);
        }
        if causes.iter().all(about_others) {
            let first = causes.remove(0);
            return Rejection::new(first.code(), first.to_string()).with_causes(causes);
        }
        let detail = format!("of what is attached to {digest} as {wanted}, nothing counts");
        Rejection::new(codes::UNSIGNED, detail).with_causes(causes)
    }

    fn read(
        &self,
        opening: &Opening<'_>,
        documents: Vec<Documents>,
        now: Timestamp,
    ) -> Box<dyn Session<Proof>> {
        Box::new(ReadSession::new(
            self.scheme,
            opening.pinned.clone(),
            self.wanted.clone(),
            Arc::clone(&self.rules),
            documents,
            now,
        ))
    }
}
