//! Many at a time.

use std::process::Stdio;
use std::time::Duration;

use futures::future::join_all;

use crate::door::Door;
use crate::objects::pod;
use crate::server::eventually;

const MANY: usize = 64;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_64_pods_created_at_once_none_is_refused_and_all_are_pinned() {
    let Some(door) = Door::open("concurrent-signed", "").await else {
        return;
    };
    // Half of them are of one image, the others each of their own.
    let mut wanted = Vec::new();
    for number in 0..MANY {
        let own = format!("app{}", number / 2 * (number % 2));
        let (image, digest) = door.site.signed(&own);
        wanted.push((image, door.pinned(&own, &digest)));
    }
    let pods = door.pods();
    let creations = wanted.iter().enumerate().map(|(number, (image, _))| {
        let object = pod(&format!("web-{number}"), image);
        let (server, pods) = (door.server, &pods);
        async move { server.post(pods, &object).await }
    });
    let answers = join_all(creations).await;
    for (answer, (_, pinned)) in answers.into_iter().zip(&wanted) {
        let stored = answer.succeeded();
        assert_eq!(stored["spec"]["containers"][0]["image"], **pinned);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_64_unsigned_pods_created_at_once_none_comes_in_and_each_hears_why() {
    let Some(door) = Door::open("concurrent-unsigned", "").await else {
        return;
    };
    let (image, _) = door.site.unsigned("app");
    let pods = door.pods();
    let creations = (0..MANY).map(|number| {
        let object = pod(&format!("web-{number}"), &image);
        let (server, pods) = (door.server, &pods);
        async move { server.post(pods, &object).await }
    });
    for answer in join_all(creations).await {
        assert_eq!(answer.status, 403, "{answer:?}");
        assert!(
            answer.refused().contains("(simple-no-signature)"),
            "{answer:?}"
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_finds_no_room_beside_slow_reviews_is_tried_again_by_kubectl_and_comes_in() {
    // One namespace has a quarter of these places.
    let Some(door) = Door::build_with("concurrent-busy", &["--max-concurrent", "8"]).await else {
        return;
    };
    door.guard().await;
    let registry = &door.site.registry;
    registry.set_latency(Duration::from_secs(1));
    let images: Vec<_> = ["one", "two", "three"]
        .map(|name| (name, door.site.signed(name)))
        .into();
    let pods = door.pods();
    let slow = images[..2].iter().map(|(name, (image, _))| {
        let (pods, object) = (&pods, pod(name, image));
        let server = door.server;
        async move { server.post(pods, &object).await.succeeded() }
    });
    let third = async {
        eventually("both are judged", async || {
            let asked = registry.requests();
            let is_judged = |name: &str| asked.iter().any(|ask| ask.line().contains(name));
            (is_judged("/one/") && is_judged("/two/")).then_some(())
        })
        .await;
        let mut command = door.server.kubectl();
        command.args(["--namespace", door.name, "run", "three", "--image"]);
        command.arg(&images[2].1.0).stdout(Stdio::null());
        let mut kubectl = command.spawn().unwrap();
        let busy = "doorward_http_rejections_total{reason=\"overloaded\"}";
        eventually("the third is put off", async || {
            (door.program().count(busy).await > 0.0).then_some(())
        })
        .await;
        registry.set_latency(Duration::ZERO);
        let status = tokio::task::spawn_blocking(move || kubectl.wait().unwrap());
        assert!(status.await.unwrap().success());
    };
    futures::future::join(join_all(slow), third).await;
    for (name, (_, digest)) in &images {
        let stored = door
            .image(&door.pod(name), "/spec/containers/0/image")
            .await;
        assert_eq!(stored, door.pinned(name, digest));
    }
}
