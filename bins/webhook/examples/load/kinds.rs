//! Reviews of each kind, one after another and several at a time.

use std::time::Duration;

use crate::Options;
use crate::drive::{Asked, Expected, Figures, Pace, drive, row};
use crate::program::Program;
use crate::reviews::{digest_of, not_judged, pod};
use crate::site::Site;

pub(crate) async fn measure(options: &Options) {
    let site = Site::start().await;
    let tagged = site.signed("app");
    let digest = digest_of(&site, "app");
    let digested = format!("{}@{digest}", tagged.rsplit_once(':').unwrap().0);
    let unsigned = site.unsigned("bad");
    let log = ["--log", &options.log[..]];
    let remembering = Program::start(&site, &[&log[..], &["--proof-lifetime", "1h"]].concat());
    let forgetting = Program::start(&site, &[&log[..], &["--proof-lifetime", "0s"]].concat());
    let records = site.path("records").display().to_string();
    let recording = |share: &str| {
        let records = format!("{records}-{share}");
        let more = ["--record-dir", &records, "--record-admissions", share];
        let forgetting = ["--proof-lifetime", "0s"];
        Program::start(&site, &[&log[..], &forgetting, &more].concat())
    };
    let (refusals_recorded, all_recorded) = (recording("0"), recording("1"));

    let allowed = |images: &[&str]| Asked::same(pod(images), true);
    let no_review = Asked::each(|_| pod(&["free.example/app:1"]), Expected::Status(404));
    let cases = [
        (
            "no review: no such path",
            &remembering,
            no_review.at("/nothing"),
        ),
        (
            "nothing to judge",
            &remembering,
            Asked::same(not_judged(), true),
        ),
        (
            "allow, nothing demanded",
            &remembering,
            allowed(&["free.example/app:1"]),
        ),
        ("verified (RSA-3072)", &forgetting, allowed(&[&tagged])),
        (
            "verified, refusals kept",
            &refusals_recorded,
            allowed(&[&tagged]),
        ),
        ("verified and recorded", &all_recorded, allowed(&[&tagged])),
        ("remembered, tag", &remembering, allowed(&[&tagged])),
        ("remembered, digest", &remembering, allowed(&[&digested])),
        (
            "denied, unsigned",
            &remembering,
            Asked::same(pod(&[&unsigned]), false),
        ),
    ];
    println!("{}", Figures::HEADER);
    let mut ratios = Vec::new();
    for connections in [1, options.connections] {
        let pace = Pace {
            connections,
            reviews: options.reviews,
            h2: options.h2,
        };
        let mut bare = None;
        for (name, program, asked) in &cases {
            let figures = row(name, &site, program, asked, pace).await;
            let bare = bare.get_or_insert((figures.rate(), figures.cost()));
            if name.starts_with("remembered") {
                ratios.push(format!(
                    "{name}, {connections} at a time: {:.2} of the rate of what needs no review, {:.2} times its CPU time",
                    figures.rate() / bare.0,
                    figures.cost() / bare.1,
                ));
            }
        }
    }
    three(&site, &forgetting, options).await;
    for ratio in ratios {
        println!("{ratio}");
    }
}

/// What three images in one Pod cost, compared with one, where none of them was seen before and servers are 5 ms away.
async fn three(site: &Site, program: &Program, options: &Options) {
    const REVIEWS: usize = 60;
    let pace = Pace {
        connections: 1,
        reviews: REVIEWS,
        h2: options.h2,
    };
    let mut medians = Vec::new();
    for (name, count) in [("5 ms away, one image", 1), ("5 ms away, three images", 3)] {
        let bodies: Vec<_> = (0..REVIEWS)
            .map(|review| {
                let own = |image| site.signed(&format!("new{count}-{review}-{image}"));
                let images: Vec<_> = (0..count).map(own).collect();
                pod(&images.iter().map(String::as_str).collect::<Vec<_>>())
            })
            .collect();
        let asked = Asked::each(
            move |number| bodies[number].clone(),
            Expected::Allowed(true),
        );
        site.set_latency(Duration::from_millis(5));
        let figures = drive(site, program, &asked, pace).await;
        site.set_latency(Duration::ZERO);
        println!("{}", figures.row(name, 1));
        medians.push(figures.median());
    }
    println!(
        "\nthree images cost {:.2} times one image (median)",
        medians[1] / medians[0]
    );
}
