//! A webhook that is down, policies that change, certificates that are replaced.

use doorward_testkit::TlsAuthority;
use serde_json::json;

use crate::door::Door;
use crate::objects::{kind, pod};
use crate::server::eventually;
use crate::support::UNCHECKED;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn while_the_webhook_is_down_nothing_comes_in_and_what_is_there_can_go() {
    let Some(mut door) = Door::open("outage-down", "").await else {
        return;
    };
    let (image, digest) = door.site.signed("app");
    door.kubectl_does("create -f -", Some(&kind("Deployment").object(&image)));
    let address = door.program().address.to_string();
    door.program = None;

    let create = format!("run web --image={image}");
    let said = door.kubectl_fails(&create, None);
    let called = "Error from server (InternalError): Internal error occurred: failed calling webhook \
                  \"mutate.doorward.dev\": ";
    assert!(said.starts_with(called), "{said}");
    assert_eq!(door.server.get(&door.pod("web")).await.status, 404);
    door.kubectl_does("scale deployment/app --replicas=0", None);
    door.kubectl_does("delete deployment app", None);

    door.start(&address);
    door.is_asked().await;
    door.kubectl_does(&create, None);
    let stored = door
        .image(&door.pod("web"), "/spec/containers/0/image")
        .await;
    assert_eq!(stored, door.pinned("app", &digest));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_policy_that_changes_on_disk_changes_what_comes_in() {
    let Some(door) = Door::open("outage-policy", "").await else {
        return;
    };
    let (image, _) = door.site.unsigned("app");
    let dry = format!("{}?dryRun=All", door.pods());
    let comes = async |status: u16| {
        eventually("the policy is in force", async || {
            let answer = door.server.post(&dry, &pod("web", &image)).await;
            (answer.status == status).then_some(answer)
        })
        .await
    };
    comes(403).await;
    let strict = door.site.policy("");
    door.write("policies/policy.yaml", UNCHECKED);
    comes(201).await;
    door.write("policies/policy.yaml", &strict);
    comes(403).await;
    door.write("policies/policy.yaml", "kind: [");
    let broken = comes(403).await;
    assert!(broken.refused().contains("policy"), "{broken:?}");
    door.write(
        "policies/policy.yaml",
        &door.site.policy("      mode: warn\n"),
    );
    let warned = comes(201).await;
    assert_eq!(warned.warnings.len(), 1, "{warned:?}");
    let name = format!("container main: {image}: simple-no-signature");
    assert!(warned.warnings[0].starts_with(&name), "{warned:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_creation_fails_while_certificate_and_authority_are_replaced() {
    let Some(door) = Door::open("outage-certificate", "").await else {
        return;
    };
    let (image, _) = door.site.signed("app");
    let url = format!("https://{}", door.program().address);
    let next = TlsAuthority::new();
    // As it is done: trust both, change what is shown, trust the new one alone.
    let both = format!("{}{}", door.authority.ca_pem(), next.ca_pem());
    let changes = async {
        door.guard_at(&url, &both).await;
        // It shows in no count that the API server goes by the new configuration; an object between them does.
        for _ in 0..20 {
            create(&door, &image).await;
        }
        let loaded = "doorward_reloads_total{outcome=\"applied\",source=\"certificate\"}";
        let before = door.program().count(loaded).await;
        door.show(&next);
        eventually("the certificate is served", async || {
            (door.program().count(loaded).await > before).then_some(())
        })
        .await;
        door.guard_at(&url, next.ca_pem()).await;
        for _ in 0..20 {
            create(&door, &image).await;
        }
    };
    tokio::select! {
        () = changes => {}
        () = keep_creating(&door, &image) => {}
    }
    // Only the new one is trusted by now, so this is how it is asked.
    door.is_asked().await;
}

/// Eight at a time, without end.
async fn keep_creating(door: &Door, image: &str) {
    loop {
        let eight = (0..8).map(|_| create(door, image));
        futures::future::join_all(eight).await;
    }
}

async fn create(door: &Door, image: &str) {
    let dry = format!("{}?dryRun=All", door.pods());
    let mut object = pod("", image);
    object["metadata"] = json!({"generateName": "web-"});
    let stored = door.server.post(&dry, &object).await.succeeded();
    let image = stored["spec"]["containers"][0]["image"].as_str().unwrap();
    assert!(image.contains("@sha256:"), "{image}");
}
