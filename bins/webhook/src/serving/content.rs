//! What stands in the Secret with the serving certificate.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result};
use doorward_core::Timestamp;

use super::pair::{Authority, Issued, Pair, authorities, check, pem};
use super::plan::{Held, Span};

/// The certificate that is served, and its key: named as Kubernetes and cert-manager name them.
const CERTIFICATE: &str = "tls.crt";
const KEY: &str = "tls.key";
/// The authorities that clients are to trust: of what is served, was served and will be served.
const BUNDLE: &str = "ca.crt";
/// The certificate that comes next, and its key.
const NEXT_CERTIFICATE: &str = "next.crt";
const NEXT_KEY: &str = "next.key";

/// How many authorities stay in the bundle at least, when a new one comes in.
const MOST_KEPT: usize = 4;

/// The items, parsed and checked as far as that goes without a clock.
#[derive(Debug)]
pub(crate) struct Content {
    authorities: Vec<Authority>,
    current: Option<(Pair, Span)>,
    /// There is a next one; and it, if it can be used.
    next: Option<Option<(Pair, Span)>>,
    /// Why something in it cannot be used.
    problem: Option<String>,
}

/// How long after its end an authority stays in the bundle, in seconds: as long as a certificate lasts.
const GRACE: i64 = 90 * 24 * 60 * 60;

/// The items of a Secret, to be written.
pub(crate) type Items = BTreeMap<&'static str, Vec<u8>>;

impl Content {
    /// Reads what stands in it. Nothing in it is an error: what cannot be used is as if it were not there, and is said by
    /// [`problem`](Self::problem).
    pub(crate) fn read(items: &BTreeMap<String, Vec<u8>>, names: &[String]) -> Self {
        let empty = Vec::new();
        let item = |name: &str| items.get(name).unwrap_or(&empty).clone();
        let mut problem = None;
        let mut note = |what: &str, error: anyhow::Error| {
            problem.get_or_insert_with(|| format!("{what}: {error:#}"));
        };
        let trusted = authorities(&item(BUNDLE)).unwrap_or_else(|error| {
            note(BUNDLE, error.into());
            Vec::new()
        });
        let mut pair = |certificate: &str, key: &str| {
            let pair = Pair {
                certificate: item(certificate),
                key: item(key),
            };
            match check(&pair, &trusted, names) {
                Ok(span) => Some((pair, span)),
                Err(error) => {
                    note(certificate, error);
                    None
                }
            }
        };
        let current = pair(CERTIFICATE, KEY);
        let has_next = items.contains_key(NEXT_CERTIFICATE) || items.contains_key(NEXT_KEY);
        let next = has_next.then(|| pair(NEXT_CERTIFICATE, NEXT_KEY));
        Self {
            authorities: trusted,
            current,
            next,
            problem: problem.filter(|_| !items.is_empty()),
        }
    }

    /// Why something in it cannot be used, if there is anything in it.
    pub(crate) fn problem(&self) -> Option<&str> {
        self.problem.as_deref()
    }

    /// What the plan goes by.
    pub(crate) fn held(&self) -> Held {
        Held::Content {
            current: self.current.as_ref().map(|(_, span)| *span),
            next: self
                .next
                .as_ref()
                .map(|next| next.as_ref().map(|(_, span)| *span)),
            first_end: self.authorities.iter().map(|one| left_out(one.span)).min(),
        }
    }

    /// The certificate that is to be served.
    pub(crate) fn current(&self, now: Timestamp) -> Option<&Pair> {
        let current = self.current.as_ref().filter(|(_, span)| span.has(now));
        current.map(|(pair, _)| pair)
    }

    /// When the next certificate was made, less what it was backdated.
    pub(crate) fn next_from(&self) -> Option<Timestamp> {
        self.next.as_ref()?.as_ref().map(|(_, span)| span.from)
    }

    /// What clients are to trust, PEM: all authorities that have not ended, or not long ago.
    pub(crate) fn bundle(&self, now: Timestamp) -> Vec<u8> {
        bundle(
            self.authorities
                .iter()
                .filter(|one| now < left_out(one.span)),
        )
    }

    /// The same without the oldest of many that vouch for nothing that is served: a renewal that is begun over and over must
    /// not fill the Secret.
    fn kept(&self, served: &Pair, now: Timestamp) -> Vec<u8> {
        let live: Vec<_> = self
            .authorities
            .iter()
            .filter(|one| now < left_out(one.span))
            .collect();
        let old = live.len().saturating_sub(MOST_KEPT);
        let kept = live.iter().enumerate().filter(|(age, one)| {
            *age >= old || check(served, std::slice::from_ref(**one), &[]).is_ok()
        });
        bundle(kept.map(|(_, one)| *one))
    }

    /// The first certificate, which is served at once.
    pub(crate) fn issued(issued: Issued) -> Items {
        Items::from([
            (CERTIFICATE, issued.pair.certificate),
            (KEY, issued.pair.key),
            (BUNDLE, issued.authority),
        ])
    }

    /// A certificate in the place of one that cannot be served, at once. What was trusted stays trusted beside it: other
    /// replicas may serve the former one, and this clock may be the one that is wrong.
    pub(crate) fn reissued(&self, issued: Issued, now: Timestamp) -> Items {
        let mut items = Self::issued(issued);
        let live = self
            .authorities
            .iter()
            .filter(|one| now < left_out(one.span));
        let live: Vec<_> = live.collect();
        let kept = live.iter().rev().take(MOST_KEPT).rev().copied();
        if let Some(trusted) = items.get_mut(BUNDLE) {
            trusted.extend_from_slice(&bundle(kept));
        }
        items
    }

    /// The same with this one to come next, in the place of any other.
    ///
    /// # Errors
    /// If nothing is served.
    pub(crate) fn staged(&self, issued: Issued, now: Timestamp) -> Result<Items> {
        let mut items = self.without_next(now)?;
        if let Some(bundle) = items.get_mut(BUNDLE) {
            bundle.extend_from_slice(&issued.authority);
        }
        items.insert(NEXT_CERTIFICATE, issued.pair.certificate);
        items.insert(NEXT_KEY, issued.pair.key);
        Ok(items)
    }

    /// The same with the next one served.
    ///
    /// # Errors
    /// If there is no next one.
    pub(crate) fn promoted(&self, now: Timestamp) -> Result<Items> {
        let next = self.next.as_ref().and_then(Option::as_ref);
        let (pair, _) = next.context("there is no next certificate")?;
        Ok(self.items(pair, now))
    }

    /// The same without the next one, and without authorities that have ended.
    ///
    /// # Errors
    /// If nothing is served.
    pub(crate) fn without_next(&self, now: Timestamp) -> Result<Items> {
        let (pair, _) = self.current.as_ref().context("nothing is served")?;
        Ok(self.items(pair, now))
    }

    fn items(&self, pair: &Pair, now: Timestamp) -> Items {
        Items::from([
            (CERTIFICATE, pair.certificate.clone()),
            (KEY, pair.key.clone()),
            (BUNDLE, self.kept(pair, now)),
        ])
    }
}

/// When an authority is no longer trusted: some time after its end. Nothing that it signed is accepted after that end, and a
/// clock that is ahead must not take away what others go by.
fn left_out(span: Span) -> Timestamp {
    span.until.plus(GRACE)
}

fn bundle<'a>(authorities: impl Iterator<Item = &'a Authority>) -> Vec<u8> {
    authorities
        .map(|one| pem(&one.der))
        .collect::<String>()
        .into_bytes()
}

#[cfg(test)]
mod tests;
