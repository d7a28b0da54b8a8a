//! Judges images that builds used, as the policies have it that govern their names.

use doorward_core::{Code, Fetcher, Pinned, Reference, Rejection, Repository, UsedImages};
use doorward_policy::Mode;
use futures::FutureExt;
use futures::future::BoxFuture;
use tokio::time::timeout_at;

use super::case::{Case, Deadline, Found};
use super::{Engine, Review, resolution};
use crate::context::Context;
use crate::materials::{Following, JudgedImage, JudgesImages};
use crate::outcome::Outcome;
use crate::plan::Governed;
use crate::proofs::conflict;

/// The images that the build of one image used, within the review and the time of that one. What is asked is shared with all
/// that the review asks, and nothing that is found changes what the image is pinned to.
pub(super) struct ImagesOfBuilds<'a> {
    pub(super) engine: &'a Engine,
    pub(super) context: &'a Context<'a>,
    pub(super) review: &'a Review,
    pub(super) deadline: Deadline,
    /// The image that is to run, as it was written.
    pub(super) runs: &'a str,
}

impl JudgesImages for ImagesOfBuilds<'_> {
    fn judge<'a>(&'a self, image: &'a Pinned) -> BoxFuture<'a, JudgedImage> {
        async move {
            match self.governed(image).await {
                Ok(judged) => judged,
                Err(rejection) => JudgedImage::refused(rejection),
            }
        }
        .boxed()
    }

    fn count(&self, images: usize) -> Result<(), Rejection> {
        self.review.tab.materials(images)
    }
}

impl ImagesOfBuilds<'_> {
    /// Judges an image by every entry that governs its name.
    async fn governed(&self, used: &Pinned) -> Result<JudgedImage, Rejection> {
        let (engine, review, context) = (self.engine, self.review, self.context);
        let image = used.to_string();
        let reference: Reference = review
            .reference(&image)
            .map_err(|refused| refused.rejection)?;
        let located: Repository = review.memo.locate(reference.repository());
        let compiled = engine
            .compiler
            .govern(&image, &reference, &located, context);
        let governed = timeout_at(self.deadline.end, compiled)
            .await
            .map_err(|_| self.deadline.missed())??;
        if governed.is_empty() {
            let detail = format!("no rule governs {image}");
            return Err(Rejection::new(Code::POLICY_NO_MATCH, detail));
        }
        // The image may also be one that is to run, with a memory of its own.
        let memory = format!("{image}, used for {}", self.runs);
        let taped = context.memory(engine.state.as_ref(), &memory);
        let case = Case {
            image: &image,
            written: &reference,
            located: &located,
            subject: reference.clone().digest_only(),
            named: reference.clone(),
            state: taped.as_deref().unwrap_or(engine.state.as_ref()),
            proofs: &engine.proofs,
            governed: &governed,
            context,
            source: &review.memo,
            tab: &review.tab,
            turns: engine.compiler.turns(),
            budget: engine.budget,
            deadline: self.deadline,
            following: Following::left_to_what_runs(),
        };
        let resolution = resolution(&case, review).await;
        let found = case.run(&resolution).await;
        Ok(put_together(used, &governed, found))
    }
}

/// What all entries say of an image. Every one that enforces must be met, also where it forgives an outage: whether the image
/// that is to run may do without an answer is for its own entries.
fn put_together(used: &Pinned, governed: &[Governed], found: Found) -> JudgedImage {
    let mut judged = JudgedImage {
        rules: governed.iter().map(|entry| entry.rule.clone()).collect(),
        cost: found.cost,
        result: Ok(None),
        tolerated: Vec::new(),
        notes: Vec::new(),
        expiries: Vec::new(),
    };
    let mut told: Option<UsedImages> = None;
    let mut failure: Option<Rejection> = None;
    for (entry, one) in governed.iter().zip(found.entries) {
        judged.notes.extend(one.notes);
        judged.expiries.extend(one.expiries);
        let refused = match Outcome::of(entry, one.result) {
            Outcome::Unchecked(_) => continue,
            Outcome::Passed(proofs) if proofs.digest() != used.digest() => {
                conflict(used.digest(), &proofs)
            }
            Outcome::Passed(proofs) => {
                for more in proofs.iter().filter_map(|proof| proof.used_images()) {
                    told = Some(match told.take() {
                        None => more.clone(),
                        Some(known) => known.and(more.clone()),
                    });
                }
                continue;
            }
            Outcome::Soft(rejection) if entry.mode != Mode::Enforce => {
                judged.tolerated.push(rejection);
                continue;
            }
            Outcome::Soft(rejection) | Outcome::Hard(rejection) => rejection,
            // Nobody asks for exceptions here: one lets an image run, and not be built on.
            Outcome::Excused(excuse) => excuse.rejection().clone(),
        };
        let says_more = |known: &Rejection| known.rank() < refused.rank();
        if failure.as_ref().is_none_or(says_more) {
            failure = Some(refused);
        }
    }
    judged.result = failure.map_or(Ok(told), Err);
    judged
}
