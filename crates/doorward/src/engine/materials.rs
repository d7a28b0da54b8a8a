//! Judges images that builds used, as the policies have it that govern their names.

use doorward_core::{Pinned, Proof, Rejection, UsedImages};
use doorward_policy::Mode;
use futures::FutureExt;
use futures::future::BoxFuture;

use super::case::Found;
use super::judging::Judging;
use super::resolution;
use crate::judge::heaviest;
use crate::materials::{Following, JudgedImage, JudgesImages};
use crate::outcome::Outcome;
use crate::plan::Governed;
use crate::proofs::conflict;

/// The images that the build of one image used, within the review and the time of that one. What is asked is shared with all
/// that the review asks, and nothing that is found changes what the image is pinned to.
pub(super) struct ImagesOfBuilds<'a> {
    pub(super) judging: Judging<'a>,
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
        self.judging.review.tab.materials(images)
    }
}

impl ImagesOfBuilds<'_> {
    /// Judges an image by every entry that governs its name.
    async fn governed(&self, used: &Pinned) -> Result<JudgedImage, Rejection> {
        let Judging {
            engine,
            context,
            review,
            ..
        } = self.judging;
        let image = used.to_string();
        let under = self.judging.govern(&image).await;
        let under = under.map_err(|refused| refused.rejection)?;
        // The image may also be one that is to run, with a memory of its own.
        let memory = format!("{image}, used for {}", self.runs);
        let taped = context.memory(engine.state.as_ref(), &memory);
        let following = Following::left_to_what_runs();
        let case = self
            .judging
            .case(&image, &under, taped.as_deref(), following);
        let resolution = resolution(&case, review).await;
        let found = case.run(&resolution).await;
        Ok(put_together(used, &under.governed, found))
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
    let mut told = Vec::new();
    let mut failures = Vec::new();
    for (entry, one) in governed.iter().zip(found.entries) {
        judged.notes.extend(one.notes);
        judged.expiries.extend(one.expiries);
        let refused = match Outcome::of(entry, one.result) {
            Outcome::Unchecked(_) => continue,
            Outcome::Passed(proofs) if proofs.digest() != used.digest() => {
                conflict(used.digest(), &proofs)
            }
            Outcome::Passed(proofs) => {
                told.extend(proofs.iter().filter_map(Proof::used_images).cloned());
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
        failures.push(refused);
    }
    judged.result = match heaviest(&mut failures) {
        Some(failure) => Err(failure),
        None => Ok(UsedImages::of_all(told)),
    };
    judged
}
