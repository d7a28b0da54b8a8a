//! What runs in a live cluster, with a real API server.

mod asked;

use std::sync::OnceLock;

use doorward_testkit::{ApiServer, Authentication, Image, IndexBuilder, Registry};
use serde_json::{Value, json};

use crate::common::{Run, Site};

const DEFINITIONS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../webhook/deploy/crds");

/// One API server for all tests, each of which has namespaces of its own. They are told apart by what they ask about, for each
/// sees what the others run. `None` if a program is missing, which is said.
fn server() -> Option<&'static ApiServer> {
    static SERVER: OnceLock<ApiServer> = OnceLock::new();
    let missing = ApiServer::missing();
    if !missing.is_empty() {
        let missing = missing.join(", ");
        let required = std::env::var_os("DOORWARD_REQUIRE_TOOLS");
        assert!(
            required.is_none_or(|value| value != "1"),
            "not installed: {missing}"
        );
        eprintln!("skipped: not installed: {missing}");
        return None;
    }
    Some(SERVER.get_or_init(|| {
        let server = ApiServer::builder().start_blocking();
        let mut kubectl = server.kubectl();
        kubectl.args(["apply", "--validate=false", "-f", DEFINITIONS]);
        let output = kubectl.output().unwrap();
        assert!(output.status.success(), "{output:?}");
        let mut wait = server.kubectl();
        wait.args([
            "wait",
            "--for=condition=Established",
            "--timeout=60s",
            "crd",
            "--all",
        ]);
        assert!(wait.output().unwrap().status.success());
        server
    }))
}

/// A site whose objects are in the cluster.
struct Live {
    site: Site,
    server: &'static ApiServer,
    runtime: tokio::runtime::Runtime,
}

impl Live {
    fn begin(site: Site, namespaces: &[&str]) -> Option<Self> {
        let server = server()?;
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        let live = Self {
            site,
            server,
            runtime,
        };
        for name in namespaces {
            live.runtime.block_on(server.namespace(name, &[]));
        }
        Some(live)
    }

    fn post(&self, path: &str, object: &Value) {
        self.runtime
            .block_on(self.server.post(path, object))
            .succeeded();
    }

    /// The policy of the site for this namespace alone, with its key there.
    fn govern(&self, namespace: &str) {
        let mut policy: Value = serde_yaml::from_str(&self.site.policy()).unwrap();
        policy["kind"] = "ImagePolicy".into();
        policy["metadata"]["namespace"] = namespace.into();
        let requirement = "/spec/repositories/0/policy/simple/requirements/0";
        let requirement = policy
            .pointer_mut(requirement)
            .unwrap()
            .as_object_mut()
            .unwrap();
        requirement.remove("keySecretNamespace");
        let mut secret: Value = serde_yaml::from_str(&self.site.secret()).unwrap();
        secret["metadata"]["namespace"] = namespace.into();
        self.post(&format!("/api/v1/namespaces/{namespace}/secrets"), &secret);
        self.post(
            &format!("/apis/doorward.dev/v1/namespaces/{namespace}/imagepolicies"),
            &policy,
        );
    }

    fn pod(&self, namespace: &str, name: &str, image: &str, more: &Value) {
        let mut spec = json!({"containers": [{"name": "c", "image": image}]});
        for (member, value) in more.as_object().into_iter().flatten() {
            spec[member] = value.clone();
        }
        let pod =
            json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name}, "spec": spec});
        self.post(&format!("/api/v1/namespaces/{namespace}/pods"), &pod);
    }

    /// The kubeconfig of a service account.
    fn kubeconfig_of(&self, namespace: &str, account: &str) -> String {
        let text = std::fs::read_to_string(self.server.kubeconfig()).unwrap();
        let mut kubeconfig: Value = serde_yaml::from_str(&text).unwrap();
        for user in kubeconfig["users"].as_array_mut().unwrap() {
            user["user"]["as"] = format!("system:serviceaccount:{namespace}:{account}").into();
        }
        kubeconfig.to_string()
    }

    fn run(&self, arguments: &[&str]) -> Run {
        let command = self.site.doorward(arguments);
        command
            .env("DOORWARD_KUBECONFIG", self.server.kubeconfig())
            .run()
    }

    /// What the report of `scan -A` says of the images of this site's registry.
    fn scan(&self, more: &[&str]) -> Vec<Value> {
        let run = self.run(&[&["scan", "-A", "-o", "json"], more].concat());
        let images = run.json()["images"].as_array().unwrap().clone();
        let own = |image: &Value| {
            image["image"]
                .as_str()
                .unwrap()
                .starts_with(&self.site.registry.address())
        };
        images.into_iter().filter(own).collect()
    }
}

fn verdicts(images: &[Value]) -> Vec<(&str, &str)> {
    let of = |image| (image_name(image), image["verdict"].as_str().unwrap());
    images.iter().map(of).collect()
}

fn image_name(image: &Value) -> &str {
    let name = image["image"].as_str().unwrap();
    name.rsplit_once('/').unwrap().1
}

#[test]
fn five_hundred_pods_with_forty_images_ask_for_each_image_once() {
    let Some(live) = Live::begin(Site::new(), &["many-a", "many-b"]) else {
        return;
    };
    live.govern("many-a");
    live.govern("many-b");
    let images: Vec<String> = (0..40).map(|number| format!("shop/i{number}")).collect();
    for image in &images {
        live.site.push_signed(image);
    }
    let pod = |number: usize| {
        let image = live.site.reference(&images[number % 40]);
        let namespace = if number.is_multiple_of(2) {
            "many-a"
        } else {
            "many-b"
        };
        let spec = json!({"containers": [{"name": "c", "image": image}]});
        let pod = json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": format!("p{number}")}, "spec": spec});
        (format!("/api/v1/namespaces/{namespace}/pods"), pod)
    };
    for number in 0..500 {
        let (path, pod) = pod(number);
        live.post(&path, &pod);
    }
    live.site.registry.take_requests();
    live.site.store.take_requests();
    let found = live.scan(&[]);
    assert_eq!(found.len(), 40, "{found:#?}");
    assert!(found.iter().all(|image| image["verdict"] == "allow"));
    let uses: usize = found
        .iter()
        .map(|image| image["uses"].as_array().unwrap().len())
        .sum();
    assert_eq!(uses, 500);
    let asked = live.site.registry.take_requests();
    let tags = asked
        .iter()
        .filter(|one| one.path.ends_with("/manifests/1.0"));
    assert_eq!(tags.count(), 40);
    let signatures = live.site.store.take_requests();
    let first = signatures
        .iter()
        .filter(|one| one.path.ends_with("/signature-1"));
    assert_eq!(first.count(), 40);
}

#[test]
fn what_runs_is_judged_by_the_policies_of_the_cluster_and_pulls_with_its_own_secrets() {
    let registry = Registry::builder()
        .authentication(Authentication::Bearer)
        .account("alice", "s3cret-word");
    let Some(live) = Live::begin(Site::with(registry), &["own-shop", "own-lab"]) else {
        return;
    };
    live.govern("own-shop");
    live.govern("own-lab");
    live.site.push_signed("shop/web");
    live.site.push("shop/cart");
    let (web, cart) = (
        live.site.reference("shop/web"),
        live.site.reference("shop/cart"),
    );
    let login = json!({"auths": {live.site.registry.address(): {"username": "alice", "password": "s3cret-word"}}});
    let secret = json!({
        "apiVersion": "v1", "kind": "Secret", "type": "kubernetes.io/dockerconfigjson",
        "metadata": {"name": "pull"}, "stringData": {".dockerconfigjson": login.to_string()},
    });
    live.post("/api/v1/namespaces/own-shop/secrets", &secret);
    let pulls = json!({"imagePullSecrets": [{"name": "pull"}]});
    live.pod("own-shop", "web", &web, &pulls);
    live.pod("own-lab", "web", &web, &json!({}));
    let template = json!({
        "metadata": {"labels": {"a": "b"}},
        "spec": {"containers": [{"name": "c", "image": cart}], "imagePullSecrets": [{"name": "pull"}]},
    });
    let deployment = json!({
        "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "cart"},
        "spec": {"selector": {"matchLabels": {"a": "b"}}, "template": template},
    });
    live.post("/apis/apps/v1/namespaces/own-shop/deployments", &deployment);

    let found = live.scan(&[]);
    let mut seen: Vec<_> = found
        .iter()
        .map(|image| {
            let at = &image["uses"][0];
            let at = format!(
                "{} {}",
                at["kind"].as_str().unwrap(),
                at["namespace"].as_str().unwrap()
            );
            (
                at,
                image["verdict"].as_str().unwrap(),
                image["code"].as_str(),
            )
        })
        .collect();
    seen.sort();
    assert_eq!(
        seen,
        [
            (
                "Deployment own-shop".to_owned(),
                "deny",
                Some("simple-no-signature")
            ),
            (
                "Pod own-lab".to_owned(),
                "deny",
                Some("registry-unauthorized")
            ),
            ("Pod own-shop".to_owned(), "allow", None),
        ]
    );
    let all = live.run(&["scan", "-A"]);
    assert!(!format!("{all:?}").contains("s3cret-word"));
}

#[test]
fn a_policy_of_the_cluster_with_a_mistake_denies_what_it_governs_and_is_shown() {
    let Some(live) = Live::begin(Site::new(), &["wrong-shop"]) else {
        return;
    };
    live.site.push_signed("shop/web");
    live.pod(
        "wrong-shop",
        "web",
        &live.site.reference("shop/web"),
        &json!({}),
    );
    let policy = json!({
        "apiVersion": "doorward.dev/v1", "kind": "ImagePolicy", "metadata": {"name": "wrong"},
        "spec": {"repositories": [{"name": "*", "policy": {"unchecked": true, "simple": {"requirements": [{"type": "reject"}]}}}]},
    });
    live.post(
        "/apis/doorward.dev/v1/namespaces/wrong-shop/imagepolicies",
        &policy,
    );
    let found = live.scan(&[]);
    assert_eq!(found[0]["code"], "policy-invalid", "{found:#?}");
    let run = live.run(&["scan", "-A"]);
    assert!(run.stderr.contains("wrong-shop/wrong"), "{}", run.stderr);
}

#[test]
fn a_tag_that_stands_for_something_else_than_what_runs_is_shown_with_both() {
    let Some(live) = Live::begin(Site::new(), &["drift-shop"]) else {
        return;
    };
    live.govern("drift-shop");
    let now = live.site.push_signed("shop/web").to_string();
    let then = format!("sha256:{}", "ab".repeat(32));
    let web = live.site.reference("shop/web");
    let repository = web.rsplit_once(':').unwrap().0;
    for (name, digest) in [("old", &then), ("new", &now)] {
        live.pod("drift-shop", name, &web, &json!({}));
        let status = json!({"status": {"containerStatuses": [{
            "name": "c", "image": web, "imageID": format!("{repository}@{digest}"), "ready": true, "restartCount": 0,
        }]}});
        let path = format!("/api/v1/namespaces/drift-shop/pods/{name}/status");
        let patched = live.server.patch(&path, &status);
        live.runtime.block_on(patched).succeeded();
    }
    let found = live.scan(&[]);
    assert_eq!(
        (&found[0]["digest"], &found[0]["drifted"]),
        (&now.clone().into(), &1.into()),
        "{found:#?}"
    );
    // What runs is judged where it stands, by its digest. Nobody has it any more.
    let uses = found[0]["uses"].as_array().unwrap();
    for place in uses {
        let (is_old, judged) = (place["name"] == "old", &place["runningVerdict"]);
        assert_eq!(
            judged["verdict"],
            if is_old { json!("deny") } else { json!(null) },
            "{place:#}"
        );
        assert_eq!(judged["code"].is_string(), is_old, "{place:#}");
    }
    let running: Vec<_> = found[0]["uses"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| &one["running"])
        .collect();
    assert!(
        running.contains(&&then.clone().into()) && running.contains(&&now.into()),
        "{running:?}"
    );
    let shown = live.run(&["scan", "-A"]);
    let words = shown
        .stdout
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ");
    assert!(
        words.contains(&format!(
            "Pod drift-shop/old, container c, which runs {then}: that digest is denied,"
        )),
        "{words}"
    );
    assert!(
        shown.stderr.contains("a container runs another digest"),
        "{}",
        shown.stderr
    );
}

#[test]
fn a_workload_that_cannot_be_judged_keeps_nobody_from_judging_the_others() {
    let Some(live) = Live::begin(Site::new(), &["passed-shop"]) else {
        return;
    };
    live.govern("passed-shop");
    live.site.push_signed("shop/web");
    let web = live.site.reference("shop/web");
    live.pod("passed-shop", "web", &web, &json!({}));
    let secrets: Vec<_> = (0..40)
        .map(|one| json!({"name": format!("s{one}")}))
        .collect();
    let account = json!({"metadata": {"name": "greedy"}, "imagePullSecrets": secrets});
    live.post("/api/v1/namespaces/passed-shop/serviceaccounts", &account);
    let template = json!({
        "metadata": {"labels": {"a": "b"}},
        "spec": {"serviceAccountName": "greedy", "containers": [{"name": "c", "image": web}]},
    });
    let deployment = json!({
        "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "greedy"},
        "spec": {"selector": {"matchLabels": {"a": "b"}}, "template": template},
    });
    live.post(
        "/apis/apps/v1/namespaces/passed-shop/deployments",
        &deployment,
    );
    let found = live.scan(&[]);
    assert_eq!(verdicts(&found), [("web:1.0", "allow")]);
    let run = live.run(&["scan", "-A"]);
    assert_eq!(run.code, 6, "{run:#?}");
    let said = run.stderr.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(
        said.contains("Deployment passed-shop/greedy is passed over"),
        "{said}"
    );
}

/// Says of a Pod's container which digest it runs, as a node does.
fn runs(live: &Live, namespace: &str, name: &str, image: &str, digest: &str) {
    live.pod(namespace, name, image, &json!({}));
    let repository = image.rsplit_once(':').unwrap().0;
    let status = json!({"status": {"containerStatuses": [{
        "name": "c", "image": image, "imageID": format!("{repository}@{digest}"), "ready": true, "restartCount": 0,
    }]}});
    let path = format!("/api/v1/namespaces/{namespace}/pods/{name}/status");
    live.runtime
        .block_on(live.server.patch(&path, &status))
        .succeeded();
}

#[test]
fn what_runs_is_judged_beside_what_the_tag_stands_for_now() {
    let Some(live) = Live::begin(Site::new(), &["drift-judged"]) else {
        return;
    };
    live.govern("drift-judged");
    let signed = live.site.push_signed("shop/web").to_string();
    let web = live.site.reference("shop/web");
    runs(&live, "drift-judged", "web", &web, &signed);
    // Somebody moves the tag to what nobody signed.
    let moved = Image::sample("moved");
    live.site.registry.push_image("shop/web", "1.0", &moved);
    let found = live.scan(&[]);
    let image = &found[0];
    assert_eq!(
        (&image["verdict"], &image["drifted"]),
        (&json!("deny"), &json!(1)),
        "{image:#}"
    );
    let judged = &image["uses"][0]["runningVerdict"];
    assert_eq!(judged["verdict"], "allow", "{image:#}");
    assert!(judged.get("code").is_none());
    let shown = live.run(&["scan", "-A"]);
    let words: Vec<_> = shown.stdout.split_whitespace().collect();
    let said = format!("which runs {signed}: that digest is allowed");
    assert!(words.join(" ").contains(&said), "{words:?}");
}

#[test]
fn the_manifest_of_a_platform_is_no_drift_from_its_index() {
    let Some(live) = Live::begin(Site::new(), &["drift-index"]) else {
        return;
    };
    live.govern("drift-index");
    let image = Image::sample("amd64");
    let part = image.digest().to_string();
    let index = IndexBuilder::new().image("linux/amd64", image).build();
    let digest = live.site.registry.push_image("shop/many", "1.0", &index);
    let many = live.site.reference("shop/many");
    let signature = live.site.signer.sign(&many, &digest);
    live.site.store.put("shop/many", &digest, signature);
    runs(&live, "drift-index", "web", &many, &part);
    let found = live.scan(&[]);
    assert_eq!(
        (&found[0]["verdict"], &found[0]["drifted"]),
        (&json!("allow"), &json!(0)),
        "{found:#?}"
    );
    let place = &found[0]["uses"][0];
    assert_eq!(place["running"], part);
    assert!(place.get("runningVerdict").is_none(), "{place:#}");
    let shown = live.run(&["scan", "-A"]);
    assert!(!shown.stdout.contains(&part), "{}", shown.stdout);
}
