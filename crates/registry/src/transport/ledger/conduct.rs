//! What a server saw of this machine that may be a reason to shut it out.

use std::time::{Duration, Instant};

use super::{Answer, is_within};
use crate::ExchangeKind;
use crate::transport::is_refusal;

/// The time in which refusals add up. fail2ban counts five in ten minutes by default; two windows that
/// touch let at most four pass here.
const OF_REFUSALS: Duration = Duration::from_secs(10 * 60);
/// So many refusals are no reason yet.
const REFUSALS: u32 = 2;
/// The time in which requests add up.
const OF_REQUESTS: Duration = Duration::from_secs(60);
/// So many requests are no reason yet.
const REQUESTS: u32 = 200;

/// What was asked of a server in the name of requesters. They choose names, credentials and number, so whatever the
/// server makes of it is no evidence.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Conduct {
    refusals: Count,
    requests: Count,
}

/// How often something happened since a time.
#[derive(Clone, Copy, Debug, Default)]
struct Count {
    since: Option<Instant>,
    number: u32,
}

impl Count {
    /// Counts one more, and returns whether that is more than `most` within `span`.
    fn exceeds(&mut self, most: u32, span: Duration, now: Instant) -> bool {
        if !self.since.is_some_and(|since| is_within(since, now, span)) {
            *self = Self {
                since: Some(now),
                number: 0,
            };
        }
        self.number = self.number.saturating_add(1);
        self.number > most
    }
}

impl Conduct {
    /// Notes an answer, and returns whether by now the server has a reason to shut this machine out:
    ///
    /// * it refused a credential;
    /// * it said that it is asked too often;
    /// * it refused several requests, or did not have what was asked for;
    /// * it was asked for very much.
    pub(super) fn is_reason(&mut self, answer: &Answer<'_>, now: Instant) -> bool {
        let Answer {
            origin: _,
            address: _,
            is_first,
            kind,
            status,
            is_shown,
        } = answer;
        // Nothing was chosen.
        if matches!(kind, ExchangeKind::Ping | ExchangeKind::Probe) && !is_shown {
            return status.as_u16() == 429;
        }
        // Each of these is asked for until it is not there. Where not even the first one is, a requester named what has
        // none.
        let ends_so = match kind {
            ExchangeKind::Lookaside => !is_first,
            ExchangeKind::Referrers | ExchangeKind::SignatureExtension => true,
            _ => false,
        };
        let is_usual = status.as_u16() == 404 && ends_so;
        let much = self.requests.exceeds(REQUESTS, OF_REQUESTS, now);
        let refused = status.is_client_error()
            && !is_usual
            && self.refusals.exceeds(REFUSALS, OF_REFUSALS, now);
        (*is_shown && is_refusal(*status)) || status.as_u16() == 429 || refused || much
    }
}
