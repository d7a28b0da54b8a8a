//! The webhook configurations of the install guide, for a webhook on a loopback port.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde::Deserialize as _;
use serde_json::{Value, json};

const GUIDE: &str = include_str!("../../../../docs/guides/install.md");
/// What namespaces have to be judged by the webhook of the test that they belong to.
pub(crate) const LABEL: &str = "doorward.example/door";
const FIRST_LINE: &str = "```yaml\napiVersion: admissionregistration.k8s.io/v1\n";

/// The mutating and the validating configuration as the guide has them, with the path of their collection. Different is
/// where the webhook is, what it shows there, and which namespaces are judged.
pub(crate) fn of_the_guide(name: &str, url: &str, authorities: &str) -> Vec<(String, Value)> {
    let start = GUIDE.find(FIRST_LINE).expect("the guide has them") + "```yaml\n".len();
    let text = GUIDE[start..].split("```").next().unwrap();
    let documents = serde_yaml::Deserializer::from_str(text);
    let configurations: Vec<_> = documents
        .map(|document| {
            adapted(
                Value::deserialize(document).unwrap(),
                name,
                url,
                authorities,
            )
        })
        .collect();
    assert_eq!(configurations.len(), 2);
    configurations
}

fn adapted(mut object: Value, name: &str, url: &str, authorities: &str) -> (String, Value) {
    object["metadata"]["name"] = name.into();
    let webhooks = object["webhooks"].as_array_mut().unwrap();
    for webhook in webhooks {
        let path = webhook["clientConfig"]["service"]["path"].as_str().unwrap();
        webhook["clientConfig"] = json!({
            "url": format!("{url}{path}"),
            "caBundle": BASE64_STANDARD.encode(authorities),
        });
        webhook["namespaceSelector"] = json!({"matchLabels": {LABEL: name}});
    }
    let plural = object["kind"].as_str().unwrap().to_ascii_lowercase();
    let path = format!("/apis/admissionregistration.k8s.io/v1/{plural}s");
    (path, object)
}
