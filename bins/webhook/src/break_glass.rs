//! Breaking the glass: somebody who may lets run what is refused.

use doorward::{BrokenGlass, Decision, Verdict};
use doorward_core::Code;
use doorward_kube::client::{ApiServer, BREAK_GLASS_VERB};
use doorward_kube::{BREAK_GLASS, Review, Workload};
use tokio::sync::Semaphore;
use tokio::time::{Instant, timeout_at};

use crate::webhook::Webhook;

/// How many questions are under way at a time. People ask, in an emergency.
const QUESTIONS: usize = 16;

/// What the names of service accounts begin with (Kubernetes, "Authenticating").
const SERVICE_ACCOUNT: &str = "system:serviceaccount:";

/// Who is asked whether somebody may break the glass.
#[derive(Debug)]
pub(crate) struct GlassBreaking {
    server: ApiServer,
    questions: Semaphore,
}

impl GlassBreaking {
    pub(crate) fn new(server: ApiServer) -> Self {
        Self {
            server,
            questions: Semaphore::new(QUESTIONS),
        }
    }
}

/// What became of a request to break the glass.
#[derive(Debug)]
enum Answer {
    Broken(BrokenGlass),
    /// It does not count, for this reason.
    Not(Code, String),
}

/// The verdicts on a review whose author asks for the glass to be broken; all others as they are. Nobody is asked unless an
/// image is refused.
pub(crate) async fn apply(
    webhook: &Webhook,
    review: &Review,
    verdicts: Vec<Verdict>,
    end: Instant,
) -> (Vec<Verdict>, Option<BrokenGlass>) {
    let asked = review
        .workload()
        .and_then(|workload| workload.break_glass());
    let is_refused = verdicts.iter().any(|one| one.decision() == Decision::Deny);
    let Some(reason) = asked.filter(|_| is_refused) else {
        return (verdicts, None);
    };
    let verdicts = verdicts.into_iter();
    match answer(webhook, review, reason, end).await {
        Answer::Not(code, why) => {
            let noted = verdicts.map(|one| one.noting_break_glass(code, why.as_str()));
            (noted.collect(), None)
        }
        Answer::Broken(glass) => {
            let verdicts: Vec<Verdict> = verdicts
                .map(|one| one.dangerously_break_glass(&glass))
                .collect();
            let is_used = verdicts
                .iter()
                .any(|one| one.code() == Some(Code::BREAK_GLASS_USED));
            // A dry run leaves nothing behind.
            if is_used && !review.is_dry_run() {
                tracing::warn!(
                    uid = review.envelope().uid,
                    namespace = review.namespace().unwrap_or_default(),
                    name = review.name().unwrap_or_default(),
                    user = glass.user,
                    reason = glass.reason,
                    code = Code::BREAK_GLASS_USED.as_str(),
                    "the glass was broken"
                );
            }
            (verdicts, Some(glass).filter(|_| is_used))
        }
    }
}

async fn answer(webhook: &Webhook, review: &Review, reason: &str, end: Instant) -> Answer {
    let forbidden = |why: String| Answer::Not(Code::BREAK_GLASS_FORBIDDEN, why);
    let Some(breaking) = webhook.glass_breaking() else {
        return forbidden(format!(
            "the annotation {BREAK_GLASS} counts for nothing here"
        ));
    };
    // What nobody can read is no reason: blanks, and characters that are not shown.
    if !reason.chars().any(char::is_alphanumeric) {
        return forbidden(format!("the annotation {BREAK_GLASS} gives no reason"));
    }
    let (Some(namespace), Some(user)) = (review.namespace(), review.user()) else {
        return forbidden("the review does not say who asks, and in which namespace".to_owned());
    };
    if user.username.is_empty() {
        return forbidden("the review does not say who asks".to_owned());
    }
    // What is in an object that a program makes stands there by the word of somebody else: of who writes into a repository
    // that a program follows, or into the object that a controller makes others of.
    let is_program = user.username.starts_with(SERVICE_ACCOUNT);
    if is_program || review.workload().is_some_and(Workload::names_a_controller) {
        return forbidden("it is for people and for what they make themselves".to_owned());
    }
    // Somebody else may have left it there, for the next one who may and who asks for nothing.
    if review.workload().is_some_and(Workload::break_glass_stood) {
        return forbidden(format!(
            "the annotation {BREAK_GLASS} stood in the object before; it counts in the request that writes it"
        ));
    }
    let unavailable = |why: &str| {
        Answer::Not(
            Code::BREAK_GLASS_UNAVAILABLE,
            format!(
                "nobody knows whether {} may break the glass: {why}",
                user.username
            ),
        )
    };
    let Ok(_turn) = breaking.questions.try_acquire() else {
        return unavailable("too many such questions are under way");
    };
    match timeout_at(end, breaking.server.may_break_glass(user, namespace)).await {
        Ok(Ok(true)) => Answer::Broken(BrokenGlass {
            user: user.username.clone(),
            reason: reason.to_owned(),
        }),
        Ok(Ok(false)) => forbidden(format!(
            "{} may not use the verb {BREAK_GLASS_VERB} on namespace {namespace}",
            user.username
        )),
        Ok(Err(error)) => unavailable(&error.to_string()),
        Err(_) => unavailable("the API server did not say in time"),
    }
}
