//! Two programs that remember what they have seen of a signed collection, and of the repository of a trusted root, in the
//! cluster.

use std::fs;

use doorward_core::Timestamp;
use doorward_testkit::tuf::{Release, target};
use doorward_testkit::{Collection, Image, Lookaside, NotaryServer, SigstoreInstance, Target};
use serde_json::{Value, json};

use crate::door::Door;
use crate::objects::pod;
use crate::program::Program;
use crate::server::{eventually, server};
use crate::watched::install;

const NAME: &str = "shared-trust";
const GUN: &str = "registry.example/team/app";

/// What `--state-in-cluster` writes.
async fn remembered(door: &Door) -> Vec<Value> {
    let path = format!("/api/v1/namespaces/{}/configmaps", door.name);
    let list = door.server.get(&path).await.succeeded();
    let items = list["items"].as_array().unwrap().clone();
    // Every namespace has one with the authorities of the API server.
    let is_ours = |item: &Value| item["metadata"]["name"] != "kube-root-ca.crt";
    items.into_iter().filter(is_ours).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_one_program_has_seen_another_does_not_let_go_back_and_a_dry_run_leaves_nothing() {
    let Some(api) = server() else {
        return;
    };
    install(api).await;
    let now = doorward_webhook::now();
    let mut collection = Collection::new(GUN, now);
    collection.add_target("1", Target::image(&Image::sample("app")));
    let notary = NotaryServer::builder().start().await;
    let old = collection.publish();
    notary.publish(&old);

    let mut door = Door::standing(NAME).await.unwrap();
    let kubeconfig = api.kubeconfig();
    let kubeconfig = kubeconfig.to_str().unwrap().to_owned();
    let host = notary.url();
    let host = host
        .trim_start_matches("http://")
        .trim_end_matches('/')
        .to_owned();
    let start = |door: &Door| -> Program {
        let options = [
            "--from-cluster",
            "--kubeconfig",
            &kubeconfig,
            "--state-in-cluster",
        ];
        let more = ["--home-namespace", NAME, "--plain-http", &host];
        door.replica("127.0.0.1:0", &[&options[..], &more].concat())
    };
    let policy = json!({
        "apiVersion": "doorward.dev/v1", "kind": "ImagePolicy", "metadata": {"name": "released", "namespace": NAME},
        "spec": {"repositories": [{"name": "registry.example/*", "policy": {"trust": {
            "enabled": true, "trustServer": notary.url(), "pins": {"rootKeyIds": [collection.root_key_id()]},
        }}}]},
    });
    door.server
        .post(&door.policies(), &policy)
        .await
        .succeeded();
    let first = start(&door);
    let lead = async |door: &Door, to: &Program| {
        let url = format!("https://{}", to.address);
        door.guard_at(&url, door.authority.ca_pem()).await;
        // The API server has learnt of it once the program counts a review.
        eventually("this program is asked", async || {
            let image = format!("{GUN}:none");
            let dry = format!("{}?dryRun=All", door.pods());
            door.server.post(&dry, &pod("probe", &image)).await;
            (to.count("doorward_admission_requests_total").await > 0.0).then_some(())
        })
        .await;
    };
    lead(&door, &first).await;
    let image = format!("{GUN}:1");
    let admitted = door.comes(&image, 201).await;
    let pinned = format!("{GUN}@{}", Image::sample("app").digest());
    assert_eq!(admitted.body["spec"]["containers"][0]["image"], pinned);
    let left = remembered(&door).await;
    assert!(left.is_empty(), "all of that were dry runs: {left:?}");

    collection.add_target("2", Target::content(b"x"));
    notary.publish(&collection.publish());
    let created = door.server.post(&door.pods(), &pod("web", &image)).await;
    created.succeeded();
    assert!(!remembered(&door).await.is_empty());

    // The server shows what it showed before, to one who has never asked it.
    notary.publish(&old);
    let second = start(&door);
    lead(&door, &second).await;
    door.program = Some(second);
    let refused = door.comes(&image, 403).await;
    assert!(refused.refused().contains("notary-rollback"), "{refused:?}");
}

/// The repository of a trusted root in this version, whose metadata ends then.
fn release(trusted_root: &[u8], version: u64, ends: Option<Timestamp>) -> Release {
    let mut release = Release::new(version);
    release.targets = vec![target("trusted_root.json", trusted_root)];
    if let Some(ends) = ends {
        let ends: &'static str = Box::leak(ends.to_string().into_boxed_str());
        release.expires = [ends; 3];
    }
    release
}

fn publish(server: &Lookaside, release: &Release) {
    for (path, bytes) in release.files() {
        server.put_file(path.strip_prefix("metadata/").unwrap_or(&path), bytes);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_repository_of_a_trusted_root_that_one_program_has_seen_is_not_let_go_back_for_another() {
    const NAME: &str = "shared-root";
    const UNSIGNED: &str = "(sigstore-none)";
    let Some(api) = server() else {
        return;
    };
    install(api).await;
    let door = Door::standing(NAME).await.unwrap();
    let trusted_root = tokio::task::spawn_blocking(|| {
        SigstoreInstance::start_blocking("acme")
            .trusted_root()
            .to_string()
    });
    let trusted_root = trusted_root.await.unwrap().into_bytes();
    let tuf = Lookaside::builder().start().await;
    let ends = doorward_webhook::now().plus(25);
    publish(&tuf, &release(&trusted_root, 2, Some(ends)));
    fs::write(door.path("root.json"), Release::first_root(true)).unwrap();

    let (kubeconfig, host) = (api.kubeconfig(), tuf.address());
    let named = format!("corp=root.json@{}", tuf.url());
    let run = |more: &[&str]| -> Program {
        let options = [
            "--from-cluster",
            "--kubeconfig",
            kubeconfig.to_str().unwrap(),
            "--home-namespace",
            NAME,
            "--plain-http",
            &host,
            "--trust-root",
            &named,
        ];
        door.replica("127.0.0.1:0", &[&options[..], more].concat())
    };
    let authority = json!({"keyless": {"issuer": "https://issuer.example", "subject": "dev@acme.test"}, "trustRoot": "corp"});
    let policy = json!({
        "apiVersion": "doorward.dev/v1", "kind": "ImagePolicy", "metadata": {"name": "signed", "namespace": NAME},
        "spec": {"repositories": [{"name": "*", "policy": {"sigstore": {"authorities": [authority]}}}]},
    });
    door.server
        .post(&door.policies(), &policy)
        .await
        .succeeded();
    let (image, _) = door.site.unsigned("app");
    // What this program answers, once it is the one that is asked and knows the policy.
    let said = async |program: &Program| {
        let url = format!("https://{}", program.address);
        door.guard_at(&url, door.authority.ca_pem()).await;
        eventually("this program is asked", async || {
            let answer = door.server.post(&door.pods(), &pod("web", &image)).await;
            let is_asked = program.count("doorward_admission_requests_total").await > 0.0;
            let is_known =
                is_asked && answer.status == 403 && !answer.refused().contains("(policy-no");
            is_known.then(|| answer.refused().to_owned())
        })
        .await
    };
    // The root is good: all that is wrong is the image.
    let first = run(&["--state-in-cluster"]);
    let answer = said(&first).await;
    assert!(answer.contains(UNSIGNED), "{answer}");
    eventually("it is remembered", async || {
        (!remembered(&door).await.is_empty()).then_some(())
    })
    .await;
    drop(first);

    // What was seen has ended. The repository shows an earlier state, which ends late.
    publish(&tuf, &release(&trusted_root, 1, None));
    eventually("what was seen has ended", async || {
        (doorward_webhook::now() > ends).then_some(())
    })
    .await;
    let second = run(&["--state-in-cluster"]);
    let answer = said(&second).await;
    assert!(answer.contains("(sigstore-trust-root-invalid)"), "{answer}");
    assert!(answer.contains("timestamp.json"), "{answer}");
    drop(second);
    // It is good for one who has never seen another.
    let alone = run(&[]);
    let answer = said(&alone).await;
    assert!(answer.contains(UNSIGNED), "{answer}");
}
