//! What one policy's server said is nothing to a policy that names another server.

use doorward::notary::codes as notary_codes;
use doorward_testkit::{Fault, FaultRule, NotaryServer};
use serde_yaml::Value;

use super::site::{Site, collection, described, digest, outcome};
use super::{Judged, texts};

const GUN: &str = "r.example/a";
const IMAGE: &str = "r.example/a:1";

pub(crate) async fn judge(case: &Value) -> Judged {
    let steps = texts(case, "steps");
    let [first, _, last] = steps[..] else {
        return Err(format!("expected three steps, got {}", steps.len()));
    };
    let (good, evil) = (server().await, server().await);
    evil.publish(&collection(GUN, 99, "evil").publish());
    match () {
        () if last.contains("503") => good.fault(FaultRule::new(Fault::Status(503))),
        () if last.contains("404") => {}
        () => good.publish(&collection(GUN, 0, "good").publish()),
    }

    let alone = outcome(&Site::new().decide(Some(&good.url()), false, IMAGE).await);
    let stated = match () {
        () if first.contains("digest good") => Ok(digest("good")),
        () if first.contains("no trust data") => Err(notary_codes::TRUST_DATA_MISSING),
        () => Err(notary_codes::SERVER_UNAVAILABLE),
    };
    same("alone", &described(&stated), &described(&alone))?;

    let process = Site::new();
    let misled = outcome(&process.decide(Some(&evil.url()), false, IMAGE).await);
    same(
        "through the other policy",
        &described(&Ok(digest("evil"))),
        &described(&misled),
    )?;
    let after = outcome(&process.decide(Some(&good.url()), false, IMAGE).await);
    same(
        "after the other policy",
        &described(&alone),
        &described(&after),
    )
}

async fn server() -> NotaryServer {
    NotaryServer::builder().start().await
}

fn same(when: &str, expected: &str, got: &str) -> Judged {
    if expected == got {
        Ok(())
    } else {
        Err(format!("{when}: expected {expected}, got {got}"))
    }
}
