//! Asking ahead of time for what reviews will need.

use doorward_core::{Fetch, FetchError, Fetcher, Timestamp};
use futures::StreamExt;
use futures::stream;

use super::Engine;

/// How many answers are asked for at a time.
const TOGETHER: usize = 4;

impl Engine {
    /// Asks again for answers that count no longer than they say, such as revocation lists, before a review has to.
    /// Returns how many it asked for.
    ///
    /// It is worth calling every ten minutes. It asks for nothing that no review has needed within a week, and for nothing
    /// too often: eight times until an answer ends, at least ten minutes and at most six hours apart. What comes is bounded, and decides nothing before a review has verified it; an older
    /// answer counts as long as it says, whatever came. The engine never calls this by itself.
    pub async fn ask_ahead(&self, fetcher: &dyn Fetcher, now: Timestamp) -> usize {
        let due = self.standing.due(now);
        stream::iter(&due)
            .for_each_concurrent(TOGETHER, async |fetch: &Fetch| {
                let answer = fetcher.fetch(fetch).await;
                let answer = answer.map_err(FetchError::believed_live);
                let newer = fetch
                    .check(answer)
                    .ok()
                    .map(|checked| checked.into_fetched());
                self.standing.offer(&fetch.resource, newer, now);
            })
            .await;
        due.len()
    }
}
