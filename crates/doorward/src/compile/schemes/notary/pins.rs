//! Pins with their certificates, parsed.

use std::sync::Arc;

use doorward_core::{Code, Digest, Fingerprint, Rejection};
use doorward_notary::Pins;

use crate::compile::parsed::Parsed as Known;
use crate::compile::secret::PolicySecret;
use crate::secrets::Secret;

/// The item of a secret with certificates.
const CERTIFICATE_ITEM: &str = "certificate";
/// The most bytes of the certificates of one policy entry together. The authorities of the web have a quarter of this.
const MAX_BYTES: usize = 1 << 20;

/// The pins of these key IDs and Secrets, or why they cannot be used.
type Parsed = Result<Pins, String>;

/// The pins of these key IDs and Secrets.
///
/// Many entries, images and reviews may name the same Secrets. So each is read where it is, however often it is named,
/// and what is parsed is parsed once.
pub(super) async fn pins(
    ids: &[String],
    roots: &[PolicySecret<'_>],
    authorities: &[PolicySecret<'_>],
    first_use: bool,
    (known, namespace): (&Known, &str),
) -> Result<Pins, Rejection> {
    let (roots, authorities) = (different(roots)?, different(authorities)?);
    let bytes = roots.iter().chain(&authorities).map(|one| pem(one).len());
    let bytes = bytes.fold(0_usize, usize::saturating_add);
    if bytes > MAX_BYTES {
        return Err(unusable(&format!(
            "their certificates have more than {MAX_BYTES} bytes together"
        )));
    }
    let (key, ids) = (key(ids, &roots, &authorities, first_use), ids.to_vec());
    let parse = move || -> Parsed {
        let pins = Pins::new(
            ids.iter().map(String::as_str),
            roots.iter().map(|one| pem(one)),
            authorities.iter().map(|one| pem(one)),
            first_use,
        );
        pins.map_err(|error| error.to_string())
    };
    let parsed = known.of(namespace, key, bytes, parse).await?;
    let parsed: &Parsed = &parsed;
    parsed.clone().map_err(|why| unusable(&why))
}

/// The Secrets, each once, whatever they are called. All of them have certificates.
fn different(held: &[PolicySecret<'_>]) -> Result<Vec<Arc<Secret>>, Rejection> {
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
    let mut out = Fingerprint::default();
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
    use crate::secrets::Holder;

    fn secret(bytes: &[u8]) -> Arc<Secret> {
        let items = std::iter::once((CERTIFICATE_ITEM.to_owned(), bytes.to_vec()));
        Arc::new(Secret::new(items.collect()))
    }

    fn named(secret: &Arc<Secret>, times: usize) -> Vec<PolicySecret<'static>> {
        let held = || {
            PolicySecret::new(
                Holder::Secret,
                "a",
                "c",
                PolicyKind::ImagePolicy,
                Arc::clone(secret),
            )
        };
        std::iter::repeat_with(held).take(times).collect()
    }

    #[tokio::test]
    async fn a_secret_that_is_named_many_times_is_parsed_once_and_never_again() {
        let known = Known::default();
        let at = (&known, "a");
        // Named twice, its bytes would exceed the bound.
        let large = secret(&vec![b'\n'; MAX_BYTES - 1]);
        let first = pins(&[], &named(&large, 64), &[], false, at).await;
        assert!(first.is_err_and(|why| !why.to_string().contains("more than")));
        // Without a place it can come from nowhere else.
        let _place = known.places.acquire().await;
        let again = named(&large, 2);
        let again = pins(&[], &again, &[], false, at).now_or_never();
        assert!(matches!(again, Some(Err(_))));
        let other = named(&large, 1);
        assert!(pins(&[], &[], &other, false, at).now_or_never().is_none());
        assert!(pins(&[], &other, &[], true, at).now_or_never().is_none());
    }

    #[tokio::test]
    async fn certificates_that_are_larger_together_than_is_read_are_refused_unread() {
        let known = Known::default();
        let _place = known.places.acquire().await;
        let one = named(&secret(&vec![b'a'; MAX_BYTES / 2]), 1);
        let other = named(&secret(&vec![b'b'; MAX_BYTES]), 1);
        let refused = pins(&[], &one, &other, false, (&known, "a")).now_or_never();
        let refused = refused.expect("at once").expect_err("too large");
        assert_eq!(refused.code(), Code::SECRET_INVALID);
        assert!(refused.to_string().contains("more than"), "{refused:?}");
    }
}
