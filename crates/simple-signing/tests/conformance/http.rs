//! Behaviours of a lookaside server, each rebuilt from its name.

use std::sync::Arc;

use doorward_core::{Answer, Basic, Code, Digest, FetchError, Reference};
use doorward_simple_signing::{Keyring, RegistriesD, Requirement, SignedIdentity, Store};
use doorward_testkit::Cases;
use serde_json::Value;

use crate::load;
use crate::support::{Got, Question, Tally, World, bytes, index, run, status};

/// Where the recorded verdict is not the one to give: claims have a size limit here.
const DIVERGENCES: [(&str, &str); 2] = [("big-compressed", "reject"), ("bomb", "reject")];
const SERVER: &str = "http://sigs.example.com/store";

pub fn cases(root: &Cases, tally: &mut Tally) {
    let Some(document) = load(root, "lookaside-http.json", tally) else {
        return;
    };
    for (name, verdict) in document["verdicts"].as_object().expect("verdicts") {
        let id = format!("lookaside-http/{name}");
        let expected = DIVERGENCES
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, verdict)| *verdict)
            .or_else(|| verdict["judges"]["skopeo_1_22_gpgme"].as_str())
            .expect("a verdict");
        match judge(root, name) {
            Some(got) => tally.record(&id, expected, &got),
            None => tally.skip(&id, "no behaviour of this name is known"),
        }
    }
}

fn judge(root: &Cases, name: &str) -> Option<Got> {
    let answers = answers(root, name)?;
    let question = question(root);
    let image: Reference = question.image.parse().expect("an image");
    // The registry is rewritten to another host; stores are looked up by where the image is kept.
    let located: Reference = "127.0.0.1:5712/ns/app:1.0".parse().expect("a location");
    let physical = name == "scope-logical" || name == "scope-physical";
    let located = if physical { located } else { image };
    let store = match address(name) {
        Address::Base(base) => Store::Lookaside { base, access: None },
        Address::Files(text) => match RegistriesD::parse([("default.yaml", text.as_bytes())]) {
            Err(error) => return Some(Got::Reject(Code::POLICY_INVALID, error.to_string())),
            Ok(registries) => registries
                .lookaside(&located)
                .map_or(Store::None, |base| Store::Lookaside { base, access: None }),
        },
    };
    let lookaside = |url: &str, access: Option<&Basic>| {
        match name {
            "userinfo" => assert_eq!(access, Some(&Basic::new("user", "pass"))),
            "query" => {
                assert!(url.ends_with("/signature-1?x=1") || url.ends_with("/signature-2?x=1"));
            }
            "ok-trailing-slash" => {
                assert!(url.starts_with("http://sigs.example.com/store//ns/app@sha256="));
            }
            _ => assert_eq!(access, None),
        }
        assert!(
            url.contains("/ns/app@sha256="),
            "the host is not in the path: {url}"
        );
        answers
            .get(index(url) - 1)
            .cloned()
            .unwrap_or(Err(FetchError::NotFound))
    };
    Some(run(
        Question {
            store,
            located: Some(located.repository().clone()),
            ..question
        },
        &World {
            extension: &|| Err(FetchError::NotSupported),
            lookaside: &lookaside,
        },
    ))
}

enum Address {
    Base(String),
    Files(String),
}

fn address(name: &str) -> Address {
    let base = |text: &str| Address::Base(text.to_owned());
    let files = |text: &str| Address::Files(text.replace("SERVER", SERVER));
    match name {
        "ok-trailing-slash" => base("http://sigs.example.com/store/"),
        "userinfo" => base("http://user:pass@sigs.example.com/store"),
        "query" => base("http://sigs.example.com/store?x=1"),
        "badscheme" => base("ftp://127.0.0.1/x"),
        "no-scheme" => base("/srv/x"),
        "sigstore-key" => files("default-docker: {sigstore: SERVER}"),
        "both-keys" => {
            files("default-docker: {sigstore: 'http://wrong.example.com', lookaside: SERVER}")
        }
        "staging-ignored-on-read" => {
            files("default-docker: {lookaside: SERVER, lookaside-staging: 'file:///nowhere'}")
        }
        "scope-repo" => files(
            "default-docker: {lookaside: 'http://wrong.example.com'}\ndocker: {registry.example.com/ns/app: {lookaside: SERVER}}",
        ),
        "scope-logical" => files("docker: {registry.example.com: {lookaside: SERVER}}"),
        "scope-physical" => files("docker: {'127.0.0.1:5712': {lookaside: SERVER}}"),
        "scope-unknown-key" => {
            files("docker: {registry.example.com: {lookaside: SERVER, unknown: 1}}")
        }
        "scope-empty-falls-through" => files(
            "docker: {registry.example.com/ns: {}, registry.example.com: {lookaside: SERVER}}",
        ),
        "yaml-bad" => files("docker: {registry.example.com: {lookaside: SERVER}\n]"),
        _ => base(SERVER),
    }
}

/// What the server has at signature-1, -2 and so on; 404 after the last.
fn answers(root: &Cases, name: &str) -> Option<Vec<Answer>> {
    let file = |name: &str| bytes(read(root, &format!("signatures/{name}")), name);
    let good = || file("ok-rsa2048.sig");
    let failure = |text: &str| {
        let code = text.parse().ok()?;
        Some(Err(status(code)))
    };
    let broken = || FetchError::Unavailable {
        detail: "connection lost".into(),
    };
    if let Some(count) = name
        .parse::<usize>()
        .ok()
        .or((name == "many").then_some(150))
    {
        return Some((0..count).map(|_| good()).collect());
    }
    Some(match name {
        "none" | "redirect-404" => Vec::new(),
        "bad-good" => vec![file("ok-stranger.sig"), good()],
        "good-then-200-empty" => vec![good(), bytes("", "empty")],
        "good-then-html200" => vec![good(), file("html.sig")],
        "too-big" => vec![bytes(vec![0xa3; (4 << 20) + 1], "big")],
        "exact-4mib" => vec![bytes(vec![0xa3; 4 << 20], "big")],
        "big-compressed" => vec![file("large-5MiB-compressed.sig")],
        "bomb" => vec![file("bomb-64MiB-compressed.sig")],
        "truncated" | "refused" | "query" => vec![Err(broken())],
        "auth" => vec![Err(status(401))],
        "ok"
        | "ok-trailing-slash"
        | "ctype-html-good-sig"
        | "redirect"
        | "gzip-encoding"
        | "userinfo"
        | "badscheme"
        | "no-scheme"
        | "sigstore-key"
        | "both-keys"
        | "staging-ignored-on-read"
        | "yaml-bad" => {
            vec![good()]
        }
        _ if name.starts_with("scope-") => vec![good()],
        _ => match (name.strip_prefix("first-"), name.strip_prefix("good-then-")) {
            (Some(code), _) => vec![failure(code)?],
            (_, Some(code)) => vec![good(), failure(code)?],
            _ => return None,
        },
    })
}

fn read(root: &Cases, name: &str) -> Vec<u8> {
    let found = root.read(name);
    found
        .unwrap_or_else(|| panic!("there is no {name}"))
        .to_vec()
}

/// A good signature of the key that [`requirements`] trusts.
pub fn good(root: &Cases) -> Vec<u8> {
    read(root, "signatures/ok-rsa2048.sig")
}

pub fn store(base: &str) -> Store {
    Store::lookaside(base, None).expect("a store")
}

/// A `signedBy` of the key that signs the cases of servers, with the identity rule of a policy file.
pub fn requirements(root: &Cases, identity: Option<Value>) -> Vec<Requirement> {
    let key = read(root, "keys/rsa2048.gpg");
    let identity = match identity {
        None => SignedIdentity::default(),
        Some(rule) => {
            SignedIdentity::exact_reference(rule["dockerReference"].as_str().expect("a reference"))
                .expect("a rule")
        }
    };
    vec![Requirement::SignedBy {
        keyring: Arc::new(Keyring::parse([key.as_slice()]).expect("a key")),
        identity,
    }]
}

pub fn question(root: &Cases) -> Question {
    Question {
        image: "registry.example.com/ns/app:1.0".into(),
        digest: Digest::sha256(&read(root, "images/oci.manifest.json")),
        located: None,
        requirements: requirements(root, None),
        store: Store::None,
        now: "2026-11-21T03:40:00Z".parse().expect("a time"),
        skip_unreadable: false,
    }
}
