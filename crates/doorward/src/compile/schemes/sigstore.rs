//! The `sigstore` block, compiled.

mod authority;
pub(super) mod given;
mod inputs;
mod root;
mod stated;
mod survey;

use std::sync::Arc;

use doorward_core::{Code, Rejection, Scheme, SignatureRepository};
use doorward_policy::{Quorum, Sigstore};
use doorward_sigstore::{Authority, GivenBundles, MultiArch, codes as sigstore_codes};
use futures::future::try_join_all;

use self::inputs::SigstoreInputs;
use self::stated::StatedInputs;
use self::survey::SignaturesSurvey;
use crate::compile::entry::PolicyEntry;
use crate::compile::inspecting::Inspecting;
use crate::compile::schemes::kept_in::kept_in;
use crate::compile::unit::{CompileUnit, NodeFuture, SurveysFuture};
use crate::envelope::Envelope;
use crate::inputs::Inputs;
use crate::plan::{Demand, Node, Opening, Plan};
use crate::survey::Survey;

/// The unit of sigstore signatures.
#[derive(Debug)]
pub(super) struct SigstoreUnit;

impl CompileUnit for SigstoreUnit {
    fn scheme(&self) -> Scheme {
        Scheme::SIGSTORE
    }

    fn compile<'a>(
        &'a self,
        demand: &'a doorward_policy::Demand,
        entry: PolicyEntry<'a>,
    ) -> Option<NodeFuture<'a>> {
        let doorward_policy::Demand::Sigstore(sigstore) = demand else {
            return None;
        };
        Some(Box::pin(compile(sigstore, entry)))
    }

    /// The repository of the image, and every other one that a policy says signatures are in.
    fn surveys<'a>(&'a self, inspecting: &'a Inspecting<'a>) -> SurveysFuture<'a> {
        Box::pin(async move {
            let mut places: Vec<Option<SignatureRepository>> = vec![None];
            for (demand, entry) in inspecting.demands() {
                if let doorward_policy::Demand::Sigstore(sigstore) = demand {
                    for authority in &sigstore.authorities {
                        let place = kept_in(authority, entry).await?;
                        if !places.contains(&place) {
                            places.push(place);
                        }
                    }
                }
            }
            let surveys = places
                .into_iter()
                .map(|repository| Box::new(SignaturesSurvey { repository }) as Box<dyn Survey>);
            Ok(surveys.collect())
        })
    }
}

/// One authority is a demand; of several, so many must have signed as the policy says.
async fn compile(sigstore: &Sigstore, entry: PolicyEntry<'_>) -> Result<Node, Rejection> {
    // Every field is judged here: one that is added does not compile until it is.
    let Sigstore {
        require,
        authorities,
        multi_arch,
        ..
    } = sigstore;
    let multi_arch = match multi_arch {
        doorward_policy::MultiArch::AnyChild => MultiArch::AnyChild,
        doorward_policy::MultiArch::EveryChild => MultiArch::EveryChild,
        // Also what a later version may add.
        _ => MultiArch::Index,
    };
    let compiled = authorities.iter().zip(1..);
    let compiled = compiled.map(|(one, place)| authority::compile(one, place, multi_arch, entry));
    let mut demands = try_join_all(compiled).await?;
    if demands.len() == 1
        && let Some(only) = demands.pop()
    {
        return Ok(Node::Demand(Box::new(only)));
    }
    let of: Vec<_> = demands
        .into_iter()
        .map(|demand| Plan::new(vec![Node::Demand(Box::new(demand) as Box<dyn Demand>)]))
        .collect();
    Ok(match require {
        Quorum::Any => Node::Any(of),
        quorum => Node::AtLeast {
            needed: quorum.of(of.len()),
            of,
        },
    })
}

/// That an authority signed.
struct SigstoreDemand {
    /// What it may be compiled to: a name that may be of several kinds is one of each.
    authorities: Arc<[Authority]>,
    /// Where its signatures are, if not beside the image.
    kept_in: Option<SignatureRepository>,
    /// Bundles beside what that repository has.
    given: Vec<Arc<GivenBundles>>,
    /// Which digest must be signed, where an image is an index.
    multi_arch: MultiArch,
}

impl Demand for SigstoreDemand {
    fn scheme(&self) -> Scheme {
        Scheme::SIGSTORE
    }

    fn signs_an_index(&self, rejection: &Rejection) -> Option<&'static str> {
        // Where its children must be signed, the refusal says which is not.
        let is_of_index = self.multi_arch == MultiArch::Index;
        (is_of_index && rejection.code() == sigstore_codes::NONE)
            .then_some("`cosign sign REPOSITORY@DIGEST` with the digest of the index signs it")
    }

    /// A signature by somebody who is trusted that does not count for another reason, and content that a registry gave in
    /// the place of another.
    fn leaves_open(&self, rejection: &Rejection) -> bool {
        let code = rejection.code();
        let causes = rejection.causes();
        sigstore_codes::is_left_open(rejection)
            || code == Code::REGISTRY_DIGEST_MISMATCH
            || causes.iter().any(|cause| self.leaves_open(cause))
    }

    fn inputs(&self, opening: &Opening<'_>) -> Box<dyn Inputs> {
        Box::new(SigstoreInputs {
            pinned: opening.pinned.clone(),
            manifest: opening.manifest.cloned(),
            kept_in: self.kept_in.clone(),
            given: self.given.clone(),
            authorities: Arc::clone(&self.authorities),
            // Where the time of signing decides something, a document is meant, which has no platforms.
            multi_arch: match opening.wants_latest {
                true => MultiArch::Index,
                false => self.multi_arch,
            },
            wants_latest: opening.wants_latest,
        })
    }

    fn stated(&self, opening: &Opening<'_>, envelope: &Envelope) -> Option<Box<dyn Inputs>> {
        let given = envelope.given.as_ref();
        let is_ours = given.is_none_or(|given| {
            let mut ours = self.given.iter().map(|bundles| bundles.fingerprint());
            ours.any(|one| *one == given.origin)
        });
        Some(Box::new(StatedInputs {
            pinned: opening.pinned.clone(),
            envelope: envelope.clone(),
            is_ours,
            kept_in: self.kept_in.clone(),
            authorities: Arc::clone(&self.authorities),
        }))
    }
}
