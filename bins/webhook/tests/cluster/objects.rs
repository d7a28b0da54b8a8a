//! Objects of every kind that has Pods.

use serde_json::{Value, json};

/// A kind, and where its objects and their image are.
pub(crate) struct Kind {
    pub(crate) api_version: &'static str,
    pub(crate) name: &'static str,
    pub(crate) resource: &'static str,
    /// The pointer to the pod template, empty for a Pod.
    pub(crate) template: &'static str,
}

/// Every kind, in the versions that a server of 1.20 stores.
pub(crate) const KINDS: [Kind; 9] = [
    Kind {
        api_version: "v1",
        name: "Pod",
        resource: "pods",
        template: "",
    },
    Kind {
        api_version: "v1",
        name: "ReplicationController",
        resource: "replicationcontrollers",
        template: "/spec/template",
    },
    Kind {
        api_version: "apps/v1",
        name: "Deployment",
        resource: "deployments",
        template: "/spec/template",
    },
    Kind {
        api_version: "apps/v1",
        name: "ReplicaSet",
        resource: "replicasets",
        template: "/spec/template",
    },
    Kind {
        api_version: "apps/v1",
        name: "StatefulSet",
        resource: "statefulsets",
        template: "/spec/template",
    },
    Kind {
        api_version: "apps/v1",
        name: "DaemonSet",
        resource: "daemonsets",
        template: "/spec/template",
    },
    Kind {
        api_version: "batch/v1",
        name: "Job",
        resource: "jobs",
        template: "/spec/template",
    },
    Kind {
        api_version: "batch/v1beta1",
        name: "CronJob",
        resource: "cronjobs",
        template: "/spec/jobTemplate/spec/template",
    },
    Kind {
        api_version: "v1",
        name: "PodTemplate",
        resource: "podtemplates",
        template: "/template",
    },
];

impl Kind {
    /// The path of an object called `app`.
    pub(crate) fn path(&self, namespace: &str) -> String {
        let root = if self.api_version.contains('/') {
            "apis"
        } else {
            "api"
        };
        format!(
            "/{root}/{}/namespaces/{namespace}/{}/app",
            self.api_version, self.resource
        )
    }

    /// The pointer to the image.
    pub(crate) fn image(&self) -> String {
        format!("{}/spec/containers/0/image", self.template)
    }

    /// The pointer to the annotation that says what was written.
    pub(crate) fn original(&self) -> String {
        format!(
            "{}/metadata/annotations/doorward.dev~1original-images",
            self.template
        )
    }

    /// An object called `app` with one container called `main`.
    pub(crate) fn object(&self, image: &str) -> Value {
        let labels = json!({"kind": self.name});
        let mut pod = json!({
            "metadata": {"labels": labels},
            "spec": {"containers": [{"name": "main", "image": image}]},
        });
        let selector = json!({"matchLabels": labels});
        let never = |mut pod: Value| {
            pod["spec"]["restartPolicy"] = "Never".into();
            pod
        };
        let mut object = match self.name {
            "Pod" => {
                pod["metadata"]["name"] = "app".into();
                json!({"metadata": pod["metadata"], "spec": pod["spec"]})
            }
            "PodTemplate" => json!({"template": pod}),
            "ReplicationController" => json!({"spec": {"selector": labels, "template": pod}}),
            "Job" => json!({"spec": {"template": never(pod)}}),
            // Never in the time of a test.
            "CronJob" => json!({"spec": {
                "schedule": "0 0 29 2 *",
                "jobTemplate": {"spec": {"template": never(pod)}},
            }}),
            "StatefulSet" => {
                json!({"spec": {"serviceName": "app", "selector": selector, "template": pod}})
            }
            _ => json!({"spec": {"selector": selector, "template": pod}}),
        };
        object["apiVersion"] = self.api_version.into();
        object["kind"] = self.name.into();
        object["metadata"]["name"] = "app".into();
        object
    }
}

/// A kind by its name.
pub(crate) fn kind(name: &str) -> &'static Kind {
    KINDS.iter().find(|kind| kind.name == name).unwrap()
}

/// One object of each kind.
pub(crate) fn one_of_each(image: &str) -> Value {
    let items: Vec<Value> = KINDS.iter().map(|kind| kind.object(image)).collect();
    json!({"apiVersion": "v1", "kind": "List", "items": items})
}

/// A Pod.
pub(crate) fn pod(name: &str, image: &str) -> Value {
    json!({
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name},
        "spec": {"containers": [{"name": "main", "image": image}]},
    })
}
