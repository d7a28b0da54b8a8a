//! Signals.

use anyhow::Result;
use tokio::signal::unix::{Signal, SignalKind, signal};

/// The signals that reach this program.
pub(crate) struct Signals {
    terminate: Signal,
    interrupt: Signal,
    quit: Signal,
    /// Those that ask other programs for something.
    hangup: Signal,
    user: [Signal; 2],
}

impl Signals {
    pub(crate) fn new() -> Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
            quit: signal(SignalKind::quit())?,
            hangup: signal(SignalKind::hangup())?,
            user: [
                signal(SignalKind::user_defined1())?,
                signal(SignalKind::user_defined2())?,
            ],
        })
    }

    /// Resolves when the program is to end. A signal by which other programs are made to read their files again, or
    /// which the end of a terminal sends, must not shut a door of the cluster.
    pub(crate) async fn end(&mut self) {
        let [first, second] = &mut self.user;
        loop {
            tokio::select! {
                _ = self.terminate.recv() => return,
                _ = self.interrupt.recv() => return,
                _ = self.quit.recv() => return,
                _ = self.hangup.recv() => {}
                _ = first.recv() => {}
                _ = second.recv() => {}
            }
            tracing::info!("a signal that asks for nothing: changed files are found without one");
        }
    }
}
