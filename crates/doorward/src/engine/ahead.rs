//! Asking ahead of time for what reviews will need.

use doorward_core::{Fetch, FetchError, Fetcher, Timestamp};
use futures::StreamExt;
use futures::stream;

use super::Engine;
use crate::caught::caught;
use crate::standing::Offered;

/// How many answers are asked for at a time.
const TOGETHER: usize = 4;

impl Engine {
    /// Asks again for answers that count no longer than they say, such as revocation lists, before a review has to.
    /// Returns how many it asked for.
    ///
    /// It is worth calling every ten minutes. It asks for nothing that no review has needed within a week, and for nothing
    /// too often: eight times until an answer ends, at least ten minutes and at most six hours apart. One call asks 256
    /// times at most, for 64 MiB at most, and takes no answer that is much larger than the one before. What comes decides
    /// nothing before a review has verified it; an older answer counts as long as it says, whatever came. The engine never
    /// calls this by itself.
    pub async fn ask_ahead(&self, fetcher: &dyn Fetcher, now: Timestamp) -> usize {
        let due = self.standing.due(now);
        stream::iter(&due)
            .for_each_concurrent(TOGETHER, async |fetch: &Fetch| {
                // A fetch that panics must not end the round, nor what calls it time and again.
                let fault = || {
                    let detail = format!("{} could not be fetched", fetch.resource);
                    Err(FetchError::Internal { detail })
                };
                let answer = caught(fetcher.fetch(fetch), fault).await;
                let answer = answer.map_err(FetchError::believed_live);
                let offered = match fetch.check(answer) {
                    Ok(checked) => Offered::Answer(checked.into_fetched()),
                    Err(error) if error.is_unavailable() || error == FetchError::NotFound => {
                        Offered::Silence
                    }
                    Err(_) => Offered::Unusable,
                };
                self.standing.offer(fetch, offered, now);
            })
            .await;
        due.len()
    }
}
