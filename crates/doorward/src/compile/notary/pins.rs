//! Pins with their certificates, parsed.

use std::sync::Arc;

use doorward_core::{Code, Digest, Rejection};
use doorward_notary::Pins;
use tokio::sync::Semaphore;

use crate::compile::secret::Held;
use crate::inputs::Canonical;
use crate::secrets::Secret;

/// The item of a secret with certificates.
const CERTIFICATE_ITEM: &str = "certificate";
/// The most bytes of the certificates of one policy entry together. The authorities of the web have a quarter of this.
const MAX_BYTES: usize = 1 << 20;
/// How many bytes of certificates are held parsed.
const HELD: u64 = 64 << 20;
/// What pins cost beside their certificates.
const OVERHEAD: usize = 1 << 10;

/// Pins, or why they cannot be used, and how many bytes they were made of.
type Parsed = (Result<Pins, String>, u32);

/// Parsed pins by the digest of all that they are made of.
///
/// Many entries, images and reviews may name the same Secrets. So each is read where it is, however often it is named,
/// and what is parsed is parsed once, aside from what else is decided, one after the other. What has begun ends and is
/// remembered, also if nobody waits for it any more.
#[derive(Debug)]
pub(in crate::compile) struct KnownPins {
    parsed: moka::sync::Cache<Digest, Parsed>,
    place: Arc<Semaphore>,
}

impl Default for KnownPins {
    fn default() -> Self {
        let parsed = moka::sync::Cache::builder()
            .max_capacity(HELD)
            .weigher(|_, (_, bytes): &Parsed| *bytes)
            .build();
        Self {
            parsed,
            place: Arc::new(Semaphore::new(1)),
        }
    }
}

impl KnownPins {
    /// The pins of these key IDs and Secrets.
    pub(super) async fn of(
        &self,
        ids: &[String],
        roots: &[Held<'_>],
        authorities: &[Held<'_>],
        first_use: bool,
    ) -> Result<Pins, Rejection> {
        let (roots, authorities) = (different(roots)?, different(authorities)?);
        let bytes = roots.iter().chain(&authorities).map(|one| pem(one).len());
        let bytes = bytes.fold(0_usize, usize::saturating_add);
        if bytes > MAX_BYTES {
            return Err(unusable(&format!(
                "their certificates have more than {MAX_BYTES} bytes together"
            )));
        }
        let key = key(ids, &roots, &authorities, first_use);
        if let Some((pins, _)) = self.parsed.get(&key) {
            return pins.map_err(|why| unusable(&why));
        }
        let fault = || Rejection::new(Code::INTERNAL_ERROR, "parsing certificates did not end");
        let place = Arc::clone(&self.place).acquire_owned().await;
        let place = place.map_err(|_| fault())?;
        // They may have been parsed meanwhile.
        if let Some((pins, _)) = self.parsed.get(&key) {
            return pins.map_err(|why| unusable(&why));
        }
        let (ids, known) = (ids.to_vec(), self.parsed.clone());
        let parsing = tokio::task::spawn_blocking(move || {
            let _kept_until_the_end = place;
            let pins = Pins::new(
                ids.iter().map(String::as_str),
                roots.iter().map(|one| pem(one)),
                authorities.iter().map(|one| pem(one)),
                first_use,
            );
            let pins = pins.map_err(|error| error.to_string());
            let weight = u32::try_from(bytes.saturating_add(OVERHEAD)).unwrap_or(u32::MAX);
            known.insert(key, (pins.clone(), weight));
            pins
        });
        parsing
            .await
            .map_err(|_| fault())?
            .map_err(|why| unusable(&why))
    }
}

/// The Secrets, each once, whatever they are called. All of them have certificates.
fn different(held: &[Held<'_>]) -> Result<Vec<Arc<Secret>>, Rejection> {
    let mut different: Vec<Arc<Secret>> = Vec::new();
    for one in held {
        one.bytes(CERTIFICATE_ITEM)?;
        let fingerprint = one.secret().fingerprint();
        if different
            .iter()
            .all(|known| known.fingerprint() != fingerprint)
        {
            different.push(one.shared());
        }
    }
    Ok(different)
}

fn pem(secret: &Secret) -> &[u8] {
    secret.item(CERTIFICATE_ITEM).unwrap_or_default()
}

/// Tells these pins from all others.
fn key(
    ids: &[String],
    roots: &[Arc<Secret>],
    authorities: &[Arc<Secret>],
    first_use: bool,
) -> Digest {
    let mut out = Canonical::default();
    out.number(ids.len());
    for id in ids {
        out.text(id);
    }
    for secrets in [roots, authorities] {
        out.number(secrets.len());
        for secret in secrets {
            out.text(secret.fingerprint().as_str());
        }
    }
    out.flag(first_use);
    out.digest()
}

fn unusable(why: &str) -> Rejection {
    let detail = format!("the pins of the policy cannot be used: {why}");
    Rejection::new(Code::SECRET_INVALID, detail)
}

#[cfg(test)]
mod tests {
    use doorward_policy::PolicyKind;
    use futures::FutureExt;

    use super::*;

    fn secret(bytes: &[u8]) -> Arc<Secret> {
        let items = std::iter::once((CERTIFICATE_ITEM.to_owned(), bytes.to_vec()));
        Arc::new(Secret::new(items.collect()))
    }

    fn named(secret: &Arc<Secret>, times: usize) -> Vec<Held<'static>> {
        let held = || Held::new("a", "c", PolicyKind::ImagePolicy, Arc::clone(secret));
        std::iter::repeat_with(held).take(times).collect()
    }

    #[tokio::test]
    async fn a_secret_that_is_named_many_times_is_parsed_once_and_never_again() {
        let known = KnownPins::default();
        // Named twice, its bytes would exceed the bound.
        let large = secret(&vec![b'\n'; MAX_BYTES - 1]);
        let first = known.of(&[], &named(&large, 64), &[], false).await;
        assert!(first.is_err_and(|why| !why.to_string().contains("more than")));
        // Without a place it can come from nowhere else.
        let _place = known.place.acquire().await;
        let again = named(&large, 2);
        let again = known.of(&[], &again, &[], false).now_or_never();
        assert!(matches!(again, Some(Err(_))));
        let other = named(&large, 1);
        assert!(known.of(&[], &[], &other, false).now_or_never().is_none());
        assert!(known.of(&[], &other, &[], true).now_or_never().is_none());
    }

    #[tokio::test]
    async fn certificates_that_are_larger_together_than_is_read_are_refused_unread() {
        let known = KnownPins::default();
        let _place = known.place.acquire().await;
        let one = named(&secret(&vec![b'a'; MAX_BYTES / 2]), 1);
        let other = named(&secret(&vec![b'b'; MAX_BYTES]), 1);
        let refused = known.of(&[], &one, &other, false).now_or_never();
        let refused = refused.expect("at once").expect_err("too large");
        assert_eq!(refused.code(), Code::SECRET_INVALID);
        assert!(refused.to_string().contains("more than"), "{refused:?}");
    }
}
