//! Two replicas behind one address, of which one ends.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use futures::future::join_all;
use tokio::net::{TcpListener, TcpStream};

use crate::door::Door;
use crate::objects::pod;
use crate::program::Program;
use crate::server::eventually;

/// What a Service does: new connections go to a replica that is ready, and those that are there stay where they are.
struct Service {
    address: SocketAddr,
    /// The number of connections that the first replica got.
    first: Arc<AtomicUsize>,
}

impl Service {
    async fn start(replicas: [(SocketAddr, SocketAddr); 2]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let first = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&first);
        tokio::spawn(async move {
            let mut turn = 0;
            while let Ok((mut client, _)) = listener.accept().await {
                turn += 1;
                let counted = Arc::clone(&counted);
                tokio::spawn(async move {
                    for number in [turn % 2, (turn + 1) % 2] {
                        let (address, admin) = replicas[number];
                        if !is_ready(admin).await {
                            continue;
                        }
                        let Ok(mut server) = TcpStream::connect(address).await else {
                            continue;
                        };
                        if number == 0 {
                            counted.fetch_add(1, Ordering::Relaxed);
                        }
                        let _ = tokio::io::copy_bidirectional(&mut client, &mut server).await;
                        return;
                    }
                });
            }
        });
        Self { address, first }
    }
}

async fn is_ready(admin: SocketAddr) -> bool {
    let answer = reqwest::get(format!("http://{admin}/readyz")).await;
    answer.is_ok_and(|answer| answer.status() == 200)
}

fn addresses(program: &Program) -> (SocketAddr, SocketAddr) {
    (program.address, program.admin)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_creation_fails_while_one_of_two_replicas_ends() {
    let Some(door) = Door::build("replicas-end", "").await else {
        return;
    };
    let (image, _) = door.site.signed("app");
    for _ in 0..3 {
        let mut first = door.replica("127.0.0.1:0", &["--drain-delay", "2s"]);
        let service = Service::start([addresses(&first), addresses(door.program())]).await;
        let url = format!("https://{}", service.address);
        door.guard_at(&url, door.authority.ca_pem()).await;
        eventually("the API server asks both replicas", async || {
            join_all((0..24).map(|_| create(&door, &image))).await;
            (service.first.load(Ordering::Relaxed) > 0).then_some(())
        })
        .await;
        // With connections enough that some are always without a review.
        many(&door, &image).await;

        first.terminate();
        let ended = eventually("the first replica ends", async || {
            many(&door, &image).await;
            first.ended_well()
        })
        .await;
        assert!(ended, "it ends well");
        many(&door, &image).await;
    }
}

/// Twenty-four at once, all of which must be pinned.
async fn many(door: &Door, image: &str) {
    let images = join_all((0..24).map(|_| create(door, image))).await;
    assert!(
        images.iter().all(|image| image.contains("@sha256:")),
        "{images:?}"
    );
}

/// The image that a Pod would have.
async fn create(door: &Door, image: &str) -> String {
    let dry = format!("{}?dryRun=All", door.pods());
    let stored = door.server.post(&dry, &pod("web", image)).await.succeeded();
    let image = &stored["spec"]["containers"][0]["image"];
    image.as_str().unwrap().to_owned()
}
