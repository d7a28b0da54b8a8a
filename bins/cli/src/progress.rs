//! How far a long run is, for the person who waits for it.

use std::cell::Cell;
use std::fmt;

use crate::streams;
use crate::terminal::Terminal;

/// A line on standard error that is written over again, where that is a terminal and remarks are wanted.
pub(crate) struct Progress {
    what: &'static str,
    whole: usize,
    done: Cell<usize>,
    is_shown: bool,
}

impl Progress {
    /// Of so many things, called so.
    pub(crate) fn start(what: &'static str, whole: usize, terminal: Terminal) -> Self {
        let progress = Self {
            what,
            whole,
            done: Cell::new(0),
            is_shown: terminal.is_watched(),
        };
        progress.add(0);
        progress
    }

    /// So many more are done.
    pub(crate) fn add(&self, done: usize) {
        self.done.set(self.done.get() + done);
        if self.is_shown {
            streams::over(Some(&Bar {
                what: self.what,
                whole: self.whole,
                done: self.done.get(),
            }));
        }
    }

    /// Takes the line away.
    pub(crate) fn end(self) {
        if self.is_shown {
            streams::over(None);
        }
    }
}

/// The line.
pub(crate) struct Bar {
    what: &'static str,
    whole: usize,
    done: usize,
}

impl fmt::Display for Bar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const WIDTH: usize = 24;
        let Self { what, whole, done } = self;
        let filled = (WIDTH * done.min(whole)).checked_div(*whole);
        let filled = filled.unwrap_or(WIDTH);
        let (full, empty) = ("#".repeat(filled), ".".repeat(WIDTH - filled));
        write!(f, "[{full}{empty}] {done} of {whole} {what}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bar_is_as_full_as_the_work_is_done() {
        for (done, whole, expected) in [
            (0, 4, "[........................] 0 of 4 images"),
            (1, 4, "[######..................] 1 of 4 images"),
            (4, 4, "[########################] 4 of 4 images"),
            (0, 0, "[########################] 0 of 0 images"),
        ] {
            let what = "images";
            assert_eq!(Bar { what, whole, done }.to_string(), expected);
        }
    }
}
