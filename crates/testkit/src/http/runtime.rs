//! The runtime that every test server of a process runs on.

use std::sync::OnceLock;

use tokio::runtime::{Builder, Handle, Runtime};

/// The handle of the shared runtime.
///
/// Servers have threads of their own, so a test that blocks its only thread (to run a command-line program, say)
/// still gets answers, and a server can be started where there is no runtime at all.
pub(crate) fn handle() -> &'static Handle {
    static RUNTIME: OnceLock<Runtime> = OnceLock::new();
    RUNTIME
        .get_or_init(|| {
            Builder::new_multi_thread()
                .worker_threads(2)
                .thread_name("doorward-testkit")
                .enable_all()
                .build()
                .expect("the operating system allows two more threads")
        })
        .handle()
}
