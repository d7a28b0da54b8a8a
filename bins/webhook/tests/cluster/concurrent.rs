//! Many at a time.

use futures::future::join_all;

use crate::door::Door;
use crate::objects::pod;

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
