use std::collections::BTreeMap;

use doorward_core::{Digest, Timestamp};

use crate::{Finding, PackageUrl, Product, Statement, Status, Vex};

/// How far in the future a statement may lie and still suppress, in seconds: what clocks differ by.
const SKEW: i64 = 5 * 60;

/// The most comparisons of statements with findings in one judgement, of 64 bytes of a package URL with as many of another.
/// Beyond it nothing more is suppressed.
const COMPARISONS: usize = 1_000_000;

/// A VEX document that somebody vouches for.
#[derive(Clone, Copy, Debug)]
pub struct VexClaim<'a> {
    /// What it says.
    pub vex: &'a Vex,
    /// Who signed it, in words that tell signers apart. The name in the document counts for nothing.
    pub author: &'a str,
    /// When it was signed, if the signature tells. What is signed later takes back what is signed before, whatever the times
    /// in the documents say.
    pub signed_at: Option<Timestamp>,
}

/// The statements about one image, by the identifiers of vulnerabilities in lower case.
pub(super) struct Claims<'a> {
    by_id: BTreeMap<String, Vec<usize>>,
    claims: Vec<Claim<'a>>,
    now: Timestamp,
    comparisons: usize,
}

/// A statement with the products of it that are the image. There is one for all names of its vulnerability.
struct Claim<'a> {
    author: &'a str,
    statement: &'a Statement,
    products: Vec<&'a Product>,
    may_suppress: bool,
    said: Said,
    /// How many steps it takes to hold it against a package URL, for each step of that.
    steps: usize,
}

/// When something was said.
#[derive(Clone, Copy)]
struct Said {
    /// By the statement itself.
    at: Timestamp,
    /// By the signature.
    signed: Option<Timestamp>,
    /// In which document. Two statements in one are signed at the same time.
    document: usize,
}

impl<'a> Claims<'a> {
    pub(super) fn new(
        claims: &[VexClaim<'a>],
        statuses: &[Status],
        image: &Digest,
        now: Timestamp,
    ) -> Self {
        let mut read = Self {
            by_id: BTreeMap::new(),
            claims: Vec::new(),
            now,
            comparisons: COMPARISONS,
        };
        // A policy that lets no status suppress needs no statement.
        let claims = if statuses.is_empty() { &[] } else { claims };
        for (document, claim) in claims.iter().enumerate() {
            for statement in claim.vex.statements() {
                let may_suppress = may_suppress(statuses, statement);
                // A product named by several digests, one of them another image's, excuses nothing, and may accuse.
                let named = |product: &&Product| {
                    if may_suppress {
                        product.is_image(image)
                    } else {
                        product.digests().contains(image)
                    }
                };
                let products: Vec<&Product> = statement.products().iter().filter(named).collect();
                if products.is_empty() {
                    continue;
                }
                for id in statement.vulnerability() {
                    let of_id = read.by_id.entry(id.to_ascii_lowercase()).or_default();
                    of_id.push(read.claims.len());
                }
                let steps = products.iter().map(|product| steps_of(product)).sum();
                read.claims.push(Claim {
                    author: claim.author,
                    statement,
                    products,
                    may_suppress,
                    said: Said {
                        at: statement.timestamp(),
                        signed: claim.signed_at,
                        document,
                    },
                    steps,
                });
            }
        }
        read
    }

    /// The statement that suppresses a finding, with its author.
    ///
    /// Of each author an excuse counts that was said, and signed, after everything that accuses; of equal times of saying,
    /// the accusation counts. An author whose statement does not suppress objects to all others: who may excuse may also
    /// accuse.
    pub(super) fn suppressing(&mut self, finding: &Finding) -> Option<(&'a str, &'a Statement)> {
        let mut authors: BTreeMap<&'a str, Author<'a>> = BTreeMap::new();
        let of_names = finding
            .names()
            .filter_map(|name| self.by_id.get(&name.to_ascii_lowercase()));
        let of_names: Vec<&Vec<usize>> = of_names.collect();
        if self.comparisons == 0 || of_names.is_empty() {
            return None;
        }
        let of_finding = 1 + finding.purls().map(PackageUrl::steps).sum::<usize>();
        for of_name in of_names {
            for claim in of_name {
                let Some(claim) = self.claims.get(*claim) else {
                    continue;
                };
                let Some(left) = self
                    .comparisons
                    .checked_sub(claim.steps.saturating_mul(of_finding))
                else {
                    self.comparisons = 0;
                    return None;
                };
                self.comparisons = left;
                let mut products = claim.products.iter();
                let applies = if claim.may_suppress {
                    products.any(|product| covers(product, finding))
                } else {
                    products.any(|product| touches(product, finding))
                };
                if !applies {
                    continue;
                }
                let author = authors.entry(claim.author).or_default();
                // What will be is not yet, and what comes before it may be taken back by it.
                if claim.may_suppress && claim.said.at <= self.now.plus(SKEW) {
                    author.excuses.push((claim.said, claim.statement));
                } else {
                    author.accuse(claim.said);
                }
            }
        }
        let mut found = None;
        for (name, author) in authors {
            let statement = author.excuse()?;
            found = found.or(Some((name, statement)));
        }
        found
    }
}

/// What one author says of a finding.
#[derive(Default)]
struct Author<'a> {
    excuses: Vec<(Said, &'a Statement)>,
    accused: Option<Accused>,
}

/// All accusations of an author, as one.
#[derive(Clone, Copy)]
struct Accused {
    /// When the newest was said.
    at: Timestamp,
    /// When the newest of those was signed that tell it.
    signed: Option<Timestamp>,
    /// The document, if all are in one.
    document: Option<usize>,
    /// Whether one does not tell when it was signed.
    is_undated: bool,
}

impl<'a> Author<'a> {
    fn accuse(&mut self, said: Said) {
        let known = self.accused.unwrap_or(Accused {
            at: said.at,
            signed: None,
            document: Some(said.document),
            is_undated: false,
        });
        self.accused = Some(Accused {
            at: known.at.max(said.at),
            signed: known.signed.max(said.signed),
            document: known.document.filter(|one| *one == said.document),
            is_undated: known.is_undated || said.signed.is_none(),
        });
    }

    /// The newest excuse that no accusation takes back.
    fn excuse(&self) -> Option<&'a Statement> {
        let stands = |said: &Said| {
            self.accused.is_none_or(|accused| {
                let signed_after = accused.document == Some(said.document)
                    || !accused.is_undated
                        && said.signed.is_some()
                        && said.signed >= accused.signed;
                said.at > accused.at && signed_after
            })
        };
        let standing = self.excuses.iter().filter(|(said, _)| stands(said));
        standing
            .max_by_key(|(said, _)| said.at)
            .map(|(_, statement)| *statement)
    }
}

fn may_suppress(statuses: &[Status], statement: &Statement) -> bool {
    statement.status().may_suppress() && statuses.contains(&statement.status())
}

fn steps_of(product: &Product) -> usize {
    let parts = product.parts().unwrap_or_default();
    1 + parts.iter().map(PackageUrl::steps).sum::<usize>()
}

/// Whether a statement about a product is about all packages of a finding. One that is restricted to parts is about
/// none where the finding tells no package.
fn covers(product: &Product, finding: &Finding) -> bool {
    product.parts().is_none_or(|parts| {
        let mut purls = finding.purls().peekable();
        purls.peek().is_some() && purls.all(|purl| parts.iter().any(|part| part.covers(purl)))
    })
}

/// Whether a statement about a product is, or may be, about some package of a finding.
fn touches(product: &Product, finding: &Finding) -> bool {
    product.parts().is_none_or(|parts| {
        let mut purls = finding.purls().peekable();
        purls.peek().is_none()
            || parts.is_empty()
            || purls.any(|purl| {
                parts
                    .iter()
                    .any(|part| part.covers(purl) || purl.covers(part))
            })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Document;

    #[test]
    fn names_and_products_of_a_statement_are_kept_as_their_sum() {
        let image = Digest::sha256(b"image");
        let product = format!(r#"{{"hashes":{{"sha-256":"{}"}}}}"#, image.hex());
        let products = vec![product; 500].join(",");
        let aliases: Vec<String> = (0..99).map(|number| format!(r#""C{number}""#)).collect();
        let text = format!(
            r#"{{"@context":"https://openvex.dev/ns/v0.2.0","author":"a","timestamp":"2026-01-01T00:00:00Z","statements":[
                {{"vulnerability":{{"name":"x","aliases":[{}]}},"status":"fixed","products":[{products}]}}]}}"#,
            aliases.join(",")
        );
        let document = Document::read(text.as_bytes(), None);
        let document = document.as_ref().ok().and_then(Document::vex);
        let claims: Vec<VexClaim<'_>> = document
            .map(|vex| VexClaim {
                vex,
                author: "a",
                signed_at: None,
            })
            .into_iter()
            .collect();
        let now = Timestamp::from_unix(1_800_000_000);
        let read = Claims::new(&claims, &[Status::Fixed], &image, now);
        let held: usize = read.claims.iter().map(|claim| claim.products.len()).sum();
        let named: usize = read.by_id.values().map(Vec::len).sum();
        assert_eq!((held, named), (500, 100));
    }
}
