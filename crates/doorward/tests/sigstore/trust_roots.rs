//! Trusted roots that the program knows by name: loaded when a policy names one, remembered, and never guessed.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use doorward::core::transcript::Transcript;
use doorward::core::{Fetcher, StateStore, Timestamp};
use doorward::registry::{RegistryClient, Retries};
use doorward::{
    Context, Decision, Engine, MemoryState, NamedTrustRoot, RecordedPolicies, Replaying, Rules,
    StaticSecrets, TrustRoots, Verdict,
};
use doorward_core::Class;
use doorward_testkit::tuf::{Release, target};
use doorward_testkit::{Fault, FaultRule, Lookaside};

use crate::identities::Keyless;
use crate::site::{allowed, fetcher, refused, rules};

pub(crate) const NOW: &str = "2026-11-21T12:00:00Z";
/// A keyless authority that names no trusted root: the public instance counts.
const PUBLIC: &str = "{authorities: [{keyless: {issuer: 'https://accounts.fixtures.test', subject: dev@fixtures.test}}]}";
/// One that names an instance.
pub(crate) const NAMED: &str = "{authorities: [{keyless: {issuer: 'https://accounts.fixtures.test', subject: dev@fixtures.test}, trustRoot: corp}]}";

/// The keyless cases, and the repository of the instance that made them.
pub(crate) struct World {
    pub(crate) cases: Keyless,
    pub(crate) repository: Lookaside,
    folder: tempfile::TempDir,
    pub(crate) memory: Arc<dyn StateStore>,
    pub(crate) now: Arc<AtomicI64>,
}

impl World {
    pub(crate) async fn new() -> Self {
        let cases = Keyless::new().await;
        let repository = Lookaside::builder().start().await;
        let world = Self {
            cases,
            repository,
            folder: tempfile::tempdir().unwrap(),
            memory: Arc::new(MemoryState::default()),
            now: Arc::new(AtomicI64::new(NOW.parse::<Timestamp>().unwrap().unix())),
        };
        std::fs::write(
            world.folder.path().join("root.json"),
            Release::first_root(true),
        )
        .unwrap();
        let root = world.cases.trusted_root();
        world.publish(1, root.as_bytes(), "2026-12-01T00:00:00Z");
        world
    }

    /// Publishes a trusted root, with a timestamp that ends then.
    pub(crate) fn publish(&self, version: u64, trusted_root: &[u8], ends: &'static str) {
        let mut release = Release::new(version);
        release.targets = vec![target("trusted_root.json", trusted_root)];
        release.expires[2] = ends;
        for (path, bytes) in release.files() {
            // The metadata is at the root of the server, as that of sigstore is.
            self.repository
                .put_file(path.trim_start_matches("metadata/"), bytes);
        }
    }

    /// What an operator would say: the instance `name` is in this world.
    pub(crate) fn named(&self, name: &str) -> NamedTrustRoot {
        let root = self.folder.path().join("root.json");
        format!("{name}={}@{}", root.display(), self.repository.url())
            .parse()
            .unwrap()
    }

    /// The trusted roots of a new process, which shares nothing but the memory.
    pub(crate) fn roots(&self, named: &[NamedTrustRoot]) -> TrustRoots {
        let host = self.repository.url();
        let client = RegistryClient::builder()
            .plain_http(host.strip_prefix("http://").unwrap())
            .retries(Retries::none())
            .local_stores()
            .no_proxy()
            .build()
            .unwrap();
        self.roots_through(named, &(Arc::new(client.anonymous()) as Arc<dyn Fetcher>))
    }

    /// The same, of a process that asks through `fetcher`.
    pub(crate) fn roots_through(
        &self,
        named: &[NamedTrustRoot],
        fetcher: &Arc<dyn Fetcher>,
    ) -> TrustRoots {
        let now = Arc::clone(&self.now);
        let clock = Arc::new(move || Timestamp::from_unix(now.load(Ordering::SeqCst)));
        TrustRoots::of(named, fetcher, &self.memory, clock).unwrap()
    }

    pub(crate) fn at(&self, now: &str) {
        let now: Timestamp = now.parse().unwrap();
        self.now.store(now.unix(), Ordering::SeqCst);
    }

    pub(crate) async fn decide(&self, roots: &TrustRoots, authorities: &str) -> Verdict {
        let rules = rules(&self.cases.registry, &format!("sigstore: {authorities}"));
        let secrets = StaticSecrets::default();
        let secrets = roots.beside(&secrets);
        let now: Timestamp = NOW.parse().unwrap();
        let fetcher = fetcher(&self.cases.registry);
        let context = Context::new(&rules, &secrets, fetcher, now).in_namespace("n");
        let image = self.cases.image("v1-email");
        Engine::default().decide(&image, &context).await
    }

    pub(crate) fn asked(&self) -> usize {
        self.repository.requests().len()
    }
}

#[tokio::test]
async fn a_policy_that_names_no_trusted_root_means_the_public_instance() {
    let world = World::new().await;
    let roots = world.roots(&[world.named("sigstore")]);
    assert_eq!(world.asked(), 0, "nobody is asked before a policy names it");
    allowed(&world.decide(&roots, PUBLIC).await);
    // The end of the roots, timestamp, snapshot, targets, and the trusted root.
    assert_eq!(world.asked(), 5);
    allowed(&world.decide(&roots, PUBLIC).await);
    assert_eq!(world.asked(), 5, "the second decision asks nobody");
    let ends: Vec<_> = roots.ends();
    assert_eq!(
        ends,
        [("sigstore", "2026-12-01T00:00:00Z".parse().unwrap())]
    );
}

#[tokio::test]
async fn what_one_process_learnt_another_remembers_for_a_day() {
    let world = World::new().await;
    let named = [world.named("corp")];
    allowed(&world.decide(&world.roots(&named), NAMED).await);
    allowed(&world.decide(&world.roots(&named), NAMED).await);
    assert_eq!(world.asked(), 5);
    world.at("2026-11-22T12:00:00Z");
    allowed(&world.decide(&world.roots(&named), NAMED).await);
    assert_eq!(
        world.asked(),
        7,
        "whether there is anything new, and no more"
    );
}

#[tokio::test]
async fn a_repository_that_is_gone_leaves_what_is_remembered_until_it_ends() {
    let world = World::new().await;
    let named = [world.named("corp")];
    let running = world.roots(&named);
    allowed(&world.decide(&running, NAMED).await);
    world.repository.fault(FaultRule::new(Fault::Status(503)));
    world.at("2026-11-30T23:59:59Z");
    allowed(&world.decide(&running, NAMED).await);
    allowed(&world.decide(&world.roots(&named), NAMED).await);
    world.at("2026-12-01T00:00:00Z");
    for roots in [&running, &world.roots(&named)] {
        let verdict = world.decide(roots, NAMED).await;
        refused(&verdict, "sigstore-trust-root-unavailable");
        assert_eq!(
            verdict.code().map(doorward_core::Code::class),
            Some(Class::Unavailable)
        );
        assert!(verdict.message().contains("503"), "{}", verdict.message());
    }
}

#[tokio::test]
async fn a_repository_that_cannot_be_asked_is_no_refusal_and_no_admission() {
    let world = World::new().await;
    world.repository.fault(FaultRule::new(Fault::Status(503)));
    let roots = world.roots(&[world.named("corp")]);
    let verdict = world.decide(&roots, NAMED).await;
    refused(&verdict, "sigstore-trust-root-unavailable");
    let asked = world.asked();
    refused(
        &world.decide(&roots, NAMED).await,
        "sigstore-trust-root-unavailable",
    );
    assert_eq!(
        world.asked(),
        asked,
        "who failed a moment ago is not asked again at once"
    );
    world.repository.clear_faults();
    world.at("2026-11-21T12:00:15Z");
    allowed(&world.decide(&roots, NAMED).await);
}

#[tokio::test]
async fn what_a_repository_gives_must_hold() {
    for (trusted_root, ends, says) in [
        (None, NOW, "expired"),
        (Some("{}"), "2026-12-01T00:00:00Z", "cannot be used"),
    ] {
        let world = World::new().await;
        let ours = world.cases.trusted_root();
        world.publish(1, trusted_root.unwrap_or(&ours).as_bytes(), ends);
        let roots = world.roots(&[world.named("corp")]);
        let verdict = world.decide(&roots, NAMED).await;
        refused(&verdict, "sigstore-trust-root-invalid");
        assert!(verdict.message().contains(says), "{}", verdict.message());
    }
}

#[tokio::test]
async fn a_trusted_root_that_went_back_is_refused_and_what_is_held_goes_on() {
    let world = World::new().await;
    let root = world.cases.trusted_root();
    world.publish(3, root.as_bytes(), "2026-12-01T00:00:00Z");
    let named = [world.named("corp")];
    let running = world.roots(&named);
    allowed(&world.decide(&running, NAMED).await);
    world.publish(2, b"{}", "2026-12-10T00:00:00Z");
    world.at("2026-11-23T00:00:00Z");
    assert_eq!(running.refresh().await.asked, 1);
    allowed(&world.decide(&running, NAMED).await);
    // At its end there is nothing left that counts, and what is offered does not.
    world.at("2026-12-01T00:00:00Z");
    let verdict = world.decide(&running, NAMED).await;
    refused(&verdict, "sigstore-trust-root-invalid");
    assert!(
        verdict.message().contains("went back"),
        "{}",
        verdict.message()
    );
}

#[tokio::test]
async fn what_is_a_day_old_is_renewed_before_somebody_needs_it() {
    let world = World::new().await;
    let roots = world.roots(&[world.named("corp"), world.named("other")]);
    assert_eq!(roots.refresh().await.asked, 0, "nothing is in use");
    allowed(&world.decide(&roots, NAMED).await);
    world.at("2026-11-22T11:59:59Z");
    assert_eq!(roots.refresh().await.asked, 0);
    let root = world.cases.trusted_root();
    world.publish(2, root.as_bytes(), "2026-12-20T00:00:00Z");
    world.at("2026-11-22T12:00:00Z");
    assert_eq!(roots.refresh().await.asked, 1);
    assert_eq!(roots.refresh().await.asked, 0);
    assert_eq!(
        roots.ends(),
        [("corp", "2026-12-20T00:00:00Z".parse().unwrap())]
    );
}

#[tokio::test]
async fn a_name_that_nobody_gave_is_a_fault_of_the_configuration() {
    let world = World::new().await;
    let verdict = world.decide(&world.roots(&[]), NAMED).await;
    refused(&verdict, "sigstore-trust-root-invalid");
    assert!(
        verdict.message().contains("`corp`"),
        "{}",
        verdict.message()
    );
    let private = format!("corp={}", world.repository.url()).parse().unwrap();
    let client = RegistryClient::builder().build().unwrap();
    let fetcher: Arc<dyn Fetcher> = Arc::new(client.anonymous());
    let clock = Arc::new(|| Timestamp::from_unix(0));
    let error = TrustRoots::of(&[private], &fetcher, &world.memory, clock).unwrap_err();
    assert!(error.to_string().contains("corp=ROOT@WHERE"), "{error}");
}

#[tokio::test]
async fn a_file_and_a_folder_stand_for_a_repository() {
    let world = World::new().await;
    let folder = world.folder.path();
    std::fs::write(folder.join("trusted_root.json"), world.cases.trusted_root()).unwrap();
    let mut release = Release::new(1);
    release.targets = vec![target(
        "trusted_root.json",
        world.cases.trusted_root().as_bytes(),
    )];
    for (path, bytes) in release.files() {
        let path = folder.join("copy").join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    }
    let shown = |path: &Path| path.display().to_string();
    for place in [
        shown(&folder.join("trusted_root.json")),
        format!(
            "{}@{}",
            shown(&folder.join("root.json")),
            shown(&folder.join("copy"))
        ),
    ] {
        let named = format!("corp={place}").parse().unwrap();
        allowed(&world.decide(&world.roots(&[named]), NAMED).await);
    }
    assert_eq!(world.asked(), 0);
}

#[tokio::test]
async fn a_policy_with_keys_alone_asks_for_no_trusted_root() {
    let world = World::new().await;
    let roots = world.roots(&[world.named("sigstore")]);
    let verdict = world
        .decide(&roots, "{authorities: [{keySecret: k}]}")
        .await;
    refused(&verdict, "secret-not-found");
    assert_eq!(world.asked(), 0);
}

#[tokio::test]
async fn a_recorded_decision_has_its_trusted_root_in_it() {
    let world = World::new().await;
    let roots = world.roots(&[world.named("sigstore")]);
    let rules = rules(&world.cases.registry, &format!("sigstore: {PUBLIC}"));
    let Rules::Policies(set) = &rules else {
        panic!("policies")
    };
    let policy = format!(
        "apiVersion: doorward.dev/v1\nkind: ImagePolicy\nmetadata: {{name: p, namespace: n}}\nspec:\n  repositories:\n  - \
         name: \"{}/*\"\n    policy: {{sigstore: {PUBLIC}}}\n",
        world.cases.registry.address()
    );
    let policies = RecordedPolicies::of(set, [("p.yaml", policy.as_bytes())], "n").unwrap();
    let secrets = StaticSecrets::default();
    let secrets = roots.beside(&secrets);
    let now: Timestamp = NOW.parse().unwrap();
    let context =
        Context::new(&rules, &secrets, fetcher(&world.cases.registry), now).in_namespace("n");
    let image = world.cases.image("v1-email");
    let recorded = Engine::default()
        .decide_recorded(&[&image], &context, &policies)
        .await;
    allowed(&recorded.verdicts[0]);
    let transcript = recorded.transcript().unwrap();
    let bytes = transcript.to_bytes().unwrap();
    let transcript = Transcript::from_bytes(&bytes).unwrap();
    let asked = world.asked();

    let replayed = Replaying::new(transcript).unwrap().decide().await;
    assert_eq!(replayed.verdicts()[0].decision(), Decision::Allow);
    assert!(replayed.is_same());
    assert_eq!(world.asked(), asked, "nobody is asked");
}
