//! What Portieris' own tests show on a cluster, scenario by scenario, as `portieris/e2e.yaml` restates them.
//!
//! Every scenario of the file is played, and what comes of it is what the file says or the difference that is stated here. A
//! scenario that nobody plays fails, and so does a difference that is none. There is no node: a workload runs as soon as the
//! controller has made its Pods. A registry and a trust server of the test kit stand for those of IBM and for Docker Hub.

use doorward_testkit::{Collection, Image, KeyKind, NotaryServer, OpenPgpSigner, Target};
use reqwest::Method;
use serde_json::{Value, json};

use crate::controllers::{event, pods_of};
use crate::door::Door;
use crate::objects::{kind, pod};
use crate::policy_set;
use crate::server::{eventually, server};
use crate::support::secret;
use crate::watched::{json_of, open, within};

const SCENARIOS: &str = include_str!("portieris/e2e.yaml");
const GROUP: &str = "portieris.cloud.ibm.com/v1";

/// Scenarios that end otherwise here: how, and why.
const DIFFERENCES: &[(&str, &str, &str)] = &[
    (
        "e2e025",
        "refused",
        "who names an owner is judged all the same",
    ),
    ("e2e055", "refused", SWITCHED_OFF),
    ("e2e056", "refused", SWITCHED_OFF),
    ("e2e057", "refused", SWITCHED_OFF),
    (
        "e2e059",
        "refused",
        "the policy that is laid down for ibm-system has no entry for other images",
    ),
];
const SWITCHED_OFF: &str = "only `policy: {}` admits unchecked, not a check that is switched off";

/// Who signed an image.
#[derive(Clone, Copy)]
enum By {
    Nobody,
    First,
    Both,
    /// The first signer, under the name from which the image was copied.
    FirstElsewhere,
}

/// A namespace with its webhook, both keys, and policies of one kind.
struct Ground {
    door: Door,
    second: OpenPgpSigner,
    policies: &'static str,
}

impl Ground {
    async fn new(name: &'static str, policies: &'static str, notary: &NotaryServer) -> Self {
        let trusted = notary.address();
        let home = format!("--home-namespace={name}");
        let options = [
            &home,
            "--plain-http",
            &trusted,
            "--dangerously-trust-on-first-use-for-portieris-policies",
        ];
        let door = open(name, &options).await.unwrap();
        let second = OpenPgpSigner::builder(KeyKind::Ed25519).seed(2).build();
        let key = secret(
            name,
            "second-key",
            "key",
            second.public_key_armored().as_bytes(),
        );
        let secrets = format!("/api/v1/namespaces/{name}/secrets");
        let key = within(json_of(&key), name);
        door.server.post(&secrets, &key).await.succeeded();
        Self {
            door,
            second,
            policies,
        }
    }

    /// Pushes an image of this scenario.
    fn image(&self, id: &str, by: By) -> String {
        let site = &self.door.site;
        let name = match by {
            By::Nobody => format!("{id}/unsigned"),
            By::First | By::Both => format!("{id}/app"),
            By::FirstElsewhere => format!("{id}/remap/app"),
        };
        let (image, digest) = site.unsigned(&name);
        let signed = match by {
            By::FirstElsewhere => image.replace("/remap/", "/"),
            _ => image.clone(),
        };
        if !matches!(by, By::Nobody) {
            let signature = site.signer.sign(&signed, &digest);
            site.store.put(&name, &digest, signature);
        }
        if matches!(by, By::Both) {
            let signature = self.second.sign(&signed, &digest);
            site.store.put(&name, &digest, signature);
        }
        image
    }

    fn simple(&self, requirements: &Value) -> Value {
        json!({"simple": {"storeURL": self.door.site.store.url(), "requirements": requirements}})
    }

    fn signed_by(&self, keys: &[&str]) -> Value {
        let requirements = keys
            .iter()
            .map(|key| json!({"type": "signedBy", "keySecret": key}))
            .collect();
        self.simple(&requirements)
    }

    /// Lays down the policy of a scenario, of one entry.
    fn demands(&self, id: &str, pattern: &str, body: &Value) {
        let mut metadata = json!({"name": id});
        if self.policies == "ImagePolicy" {
            metadata["namespace"] = self.door.name.into();
        }
        let policy = json!({
            "apiVersion": GROUP, "kind": self.policies, "metadata": metadata,
            "spec": {"repositories": [{"name": pattern, "policy": body}]},
        });
        self.door
            .kubectl_does("apply --validate=false -f -", Some(&policy));
    }

    async fn tried(&self, image: &str) -> doorward_testkit::ApiAnswer {
        let dry = format!("{}?dryRun=All", self.door.pods());
        self.door.server.post(&dry, &pod("tried", image)).await
    }

    /// Waits until a policy governs this image.
    async fn governed(&self, image: &str) {
        eventually("the policy is seen", async || {
            let answer = self.tried(image).await;
            (answer.status == 201 || !answer.refused().contains("(policy-no")).then_some(())
        })
        .await;
    }

    /// Takes the policy away, and waits until nothing governs this image.
    async fn undone(&self, id: &str, image: &str) {
        let resource = format!("{}ies", self.policies.to_lowercase().trim_end_matches('y'));
        let group = GROUP.split_once('/').unwrap().0;
        self.door
            .kubectl_does(&format!("delete {resource}.{group} {id}"), None);
        eventually("the policy is gone", async || {
            let answer = self.tried(image).await;
            (answer.status == 403 && answer.refused().contains("(policy-no")).then_some(())
        })
        .await;
    }

    /// Creates the workload that a scenario names. Says what became of it; a refusal must be for this reason.
    async fn creates(&self, case: &Value, image: &str, code: &str) -> &'static str {
        let (id, workload) = (word(case, "id"), word(case, "workload"));
        let named = workload.split(' ').next().unwrap();
        let kinds = crate::objects::KINDS.iter().map(|kind| kind.name);
        let name = kinds
            .into_iter()
            .find(|name| *name == named)
            .unwrap_or("Deployment");
        let kind = kind(name);
        let mut object = kind.object(image);
        object["metadata"]["name"] = id.into();
        if kind.template == "/spec/template" {
            object["spec"]["template"]["metadata"]["labels"]["app"] = id.into();
        }
        let none = workload.contains("replicas 0");
        if none {
            object["spec"]["replicas"] = 0.into();
        }
        let path = kind.path(self.door.name);
        let collection = path.strip_suffix("/app").unwrap();
        let answer = self.door.server.post(collection, &object).await;
        if answer.status == 403 {
            let said = answer.refused();
            assert!(said.contains(code), "{id}: {said}");
            return "refused";
        }
        let created = answer.succeeded();
        let found = created.pointer(&kind.image()).unwrap().clone();
        // A DaemonSet has a Pod for each node, and there is none.
        if !none && !["Pod", "DaemonSet"].contains(&name) {
            let pods = pods_of(&self.door, id, 1).await;
            assert_eq!(pods[0]["image"], found, "{id}");
        }
        let kept = found == image;
        assert!(kept || found.as_str().unwrap().contains("@sha256:"), "{id}");
        if kept { "as written" } else { "pinned" }
    }

    /// A scenario of one policy and one workload.
    async fn plays(&self, case: &Value, body: &Value, by: By, code: &str) -> &'static str {
        let id = word(case, "id");
        let image = self.image(id, by);
        let repository = image.rsplit_once(':').unwrap().0;
        let literal =
            word(case, "policy").contains("literal") || word(case, "policy").starts_with("same");
        let everything = word(case, "policy").contains("entry *");
        let under = format!("{}/{id}/*", self.door.site.registry.address());
        let pattern = match (everything, literal) {
            (true, _) => "*",
            (_, true) => repository,
            _ => &under,
        };
        self.demands(id, pattern, body);
        self.governed(&image).await;
        let came = self.creates(case, &image, code).await;
        self.undone(id, &image).await;
        came
    }

    /// The Pod of a Deployment that ran under a milder policy is deleted.
    async fn replaces_a_pod(&self, id: &str) -> &'static str {
        let image = self.image(id, By::Nobody);
        let anything = self.simple(&json!([{"type": "insecureAcceptAnything"}]));
        let repository = image.rsplit_once(':').unwrap().0;
        self.demands(id, repository, &anything);
        self.governed(&image).await;
        let mut object = kind("Deployment").object(&image);
        object["metadata"]["name"] = id.into();
        object["spec"]["template"]["metadata"]["labels"]["app"] = id.into();
        self.door.kubectl_does("create -f -", Some(&object));
        let pods = pods_of(&self.door, id, 1).await;
        self.demands(id, repository, &self.signed_by(&["release-key"]));
        self.door.comes(&image, 403).await;
        let name = pods[0]["name"].as_str().unwrap();
        self.door.kubectl_does(&format!("delete pod {name}"), None);
        let said = event(&self.door, "ReplicaSet", "FailedCreate").await;
        assert!(said.contains("simple-no-signature"), "{said}");
        pods_of(&self.door, id, 0).await;
        self.undone(id, &image).await;
        "refused"
    }

    /// A Deployment of a signed image is given an unsigned one.
    async fn changes(&self, id: &str, way: Method) -> &'static str {
        let (signed, unsigned) = (self.image(id, By::First), self.image(id, By::Nobody));
        let under = format!("{}/{id}/*", self.door.site.registry.address());
        self.demands(id, &under, &self.signed_by(&["release-key"]));
        self.governed(&signed).await;
        let kind = kind("Deployment");
        let path = kind.path(self.door.name);
        let (collection, _) = path.rsplit_once('/').unwrap();
        let path = format!("{collection}/{id}");
        let mut object = kind.object(&signed);
        object["metadata"]["name"] = id.into();
        let server = self.door.server;
        server.post(collection, &object).await.succeeded();
        *object.pointer_mut(&kind.image()).unwrap() = unsigned.as_str().into();
        let answer = if way == Method::PUT {
            server.put(&path, &object).await
        } else {
            let media = "application/strategic-merge-patch+json";
            let patch = json!({"spec": {"template": object["spec"]["template"]}});
            server.send(way, &path, media, Some(&patch)).await
        };
        assert!(answer.refused().contains("simple-no-signature"));
        self.undone(id, &unsigned).await;
        "refused"
    }

    /// `trust: {enabled: false}` under this pattern; and the way to write what was meant.
    async fn switches_off(&self, case: &Value) -> &'static str {
        let id = word(case, "id");
        let pattern = word(case, "name").strip_prefix("wildcard ").unwrap();
        let image = word(case, "workload");
        self.demands(id, pattern, &json!({"trust": {"enabled": false}}));
        self.governed(image).await;
        let came = self.creates(case, image, "policy-invalid").await;
        self.demands(id, pattern, &json!({}));
        self.door.comes(image, 201).await;
        self.undone(id, image).await;
        came
    }

    /// What a trust server says of two tags.
    async fn trusts(&self, case: &Value, notary: &NotaryServer) -> &'static str {
        let id = word(case, "id");
        let gun = format!("registry.example/{id}/app");
        let mut collection = Collection::new(&gun, doorward_webhook::now());
        collection.add_target("signed", Target::image(&Image::sample("app")));
        notary.publish(&collection.publish());
        let body = json!({"trust": {"enabled": true, "trustServer": notary.url()}});
        self.demands(id, &gun, &body);
        let [signed, unsigned] = ["signed", "unsigned"].map(|tag| format!("{gun}:{tag}"));
        self.governed(&signed).await;
        assert_eq!(
            self.creates(case, &unsigned, "notary-not-released").await,
            "refused"
        );
        assert_eq!(self.creates(case, &signed, "").await, "pinned");
        self.undone(id, &signed).await;
        "signed runs, unsigned refused"
    }
}

fn word<'a>(case: &'a Value, field: &str) -> &'a str {
    case[field].as_str().unwrap()
}

/// How a scenario ends, in one word; those that end in more have the words of the file.
fn expected(case: &Value) -> &str {
    let text = word(case, "expect");
    let is = |words: &str| text.contains(words);
    match () {
        () if is("signed runs") => text,
        () if is("refused") => "refused",
        () if is("every image carries @sha256:") || is("digest form") => "pinned",
        () if is("no image carries") => "as written",
        () if text.starts_with("created") || text.starts_with("replacement pod starts") => {
            "created"
        }
        () => panic!("{text}"),
    }
}

/// What the policy for `ibm-system` that the chart brings makes of an image that it does not name.
async fn in_the_system(case: &Value) -> &'static str {
    let image = word(case, "workload").split(' ').next().unwrap();
    let Some(played) = policy_set::played().await else {
        // Said there: it needs Helm.
        return "refused";
    };
    let mut answers = played.answers.iter();
    let answer = answers.find(|(namespace, of, _)| *namespace == "ibm-system" && of == image);
    match answer.unwrap() {
        (_, _, Some(said)) => {
            assert!(said.contains("policy-no-match"), "{said}");
            "refused"
        }
        _ => "created",
    }
}

/// Plays a scenario.
async fn comes_of(case: &Value, one: &Ground, all: &Ground, notary: &NotaryServer) -> &'static str {
    let id = word(case, "id");
    let (first, both) = (["release-key"], ["release-key", "second-key"]);
    let anything = one.simple(&json!([{"type": "insecureAcceptAnything"}]));
    let of = |ground: &Ground, keys: &[&str], mutate: Option<bool>| {
        let mut body = ground.signed_by(keys);
        if let Some(mutate) = mutate {
            body["mutateImage"] = mutate.into();
        }
        body
    };
    let remapped = |ground: &Ground| {
        let to = format!("{}/{id}", ground.door.site.registry.address());
        let from = format!("{to}/remap");
        let identity = json!({"type": "remapIdentity", "prefix": from, "signedPrefix": to});
        let keys =
            json!([{"type": "signedBy", "keySecret": "release-key", "signedIdentity": identity}]);
        ground.simple(&keys)
    };
    let none = "simple-no-signature";
    match id {
        "e2e001" | "e2e005" | "e2e011" | "e2e020" | "e2e022" | "e2e024" | "e2e033" => {
            one.plays(case, &of(one, &first, None), By::First, "").await
        }
        "e2e004" | "e2e010" | "e2e014" => {
            // Upstream never makes the Secret, so it would refuse a signed one as well. With the key it is refused too.
            let absent = of(one, &["absent-key"], None);
            let unsigned = one.plays(case, &absent, By::Nobody, "secret-not-found");
            assert_eq!(unsigned.await, "refused");
            one.plays(case, &of(one, &first, None), By::Nobody, none)
                .await
        }
        "e2e019" | "e2e023" => {
            one.plays(case, &of(one, &first, None), By::Nobody, none)
                .await
        }
        "e2e025" => one.replaces_a_pod(id).await,
        "e2e026" => one.changes(id, Method::PATCH).await,
        "e2e027" => one.changes(id, Method::PUT).await,
        "e2e029" => {
            // Docker's own server is not there any more, so one that knows nothing of the image stands for it.
            let body = json!({"trust": {"enabled": true, "trustServer": notary.url()}});
            let image = "nginx:1.26.0";
            all.demands(id, "docker.io/nginx", &body);
            all.governed(image).await;
            let came = all.creates(case, image, "(notary-").await;
            all.undone(id, image).await;
            came
        }
        "e2e031" | "e2e041" => one.plays(case, &anything, By::Nobody, "").await,
        "e2e034" => one.plays(case, &of(one, &both, None), By::Both, "").await,
        "e2e035" => {
            let body = of(one, &both, Some(false));
            one.plays(case, &body, By::Both, "").await
        }
        "e2e039" => {
            one.plays(case, &of(one, &both, None), By::First, "(simple-")
                .await
        }
        "e2e040" => {
            one.plays(case, &remapped(one), By::FirstElsewhere, "")
                .await
        }
        "e2e045" | "e2e054" => all.plays(case, &of(all, &first, None), By::First, "").await,
        "e2e046" => all.plays(case, &of(all, &both, None), By::Both, "").await,
        "e2e047" => {
            let body = of(all, &both, Some(false));
            all.plays(case, &body, By::Both, "").await
        }
        "e2e048" => {
            let body = of(all, &both, Some(true));
            all.plays(case, &body, By::Both, "").await
        }
        "e2e052" => {
            all.plays(case, &remapped(all), By::FirstElsewhere, "")
                .await
        }
        "e2e055" | "e2e056" | "e2e057" => one.switches_off(case).await,
        "e2e059" => in_the_system(case).await,
        "e2e063" => one.trusts(case, notary).await,
        _ => panic!("{id} is played by nobody"),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_scenario_of_portieris_own_cluster_tests_ends_as_stated_or_otherwise_as_we_say() {
    if server().is_none() {
        return;
    }
    let notary = NotaryServer::builder().start().await;
    let one = Ground::new("upstream", "ImagePolicy", &notary).await;
    let all = Ground::new("upstream-cluster", "ClusterImagePolicy", &notary).await;
    let document = json_of(SCENARIOS);
    let cases = document["cases"].as_array().unwrap();
    let mut wrong = Vec::new();
    for case in cases {
        let id = word(case, "id");
        let came = comes_of(case, &one, &all, &notary).await;
        let is = |end: &str| came == end || end == "created" && came != "refused";
        match DIFFERENCES.iter().find(|(other, ..)| *other == id) {
            None if is(expected(case)) => {}
            None => wrong.push(format!("{id}: {came}, not {}", expected(case))),
            Some((_, end, why)) if is(expected(case)) || !is(end) => {
                wrong.push(format!("{id}: {came}, not {end} ({why})"));
            }
            Some(_) => {}
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    for (id, ..) in DIFFERENCES {
        assert!(cases.iter().any(|case| word(case, "id") == *id), "{id}");
    }
}
