//! Every fault that the test kit can inject, at every place a decision asks: the verdict is of the right class, an
//! image is never allowed that was not verified, nothing panics, and it ends in time.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    missing_docs
)]

#[path = "support/taped.rs"]
mod taped;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use doorward::core::{Class, Digest, Timestamp};
use doorward::policy::{Document, PolicySet, read_documents};
use doorward::registry::{Anonymous, RegistryClient, Retries, Timeouts};
use doorward::{Context, Decision, Engine, Rules, Secret, StaticSecrets, Verdict};
use doorward_testkit::{
    Authentication, Fault, FaultRule, Image, KeyKind, Lookaside, Nature, OpenPgpSigner, Redirect,
    Registry, SignatureExtension,
};
use futures::StreamExt as _;

/// The deadline of a decision, and what a slow machine may add to it.
const DEADLINE: Duration = Duration::from_secs(4);
const SLACK: Duration = Duration::from_secs(8);
/// Sites at a time. Most of a run is waiting for servers that stay silent.
const TOGETHER: usize = 8;

/// Where the fault sits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// The question which protocol the registry speaks.
    Ping,
    /// The token service.
    Token,
    /// The manifest, asked for by tag.
    Manifest,
    /// The manifest, asked for by digest.
    ManifestByDigest,
    /// The list of signatures that the registry keeps.
    Extension,
    /// The first signature in a store.
    Signature,
    /// Where the store would have a second signature, had it one.
    SecondSignature,
}

const PLACES: [Place; 7] = [
    Place::Ping,
    Place::Token,
    Place::Manifest,
    Place::ManifestByDigest,
    Place::Extension,
    Place::Signature,
    Place::SecondSignature,
];

struct Site {
    registry: Registry,
    store: Lookaside,
    signer: OpenPgpSigner,
    image: String,
    digest: Digest,
}

impl Site {
    async fn new(place: Place, is_signed: bool) -> Self {
        let mut builder = Registry::builder();
        if place == Place::Token {
            builder = builder.authentication(Authentication::Bearer).public("*");
        }
        if place == Place::Extension {
            builder = builder.signature_extension(SignatureExtension::supported());
        }
        let registry = builder.start().await;
        let store = Lookaside::builder().start().await;
        let signer = OpenPgpSigner::new(KeyKind::Ed25519);
        let digest = registry.push_image("app", "1", &Image::sample("app"));
        let tagged = registry.reference("app", "1");
        let signature = signer.sign(&tagged, &digest);
        if !is_signed {
            // Nothing says anything for it.
        } else if place == Place::Extension {
            registry.put_signature("app", &digest, &signature);
        } else {
            store.put("app", &digest, signature);
        }
        let image = match place {
            Place::ManifestByDigest => format!("{}/app@{digest}", registry.address()),
            _ => tagged,
        };
        Self {
            registry,
            store,
            signer,
            image,
            digest,
        }
    }

    fn break_at(&self, place: Place, fault: Fault) {
        let rule = FaultRule::new(fault);
        match place {
            Place::Ping => self.registry.fault(rule.on("/v2/")),
            Place::Token => self.registry.fault(rule.on("*token*")),
            Place::Manifest | Place::ManifestByDigest => {
                self.registry.fault(rule.on("/v2/*/manifests/*"));
            }
            Place::Extension => self.registry.fault(rule.on("/extensions/*")),
            Place::Signature => self.store.fault(rule.on("*/signature-1")),
            Place::SecondSignature => self.store.fault(rule.on("*/signature-2")),
        }
    }

    async fn decide(&self) -> Verdict {
        let policy = format!(
            "apiVersion: doorward.dev/v1\nkind: ClusterImagePolicy\nmetadata: {{name: p}}\nspec:\n  repositories:\n\
             \x20 - name: '*'\n    policy:\n      simple:\n        storeURL: '{}'\n        requirements:\n\
             \x20       - {{type: signedBy, keySecret: k, keySecretNamespace: keys}}\n",
            self.store.url()
        );
        let (documents, diagnostics) = read_documents("policy", policy.as_bytes());
        assert_eq!(diagnostics, []);
        let policies = documents.into_iter().map(|document| match document {
            Document::Policy(policy) => policy,
            other => panic!("{other:?} is no policy"),
        });
        let (set, _) = PolicySet::compile(policies.collect());
        let rules = Rules::Policies(Arc::new(set));
        let mut secrets = StaticSecrets::default();
        let key = self.signer.public_key_armored().into_bytes();
        secrets.insert(
            "keys",
            "k",
            Secret::new(BTreeMap::from([("key".to_owned(), key)])),
        );
        let client = RegistryClient::builder()
            .plain_http(self.registry.address())
            .plain_http(self.store.address())
            .timeouts(
                Timeouts::default()
                    .connect(Duration::from_secs(1))
                    .idle(Duration::from_millis(800)),
            )
            .retries(Retries::none())
            .no_proxy()
            .build()
            .unwrap();
        let fetcher = Arc::new(client.with_keychain(Arc::new(Anonymous)));
        let now: Timestamp = "2026-06-01T00:00:00Z".parse().unwrap();
        let context = Context::new(&rules, &secrets, fetcher, now).in_namespace("shop");
        let engine = Engine::builder().deadline(DEADLINE).build();
        taped::decide(&engine, &self.image, &context).await
    }
}

/// What a decision came to.
#[derive(Debug)]
struct Outcome {
    verdict: Verdict,
    digest: Digest,
    took: Duration,
}

impl Outcome {
    /// Allowed as the very image that was signed, or not allowed.
    fn allowed(&self) -> bool {
        let allowed = self.verdict.decision() != Decision::Deny;
        if allowed {
            assert_eq!(
                self.verdict.pinned().map(|p| p.digest()),
                Some(&self.digest),
                "{self}"
            );
        }
        allowed
    }

    fn class(&self) -> Option<Class> {
        self.verdict.rejection().map(|rejection| rejection.class())
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{:?} {:?} after {:?}: {}",
            self.verdict.decision(),
            self.verdict.code(),
            self.took,
            self.verdict.message()
        )
    }
}

async fn outcome(place: Place, fault: Option<Fault>, is_signed: bool) -> Outcome {
    let site = Site::new(place, is_signed).await;
    if let Some(fault) = fault {
        site.break_at(place, fault);
    }
    let started = Instant::now();
    let verdict = site.decide().await;
    Outcome {
        verdict,
        digest: site.digest.clone(),
        took: started.elapsed(),
    }
}

/// What is right for a fault that stays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Right {
    /// The image is allowed: nothing that counts is missing.
    Allowed,
    /// It is denied in this class.
    Denied(Class),
    /// It is denied as untrusted or as not intact: content that is not what was signed looks like either.
    Disbelieved,
    /// It is either allowed, as the very image that was signed, or denied.
    Either,
}

impl Right {
    fn accepts(self, outcome: &Outcome) -> bool {
        match self {
            Self::Allowed => outcome.allowed(),
            Self::Denied(class) => !outcome.allowed() && outcome.class() == Some(class),
            Self::Disbelieved => {
                !outcome.allowed()
                    && matches!(outcome.class(), Some(Class::Integrity | Class::Untrusted))
            }
            Self::Either => outcome.allowed() || outcome.class().is_some(),
        }
    }
}

fn right(place: Place, fault: &Fault) -> Right {
    // The servers here have no TLS. Then a redirect stays with its server, or is not followed.
    if matches!(
        fault,
        Fault::Redirect(Redirect::Downgrade | Redirect::OtherHost)
    ) {
        return Right::Denied(Class::Unavailable);
    }
    match (fault.nature(), place) {
        // Whatever a token service refuses with, there is no token.
        (_, Place::Token) if matches!(fault, Fault::Status(400..500)) => {
            Right::Denied(Class::Unavailable)
        }
        // A success without content says nothing about the content.
        (_, _) if matches!(fault, Fault::Status(201..=299)) => Right::Denied(Class::Unavailable),
        (Nature::Harmless, _) => Right::Allowed,
        (Nature::Misleading, _) => Right::Either,
        // What a ping or a token service says is no content. If it is of use, the image is still verified; if not,
        // nothing is known.
        (Nature::Absent | Nature::Dishonest | Nature::Refused, Place::Ping | Place::Token) => {
            Right::Either
        }
        // That there is no second signature is said by the status; how the rest of that answer breaks is all one.
        (_, Place::SecondSignature) if breaks_in_body(fault) => Right::Allowed,
        (Nature::Absent, Place::SecondSignature) => Right::Allowed,
        // Nonsense beside a good signature does not spoil it, unless it breaks a bound.
        (Nature::Dishonest, Place::SecondSignature) => Right::Either,
        // A registry that announces a list has one.
        (Nature::Absent, Place::Extension) => Right::Denied(Class::Integrity),
        (Nature::Absent, _) => Right::Denied(Class::Untrusted),
        // The digit that is altered is in the name of the signature; what was signed is in the signature.
        (_, Place::Extension) if *fault == Fault::WrongContent => Right::Allowed,
        (Nature::Dishonest, _) => Right::Disbelieved,
        // There in no type that was asked for, or no longer there: about the image, so not an outage.
        (_, _) if matches!(fault, Fault::Status(406 | 410)) => Right::Denied(Class::Integrity),
        (Nature::Unavailable | Nature::Refused, _) => Right::Denied(Class::Unavailable),
        (_, _) => panic!("{fault:?} is of a nature that the table does not have"),
    }
}

fn breaks_in_body(fault: &Fault) -> bool {
    matches!(
        fault,
        Fault::ResetInBody { .. } | Fault::StallInBody { .. } | Fault::Truncated { .. }
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn every_place_is_asked_and_without_a_fault_the_image_is_allowed() {
    for place in PLACES {
        let outcome = outcome(place, None, true).await;
        assert!(outcome.allowed(), "{place:?}: {outcome}");
        // A fault that nobody meets would prove nothing.
        let broken = self::outcome(place, Some(Fault::Status(500)), true).await;
        assert!(!broken.allowed(), "{place:?} is not asked");
    }
}

/// Every fault at every place, judged by `complaint`.
async fn over_all(is_signed: bool, complaint: impl Fn(Place, &Fault, &Outcome) -> Option<String>) {
    let table = PLACES
        .iter()
        .flat_map(|place| Fault::all().into_iter().map(move |fault| (*place, fault)));
    let wrong: Vec<String> = futures::stream::iter(table)
        .map(async |(place, fault)| {
            let outcome = outcome(place, Some(fault.clone()), is_signed).await;
            let late = (outcome.took > DEADLINE + SLACK).then(|| "too late".to_owned());
            let complaint = late.or_else(|| complaint(place, &fault, &outcome))?;
            Some(format!("{place:?} {fault:?}: {complaint}: {outcome}"))
        })
        .buffer_unordered(TOGETHER)
        .filter_map(std::future::ready)
        .collect()
        .await;
    assert!(
        wrong.is_empty(),
        "{} wrong:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn every_fault_at_every_place_gives_its_class_in_time() {
    over_all(true, |place, fault, outcome| {
        let right = right(place, fault);
        (!right.accepts(outcome)).then(|| format!("not {right:?}"))
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_fault_anywhere_gets_an_unsigned_image_allowed() {
    over_all(false, |_, _, outcome| {
        (outcome.verdict.decision() != Decision::Deny).then(|| "allowed".to_owned())
    })
    .await;
}
