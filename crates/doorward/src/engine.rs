//! The engine: one decision, step by step.

mod builder;
mod case;

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use doorward_core::{
    Budget, Code, Digest, Fetcher, Meter, Pinned, Reference, Rejection, StateStore, Timestamp,
};
use futures::future::{join, join_all};

pub use self::builder::EngineBuilder;
use self::case::{Case, Found, agreed};
use crate::compile::Compiler;
use crate::context::Context;
use crate::judge::Judged;
use crate::memo::Memo;
use crate::proof_cache::ProofCache;
use crate::resolution::{Resolution, asking};
use crate::resolve::manifest_digest;
use crate::verdict::Verdict;

/// Decides whether images may run.
///
/// An engine is made once and shared; it holds parsed keys and remembered proofs, and no connection.
pub struct Engine {
    budget: Budget,
    deadline: Duration,
    compiler: Compiler,
    proofs: ProofCache,
    state: Arc<dyn StateStore>,
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
        let memo: Arc<dyn Fetcher> = Arc::new(Memo::new(Arc::clone(&context.fetcher)));
        self.decide_with(image, context, memo.as_ref()).await
    }

    /// Decides about the images of one workload, in their order.
    ///
    /// They are judged together. An image named twice is judged once, a tag is resolved once for all of them, and
    /// what several need is fetched once.
    pub async fn decide_all(&self, images: &[&str], context: &Context<'_>) -> Vec<Verdict> {
        let memo: Arc<dyn Fetcher> = Arc::new(Memo::new(Arc::clone(&context.fetcher)));
        let mut distinct: Vec<&str> = images.to_vec();
        distinct.sort_unstable();
        distinct.dedup();
        let verdicts = join_all(
            distinct
                .iter()
                .map(|image| self.decide_with(image, context, memo.as_ref())),
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
                        Rejection::new(Code::InternalError, "the image was not judged"),
                    )
                })
            })
            .collect()
    }

    async fn decide_with(
        &self,
        image: &str,
        context: &Context<'_>,
        fetcher: &dyn Fetcher,
    ) -> Verdict {
        let started = tokio::time::Instant::now();
        let end = started + self.deadline;
        // 1. The reference.
        let reference: Reference = match image.parse() {
            Ok(reference) => reference,
            Err(error) => {
                let detail = format!("{image:?} is not an image reference: {error}");
                return Verdict::refused(
                    image,
                    None,
                    Rejection::new(Code::ReferenceInvalid, detail),
                );
            }
        };
        // 2. The entries that govern it, with their keys.
        let located = fetcher.locate(reference.repository());
        let compiled = self.compiler.govern(image, &reference, &located, context);
        let governed = match tokio::time::timeout_at(end, compiled).await {
            Ok(Ok(governed)) => governed,
            Ok(Err(rejection)) => return Verdict::refused(image, Some(reference), rejection),
            Err(_) => return Verdict::refused(image, Some(reference), self.late()),
        };
        if governed.is_empty() {
            let detail = format!("no rule governs {image}");
            return Verdict::refused(
                image,
                Some(reference),
                Rejection::new(Code::PolicyNoMatch, detail),
            );
        }
        // 3. The image, resolved once and judged by every entry.
        let case = Case {
            image,
            written: &reference,
            subject: reference.clone().or_latest().digest_only(),
            named: reference.clone().or_latest(),
            state: self.state.as_ref(),
            governed: &governed,
            context,
            fetcher,
            meter: Mutex::new(Meter::new(self.budget)),
        };
        let found = match tokio::time::timeout_at(end, self.judge(&case)).await {
            Ok(found) => found,
            Err(_) => Found::nothing(Err(self.late()), governed.len()),
        };
        case.verdict(found)
    }

    fn late(&self) -> Rejection {
        Rejection::new(
            Code::DeadlineExceeded,
            format!("no decision within {} s", self.deadline.as_secs_f32()),
        )
    }

    async fn judge(&self, case: &Case<'_>) -> Found {
        if !case
            .governed
            .iter()
            .any(|entry| entry.plan.looks_at_image(&case.subject))
        {
            let (entries, _) = case.run(Resolution::Never).await;
            return Found {
                digest: None,
                entries,
                resolve_flights: 0,
                cached: false,
            };
        }
        if case.governed.iter().any(|entry| entry.plan.looks_up()) {
            return self.judge_name(case).await;
        }
        match case.subject.digest() {
            Some(digest) => self.judge_digest(case, digest.clone()).await,
            None => self.judge_tag(case).await,
        }
    }

    /// Where a scheme says itself what the name stands for, the registry is asked only if something else needs it,
    /// and at the same time.
    async fn judge_name(&self, case: &Case<'_>) -> Found {
        let manifest = asking(manifest_digest(&case.subject, case.fetcher, &case.meter));
        let repository = case.subject.repository().clone();
        let resolution = match case.subject.digest() {
            Some(digest) => Resolution::Given(Pinned::new(repository, digest.clone()), manifest),
            None => Resolution::Asked(repository, manifest),
        };
        let (mut entries, resolved) = case.run(resolution).await;
        let digest = agreed(&mut entries).or(resolved);
        Found {
            digest,
            entries,
            resolve_flights: 0,
            cached: false,
        }
    }

    /// A tag is resolved first: one round trip before any signature can be looked for.
    async fn judge_tag(&self, case: &Case<'_>) -> Found {
        let digest = match manifest_digest(&case.subject, case.fetcher, &case.meter).await {
            Ok(digest) => digest,
            Err(rejection) => return Found::nothing(Err(rejection), case.governed.len()).after(1),
        };
        let key = case.key(&digest);
        if let Some(found) = self.remembered(case, key.as_ref(), &digest) {
            return found.after(1);
        }
        let pinned = Pinned::new(case.subject.repository().clone(), digest.clone());
        let (entries, _) = case.run(Resolution::Known(pinned)).await;
        self.remember(case, key, &entries);
        Found {
            digest: Some(digest),
            entries,
            resolve_flights: 1,
            cached: false,
        }
    }

    /// With a digest in the reference, its manifest and its signatures are asked for together.
    async fn judge_digest(&self, case: &Case<'_>, digest: Digest) -> Found {
        let key = case.key(&digest);
        if let Some(found) = self.remembered(case, key.as_ref(), &digest) {
            return found;
        }
        let pinned = Pinned::new(case.subject.repository().clone(), digest.clone());
        let (manifest, (entries, _)) = join(
            manifest_digest(&case.subject, case.fetcher, &case.meter),
            case.run(Resolution::Known(pinned)),
        )
        .await;
        if let Err(rejection) = manifest {
            return Found::nothing(Err(rejection), case.governed.len()).after(1);
        }
        self.remember(case, key, &entries);
        Found {
            digest: Some(digest),
            entries,
            resolve_flights: 0,
            cached: false,
        }
    }

    fn remembered(&self, case: &Case<'_>, key: Option<&Digest>, digest: &Digest) -> Option<Found> {
        let remembered = self.proofs.find(key?, case.context.now)?;
        Some(Found {
            digest: Some(digest.clone()),
            entries: vec![Judged::remembered(remembered.requirements.clone())],
            resolve_flights: 0,
            cached: true,
        })
    }

    fn remember(&self, case: &Case<'_>, key: Option<Digest>, entries: &[Judged]) {
        let Some(key) = key.filter(|_| case.context.keeps) else {
            return;
        };
        let mut until: Option<Timestamp> = None;
        for entry in entries {
            let Ok(proofs) = &entry.result else { return };
            let ends = proofs.iter().filter_map(doorward_core::Proof::valid_until);
            until = ends.chain(until).min();
        }
        let requirements = entries
            .iter()
            .flat_map(|entry| entry.requirements.clone())
            .collect();
        self.proofs
            .insert(key, requirements, case.context.now, until);
    }
}
