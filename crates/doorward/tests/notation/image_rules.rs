//! What an image must say about itself, beside the signature that vouches for it.

use doorward::core::{Class, MediaType};
use doorward::{Decision, Verdict};
use doorward_testkit::{Blob, Fault, FaultRule, Image, ImageBuilder, IndexBuilder};
use serde_json::{Value, json};

use crate::site::{NOW, STRICT, Site, code};

const CONFIG: MediaType = MediaType::from_static("application/vnd.oci.image.config.v1+json");
const DAY: i64 = 24 * 3600;

/// The configuration of an image that was made a day before.
pub(crate) fn configuration() -> Value {
    json!({
        "architecture": "amd64",
        "os": "linux",
        "created": NOW.plus(-DAY).to_string(),
        "config": {"User": "1000", "Labels": {"team": "shop"}},
        "rootfs": {"type": "layers", "diff_ids": []},
    })
}

pub(crate) fn image(configuration: &Value) -> Image {
    built(ImageBuilder::new(), configuration)
}

pub(crate) fn built(builder: ImageBuilder, configuration: &Value) -> Image {
    let config = Blob::new(CONFIG, configuration.to_string().into_bytes());
    builder.config(config).build()
}

/// What is decided about a signed image under these rules.
pub(crate) async fn decide(rules: &str, image: &Image) -> Verdict {
    let mut site = Site::new().await;
    site.govern(STRICT, &format!("      image: {rules}\n"));
    let reference = site.push_signed("it", image);
    site.decide(&reference).await
}

#[track_caller]
pub(crate) fn told(verdict: &Verdict) -> &'static str {
    verdict.code().map_or("", |code| code.as_str())
}

/// A change of a configuration, and what comes of it.
type Case = (fn(&mut Value), &'static str);

async fn cases(rules: &str, cases: &[Case]) {
    for (number, (change, expected)) in cases.iter().enumerate() {
        let mut configuration = configuration();
        change(&mut configuration);
        let verdict = decide(rules, &image(&configuration)).await;
        assert_eq!(told(&verdict), *expected, "{number}: {}", verdict.message());
    }
}

#[tokio::test]
async fn an_image_counts_for_as_long_as_the_policy_says_and_must_say_when_it_was_made() {
    cases(
        "{maxAge: 48h}",
        &[
            (|_| {}, ""),
            (
                |it| it["created"] = json!(NOW.plus(-2 * DAY).to_string()),
                "",
            ),
            (
                |it| it["created"] = json!(NOW.plus(-2 * DAY - 1).to_string()),
                "image-too-old",
            ),
            (
                |it| it["created"] = json!("1970-01-01T00:00:00Z"),
                "image-too-old",
            ),
            (|it| it["created"] = Value::Null, "image-age-unknown"),
            (
                |it| it["created"] = json!(NOW.plus(DAY).to_string()),
                "image-age-unknown",
            ),
            (
                |it| it["created"] = json!("yesterday"),
                "image-configuration-invalid",
            ),
        ],
    )
    .await;
}

#[tokio::test]
async fn the_proof_of_an_age_is_not_remembered_beyond_it() {
    let mut site = Site::new().await;
    site.govern(STRICT, "      image: {maxAge: 24h}\n");
    let reference = site.push_signed("it", &image(&configuration()));
    assert_eq!(site.decide(&reference).await.decision(), Decision::Allow);
    let later = site.decide_at(&reference, NOW.plus(1)).await;
    assert_eq!(code(&later), "image-too-old");
}

#[tokio::test]
async fn root_is_every_user_that_is_not_certainly_another() {
    cases(
        "{user: nonRoot}",
        &[
            (|_| {}, ""),
            (|it| it["config"]["User"] = json!("65532:0"), ""),
            (|it| it["config"]["User"] = json!(""), "image-runs-as-root"),
            (|it| it["config"] = Value::Null, "image-runs-as-root"),
            (|it| it["config"]["User"] = json!("0"), "image-runs-as-root"),
            (
                |it| it["config"]["User"] = json!("00:1000"),
                "image-runs-as-root",
            ),
            (
                |it| it["config"]["User"] = json!("root"),
                "image-runs-as-root",
            ),
            (
                |it| it["config"]["User"] = json!("nobody"),
                "image-runs-as-root",
            ),
            (
                |it| it["config"]["User"] = json!(":1000"),
                "image-runs-as-root",
            ),
            (
                |it| it["config"]["User"] = json!("+1000"),
                "image-runs-as-root",
            ),
            (
                |it| it["config"]["User"] = json!(" 1000"),
                "image-runs-as-root",
            ),
            (
                |it| it["config"]["User"] = json!("4294967296"),
                "image-runs-as-root",
            ),
            (
                |it| it["config"]["User"] = json!("4294967295"),
                "image-runs-as-root",
            ),
            (
                |it| it["config"]["user"] = json!("0"),
                "image-configuration-invalid",
            ),
        ],
    )
    .await;
}

#[tokio::test]
async fn labels_must_be_there_with_the_value_or_one_like_it() {
    cases(
        "{labels: {team: 'sh*p'}}",
        &[
            (|_| {}, ""),
            (|it| it["config"]["Labels"]["team"] = json!("ship"), ""),
            (
                |it| it["config"]["Labels"]["team"] = json!("other"),
                "image-label",
            ),
            (|it| it["config"]["Labels"] = Value::Null, "image-label"),
            (
                |it| it["config"]["Labels"] = json!({"Team": "shop"}),
                "image-label",
            ),
        ],
    )
    .await;
}

#[tokio::test]
async fn what_an_image_runs_on_is_what_its_configuration_says() {
    cases(
        "{architectures: [arm64, linux/amd64]}",
        &[
            (|_| {}, ""),
            (|it| it["architecture"] = json!("arm64"), ""),
            (
                |it| it["os"] = json!("windows"),
                "image-architecture-not-allowed",
            ),
            (
                |it| it["architecture"] = json!("s390x"),
                "image-architecture-not-allowed",
            ),
        ],
    )
    .await;
    cases(
        "{architectures: [linux/arm/v7]}",
        &[
            (
                |it| it["architecture"] = json!("arm"),
                "image-architecture-not-allowed",
            ),
            (
                |it| {
                    it["architecture"] = json!("arm");
                    it["variant"] = json!("v7");
                },
                "",
            ),
        ],
    )
    .await;
}

#[tokio::test]
async fn every_platform_of_an_index_must_be_as_the_rules_demand() {
    let one = |architecture: &str, user: &str| {
        let mut it = configuration();
        it["architecture"] = json!(architecture);
        it["config"]["User"] = json!(user);
        image(&it)
    };
    let index = |user: &str| {
        IndexBuilder::new()
            .image("linux/amd64", one("amd64", "1000"))
            .image("linux/arm64", one("arm64", user))
    };
    let rules = "{user: nonRoot}";
    let verdict = decide(rules, &index("1000").build()).await;
    assert_eq!(verdict.decision(), Decision::Allow, "{}", verdict.message());
    let verdict = decide(rules, &index("0").build()).await;
    assert_eq!(told(&verdict), "image-runs-as-root");
    assert!(verdict.message().contains("linux/arm64"));
    // A statement about the image that a builder keeps beside its platforms runs nowhere.
    let statement = ImageBuilder::new().config(Blob::new(CONFIG, "{}")).build();
    let beside = index("1000").image("unknown/unknown", statement).build();
    assert_eq!(told(&decide(rules, &beside).await), "");
}

#[tokio::test]
async fn more_platforms_than_are_looked_at_are_refused() {
    let many = (0..25).fold(IndexBuilder::new(), |index, number| {
        let mut it = configuration();
        it["config"]["Labels"]["number"] = json!(number.to_string());
        index.image("linux/amd64", image(&it))
    });
    let verdict = decide("{user: nonRoot}", &many.build()).await;
    assert_eq!(told(&verdict), "image-too-many-platforms");
}

#[tokio::test]
async fn an_artifact_that_is_no_image_says_nothing_of_itself() {
    let chart = Blob::new(
        MediaType::from_static("application/vnd.cncf.helm.config.v1+json"),
        "{\"name\":\"chart\"}",
    );
    let verdict = decide(
        "{user: nonRoot}",
        &ImageBuilder::new().config(chart).build(),
    )
    .await;
    assert_eq!(told(&verdict), "image-no-configuration");
}

#[tokio::test]
async fn an_unsigned_image_is_refused_whatever_it_says_of_itself() {
    let mut site = Site::new().await;
    site.govern(STRICT, "      image: {user: nonRoot}\n");
    let reference = site.push("it", &image(&configuration()));
    let verdict = site.decide(&reference).await;
    assert_eq!(verdict.decision(), Decision::Deny);
    assert_eq!(told(&verdict), "notation-no-signature");
}

#[tokio::test]
async fn a_configuration_that_could_not_be_asked_for_is_not_an_image_that_says_nothing() {
    let mut site = Site::new().await;
    site.govern(STRICT, "      image: {user: nonRoot}\n");
    let it = image(&configuration());
    let reference = site.push_signed("it", &it);
    let config = it.blobs()[0].descriptor().digest;
    let there = format!("*/blobs/{config}");
    site.registry
        .fault(FaultRule::new(Fault::Status(503)).on(&there));
    let verdict = site.decide(&reference).await;
    assert_eq!(verdict.decision(), Decision::Deny);
    assert_eq!(verdict.code().unwrap().class(), Class::Unavailable);
}

#[tokio::test]
async fn the_rules_cost_two_requests_beside_the_signature() {
    let mut site = Site::new().await;
    let it = image(&configuration());
    let reference = site.push_signed("it", &it);
    let mut requests = Vec::new();
    for beside in ["", "", "      image: {user: nonRoot}\n"] {
        site.govern(STRICT, beside);
        site.forget();
        let verdict = site.decide(&reference).await;
        assert_eq!(verdict.decision(), Decision::Allow, "{}", verdict.message());
        requests.push(site.registry.take_requests().len());
    }
    // The first time, the registry is asked what it can do.
    assert_eq!(requests[2], requests[1] + 2, "{requests:?}");
}
