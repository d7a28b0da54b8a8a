//! Where the certificates of a trust store are: in a ConfigMap, and at an address.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use doorward::core::{Answer, Digest, Fetch, FetchError, FetchFuture, Fetched, Fetcher, Timestamp};
use doorward::policy::{KeyForm, KeyPin, KeySource};
use doorward::{Decision, KeyChange, KeySourceError, KeySources, MemoryState, WatchedKey};
use doorward_testkit::CertificateBuilder;

use crate::site::{NOW, Site, code};

#[tokio::test]
async fn a_trust_store_may_be_in_a_config_map_of_the_namespace_and_of_no_other() {
    const STORE: &str =
        "        trustStores: [{type: ca, configMap: roots}]\n        trustedIdentities: ['*']\n";
    let mut site = Site::under(STORE).await;
    site.sign(&site.envelope());
    let root = site.root.pem();
    // A Secret of the same name is another thing.
    site.secret("roots", &[("root.pem", &root)]);
    let verdict = site.decide(&site.tag()).await;
    assert_eq!(code(&verdict), "secret-not-found");
    assert!(
        verdict.message().contains("ConfigMap shop/roots"),
        "{}",
        verdict.message()
    );
    site.config_map("shop", Ok(&[("root.pem", &root)]));
    let verdict = site.decide(&site.tag()).await;
    assert_eq!(verdict.decision(), Decision::Allow, "{}", verdict.message());
    site.config_map("shop", Ok(&[("readme", "no certificate")]));
    let verdict = site.decide(&site.tag()).await;
    assert_eq!(code(&verdict), "notation-trust-store-invalid");
    site.config_map("shop", Err("item \"a\" of binaryData is not base64"));
    assert_eq!(code(&site.decide(&site.tag()).await), "secret-invalid");

    // What is there and out of reach is refused in the words for what is not there.
    let elsewhere = STORE.replace("roots}", "roots, namespace: kube-system}");
    site.config_map("kube-system", Ok(&[("root.pem", &root)]));
    site.govern(&elsewhere, "");
    let there = site.decide(&site.tag()).await;
    site.govern(&elsewhere.replace("kube-system", "nowhere"), "");
    let nowhere = site.decide(&site.tag()).await;
    assert_eq!(code(&there), "secret-not-found");
    assert_eq!(
        there.message(),
        nowhere.message().replace("nowhere", "kube-system")
    );
}

#[tokio::test]
async fn a_decision_that_rests_on_a_config_map_is_made_again_from_its_record() {
    let mut site = Site::under(
        "        trustStores: [{type: ca, configMap: roots}]\n        trustedIdentities: ['*']\n",
    )
    .await;
    site.sign(&site.envelope());
    let root = site.root.pem();
    site.config_map("shop", Ok(&[("root.pem", &root)]));
    site.replays_alike(&site.tag()).await;
    site.config_map("shop", Err("broken"));
    site.replays_alike(&site.tag()).await;
}

const URL: &str = "https://keys.example/ca.pem";

/// What a server of certificates answers.
struct Server(Answer);

impl Fetcher for Server {
    fn fetch<'a>(&'a self, fetch: &'a Fetch) -> FetchFuture<'a> {
        assert_eq!(fetch.resource.to_string(), format!("lookaside {URL}"));
        Box::pin(std::future::ready(self.0.clone()))
    }
}

fn serving(file: &[u8]) -> Server {
    Server(Ok(Fetched::new(file.to_vec(), None, URL)))
}

fn down() -> Server {
    Server(Err(FetchError::Unavailable {
        detail: "connection refused".to_owned(),
    }))
}

/// A trust store of this type that is this file, as a policy has it.
fn store(kind: &str, file: &[u8]) -> String {
    let pin = Digest::sha256(file);
    format!(
        "{{type: {kind}, certificateURL: {{url: '{URL}', sha256: {}}}}}",
        pin.hex()
    )
}

fn statement(stores: &[&str]) -> String {
    format!(
        "        trustStores: [{}]\n        trustedIdentities: ['*']\n",
        stores.join(", ")
    )
}

fn source(file: &[u8]) -> KeySource {
    KeySource::Url {
        url: URL.to_owned(),
        pin: KeyPin::File(Digest::sha256(file)),
        form: KeyForm::Certificates,
    }
}

/// What a process knows of these sources, and the hand of its clock.
fn watching(sources: &[&KeySource], memory: &Arc<MemoryState>) -> (KeySources, Arc<AtomicI64>) {
    let hand = Arc::new(AtomicI64::new(NOW.unix()));
    let now = Arc::clone(&hand);
    let clock = Arc::new(move || Timestamp::from_unix(now.load(Ordering::Relaxed)));
    let keys = KeySources::new(Arc::clone(memory) as _, clock);
    keys.watch(sources.iter().map(|source| WatchedKey {
        source,
        is_kept: true,
    }));
    (keys, hand)
}

#[tokio::test]
async fn a_trust_store_at_an_address_is_fetched_before_an_image_needs_it_and_never_while_one_waits()
{
    let mut site = Site::new().await;
    site.sign(&site.envelope());
    let other = CertificateBuilder::authority("other").self_signed();
    let both = format!("{}{}", site.root.pem(), other.pem());
    for file in [
        site.root.pem().into_bytes(),
        site.root.der().to_vec(),
        both.into_bytes(),
    ] {
        site.govern(&statement(&[&store("ca", &file)]), "");
        let (source, memory) = (source(&file), Arc::default());
        let (keys, _) = watching(&[&source], &memory);
        let verdict = site.decide_beside(&keys).await;
        assert_eq!(code(&verdict), "key-source-unavailable");
        assert!(verdict.message().contains(URL), "{}", verdict.message());
        let renewed = keys.refresh(&serving(&file)).await;
        assert_eq!(renewed[0].said, Ok(KeyChange::First(Digest::sha256(&file))));
        let verdict = site.decide_beside(&keys).await;
        assert_eq!(verdict.decision(), Decision::Allow, "{}", verdict.message());
    }
    // What is in the file decides who may sign.
    let file = other.pem().into_bytes();
    site.govern(&statement(&[&store("ca", &file)]), "");
    let (source, memory) = (source(&file), Arc::default());
    let (keys, _) = watching(&[&source], &memory);
    keys.refresh(&serving(&file)).await;
    let verdict = site.decide_beside(&keys).await;
    assert_eq!(code(&verdict), "notation-untrusted-root");
}

#[tokio::test]
async fn a_trust_store_that_changed_without_its_pin_is_refused_and_the_last_good_one_counts() {
    let mut site = Site::new().await;
    site.sign(&site.envelope());
    let file = site.root.pem().into_bytes();
    let stolen = CertificateBuilder::authority("stolen").self_signed().pem();
    site.govern(&statement(&[&store("ca", &file)]), "");
    let (source, memory) = (source(&file), Arc::default());
    let (keys, hand) = watching(&[&source], &memory);
    keys.refresh(&serving(stolen.as_bytes())).await;
    let verdict = site.decide_beside(&keys).await;
    assert_eq!(code(&verdict), "key-source-pin-mismatch");
    assert!(
        verdict.message().contains(Digest::sha256(&file).as_str()),
        "{}",
        verdict.message()
    );
    hand.fetch_add(60, Ordering::Relaxed);
    keys.refresh(&serving(&file)).await;
    for wrong in [serving(stolen.as_bytes()), down()] {
        hand.fetch_add(2 * 3600, Ordering::Relaxed);
        let renewed = keys.refresh(&wrong).await;
        assert!(renewed[0].said.is_err() && renewed[0].counts);
        let verdict = site.decide_beside(&keys).await;
        assert_eq!(verdict.decision(), Decision::Allow, "{}", verdict.message());
    }
    // Also for the next process, which nobody answers.
    let (keys, hand) = watching(&[&source], &memory);
    hand.fetch_add(5 * 3600, Ordering::Relaxed);
    let renewed = keys.refresh(&down()).await;
    assert!(renewed[0].said.is_err() && renewed[0].counts);
    let verdict = site.decide_beside(&keys).await;
    assert_eq!(verdict.decision(), Decision::Allow, "{}", verdict.message());
}

#[tokio::test]
async fn what_is_no_file_of_certificates_is_none_even_if_it_is_pinned() {
    let site = Site::new().await;
    let pem = site.root.pem();
    let private =
        "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIHNl\n-----END PRIVATE KEY-----\n";
    let cut = &site.root.der()[..40];
    let long = pem.repeat(1 + (64 << 10) / pem.len());
    for file in [
        b"<html>".as_slice(),
        b"",
        cut,
        format!("{pem}{private}").as_bytes(),
        format!("{pem}-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n").as_bytes(),
        long.as_bytes(),
    ] {
        let (source, memory) = (source(file), Arc::default());
        let (keys, _) = watching(&[&source], &memory);
        let renewed = keys.refresh(&serving(file)).await;
        let error = renewed[0].said.clone().unwrap_err();
        assert!(
            matches!(&error, KeySourceError::Invalid { .. }),
            "{error:?}"
        );
        assert!(!error.to_string().contains("MC4C"), "{error}");
    }
}

#[tokio::test]
async fn certificates_at_an_address_are_held_to_the_type_of_their_store() {
    let mut site = Site::new().await;
    site.sign(&site.envelope());
    let file = site.leaf.pem().into_bytes();
    for kind in ["ca", "signingAuthority", "tsa"] {
        let own = store(kind, &file);
        site.govern(&statement(&["{type: ca, secret: acme}", &own]), "");
        let (source, memory) = (source(&file), Arc::default());
        let (keys, _) = watching(&[&source], &memory);
        keys.refresh(&serving(&file)).await;
        let verdict = site.decide_beside(&keys).await;
        assert_eq!(code(&verdict), "notation-trust-store-invalid", "{kind}");
        assert!(verdict.message().contains(URL), "{}", verdict.message());
    }
}
