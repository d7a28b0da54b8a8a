//! What policies select by, in a transcript.

use doorward::policy::{Environment, Labels};

use super::*;

fn selecting(selectors: &str) -> String {
    format!(
        "apiVersion: doorward.dev/v1\nkind: ClusterImagePolicy\nmetadata: {{name: c}}\nspec:\n{selectors}  \
         repositories:\n  - {{name: '*', policy: {{unchecked: true}}}}\n"
    )
}

async fn recorded(text: &str, environment: Environment<'_>) -> (Verdict, Transcript) {
    let site = Site::of(text);
    let context = Context::new(&site.rules, &site.secrets, Arc::new(unsigned()), NOW)
        .in_environment(environment);
    let recorded = site
        .engine
        .decide_recorded(&[IMAGE], &context, &site.policies)
        .await;
    let bytes = recorded.transcript().unwrap().to_bytes().unwrap();
    (recorded.verdicts[0].clone(), read(&bytes))
}

fn labels(pairs: &[(&str, &str)]) -> Labels {
    let pairs = pairs.iter();
    pairs
        .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
        .collect()
}

#[tokio::test]
async fn a_decision_by_labels_is_made_again_by_the_labels_that_were_known() {
    let prod = labels(&[("env", "prod"), ("note", "\u{1f512} \"quoted\"\n")]);
    let dev = labels(&[("env", "dev")]);
    let shop = Environment::new().in_namespace("shop");
    for selectors in [
        "  namespaceSelector: {matchLabels: {env: prod}}\n",
        "  serviceAccounts: [shop/builder]\n",
        "  namespaceSelector: {matchLabels: {env: prod}}\n  serviceAccounts: [builder]\n",
    ] {
        for environment in [
            shop,
            shop.with_namespace_labels(&prod),
            shop.with_namespace_labels(&prod).running_as("builder"),
            shop.with_namespace_labels(&dev).running_as("default"),
            shop.with_object_labels(&prod).running_as("builder"),
        ] {
            let (verdict, transcript) = recorded(&selecting(selectors), environment).await;
            let replayed = replay(transcript).await;
            assert!(replayed.is_same(), "{selectors} {environment:?}");
            assert_eq!(outcome(&replayed.verdicts()[0]), outcome(&verdict));
        }
    }
}

#[tokio::test]
async fn labels_are_written_down_only_where_a_policy_selects() {
    let private = labels(&[("owner", "private-7f3a")]);
    let environment = Environment::new()
        .in_namespace("shop")
        .with_namespace_labels(&private)
        .with_object_labels(&private)
        .running_as("private-7f3a");
    let (_, transcript) = recorded(&selecting(""), environment).await;
    let text = String::from_utf8(transcript.to_bytes().unwrap()).unwrap();
    assert!(!text.contains("private-7f3a"), "{text}");
    let (_, transcript) = recorded(
        &selecting("  namespaceSelector: {}\n  serviceAccounts: [a]\n"),
        environment,
    )
    .await;
    for name in ["namespaceLabels", "objectLabels", "serviceAccount"] {
        assert!(transcript.settings.contains_key(name), "{name}");
    }
}

#[tokio::test]
async fn labels_in_a_transcript_that_are_none_are_a_wrong_setting() {
    let shop = Environment::new().in_namespace("shop").running_as("a");
    let (_, mut transcript) = recorded(&selecting("  serviceAccounts: [a]\n"), shop).await;
    for wrong in ["", "[]", "{\"a\": 1}", "{\"a\": null}"] {
        let name = "namespaceLabels".to_owned();
        transcript.settings.insert(name, wrong.to_owned());
        let error = Replaying::new(transcript.clone()).unwrap_err();
        assert_eq!(
            error,
            ReplayError::Setting {
                name: "namespaceLabels"
            },
            "{wrong}"
        );
    }
}
