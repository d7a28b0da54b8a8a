//! The first review of each of many images, with registry and signature store 20 ms away.

use std::time::Duration;

use crate::Options;
use crate::drive::{Asked, Expected, Figures, Pace, drive};
use crate::program::Program;
use crate::reviews::pod;
use crate::site::Site;

const ROUND_TRIP: Duration = Duration::from_millis(20);
const IMAGES: usize = 256;

pub(crate) async fn measure(options: &Options) {
    println!(
        "servers {} ms away\n{}",
        ROUND_TRIP.as_millis(),
        Figures::HEADER
    );
    for connections in [1, 8, 64] {
        let site = Site::start().await;
        let images: Vec<_> = (0..IMAGES)
            .map(|number| site.signed(&format!("app{number}")))
            .collect();
        let more = ["--log", &options.log, "--max-concurrent", "256"];
        let program = Program::start(&site, &more);
        // The connection to it and to the registry is there, as it is a second after any start.
        let first = Asked::same(pod(&[&site.signed("first")]), true);
        let pace = |reviews| Pace {
            connections,
            reviews,
            h2: options.h2,
        };
        drive(&site, &program, &first, pace(connections)).await;
        site.set_latency(ROUND_TRIP);
        let bodies: Vec<_> = images.iter().map(|image| pod(&[image])).collect();
        let each = move |number: usize| bodies[number].clone();
        let asked = Asked::each(each, Expected::Allowed(true));
        for name in ["first review", "second review"] {
            let figures = drive(&site, &program, &asked, pace(IMAGES)).await;
            println!("{}", figures.row(name, connections));
        }
    }
}
