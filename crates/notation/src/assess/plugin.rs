//! What a plug-in adds to the validations, and what it replaces.

use doorward_core::{Action, FetchError, Rejection};

use super::Walk;
use crate::plugin::PluginInquiry;
use crate::{PluginRequest, ValidationKind};

/// The plug-in of a walk, and what waits for it.
#[derive(Clone, Debug)]
pub(super) struct Consulted {
    pub(super) inquiry: PluginInquiry,
    /// Whether the signer is one of the statement's identities, where that is not recorded yet.
    pub(super) identity: Option<Result<(), Rejection>>,
}

impl Walk {
    /// What a plug-in must be asked, before authorities are if it is about what the plug-in can do, and after them if
    /// it is its verdict. Returns `None` if there is no plug-in, if it was asked all, or if a failure is certain that
    /// is enforced.
    ///
    /// A plug-in is asked only about a signer below the trust stores. Stricter than the reference, because asking runs
    /// a program: everybody who may push could have that done.
    #[must_use]
    pub fn wants_plugin(&self) -> Option<PluginRequest> {
        let inquiry = &self.plugin.as_ref()?.inquiry;
        // What the plug-in may stand in for is not certain until it is known what it can do.
        let is_certain = |kind: &ValidationKind| match kind {
            ValidationKind::Revocation => !inquiry.may_replace_revocation(),
            _ => true,
        };
        let kinds = [
            ValidationKind::Revocation,
            ValidationKind::TimestampRevocation,
        ];
        let mut certain = kinds.into_iter().filter(is_certain);
        if certain.any(|kind| self.has_failed(kind)) {
            return None;
        }
        inquiry.wants()
    }

    /// Takes what the plug-in answered to what [`Self::wants_plugin`] says, or why there is no answer.
    pub fn hear_plugin(&mut self, answer: Result<&[u8], &FetchError>) {
        let skips = self.statement.action(ValidationKind::Revocation) == Action::Skip;
        let Some(consulted) = &mut self.plugin else {
            return;
        };
        let inquiry = &mut consulted.inquiry;
        inquiry.hear(answer, &self.signed, &self.statement, skips);
        if inquiry.replaces_revocation() {
            let kind = ValidationKind::Revocation;
            self.inquiries.retain(|inquiry| inquiry.kind() != kind);
        }
    }

    /// Whether it is certain that the plug-in gives no verdict, which is fatal at every level.
    pub(super) fn lacks_verdict(&self) -> bool {
        let plugin = self.plugin.as_ref();
        plugin.is_some_and(|plugin| plugin.inquiry.has_failed())
    }

    /// Whether the plug-in was not asked all. Then a failure was certain before.
    pub(super) fn has_open_plugin(&self) -> bool {
        let plugin = self.plugin.as_ref();
        plugin.is_some_and(|plugin| plugin.inquiry.is_open())
    }

    /// Whether the plug-in alone says whether the signer's certificates were revoked.
    pub(super) fn leaves_revocation_to_plugin(&self) -> bool {
        let plugin = self.plugin.as_ref();
        plugin.is_some_and(|plugin| plugin.inquiry.replaces_revocation())
    }

    /// What the plug-in says about revocation. `Ok` also if it says nothing.
    pub(super) fn revocation_by_plugin(&self) -> Result<(), Rejection> {
        let Some(Consulted { inquiry, .. }) = &self.plugin else {
            return Ok(());
        };
        match inquiry.conclude().map(|verdict| verdict.revocation) {
            Ok(Some(Err(reason))) => Err(inquiry.refuses("the signer's certificates", &reason)),
            // That there is no verdict is recorded elsewhere, and fatal. It must not pass for one here either.
            Err(rejection) if inquiry.replaces_revocation() => Err(rejection),
            _ => Ok(()),
        }
    }

    /// Records what waited for the plug-in: whether it processed the attributes, and whether the signer is accepted.
    pub(super) fn conclude_plugin(&mut self) -> Result<(), Rejection> {
        let Some(Consulted { inquiry, identity }) = self.plugin.clone() else {
            return Ok(());
        };
        let verdict = inquiry.conclude();
        self.record(
            ValidationKind::Attributes,
            verdict.as_ref().map(drop).map_err(Clone::clone),
        )?;
        let (Some(ours), Ok(verdict)) = (identity, verdict) else {
            return Ok(());
        };
        let ours = if inquiry.replaces_identity() {
            Ok(())
        } else {
            ours
        };
        let theirs = match verdict.identity {
            Some(Err(reason)) => Err(inquiry.refuses("the signer", &reason)),
            Some(Ok(())) | None => Ok(()),
        };
        let both = ours.and(theirs);
        if both.is_err() {
            self.trusted = None;
        }
        self.record(ValidationKind::Authenticity, both)
    }
}
