//! What a provider gets, and which of what it says counts.

use std::fs;

use doorward_registry::Keychain;

use crate::site::{Site, V1, answering, ask, users};

#[tokio::test]
async fn a_provider_gets_a_request_its_arguments_and_its_environment_on_top_of_ours() {
    let site = Site::empty().await;
    let seen = site.path("seen");
    let script = format!(
        "{{ echo \"$@\"; echo \"$CLOUD-$EMPTY-\"; echo \"$CARGO_PKG_NAME\"; pwd; cat; }} > {}\n{}",
        seen.display(),
        answering("Image", None, &[])
    );
    let more = "    args: [get-credentials, '--a b']\n    env: [{name: CLOUD, value: c d}, {name: EMPTY, value: ''}, \
                {name: CARGO_PKG_NAME, value: other}]\n";
    let site = site.and_more("cloud", "*.r.example", &script, more);
    assert_eq!(
        users(&site.providers(), "X.r.example:443/team/app").await,
        [""; 0]
    );
    let seen = fs::read_to_string(seen).unwrap();
    let lines: Vec<_> = seen.lines().collect();
    assert_eq!(lines[..4], ["get-credentials --a b", "c d--", "other", "/"]);
    assert_eq!(
        lines[4],
        format!(
            r#"{{"apiVersion":"{V1}","image":"x.r.example/team/app","kind":"CredentialProviderRequest"}}"#
        )
    );
}

#[tokio::test]
async fn a_provider_inherits_what_this_process_has() {
    let script = format!(
        "test -n \"$PATH\" || exit 1\n{}",
        answering("Image", None, &["r.example u p"])
    );
    let site = Site::with(&script).await;
    assert_eq!(users(&site.providers(), "r.example/a").await, ["u"]);
}

#[tokio::test]
async fn a_provider_is_run_only_for_images_that_it_is_there_for() {
    let site = Site::with(&answering("Global", None, &["r.example u p"])).await;
    let providers = site.providers();
    for image in [
        "other.example/a",
        "r.example:5000/a",
        "a.r.example/a",
        "r.example.other/a",
    ] {
        assert_eq!(users(&providers, image).await, [""; 0]);
    }
    assert_eq!(site.calls("cloud"), 0);
    assert_eq!(users(&providers, "r.example/a").await, ["u"]);
}

#[tokio::test]
async fn of_an_answer_those_credentials_count_whose_key_matches_the_longest_first() {
    let auth = [
        "*.example wildcard p",
        "r.example registry p",
        "r.example/team team p",
        "r.example/team/app app p",
        "r.example/other other p",
        "r.example:5000 port p",
        "*.*.example deeper p",
    ];
    let site = Site::with(&answering("Registry", None, &auth)).await;
    let providers = site.providers();
    assert_eq!(
        users(&providers, "r.example/team/app").await,
        ["app", "team", "registry", "wildcard"]
    );
    assert_eq!(
        users(&providers, "r.example/x").await,
        ["registry", "wildcard"]
    );
    assert_eq!(site.calls("cloud"), 1);
}

#[tokio::test]
async fn credentials_of_several_providers_are_put_together_by_their_keys() {
    let site = Site::empty()
        .await
        .and(
            "one",
            "r.example",
            &answering("Image", None, &["r.example one p", "r.example/a first p"]),
        )
        .and(
            "two",
            "*.example",
            &answering("Image", None, &["r.example two p", "*.example last p"]),
        );
    assert_eq!(
        users(&site.providers(), "r.example/a").await,
        ["first", "one", "two", "last"]
    );
}

#[tokio::test]
async fn one_provider_that_fails_takes_nothing_from_another() {
    let site = Site::empty().await.and("one", "r.example", "exit 1").and(
        "two",
        "r.example",
        &answering("Image", None, &["r.example two p"]),
    );
    let offer = ask(&site.providers(), "r.example/a").await;
    assert_eq!((offer.credentials.len(), offer.failed.len()), (1, 1));
    assert_eq!(
        offer.failed[0].to_string(),
        "credential provider one failed: it failed with exit status: 1"
    );
}

#[tokio::test]
async fn a_provider_that_has_nothing_for_an_image_is_told_and_is_no_failure() {
    let site = Site::with(&answering("Image", None, &["other.example u p"])).await;
    let providers = site.providers();
    let repository = "r.example/a".parse().unwrap();
    assert_eq!(providers.dropped(&repository), []);
    assert_eq!(users(&providers, "r.example/a").await, [""; 0]);
    let said: Vec<_> = providers
        .dropped(&repository)
        .iter()
        .map(ToString::to_string)
        .collect();
    assert_eq!(
        said,
        ["credential provider cloud gave nothing for r.example"]
    );
}

#[tokio::test]
async fn for_which_other_registries_a_provider_has_credentials_is_not_told() {
    let auth = ["secret-project.example u p", "*.internal.example u p"];
    let site = Site::with(&answering("Image", None, &auth)).await;
    let providers = site.providers();
    assert_eq!(users(&providers, "r.example/a").await, [""; 0]);
    let told = providers.dropped(&"r.example/a".parse().unwrap());
    assert_eq!(told.len(), 1);
    let told = format!("{} {told:?}", told[0]);
    assert!(
        !told.contains("secret-project") && !told.contains("internal"),
        "{told}"
    );
}

#[tokio::test]
async fn a_credential_is_in_no_debug_output() {
    let site = Site::with(&answering("Image", None, &["r.example hidden s3cret"])).await;
    let providers = site.providers();
    let offer = ask(&providers, "r.example/a").await;
    assert_eq!(offer.credentials.len(), 1);
    let shown = format!("{offer:?} {providers:?} {:?}", providers.fingerprint());
    assert!(
        !shown.contains("s3cret") && !shown.contains("hidden"),
        "{shown}"
    );
}
