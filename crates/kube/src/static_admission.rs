//! What a node needs so that its API server asks the webhook from the first object on.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::asking::{about_workloads, mutating, whole_seconds};
use crate::custom::CustomWorkloads;

/// The name of what is loaded from files. Whatever ends so is in files alone, and the API refuses to store it (KEP-5793).
const NAME: &str = "doorward.static.k8s.io";
/// Where the kubelet looks for static Pods on nodes of kubeadm.
const PODS: &str = "/etc/kubernetes/manifests";
/// As whom the webhook runs: nobody who is anybody on the node.
const USER: u32 = 65532;

/// By what the API server asks before it serves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StaticDoor {
    /// The plug-in `ImagePolicyWebhook`, which every API server has. It sees the images of containers alone, and changes nothing.
    ImagePolicy,
    /// Webhook configurations in files (KEP-5793: Kubernetes 1.36, alpha, and 1.37, beta).
    Manifests,
}

/// A webhook on the node of an API server, which needs no API server itself, and an API server that asks it and nobody else.
///
/// Both are on one node, so the webhook listens on `127.0.0.1`. The files name each other by the paths that they are to have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StaticAdmission {
    /// The image of the webhook.
    pub image: String,
    /// The port on which it is asked. Its health is on the next one.
    pub port: u16,
    /// The folder on the node with what both need, an absolute path: `policies/`, `tls.crt` and `tls.key`, and for
    /// [`StaticDoor::ImagePolicy`] `ca.crt`, `client-ca.crt`, `client.crt` and `client.key`.
    pub folder: String,
    /// How long an answer may take: for [`StaticDoor::Manifests`], how long the API server waits. Whole seconds count, those begun
    /// too.
    pub timeout: Duration,
    /// The authorities of the serving certificate, PEM.
    pub authorities: Vec<u8>,
    /// Namespaces that are not judged. None is by itself.
    pub excluded: Vec<String>,
    /// Custom resources that are workloads too.
    pub custom: CustomWorkloads,
    /// What the webhook is started with beside what it needs here.
    pub options: Vec<String>,
}

/// A file on the node.
#[derive(Clone, Debug, PartialEq)]
pub struct StaticFile {
    /// Its absolute path.
    pub path: String,
    /// What it holds, as YAML or JSON.
    pub content: Value,
}

impl StaticAdmission {
    /// The files, the configuration of the API server first and the webhook last.
    #[must_use]
    pub fn files(&self, door: StaticDoor) -> Vec<StaticFile> {
        let mut files = match door {
            StaticDoor::ImagePolicy => self.image_policy(),
            StaticDoor::Manifests => self.manifests(),
        };
        files.push(StaticFile {
            path: format!("{PODS}/doorward-webhook.yaml"),
            content: self.pod(door),
        });
        files
    }

    /// The path of something in the folder.
    fn path(&self, name: &str) -> String {
        format!("{}/{name}", self.folder)
    }

    fn file(&self, name: &str, content: Value) -> StaticFile {
        StaticFile {
            path: self.path(name),
            content,
        }
    }

    fn manifests(&self) -> Vec<StaticFile> {
        let plugin = |name: &str, folder: &str| {
            json!({"name": name, "configuration": {
                "apiVersion": "apiserver.config.k8s.io/v1", "kind": "WebhookAdmissionConfiguration",
                "kubeConfigFile": "", "staticManifestsDir": self.path(folder),
            }})
        };
        let configuration = |kind: &str, webhook: Value| {
            json!({
                "apiVersion": "admissionregistration.k8s.io/v1", "kind": kind, "metadata": {"name": NAME},
                "webhooks": [webhook],
            })
        };
        let mutating = mutating(self.webhook("mutate.doorward.dev", "/mutate"));
        let validating = self.webhook("validate.doorward.dev", "/validate");
        vec![
            self.file(
                "admission.yaml",
                admission(&json!([
                    plugin("MutatingAdmissionWebhook", "mutating"),
                    plugin("ValidatingAdmissionWebhook", "validating"),
                ])),
            ),
            self.file(
                "mutating/doorward.yaml",
                configuration("MutatingWebhookConfiguration", mutating),
            ),
            self.file(
                "validating/doorward.yaml",
                configuration("ValidatingWebhookConfiguration", validating),
            ),
        ]
    }

    /// A Service needs an API server to be found, so it is an address.
    fn webhook(&self, name: &str, path: &str) -> Value {
        let client = json!({
            "url": format!("https://127.0.0.1:{}{path}", self.port),
            "caBundle": STANDARD.encode(&self.authorities),
        });
        let extra = self.custom.in_every_version();
        about_workloads(name, client, self.timeout, &self.excluded, &extra)
    }

    fn image_policy(&self) -> Vec<StaticFile> {
        let kubeconfig = "webhook.kubeconfig";
        let plugin = json!({"name": "ImagePolicyWebhook", "configuration": {"imagePolicy": {
            "kubeConfigFile": self.path(kubeconfig), "allowTTL": 30, "denyTTL": 5, "retryBackoff": 500, "defaultAllow": false,
        }}});
        let named = json!({
            "apiVersion": "v1", "kind": "Config", "current-context": "doorward",
            "clusters": [{"name": "doorward", "cluster": {
                "server": format!("https://127.0.0.1:{}/image-review", self.port),
                "certificate-authority": self.path("ca.crt"),
            }}],
            "users": [{"name": "kube-apiserver", "user": {
                "client-certificate": self.path("client.crt"), "client-key": self.path("client.key"),
            }}],
            "contexts": [{"name": "doorward", "context": {"cluster": "doorward", "user": "kube-apiserver"}}],
        });
        vec![
            self.file("admission.yaml", admission(&json!([plugin]))),
            self.file(kubeconfig, named),
        ]
    }

    /// What the webhook is started with.
    #[must_use]
    pub fn arguments(&self, door: StaticDoor) -> Vec<String> {
        let health = self.port.saturating_add(1);
        let mut arguments = vec![
            format!("--listen=127.0.0.1:{}", self.port),
            format!("--admin-listen=127.0.0.1:{health}"),
            format!("--filename={}", self.path("policies")),
            format!("--tls-cert={}", self.path("tls.crt")),
            format!("--tls-key={}", self.path("tls.key")),
            format!("--timeout={}s", whole_seconds(self.timeout)),
        ];
        if door == StaticDoor::ImagePolicy {
            arguments.push(format!("--client-ca={}", self.path("client-ca.crt")));
        }
        arguments.extend(self.custom.arguments());
        arguments.extend(self.options.iter().cloned());
        arguments
    }

    /// The webhook as a static Pod, which the kubelet starts without an API server.
    fn pod(&self, door: StaticDoor) -> Value {
        let probe = |path: &str| {
            let port = self.port.saturating_add(1);
            json!({"httpGet": {"host": "127.0.0.1", "port": port, "path": path}})
        };
        json!({
            "apiVersion": "v1", "kind": "Pod",
            "metadata": {
                "name": "doorward-webhook", "namespace": "kube-system",
                "labels": {"app.kubernetes.io/name": "doorward-webhook"},
            },
            "spec": {
                "hostNetwork": true, "priorityClassName": "system-node-critical",
                "securityContext": {
                    "runAsNonRoot": true, "runAsUser": USER, "runAsGroup": USER,
                    "seccompProfile": {"type": "RuntimeDefault"},
                },
                "containers": [{
                    "name": "webhook", "image": self.image, "args": self.arguments(door),
                    "livenessProbe": probe("/livez"), "readinessProbe": probe("/readyz"),
                    "resources": {"requests": {"cpu": "50m", "memory": "64Mi"}, "limits": {"memory": "512Mi"}},
                    "securityContext": {
                        "allowPrivilegeEscalation": false, "readOnlyRootFilesystem": true,
                        "capabilities": {"drop": ["ALL"]},
                    },
                    "volumeMounts": [{"name": "doorward", "mountPath": self.folder, "readOnly": true}],
                }],
                "volumes": [{"name": "doorward", "hostPath": {"path": self.folder, "type": "Directory"}}],
            },
        })
    }
}

fn admission(plugins: &Value) -> Value {
    json!({
        "apiVersion": "apiserver.config.k8s.io/v1", "kind": "AdmissionConfiguration", "plugins": plugins,
    })
}

#[cfg(test)]
mod tests {
    use k8s_openapi::api::admissionregistration::v1::{
        MutatingWebhookConfiguration, ValidatingWebhookConfiguration,
    };
    use k8s_openapi::api::core::v1::Pod;
    use serde::Serialize;
    use serde::de::DeserializeOwned;

    use super::*;

    fn deployment() -> StaticAdmission {
        StaticAdmission {
            image: "registry.example/doorward-webhook@sha256:0".to_owned(),
            port: 8443,
            folder: "/etc/kubernetes/doorward".to_owned(),
            timeout: Duration::from_secs(10),
            authorities: b"-----BEGIN CERTIFICATE-----".to_vec(),
            excluded: vec!["kube-node-lease".to_owned()],
            custom: CustomWorkloads::parse(["a.example/sets=/spec"], []).unwrap(),
            options: Vec::new(),
        }
    }

    /// Fails where the type does not know a field: it is not written again then.
    fn is_strictly<T: DeserializeOwned + Serialize>(object: &Value) {
        let read: T = serde_json::from_value(object.clone()).unwrap();
        assert_eq!(serde_json::to_value(read).unwrap(), *object);
    }

    #[test]
    fn the_objects_are_of_their_types_to_the_last_field() {
        let files = deployment().files(StaticDoor::Manifests);
        let [_, mutating, validating, pod] = &files[..] else {
            panic!("{files:?}");
        };
        is_strictly::<MutatingWebhookConfiguration>(&mutating.content);
        is_strictly::<ValidatingWebhookConfiguration>(&validating.content);
        is_strictly::<Pod>(&pod.content);
        is_strictly::<Pod>(&deployment().pod(StaticDoor::ImagePolicy));
    }

    #[test]
    fn what_is_loaded_from_files_has_the_suffix_and_an_address_and_no_service() {
        for file in &deployment().files(StaticDoor::Manifests)[1..3] {
            let name = file.content["metadata"]["name"].as_str().unwrap();
            assert!(name.ends_with(".static.k8s.io"), "{name}");
            let webhook = &file.content["webhooks"][0];
            let client = webhook["clientConfig"].as_object().unwrap();
            let members: Vec<&String> = client.keys().collect();
            assert_eq!(members, ["caBundle", "url"]);
            assert_eq!(webhook["failurePolicy"], "Fail");
            let groups: Vec<_> = webhook["rules"].as_array().unwrap().iter().collect();
            assert_eq!(groups.len(), 2);
            assert_eq!(groups[1]["resources"], json!(["sets"]));
        }
    }

    #[test]
    fn the_files_are_where_others_look_for_them() {
        let files = deployment().files(StaticDoor::Manifests);
        let there = |folder: &Value| {
            let folder = format!("{}/", folder.as_str().unwrap());
            files
                .iter()
                .filter(|file| file.path.starts_with(&folder))
                .count()
        };
        let plugins = files[0].content["plugins"].as_array().unwrap();
        for plugin in plugins {
            assert_eq!(there(&plugin["configuration"]["staticManifestsDir"]), 1);
        }
        let files = deployment().files(StaticDoor::ImagePolicy);
        let plugin = &files[0].content["plugins"][0]["configuration"]["imagePolicy"];
        assert_eq!(plugin["kubeConfigFile"], *files[1].path);
        assert_eq!(plugin["defaultAllow"], false);
    }

    #[test]
    fn the_webhook_knows_every_resource_that_it_is_asked_about() {
        let arguments = deployment().arguments(StaticDoor::Manifests);
        let known = "--workload=a.example/sets=/spec".to_owned();
        assert!(arguments.contains(&known), "{arguments:?}");
    }

    #[test]
    fn nothing_is_left_out_that_nobody_names() {
        let mut all = deployment();
        all.excluded.clear();
        for file in &all.files(StaticDoor::Manifests)[1..3] {
            assert_eq!(file.content["webhooks"][0]["namespaceSelector"], json!({}));
        }
    }
}
