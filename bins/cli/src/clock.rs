//! The one place where the clock is read.

use std::time::{SystemTime, UNIX_EPOCH};

use doorward_core::Timestamp;

use crate::options::ClockArgs;

impl ClockArgs {
    /// The time that is decided at: the one that was given, else now.
    pub(crate) fn now(self) -> Timestamp {
        self.at.unwrap_or_else(|| {
            let since = SystemTime::now()
                .duration_since(UNIX_EPOCH)
                .unwrap_or_default();
            Timestamp::from_unix(i64::try_from(since.as_secs()).unwrap_or(i64::MAX))
        })
    }
}
