//! IBM Vulnerability Advisor, asked in the name of the workload whose image it is.

use doorward_testkit::{Advisor, Endpoint, Image, Registry};
use serde_json::json;

use super::*;

const IMAGE: &str = "us.icr.io/shop/web:1";
const POLICY: &str = "apiVersion: portieris.cloud.ibm.com/v1\nkind: ClusterImagePolicy\nmetadata: {name: scanned}\nspec:\n  \
                      repositories:\n  - {name: 'us.icr.io/*', policy: {vulnerability: {ICCRVA: {enabled: true}}}}\n";

#[tokio::test]
async fn an_image_is_pinned_to_the_digest_that_the_advisor_lets_pass_and_refused_without() {
    let registry = Registry::builder().start().await;
    let digest = registry.push_image("shop/web", "1", &Image::sample("web"));
    let pinned = format!("us.icr.io/shop/web@{digest}");
    let advisor = Advisor::builder().api_key("s3cret").start().await;
    let config = json!({"auths": {"us.icr.io": {"username": "iamapikey", "password": "s3cret"}}});
    let secret = json!({
        "apiVersion": "v1", "kind": "Secret", "metadata": {"name": "pull", "namespace": "shop"},
        "stringData": {".dockerconfigjson": config.to_string()},
    });
    let files = Files::new(&format!("{POLICY}---\n{secret}\n"));
    let mirror = format!("us.icr.io={}", registry.address());
    let (advisor_url, iam_url) = (advisor.url(), advisor.tokens_url());
    let running = files
        .start(&[
            "--mirror",
            &mirror,
            "--plain-http",
            &registry.address(),
            "--advisor-url",
            &advisor_url,
            "--iam-url",
            &iam_url,
        ])
        .await;
    let client = client(&files.authority).build().unwrap();
    let ask = async || {
        let mut review = pod(&[IMAGE]);
        review["request"]["object"]["spec"]["imagePullSecrets"] = json!([{"name": "pull"}]);
        let url = format!("https://{}/mutate", running.address);
        let answer = client.post(url).json(&review).send().await.unwrap();
        let answer: Value = answer.json().await.unwrap();
        assert!(!answer.to_string().contains("s3cret"), "{answer}");
        answer["response"].clone()
    };
    let answer = ask().await;
    assert_eq!(answer["allowed"], false, "{answer}");
    let said = answer.to_string();
    assert!(said.contains("vulnerability-not-scanned"), "{said}");

    advisor.say(&pinned, "OK");
    // That it knew no such image is kept for a second.
    eventually(async || ask().await["allowed"] == true).await;
    let patch = ask().await["patch"].as_str().unwrap().to_owned();
    let patch = base64_of(&patch);
    assert!(patch.contains(&pinned), "{patch}");

    advisor.say(&pinned, "FAIL");
    let refused = async || {
        ask()
            .await
            .to_string()
            .contains("vulnerability-status-failed")
    };
    eventually(refused).await;
    let requests = advisor.requests();
    let exchanged = requests.iter().filter(|it| it.endpoint == Endpoint::Token);
    assert_eq!(exchanged.count(), 1);
    let metrics = health(&running, "/metrics").await.1;
    assert!(
        metrics.contains("resource=\"vulnerability-status\""),
        "{metrics}"
    );
}

fn base64_of(text: &str) -> String {
    use base64::Engine as _;
    let bytes = base64::engine::general_purpose::STANDARD.decode(text);
    String::from_utf8(bytes.unwrap()).unwrap()
}
