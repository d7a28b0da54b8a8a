//! A registry with an image, a policy that demands signatures, and a signer.

use std::sync::Arc;

use doorward::core::transcript::Transcript;
use doorward::core::{Descriptor, Digest, Fetcher, Timestamp};
use doorward::notation::{OciTrustPolicy, StoreType, TrustStore, TrustStoreError, TrustStores};
use doorward::policy::PolicySet;
use doorward::{
    Context, Engine, KeySources, NotationRules, Recorded, RecordedPolicies, Replaying, Report,
    Rules, Secret, StaticSecrets, Verdict,
};
use doorward_testkit::{
    CertificateBuilder, Certified, EnvelopeBuilder, Image, ImageBuilder, Lookaside, Registry,
};

use crate::namespace::{context, fetcher, policies, policy_of, root_secret};
use crate::taped;

pub(crate) use crate::namespace::NOW;

pub(crate) const NAME: &str = "build";
pub(crate) const SUBJECT: &[(&str, &str)] = &[
    ("2.5.4.6", "US"),
    ("2.5.4.8", "WA"),
    ("2.5.4.10", "Acme"),
    ("2.5.4.3", NAME),
];
/// One signature by Acme, at the level `strict`.
pub(crate) const STRICT: &str = "        trustStores: [{type: ca, secret: acme}]
        trustedIdentities: ['x509.subject: C=US, ST=WA, O=Acme']
";

pub(crate) struct Site {
    pub(crate) registry: Registry,
    /// What authorities publish.
    pub(crate) authority: Lookaside,
    pub(crate) root: Certified,
    pub(crate) leaf: Certified,
    image: Image,
    digest: Digest,
    secrets: StaticSecrets,
    rules: Rules,
    /// The policy in force.
    policy: String,
    engine: Engine,
    fetcher: Arc<dyn Fetcher>,
}

impl Site {
    pub(crate) async fn new() -> Self {
        Self::with(STRICT, true).await
    }

    pub(crate) async fn without_api() -> Self {
        Self::with(STRICT, false).await
    }

    /// A site whose policy has these lines below `notation`.
    pub(crate) async fn under(notation: &str) -> Self {
        Self::with(notation, true).await
    }

    async fn with(notation: &str, api: bool) -> Self {
        let registry = Registry::builder().referrers(api).start().await;
        let authority = Lookaside::builder().start().await;
        let image = Image::sample("app");
        let digest = registry.push_image("team/app", "1", &image);
        let root = CertificateBuilder::authority("root").self_signed();
        let leaf = CertificateBuilder::code_signer(NAME)
            .subject(SUBJECT)
            .issued_by(&root);
        let mut secrets = StaticSecrets::default();
        secrets.insert("shop", "acme", root_secret(&root));
        let mut site = Self {
            fetcher: fetcher(&registry),
            engine: Engine::default(),
            rules: Rules::Policies(Arc::new(PolicySet::default())),
            policy: String::new(),
            registry,
            authority,
            root,
            leaf,
            image,
            digest,
            secrets,
        };
        site.govern(notation, "");
        site
    }

    /// Puts a policy into force with these lines below `notation`, and others beside it.
    pub(crate) fn govern(&mut self, notation: &str, beside: &str) {
        let below = format!("\n{beside}      notation:\n{notation}");
        let policy = policy_of(&self.registry, &below);
        self.rules = Rules::Policies(Arc::new(policies(&policy).0));
        self.policy = policy;
    }

    /// Forgets every answer and proof.
    pub(crate) fn forget(&mut self) {
        self.engine = Engine::default();
    }

    /// That a decision is made again, and comes out the same, from its record alone.
    pub(crate) async fn replays_alike(&self, image: &str) {
        let _ = self.recorded_at(image, NOW).await;
    }

    /// A decision that is recorded, and that its record alone makes again.
    pub(crate) async fn recorded_at(&self, image: &str, now: Timestamp) -> Verdict {
        let texts = [("p.yaml", self.policy.as_bytes())];
        let policies = RecordedPolicies::of(&policies(&self.policy).0, texts, "shop").unwrap();
        let context = context(&self.rules, &self.secrets, &self.fetcher, now);
        let mut recorded = self
            .engine
            .decide_recorded(&[image], &context, &policies)
            .await;
        let bytes = recorded.transcript().unwrap().to_bytes().unwrap();
        let again = Replaying::new(Transcript::from_bytes(&bytes).unwrap())
            .unwrap()
            .decide()
            .await;
        assert!(again.is_same());
        let json = |report: &Report| serde_json::to_string(report).unwrap();
        let report = Report::new(now, &recorded.verdicts);
        assert_eq!(json(&again.report()), json(&report));
        recorded.verdicts.remove(0)
    }

    /// Puts a trust policy of the Notary Project with these statements into force. `REPOSITORY` in them is that of the
    /// image. The store `ca:acme` has the root, `ca:other` another, and `ca:gone` cannot be read.
    pub(crate) fn govern_by_trust_policy(&mut self, statements: &str) {
        let repository = format!("{}/team/app", self.registry.address());
        let statements = statements.replace("REPOSITORY", &repository);
        let text = format!(r#"{{"version": "1.0", "trustPolicies": [{statements}]}}"#);
        let other = CertificateBuilder::authority("other").self_signed();
        let store = |root: &Certified| TrustStore::read(StoreType::Ca, [root.der()]);
        let gone = TrustStoreError::Unreadable {
            detail: "root.pem: it is a link".to_owned(),
        };
        let stores = TrustStores::new()
            .with("ca:acme".parse().unwrap(), store(&self.root))
            .with("ca:other".parse().unwrap(), store(&other))
            .with("ca:gone".parse().unwrap(), Err(gone));
        let rules = NotationRules {
            name: "trustpolicy.json".to_owned(),
            policy: OciTrustPolicy::parse(text.as_bytes()).unwrap(),
            stores: Arc::new(stores),
        };
        self.rules = Rules::Notation(Arc::new(rules));
    }

    pub(crate) fn rules(&self) -> Rules {
        self.rules.clone()
    }

    /// Puts something between the engine and the registry.
    pub(crate) fn wrap(&mut self, with: impl FnOnce(Arc<dyn Fetcher>) -> Arc<dyn Fetcher>) {
        self.fetcher = with(Arc::clone(&self.fetcher));
    }

    /// Adds a Secret with these items.
    pub(crate) fn secret(&mut self, name: &str, items: &[(&str, &str)]) {
        let items = items
            .iter()
            .map(|(name, text)| ((*name).to_owned(), text.as_bytes().to_vec()));
        self.secrets
            .insert("shop", name, Secret::new(items.collect()));
    }

    /// Adds a `ConfigMap` with these items, or says why it cannot be used.
    pub(crate) fn config_map(&mut self, namespace: &str, items: Result<&[(&str, &str)], &str>) {
        let items = items.map_err(str::to_owned).map(|items| {
            let items = items
                .iter()
                .map(|(name, text)| ((*name).to_owned(), text.as_bytes().to_vec()));
            items.collect()
        });
        self.secrets.insert_config_map(namespace, "roots", items);
    }

    /// A certificate below the root of the policy.
    pub(crate) fn signer(&self, builder: CertificateBuilder) -> Certified {
        builder.subject(SUBJECT).issued_by(&self.root)
    }

    pub(crate) fn image(&self) -> Descriptor {
        self.image.manifest().descriptor()
    }

    pub(crate) fn envelope(&self) -> EnvelopeBuilder {
        self.envelope_by(&self.leaf)
    }

    pub(crate) fn envelope_by(&self, leaf: &Certified) -> EnvelopeBuilder {
        self.envelope_of(&[leaf, &self.root])
    }

    pub(crate) fn envelope_of(&self, chain: &[&Certified]) -> EnvelopeBuilder {
        EnvelopeBuilder::new(chain, &self.image())
    }

    /// Attaches a signature to the image.
    pub(crate) fn sign(&self, envelope: &EnvelopeBuilder) -> Digest {
        let attached = envelope.build().attached_to(&self.image());
        self.registry.push_referrer("team/app", &attached)
    }

    /// Attaches something of this type to the image.
    pub(crate) fn attach(&self, kind: &str) -> Digest {
        let artifact = ImageBuilder::new()
            .artifact_type(kind)
            .subject(self.image())
            .build();
        self.registry.push_referrer("team/app", &artifact)
    }

    /// Pushes another image, and says what it is called.
    pub(crate) fn push(&self, name: &str, image: &Image) -> String {
        let repository = format!("team/{name}");
        self.registry.push_image(&repository, "1", image);
        self.registry.reference(&repository, "1")
    }

    /// Pushes and signs another image, and says what it is called.
    pub(crate) fn push_signed(&self, name: &str, image: &Image) -> String {
        let reference = self.push(name, image);
        self.sign_other(name, &image.manifest().descriptor());
        reference
    }

    /// Signs what was pushed under a name.
    pub(crate) fn sign_other(&self, name: &str, target: &Descriptor) {
        let envelope = EnvelopeBuilder::new(&[&self.leaf, &self.root], target).build();
        self.registry
            .push_referrer(&format!("team/{name}"), &envelope.attached_to(target));
    }

    /// Attaches a manifest as it is.
    pub(crate) fn attach_manifest(&self, manifest: &Image) -> Digest {
        self.registry.push_referrer("team/app", manifest)
    }

    pub(crate) fn tag(&self) -> String {
        self.registry.reference("team/app", "1")
    }

    pub(crate) fn by_digest(&self) -> String {
        format!("{}/team/app@{}", self.registry.address(), self.digest)
    }

    pub(crate) async fn decide(&self, image: &str) -> Verdict {
        self.decide_at(image, NOW).await
    }

    pub(crate) async fn decide_at(&self, image: &str, at: Timestamp) -> Verdict {
        let context = context(&self.rules, &self.secrets, &self.fetcher, at);
        let context = context.remembering_in("shop");
        self.engine.decide(image, &context).await
    }

    /// A decision with what is known of keys at addresses, which its record alone makes again.
    pub(crate) async fn decide_beside(&self, keys: &KeySources) -> Verdict {
        let secrets = keys.beside(&self.secrets);
        let context = Context::new(&self.rules, &secrets, Arc::clone(&self.fetcher), NOW);
        taped::decide(&self.engine, &self.tag(), &context.in_namespace("shop")).await
    }

    /// A decision about a workload of another namespace.
    pub(crate) async fn decide_in(&self, namespace: &str, image: &str, at: Timestamp) -> Verdict {
        let context = context(&self.rules, &self.secrets, &self.fetcher, at);
        let context = context.in_namespace(namespace);
        self.engine.decide(image, &context).await
    }

    /// What the engine asks for before a review has to. Returns how many answers it asked for.
    pub(crate) async fn ask_ahead(&self, at: Timestamp) -> usize {
        self.engine.ask_ahead(self.fetcher.as_ref(), at).await
    }

    pub(crate) async fn record(
        &self,
        image: &str,
        at: Timestamp,
        policies: &RecordedPolicies,
    ) -> Recorded {
        let context = context(&self.rules, &self.secrets, &self.fetcher, at);
        self.engine
            .decide_recorded(&[image], &context, policies)
            .await
    }
}

/// The code of a refusal.
pub(crate) fn code(verdict: &Verdict) -> &'static str {
    verdict.code().expect("it is refused").as_str()
}
