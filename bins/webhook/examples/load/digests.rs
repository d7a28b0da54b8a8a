//! Memory while ever more different images are judged.

use crate::Options;
use crate::drive::{Asked, Expected, Figures, Pace, drive};
use crate::program::Program;
use crate::reviews::pod;
use crate::site::Site;

const STEPS: usize = 10;

pub(crate) async fn measure(options: &Options) {
    let site = Site::quick().await;
    let program = Program::start(&site, &["--log", &options.log]);
    println!("idle: {:.1} MiB", program.resident());
    println!("{}", Figures::HEADER);
    let share = options.digests.div_ceil(STEPS);
    for step in 0..STEPS {
        let names: Vec<_> = (0..share)
            .map(|number| format!("app{step}-{number}"))
            .collect();
        let bodies: Vec<_> = site
            .signed_small(&names)
            .iter()
            .map(|reference| pod(&[reference]))
            .collect();
        let each = move |number: usize| bodies[number].clone();
        let pace = Pace {
            connections: options.connections,
            reviews: share,
            h2: options.h2,
        };
        let asked = Asked::each(each, Expected::Allowed(true));
        let figures = drive(&site, &program, &asked, pace).await;
        site.forget_requests();
        let name = format!("after {} digests", (step + 1) * share);
        println!("{}", figures.row(&name, options.connections));
    }
}
