//! A server of keys and a key management service that say what they are told to, and a clock that stands still.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use doorward::core::transcript::Transcript;
use doorward::core::{
    Answer, Digest, Fetch, FetchError, FetchFuture, Fetched, Fetcher, KeyService, KeyServiceError,
    KeyServiceFuture, Resource, StateStore, Timestamp,
};
use doorward::policy::{KeyForm, KeyPin, KeySource};
use doorward::{
    Context, Engine, KeySources, MemoryState, RecordedPolicies, Rules, Verdict, WatchedKey,
};
use doorward_sigstore::VerificationKey;

use crate::site::{Site, policy_for, rules_of};

pub(crate) const HOUR: i64 = 60 * 60;
pub(crate) const DAY: i64 = 24 * HOUR;
const URL: &str = "https://keys.example/release.pub";
const NOW: &str = "2026-11-21T12:00:00Z";

/// What is served, one answer after another and the last one from then on.
pub(crate) struct World {
    answers: Arc<Mutex<Script>>,
    pub(crate) memory: Arc<dyn StateStore>,
    now: Arc<AtomicI64>,
}

#[derive(Default)]
struct Script {
    answers: VecDeque<Answer>,
    asked: usize,
}

impl Script {
    fn next(&mut self) -> Answer {
        self.asked += 1;
        match self.answers.len() {
            0 | 1 => self.answers.front().cloned().expect("an answer"),
            _ => self.answers.pop_front().expect("an answer"),
        }
    }
}

pub(crate) fn served(text: &str) -> Answer {
    Ok(Fetched::new(text.as_bytes().to_vec(), None, URL))
}

pub(crate) fn down() -> Answer {
    Err(FetchError::Unavailable {
        detail: "connection refused".to_owned(),
    })
}

pub(crate) fn fingerprint(pem: &str) -> Digest {
    VerificationKey::from_pem(pem.as_bytes())
        .unwrap()
        .fingerprint()
}

pub(crate) fn pinned_file(pem: &str) -> KeySource {
    KeySource::Url {
        url: URL.to_owned(),
        pin: KeyPin::File(Digest::sha256(pem.as_bytes())),
        form: KeyForm::PublicKey,
    }
}

pub(crate) fn pinned_key(pem: &str) -> KeySource {
    KeySource::Url {
        url: URL.to_owned(),
        pin: KeyPin::Key(fingerprint(pem)),
        form: KeyForm::PublicKey,
    }
}

pub(crate) fn numbered(number: usize, pem: &str) -> KeySource {
    KeySource::Url {
        url: format!("https://keys.example/{number:03}.pub"),
        pin: KeyPin::Key(fingerprint(pem)),
        form: KeyForm::PublicKey,
    }
}

/// A key of a service that no pin says.
pub(crate) fn unpinned() -> KeySource {
    KeySource::Kms {
        uri: "awskms:///alias/release".to_owned(),
        fingerprint: None,
    }
}

pub(crate) fn pinned_kms(pem: &str) -> KeySource {
    KeySource::Kms {
        uri: "awskms:///alias/release".to_owned(),
        fingerprint: Some(fingerprint(pem)),
    }
}

/// Watches these as if a cluster policy named them.
pub(crate) fn watch(keys: &KeySources, sources: &[&KeySource]) -> usize {
    keys.watch(sources.iter().map(|source| WatchedKey {
        source,
        is_kept: true,
    }))
}

/// How a policy names a source.
fn written(source: &KeySource) -> String {
    match source {
        KeySource::Url { url, pin, .. } => match pin {
            KeyPin::File(digest) => format!("keyURL: {{url: '{url}', sha256: {}}}", digest.hex()),
            KeyPin::Key(digest) => format!("keyURL: {{url: '{url}', fingerprint: '{digest}'}}"),
            KeyPin::OpenPgp(_) => panic!("no key of sigstore"),
        },
        KeySource::Kms { uri, fingerprint } => {
            let pin = fingerprint
                .as_ref()
                .map_or_else(String::new, |digest| format!(", fingerprint: '{digest}'"));
            format!("keyKMS: {{uri: '{uri}'{pin}}}")
        }
    }
}

impl World {
    pub(crate) fn new<const N: usize>(answers: [Answer; N]) -> Self {
        let script = Script {
            answers: answers.into(),
            asked: 0,
        };
        Self {
            answers: Arc::new(Mutex::new(script)),
            memory: Arc::new(MemoryState::default()),
            now: Arc::new(AtomicI64::new(NOW.parse::<Timestamp>().unwrap().unix())),
        }
    }

    /// Says this from now on.
    pub(crate) fn say(&self, answer: Answer) {
        self.answers.lock().unwrap().answers = VecDeque::from([answer]);
    }

    pub(crate) fn pass(&self, seconds: i64) {
        self.now.fetch_add(seconds, Ordering::Relaxed);
    }

    pub(crate) fn asked(&self) -> usize {
        self.answers.lock().unwrap().asked
    }

    /// The keys of a process that begins now, and shares nothing with another one but the memory.
    pub(crate) fn watching(&self, sources: &[&KeySource]) -> KeySources {
        let now = Arc::clone(&self.now);
        let clock = Arc::new(move || Timestamp::from_unix(now.load(Ordering::Relaxed)));
        let service = Service(Arc::clone(&self.answers));
        let keys = KeySources::new(Arc::clone(&self.memory), clock).with_service(Arc::new(service));
        watch(&keys, sources);
        keys
    }

    fn rules(site: &Site, source: &KeySource) -> (String, Rules) {
        let body = format!("sigstore: {{authorities: [{{{}}}]}}", written(source));
        let head = "kind: ClusterImagePolicy\nmetadata: {name: p}";
        let policy = policy_for(head, &site.registry.address(), &body);
        let rules = rules_of(&policy);
        (policy, rules)
    }

    pub(crate) async fn decide(
        &self,
        site: &Site,
        keys: &KeySources,
        source: &KeySource,
    ) -> Verdict {
        let (_, rules) = Self::rules(site, source);
        let secrets = keys.beside(&site.secrets);
        let now: Timestamp = NOW.parse().unwrap();
        let context = Context::new(&rules, &secrets, Arc::clone(&site.fetcher), now);
        Engine::default().decide(&site.tagged(), &context).await
    }

    pub(crate) async fn record(
        &self,
        site: &Site,
        keys: &KeySources,
        source: &KeySource,
    ) -> (Verdict, Transcript) {
        let (policy, rules) = Self::rules(site, source);
        let Rules::Policies(set) = &rules else {
            panic!("policies");
        };
        let text = [("p.yaml", policy.as_bytes())];
        let policies = RecordedPolicies::of(set, text, "default").unwrap();
        let secrets = keys.beside(&site.secrets);
        let now: Timestamp = NOW.parse().unwrap();
        let context = Context::new(&rules, &secrets, Arc::clone(&site.fetcher), now);
        let recorded = Engine::default()
            .decide_recorded(&[&site.tagged()], &context, &policies)
            .await;
        let transcript = recorded.transcript().unwrap();
        (recorded.verdicts.into_iter().next().unwrap(), transcript)
    }
}

impl Fetcher for World {
    fn fetch<'a>(&'a self, fetch: &'a Fetch) -> FetchFuture<'a> {
        let Resource::Lookaside { access: None, .. } = &fetch.resource else {
            panic!("asked for {}", fetch.resource);
        };
        assert_eq!(fetch.max_bytes, 16 << 10);
        Box::pin(std::future::ready(self.answers.lock().unwrap().next()))
    }
}

/// The same answers from a service.
struct Service(Arc<Mutex<Script>>);

impl KeyService for Service {
    fn public_key<'a>(&'a self, uri: &'a str) -> KeyServiceFuture<'a> {
        assert_eq!(uri, "awskms:///alias/release");
        let answer = self.0.lock().unwrap().next();
        let answer = answer
            .map(|found| Bytes::copy_from_slice(&found.bytes))
            .map_err(|error| KeyServiceError::Failed {
                detail: error.to_string(),
            });
        Box::pin(std::future::ready(answer))
    }
}
