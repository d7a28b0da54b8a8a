//! The way of a line out of the program.
//!
//! A log that nobody reads, or that cannot be written, is no reason to let reviews wait or the program end. So lines go
//! through a bounded queue, and those that do not fit or cannot be written are counted.

use std::io::{self, Write};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use tracing_appender::non_blocking::{ErrorCounter, NonBlocking, NonBlockingBuilder, WorkerGuard};

/// The most lines that wait: of the longest, 64 MiB.
const WAITING: usize = 4_096;

/// Lines that found no place in the queue.
static UNQUEUED: OnceLock<ErrorCounter> = OnceLock::new();
/// Lines that could not be written.
static UNWRITTEN: AtomicUsize = AtomicUsize::new(0);

/// How many lines of the log this process has lost.
pub(crate) fn lost() -> u64 {
    let unqueued = UNQUEUED.get().map_or(0, ErrorCounter::dropped_lines);
    (unqueued + UNWRITTEN.load(Ordering::Relaxed)) as u64
}

/// Keeps lines flowing. When it is dropped, what waits is written, within about a second.
pub(crate) struct Output {
    _worker: WorkerGuard,
}

/// A writer that never waits, before `to`.
pub(super) fn queued(to: impl Write + Send + 'static) -> (NonBlocking, Output) {
    let (writer, worker) = NonBlockingBuilder::default()
        .lossy(true)
        .buffered_lines_limit(WAITING)
        .thread_name("log")
        .finish(Counted(to));
    UNQUEUED.get_or_init(|| writer.error_counter());
    (writer, Output { _worker: worker })
}

/// Takes every line, and counts those that could not be written.
struct Counted<W>(W);

impl<W: Write> Write for Counted<W> {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        if self.0.write_all(line).is_err() {
            UNWRITTEN.fetch_add(1, Ordering::Relaxed);
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        // What is not flushed is lost with the process, which is over then.
        let _ = self.0.flush();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::{Receiver, channel};

    use super::*;

    /// Fails at once, or waits until it is let go.
    struct Broken(Option<Receiver<()>>);

    impl Write for Broken {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            if let Some(wait) = &self.0 {
                let _ = wait.recv();
            }
            Err(io::ErrorKind::StorageFull.into())
        }

        fn flush(&mut self) -> io::Result<()> {
            Err(io::ErrorKind::StorageFull.into())
        }
    }

    #[test]
    fn a_log_that_cannot_be_written_or_that_nobody_reads_holds_up_nobody_and_is_counted() {
        let before = lost();
        let (mut full, output) = queued(Broken(None));
        for _ in 0..3 {
            full.write_all(b"line\n").unwrap();
        }
        drop(output);
        assert!(lost() >= before + 3, "{} lines", lost() - before);

        let (_open, closed) = channel();
        let (mut stalled, output) = queued(Broken(Some(closed)));
        for _ in 0..WAITING * 2 {
            stalled.write_all(b"line\n").unwrap();
        }
        assert!(stalled.error_counter().dropped_lines() >= WAITING - 1);
        drop(_open);
        drop(output);
    }
}
