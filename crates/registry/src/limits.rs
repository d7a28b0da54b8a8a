//! How long a fetch may take and how often it is tried.

use std::time::Duration;

/// The bounds of time of one fetch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Timeouts {
    /// For a connection, TLS included. 5 seconds by default: two retransmissions of a lost first packet. Half of it is for
    /// looking up the name.
    pub connect: Duration,
    /// Without a single byte, while waiting for an answer or reading it. 10 seconds by default.
    pub idle: Duration,
    /// For everything that one fetch needs: ping, token, redirects, retries. 30 seconds by default, the most a
    /// webhook may be given by the API server.
    pub total: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(5),
            idle: Duration::from_secs(10),
            total: Duration::from_secs(30),
        }
    }
}

impl Timeouts {
    /// The same bounds with another one for connecting.
    #[must_use]
    pub const fn connect(mut self, bound: Duration) -> Self {
        self.connect = bound;
        self
    }

    /// The same bounds with another one for silence.
    #[must_use]
    pub const fn idle(mut self, bound: Duration) -> Self {
        self.idle = bound;
        self
    }

    /// The same bounds with another one for the whole fetch.
    #[must_use]
    pub const fn total(mut self, bound: Duration) -> Self {
        self.total = bound;
        self
    }

    /// For looking up a name.
    pub(crate) fn look_up(self) -> Duration {
        self.connect / 2
    }
}

/// How often one registry is asked: see [`Builder::rate`](crate::Builder::rate).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RequestRate {
    pause: Duration,
}

impl RequestRate {
    /// So many requests in a second, from one in a thousand seconds to a thousand. `None` for others.
    #[must_use]
    pub fn per_second(requests: f64) -> Option<Self> {
        (0.001..=1000.0).contains(&requests).then(|| Self {
            pause: Duration::from_secs_f64(requests.recip()),
        })
    }

    /// From one request to the next.
    #[must_use]
    pub const fn pause(self) -> Duration {
        self.pause
    }
}

/// When a request is sent again. Only `GET` requests are, after a connection that failed before an answer began, and
/// after the statuses 429, 502, 503 and 504.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Retries {
    /// How many times at most. 2 by default.
    pub count: u32,
    /// About how long to wait the first time; doubled each time, and varied by half. 200 ms by default.
    pub base: Duration,
    /// The longest wait. A server that asks for a longer one (`Retry-After`) is not asked again. 5 seconds by default.
    pub longest: Duration,
}

impl Default for Retries {
    fn default() -> Self {
        Self {
            count: 2,
            base: Duration::from_millis(200),
            longest: Duration::from_secs(5),
        }
    }
}

impl Retries {
    /// No retries.
    #[must_use]
    pub fn none() -> Self {
        Self::default().count(0)
    }

    /// The same waits with another number of retries.
    #[must_use]
    pub const fn count(mut self, count: u32) -> Self {
        self.count = count;
        self
    }

    /// The same number with another first wait.
    #[must_use]
    pub const fn base(mut self, base: Duration) -> Self {
        self.base = base;
        self
    }

    /// The same number with another longest wait.
    #[must_use]
    pub const fn longest(mut self, longest: Duration) -> Self {
        self.longest = longest;
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_is_more_than_nothing_and_no_more_than_a_thousand() {
        for (requests, millis) in [(0.001, 1_000_000), (0.5, 2000), (4.0, 250), (1000.0, 1)] {
            let pause = RequestRate::per_second(requests).map(RequestRate::pause);
            assert_eq!(pause, Some(Duration::from_millis(millis)), "{requests}");
        }
        for wrong in [0.0, -1.0, 0.0009, 1000.1, f64::NAN, f64::INFINITY] {
            assert_eq!(RequestRate::per_second(wrong), None, "{wrong}");
        }
    }
}
