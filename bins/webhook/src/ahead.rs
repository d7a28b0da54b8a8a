//! Asking authorities ahead of time, so that reviews need not.

use std::time::Duration;

use tokio::time::sleep;

use crate::webhook::Webhook;

/// How often the answers are looked at that will be needed.
pub(crate) const EVERY: Duration = Duration::from_secs(10 * 60);

/// Asks again for what stays good no longer than it says, as long as the webhook runs.
pub(crate) async fn ask_ahead(webhook: Webhook, every: Duration) {
    loop {
        sleep(every).await;
        let asked = webhook.ask_ahead().await;
        if asked > 0 {
            tracing::debug!(asked, "authorities were asked ahead of time");
        }
    }
}
