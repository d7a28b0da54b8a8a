//! A registry of IBM, kept on a mirror of this process, with its advisor.

use std::sync::Arc;
use std::time::Duration;

use doorward::core::{Basic, Digest, Fetcher, Repository};
use doorward::policy::PolicySet;
use doorward::registry::{
    Builder, Credential, Fingerprint, Keychain, RegistryClient, Retries, Timeouts,
};
use doorward::{Decision, Engine, Rules, StaticSecrets, Verdict};
use doorward_testkit::{Advisor, CertificateBuilder, Certified, EnvelopeBuilder, Image, Registry};

use crate::namespace::{NOW, context, policies, root_secret};
use crate::taped;

/// Where the image is, as people write it.
pub(crate) const NAME: &str = "us.icr.io/shop/web";
pub(crate) const TAG: &str = "us.icr.io/shop/web:1";
/// The path of the image on the mirror.
pub(crate) const PATH: &str = "shop/web";
/// The demand for the word of the advisor.
pub(crate) const ADVISOR: &str = "vulnerability: {ICCRVA: {enabled: true}}";
pub(crate) const KEY: &str = "hunter2-key";

/// What the workload may be shown with.
pub(crate) struct Pulls(pub(crate) Vec<Credential>);

impl Keychain for Pulls {
    fn credentials(&self, repository: &Repository) -> Vec<Credential> {
        if repository.to_string() == NAME {
            self.0.clone()
        } else {
            Vec::new()
        }
    }

    fn fingerprint(&self) -> Fingerprint {
        Fingerprint::of(self.0.iter().map(Credential::fingerprint))
    }
}

pub(crate) fn user(name: &str, password: &str) -> Credential {
    Credential::Basic(Basic::new(name, password))
}

pub(crate) fn api_key() -> Credential {
    user("iamapikey", KEY)
}

pub(crate) struct Site {
    pub(crate) registry: Registry,
    pub(crate) advisor: Advisor,
    pub(crate) image: Image,
    pub(crate) root: Certified,
    pub(crate) signer: Certified,
    pub(crate) engine: Engine,
    pub(crate) credentials: Vec<Credential>,
    pub(crate) fetcher: Option<Arc<dyn Fetcher>>,
    secrets: StaticSecrets,
    rules: Rules,
}

impl Site {
    /// A site with an image about which nothing is known, under a policy with this body.
    pub(crate) async fn under(body: &str) -> Self {
        let registry = Registry::builder().referrers(true).start().await;
        let image = Image::sample("web");
        registry.push_image(PATH, "1", &image);
        let advisor = Advisor::builder()
            .user(Basic::new("alice", "hunter2"))
            .api_key(KEY)
            .start()
            .await;
        let root = CertificateBuilder::authority("root").self_signed();
        let subject = [
            ("2.5.4.6", "US"),
            ("2.5.4.8", "WA"),
            ("2.5.4.10", "Acme"),
            ("2.5.4.3", "release"),
        ];
        let signer = CertificateBuilder::code_signer("release").subject(&subject);
        let mut secrets = StaticSecrets::default();
        secrets.insert("shop", "acme", root_secret(&root));
        let mut site = Self {
            signer: signer.issued_by(&root),
            engine: Engine::default(),
            credentials: vec![api_key()],
            fetcher: None,
            rules: Rules::Policies(Arc::new(PolicySet::default())),
            registry,
            advisor,
            image,
            root,
            secrets,
        };
        site.govern(body);
        site
    }

    /// Puts a policy with this body into force for every image.
    pub(crate) fn govern(&mut self, body: &str) {
        let text = format!(
            "apiVersion: doorward.dev/v1\nkind: ImagePolicy\nmetadata: {{name: p, namespace: shop}}\nspec:\n  \
             repositories:\n  - {{name: '*', policy: {{{body}}}}}\n"
        );
        let (set, mistakes) = policies(&text);
        assert!(mistakes.is_empty(), "{mistakes:?}\n{text}");
        self.rules = Rules::Policies(Arc::new(set));
    }

    /// The name that the advisor is asked for.
    pub(crate) fn scanned(&self) -> String {
        format!("{NAME}@{}", self.digest())
    }

    pub(crate) fn digest(&self) -> &Digest {
        self.image.digest()
    }

    pub(crate) fn builder(&self) -> Builder {
        RegistryClient::builder()
            .no_proxy()
            .plain_http(self.registry.address())
            .mirror("us.icr.io", self.registry.address())
            .advisor(self.advisor.url())
            .api_key_tokens(self.advisor.tokens_url())
            .retries(Retries::default().base(Duration::from_millis(1)))
            .timeouts(
                Timeouts::default()
                    .idle(Duration::from_millis(500))
                    .total(Duration::from_secs(5)),
            )
    }

    /// What asks for the workload.
    pub(crate) fn asks(&self) -> Arc<dyn Fetcher> {
        let pulls = Pulls(self.credentials.clone());
        Arc::new(
            self.builder()
                .build()
                .unwrap()
                .with_keychain(Arc::new(pulls)),
        )
    }

    pub(crate) async fn decide_about(&self, image: &str) -> Verdict {
        let fetcher = self.fetcher.clone().unwrap_or_else(|| self.asks());
        let context = context(&self.rules, &self.secrets, &fetcher, NOW);
        let context = context.remembering_in("shop");
        let verdict = taped::decide(&self.engine, image, &context).await;
        let shown = format!("{verdict:?}");
        assert!(
            !shown.contains("hunter2") && !shown.contains("iam-"),
            "{shown}"
        );
        verdict
    }

    /// Decides without writing it down, so that what is remembered counts.
    pub(crate) async fn decide_unrecorded(&self) -> Verdict {
        let fetcher = self.fetcher.clone().unwrap_or_else(|| self.asks());
        let context = context(&self.rules, &self.secrets, &fetcher, NOW);
        let context = context.remembering_in("shop");
        self.engine.decide(TAG, &context).await
    }

    pub(crate) async fn decide(&self) -> Verdict {
        self.decide_about(TAG).await
    }

    /// The verdict, which is that the image is admitted as what was asked about.
    pub(crate) async fn admitted(&self) -> Verdict {
        let verdict = self.decide().await;
        assert_eq!(verdict.decision(), Decision::Allow, "{}", verdict.message());
        let pinned = verdict.pinned().unwrap().to_string();
        assert_eq!(pinned, self.scanned());
        verdict
    }

    /// The code of the refusal.
    pub(crate) async fn refused(&self) -> &'static str {
        let verdict = self.decide().await;
        assert_eq!(verdict.decision(), Decision::Deny, "it is admitted");
        verdict.code().unwrap().as_str()
    }

    /// Signs the image.
    pub(crate) fn sign(&self) {
        let target = self.image.manifest().descriptor();
        let envelope = EnvelopeBuilder::new(&[&self.signer, &self.root], &target)
            .signed_at(NOW.plus(-3600))
            .build();
        self.registry
            .push_referrer(PATH, &envelope.attached_to(&target));
    }
}

/// A demand for the signature of the site's signer.
pub(crate) const SIGNED: &str = "notation: {trustStores: [{type: ca, secret: acme}], trustedIdentities: \
                                 ['x509.subject: C=US, ST=WA, O=Acme, CN=release']}";
