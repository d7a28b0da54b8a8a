//! The images that a build used, through policies of their own.

use std::sync::Arc;

use doorward::core::Timestamp;
use doorward::policy::{Document, PolicySet, read_documents};
use doorward::{
    Context, Decision, Engine, RecordedPolicies, Replaying, ReviewBudget, Rules, Verdict,
};
use doorward_testkit::{CosignBuilder, CosignForm, Fault, FaultRule, Image};
use serde_json::{Value, json};

use crate::site::{REPOSITORY, Site, allowed, refused};

const BUILDKIT: &str =
    "https://github.com/moby/buildkit/blob/master/docs/attestations/slsa-definitions.md";
const GITHUB: &str = "https://actions.github.io/buildtypes/workflow/v1";
const SLSA1: &str = "https://slsa.dev/provenance/v1";
const SIGNERS: &str = "signedBy: {sigstore: {authorities: [{name: build, keySecret: k}]}}";
const SIGNED: &str = "sigstore: {authorities: [{name: release, keySecret: k}]}";

fn build(build_type: &str, materials: &Value) -> Value {
    json!({
        "buildDefinition": {"buildType": build_type, "externalParameters": {}, "resolvedDependencies": materials},
        "runDetails": {"builder": {"id": "https://builder.example"}},
    })
}

/// An application, and what it may be built on.
struct Built {
    site: Site,
    base: Image,
    /// What policies demand, by repository.
    policies: Vec<(String, String)>,
}

impl Built {
    async fn new() -> Self {
        let site = Site::new(true).await;
        let base = Image::sample("base");
        site.registry.push_image("base/os", "1", &base);
        let mut built = Self {
            site,
            base,
            policies: Vec::new(),
        };
        built.demand("team/*", &provenance("materials: {verify: true}"));
        built.demand("base/*", SIGNED);
        built
    }

    fn demand(&mut self, repositories: &str, body: &str) {
        let pattern = format!("{}/{repositories}", self.site.registry.address());
        self.policies.retain(|(known, _)| *known != pattern);
        self.policies.push((pattern, body.to_owned()));
    }

    /// An image of this repository as `BuildKit` names it.
    fn named(&self, repository: &str, image: &Image) -> Value {
        let host = self.site.registry.address().replace(':', "%3A");
        let digest = json!({"sha256": image.digest().hex()});
        json!({"uri": format!("pkg:docker/{host}/{repository}@1?platform=linux%2Famd64"), "digest": digest})
    }

    fn base(&self) -> Value {
        self.named("base/os", &self.base)
    }

    /// Says of an image what it was built from.
    fn state(&self, repository: &str, image: &Image, build_type: &str, materials: &Value) {
        let statement = CosignBuilder::new(&self.site.key, image)
            .form(CosignForm::Bundle)
            .predicate(SLSA1, build(build_type, materials))
            .build();
        let referrer = statement.referrer(&image.manifest().descriptor());
        self.site.registry.push_referrer(repository, &referrer);
    }

    fn state_of_app(&self, materials: &Value) {
        self.state(REPOSITORY, &self.site.image, BUILDKIT, materials);
    }

    fn sign(&self, repository: &str, image: &Image) {
        let signature = CosignBuilder::new(&self.site.key, image)
            .form(CosignForm::Bundle)
            .build();
        let referrer = signature.referrer(&image.manifest().descriptor());
        self.site.registry.push_referrer(repository, &referrer);
    }

    fn policy(&self) -> String {
        let mut policy = "apiVersion: doorward.dev/v1\nkind: ImagePolicy\nmetadata: {name: p, namespace: n}\nspec:\n  \
                          repositories:\n"
            .to_owned();
        for (pattern, body) in &self.policies {
            policy.push_str(&format!(
                "  - name: \"{pattern}\"\n    policy: {{{body}}}\n"
            ));
        }
        policy
    }

    fn set(&self) -> PolicySet {
        let policy = self.policy();
        let (documents, problems) = read_documents("p.yaml", policy.as_bytes());
        assert!(problems.is_empty(), "{policy}: {problems:?}");
        let policies = documents.into_iter().filter_map(|document| match document {
            Document::Policy(policy) => Some(policy),
            _ => None,
        });
        PolicySet::compile(policies.collect()).0
    }

    async fn decide(&self) -> Verdict {
        let rules = Rules::Policies(Arc::new(self.set()));
        Engine::default()
            .decide(&self.site.tagged(), &self.context(&rules))
            .await
    }

    fn context<'a>(&'a self, rules: &'a Rules) -> Context<'a> {
        let now: Timestamp = "2026-11-21T12:00:00Z".parse().unwrap();
        Context::new(
            rules,
            &self.site.secrets,
            Arc::clone(&self.site.fetcher),
            now,
        )
        .in_namespace("n")
    }

    /// How often the registry was asked for a manifest of the base image.
    fn asked_for_base(&self) -> usize {
        let requests = self.site.registry.requests();
        let of_base = requests
            .iter()
            .filter(|request| request.path.contains("/base/os/manifests/"));
        of_base.count()
    }
}

/// The base image with another member.
fn with(built: &Built, member: &str, value: Value) -> Value {
    let mut entry = built.base();
    entry[member] = value;
    entry
}

fn provenance(demand: &str) -> String {
    format!("attestations: [{{provenance: {{{demand}}}, {SIGNERS}}}]")
}

#[tokio::test]
async fn an_image_is_admitted_only_if_what_it_is_built_on_is() {
    let built = Built::new().await;
    built.state_of_app(&json!([built.base()]));
    let verdict = built.decide().await;
    refused(&verdict, "material-refused");
    let host = built.site.registry.address();
    let chain = format!(
        "base image {host}/base/os@{}, used by the build of {host}/{REPOSITORY}@{}, is not admitted",
        built.base.digest(),
        built.site.image.digest()
    );
    assert!(verdict.message().contains(&chain), "{}", verdict.message());
    built.sign("base/os", &built.base);
    let verdict = built.decide().await;
    allowed(&verdict);
    // What runs is the image, whatever was judged beside it.
    assert_eq!(verdict.digest(), Some(built.site.image.digest()));
    let told = verdict
        .notes()
        .iter()
        .any(|note| note.contains("is admitted by ImagePolicy n/p") && note.contains("base/os@"));
    assert!(told, "{:?}", verdict.notes());
}

#[tokio::test]
async fn a_signature_on_the_image_does_not_stand_in_for_one_on_its_base() {
    let built = Built::new().await;
    built.state_of_app(&json!([built.base()]));
    built.sign(REPOSITORY, &built.site.image);
    // Nor does one on the same digest in another repository.
    built.site.registry.push_image("other/os", "1", &built.base);
    built.sign("other/os", &built.base);
    refused(&built.decide().await, "material-refused");
}

#[tokio::test]
async fn what_is_not_known_of_an_image_that_was_used_refuses_with_its_own_code() {
    type Materials = fn(&Built) -> Value;
    let cases: [(&str, Materials, &str); 7] = [
        (
            BUILDKIT,
            |built| json!([with(built, "digest", json!({}))]),
            "material-digest-missing",
        ),
        (
            BUILDKIT,
            |built| json!([built.base(), with(built, "digest", json!({"sha512": "01"}))]),
            "material-digest-missing",
        ),
        (
            BUILDKIT,
            |built| json!([with(built, "uri", json!("pkg:oci/os@1"))]),
            "material-unidentified",
        ),
        (
            BUILDKIT,
            |built| {
                json!([
                    built.base(),
                    with(built, "uri", json!("docker://unknown.example/x"))
                ])
            },
            "material-no-policy",
        ),
        (
            BUILDKIT,
            |built| json!([built.named(REPOSITORY, &built.site.image)]),
            "material-cycle",
        ),
        (
            BUILDKIT,
            |built| {
                (0..17)
                    .map(|n| built.named(&format!("base/os{n}"), &built.base))
                    .collect()
            },
            "material-too-many",
        ),
        (
            GITHUB,
            |_| json!([{"uri": "git+https://github.com/acme/web", "digest": {"gitCommit": "01"}}]),
            "material-unlisted",
        ),
    ];
    for (build_type, materials, code) in cases {
        let built = Built::new().await;
        built.sign("base/os", &built.base);
        let materials = materials(&built);
        built.state(REPOSITORY, &built.site.image, build_type, &materials);
        refused(&built.decide().await, code);
    }
}

#[tokio::test]
async fn without_the_demand_nobody_asks_what_an_image_is_built_on() {
    let mut built = Built::new().await;
    built.demand(
        "team/*",
        &provenance("builders: ['https://builder.example']"),
    );
    built.state_of_app(&json!([{"uri": "docker://alpine"}, built.base()]));
    allowed(&built.decide().await);
    assert_eq!(built.asked_for_base(), 0);
}

#[tokio::test]
async fn a_base_that_cannot_be_asked_about_is_never_untrusted_and_never_forgiven() {
    let mut built = Built::new().await;
    built.sign("base/os", &built.base);
    built.state_of_app(&json!([built.base()]));
    for body in ["", "onUnavailable: warn, "] {
        built.demand(
            "team/*",
            &format!("{body}{}", provenance("materials: {verify: true}")),
        );
        built.demand("base/*", &format!("{body}{SIGNED}"));
        built
            .site
            .registry
            .fault(FaultRule::new(Fault::Status(503)).on("/v2/base/os/*"));
        let verdict = built.decide().await;
        refused(&verdict, "registry-unavailable");
        assert!(verdict.message().contains("used by the build of"));
        built.site.registry.clear_faults();
        allowed(&built.decide().await);
    }
}

#[tokio::test]
async fn a_base_under_an_entry_that_only_warns_is_told_and_refuses_nothing() {
    let mut built = Built::new().await;
    built.demand("base/*", &format!("mode: warn, {SIGNED}"));
    built.state_of_app(&json!([built.base()]));
    let verdict = built.decide().await;
    allowed(&verdict);
    let told = verdict
        .notes()
        .iter()
        .any(|note| note.contains("would be refused"));
    assert!(told, "{:?}", verdict.notes());
}

#[tokio::test]
async fn deeper_levels_are_judged_if_the_policies_between_demand_provenance() {
    let mut built = Built::new().await;
    let root = Image::sample("root");
    built.site.registry.push_image("root/os", "1", &root);
    built.demand("root/*", SIGNED);
    built.state_of_app(&json!([built.base()]));
    built.sign("base/os", &built.base);
    built.state(
        "base/os",
        &built.base,
        BUILDKIT,
        &json!([built.named("root/os", &root)]),
    );
    // The base is signed, and nobody looks at what it is built on.
    allowed(&built.decide().await);
    built.demand("team/*", &provenance("materials: {verify: true, depth: 2}"));
    refused(&built.decide().await, "material-unlisted");
    built.demand(
        "base/*",
        &provenance("builders: ['https://builder.example']"),
    );
    let verdict = built.decide().await;
    refused(&verdict, "material-refused");
    assert!(
        verdict.message().contains("/root/os@"),
        "{}",
        verdict.message()
    );
    built.sign("root/os", &root);
    allowed(&built.decide().await);
    // What the policy of the base demands of its own base is not asked where the image says one level.
    built.demand("team/*", &provenance("materials: {verify: true}"));
    built.demand("base/*", &provenance("materials: {verify: true}"));
    built.demand(
        "root/*",
        "sigstore: {authorities: [{name: release, keySecret: absent}]}",
    );
    allowed(&built.decide().await);
}

#[tokio::test]
async fn statements_of_two_images_that_name_each_other_are_refused() {
    let mut built = Built::new().await;
    let app = built.named(REPOSITORY, &built.site.image);
    built.state_of_app(&json!([built.base()]));
    built.state("base/os", &built.base, BUILDKIT, &json!([app]));
    for repositories in ["team/*", "base/*"] {
        built.demand(
            repositories,
            &provenance("materials: {verify: true, depth: 3}"),
        );
    }
    refused(&built.decide().await, "material-cycle");
}

#[tokio::test]
async fn an_alternative_is_tried_where_the_base_is_refused() {
    let mut built = Built::new().await;
    let by_base = provenance("materials: {verify: true}");
    built.demand("team/*", &format!("anyOf: [{{{by_base}}}, {{{SIGNED}}}]"));
    built.state_of_app(&json!([built.base()]));
    refused(&built.decide().await, "material-refused");
    built.sign(REPOSITORY, &built.site.image);
    allowed(&built.decide().await);
}

#[tokio::test]
async fn what_several_demands_need_of_a_base_is_fetched_once() {
    let mut built = Built::new().await;
    let one = format!("{{provenance: {{materials: {{verify: true}}}}, {SIGNERS}}}");
    built.demand("team/*", &format!("attestations: [{one}, {one}]"));
    built.state_of_app(&json!([built.base()]));
    built.sign("base/os", &built.base);
    allowed(&built.decide().await);
    let requests = built.site.registry.requests();
    let digest = built.base.digest().to_string();
    let manifests = requests.iter().filter(|request| {
        request
            .path
            .ends_with(&format!("/base/os/manifests/{digest}"))
    });
    assert_eq!(manifests.count(), 1);
}

#[tokio::test]
async fn a_review_judges_no_more_bases_than_it_may_and_that_is_no_outage() {
    let mut built = Built::new().await;
    let demand = format!(
        "onUnavailable: warn, {}",
        provenance("materials: {verify: true}")
    );
    built.demand("team/*", &demand);
    built.state_of_app(&json!([built.base()]));
    built.sign("base/os", &built.base);
    let rules = Rules::Policies(Arc::new(built.set()));
    for (most, is_allowed) in [(1, true), (0, false)] {
        let mut budget = ReviewBudget::default();
        budget.materials = most;
        let engine = Engine::builder().review_budget(budget).build();
        let verdict = engine
            .decide(&built.site.tagged(), &built.context(&rules))
            .await;
        match is_allowed {
            true => allowed(&verdict),
            false => refused(&verdict, "budget-exceeded"),
        }
    }
}

#[tokio::test]
async fn a_decision_about_bases_that_is_recorded_is_made_again_from_what_was() {
    let built = Built::new().await;
    built.state_of_app(&json!([built.base()]));
    built.sign("base/os", &built.base);
    let (set, policy) = (built.set(), built.policy());
    let texts = [("p.yaml", policy.as_bytes())];
    let policies = RecordedPolicies::of(&set, texts, "n").unwrap();
    let rules = Rules::Policies(Arc::new(set));
    let engine = Engine::default();
    let recorded = engine
        .decide_recorded(&[&built.site.tagged()], &built.context(&rules), &policies)
        .await;
    allowed(&recorded.verdicts[0]);
    let transcript = recorded.transcript().unwrap();
    built.site.registry.stop();
    let replayed = Replaying::new(transcript).unwrap().decide().await;
    assert_eq!(replayed.verdicts()[0].decision(), Decision::Allow);
    let notes = |verdict: &Verdict| verdict.notes().to_vec();
    assert_eq!(notes(&replayed.verdicts()[0]), notes(&recorded.verdicts[0]));
}

#[tokio::test]
async fn a_builder_that_is_not_trusted_to_the_level_is_refused() {
    let mut built = Built::new().await;
    built.state_of_app(&json!([]));
    for (demand, code) in [
        (
            "trustedBuilders: [{id: 'https://builder.example', level: 3}], minLevel: 3",
            None,
        ),
        (
            "trustedBuilders: [{id: 'https://builder.example', level: 2}], minLevel: 3",
            Some("provenance-level-too-low"),
        ),
        (
            "builders: ['https://builder.example'], minLevel: 1",
            Some("provenance-level-too-low"),
        ),
        (
            "trustedBuilders: [{id: 'https://other.example', level: 3}], minLevel: 1",
            Some("provenance-builder-untrusted"),
        ),
    ] {
        built.demand("team/*", &provenance(demand));
        let verdict = built.decide().await;
        match code {
            None => allowed(&verdict),
            Some(code) => refused(&verdict, code),
        }
    }
}
