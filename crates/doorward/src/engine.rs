//! The engine: one decision, step by step.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use doorward_core::{
    Budget, Class, Code, Digest, Fetcher, Meter, Pinned, Reference, Rejection, Timestamp,
};
use futures::future::{join, join_all};

use crate::compile::Compiler;
use crate::context::Context;
use crate::driver::lock;
use crate::judge::{Judged, judge};
use crate::memo::Memo;
use crate::plan::{Governed, Opening};
use crate::proof_cache::ProofCache;
use crate::resolve::manifest_digest;
use crate::verdict::{Cost, Decision, Mode, RequirementOutcome, Verdict};

/// Decides whether images may run.
///
/// An engine is made once and shared; it holds parsed keys and remembered proofs, and no connection.
#[derive(Debug)]
pub struct Engine {
    budget: Budget,
    deadline: Duration,
    compiler: Compiler,
    proofs: ProofCache,
}

/// Settings of an [`Engine`].
#[derive(Clone, Debug)]
#[must_use]
pub struct EngineBuilder {
    budget: Budget,
    deadline: Duration,
    proof_lifetime: Duration,
    home_namespace: String,
    tenant_keys: bool,
}

impl Default for EngineBuilder {
    fn default() -> Self {
        Self {
            budget: Budget::default(),
            // One second under the API server's default webhook timeout of ten.
            deadline: Duration::from_secs(9),
            proof_lifetime: Duration::from_secs(300),
            home_namespace: "doorward".to_owned(),
            tenant_keys: false,
        }
    }
}

impl EngineBuilder {
    /// What one image may cost.
    pub const fn budget(mut self, budget: Budget) -> Self {
        self.budget = budget;
        self
    }

    /// How long a review may take. What is not decided by then is denied as unavailable.
    pub const fn deadline(mut self, deadline: Duration) -> Self {
        self.deadline = deadline;
        self
    }

    /// How long a proof is remembered, in whole seconds; zero remembers nothing. A revoked key keeps counting for
    /// this long at most.
    pub const fn proof_lifetime(mut self, lifetime: Duration) -> Self {
        self.proof_lifetime = lifetime;
        self
    }

    /// The namespace that keys of cluster policies are read from, unless the policy names one: the program's own.
    pub fn home_namespace(mut self, namespace: impl Into<String>) -> Self {
        self.home_namespace = namespace.into();
        self
    }

    /// Reads the keys of cluster policies of the Portieris groups from the workload's namespace, as Portieris does.
    /// Whoever may write Secrets there then chooses the keys that are trusted.
    pub const fn dangerously_read_cluster_policy_keys_from_tenants(mut self) -> Self {
        self.tenant_keys = true;
        self
    }

    /// The engine.
    #[must_use]
    pub fn build(self) -> Engine {
        Engine {
            budget: self.budget,
            deadline: self.deadline,
            compiler: Compiler::new(self.home_namespace, self.tenant_keys),
            proofs: ProofCache::new(
                i64::try_from(self.proof_lifetime.as_secs()).unwrap_or(i64::MAX),
            ),
        }
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
            .any(|entry| entry.plan.looks_at_image())
        {
            return Found {
                digest: None,
                entries: case.run(None).await,
                resolve_flights: 0,
                cached: false,
            };
        }
        match case.subject.digest() {
            Some(digest) => self.judge_digest(case, digest.clone()).await,
            None => self.judge_tag(case).await,
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
        let entries = case.run(Some(&pinned)).await;
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
        let (manifest, entries) = join(
            manifest_digest(&case.subject, case.fetcher, &case.meter),
            case.run(Some(&pinned)),
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
            entries: vec![Judged {
                requirements: remembered.requirements.clone(),
                result: Ok(Vec::new()),
                flights: 0,
            }],
            resolve_flights: 0,
            cached: true,
        })
    }

    fn remember(&self, case: &Case<'_>, key: Option<Digest>, entries: &[Judged]) {
        let Some(key) = key else { return };
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

/// One image under judgement.
struct Case<'a> {
    image: &'a str,
    written: &'a Reference,
    subject: Reference,
    governed: &'a [Governed],
    context: &'a Context<'a>,
    fetcher: &'a dyn Fetcher,
    meter: Mutex<Meter>,
}

/// What the judgement found: one result for each governing entry, or one for all when remembered.
struct Found {
    digest: Option<Digest>,
    entries: Vec<Judged>,
    resolve_flights: usize,
    cached: bool,
}

impl Found {
    /// The same outcome for every entry, without having looked at any requirement.
    fn nothing(result: Result<(), Rejection>, entries: usize) -> Self {
        Self {
            digest: None,
            entries: (0..entries)
                .map(|_| Judged {
                    requirements: Vec::new(),
                    result: result.clone().map(|()| Vec::new()),
                    flights: 0,
                })
                .collect(),
            resolve_flights: 0,
            cached: false,
        }
    }

    const fn after(mut self, flights: usize) -> Self {
        self.resolve_flights = flights;
        self
    }
}

impl Case<'_> {
    /// Judges every entry, about `pinned` or without looking at the image.
    async fn run(&self, pinned: Option<&Pinned>) -> Vec<Judged> {
        let located = self.fetcher.locate(self.subject.repository());
        let opening = pinned.map(|pinned| Opening {
            reference: &self.subject,
            pinned,
            located: &located,
            now: self.context.now,
        });
        join_all(
            self.governed
                .iter()
                .map(|entry| judge(&entry.plan, opening.as_ref(), self.fetcher, &self.meter)),
        )
        .await
    }

    /// Everything that a proof depends on, or nothing where proofs are not remembered.
    fn key(&self, digest: &Digest) -> Option<Digest> {
        let scope = self.context.cache_scope?;
        let mut text =
            format!("{}\n{scope}\n{}\n{digest}\n", scope.len(), self.subject).into_bytes();
        for entry in self.governed {
            entry.plan.fingerprint(&mut text)?;
            text.push(b'\n');
        }
        Some(Digest::sha256(&text))
    }

    /// Applies each entry's mode to what was found and puts the verdict together. The strictest decision counts.
    fn verdict(self, found: Found) -> Verdict {
        let mut decision = Decision::Allow;
        let mut mode = Mode::Audit;
        let mut rejection: Option<Rejection> = None;
        for (entry, judged) in self.governed.iter().zip(&found.entries) {
            let Err(failure) = &judged.result else {
                continue;
            };
            let outcome = treat(entry, failure);
            if (outcome, entry.mode) > (decision, mode) || rejection.is_none() {
                (decision, mode) = (outcome, entry.mode);
                rejection = Some(failure.clone());
            }
        }
        if rejection.is_none() {
            mode = self
                .governed
                .iter()
                .map(|entry| entry.mode)
                .max()
                .unwrap_or(Mode::Enforce);
        }
        // An entry can be satisfied without any proof, by an alternative that demands nothing.
        // Nothing was verified then, so nothing is pinned.
        let proved = found
            .entries
            .iter()
            .flat_map(|entry| &entry.requirements)
            .any(|requirement| requirement.outcome == RequirementOutcome::Pass);
        let pinned = match (&rejection, &found.digest) {
            (None, Some(digest)) if proved => Some(Pinned::new(
                self.subject.repository().clone(),
                digest.clone(),
            )),
            _ => None,
        };
        let mutate = self
            .governed
            .iter()
            .any(|entry| entry.mutate && entry.plan.looks_at_image());
        let meter = lock(&self.meter).clone();
        let flights = found
            .entries
            .iter()
            .map(|entry| entry.flights)
            .max()
            .unwrap_or(0);
        Verdict {
            image: self.image.to_owned(),
            reference: Some(self.written.clone().or_latest()),
            decision,
            mode,
            rejection,
            digest: found.digest,
            pinned,
            mutate,
            rules: self
                .governed
                .iter()
                .map(|entry| entry.rule.clone())
                .collect(),
            requirements: found
                .entries
                .into_iter()
                .flat_map(|entry| entry.requirements)
                .collect(),
            cost: Cost {
                fetches: meter.fetches(),
                bytes: meter.bytes(),
                signatures: meter.signatures(),
                flights: found.resolve_flights + flights,
                cached: found.cached,
            },
        }
    }
}

/// What an entry does about a failure.
///
/// `onUnavailable: warn` is for outages. A registry that refuses the credentials is not out, and whoever deploys
/// the image chooses the credentials, so that case stays denied.
fn treat(entry: &Governed, failure: &Rejection) -> Decision {
    let outage =
        failure.class() == Class::Unavailable && failure.code() != Code::RegistryUnauthorized;
    match entry.mode {
        Mode::Enforce if outage && entry.warn_on_unavailable => Decision::Warn,
        Mode::Enforce => Decision::Deny,
        Mode::Audit | Mode::Warn => Decision::Warn,
    }
}
