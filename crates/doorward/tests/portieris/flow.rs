//! Who is asked for trust metadata, with which credentials, and what becomes of the answers.

use doorward::notary::codes as notary_codes;
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use doorward::core::{
    Code, Digest, Fetch, FetchError, FetchFuture, Fetched, Fetcher, Reference, Resource,
};
use doorward_testkit::{
    Authentication, Fault, FaultRule, NotaryServer, Publication, RecordedRequest, Registry,
};
use serde_yaml::Value;

use super::site::{NAMESPACE, PASSWORD, Site, collection, described, digest, key, outcome};
use super::{Judged, text, texts};

/// What the outcomes of Portieris are called here.
const CODES: &[(&str, &[Code])] = &[
    ("no-valid-pull-secret", &[notary_codes::SERVER_UNAUTHORIZED]),
    (
        "signer-secret-unavailable",
        &[Code::SECRET_NOT_FOUND, Code::SECRET_INVALID],
    ),
    ("trust-data-error", &[notary_codes::TRUST_DATA_MISSING]),
    (
        "trust-server-unavailable",
        &[notary_codes::SERVER_UNAVAILABLE],
    ),
];

/// What the remarks on defects demand instead.
const SAFE: &[(&str, Code)] = &[
    (
        "classify by status, not by text",
        notary_codes::HASH_MISMATCH,
    ),
    ("never substitute latest", notary_codes::NOT_RELEASED),
];

pub(crate) async fn judge(case: &Value) -> Judged {
    let image = text(case, "image");
    let reference: Reference = image.parse().expect("a reference");
    let Some(trust_server) = case.get("trust_server").and_then(Value::as_str) else {
        return usual_server(case, &reference).await;
    };
    let server = serve(case, trust_server, &reference).await;
    let mut site = Site::new();
    if !texts(case, "secret_users").is_empty() {
        let registry = reference.repository().registry();
        site = site.with_accounts(registry, &server.address(), &texts(case, "secret_users"));
    }
    let signers = texts(case, "signer_secrets");
    for signer in &signers {
        match *signer {
            "noname" => site.signer(NAMESPACE, "", Some(&key(7))),
            "nokey" => site.signer(NAMESPACE, "alice", None),
            namespace => site.signer(namespace, "alice", Some(&key(7))),
        }
    }
    let verdict = site
        .decide(Some(&server.url()), !signers.is_empty(), image)
        .await;
    let got = outcome(&verdict);
    decided(case, &got)?;
    same_calls(case, &server.requests()).map_err(|why| format!("{why}, {}", described(&got)))
}

/// Compares what was decided.
fn decided(case: &Value, got: &Result<Digest, Code>) -> Judged {
    let expect = &case["expect"];
    let (expected, fine) = if text(case, "class") == "defect" {
        let safe = text(case, "safe");
        let known = SAFE.iter().find(|(remark, _)| *remark == safe);
        let fine = match known {
            Some((_, code)) => got.as_ref().err() == Some(code),
            None => got.is_err(),
        };
        (format!("a denial: {safe}"), fine)
    } else if let Some(hash) = expect.get("digest").and_then(Value::as_str) {
        let digest = digest(hash);
        (digest.to_string(), got.as_ref() == Ok(&digest))
    } else {
        let reason = [text(expect, "deny"), text(expect, "error")].concat();
        let known = CODES.iter().find(|(known, _)| *known == reason);
        let fine = match (known, got) {
            (_, Ok(_)) => false,
            (Some((_, codes)), Err(code)) => codes.contains(code),
            (None, Err(_)) => true,
        };
        (format!("a denial: {reason}"), fine)
    };
    if fine {
        Ok(())
    } else {
        Err(format!("expected {expected}, got {}", described(got)))
    }
}

/// The server of a case, with what it does to whom.
async fn serve(case: &Value, named: &str, reference: &Reference) -> NotaryServer {
    let users = texts(case, "secret_users");
    let below = named
        .split_once("://")
        .and_then(|(_, rest)| rest.split_once('/'));
    let base = below.map_or(String::new(), |(_, path)| format!("/{path}"));
    let mut builder = NotaryServer::builder().base_path(&base);
    let results = &case["tuf_result_by_token"];
    let result = |user: &str| text(results, &format!("tok-{user}"));
    if text(case, "notary_auth") == "bearer" {
        let mut access = Registry::builder().authentication(Authentication::Bearer);
        for user in &users {
            // A user without an account gets no token; one without a repository gets one that opens nothing.
            if text(&case["token_endpoint"], user) == "ERR" {
                continue;
            }
            let refused = ["401", "403"].contains(&result(user));
            let repositories: &[&str] = if refused { &[] } else { &["*"] };
            access = access.account_for(user, PASSWORD, repositories);
        }
        builder = builder.access(access);
    }
    let server = builder.start().await;
    let gun = reference.repository().to_string();
    let publication = collection(&gun, 0, "aa").publish();
    let has = |wanted: &str| users.iter().any(|user| result(user) == wanted);
    if !has("nodata") {
        server.publish(&publication);
    }
    if has("down") {
        // It gives a token and what comes first, and then it is gone.
        server.fault(FaultRule::new(Fault::Status(503)).on("*/snapshot.*"));
    }
    if text(results, "") == "digest401" {
        // A refusal in whose text there is a 401: the digest of what was put in place of the targets.
        let mut other = publication.role("targets").to_vec();
        while !Digest::sha256(&other).hex().contains("401") {
            other.push(b' ');
        }
        let file = publication
            .files()
            .map(|(name, _)| name)
            .find(|name| name.starts_with("targets.") && *name != "targets.json");
        let file = file.expect("targets by its hash").to_owned();
        server.publish(&publication.with_file(&file, other));
    }
    server
}

/// Compares the requests with the calls of a case by their meaning.
fn same_calls(case: &Value, requests: &[RecordedRequest]) -> Judged {
    let calls = texts(&case["expect"], "calls");
    let guns: BTreeSet<&str> = calls.iter().filter_map(|call| gun_of(call)).collect();
    let users: Vec<&str> = calls
        .iter()
        .filter(|call| call.starts_with("token "))
        .filter_map(|call| call.split(' ').find_map(|word| word.strip_prefix("user=")))
        .collect();
    let (files, others): (Vec<_>, Vec<_>) = requests
        .iter()
        .partition(|request| request.path.contains("/_trust/tuf/"));
    let asked: BTreeSet<&str> = files
        .iter()
        .filter_map(|request| gun_in(&request.path))
        .collect();
    if asked != guns {
        return Err(format!(
            "expected to be asked about {guns:?}, got {asked:?}"
        ));
    }
    // Files that are asked for at the same time may each be refused; what counts is whose turn came before whose.
    let mut shown: Vec<String> = Vec::new();
    for user in others.iter().filter_map(|request| account(request)) {
        if !shown.contains(&user) {
            shown.push(user);
        }
    }
    if shown != users {
        return Err(format!("expected the accounts {users:?}, got {shown:?}"));
    }
    if text(case, "notary_auth") == "none" {
        let needless = requests.iter().any(RecordedRequest::has_authorization);
        if needless || !others.is_empty() {
            return Err("expected no credentials and no other request, got some".to_owned());
        }
    }
    let basic =
        |request: &&RecordedRequest| request.authorization_scheme().as_deref() == Some("basic");
    if files.iter().copied().any(|request| basic(&request)) {
        return Err("expected passwords at the token service only, got one elsewhere".to_owned());
    }
    Ok(())
}

/// The collection that a call of a case is about.
fn gun_of(call: &str) -> Option<&str> {
    if let Some(probe) = call.strip_prefix("probe ") {
        return gun_in(probe);
    }
    call.split(' ').find_map(|word| word.strip_prefix("gun="))
}

fn gun_in(url: &str) -> Option<&str> {
    url.split_once("/v2/")?.1.split("/_trust/").next()
}

/// The account that a request shows.
fn account(request: &RecordedRequest) -> Option<String> {
    let shown = request.header("authorization")?.strip_prefix("Basic ")?;
    let shown = String::from_utf8(BASE64_STANDARD.decode(shown).ok()?).ok()?;
    shown.split_once(':').map(|(user, _)| user.to_owned())
}

/// A policy without a server. Portieris knows one for a few registries, and denies for every other one without asking
/// anybody (tv016). We ask the registry itself then, as Docker's client does, which denies just as well if it has
/// nothing.
async fn usual_server(case: &Value, reference: &Reference) -> Judged {
    let gun = reference.repository().to_string();
    let known: BTreeSet<String> = texts(&case["expect"], "calls")
        .iter()
        .filter_map(|call| call.strip_prefix("probe "))
        .filter_map(|probe| probe.split_once("/v2/"))
        .map(|(server, _)| server.to_owned())
        .collect();
    let published = (!known.is_empty()).then(|| collection(&gun, 0, "aa").publish());
    let world = Arc::new(World {
        published,
        ..World::default()
    });
    let fetcher = Arc::clone(&world) as Arc<dyn Fetcher>;
    let verdict = Site::new()
        .decide_with(fetcher, None, false, text(case, "image"))
        .await;
    let got = outcome(&verdict);
    let wanted = if known.is_empty() {
        let missing = Err(notary_codes::TRUST_DATA_MISSING);
        if got != missing {
            let (missing, got) = (described(&missing), described(&got));
            return Err(format!("expected {missing}, got {got}"));
        }
        let registry = format!("https://{}", reference.repository().registry());
        BTreeSet::from([registry])
    } else {
        decided(case, &got)?;
        known
    };
    let asked = world.asked.lock().unwrap().clone();
    if asked == wanted {
        Ok(())
    } else {
        let got = described(&got);
        Err(format!(
            "expected {wanted:?} to be asked, got {asked:?}, {got}"
        ))
    }
}

/// A world in which every trust server has this collection, or nothing. Remembers the servers that were asked.
#[derive(Default)]
struct World {
    published: Option<Publication>,
    asked: Mutex<BTreeSet<String>>,
}

impl Fetcher for World {
    fn fetch<'a>(&'a self, fetch: &'a Fetch) -> FetchFuture<'a> {
        let Resource::NotaryMetadata { servers, file, .. } = &fetch.resource else {
            panic!("only trust metadata is asked for: {}", fetch.resource);
        };
        self.asked.lock().unwrap().extend(servers.iter().cloned());
        let found = self.published.as_ref().and_then(|all| all.file(file));
        let answer = match found {
            Some(bytes) => Ok(Fetched::new(bytes.clone(), None, file.as_str())),
            None => Err(FetchError::NotFound),
        };
        Box::pin(std::future::ready(answer))
    }
}
