//! What was parsed of Secrets.

use std::any::{Any, TypeId};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use doorward_core::{Code, Digest, Rejection};
use tokio::sync::Semaphore;

/// How many bytes of Secrets are held parsed.
const HELD: u64 = 64 << 20;
/// What is counted for each beside its bytes.
const OVERHEAD: usize = 1 << 10;
/// How many are parsed at a time: one core stays for everything else.
const PARSED_AT_A_TIME: usize = 1;
/// How many namespaces are kept count of before those that wait for nothing are forgotten.
const FORGET_AT: usize = 256;

/// Something that was parsed, and its weight.
type Kept = (Arc<dyn Any + Send + Sync>, u32);

/// Keys, certificates and trust stores, and why others are none, by their type and the digest of what they were made
/// from.
///
/// Parsing checks signatures, which costs the author of a Secret nothing. So it is done once, aside from what else is
/// decided, and for few Secrets at a time; of one namespace, one waits for that at most, so that others wait for no more
/// than one of its Secrets. What has begun ends and is remembered, also if nobody waits for it any more: otherwise a
/// Secret that takes longer than a review may would be parsed by each review again.
#[derive(Debug)]
pub(super) struct Parsed {
    known: moka::sync::Cache<(TypeId, Digest), Kept>,
    pub(super) places: Arc<Semaphore>,
    turns: Mutex<HashMap<String, Weak<Semaphore>>>,
}

impl Default for Parsed {
    fn default() -> Self {
        let known = moka::sync::Cache::builder()
            .max_capacity(HELD)
            .weigher(|_, (_, weight): &Kept| *weight)
            .build();
        Self {
            known,
            places: Arc::new(Semaphore::new(PARSED_AT_A_TIME)),
            turns: Mutex::default(),
        }
    }
}

impl Parsed {
    /// What `parse` makes of `bytes` bytes that belong to `namespace`, or made of the same before.
    pub(super) async fn of<T: Any + Send + Sync>(
        &self,
        namespace: &str,
        key: Digest,
        bytes: usize,
        parse: impl FnOnce() -> T + Send + 'static,
    ) -> Result<Arc<T>, Rejection> {
        let key = (TypeId::of::<T>(), key);
        if let Some(known) = self.find(&key) {
            return Ok(known);
        }
        let fault = || Rejection::new(Code::INTERNAL_ERROR, "parsing a Secret did not end");
        let turn = self.turn_of(namespace).acquire_owned().await;
        let turn = turn.map_err(|_| fault())?;
        let place = Arc::clone(&self.places).acquire_owned().await;
        let place = place.map_err(|_| fault())?;
        // It may have been parsed meanwhile.
        if let Some(known) = self.find(&key) {
            return Ok(known);
        }
        let known = self.known.clone();
        let parsing = tokio::task::spawn_blocking(move || {
            let _kept_until_the_end = (turn, place);
            let parsed = Arc::new(parse());
            let weight = u32::try_from(bytes.saturating_add(OVERHEAD)).unwrap_or(u32::MAX);
            known.insert(
                key,
                (Arc::clone(&parsed) as Arc<dyn Any + Send + Sync>, weight),
            );
            parsed
        });
        parsing.await.map_err(|_| fault())
    }

    fn find<T: Any + Send + Sync>(&self, key: &(TypeId, Digest)) -> Option<Arc<T>> {
        let (known, _) = self.known.get(key)?;
        known.downcast().ok()
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

    use futures::FutureExt;

    use super::*;

    fn key(of: &[u8]) -> Digest {
        Digest::sha256(of)
    }

    #[tokio::test]
    async fn what_is_parsed_is_remembered_also_if_nobody_waits_for_it_any_more() {
        let parsed = Parsed::default();
        assert!(
            parsed
                .of("a", key(b"k"), 1, || 7_u8)
                .now_or_never()
                .is_none()
        );
        while parsed.known.get(&(TypeId::of::<u8>(), key(b"k"))).is_none() {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        // Without a place it can come from nowhere else.
        let _place = parsed.places.acquire().await;
        let again = parsed.of("a", key(b"k"), 1, || 8_u8).now_or_never();
        assert!(matches!(again, Some(Ok(seven)) if *seven == 7));
    }

    #[tokio::test]
    async fn one_digest_parsed_as_two_things_is_two() {
        let parsed = Parsed::default();
        assert_eq!(
            parsed.of("a", key(b"k"), 1, || 7_u8).await.map(|one| *one),
            Ok(7)
        );
        let text = parsed.of("a", key(b"k"), 1, || "text").await;
        assert_eq!(text.map(|one| *one), Ok("text"));
    }

    #[tokio::test]
    async fn what_panics_is_a_fault_and_the_next_gets_its_place() {
        let parsed = Parsed::default();
        let panics = parsed.of("a", key(b"k"), 1, || -> u8 { std::panic::panic_any(()) });
        let fault = panics.await.map(|_| ()).map_err(|fault| fault.code());
        assert_eq!(fault, Err(Code::INTERNAL_ERROR));
        assert_eq!(
            parsed.of("a", key(b"k"), 1, || 7_u8).await.map(|one| *one),
            Ok(7)
        );
    }

    #[test]
    fn a_namespace_has_one_turn_and_is_forgotten_with_it() {
        let parsed = Parsed::default();
        let turn = parsed.turn_of("a");
        let taken = turn.try_acquire().expect("free");
        assert!(parsed.turn_of("a").try_acquire().is_err());
        assert!(parsed.turn_of("b").try_acquire().is_ok());
        drop(taken);
        assert!(parsed.turn_of("a").try_acquire().is_ok());
        for number in 0..3 * FORGET_AT {
            parsed.turn_of(&number.to_string());
        }
        assert!(parsed.turns.lock().expect("not poisoned").len() <= FORGET_AT);
        drop(turn);
    }
}
