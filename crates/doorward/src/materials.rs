//! The images that a build used, judged before what rests on them counts.
//!
//! A session says which images those are, in its proof, and cannot judge them: it is about one image. So a proof is open as long
//! as any of them has to be admitted, and only what is made here closes it. Images are judged level by level, those of one level
//! together; no judgement waits for one within it.

mod graph;

use std::collections::BTreeSet;

use doorward_core::{Class, Code, Expiry, Pinned, Rejection, Scheme, UsedImages};
use futures::future::{BoxFuture, join_all};

use self::graph::Graph;
use crate::judge::heaviest;
use crate::note::Note;
use crate::rule::Rule;
use crate::verdict::Cost;

/// The reason codes of the images that a build used.
pub(crate) mod codes {
    doorward_core::codes! {
        CYCLE = "material-cycle", Untrusted, 9, "the builds of images say that they used each other";
        DIGEST_MISSING = "material-digest-missing", Untrusted, 9, "the provenance names an image that the build used without its digest";
        NO_POLICY = "material-no-policy", Untrusted, 9, "no policy governs an image that the build used";
        REFUSED = "material-refused", Untrusted, 9, "an image that the build used is not admitted by the policy that governs it";
        TOO_MANY = "material-too-many", Untrusted, 9, "builds used more images than are judged";
        UNIDENTIFIED = "material-unidentified", Untrusted, 9, "which image the build used cannot be told from the provenance";
        UNLISTED = "material-unlisted", Untrusted, 9, "nothing says which images a build used";
    }
}

/// The most images of builds that are judged for one requirement, those of all levels together.
const MOST: usize = 16;

/// Who judges an image that a build used, as policy has it for an image of that name.
pub(crate) trait JudgesImages: Send + Sync {
    /// Judges one image by its digest.
    fn judge<'a>(&'a self, image: &'a Pinned) -> BoxFuture<'a, JudgedImage>;

    /// Counts so many images before they are judged.
    ///
    /// # Errors
    /// A rejection if the review has no room for them.
    fn count(&self, images: usize) -> Result<(), Rejection>;
}

/// What came of an image that a build used.
pub(crate) struct JudgedImage {
    /// That it is admitted, with the images that its own build used if what was verified tells them; or why it is not.
    pub(crate) result: Result<Option<UsedImages>, Rejection>,
    /// What is wrong with it for entries that refuse nothing.
    pub(crate) tolerated: Vec<Rejection>,
    /// The entries that govern it.
    pub(crate) rules: Vec<Rule>,
    pub(crate) notes: Vec<Note>,
    pub(crate) expiries: Vec<(Scheme, Expiry)>,
    pub(crate) cost: Cost,
}

impl JudgedImage {
    /// A refusal before any entry was asked.
    pub(crate) fn refused(rejection: Rejection) -> Self {
        Self {
            result: Err(rejection),
            tolerated: Vec::new(),
            rules: Vec::new(),
            notes: Vec::new(),
            expiries: Vec::new(),
            cost: Cost::default(),
        }
    }
}

/// Who looks after the images that the build of an image used.
#[derive(Clone, Copy)]
pub(crate) enum Following<'a> {
    /// The image is to run. Before it does, they are judged.
    Judged(&'a dyn JudgesImages),
    /// A build used the image, and it is not to run. They are for the one that is.
    Left(UsedByBuild),
}

/// That an image is judged because a build used it. Nothing is admitted to run on such a judgement.
#[derive(Clone, Copy)]
pub(crate) struct UsedByBuild(());

impl Following<'_> {
    /// What an image that a build used is judged with.
    pub(crate) const fn left_to_what_runs() -> Self {
        Self::Left(UsedByBuild(()))
    }
}

/// That the images of a build are admitted, as deep as was demanded. Made here alone.
pub(crate) struct Admitted(UsedImages);

impl Admitted {
    /// What it is that was demanded.
    pub(crate) const fn demanded(&self) -> &UsedImages {
        &self.0
    }
}

/// What came of following the images of a build.
pub(crate) struct Followed {
    pub(crate) result: Result<Admitted, Rejection>,
    pub(crate) notes: Vec<Note>,
    pub(crate) expiries: Vec<(Scheme, Expiry)>,
    /// What it took, in sequential round trips too.
    pub(crate) cost: Cost,
}

/// An image, and the one whose build used it.
struct Use {
    by: Pinned,
    image: Pinned,
}

/// Judges the images that the build of `image` used, as many levels of them as are demanded.
pub(crate) async fn follow(
    scheme: Scheme,
    image: &Pinned,
    demanded: &UsedImages,
    judge: &dyn JudgesImages,
) -> Followed {
    let mut followed = Followed {
        result: Ok(Admitted(demanded.clone())),
        notes: Vec::new(),
        expiries: Vec::new(),
        cost: Cost::default(),
    };
    if let Err(rejection) = levels(scheme, image, demanded, judge, &mut followed).await {
        followed.result = Err(rejection);
    }
    followed
}

async fn levels(
    scheme: Scheme,
    image: &Pinned,
    demanded: &UsedImages,
    judge: &dyn JudgesImages,
    followed: &mut Followed,
) -> Result<(), Rejection> {
    let mut graph = Graph::default();
    let mut known = BTreeSet::new();
    let mut next = uses(image, demanded)?;
    for left in (0..demanded.levels()).rev() {
        let mut level = Vec::new();
        for one in next {
            graph.add(&one.by, &one.image)?;
            if known.insert(one.image.clone()) {
                level.push(one);
            }
        }
        if known.len() > MOST {
            let detail = format!(
                "the builds of {image} and of what it is built on used more than {MOST} images"
            );
            return Err(Rejection::new(codes::TOO_MANY, detail));
        }
        judge.count(level.len())?;
        let judged = join_all(level.iter().map(|one| judge.judge(&one.image))).await;
        let flights = judged.iter().map(|one| one.cost.flights).max();
        followed.cost.flights += flights.unwrap_or_default();
        let mut refused: Vec<Rejection> = Vec::new();
        next = Vec::new();
        for (one, judged) in level.iter().zip(judged) {
            let used = told(scheme, one, judged, followed);
            match used {
                Err(rejection) => refused.push(one.refused(rejection)),
                // Of the images of the last level nobody asks what they are built on.
                Ok(_) if left == 0 => {}
                Ok(None) => refused.push(one.unlisted()),
                Ok(Some(used)) => match uses(&one.image, &used) {
                    Ok(more) => next.extend(more),
                    Err(rejection) => refused.push(one.refused(rejection)),
                },
            }
        }
        if let Some(worst) = worst(refused) {
            return Err(worst);
        }
    }
    Ok(())
}

/// The images that the build of one used.
fn uses(by: &Pinned, used: &UsedImages) -> Result<Vec<Use>, Rejection> {
    let images = used.images().map_err(Clone::clone)?;
    let each = images.iter().map(|image| Use {
        by: by.clone(),
        image: image.clone(),
    });
    Ok(each.collect())
}

/// Takes over what was seen of an image, and says what came of it.
fn told(
    scheme: Scheme,
    one: &Use,
    judged: JudgedImage,
    followed: &mut Followed,
) -> Result<Option<UsedImages>, Rejection> {
    followed.notes.extend(judged.notes);
    followed.expiries.extend(judged.expiries);
    let cost = &mut followed.cost;
    cost.fetches += judged.cost.fetches;
    cost.bytes += judged.cost.bytes;
    cost.signatures += judged.cost.signatures;
    for rejection in judged.tolerated {
        let text = format!("{one} would be refused: {rejection} ({})", rejection.code());
        followed.notes.push(Note::finding(scheme, text));
    }
    let used = judged.result?;
    let rules: Vec<String> = judged.rules.iter().map(ToString::to_string).collect();
    let text = format!("{one} is admitted by {}", rules.join(", and by "));
    followed.notes.push(Note::seen(scheme, text));
    Ok(used)
}

impl std::fmt::Display for Use {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "base image {}, used by the build of {},",
            self.image, self.by
        )
    }
}

impl Use {
    /// What the refusal of an image means for the one whose build used it. That it could not be asked about, or that something
    /// is wrong here, stays what it is; but an outage is none that a policy forgives, for the build chose whom to ask.
    fn refused(&self, rejection: Rejection) -> Rejection {
        let code = match rejection.class() {
            Class::NoPolicy => codes::NO_POLICY,
            Class::Untrusted => codes::REFUSED,
            Class::Integrity if rejection.code() != Code::BUDGET_EXCEEDED => codes::REFUSED,
            Class::Configuration | Class::Integrity | Class::Internal | Class::Unavailable => {
                rejection.code()
            }
        };
        // That an image of a lower level is not admitted says nothing of why.
        let code_of_reason = last_reason(&rejection).code();
        let detail = format!("{self} is not admitted: {rejection} ({code_of_reason})");
        Rejection::new(code, detail).with_causes(vec![rejection])
    }

    fn unlisted(&self) -> Rejection {
        let detail = format!(
            "{self} is admitted by policies that demand no `provenance` of it, so nobody knows which images its own build used"
        );
        Rejection::new(codes::UNLISTED, detail)
    }
}

/// What a refusal goes back to: the best of its causes, and of that one the best, to the end.
fn last_reason(rejection: &Rejection) -> &Rejection {
    let mut last = rejection;
    while let Some(cause) = last.causes().first() {
        last = cause;
    }
    last
}

/// Of several refusals the one that weighs most, with the others as causes.
fn worst(mut refused: Vec<Rejection>) -> Option<Rejection> {
    let worst = heaviest(&mut refused)?;
    if refused.is_empty() {
        return Some(worst);
    }
    let causes = worst.causes().iter().cloned().chain(refused).collect();
    Some(worst.with_causes(causes))
}

#[cfg(test)]
mod tests;
