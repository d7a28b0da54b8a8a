//! What is kept, and what is asked once for all who ask at the same time.

use crate::site::{Site, answering, users};

async fn calls_for(kind: &str, span: Option<&str>, images: &[&str]) -> usize {
    let script = answering(kind, span, &["r.example u p", "s.example u p"]);
    let site = Site::empty().await.and("cloud", "*.example", &script);
    let providers = site.providers();
    for image in images {
        assert_eq!(users(&providers, image).await, ["u"]);
    }
    site.calls("cloud")
}

#[tokio::test]
async fn an_answer_is_kept_for_what_it_says() {
    let images = ["r.example/a", "r.example/b", "s.example/a", "r.example/a"];
    assert_eq!(calls_for("Image", None, &images).await, 3);
    assert_eq!(calls_for("Registry", None, &images).await, 2);
    assert_eq!(calls_for("Global", None, &images).await, 1);
}

#[tokio::test]
async fn an_answer_that_is_not_to_be_kept_is_not_kept() {
    let images = ["r.example/a", "r.example/a"];
    assert_eq!(calls_for("Image", Some("0s"), &images).await, 2);
    assert_eq!(calls_for("Global", Some("0"), &images).await, 2);
    assert_eq!(calls_for("Image", Some("1h"), &images).await, 1);
}

#[tokio::test]
async fn a_configuration_that_keeps_nothing_keeps_no_answer_that_says_nothing_of_it() {
    let script = answering("Image", None, &["r.example u p"]);
    let site = Site::empty().await.and("cloud", "r.example", &script);
    let mut configuration = site.configuration();
    configuration.providers[0].default_cache_duration = std::time::Duration::ZERO;
    let providers =
        doorward_credential_provider::CredentialProviders::open(configuration, site.folder.path());
    let providers = providers.unwrap();
    users(&providers, "r.example/a").await;
    users(&providers, "r.example/a").await;
    assert_eq!(site.calls("cloud"), 2);
}

/// How often a provider is run for many who ask at the same time.
async fn calls_at_once(kind: &str, span: &str, images: &[String]) -> usize {
    let script = format!(
        "sleep 0.5\n{}",
        answering(kind, Some(span), &["r.example u p"])
    );
    let site = Site::with(&script).await;
    let providers = site.providers();
    let asked: Vec<_> = images
        .iter()
        .map(|image| {
            let (providers, image) = (providers.clone(), image.clone());
            tokio::spawn(async move { users(&providers, &image).await })
        })
        .collect();
    for asked in asked {
        assert_eq!(asked.await.unwrap(), ["u"]);
    }
    site.calls("cloud")
}

#[tokio::test(flavor = "multi_thread")]
async fn all_who_ask_at_the_same_time_share_one_call() {
    let same = vec!["r.example/a".to_owned(); 20];
    assert_eq!(calls_at_once("Image", "1h", &same).await, 1);
    let other: Vec<_> = (0..20)
        .map(|number| format!("r.example/a{number}"))
        .collect();
    assert_eq!(calls_at_once("Registry", "1h", &other).await, 1);
    assert_eq!(calls_at_once("Global", "1h", &other).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_for_one_image_is_no_answer_for_another_that_is_asked_for_at_the_same_time() {
    let images: Vec<_> = (0..3)
        .map(|number| format!("r.example/a{number}"))
        .collect();
    assert_eq!(calls_at_once("Image", "1h", &images).await, 3);
}

#[tokio::test]
async fn clones_share_what_is_kept() {
    let site = Site::with(&answering("Image", None, &["r.example u p"])).await;
    let providers = site.providers();
    users(&providers.clone(), "r.example/a").await;
    users(&providers, "r.example/a").await;
    assert_eq!(site.calls("cloud"), 1);
}
