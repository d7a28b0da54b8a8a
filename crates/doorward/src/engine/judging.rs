//! What leads up to the judgement of an image: its reference, the entries that govern it, and the case that they make.

use std::sync::Arc;

use doorward_core::{Code, Fetcher, Reference, Rejection, Repository, StateStore};
use tokio::time::timeout_at;

use super::case::{Case, Deadline};
use super::{Engine, NoReference, Review};
use crate::context::Context;
use crate::materials::Following;
use crate::plan::Governed;

/// Within what images are judged: that which is to run, and those that its build used.
#[derive(Clone, Copy)]
pub(super) struct Judging<'a> {
    pub(super) engine: &'a Engine,
    pub(super) context: &'a Context<'a>,
    pub(super) review: &'a Review,
    pub(super) deadline: Deadline,
}

/// An image that policy governs: where it is, and at least one entry.
pub(super) struct UnderPolicy {
    pub(super) reference: Reference,
    located: Repository,
    pub(super) governed: Arc<Vec<Governed>>,
}

impl Judging<'_> {
    /// The entries that govern an image, with their keys.
    pub(super) async fn govern(&self, image: &str) -> Result<UnderPolicy, Box<NoReference>> {
        let (context, deadline) = (self.context, self.deadline);
        let reference = self.review.reference(image)?;
        let refused = |rejection: Rejection| {
            Box::new(NoReference {
                reference: Some(reference.clone()),
                rejection,
            })
        };
        let located: Repository = self.review.memo.locate(reference.repository());
        let compiled = self
            .engine
            .compiler
            .govern(image, &reference, &located, context);
        let governed = match timeout_at(deadline.end, compiled).await {
            Ok(governed) => governed.map_err(refused)?,
            Err(_) => return Err(refused(deadline.missed())),
        };
        if governed.is_empty() {
            let detail = format!("no rule governs {image}");
            return Err(refused(Rejection::new(Code::POLICY_NO_MATCH, detail)));
        }
        Ok(UnderPolicy {
            reference,
            located,
            governed,
        })
    }
}

impl<'a> Judging<'a> {
    /// The image as it is judged.
    pub(super) fn case(
        &self,
        image: &'a str,
        under: &'a UnderPolicy,
        state: Option<&'a dyn StateStore>,
        following: Following<'a>,
    ) -> Case<'a> {
        let Self {
            engine,
            context,
            review,
            deadline,
        } = *self;
        let named = under.reference.clone().or_latest();
        Case {
            image,
            written: &under.reference,
            located: &under.located,
            subject: named.clone().digest_only(),
            named,
            state: state.unwrap_or(engine.state.as_ref()),
            proofs: &engine.proofs,
            governed: &under.governed,
            context,
            source: &review.memo,
            tab: &review.tab,
            turns: engine.compiler.turns(),
            budget: engine.budget,
            deadline,
            following,
        }
    }
}
