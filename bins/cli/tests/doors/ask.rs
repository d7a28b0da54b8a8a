//! The doors, and how each is asked.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::Request;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use doorward::Engine;
use doorward_webhook::{Limits, Metrics, SnapshotBuilder, Webhook, app, provider};
use http_body_util::BodyExt as _;
use serde_json::{Value, json};
use tower::ServiceExt as _;

use crate::cases::Case;
use crate::said::{Said, Sentence};
use crate::world::{NOW, World};

/// Who is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Door {
    /// `POST /v1/check`.
    Check,
    /// `POST /mutate`, with the review of a Pod.
    Mutate,
    /// `POST /validate`, with what `/mutate` made of the Pod.
    Validate,
    /// `POST /validate`, with a Pod that nothing pinned.
    ValidateAsWritten,
    /// `POST /v1/admit`, with a Pod.
    Admit,
    /// `POST /image-review`, where tags are allowed.
    ImageReview,
    /// `POST /validate` of Gatekeeper's provider.
    Provider,
    /// `POST /mutate` of Gatekeeper's provider.
    ProviderMutate,
}

impl Door {
    pub(crate) const ALL: [Self; 8] = [
        Self::Check,
        Self::Mutate,
        Self::Validate,
        Self::ValidateAsWritten,
        Self::Admit,
        Self::ImageReview,
        Self::Provider,
        Self::ProviderMutate,
    ];
}

/// The doors of programs under these documents.
pub(crate) struct Doors([Router; 8]);

const LIMITS: Limits = Limits {
    deadline: Duration::from_secs(60),
    max_body: 1 << 20,
    // A namespace has a quarter of it.
    max_concurrent: 1024,
};

impl Doors {
    /// Programs of which each decides afresh: one for each way in, a webhook for `/mutate` and `/validate`, and a provider. As in a
    /// cluster, what one of these has verified for one of its doors it need not verify again for another.
    pub(crate) fn open(world: &World, documents: &str) -> Self {
        let programs = [0; 5].map(|_| webhook(world, documents));
        Self(Door::ALL.map(|door| match door {
            Door::Check => app(programs[0].clone()),
            Door::Mutate | Door::Validate | Door::ValidateAsWritten => app(programs[1].clone()),
            Door::Admit => app(programs[2].clone()),
            Door::ImageReview => app(programs[3].clone()),
            Door::Provider | Door::ProviderMutate => provider(programs[4].clone()),
        }))
    }

    /// A program for each door.
    pub(crate) fn apart(world: &World, documents: &str) -> Self {
        Self(Door::ALL.map(|door| {
            let webhook = webhook(world, documents);
            match door {
                Door::Provider | Door::ProviderMutate => provider(webhook),
                _ => app(webhook),
            }
        }))
    }

    /// What a door says of a case.
    pub(crate) async fn ask(&self, door: Door, case: &Case) -> Said {
        let said = self.answer(door, case).await;
        match door {
            // Nothing is changed there.
            Door::Validate | Door::ValidateAsWritten => Said {
                replacement: None,
                ..said
            },
            _ => said,
        }
    }

    async fn answer(&self, door: Door, case: &Case) -> Said {
        let (namespace, image) = (case.namespace, case.image.as_str());
        match door {
            Door::Check => {
                let body = json!({"image": image, "namespace": namespace, "serviceAccountName": case.account});
                let answer = self.post(door, "/v1/check", &body).await;
                let said = Said::of_report(&answer["images"][0]);
                assert_eq!(answer["allowed"], !said.is_refused, "{answer}");
                said
            }
            Door::Mutate | Door::ValidateAsWritten => {
                let path = if door == Door::Mutate {
                    "/mutate"
                } else {
                    "/validate"
                };
                let answer = self.post(door, path, &review(case, image)).await;
                reviewed(case, image, &answer)
            }
            Door::Validate => {
                // What `/mutate` refuses does not come here.
                let mutated = self.post(door, "/mutate", &review(case, image)).await;
                let image = patched(&mutated).unwrap_or_else(|| image.to_owned());
                let answer = self.post(door, "/validate", &review(case, &image)).await;
                reviewed(case, &image, &answer)
            }
            Door::Admit => {
                let answer = self.post(door, "/v1/admit", &pod(case, image)).await;
                reviewed(case, image, &answer)
            }
            Door::ImageReview => {
                let body = json!({
                    "apiVersion": "imagepolicy.k8s.io/v1alpha1", "kind": "ImageReview",
                    "spec": {"containers": [{"image": image}], "namespace": namespace},
                });
                let answer = self.post(door, "/image-review", &body).await;
                image_reviewed(image, &answer["status"])
            }
            Door::Provider | Door::ProviderMutate => {
                let path = if door == Door::Provider {
                    "/validate"
                } else {
                    "/mutate"
                };
                let key = format!("[{namespace}]{image}");
                let body = json!({
                    "apiVersion": "externaldata.gatekeeper.sh/v1beta1", "kind": "ProviderRequest",
                    "request": {"keys": [key]},
                });
                let answer = self.post(door, path, &body).await;
                assert_eq!(answer["response"]["systemError"], "", "{answer}");
                let item = &answer["response"]["items"][0];
                assert_eq!(item["key"], key);
                provided(item)
            }
        }
    }

    async fn post(&self, door: Door, path: &str, body: &Value) -> Value {
        let place = Door::ALL.iter().position(|one| *one == door).unwrap();
        let request = Request::post(path)
            .header("content-type", "application/json")
            .body(Body::from(body.to_string()))
            .unwrap();
        let answer = self.0[place].clone().oneshot(request).await.unwrap();
        let status = answer.status();
        let bytes = answer.into_body().collect().await.unwrap().to_bytes();
        assert_eq!(status, 200, "{body}: {}", String::from_utf8_lossy(&bytes));
        serde_json::from_slice(&bytes).unwrap()
    }
}

fn webhook(world: &World, documents: &str) -> Webhook {
    let mut builder = SnapshotBuilder::default();
    builder.add("documents.yaml", documents.as_bytes());
    let webhook = Webhook::new(
        Engine::builder(),
        builder.build(),
        world.client(),
        Arc::new(Metrics::new().unwrap()),
        LIMITS,
        Arc::new(|| NOW),
    );
    // As with a client certificate: pull secrets are used.
    webhook.certify_askers();
    webhook.allow_image_review_tags();
    webhook
}

/// A Pod, with what the API server puts into it: the service account, and its pull secrets.
fn pod(case: &Case, image: &str) -> Value {
    let secrets: Vec<Value> = case
        .pull_secrets
        .iter()
        .map(|name| json!({"name": name}))
        .collect();
    json!({
        "apiVersion": "v1", "kind": "Pod",
        "metadata": {"name": "web", "namespace": case.namespace, "labels": case.labels()},
        "spec": {
            "serviceAccountName": case.account,
            "imagePullSecrets": secrets,
            "containers": [{"name": "app", "image": image}],
        },
    })
}

fn review(case: &Case, image: &str) -> Value {
    json!({
        "apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview",
        "request": {
            "uid": "705ab4f5-6393-11e8-b7cc-42010a800002",
            "kind": {"group": "", "version": "v1", "kind": "Pod"},
            "resource": {"group": "", "version": "v1", "resource": "pods"},
            "namespace": case.namespace, "operation": "CREATE", "name": "web",
            "userInfo": {"username": "alice"},
            "object": pod(case, image),
            "dryRun": false,
        },
    })
}

/// What the patch of an answer names the image.
fn patched(answer: &Value) -> Option<String> {
    let patch = STANDARD
        .decode(answer["response"]["patch"].as_str()?)
        .unwrap();
    let patch: Value = serde_json::from_slice(&patch).unwrap();
    let mut operations = patch.as_array().unwrap().iter();
    let named = operations.find(|one| one["path"] == "/spec/containers/0/image")?;
    Some(named["value"].as_str().unwrap().to_owned())
}

fn reviewed(case: &Case, image: &str, answer: &Value) -> Said {
    let response = &answer["response"];
    let audited = response["auditAnnotations"]["image-0"].as_str().unwrap();
    let audited: Value = serde_json::from_str(audited).unwrap();
    let text = |name: &str| Some(audited[name].as_str().unwrap_or_default().to_owned());
    let is_refused = response["allowed"] == false;
    assert_eq!(audited["verdict"] == "deny", is_refused, "{answer}");
    let warning = response["warnings"].as_array().and_then(|all| {
        let warned = all.iter().map(|one| one.as_str().unwrap());
        let of_code = format!(": {}: ", text("code").unwrap());
        // Others are about checks that are only logged.
        warned
            .filter_map(|one| Some(one.split_once(&of_code)?.1.to_owned()))
            .next()
    });
    let sentence = match (is_refused, audited["verdict"] == "warn") {
        (true, _) => {
            let message = response["status"]["message"].as_str().unwrap();
            let code = text("code").unwrap();
            assert!(message.contains(&format!("({code})")), "{message}");
            let lines = message
                .lines()
                .filter_map(|line| line.strip_prefix("    why:  "));
            let lines = lines.map(|line| line.rsplit_once(" (").unwrap().0.to_owned());
            Some(Sentence::Parts(lines.collect()))
        }
        (false, true) => {
            let warning =
                warning.unwrap_or_else(|| panic!("{}: nobody is warned: {answer}", case.name));
            // What led to it follows, each with its code.
            let first = warning.split("; ").next().unwrap().to_owned();
            Some(Sentence::Parts(vec![first]))
        }
        (false, false) => None,
    };
    Said {
        verdict: text("verdict"),
        is_refused,
        code: text("code"),
        digest: None,
        pinned: text("pinned"),
        sentence,
        replacement: (!is_refused).then(|| patched(answer).unwrap_or_else(|| image.to_owned())),
        report: None,
    }
}

fn image_reviewed(image: &str, status: &Value) -> Said {
    let is_refused = status["allowed"] == false;
    let code = status["auditAnnotations"]["codes"]
        .as_str()
        .unwrap_or_default();
    let sentence = status["reason"].as_str().map(|reason| {
        let said = reason
            .strip_prefix(&format!("{image}: "))
            .and_then(|rest| rest.strip_suffix(&format!(" [{code}]")));
        Sentence::Parts(vec![said.unwrap_or_else(|| panic!("{reason}")).to_owned()])
    });
    let verdict = match (is_refused, code.is_empty()) {
        (true, _) => "deny",
        (false, true) => "allow",
        (false, false) => "warn",
    };
    Said {
        verdict: Some(verdict.to_owned()),
        is_refused,
        code: Some(code.to_owned()),
        sentence,
        ..Said::default()
    }
}

fn provided(item: &Value) -> Said {
    let error = item["error"].as_str().unwrap();
    let is_refused = !error.is_empty();
    let mut said = match &item["value"] {
        Value::Object(members) => {
            let mut report = members.clone();
            let is_success = report.remove("isSuccess");
            assert_eq!(is_success, Some(Value::from(!is_refused)), "{item}");
            Said::of_report(&report.into())
        }
        value => Said {
            replacement: value.as_str().map(str::to_owned),
            ..Said::default()
        },
    };
    said.is_refused = is_refused;
    if is_refused {
        // It ends with the code, unless it is cut.
        let (sentence, code) = match error
            .strip_suffix(']')
            .and_then(|rest| rest.rsplit_once(" ["))
        {
            Some((sentence, code)) => (sentence, Some(code.to_owned())),
            None => (error, None),
        };
        said.code = code;
        said.verdict = Some("deny".to_owned());
        said.sentence = Some(Sentence::Parts(vec![sentence.to_owned()]));
    }
    said
}
