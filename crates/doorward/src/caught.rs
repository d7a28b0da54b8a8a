//! Futures that several wait for, and that may not take those down with them.

use std::panic::AssertUnwindSafe;

use futures::FutureExt;

/// Runs `future`, and makes one value of a panic in it.
///
/// A shared future that panicked would panic in everyone who waits for it, and in whatever looks whether it has ended:
/// in a destructor, that ends the process.
pub(crate) async fn caught<T>(future: impl Future<Output = T>, fault: impl FnOnce() -> T) -> T {
    // What the future held is dropped with it, and nobody sees it half-changed.
    match AssertUnwindSafe(future).catch_unwind().await {
        Ok(value) => value,
        Err(_) => fault(),
    }
}
