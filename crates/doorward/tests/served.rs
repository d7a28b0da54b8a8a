//! Signature lists and stores as real servers serve them, through the real client: the verdict and its class.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    missing_docs
)]

#[path = "support/taped.rs"]
mod taped;

use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use doorward::core::{Class, Digest, MediaType, Timestamp};
use doorward::registry::{Anonymous, RegistryClient, Retries, Timeouts};
use doorward::simple_signing::{ContainersPolicy, RegistriesD};
use doorward::{ContainersRules, Context, Decision, Engine, Rules, StaticSecrets, Verdict};
use doorward_testkit::{
    Cases, ExtensionAnswer, Fault, FaultRule, Image, Lookaside, Redirect, Registry,
    SignatureExtension,
};
use serde_json::Value;

const IMAGE: &str = "registry.example.com/ns/app:1.0";
const REPOSITORY: &str = "ns/app";

/// The cases of the simple signing crate, which says how they are found.
fn cases() -> PathBuf {
    let own = Path::new(env!("CARGO_MANIFEST_DIR"));
    match std::env::var_os("DOORWARD_CASES") {
        Some(root) => own.join("../..").join(root).join("simple-signing"),
        None => own.join("../simple-signing/tests/vectors"),
    }
}

fn file(name: &str) -> Vec<u8> {
    static CASES: LazyLock<Cases> = LazyLock::new(|| Cases::open(cases()));
    let found = CASES.read(name);
    found
        .unwrap_or_else(|| panic!("there is no {name}"))
        .to_vec()
}

fn good() -> Vec<u8> {
    file("signatures/ok-rsa2048.sig")
}

fn document(name: &str) -> Value {
    serde_json::from_slice(&file(name)).expect("the case file is JSON")
}

fn now() -> Timestamp {
    "2026-11-21T03:40:00Z".parse().unwrap()
}

/// A registry under another name than the image's, and a store.
struct Site {
    registry: Registry,
    store: Lookaside,
    digest: Digest,
    base: Option<String>,
}

impl Site {
    async fn new(extension: SignatureExtension) -> Self {
        let registry = Registry::builder()
            .signature_extension(extension)
            .start()
            .await;
        let manifest = file("images/oci.manifest.json");
        let image = Image::from_manifest(MediaType::OCI_MANIFEST, manifest, []);
        let digest = registry.push_image(REPOSITORY, "1.0", &image);
        let store = Lookaside::builder().start().await;
        let base = Some(store.url());
        Self {
            registry,
            store,
            digest,
            base,
        }
    }

    fn holds(&self, blobs: impl IntoIterator<Item = Vec<u8>>) {
        for blob in blobs {
            self.store.put(REPOSITORY, &self.digest, blob);
        }
    }

    /// Decides as podman's policy file `signedBy` rsa2048 with an exact reference says.
    async fn decide(&self) -> Verdict {
        let policy = serde_json::json!({"default": [{
            "type": "signedBy", "keyType": "GPGKeys", "keyPath": "keys/rsa2048.gpg",
            "signedIdentity": {"type": "exactReference", "dockerReference": IMAGE},
        }]});
        let policy = ContainersPolicy::parse(policy.to_string().as_bytes())
            .unwrap()
            .load(&mut |path| Ok(file(path)))
            .unwrap();
        let rules = Rules::Containers(Arc::new(ContainersRules {
            name: "policy.json".to_owned(),
            policy,
            registries: RegistriesD::default(),
            default_lookaside: self.base.clone(),
        }));
        let mut timeouts = Timeouts::default();
        timeouts.connect = Duration::from_secs(2);
        let client = RegistryClient::builder()
            .mirror("registry.example.com", self.registry.address())
            .plain_http(self.registry.address())
            .plain_http(self.store.address())
            .timeouts(timeouts)
            .retries(Retries::none())
            .no_proxy()
            .build()
            .unwrap();
        let fetcher = Arc::new(client.with_keychain(Arc::new(Anonymous)));
        let secrets = StaticSecrets::default();
        let context = Context::new(&rules, &secrets, fetcher, now());
        taped::decide(&Engine::default(), IMAGE, &context).await
    }
}

fn word(verdict: &Verdict) -> &'static str {
    match verdict.decision() {
        Decision::Allow => "accept",
        Decision::Warn | Decision::Deny => "reject",
    }
}

fn reference(verdict: &Value) -> &str {
    verdict["judges"]["skopeo_1_22_gpgme"].as_str().unwrap()
}

#[tokio::test]
async fn every_signature_list_gets_the_verdict_of_the_reference() {
    // The reference does not look at the framing on this path; its specification forbids both forms.
    let stricter = ["armored", "clearsigned"];
    let document = document("xrss.json");
    let mut ran = 0;
    for (name, recorded) in document["verdicts"].as_object().unwrap() {
        let lists = &document["lists"];
        let extension = match name.as_str() {
            "mode-404" => SignatureExtension::answering(ExtensionAnswer::Status(404)),
            "mode-500" => SignatureExtension::answering(ExtensionAnswer::Status(500)),
            "mode-html" => SignatureExtension::answering(ExtensionAnswer::Html),
            "mode-empty-object" => SignatureExtension::answering(ExtensionAnswer::Raw("{}".into())),
            "mode-null" => SignatureExtension::answering(ExtensionAnswer::NullList),
            "mode-big" => SignatureExtension::answering(ExtensionAnswer::Padded((4 << 20) + 1)),
            "header-0" | "header-true" => {
                let mut extension = SignatureExtension::supported();
                extension.announcement = Some(name.trim_start_matches("header-").into());
                extension
            }
            _ => SignatureExtension::supported(),
        };
        let site = Site::new(extension).await;
        let list = match (lists.get(name), name.as_str()) {
            (Some(list), _) => list.as_array().unwrap().clone(),
            (None, "lookaside-ignored") => {
                site.holds([good()]);
                Vec::new()
            }
            (None, "many-200") => {
                let bad = lists["bad-then-good"][0].clone();
                let good = lists["ok"][0].clone();
                let mut list = vec![bad; 200];
                list.push(good);
                list
            }
            (None, _) => lists["ok"].as_array().unwrap().clone(),
        };
        for entry in list {
            site.registry
                .put_raw_signature(REPOSITORY, &site.digest, entry);
        }
        let expected = if stricter.contains(&name.as_str()) {
            "reject"
        } else {
            reference(recorded)
        };
        let verdict = site.decide().await;
        assert_eq!(word(&verdict), expected, "{name}: {}", verdict.message());
        if name == "mode-500" {
            let class = verdict.code().unwrap().class();
            assert_eq!(class, Class::Unavailable, "{name}");
        }
        ran += 1;
    }
    println!("{ran} passed, 0 failed");
    assert!(ran >= 20, "the list of cases is there");
}

/// Prepares a store for a case; `false` if the case is not about how a store is served.
fn prepare(site: &mut Site, name: &str) -> bool {
    let second = "*/signature-2";
    let address = site.store.url();
    match name {
        "ok" => site.holds([good()]),
        "none" => {}
        "bad-good" => site.holds([file("signatures/ok-stranger.sig"), good()]),
        "good-then-200-empty" => site.holds([good(), Vec::new()]),
        "good-then-html200" => {
            site.holds([good(), good()]);
            site.store.fault(FaultRule::new(Fault::Html).on(second));
        }
        "ctype-html-good-sig" => {
            site.holds([good()]);
            site.store
                .fault(FaultRule::new(Fault::ContentType("text/html".into())).on("*/signature-1"));
        }
        "redirect" => {
            site.holds([good()]);
            site.store
                .fault(FaultRule::new(Fault::Redirect(Redirect::SameHost)).on("*/signature-1"));
        }
        "redirect-404" => site
            .store
            .fault(FaultRule::new(Fault::Redirect(Redirect::SameHost))),
        "too-big" => site.holds([vec![0xa3; (4 << 20) + 1]]),
        "exact-4mib" => site.holds([vec![0xa3; 4 << 20]]),
        "gzip-encoding" => {
            site.holds([good()]);
            site.store
                .fault(FaultRule::new(Fault::Gzip).on("*/signature-1"));
        }
        "many" => site.holds(vec![good(); 150]),
        "127" => site.holds(vec![good(); 127]),
        "128" => site.holds(vec![good(); 128]),
        "truncated" => {
            site.holds([good()]);
            site.store
                .fault(FaultRule::new(Fault::Truncated { after: 10 }).on("*/signature-1"));
        }
        "ok-trailing-slash" => {
            site.holds([good()]);
            site.base = Some(format!("{address}/"));
        }
        "refused" => site.store.stop(),
        "badscheme" => site.base = Some("ftp://127.0.0.1/x".to_owned()),
        "no-scheme" => site.base = Some("/srv/x".to_owned()),
        _ => match (name.strip_prefix("first-"), name.strip_prefix("good-then-")) {
            (Some(status), _) => {
                let fault = Fault::Status(status.parse().unwrap());
                site.store.fault(FaultRule::new(fault).on("*/signature-1"));
            }
            (_, Some(status)) => {
                site.holds([good()]);
                let fault = Fault::Status(status.parse().unwrap());
                site.store.fault(FaultRule::new(fault).on(second));
            }
            _ => return false,
        },
    }
    true
}

#[tokio::test]
async fn every_behaviour_of_a_store_gets_the_verdict_of_the_reference() {
    let document = document("lookaside-http.json");
    let mut ran = 0;
    for (name, recorded) in document["verdicts"].as_object().unwrap() {
        let mut site = Site::new(SignatureExtension::unsupported()).await;
        if !prepare(&mut site, name) {
            continue;
        }
        let verdict = site.decide().await;
        assert_eq!(
            word(&verdict),
            reference(recorded),
            "{name}: {}",
            verdict.message()
        );
        let could_not_ask = ["first-500", "good-then-500", "truncated", "refused"];
        if could_not_ask.contains(&name.as_str()) {
            let class = verdict.code().unwrap().class();
            assert_eq!(class, Class::Unavailable, "{name}: {}", verdict.message());
        }
        ran += 1;
    }
    println!("{ran} passed, 0 failed");
    assert!(ran >= 20, "the list of cases is there");
}
