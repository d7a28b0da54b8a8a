//! The questions to one plug-in about one signature.

use doorward_core::text::one_line;
use doorward_core::{Fact, FetchError, Rejection, Resource};
use semver::Version;

use super::answer::{self, Capabilities, Verdict};
use super::request::to_process;
use super::{PluginRequest, PluginRule, REVOCATION_CHECK, SHOWN, TRUSTED_IDENTITY};
use crate::{SignedPayload, Statement, codes};

/// The question to a plug-in whether a signature holds.
#[derive(Clone, Debug)]
pub(crate) struct PluginInquiry {
    rule: PluginRule,
    minimum: Option<Version>,
    stage: Stage,
}

#[derive(Clone, Debug)]
enum Stage {
    /// It is not known what the plug-in can do.
    Unknown,
    /// It can do this, and was not asked about the signature.
    Described {
        has: Capabilities,
        request: PluginRequest,
        asked: Capabilities,
    },
    /// It gave a verdict.
    Answered { has: Capabilities, verdict: Verdict },
    /// There will be no verdict.
    Failed(Rejection),
}

impl PluginInquiry {
    pub(super) const fn new(rule: PluginRule, minimum: Option<Version>) -> Self {
        Self {
            rule,
            minimum,
            stage: Stage::Unknown,
        }
    }

    pub(crate) const fn rule(&self) -> &PluginRule {
        &self.rule
    }

    /// What the plug-in must be asked next. Returns `None` if it has been asked all.
    pub(crate) fn wants(&self) -> Option<PluginRequest> {
        match &self.stage {
            Stage::Unknown => Some(PluginRequest::metadata(&self.rule.name)),
            Stage::Described { request, .. } => Some(request.clone()),
            Stage::Answered { .. } | Stage::Failed(_) => None,
        }
    }

    /// Whether it can still be asked something.
    pub(crate) const fn is_open(&self) -> bool {
        matches!(self.stage, Stage::Unknown | Stage::Described { .. })
    }

    /// Whether it is certain that there will be no verdict.
    pub(crate) const fn has_failed(&self) -> bool {
        matches!(self.stage, Stage::Failed(_))
    }

    /// Whether the plug-in decides alone about a check. It must have the capability: what it cannot do, it does not
    /// replace.
    pub(crate) const fn replaces_identity(&self) -> bool {
        match &self.stage {
            Stage::Described { has, .. } | Stage::Answered { has, .. } => {
                self.rule.replaces_identity && has.identity
            }
            Stage::Unknown | Stage::Failed(_) => false,
        }
    }

    /// As [`Self::replaces_identity`], about revocation.
    pub(crate) const fn replaces_revocation(&self) -> bool {
        match &self.stage {
            Stage::Described { has, .. } | Stage::Answered { has, .. } => {
                self.rule.replaces_revocation && has.revocation
            }
            Stage::Unknown | Stage::Failed(_) => false,
        }
    }

    /// Whether the policy lets the plug-in decide about revocation, and it is not known whether it can.
    pub(crate) const fn may_replace_revocation(&self) -> bool {
        self.rule.replaces_revocation && matches!(self.stage, Stage::Unknown)
    }

    /// Takes the answer to what was wanted. Where revocation is skipped, the plug-in is not asked about it either.
    pub(crate) fn hear(
        &mut self,
        answer: Result<&[u8], &FetchError>,
        signed: &SignedPayload,
        statement: &Statement,
        skips_revocation: bool,
    ) {
        let Some(wanted) = self.wants() else {
            return;
        };
        let bytes = match answer {
            Ok(bytes) => bytes,
            Err(error) => {
                self.stage = Stage::Failed(self.lost(wanted, error));
                return;
            }
        };
        let next = match &self.stage {
            Stage::Unknown => answer::metadata(bytes, &self.rule.name, self.minimum.as_ref())
                .and_then(|has| self.describe(has, signed, statement, skips_revocation)),
            Stage::Described { has, asked, .. } => {
                let attributes = to_process(signed).filter_map(|one| one.name.as_text());
                answer::verdict(bytes, *asked, attributes)
                    .map(|verdict| Stage::Answered { has: *has, verdict })
            }
            Stage::Answered { .. } | Stage::Failed(_) => return,
        };
        self.stage = next.unwrap_or_else(|why| Stage::Failed(self.failed(&why)));
    }

    fn describe(
        &self,
        has: Capabilities,
        signed: &SignedPayload,
        statement: &Statement,
        skips_revocation: bool,
    ) -> Result<Stage, String> {
        let asked = Capabilities {
            revocation: has.revocation && !skips_revocation,
            ..has
        };
        let mut names = Vec::new();
        if asked.identity {
            names.push(TRUSTED_IDENTITY);
        }
        if asked.revocation {
            names.push(REVOCATION_CHECK);
        }
        let request = PluginRequest::verdict(&self.rule.name, &names, signed, statement)?;
        Ok(Stage::Described {
            has,
            request,
            asked,
        })
    }

    /// What the plug-in says of the signature.
    ///
    /// # Errors
    /// Why it says nothing: `notation-plugin-failed`, or `notation-plugin-unavailable` if there is no such plug-in.
    pub(crate) fn conclude(&self) -> Result<Verdict, Rejection> {
        match &self.stage {
            Stage::Answered { verdict, .. } => Ok(verdict.clone()),
            Stage::Failed(rejection) => Err(rejection.clone()),
            Stage::Unknown | Stage::Described { .. } => Err(self.failed("it was not asked")),
        }
    }

    /// That the plug-in says no.
    pub(crate) fn refuses(&self, what: &str, reason: &str) -> Rejection {
        let detail = format!("the plug-in {} refuses {what}: {reason}", self.rule.name);
        Rejection::new(codes::PLUGIN_REFUSED, detail)
    }

    pub(crate) fn failed(&self, why: &str) -> Rejection {
        let detail = format!("the plug-in {} gave no verdict: {why}", self.rule.name);
        Rejection::new(codes::PLUGIN_FAILED, detail)
    }

    /// That an answer could not be had. That is the plug-in's failure, whatever the cause, and no outage of a server: a
    /// signer who could make a plug-in fail must not win by it.
    fn lost(&self, wanted: PluginRequest, error: &FetchError) -> Rejection {
        let resource = resource(wanted);
        match error {
            FetchError::NotSupported => {
                let detail = format!("the plug-in {} is not installed here", self.rule.name);
                Rejection::new(codes::PLUGIN_UNAVAILABLE, detail)
            }
            // Nothing is known: nobody was asked.
            FetchError::NotRecorded => Rejection::from_fetch(&resource, error),
            error => self.failed(&one_line(&error.reason(), SHOWN)),
        }
        .with_fact(Fact::resource(&resource))
    }
}

/// The resource for a request.
pub(crate) fn resource(request: PluginRequest) -> Resource {
    Resource::Plugin {
        name: request.name,
        command: request.command,
        request: request.body,
    }
}
