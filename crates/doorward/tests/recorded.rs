//! Recorded decisions: what is written down of them, and what they are made to again.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    missing_docs
)]

#[path = "recorded/environments.rs"]
mod environments;
mod support;
#[path = "support/taped.rs"]
mod taped;
#[path = "recorded/written.rs"]
mod written;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use doorward::core::transcript::{Found, Replay, Transcript};
use doorward::core::{Code, Digest, FetchError, Fetched};
use doorward::policy::{Document, PolicySet, read_documents};
use doorward::{
    Context, Decision, Engine, RecordedPolicies, ReplayError, Replayed, Replaying, Report, Rules,
    Secret, StaticSecrets, Verdict,
};
use doorward_testkit::{KeyKind, OpenPgpSigner};
use proptest::prelude::*;
use support::{MANIFEST, NOW, Toy, World, fixed, governed};

const IMAGE: &str = "r.example/team/app:1";
const PASSWORD: &str = "correct-horse-battery-staple";
const POLICY: &str = r#"# The password of the store is correct-horse-battery-staple.
apiVersion: doorward.dev/v1
kind: ImagePolicy
metadata: {name: p}
spec:
  repositories:
  - name: "r.example/team/*"
    policy:
      onUnavailable: warn
      simple:
        storeURL: "https://sigs.example"
        storeSecret: store
        requirements: [{type: signedBy, keySecret: release}]
---
apiVersion: v1
kind: Secret
metadata: {name: other}
stringData: {password: correct-horse-battery-staple}
---
apiVersion: doorward.dev/v1
kind: ImagePolicy
metadata: {name: q, namespace: elsewhere}
spec:
  repositories:
  - name: "elsewhere.example/*"
    policy: {mode: warn, unchecked: true}
"#;

fn signer() -> OpenPgpSigner {
    OpenPgpSigner::new(KeyKind::Ed25519)
}

fn digest() -> Digest {
    Digest::sha256(MANIFEST)
}

fn signature(number: usize) -> String {
    let digest = digest();
    format!(
        "lookaside https://sigs.example/team/app@sha256={}/signature-{number}",
        digest.hex()
    )
}

fn unsigned() -> World {
    World::default()
        .serves(&format!("manifest {IMAGE}"), MANIFEST)
        .fails(
            &format!("signature extension r.example/team/app@{}", digest()),
            FetchError::NotSupported,
        )
}

fn signed_by(signer: &OpenPgpSigner) -> World {
    unsigned().serves(&signature(1), &signer.sign(IMAGE, &digest()))
}

fn secret(items: &[(&str, &[u8])]) -> Secret {
    let items = items.iter();
    let items = items.map(|(name, bytes)| ((*name).to_owned(), bytes.to_vec()));
    Secret::new(items.collect::<BTreeMap<_, _>>())
}

/// The rules of [`POLICY`], its Secrets, and the texts to write down.
struct Site {
    rules: Rules,
    secrets: StaticSecrets,
    policies: RecordedPolicies,
    engine: Engine,
}

impl Site {
    fn new() -> Self {
        Self::of(POLICY)
    }

    fn of(text: &str) -> Self {
        let set = set(text);
        let texts = [("policy.yaml", text.as_bytes())];
        let policies = RecordedPolicies::of(&set, texts, "tenant").unwrap();
        let mut secrets = StaticSecrets::default();
        let key = signer().public_key_armored();
        secrets.insert("tenant", "release", secret(&[("key", key.as_bytes())]));
        let store = secret(&[("username", b"alice"), ("password", PASSWORD.as_bytes())]);
        secrets.insert("tenant", "store", store.for_stores());
        Self {
            rules: Rules::Policies(Arc::new(set)),
            secrets,
            policies,
            engine: Engine::default(),
        }
    }

    async fn record(&self, world: World) -> (Vec<Verdict>, Vec<u8>) {
        let context =
            Context::new(&self.rules, &self.secrets, Arc::new(world), NOW).in_namespace("tenant");
        let recorded = self
            .engine
            .decide_recorded(&[IMAGE], &context, &self.policies)
            .await;
        let bytes = recorded.transcript().unwrap().to_bytes().unwrap();
        (recorded.verdicts, bytes)
    }
}

fn set(text: &str) -> PolicySet {
    let (documents, problems) = read_documents("policy.yaml", text.as_bytes());
    assert!(problems.is_empty(), "{problems:?}");
    let policies = documents.into_iter().filter_map(|document| match document {
        Document::Policy(mut policy) => {
            policy.namespace.get_or_insert_with(|| "tenant".to_owned());
            Some(policy)
        }
        Document::Exception(_) | Document::Other { .. } | Document::NotAnObject { .. } => None,
    });
    PolicySet::compile(policies.collect()).0
}

fn read(bytes: &[u8]) -> Transcript {
    Transcript::from_bytes(bytes).unwrap()
}

async fn replay(transcript: Transcript) -> Replayed {
    Replaying::new(transcript).unwrap().decide().await
}

fn json(report: &Report) -> String {
    serde_json::to_string(report).unwrap()
}

fn outcome(verdict: &Verdict) -> (Decision, Option<Code>) {
    (verdict.decision(), verdict.code())
}

#[tokio::test]
async fn a_transcript_alone_gives_the_same_report() {
    let stranger = OpenPgpSigner::builder(KeyKind::Ed25519).seed(7).build();
    for (world, expected) in [
        (signed_by(&signer()), Decision::Allow),
        (signed_by(&stranger), Decision::Deny),
        (unsigned(), Decision::Deny),
        (World::default(), Decision::Deny),
        (
            unsigned().fails(
                &signature(1),
                doorward_testkit::outage("sigs.example is out"),
            ),
            Decision::Warn,
        ),
    ] {
        let site = Site::new();
        let (verdicts, bytes) = site.record(world).await;
        assert_eq!(
            verdicts[0].decision(),
            expected,
            "{}",
            verdicts[0].message()
        );
        let again = replay(read(&bytes)).await;
        assert_eq!(json(&again.report()), json(&Report::new(NOW, &verdicts)));
        assert!(again.is_same());
    }
}

#[tokio::test]
async fn a_secret_that_holds_something_else_than_keys_is_refused_again_without_its_content() {
    let mut site = Site::new();
    site.secrets.insert(
        "tenant",
        "release",
        secret(&[("key", PASSWORD.as_bytes()), ("tls.key", b"private")]),
    );
    let (verdicts, bytes) = site.record(signed_by(&signer())).await;
    let text = String::from_utf8(bytes.clone()).unwrap();
    assert!(
        !text.contains(PASSWORD) && !text.contains("tls.key"),
        "{text}"
    );
    let again = replay(read(&bytes)).await;
    assert_eq!(outcome(&again.verdicts()[0]), outcome(&verdicts[0]));
    assert_eq!(verdicts[0].decision(), Decision::Deny);
}

#[tokio::test]
async fn what_is_not_in_the_transcript_is_refused_whatever_the_policy_forgives() {
    let soft = POLICY.replace("onUnavailable: warn", "mode: audit");
    for text in [POLICY, &soft] {
        let site = Site::of(text);
        let (_, bytes) = site.record(signed_by(&signer())).await;
        let whole = read(&bytes);
        let mut poorer = Vec::new();
        for place in 0..whole.fetches.len() {
            let mut less = whole.clone();
            less.fetches.remove(place);
            poorer.push(less);
        }
        let mut less = whole.clone();
        less.secrets.retain(|secret| secret.name != "release");
        poorer.push(less);
        let mut less = whole.clone();
        less.names.clear();
        poorer.push(less);
        for less in poorer {
            let again = replay(less).await;
            assert_eq!(
                outcome(&again.verdicts()[0]),
                (Decision::Deny, Some(Code::TRANSCRIPT_NOT_RECORDED))
            );
            assert!(!again.is_same());
        }
        let replaying = Replaying::new(whole).unwrap();
        let other = replaying.decide_about(&["r.example/team/other:1"]).await;
        assert_eq!(
            other.verdicts()[0].code(),
            Some(Code::TRANSCRIPT_NOT_RECORDED)
        );
    }
}

#[tokio::test]
async fn a_live_decision_believes_no_outage_of_a_transcript() {
    let site = Site::new();
    let out = unsigned().fails(
        &signature(1),
        doorward_testkit::outage("sigs.example is out"),
    );
    let (_, bytes) = site.record(out).await;
    let fetcher = || Arc::new(Replay::new(read(&bytes)));
    let context =
        || Context::new(&site.rules, &site.secrets, fetcher(), NOW).in_namespace("tenant");
    let live = site.engine.decide(IMAGE, &context()).await;
    assert_eq!(live.decision(), Decision::Deny, "{}", live.message());
    // Nor does it become one by being recorded once more.
    let laundered = site
        .engine
        .decide_recorded(&[IMAGE], &context(), &site.policies)
        .await;
    assert_eq!(laundered.verdicts[0].decision(), Decision::Deny);
    let again = replay(laundered.transcript().unwrap()).await;
    assert!(again.is_same());
    assert_eq!(again.verdicts()[0].decision(), Decision::Deny);
}

#[tokio::test]
async fn a_decision_that_ran_out_of_time_does_so_again() {
    let rules = fixed(vec![governed(vec![Toy::demand("a")])]);
    let secrets = StaticSecrets::default();
    let mut world = unsigned();
    world.delay = Duration::from_secs(600);
    let engine = Engine::builder()
        .deadline(Duration::from_millis(50))
        .build();
    let context = Context::new(&rules, &secrets, Arc::new(world), NOW);
    let verdict = taped::decide(&engine, IMAGE, &context).await;
    assert_eq!(verdict.code(), Some(Code::DEADLINE_EXCEEDED));
}

#[tokio::test]
async fn several_images_are_decided_again_together() {
    let rules = fixed(vec![governed(vec![Toy::demand("a")])]);
    let secrets = StaticSecrets::default();
    let images = [IMAGE, "r.example/team/app:2", "Not An Image", IMAGE];
    let context = Context::new(&rules, &secrets, Arc::new(unsigned()), NOW);
    let verdicts = taped::decide_all(&Engine::default(), &images, &context).await;
    assert_eq!(verdicts.len(), 4);
}

#[tokio::test]
async fn a_recorded_decision_rests_on_no_remembered_proof_and_leaves_none() {
    let site = Site::new();
    let world = Arc::new(signed_by(&signer()));
    let fetcher: Arc<dyn doorward::core::Fetcher> = Arc::clone(&world) as _;
    let context = Context::new(&site.rules, &site.secrets, fetcher, NOW)
        .in_namespace("tenant")
        .remembering_in("scope");
    for _ in 0..2 {
        let recorded = site
            .engine
            .decide_recorded(&[IMAGE], &context, &site.policies)
            .await;
        assert!(!recorded.verdicts[0].cost().cached);
        let again = replay(recorded.transcript().unwrap()).await;
        assert!(again.is_same());
    }
    assert!(!site.engine.decide(IMAGE, &context).await.cost().cached);
    assert!(site.engine.decide(IMAGE, &context).await.cost().cached);
    let recorded = site
        .engine
        .decide_recorded(&[IMAGE], &context, &site.policies)
        .await;
    assert!(!recorded.verdicts[0].cost().cached);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Also if the one who changed the transcript made its digest right again.
    #[test]
    fn a_changed_byte_of_an_answer_never_allows_what_was_refused(
        record: prop::sample::Index,
        place: prop::sample::Index,
        mask in 1..=255_u8,
        by_stranger: bool,
    ) {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        runtime.block_on(async {
            let stranger = OpenPgpSigner::builder(KeyKind::Ed25519).seed(7).build();
            let site = Site::new();
            let world = if by_stranger { signed_by(&stranger) } else { unsigned() };
            let (verdicts, bytes) = site.record(world).await;
            assert_eq!(verdicts[0].decision(), Decision::Deny);
            let mut transcript = read(&bytes);
            let answers: Vec<_> = transcript
                .fetches
                .iter_mut()
                .filter(|fetch| matches!(fetch.answer, Some(Ok(_))))
                .collect();
            let count = answers.len();
            if let Some(fetch) = answers.into_iter().nth(record.index(count))
                && let Some(Ok(fetched)) = &mut fetch.answer
            {
                let mut changed = fetched.bytes.to_vec();
                let place = place.index(changed.len());
                changed[place] ^= mask;
                *fetched = Fetched::new(changed, fetched.media_type.clone(), fetched.source.clone());
            }
            let forged = read(&transcript.to_bytes().unwrap());
            let again = replay(forged).await;
            assert_eq!(again.verdicts()[0].decision(), Decision::Deny);
        });
    }
}
