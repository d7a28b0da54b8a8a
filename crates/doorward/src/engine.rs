//! The engine: one decision, step by step.

mod ahead;
mod builder;
mod case;
mod excusing;
mod inspect;
mod judging;
mod materials;
mod rehearse;
mod settings;

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;

use doorward_core::{Budget, Code, Fetcher, Pinned, Reference, Rejection, StateStore};
use futures::future::join_all;
use tokio::time::timeout_at;

pub use self::builder::EngineBuilder;
use self::case::{Case, Deadline};
use self::excusing::excuses;
use self::judging::Judging;
use self::materials::ImagesOfBuilds;
use crate::compile::Compiler;
use crate::context::Context;
use crate::materials::Following;
use crate::memo::Memo;
use crate::proof_cache::ProofCache;
use crate::purse::Purse;
use crate::recorded::Tape;
use crate::resolution::Resolution;
use crate::resolve::Resolutions;
use crate::review_budget::{Gate, Ledger, ReviewBudget, Tab};
use crate::standing::{StandingAnswers, StandingFetcher, StandingView};
use crate::verdict::Verdict;

/// Decides whether images may run.
///
/// An engine is made once and shared; it holds parsed keys and remembered proofs, and no connection.
pub struct Engine {
    budget: Budget,
    review: ReviewBudget,
    deadline: Duration,
    compiler: Compiler,
    proofs: ProofCache,
    standing: Arc<StandingAnswers>,
    state: Arc<dyn StateStore>,
    ledger: Arc<Ledger>,
    /// What all of it is, for transcripts.
    settings: Arc<BTreeMap<String, String>>,
}

impl std::fmt::Debug for Engine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Engine")
            .field("budget", &self.budget)
            .field("deadline", &self.deadline)
            .finish_non_exhaustive()
    }
}

impl Default for Engine {
    fn default() -> Self {
        Self::builder().build()
    }
}

impl Engine {
    /// Settings to start from.
    pub fn builder() -> EngineBuilder {
        EngineBuilder::default()
    }

    /// Decides about one image.
    pub async fn decide(&self, image: &str, context: &Context<'_>) -> Verdict {
        let review = self.open_review(context);
        self.decide_with(image, context, &review).await
    }

    /// Decides about the images of one workload, in their order.
    ///
    /// They are judged together. An image named twice is judged once, a tag is resolved once for all of them, and
    /// what several need is fetched once. More different images than a review may have are all refused.
    pub async fn decide_all(&self, images: &[&str], context: &Context<'_>) -> Vec<Verdict> {
        let review = self.open_review(context);
        let mut distinct: Vec<&str> = images.to_vec();
        distinct.sort_unstable();
        distinct.dedup();
        // Which of them would be left over is chosen by the author of the object, so none is judged.
        if let Err(rejection) = review.tab.images(distinct.len()) {
            let refuse = |image: &&str| Verdict::refused(image, None, rejection.clone());
            return images.iter().map(refuse).collect();
        }
        let verdicts = join_all(
            distinct
                .iter()
                .map(|image| self.decide_with(image, context, &review)),
        )
        .await;
        let by_image: HashMap<&str, Verdict> = distinct.into_iter().zip(verdicts).collect();
        images
            .iter()
            .map(|image| {
                by_image.get(image).cloned().unwrap_or_else(|| {
                    Verdict::refused(
                        image,
                        None,
                        Rejection::new(Code::INTERNAL_ERROR, "the image was not judged"),
                    )
                })
            })
            .collect()
    }

    pub(crate) const fn settings(&self) -> &Arc<BTreeMap<String, String>> {
        &self.settings
    }

    fn open_review(&self, context: &Context<'_>) -> Review {
        let tab = Arc::new(Tab::new(
            self.review,
            Arc::clone(&self.ledger),
            context.namespace(),
        ));
        let fetcher = match &context.tape {
            None => self.purse(Arc::clone(&context.fetcher)),
            // A recorded decision has its purse before the tape, so that what it refused is on it.
            Some(_) => Arc::clone(&context.fetcher),
        };
        let gate = Gate::new(fetcher, Arc::clone(&tab), context.is_replay());
        let gate: Arc<dyn Fetcher> = Arc::new(gate);
        let memo = match &context.tape {
            None => {
                let view = self.standing_view(context);
                let inner = StandingFetcher::new(Arc::clone(&gate), view.clone());
                Memo::new(Arc::new(inner)).keeping(view)
            }
            // What is kept comes before the tape, so that it is on it.
            Some(Tape::Recording(_)) => {
                Memo::new(Arc::clone(&gate)).keeping(self.standing_view(context))
            }
            // A replay has no answer but those of its transcript.
            Some(Tape::Replay(_)) => Memo::new(Arc::clone(&gate)),
        };
        Review {
            memo,
            resolutions: Resolutions::new(gate, Arc::clone(&tab)),
            tab,
        }
    }

    /// The answers that stay good, as one review sees them.
    fn standing_view(&self, context: &Context<'_>) -> StandingView {
        StandingView {
            answers: Arc::clone(&self.standing),
            now: context.now,
            namespace: context.namespace().unwrap_or_default().into(),
            keeps: context.keeps,
        }
    }

    /// The way out of a review that is recorded: what its tape is laid over.
    pub(crate) fn way_under_tape(&self, context: &Context<'_>) -> impl Fetcher + use<> {
        let purse = self.purse(Arc::clone(&context.fetcher));
        StandingFetcher::new(purse, self.standing_view(context))
    }

    /// The way out of one review, with what it may spend on authorities.
    pub(crate) fn purse(&self, fetcher: Arc<dyn Fetcher>) -> Arc<dyn Fetcher> {
        let ReviewBudget {
            authority_time,
            authority_fetches,
            ..
        } = self.review;
        Arc::new(Purse::new(fetcher, authority_time, authority_fetches))
    }

    fn deadline(&self, context: &Context<'_>) -> Deadline {
        let span = context.deadline.unwrap_or(self.deadline);
        Deadline {
            end: tokio::time::Instant::now() + span,
            span,
        }
    }

    async fn decide_with(&self, image: &str, context: &Context<'_>, review: &Review) -> Verdict {
        let judging = Judging {
            engine: self,
            context,
            review,
            deadline: self.deadline(context),
        };
        // 1. The reference, and the entries that govern it, with their keys.
        let under = match judging.govern(image).await {
            Ok(under) => under,
            Err(refused) => return Verdict::refused(image, refused.reference, refused.rejection),
        };
        // 2. The image, resolved once and judged by every entry. What its build used is judged on the way.
        let images = ImagesOfBuilds {
            judging,
            runs: image,
        };
        let taped = context.memory(self.state.as_ref(), image);
        let case = judging.case(image, &under, taped.as_deref(), Following::Judged(&images));
        let resolution = resolution(&case, review).await;
        let found = case.run(&resolution).await;
        // 3. What is refused, and lets itself be excused.
        let excuses = excuses(&case, &found, &resolution, review).await;
        case.verdict(found, &excuses)
    }
}

/// What the images of one review share.
struct Review {
    memo: Memo,
    resolutions: Resolutions,
    tab: Arc<Tab>,
}

impl Review {
    /// The reference that `image` is, if policy may be asked about it.
    fn reference(&self, image: &str) -> Result<Reference, Box<NoReference>> {
        let reference: Reference = image.parse().map_err(|error| {
            let detail = format!("{image:?} is not an image reference: {error}");
            Box::new(NoReference {
                reference: None,
                rejection: Rejection::new(Code::REFERENCE_INVALID, detail),
            })
        })?;
        // Two names of one server are two for policy, so one of them is none.
        let Some(name) = self.memo.other_name(reference.repository()) else {
            return Ok(reference);
        };
        let detail = format!(
            "{} is {name} here, a registry without TLS; write {name}/{}",
            reference.repository().authority(),
            reference.repository().path()
        );
        Err(Box::new(NoReference {
            reference: Some(reference),
            rejection: Rejection::new(Code::REFERENCE_INVALID, detail),
        }))
    }
}

/// Why policy may not be asked about an image, and its reference if it has one.
struct NoReference {
    reference: Option<Reference>,
    rejection: Rejection,
}

/// How the digest of the image comes to be known.
async fn resolution(case: &Case<'_>, review: &Review) -> Resolution {
    let looks = |subject| {
        case.governed
            .iter()
            .any(|entry| entry.plan.looks_at_image(subject))
    };
    if !looks(&case.subject) {
        return Resolution::Never;
    }
    let repository = case.subject.repository().clone();
    let asking = review.resolutions.ask(&case.subject);
    // With a digest in the reference, its manifest and its signatures are asked for together.
    if let Some(digest) = case.subject.digest() {
        return Resolution::Given(Pinned::new(repository, digest.clone()), asking);
    }
    // Where a scheme says itself what the name stands for, the registry is asked only if something else needs it, and
    // at the same time.
    if case.governed.iter().any(|entry| entry.plan.looks_up()) {
        return Resolution::Asked(repository, asking);
    }
    // A tag is resolved first: one round trip before any signature can be looked for.
    match timeout_at(case.deadline.end, asking).await {
        Ok(Ok(resolved)) => {
            let pinned = Pinned::new(repository, resolved.digest.clone());
            Resolution::Known(pinned, resolved)
        }
        Ok(Err(rejection)) => Resolution::Failed(rejection),
        Err(_) => Resolution::Failed(case.deadline.missed()),
    }
}
