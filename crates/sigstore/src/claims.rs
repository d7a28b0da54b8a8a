//! What a certificate says about the build that it was issued to.

use doorward_core::Fingerprint;

use crate::Subject;

/// What the certificate of a build must say about it. What is `None` is not looked at.
///
/// They are the claims that Fulcio takes from the token of a workflow of GitHub (its `oid-info`).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct WorkflowClaims {
    /// The repository, `owner/name`: its URI without `https://github.com/`, else what older certificates call the workflow's
    /// repository.
    pub repository: Option<Subject>,
    /// The ref that was built, such as `refs/heads/main`.
    pub reference: Option<Subject>,
    /// The name of the workflow.
    pub workflow_name: Option<Subject>,
    /// The event that started the workflow, such as `push`.
    pub workflow_trigger: Option<Subject>,
    /// Where it ran: `github-hosted` or `self-hosted`.
    pub runner_environment: Option<Subject>,
}

impl WorkflowClaims {
    pub(crate) fn encode(&self, out: &mut Fingerprint) {
        let Self {
            repository,
            reference,
            workflow_name,
            workflow_trigger,
            runner_environment,
        } = self;
        for claim in [
            repository,
            reference,
            workflow_name,
            workflow_trigger,
            runner_environment,
        ] {
            out.flag(claim.is_some());
            if let Some(claim) = claim {
                claim.encode(out);
            }
        }
    }
}
