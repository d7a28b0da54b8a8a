//! Signatures in a repository of their own, and the pull secret that a policy names for it.

use std::collections::BTreeMap;
use std::sync::Arc;

use doorward::core::Timestamp;
use doorward::registry::{PullSecret, RegistryClient, Retries};
use doorward::{Context, Engine, Places, Secret, StaticSecrets, Verdict};
use doorward_testkit::{Authentication, CosignForm, CosignSignature, Registry, RegistryBuilder};
use serde_json::json;

use crate::site::{REPOSITORY, Site, allowed, refused, rules, secret};

/// An image that anybody may pull, and a second registry with its signature, which is shut.
struct Apart {
    site: Site,
    signatures: Registry,
}

/// A registry that asks for this.
fn shut(authentication: Authentication) -> RegistryBuilder {
    let shut = Registry::builder().authentication(authentication);
    match authentication {
        Authentication::Basic => shut.challenges(&["Basic realm=\"r\""]),
        _ => shut,
    }
}

/// A pull secret with a login for each of these registries.
fn logins(of: &[(&Registry, &str)]) -> Secret {
    let auths = of.iter().map(|(registry, user)| {
        let login = json!({"username": user, "password": "p"});
        (registry.address(), login)
    });
    let auths: serde_json::Map<_, _> = auths.collect();
    let config = json!({ "auths": auths }).to_string();
    secret(&[(".dockerconfigjson", &config)])
}

impl Apart {
    async fn new(authentication: Authentication) -> Self {
        let site = Site::new(true).await;
        let signatures = shut(authentication)
            .account("signer", "p")
            .account("workload", "p")
            .start()
            .await;
        let manifest = CosignSignature::manifest(&[site.signature(CosignForm::Layer)]);
        let tag = CosignSignature::tag(site.image.digest(), "sig");
        signatures.push_image("signatures/app", &tag, &manifest);
        Self { site, signatures }
    }

    fn secrets(&self) -> StaticSecrets {
        self.site.secrets.clone()
    }

    /// Decides as a workload whose own pull secret has a login for each of the registries.
    async fn decide(&self, more: &str, secrets: &StaticSecrets) -> Verdict {
        let body = format!(
            "sigstore: {{authorities: [{{keySecret: k, repository: \"{}/signatures/app\"{more}}}]}}",
            self.signatures.address()
        );
        self.decide_body(&body, secrets).await
    }

    async fn decide_body(&self, body: &str, secrets: &StaticSecrets) -> Verdict {
        let rules = rules(&self.site.registry, body);
        let now: Timestamp = "2026-11-21T12:00:00Z".parse().unwrap();
        let context = Context::new(&rules, secrets, self.fetcher(), now).in_namespace("n");
        let image = self.site.registry.reference(REPOSITORY, "1");
        Engine::default().decide(&image, &context).await
    }

    fn fetcher(&self) -> Arc<dyn doorward::core::Fetcher> {
        let client = RegistryClient::builder()
            .plain_http(self.site.registry.address())
            .plain_http(self.signatures.address())
            .retries(Retries::none())
            .no_proxy()
            .build()
            .unwrap();
        let both = [
            (&self.site.registry, "workload"),
            (&self.signatures, "workload"),
        ];
        let own = logins(&both);
        let item = own.item(".dockerconfigjson").unwrap().to_vec();
        let items = BTreeMap::from([(".dockerconfigjson".to_owned(), item)]);
        Arc::new(client.with_keychain(Arc::new(PullSecret::read("n", "own", &items))))
    }
}

#[tokio::test]
async fn signatures_are_fetched_with_the_pull_secret_of_their_repository() {
    for authentication in [Authentication::Basic, Authentication::Bearer] {
        let apart = Apart::new(authentication).await;
        // The login of the workload does not open it any more, so only the policy's can.
        apart.signatures.close_account("workload");
        let mut secrets = apart.secrets();
        refused(&apart.decide("", &secrets).await, "registry-unauthorized");
        secrets.insert("n", "pull", logins(&[(&apart.signatures, "signer")]));
        allowed(&apart.decide(", pullSecret: {name: pull}", &secrets).await);
    }
}

#[tokio::test]
async fn what_a_workload_pulls_with_is_not_shown_where_the_policy_names_a_pull_secret() {
    for held in [
        logins(&[]),
        secret(&[(".dockerconfigjson", "no configuration")]),
        secret(&[("password", "p")]),
    ] {
        let apart = Apart::new(Authentication::Basic).await;
        let mut secrets = apart.secrets();
        // It would open it.
        allowed(&apart.decide("", &secrets).await);
        apart.signatures.take_requests();
        secrets.insert("n", "pull", held);
        let verdict = apart.decide(", pullSecret: {name: pull}", &secrets).await;
        refused(&verdict, "registry-unauthorized");
        let told = verdict.message();
        assert!(told.contains("pull secret n/pull"), "{told}");
        let requests = apart.signatures.requests();
        assert!(!requests.is_empty());
        for request in &requests {
            assert!(!request.has_authorization(), "{request:?}");
        }
    }
}

#[tokio::test]
async fn the_pull_secret_of_signatures_never_opens_the_image() {
    let image = shut(Authentication::Basic)
        .account("signer", "p")
        .start()
        .await;
    let mut apart = Apart::new(Authentication::Basic).await;
    image.push_image(REPOSITORY, "1", &apart.site.image);
    apart.site.registry = image;
    let mut secrets = apart.secrets();
    // It has the one login that would open the image too.
    let both = [
        (&apart.site.registry, "signer"),
        (&apart.signatures, "signer"),
    ];
    secrets.insert("n", "pull", logins(&both));
    let verdict = apart.decide(", pullSecret: {name: pull}", &secrets).await;
    refused(&verdict, "registry-unauthorized");
    // All that was shown there is what the workload has.
    let shown = apart.site.registry.requests();
    let shown = shown.iter().filter(|request| request.has_authorization());
    for request in shown {
        assert!(!request.path.contains("signatures"), "{request:?}");
    }
}

#[tokio::test]
async fn a_pull_secret_that_the_policy_names_and_that_is_not_there_refuses() {
    let apart = Apart::new(Authentication::Basic).await;
    let verdict = apart
        .decide(", pullSecret: {name: pull}", &apart.secrets())
        .await;
    refused(&verdict, "secret-not-found");
    assert!(apart.signatures.requests().is_empty());
}

#[tokio::test]
async fn a_tenant_names_no_pull_secret_of_another_namespace() {
    let apart = Apart::new(Authentication::Basic).await;
    let mut secrets = apart.secrets();
    secrets.insert("other", "pull", logins(&[(&apart.signatures, "signer")]));
    let more = ", pullSecret: {name: pull, namespace: other}";
    let verdict = apart.decide(more, &secrets).await;
    refused(&verdict, "secret-not-found");
    assert!(apart.signatures.requests().is_empty());
}

#[tokio::test]
async fn two_authorities_that_open_one_repository_with_two_secrets_share_no_answer() {
    let apart = Apart::new(Authentication::Basic).await;
    let mut secrets = apart.secrets();
    secrets.insert("n", "pull", logins(&[(&apart.signatures, "signer")]));
    secrets.insert("n", "none", logins(&[]));
    let at = format!("{}/signatures/app", apart.signatures.address());
    let authority = |secret: &str| {
        format!("{{keySecret: k, repository: \"{at}\", pullSecret: {{name: {secret}}}}}")
    };
    let both = format!("{}, {}", authority("none"), authority("pull"));
    let any = format!("sigstore: {{require: any, authorities: [{both}]}}");
    allowed(&apart.decide_body(&any, &secrets).await);
    let all = format!("sigstore: {{require: all, authorities: [{both}]}}");
    refused(
        &apart.decide_body(&all, &secrets).await,
        "registry-unauthorized",
    );
}

#[tokio::test]
async fn statements_are_fetched_with_the_pull_secret_of_their_repository() {
    let apart = Apart::new(Authentication::Bearer).await;
    apart.signatures.close_account("workload");
    let statement = apart.site.builder().form(CosignForm::Envelope);
    let statement = statement.predicate("https://example.test/built", json!({"by": "me"}));
    let manifest = CosignSignature::manifest(&[statement.build()]);
    let tag = CosignSignature::tag(apart.site.image.digest(), "att");
    apart
        .signatures
        .push_image("signatures/app", &tag, &manifest);
    let mut secrets = apart.secrets();
    secrets.insert("n", "pull", logins(&[(&apart.signatures, "signer")]));
    let demanding = |more: &str| {
        format!(
            "attestations: [{{predicateType: 'https://example.test/built', signedBy: {{sigstore: {{authorities: [{{keySecret: \
             k, repository: \"{}/signatures/app\"{more}}}]}}}}}}]",
            apart.signatures.address()
        )
    };
    let open = demanding(", pullSecret: {name: pull}");
    allowed(&apart.decide_body(&open, &secrets).await);
    let shut = demanding("");
    let verdict = apart.decide_body(&shut, &secrets).await;
    refused(&verdict, "registry-unauthorized");
}

#[tokio::test]
async fn an_inspection_looks_into_the_repository_with_its_pull_secret() {
    let apart = Apart::new(Authentication::Basic).await;
    apart.signatures.close_account("workload");
    let mut secrets = apart.secrets();
    secrets.insert("n", "pull", logins(&[(&apart.signatures, "signer")]));
    let body = format!(
        "sigstore: {{authorities: [{{keySecret: k, repository: \"{}/signatures/app\", pullSecret: {{name: pull}}}}]}}",
        apart.signatures.address()
    );
    let rules = rules(&apart.site.registry, &body);
    let now: Timestamp = "2026-11-21T12:00:00Z".parse().unwrap();
    let context = Context::new(&rules, &secrets, apart.fetcher(), now).in_namespace("n");
    let image = apart.site.registry.reference(REPOSITORY, "1");
    let found = Engine::default()
        .inspect(&image, &Places::default(), &context)
        .await
        .unwrap();
    let found = serde_json::to_value(&found).unwrap();
    assert_eq!(found["sigstore"].as_array().unwrap().len(), 1, "{found}");
}
