//! The time that one who asks has.

use std::time::{Duration, Instant};

/// The longest window. It keeps sums of times from overflowing.
const LONGEST: Duration = Duration::from_secs(60 * 60);

/// The time that one who asks has for everything: for calls of others, for a turn, and for the program.
///
/// A call begins in the first half or not at all, so that a program always has at least half of the time, and what it
/// did not do in that time is its own fault.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Window {
    /// Its length.
    pub(crate) length: Duration,
    /// How long a call for another image is waited for, which may be one that hangs.
    pub(crate) patience: Instant,
    /// The last moment in which a call begins.
    pub(crate) begin: Instant,
    /// Its end.
    pub(crate) end: Instant,
}

impl Window {
    /// From now on, an hour at most.
    pub(crate) fn of(length: Duration, now: Instant) -> Self {
        let length = length.min(LONGEST);
        Self {
            length,
            patience: now + length / 4,
            begin: now + length / 2,
            end: now + length,
        }
    }

    /// An equal share of what is left of it, for the first of so many.
    pub(crate) fn share(&self, of: u32, now: Instant) -> Self {
        let left = self.end.saturating_duration_since(now);
        Self::of(left / of.max(1), now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn shares_of_a_window_end_with_it_and_what_one_leaves_is_for_the_others() {
        let now = Instant::now();
        let whole = Window::of(8 * SECOND, now);
        let first = whole.share(2, now);
        assert_eq!(
            (first.begin, first.end),
            (now + 2 * SECOND, now + 4 * SECOND)
        );
        assert_eq!(whole.share(1, first.end).end, whole.end);
        assert_eq!(whole.share(1, now + SECOND).length, 7 * SECOND);
        assert_eq!(whole.share(3, whole.end + SECOND).length, Duration::ZERO);
        assert_eq!(whole.share(0, now).end, whole.end);
    }

    #[test]
    fn a_window_that_never_ends_ends_after_an_hour() {
        let now = Instant::now();
        assert_eq!(Window::of(Duration::MAX, now).end, now + LONGEST);
    }
}
