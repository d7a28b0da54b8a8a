//! Whether policies of the cluster can be used, by the engine and the Secrets that reviews are decided with.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use doorward_core::{Class, Code, Rejection};
use doorward_kube::client::{PolicyCheck, PolicyReadiness};
use doorward_policy::{Checks, PolicyObject};
use tokio::time::sleep;

use crate::webhook::Webhook;

/// Entries of one policy that are looked at.
const MOST: usize = 256;
/// The pause after each entry, so that policies of thousands of entries are no flood of questions.
const PAUSE: Duration = Duration::from_millis(20);
/// Reasons that are told of one policy. Further ones are counted.
const TOLD: usize = 3;

/// Compiles policies as for an image.
pub(crate) struct Rehearsal(pub(crate) Webhook);

impl PolicyCheck for Rehearsal {
    fn check<'a>(
        &'a self,
        policy: &'a PolicyObject,
    ) -> Pin<Box<dyn Future<Output = PolicyReadiness> + Send + 'a>> {
        // Keys are parsed where that keeps no thread from answering.
        let judged = {
            let (webhook, policy) = (self.0.clone(), policy.clone());
            self.0
                .judges()
                .spawn(async move { check(&webhook, &policy).await })
        };
        Box::pin(async move {
            judged.await.unwrap_or_else(|_| PolicyReadiness::Unknown {
                code: Some(Code::INTERNAL_ERROR),
                message: "it could not be found out whether what it names can be used".to_owned(),
            })
        })
    }
}

async fn check(webhook: &Webhook, policy: &PolicyObject) -> PolicyReadiness {
    if let Some(fault) = policy.fault() {
        return PolicyReadiness::NotReady {
            code: Code::POLICY_INVALID,
            message: fault.message.clone(),
        };
    }
    let demands = |body: &doorward_policy::PolicyBody| matches!(body.checks, Checks::Demanded(_));
    let names_keys = policy.entries().any(|(_, body)| body.is_ok_and(demands));
    if names_keys && webhook.engine().takes_keys_of_workloads(policy) {
        return PolicyReadiness::Unknown {
            code: None,
            message: "its keys are those of the namespace of each workload".to_owned(),
        };
    }
    let snapshot = webhook.snapshot();
    let mut found: Vec<(String, Rejection)> = Vec::new();
    for (entry, body) in policy.entries().take(MOST) {
        match body {
            Err(diagnostic) => {
                let rejection = Rejection::new(Code::POLICY_INVALID, diagnostic.message.clone());
                found.push((entry.to_owned(), rejection));
            }
            Ok(body) => {
                let secrets = webhook.trust_roots().beside(snapshot.secrets());
                let secrets = webhook.key_sources().beside(&secrets);
                let (engine, now) = (webhook.engine(), webhook.now());
                let lacks = engine.lacks(policy, (entry, body), &secrets, now).await;
                found.extend(lacks.into_iter().map(|why| (entry.to_owned(), why)));
                sleep(PAUSE).await;
            }
        }
    }
    concluded(found, policy.entries().count())
}

/// What follows of what the entries lack. That something is wrong is known, whatever else could not be asked.
fn concluded(found: Vec<(String, Rejection)>, entries: usize) -> PolicyReadiness {
    let is_unknown = |(_, why): &(String, Rejection)| why.class() == Class::Unavailable;
    let (unknown, wrong): (Vec<_>, Vec<_>) = found.into_iter().partition(is_unknown);
    if let Some((_, first)) = wrong.first() {
        return PolicyReadiness::NotReady {
            code: first.code(),
            message: told(&wrong),
        };
    }
    if let Some((_, first)) = unknown.first() {
        return PolicyReadiness::Unknown {
            code: Some(first.code()),
            message: told(&unknown),
        };
    }
    if entries > MOST {
        return PolicyReadiness::Unknown {
            code: None,
            message: format!("it has {entries} entries, of which the first {MOST} can be used"),
        };
    }
    PolicyReadiness::Ready
}

fn told(found: &[(String, Rejection)]) -> String {
    let first = found.iter().take(TOLD);
    let mut told: Vec<String> = first
        .map(|(entry, why)| format!("entry {entry}: {why}"))
        .collect();
    told.dedup();
    if found.len() > TOLD {
        told.push(format!("and {} more", found.len() - TOLD));
    }
    told.join("; ")
}

/// What finds it out for the policies of the cluster.
pub(crate) fn rehearsal(webhook: &Webhook) -> Arc<dyn PolicyCheck> {
    Arc::new(Rehearsal(webhook.clone()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(codes: &[Code]) -> Vec<(String, Rejection)> {
        let of = |code: &Code| ("r.example/*".to_owned(), Rejection::new(*code, "why"));
        codes.iter().map(of).collect()
    }

    #[test]
    fn what_could_not_be_asked_is_unknown_and_what_is_wrong_is_known_all_the_same() {
        assert_eq!(concluded(Vec::new(), MOST), PolicyReadiness::Ready);
        let silent = concluded(found(&[Code::SECRET_UNAVAILABLE]), 1);
        assert_eq!(
            silent,
            PolicyReadiness::Unknown {
                code: Some(Code::SECRET_UNAVAILABLE),
                message: "entry r.example/*: why".to_owned(),
            }
        );
        let both = concluded(found(&[Code::SECRET_UNAVAILABLE, Code::SECRET_INVALID]), 1);
        assert_eq!(
            both,
            PolicyReadiness::NotReady {
                code: Code::SECRET_INVALID,
                message: "entry r.example/*: why".to_owned(),
            }
        );
    }

    #[test]
    fn a_policy_of_which_not_all_was_looked_at_is_not_said_to_be_ready() {
        let more = concluded(Vec::new(), MOST + 1);
        assert!(matches!(more, PolicyReadiness::Unknown { code: None, .. }));
        let PolicyReadiness::NotReady { message, .. } =
            concluded(found(&[Code::SECRET_INVALID; 9]), MOST + 1)
        else {
            unreachable!();
        };
        assert!(message.ends_with("and 6 more"), "{message}");
    }
}
