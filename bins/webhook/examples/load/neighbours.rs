//! Remembered images of one namespace while servers of other images are silent, or send clients away.

use std::time::Duration;

use doorward_testkit::{Fault, FaultRule, Lookaside, Registry};

use crate::Options;
use crate::drive::{Asked, Figures, Pace, client, row};
use crate::program::Program;
use crate::reviews::{pod, pod_in};
use crate::site::Site;

/// How many neighbours ask all the time.
const NEIGHBOURS: usize = 64;

pub(crate) async fn measure(options: &Options) {
    println!(
        "beside {NEIGHBOURS} who ask in another namespace all the time\n{}",
        Figures::HEADER
    );
    let storms = [
        ("alone", None),
        (
            "silent registry",
            Some((Server::Registry, Fault::StallBeforeHeaders)),
        ),
        (
            "registry stalls in a body",
            Some((Server::Registry, Fault::StallInBody { after: 10 })),
        ),
        (
            "silent signature store",
            Some((Server::Store, Fault::StallBeforeHeaders)),
        ),
        (
            "silent trust server",
            Some((Server::Trust, Fault::StallBeforeHeaders)),
        ),
        (
            "registry says 429",
            Some((
                Server::Registry,
                Fault::TooManyRequests {
                    retry_after: Some(1),
                },
            )),
        ),
        (
            "registry says 429, no time",
            Some((
                Server::Registry,
                Fault::TooManyRequests { retry_after: None },
            )),
        ),
    ];
    for (name, storm) in storms {
        let site = Site::start().await;
        let other = Other::start().await;
        site.add_policy(&other.policy());
        let addresses = format!("{},{}", other.registry.address(), other.store.address());
        let program = Program::start(&site, &["--log", &options.log, "--plain-http", &addresses]);
        let warm = Asked::same(pod(&[&site.signed("app")]), true);
        let mut askers = Vec::new();
        if let Some((server, fault)) = storm {
            other.break_with(server, fault);
            let images: Vec<_> = (0..NEIGHBOURS).map(|n| other.image(server, n)).collect();
            askers = images
                .iter()
                .map(|image| tokio::spawn(keep_asking(&site, &program, pod_in("other", &[image]))))
                .collect();
            tokio::time::sleep(Duration::from_millis(500)).await;
        }
        let pace = Pace {
            connections: options.connections,
            reviews: options.reviews,
            h2: options.h2,
        };
        row(name, &site, &program, &warm, pace).await;
        for asker in askers {
            asker.abort();
        }
    }
}

/// Which server of the neighbours does not do its part.
#[derive(Clone, Copy)]
enum Server {
    Registry,
    Store,
    Trust,
}

/// The servers of the neighbours' images.
struct Other {
    registry: Registry,
    store: Lookaside,
}

impl Other {
    async fn start() -> Self {
        Self {
            registry: Registry::builder().start().await,
            store: Lookaside::builder().start().await,
        }
    }

    fn break_with(&self, server: Server, fault: Fault) {
        let rule = FaultRule::new(fault);
        match server {
            Server::Registry => self.registry.fault(rule),
            Server::Store | Server::Trust => self.store.fault(rule),
        }
    }

    /// An image that nobody has asked about yet.
    fn image(&self, server: Server, number: usize) -> String {
        let group = match server {
            Server::Trust => "trusted",
            Server::Registry | Server::Store => "simple",
        };
        let name = format!("{group}/app{number}");
        let image = doorward_testkit::Image::sample(&name);
        self.registry.push_image(&name, "1", &image);
        self.registry.reference(&name, "1")
    }

    /// The store stands for a trust server too: it is only ever silent as one.
    fn policy(&self) -> String {
        let (registry, store) = (self.registry.address(), self.store.url());
        format!(
            "\x20 - name: '{registry}/simple/*'\n    policy:\n      simple:\n        storeURL: '{store}'\n        requirements:\n\
             \x20       - {{type: signedBy, keySecret: release-key}}\n\
             \x20 - name: '{registry}/trusted/*'\n    policy:\n      trust: {{enabled: true, trustServer: '{store}', pins: {{trustOnFirstUse: true}}}}\n"
        )
    }
}

/// Asks about the same image until it is stopped. How it is answered, and when, is of no interest.
fn keep_asking(site: &Site, program: &Program, body: String) -> impl Future<Output = ()> + use<> {
    let client = client(site, false);
    let url = format!("https://{}/mutate", program.address);
    async move {
        for number in 0_u64.. {
            let request = client
                .post(&url)
                .header("content-type", "application/json")
                .body(body.replacen("UID", &number.to_string(), 1));
            if let Ok(answer) = request.send().await {
                // Those who are sent away come again after a while, as API servers do.
                if answer.status().as_u16() == 429 {
                    tokio::time::sleep(Duration::from_millis(100)).await;
                }
                let _ = answer.bytes().await;
            }
        }
    }
}
