//! Policies and a webhook configuration as Portieris has them, unchanged, and what becomes of workloads under them: what
//! `docs/status/portieris-parity.md` says.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use reqwest::Method;
use serde_json::{Value, json};

use crate::configuration::LABEL;
use crate::door::Door;
use crate::objects::{KINDS, kind, pod};
use crate::server::eventually;
use crate::watched::open;

const OLD: &str = "securityenforcement.admission.cloud.ibm.com/v1beta1";
const NEW: &str = "portieris.cloud.ibm.com/v1";

impl Door {
    /// An `ImagePolicy` of this group with these entries, put there by `kubectl apply`.
    fn brings(&self, group: &str, entries: &Value) {
        let policy = json!({
            "apiVersion": group, "kind": "ImagePolicy", "metadata": {"name": "sample", "namespace": self.name},
            "spec": {"repositories": entries},
        });
        self.kubectl_does("apply --validate=false -f -", Some(&policy));
    }

    /// Images under this path of the registry.
    fn under(&self, path: &str) -> String {
        format!("{}/{path}", self.site.registry.address())
    }

    /// What signatures are looked for in, and the keys that count, as a sample has them.
    fn simple(&self, requirements: &Value) -> Value {
        json!({"simple": {"storeURL": self.site.store.url(), "requirements": requirements}})
    }

    fn signed_by(&self) -> Value {
        self.simple(&json!([{"type": "signedBy", "keySecret": "release-key"}]))
    }

    async fn dry(&self, path: &str, object: &Value) -> doorward_testkit::ApiAnswer {
        self.server
            .post(&format!("{path}?dryRun=All"), object)
            .await
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_policy_of_the_older_group_lets_every_kind_in_if_it_is_signed_and_no_kind_if_it_is_not() {
    const NAME: &str = "moved-kinds";
    let Some(door) = open(NAME, &[]).await else {
        return;
    };
    door.brings(
        OLD,
        &json!([{"name": door.under("*"), "policy": door.signed_by()}]),
    );
    let (signed, digest) = door.site.signed("app");
    let (unsigned, _) = door.site.unsigned("other");
    door.comes(&signed, 201).await;
    for kind in &KINDS {
        let mut object = kind.object(&signed);
        if kind.template == "/spec/template" && !["Job", "DaemonSet"].contains(&kind.name) {
            // Zero replicas are judged like any other.
            object["spec"]["replicas"] = 0.into();
        }
        let path = kind.path(NAME);
        let collection = path.strip_suffix("/app").unwrap();
        let created = door.dry(collection, &object).await.succeeded();
        let image = created.pointer(&kind.image()).unwrap();
        assert_eq!(*image, door.pinned("app", &digest), "{}", kind.name);
        *object.pointer_mut(&kind.image()).unwrap() = unsigned.as_str().into();
        let refused = door.dry(collection, &object).await;
        assert_eq!(refused.status, 403, "{}", kind.name);
        let said = refused.refused();
        assert!(
            said.contains("simple-no-signature"),
            "{}: {said}",
            kind.name
        );
        assert!(said.contains("ImagePolicy moved-kinds/sample"), "{said}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn under_a_policy_of_portieris_a_change_to_an_unsigned_image_is_refused_and_a_pod_of_an_owner_too()
 {
    const NAME: &str = "moved-changes";
    let Some(door) = open(NAME, &[]).await else {
        return;
    };
    door.brings(
        NEW,
        &json!([{"name": door.under("*"), "policy": door.signed_by()}]),
    );
    let (signed, _) = door.site.signed("app");
    let (unsigned, _) = door.site.unsigned("other");
    door.comes(&signed, 201).await;
    let deployment = kind("Deployment");
    let path = deployment.path(NAME);
    let collection = path.strip_suffix("/app").unwrap();
    let mut object = deployment.object(&signed);
    object["spec"]["replicas"] = 0.into();
    door.server.post(collection, &object).await.succeeded();

    let other = json!({"spec": {"template": {"spec": {"containers": [{"name": "main", "image": unsigned}]}}}});
    let media = "application/strategic-merge-patch+json";
    let patched = door
        .server
        .send(Method::PATCH, &path, media, Some(&other))
        .await;
    assert!(
        patched.refused().contains("simple-no-signature"),
        "{patched:?}"
    );
    *object.pointer_mut(&deployment.image()).unwrap() = unsigned.as_str().into();
    let replaced = door.server.put(&path, &object).await;
    assert!(
        replaced.refused().contains("simple-no-signature"),
        "{replaced:?}"
    );

    // Where Portieris lets it in: it names an owner.
    let mut owned = pod("owned", &unsigned);
    owned["metadata"]["ownerReferences"] = json!([{
        "apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "app-1", "uid": "1", "controller": true,
    }]);
    let refused = door.dry(&door.pods(), &owned).await;
    assert!(
        refused.refused().contains("simple-no-signature"),
        "{refused:?}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sample_policies_of_both_groups_decide_as_the_status_page_says() {
    const NAME: &str = "moved-samples";
    let Some(door) = open(NAME, &[]).await else {
        return;
    };
    let anything = json!([{"type": "insecureAcceptAnything"}]);
    let signed_by = |more: Value| {
        let mut requirement = json!({"type": "signedBy", "keySecret": "release-key"});
        requirement
            .as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        requirement
    };
    let unpinned = {
        let mut body = door.signed_by();
        body["mutateImage"] = false.into();
        body
    };
    let moved = json!({"signedIdentity": {"type": "matchExactRepository", "dockerRepository": door.under("released")}});
    let mapped = json!({"signedIdentity": {
        "type": "remapIdentity", "prefix": door.under("mirror"), "signedPrefix": door.site.registry.address(),
    }});
    let server = door.site.store.url();
    let samples = [
        ("accepts-anything", Some(door.simple(&anything)), "pinned"),
        ("signed-here", Some(door.signed_by()), "pinned"),
        ("not-pinned", Some(unpinned), "as it is"),
        ("no-checks", Some(json!({})), "as it is"),
        (
            "moved",
            Some(door.simple(&json!([signed_by(moved)]))),
            "simple-identity-mismatch",
        ),
        (
            "mapped",
            Some(door.simple(&json!([signed_by(mapped)]))),
            "pinned",
        ),
        (
            "two-keys",
            Some(door.simple(
                &json!([signed_by(json!({})), {"type": "signedBy", "keySecret": "second"}]),
            )),
            "secret-not-found",
        ),
        (
            "nobody",
            Some(door.simple(&json!([{"type": "reject"}]))),
            "simple-rejected-by-policy",
        ),
        ("absent", None, "policy-invalid"),
        (
            "trust-off",
            Some(json!({"trust": {"enabled": false}})),
            "policy-invalid",
        ),
        (
            "trust",
            Some(json!({"trust": {"enabled": true, "trustServer": server}})),
            "notary-",
        ),
        (
            "scanned",
            Some(json!({"vulnerability": {"ICCRVA": {"enabled": true}}})),
            "vulnerability-no-advisor",
        ),
    ];
    for group in [OLD, NEW] {
        let entries: Vec<_> = samples
            .iter()
            .map(|(name, body, _)| match body {
                Some(body) => json!({"name": door.under(&format!("{name}*")), "policy": body}),
                None => json!({"name": door.under(&format!("{name}*"))}),
            })
            .collect();
        door.brings(group, &entries.into());
        let mut wrong = Vec::new();
        for (name, _, expected) in &samples {
            let (image, digest) = door.site.signed(name);
            let pinned = door.pinned(name, &digest);
            let decided = eventually("the policy is seen", async || {
                let answer = door.dry(&door.pods(), &pod("web", &image)).await;
                (answer.status == 201 || !answer.refused().contains("policy-no")).then_some(answer)
            })
            .await;
            let (is, should) = match *expected {
                "pinned" => (
                    decided.body["spec"]["containers"][0]["image"].to_string(),
                    json!(pinned).to_string(),
                ),
                "as it is" => (
                    decided.body["spec"]["containers"][0]["image"].to_string(),
                    json!(image).to_string(),
                ),
                code if decided.status == 403 && decided.refused().contains(code) => {
                    (String::new(), String::new())
                }
                code => (format!("{decided:?}"), code.to_owned()),
            };
            if is != should {
                wrong.push(format!("{name}: {is}, not {should}"));
            }
        }
        assert!(wrong.is_empty(), "{group}:\n{}", wrong.join("\n"));
        let (plural, _) = group.split_once('/').unwrap();
        door.kubectl_does(&format!("delete imagepolicies.{plural} sample"), None);
        let (image, _) = door.site.signed("no-checks");
        door.comes(&image, 403).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_configuration_that_portieris_lays_down_asks_this_webhook_as_it_stands() {
    const NAME: &str = "moved-configuration";
    let Some(door) = Door::build(NAME, "").await else {
        return;
    };
    let rules = json!({
        "apiGroups": ["*"], "apiVersions": ["*"], "operations": ["CREATE", "UPDATE"],
        "resources": ["pods", "deployments", "replicationcontrollers", "replicasets", "daemonsets", "statefulsets", "jobs", "cronjobs"],
    });
    let webhook = json!({
        "name": "trust.hooks.securityenforcement.admission.cloud.ibm.com", "rules": [rules], "failurePolicy": "Fail",
        "sideEffects": "None", "admissionReviewVersions": ["v1"],
        "clientConfig": {
            "url": format!("https://{}/admit", door.program().address),
            "caBundle": BASE64_STANDARD.encode(door.authority.ca_pem()),
        },
        // Other tests are none of its business.
        "namespaceSelector": {"matchLabels": {LABEL: NAME}},
    });
    let configuration = json!({
        "apiVersion": "admissionregistration.k8s.io/v1", "kind": "MutatingWebhookConfiguration",
        "metadata": {"name": "image-admission-config"}, "webhooks": [webhook],
    });
    let path = "/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations";
    door.server.post(path, &configuration).await.succeeded();
    let (unsigned, _) = door.site.unsigned("other");
    let refused = door.comes(&unsigned, 403).await;
    assert!(
        refused
            .refused()
            .contains("trust.hooks.securityenforcement.admission.cloud.ibm.com"),
        "{refused:?}"
    );
    let (signed, digest) = door.site.signed("app");
    let admitted = door.comes(&signed, 201).await;
    assert_eq!(
        admitted.body["spec"]["containers"][0]["image"],
        door.pinned("app", &digest)
    );
    door.server
        .delete(&format!("{path}/image-admission-config"))
        .await
        .succeeded();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_policy_whose_body_stands_beside_its_entry_is_refused_as_it_is_written_with_a_word_about_its_indentation()
 {
    const NAME: &str = "moved-indentation";
    let Some(door) = open(NAME, &[]).await else {
        return;
    };
    let rules = json!({
        "apiGroups": [OLD.split('/').next().unwrap()], "apiVersions": ["*"], "operations": ["CREATE", "UPDATE"],
        "resources": ["imagepolicies", "clusterimagepolicies"],
    });
    let webhook = json!({
        "name": "policies.doorward.dev", "rules": [rules], "sideEffects": "None", "failurePolicy": "Ignore",
        "admissionReviewVersions": ["v1"],
        "clientConfig": {
            "url": format!("https://{}/policies", door.program().address),
            "caBundle": BASE64_STANDARD.encode(door.authority.ca_pem()),
        },
        "namespaceSelector": {"matchLabels": {LABEL: NAME}},
    });
    let configuration = json!({
        "apiVersion": "admissionregistration.k8s.io/v1", "kind": "ValidatingWebhookConfiguration",
        "metadata": {"name": format!("{NAME}-policies")}, "webhooks": [webhook],
    });
    let path = "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations";
    door.server.post(path, &configuration).await.succeeded();

    let policy = json!({
        "apiVersion": OLD, "kind": "ImagePolicy", "metadata": {"name": "first"},
        "spec": {
            "repositories": [{"name": "icr.io/*"}],
            "policy": {"trust": {"enabled": true}},
        },
    });
    let said = eventually("policies are reviewed", async || {
        let output = door.kubectl("create --validate=false -f -", Some(&policy));
        if output.status.success() {
            door.kubectl_does(
                &format!(
                    "delete imagepolicies.{} first",
                    OLD.split('/').next().unwrap()
                ),
                None,
            );
            return None;
        }
        Some(String::from_utf8(output.stderr).unwrap())
    })
    .await;
    assert!(said.contains("spec.repositories[0]"), "{said}");
    assert!(said.contains("indent"), "{said}");
    door.server
        .delete(&format!("{path}/{NAME}-policies"))
        .await
        .succeeded();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cluster_policy_of_either_older_group_is_in_force_as_it_is_written() {
    const NAME: &str = "moved-cluster";
    let Some(door) = open(NAME, &[&format!("--home-namespace={NAME}")[..]]).await else {
        return;
    };
    let (signed, _) = door.site.signed("app");
    let (unsigned, _) = door.site.unsigned("other");
    for group in [OLD, NEW] {
        // Cluster policies are for all tests here, so it is for the registry of this one.
        let policy = json!({
            "apiVersion": group, "kind": "ClusterImagePolicy", "metadata": {"name": NAME},
            "spec": {"repositories": [{"name": door.under("*"), "policy": door.signed_by()}]},
        });
        door.kubectl_does("apply --validate=false -f -", Some(&policy));
        door.comes(&signed, 201).await;
        let refused = door.comes(&unsigned, 403).await;
        let said = refused.refused();
        let rule = format!("ClusterImagePolicy {NAME}");
        assert!(
            said.contains("simple-no-signature") && said.contains(&rule),
            "{said}"
        );
        let resource = group.split_once('/').unwrap().0;
        door.kubectl_does(
            &format!("delete clusterimagepolicies.{resource} {NAME}"),
            None,
        );
        door.comes(&signed, 403).await;
    }
}
