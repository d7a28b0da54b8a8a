//! Round trips, counted, of an image whose own signature and whose signed report are demanded.

use crate::site::{Site, by, report};
use crate::texts::{SARIF, sarif};

/// The policy that demands both.
fn both() -> String {
    let signed = by("scanner");
    let own = signed.trim_start_matches('{').trim_end_matches('}');
    format!("{own}}}, {}", report(""))
}

async fn site() -> Site {
    let site = Site::under(&both()).await;
    site.attach(SARIF, &sarif(&[]));
    site.sign(&site.envelope(&site.scanner, &site.image), &site.image);
    site
}

/// What the registry was asked since the last time, in short.
fn asked(site: &Site) -> Vec<String> {
    let kind = |path: &str| {
        let parts: Vec<&str> = path.rsplit('/').collect();
        parts
            .get(1)
            .map_or_else(String::new, |one| (*one).to_owned())
    };
    let requests = site.registry.take_requests();
    requests.iter().map(|request| kind(&request.path)).collect()
}

#[tokio::test]
async fn a_cold_digest_with_a_signature_and_a_signed_report_takes_six_round_trips() {
    let site = site().await;
    let verdict = site.decide_about(&site.by_digest()).await;
    assert_eq!(verdict.code(), None, "{}", crate::site::said(&verdict));
    assert_eq!(verdict.cost().flights, 6);
    let asked = asked(&site);
    let count = |kind: &str| asked.iter().filter(|one| *one == kind).count();
    // The list of the image is shared by both; the other one is that of the report.
    assert_eq!(count("referrers"), 2, "{asked:?}");
    // Two envelopes and the report.
    assert_eq!(count("blobs"), 3, "{asked:?}");
}

#[tokio::test]
async fn who_signed_a_report_is_asked_each_time() {
    let site = site().await;
    let _ = site.decide_about(&site.by_digest()).await;
    let _ = asked(&site);
    let verdict = site.decide_about(&site.by_digest()).await;
    assert_eq!(verdict.code(), None);
    let asked = asked(&site);
    let count = |kind: &str| asked.iter().filter(|one| *one == kind).count();
    // A later signature may be there by now. What is remembered is that the image is signed: its envelope is not read.
    assert_eq!((count("referrers"), count("blobs")), (2, 2), "{asked:?}");
}
