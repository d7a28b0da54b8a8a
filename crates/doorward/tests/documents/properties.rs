//! What holds of any documents.

use doorward::Decision;
use proptest::prelude::*;

use crate::site::{HOUR, NOW, Site, by, report};
use crate::texts::{OPENVEX, SARIF, openvex, sarif_of};

/// A report: its scanner, the score of its finding, its age in hours, and who signs it.
#[derive(Clone, Debug)]
struct Report {
    scanner: &'static str,
    score: &'static str,
    age: i64,
    by: Signer,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Signer {
    Nobody,
    Scanner,
    Stranger,
}

fn any_signed() -> impl Strategy<Value = Report> {
    any_by(Just(Signer::Scanner))
}

fn any_unsigned() -> impl Strategy<Value = Report> {
    any_by(prop::sample::select(vec![Signer::Nobody, Signer::Stranger]))
}

fn any_by(by: impl Strategy<Value = Signer>) -> impl Strategy<Value = Report> {
    let scanner = prop::sample::select(vec!["Trivy", "grype"]);
    let score = prop::sample::select(vec!["1.0", "9.8"]);
    (scanner, score, 0..4_i64, by).prop_map(|(scanner, score, age, by)| Report {
        scanner,
        score,
        age,
        by,
    })
}

fn attach(site: &Site, report: &Report) {
    let content = sarif_of(report.scanner, &[("CVE-2026-1", report.score)]);
    let at = NOW.plus(-report.age * HOUR);
    match report.by {
        Signer::Nobody => {
            site.push(&site.document(SARIF, &content));
        }
        Signer::Scanner => {
            site.attach_at(SARIF, &content, at);
        }
        Signer::Stranger => {
            site.attach_by(&site.stranger, SARIF, &content, at);
        }
    }
}

fn run<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    runtime.unwrap().block_on(future)
}

/// Whether the newest report of every scanner is tolerated, and of equal times all of them.
fn tolerated(reports: &[Report]) -> bool {
    let counts = |one: &&Report| {
        let mut same = reports.iter().filter(|other| other.scanner == one.scanner);
        same.all(|other| other.age >= one.age)
    };
    !reports.is_empty() && reports.iter().filter(counts).all(|one| one.score == "1.0")
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn the_newest_of_every_scanner_decides_and_what_is_not_signed_changes_nothing(
        signed in prop::collection::vec(any_signed(), 0..4),
        unsigned in prop::collection::vec(any_unsigned(), 0..4),
        before in any::<bool>(),
    ) {
        let decision = run(async {
            let site = Site::under(&report("")).await;
            let (first, second) = if before { (&unsigned, &signed) } else { (&signed, &unsigned) };
            first.iter().chain(second).for_each(|one| attach(&site, one));
            site.decide().await.decision()
        });
        prop_assert_eq!(decision == Decision::Allow, tolerated(&signed), "{:?}", signed);
    }

    #[test]
    fn a_statement_that_is_not_signed_never_admits_what_was_refused(
        signed in prop::collection::vec(any_signed(), 1..3),
        status in prop::sample::select(vec!["not_affected", "fixed", "affected"]),
    ) {
        let vex = format!(", vex: {{signedBy: {}, statuses: [fixed, not_affected]}}", by("security"));
        let decision = run(async {
            let site = Site::under(&report(&vex)).await;
            signed.iter().for_each(|one| attach(&site, one));
            let statement = openvex(&site.digest(), "CVE-2026-1", status, "2025-12-31T00:00:00Z");
            site.push(&site.document(OPENVEX, &statement));
            site.decide().await.decision()
        });
        prop_assert_eq!(decision == Decision::Allow, tolerated(&signed));
    }

    #[test]
    fn adding_an_entry_that_demands_more_never_admits_what_was_refused(
        signed in prop::collection::vec(any_signed(), 0..3),
        more in prop::sample::select(vec![
            ", maxAge: 1h", ", failOn: [CVE-2026-1]", ", maxAge: 100h", ", artifactType: application/sarif+json",
        ]),
    ) {
        let (before, after) = run(async {
            let mut site = Site::under(&report("")).await;
            signed.iter().for_each(|one| attach(&site, one));
            let before = site.decide().await.decision();
            site.govern(&report(more));
            (before, site.decide().await.decision())
        });
        if before == Decision::Deny {
            prop_assert_eq!(after, Decision::Deny);
        }
    }
}
