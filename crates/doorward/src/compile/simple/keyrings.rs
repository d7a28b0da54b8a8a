//! Parsed key rings.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use doorward_core::{Code, Digest, Rejection};
use doorward_simple_signing::{Keyring, KeyringError};
use tokio::sync::Semaphore;

use super::KEY_ITEM;
use crate::compile::secret::Held;

/// How many parsed key rings are held.
const KEYRINGS: u64 = 1_000;
/// How many Secrets are parsed at a time: one core stays for everything else.
const PARSED_AT_A_TIME: usize = 1;
/// How many namespaces are kept count of before those that wait for nothing are forgotten.
const FORGET_AT: usize = 256;

/// What came of parsing the keys of a Secret.
type Parsed = Result<Arc<Keyring>, KeyringError>;

/// Parsed key rings, and why others are none, by the digest of their Secret.
///
/// Parsing checks every binding signature and revocation, which costs the author of the Secret nothing. So it is done
/// once, aside from what else is decided, and for few Secrets at a time; of one namespace, one waits for that at most,
/// so that others wait for no more than one of its Secrets. What has begun ends and is remembered, also if nobody waits
/// for it any more: otherwise a Secret that takes longer than a review may would be parsed by each review again.
#[derive(Debug)]
pub(in crate::compile) struct Keyrings {
    parsed: moka::sync::Cache<Digest, Parsed>,
    places: Arc<Semaphore>,
    turns: Mutex<HashMap<String, Weak<Semaphore>>>,
}

impl Default for Keyrings {
    fn default() -> Self {
        Self {
            parsed: moka::sync::Cache::new(KEYRINGS),
            places: Arc::new(Semaphore::new(PARSED_AT_A_TIME)),
            turns: Mutex::default(),
        }
    }
}

impl Keyrings {
    /// The keys of a Secret, parsed.
    pub(super) async fn of(&self, held: &Held<'_>) -> Result<Parsed, Rejection> {
        let fingerprint = held.secret().fingerprint();
        if let Some(parsed) = self.parsed.get(fingerprint) {
            return Ok(parsed);
        }
        held.bytes(KEY_ITEM)?;
        let fault = || Rejection::new(Code::INTERNAL_ERROR, "parsing keys did not end");
        let turn = self.turn_of(held.namespace()).acquire_owned().await;
        let turn = turn.map_err(|_| fault())?;
        let place = Arc::clone(&self.places).acquire_owned().await;
        let place = place.map_err(|_| fault())?;
        // It may have been parsed meanwhile.
        if let Some(parsed) = self.parsed.get(fingerprint) {
            return Ok(parsed);
        }
        let (secret, known) = (held.shared(), self.parsed.clone());
        let parsing = tokio::task::spawn_blocking(move || {
            let _kept_until_the_end = (turn, place);
            let keys = secret.item(KEY_ITEM).unwrap_or_default();
            // A revocation certificate may have been put beside the keys, as an item of its own.
            let parsed =
                Keyring::with_revocations([keys], secret.items_but(KEY_ITEM)).map(Arc::new);
            known.insert(secret.fingerprint().clone(), parsed.clone());
            parsed
        });
        parsing.await.map_err(|_| fault())
    }

    /// The one turn of a namespace.
    fn turn_of(&self, namespace: &str) -> Arc<Semaphore> {
        let mut turns = self.turns.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(turn) = turns.get(namespace).and_then(Weak::upgrade) {
            return turn;
        }
        if turns.len() >= FORGET_AT {
            turns.retain(|_, turn| turn.strong_count() > 0);
        }
        let turn = Arc::new(Semaphore::new(1));
        turns.insert(namespace.to_owned(), Arc::downgrade(&turn));
        turn
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use doorward_policy::PolicyKind;
    use futures::FutureExt;

    use super::*;
    use crate::secrets::Secret;

    #[tokio::test]
    async fn what_is_parsed_is_remembered_also_if_nobody_waits_for_it_any_more() {
        let keyrings = Keyrings::default();
        let secret = Arc::new(Secret::new(
            std::iter::once((KEY_ITEM.to_owned(), b"no keys".to_vec())).collect(),
        ));
        let held = || Held::new("a", "k", PolicyKind::ImagePolicy, Arc::clone(&secret));
        let one = held();
        assert!(keyrings.of(&one).now_or_never().is_none());
        let parsed = || keyrings.parsed.get(secret.fingerprint());
        while parsed().is_none() {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        // Without a place it can come from nowhere else.
        let _place = keyrings.places.acquire().await;
        assert!(matches!(keyrings.of(&one).now_or_never(), Some(Ok(Err(_)))));
    }

    #[test]
    fn a_namespace_has_one_turn_and_is_forgotten_with_it() {
        let keyrings = Keyrings::default();
        let turn = keyrings.turn_of("a");
        let taken = turn.try_acquire().expect("free");
        assert!(keyrings.turn_of("a").try_acquire().is_err());
        assert!(keyrings.turn_of("b").try_acquire().is_ok());
        drop(taken);
        assert!(keyrings.turn_of("a").try_acquire().is_ok());
        for number in 0..3 * FORGET_AT {
            keyrings.turn_of(&number.to_string());
        }
        assert!(keyrings.turns.lock().expect("not poisoned").len() <= FORGET_AT);
        drop(turn);
    }
}
