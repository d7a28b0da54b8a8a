//! The unit tests of Portieris's own repository, by what they are given.

use doorward::core::{Code, Digest};
use doorward::notary::codes as notary_codes;
use doorward_testkit::{Collection, Delegation, Fault, FaultRule, Image, NotaryServer, Target};
use serde_yaml::Value;

use super::site::{NAMESPACE, Site, collection, described, digest, key, now, outcome};
use super::{Judged, text};

const GUN: &str = "r.example/a";
const IMAGE: &str = "r.example/a:1";

/// What a case is given.
#[derive(Default)]
struct Given {
    /// The keys of the delegation `targets/alice`, which signs the same; none if there is no such delegation.
    alice: Option<u64>,
    /// The name and the key in the Secret of the signer that is demanded; none if there is no Secret.
    secret: Option<(&'static str, u64)>,
    demands_signer: bool,
    is_empty: bool,
    fault: Option<Fault>,
    on: &'static str,
}

pub(crate) async fn judge(case: &Value) -> Judged {
    let everything = Given {
        on: "*",
        ..Given::default()
    };
    let signer = |alice, secret| Given {
        alice,
        secret,
        demands_signer: true,
        ..Given::default()
    };
    let (given, expected) = match text(case, "given") {
        "TUF repository cannot be opened" => (
            Given {
                fault: Some(Fault::Status(503)),
                ..everything
            },
            Err(notary_codes::SERVER_UNAVAILABLE),
        ),
        "target lookup fails" => (
            Given {
                fault: Some(Fault::WrongContent),
                on: "*/targets.*",
                ..Given::default()
            },
            Err(notary_codes::HASH_MISMATCH),
        ),
        "empty target list" => (
            Given {
                is_empty: true,
                ..Given::default()
            },
            Err(notary_codes::NOT_RELEASED),
        ),
        "released target, no signers required" => (Given::default(), Ok(digest("aa"))),
        "signer key not among the role keys" => (
            signer(Some(8), Some(("alice", 7))),
            Err(notary_codes::SIGNER_KEY_MISMATCH),
        ),
        "signer key in role, digests equal" => {
            (signer(Some(7), Some(("alice", 7))), Ok(digest("aa")))
        }
        "signer secret missing" => (signer(Some(7), None), Err(Code::SECRET_NOT_FOUND)),
        "signer secret: empty name item" => {
            (signer(Some(7), Some(("", 7))), Err(Code::SECRET_INVALID))
        }
        other => return Err(format!("expected a known case, got {other} (code -)")),
    };
    let got = decide(given).await;
    if got == expected {
        Ok(())
    } else {
        Err(format!(
            "expected {}, got {}",
            described(&expected),
            described(&got)
        ))
    }
}

async fn decide(given: Given) -> Result<Digest, Code> {
    let mut published = if given.is_empty {
        Collection::new(GUN, now())
    } else {
        collection(GUN, 0, "aa")
    };
    if let Some(seed) = given.alice {
        published
            .delegate(Delegation::new("targets/alice", &[key(seed)]))
            .add_target_to("targets/alice", "1", Target::image(&Image::sample("aa")));
    }
    let server = NotaryServer::builder().start().await;
    server.publish(&published.publish());
    if let Some(fault) = given.fault {
        server.fault(FaultRule::new(fault).on(given.on));
    }
    let mut site = Site::new();
    if let Some((name, seed)) = given.secret {
        site.signer(NAMESPACE, name, Some(&key(seed)));
    }
    let verdict = site
        .decide(Some(&server.url()), given.demands_signer, IMAGE)
        .await;
    outcome(&verdict)
}
