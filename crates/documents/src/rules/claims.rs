use std::collections::BTreeMap;

use doorward_core::{Digest, Timestamp};

use crate::{Finding, PackageUrl, Product, Statement, Status, Vex};

/// How far in the future a statement may lie and still suppress, in seconds: what clocks differ by.
const SKEW: i64 = 5 * 60;

/// The most comparisons of statements with findings in one judgement. Beyond it nothing more is suppressed.
const COMPARISONS: usize = 1_000_000;

/// A VEX document that somebody vouches for.
#[derive(Clone, Copy, Debug)]
pub struct VexClaim<'a> {
    /// What it says.
    pub vex: &'a Vex,
    /// Who signed it, in words that tell signers apart. The name in the document counts for nothing.
    pub author: &'a str,
}

/// The statements about one image, by the identifiers of vulnerabilities in lower case.
pub(super) struct Claims<'a> {
    by_id: BTreeMap<String, Vec<Claim<'a>>>,
    statuses: &'a [Status],
    now: Timestamp,
    comparisons: usize,
}

#[derive(Clone, Copy)]
struct Claim<'a> {
    author: &'a str,
    statement: &'a Statement,
    product: &'a Product,
}

impl<'a> Claims<'a> {
    pub(super) fn new(
        claims: &[VexClaim<'a>],
        statuses: &'a [Status],
        image: &Digest,
        now: Timestamp,
    ) -> Self {
        let mut by_id: BTreeMap<String, Vec<Claim<'a>>> = BTreeMap::new();
        // A policy that lets no status suppress needs no statement.
        let claims = if statuses.is_empty() { &[] } else { claims };
        for claim in claims {
            for statement in claim.vex.statements() {
                for product in statement.products() {
                    // A product named by several digests, one of them another image's, excuses nothing, and may accuse.
                    let named = if may_suppress(statuses, statement) {
                        product.is_image(image)
                    } else {
                        product.digests().contains(image)
                    };
                    if !named {
                        continue;
                    }
                    for id in statement.vulnerability() {
                        by_id
                            .entry(id.to_ascii_lowercase())
                            .or_default()
                            .push(Claim {
                                author: claim.author,
                                statement,
                                product,
                            });
                    }
                }
            }
        }
        Self {
            by_id,
            statuses,
            now,
            comparisons: COMPARISONS,
        }
    }

    /// The statement that suppresses a finding, with its author.
    ///
    /// Of each author the newest statement about it counts, and of equal times the one that does not suppress. An
    /// author whose statement does not suppress objects to all others: who may excuse may also accuse.
    pub(super) fn suppressing(&mut self, finding: &Finding) -> Option<(&'a str, &'a Statement)> {
        let mut latest: BTreeMap<&'a str, (Timestamp, Option<&'a Statement>)> = BTreeMap::new();
        for name in finding.names() {
            for claim in self
                .by_id
                .get(&name.to_ascii_lowercase())
                .into_iter()
                .flatten()
            {
                let parts = claim.product.parts().map_or(1, |parts| parts.len() + 1);
                let Some(left) = self
                    .comparisons
                    .checked_sub(parts.saturating_mul(finding.purls().len() + 1))
                else {
                    self.comparisons = 0;
                    return None;
                };
                self.comparisons = left;
                let statement = claim.statement;
                let suppresses = if may_suppress(self.statuses, statement) {
                    if !covers(claim.product, finding.purls()) {
                        continue;
                    }
                    statement.timestamp() <= self.now.plus(SKEW)
                } else {
                    if !touches(claim.product, finding.purls()) {
                        continue;
                    }
                    false
                };
                let time = statement.timestamp();
                let entry = latest
                    .entry(claim.author)
                    .or_insert((time, Some(statement)));
                if time > entry.0 {
                    *entry = (time, Some(statement));
                }
                if time == entry.0 && !suppresses {
                    entry.1 = None;
                }
            }
        }
        let mut found = None;
        for (author, (_, statement)) in latest {
            let statement = statement?;
            found = found.or(Some((author, statement)));
        }
        found
    }
}

fn may_suppress(statuses: &[Status], statement: &Statement) -> bool {
    statement.status().may_suppress() && statuses.contains(&statement.status())
}

/// Whether a statement about a product is about all packages of a finding. One that is restricted to parts is about
/// none where the finding tells no package.
fn covers(product: &Product, purls: &[PackageUrl]) -> bool {
    product.parts().is_none_or(|parts| {
        !purls.is_empty()
            && purls
                .iter()
                .all(|purl| parts.iter().any(|part| part.covers(purl)))
    })
}

/// Whether a statement about a product is, or may be, about some package of a finding.
fn touches(product: &Product, purls: &[PackageUrl]) -> bool {
    product.parts().is_none_or(|parts| {
        purls.is_empty()
            || parts.is_empty()
            || purls.iter().any(|purl| {
                parts
                    .iter()
                    .any(|part| part.covers(purl) || purl.covers(part))
            })
    })
}
