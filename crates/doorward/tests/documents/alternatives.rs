//! Documents that one of several authorities may sign, or several must: when they were signed, and by how many.

use doorward::Decision;
use doorward_testkit::{CertificateBuilder, Certified, EnvelopeBuilder, Image, KeyKind};

use crate::site::{HOUR, NOW, Site, named, said};
use crate::texts::{SARIF, sarif};

const BAD: &[(&str, &str)] = &[("CVE-2026-1", "9.8")];
const DAY: i64 = 24 * HOUR;

/// A site where signers below several roots count, and so many must have signed. All have signed a clean report five days
/// ago, and none a bad one.
struct Roots {
    site: Site,
    roots: Vec<Certified>,
    bad: Image,
}

/// One signature: by which root, when, until when, and at which stage.
type Made<'s> = (usize, i64, Option<i64>, &'s str);

impl Roots {
    /// With a statement for each of the roots, in this order.
    async fn new(require: &str, order: &[usize]) -> Self {
        let statement = |root: &usize| {
            format!(
                "{{trustStores: [{{type: ca, secret: root{root}}}], trustedIdentities: ['*'], userMetadata: {{stage: prod}}}}"
            )
        };
        let statements: Vec<String> = order.iter().map(statement).collect();
        let body = format!(
            "vulnerability: {{report: {{maxSeverity: high, signedBy: {{notation: {{require: {require}, statements: [{}]}}}}}}}}",
            statements.join(", ")
        );
        let mut site = Site::under(&body).await;
        let roots: Vec<Certified> = (0..order.len())
            .map(|number| {
                let key = 42 + u64::try_from(number).unwrap();
                CertificateBuilder::authority(&format!("root {number}"))
                    .key(KeyKind::P256, key)
                    .self_signed()
            })
            .collect();
        for (number, root) in roots.iter().enumerate() {
            site.secret(&format!("root{number}"), root);
        }
        let clean = site.document(SARIF, &sarif(&[]));
        site.push(&clean);
        let bad = site.document(SARIF, &sarif(BAD));
        site.push(&bad);
        let all = Self { site, roots, bad };
        for root in 0..all.roots.len() {
            all.sign(&clean, (root, -5 * DAY, None, "prod"));
        }
        all
    }

    fn sign(&self, document: &Image, (root, at, end, stage): Made<'_>) {
        let root = &self.roots[root];
        let signer = named(CertificateBuilder::code_signer("scanner"), "scanner").issued_by(root);
        let target = document.manifest().descriptor();
        let mut envelope = EnvelopeBuilder::new(&[&signer, root], &target)
            .signed_at(NOW.plus(at))
            .metadata("stage", stage);
        if let Some(end) = end {
            envelope = envelope.expires(NOW.plus(end));
        }
        self.site.sign(&envelope, document);
    }

    /// What is decided once the bad report is signed like that.
    async fn refuses(&self, made: Made<'_>) -> String {
        self.sign(&self.bad, made);
        let verdict = self.site.decide().await;
        assert_eq!(verdict.decision(), Decision::Deny, "{made:?}");
        said(&verdict)
    }
}

const ORDERS: [[usize; 2]; 2] = [[0, 1], [1, 0]];

#[tokio::test]
async fn of_alternatives_the_one_that_signed_last_tells_the_time_in_whichever_order_they_stand() {
    for order in ORDERS {
        let all = Roots::new("any", &order).await;
        all.sign(&all.bad, (0, -6 * DAY, None, "prod"));
        all.site.admits().await;
        // It came out bad again, byte for byte.
        let said = all.refuses((1, -HOUR, None, "prod")).await;
        assert!(said.contains("vulnerability-too-severe"), "{said}");
    }
}

#[tokio::test]
async fn an_alternative_that_leaves_it_open_is_not_passed_over_for_one_that_was_met() {
    for order in ORDERS {
        let all = Roots::new("any", &order).await;
        all.sign(&all.bad, (1, -6 * DAY, None, "prod"));
        all.site.admits().await;
        let said = all.refuses((0, -2 * DAY, Some(-DAY), "prod")).await;
        assert!(said.contains("notation-expired"), "{said}");
    }
}

#[tokio::test]
async fn an_old_signature_that_has_ended_hides_no_newer_one_on_the_same_report() {
    for order in ORDERS {
        let all = Roots::new("any", &order).await;
        let said = all.refuses((1, -HOUR, None, "prod")).await;
        assert!(said.contains("vulnerability-too-severe"), "{said}");
        let said = all.refuses((0, -6 * DAY, Some(-5 * DAY), "prod")).await;
        assert!(said.contains("vulnerability-too-severe"), "{said}");
    }
}

#[tokio::test]
async fn an_old_signature_that_has_ended_hides_none_of_those_that_a_quorum_rests_on() {
    let all = Roots::new("2", &[0, 1, 2]).await;
    all.sign(&all.bad, (1, -HOUR, None, "prod"));
    // One is none.
    all.site.admits().await;
    let said = all.refuses((2, -2 * HOUR, None, "prod")).await;
    assert!(said.contains("vulnerability-too-severe"), "{said}");
    let said = all.refuses((0, -6 * DAY, Some(-5 * DAY), "prod")).await;
    assert!(said.contains("vulnerability-too-severe"), "{said}");
}

#[tokio::test]
async fn of_signatures_that_do_not_count_the_last_one_says_when_a_report_was_made() {
    for order in ORDERS {
        let all = Roots::new("any", &order).await;
        let said = all.refuses((1, -2 * HOUR, Some(-HOUR), "prod")).await;
        assert!(said.contains("notation-expired"), "{said}");
        for older in [
            (0, -6 * DAY, Some(-5 * DAY), "prod"),
            // What it lacks says more than that the other one has expired.
            (0, -6 * DAY, None, "test"),
        ] {
            all.refuses(older).await;
        }
    }
}

#[tokio::test]
async fn too_few_signatures_for_a_quorum_leave_nothing_open_unless_those_that_do_not_count_are_enough()
 {
    let all = Roots::new("3", &[0, 1, 2]).await;
    all.sign(&all.bad, (0, -2 * HOUR, Some(-HOUR), "prod"));
    all.sign(&all.bad, (1, -2 * HOUR, None, "prod"));
    // The third signed nothing.
    all.site.admits().await;
    let said = all.refuses((2, -2 * HOUR, Some(-HOUR), "prod")).await;
    assert!(said.contains("notation-expired"), "{said}");
}
