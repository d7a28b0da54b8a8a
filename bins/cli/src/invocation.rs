//! What a command is called with: settings found, and the terminal known.

use crate::failure::{Failure, Outcome};
use crate::settings::{Located, Resolver, Setting};
use crate::style::ColorChoice;
use crate::terminal::Terminal;

/// What a command is called with besides its own arguments.
pub(crate) struct Invocation<'a> {
    /// Where settings come from.
    pub(crate) resolver: Resolver<'a>,
    /// The configuration file in use.
    pub(crate) config: Option<&'a Located>,
    /// When to colour, for `doorward config` to show.
    pub(crate) color: Setting<ColorChoice>,
    /// Where results and remarks go.
    pub(crate) terminal: Terminal,
}

/// Runs `work` to its end on this thread.
///
/// # Errors
/// What `work` says, and when the system gives no means to wait for it.
pub(crate) fn wait<T>(work: impl Future<Output = Outcome<T>>) -> Outcome<T> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(Failure::internal)?;
    let done = runtime.block_on(work);
    // A credential helper that hangs is waited for on a thread, which nobody needs any more.
    runtime.shutdown_background();
    done
}
