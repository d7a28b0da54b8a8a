//! Files that are signed: releases, policies, models; whatever is no artifact of a registry.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use doorward_core::{
    Budget, Check, Class, Code, Digest, Evidence, Fetcher, Meter, Proof, Rejection, Scheme,
    Timestamp,
};
use doorward_notation::{
    BlobInput, BlobSession, BlobTrustPolicy, Envelope, Selected, Statement, TrustStores,
};
use serde::Serialize;
use tokio::time::timeout;

use crate::driver::drive;
use crate::note::Note;
use crate::report::RequirementReport;
use crate::rule::Rule;
use crate::verdict::{Requirement, RequirementOutcome};
use crate::{Decision, Exit};

/// A trust policy for files with the trust stores beside it, as notation reads them.
#[derive(Debug)]
pub struct BlobRules {
    /// The name of the policy file, for reports.
    pub name: String,
    /// The policy.
    pub policy: BlobTrustPolicy,
    /// The stores that its statements name. One that could not be read is there with the reason.
    pub stores: Arc<TrustStores>,
}

/// A file, and the signature that came with it.
#[derive(Clone, Debug)]
pub struct Blob {
    /// What it is called in reports.
    pub name: String,
    /// The signature.
    pub envelope: Envelope,
    /// Where the signature was found, for reports.
    pub source: String,
    /// The digest of the content, by the [algorithm of the signature](Envelope::blob_algorithm).
    pub digest: Digest,
    /// How many bytes it has.
    pub size: u64,
    /// The media type that must have been signed, if that matters.
    pub media_type: Option<String>,
}

/// What a decision about a file is asked with.
#[derive(Clone, Debug)]
pub struct BlobQuestion {
    /// The statement that decides. Without a name, the global one does.
    pub statement: Option<String>,
    /// What the signature must say in its user metadata, beside what the policy demands.
    pub user_metadata: BTreeMap<String, String>,
    /// The time to decide at.
    pub now: Timestamp,
    /// How long authorities may take, all together.
    pub deadline: Duration,
}

impl BlobRules {
    /// Decides about a file. Only authorities are asked, at the addresses in its certificates.
    pub async fn decide(
        &self,
        blob: Blob,
        question: &BlobQuestion,
        fetcher: &dyn Fetcher,
    ) -> BlobVerdict {
        let (name, digest, size) = (blob.name.clone(), blob.digest.clone(), blob.size);
        let selected = match self.policy.select(question.statement.as_deref()) {
            Ok(selected) => selected,
            Err(error) => return BlobVerdict::refused(name, digest, size, error.into()),
        };
        let (entry, decided) = match selected {
            Selected::Skip { name } => (name, Decided::Unchecked),
            Selected::Verify(statement) => {
                let verified = self.verify(blob, statement, question, fetcher).await;
                let decided = verified.map_or_else(Decided::Refused, Decided::Proved);
                (statement.name(), decided)
            }
        };
        BlobVerdict {
            name,
            digest,
            size,
            rule: Some(Rule {
                kind: "NotationBlobTrustPolicy".to_owned(),
                namespace: None,
                name: self.name.clone(),
                entry: entry.to_owned(),
            }),
            decided,
        }
    }

    async fn verify(
        &self,
        blob: Blob,
        statement: &Arc<Statement>,
        question: &BlobQuestion,
        fetcher: &dyn Fetcher,
    ) -> Result<Proof, Rejection> {
        let statement = if question.user_metadata.is_empty() {
            Arc::clone(statement)
        } else {
            let mut demanded = statement.user_metadata().clone();
            for (key, value) in &question.user_metadata {
                let before = demanded.insert(key.clone(), value.clone());
                if before.is_some_and(|before| before != *value) {
                    let detail =
                        format!("the policy demands something else as user metadata {key:?}");
                    return Err(Rejection::new(Code::POLICY_INVALID, detail));
                }
            }
            let with = Statement::clone(statement).with_user_metadata(demanded);
            Arc::new(with.map_err(|error| Rejection::new(Code::POLICY_INVALID, error.to_string()))?)
        };
        let mut session = BlobSession::new(BlobInput {
            envelope: blob.envelope,
            digest: blob.digest,
            size: blob.size,
            media_type: blob.media_type,
            statement,
            stores: Arc::clone(&self.stores),
            now: question.now,
            source: blob.source,
        });
        let meter = Mutex::new(Meter::new(Budget::default()));
        match timeout(question.deadline, drive(&mut session, fetcher, &meter)).await {
            Ok(driven) => driven.result,
            Err(_) => Err(Rejection::new(
                Code::DEADLINE_EXCEEDED,
                format!("no decision within {} s", question.deadline.as_secs_f32()),
            )),
        }
    }
}

/// What was decided about a file.
#[derive(Clone, Debug)]
#[must_use]
pub struct BlobVerdict {
    name: String,
    digest: Digest,
    size: u64,
    rule: Option<Rule>,
    decided: Decided,
}

/// Only a proof says that a file is what somebody signed.
#[derive(Clone, Debug)]
enum Decided {
    Proved(Proof),
    Refused(Rejection),
    /// The statement is of the level `skip`.
    Unchecked,
}

impl BlobVerdict {
    /// A refusal before anything was verified: of a file whose signature is none.
    pub fn refused(name: impl Into<String>, digest: Digest, size: u64, why: Rejection) -> Self {
        Self {
            name: name.into(),
            digest,
            size,
            rule: None,
            decided: Decided::Refused(why),
        }
    }

    /// What the file is called.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The digest of its content.
    #[must_use]
    pub const fn digest(&self) -> &Digest {
        &self.digest
    }

    /// The statement that decided. Returns `None` if none governs the file.
    #[must_use]
    pub const fn rule(&self) -> Option<&Rule> {
        self.rule.as_ref()
    }

    /// Whether the file may be used. Never [`Decision::Warn`].
    #[must_use]
    pub const fn decision(&self) -> Decision {
        match self.decided {
            Decided::Proved(_) | Decided::Unchecked => Decision::Allow,
            Decided::Refused(_) => Decision::Deny,
        }
    }

    /// Whether it is allowed because the policy checks nothing.
    #[must_use]
    pub const fn is_unchecked(&self) -> bool {
        matches!(self.decided, Decided::Unchecked)
    }

    /// Why it is refused.
    #[must_use]
    pub const fn rejection(&self) -> Option<&Rejection> {
        match &self.decided {
            Decided::Refused(rejection) => Some(rejection),
            Decided::Proved(_) | Decided::Unchecked => None,
        }
    }

    /// Who signed it.
    #[must_use]
    pub fn evidence(&self) -> &[Evidence] {
        match &self.decided {
            Decided::Proved(proof) => proof.evidence(),
            Decided::Refused(_) | Decided::Unchecked => &[],
        }
    }

    /// The checks that were made, in order.
    #[must_use]
    pub fn checks(&self) -> &[Check] {
        match &self.decided {
            Decided::Proved(proof) => proof.checks(),
            Decided::Refused(rejection) => rejection.checks(),
            Decided::Unchecked => &[],
        }
    }

    /// What people should know although it decided nothing: checks that failed and are only logged.
    #[must_use]
    pub fn notes(&self) -> Vec<Note> {
        Note::findings(Scheme::NOTATION, self.checks())
    }

    /// How a command that decided this ends.
    #[must_use]
    pub fn exit(&self) -> Exit {
        self.rejection()
            .map_or(Exit::Allowed, |rejection| rejection.class().into())
    }

    /// Whether it is refused because something could not be asked. It is not allowed by that.
    #[must_use]
    pub fn is_inconclusive(&self) -> bool {
        self.rejection()
            .is_some_and(|rejection| rejection.class() == Class::Unavailable)
    }

    fn requirement(&self) -> Option<Requirement> {
        match &self.decided {
            Decided::Proved(proof) => Some(Requirement {
                scheme: proof.scheme(),
                outcome: RequirementOutcome::Pass,
                rejection: None,
                checks: proof.checks().to_vec(),
                evidence: proof.evidence().to_vec(),
            }),
            Decided::Refused(rejection) => {
                Some(Requirement::failed(Scheme::NOTATION, rejection.clone()))
            }
            Decided::Unchecked => None,
        }
    }
}

/// The report on a file: the parts of that on images that a file has.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct BlobReport {
    /// `report.doorward.dev/v1`.
    pub api_version: &'static str,
    /// `BlobVerificationReport`.
    pub kind: &'static str,
    /// When it was decided.
    pub at: Timestamp,
    /// What the file is called.
    pub blob: String,
    /// The digest of its content.
    pub digest: String,
    /// How many bytes it has.
    pub size: u64,
    /// `allow` or `deny`.
    pub verdict: Decision,
    /// The reason code of a refusal.
    pub code: Option<&'static str>,
    /// One line for people.
    pub message: String,
    /// The statement that decided.
    pub rule: Option<Rule>,
    /// What came of the signature.
    pub requirements: Vec<RequirementReport>,
    /// What people should know although it decided nothing.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<Note>,
}

impl BlobReport {
    /// The report of this verdict, decided at `at`.
    #[must_use]
    pub fn new(at: Timestamp, verdict: &BlobVerdict) -> Self {
        let requirement = verdict.requirement();
        Self {
            api_version: "report.doorward.dev/v1",
            kind: "BlobVerificationReport",
            at,
            blob: verdict.name.clone(),
            digest: verdict.digest.to_string(),
            size: verdict.size,
            verdict: verdict.decision(),
            code: verdict.rejection().map(|it| it.code().as_str()),
            message: match &verdict.decided {
                Decided::Proved(_) => "verified".to_owned(),
                Decided::Refused(rejection) => rejection.to_string(),
                Decided::Unchecked => "the policy demands nothing of the file".to_owned(),
            },
            rule: verdict.rule.clone(),
            requirements: requirement.iter().map(RequirementReport::from).collect(),
            notes: verdict.notes(),
        }
    }
}
