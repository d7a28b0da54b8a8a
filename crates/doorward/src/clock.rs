//! What tells the time.

use std::sync::Arc;

use doorward_core::Timestamp;

/// Tells the time.
pub type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;
