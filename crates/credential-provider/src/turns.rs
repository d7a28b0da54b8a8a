//! How many programs run at a time.

use std::sync::Arc;

use tokio::sync::{Semaphore, SemaphorePermit};

use crate::fault::Fault;

/// The most providers that run at a time. Each is a process.
const AT_A_TIME: usize = 8;
/// How many of them may be for what none had credentials for before. Names of registries and repositories can be made up
/// without end: the other turns are for those in use.
const NEW_AT_A_TIME: usize = AT_A_TIME / 2;

/// The processes that may run at a time. Clones are the same ones.
#[derive(Clone, Debug)]
pub(crate) struct Turns {
    all: Arc<Semaphore>,
    new: Arc<Semaphore>,
}

/// A turn, until it is dropped.
pub(crate) struct Turn<'a> {
    _one: SemaphorePermit<'a>,
    _new: Option<SemaphorePermit<'a>>,
}

impl Default for Turns {
    fn default() -> Self {
        Self {
            all: Arc::new(Semaphore::new(AT_A_TIME)),
            new: Arc::new(Semaphore::new(NEW_AT_A_TIME)),
        }
    }
}

impl Turns {
    /// Waits for a turn. One who asks for something new waits among those first, so that no more of them stand before the
    /// others than may run.
    pub(crate) async fn take(&self, is_new: bool) -> Result<Turn<'_>, Fault> {
        let ended = |_| Fault::Here("no more providers are run");
        let new = if is_new {
            Some(self.new.acquire().await.map_err(ended)?)
        } else {
            None
        };
        Ok(Turn {
            _one: self.all.acquire().await.map_err(ended)?,
            _new: new,
        })
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    /// Whether a turn comes at once.
    async fn comes(turns: &Turns, is_new: bool) -> bool {
        let turn = turns.take(is_new);
        tokio::time::timeout(Duration::ZERO, turn).await.is_ok()
    }

    #[tokio::test]
    async fn names_that_are_made_up_do_not_take_the_turns_of_registries_in_use() {
        let turns = Turns::default();
        let mut taken = Vec::new();
        for _ in 0..NEW_AT_A_TIME {
            taken.push(turns.take(true).await.map_err(|_| ()));
        }
        assert!(!comes(&turns, true).await);
        for _ in NEW_AT_A_TIME..AT_A_TIME {
            assert!(comes(&turns, false).await);
            taken.push(turns.take(false).await.map_err(|_| ()));
        }
        assert!(!comes(&turns, false).await);
        drop(taken);
        assert!(comes(&turns, true).await);
    }
}
