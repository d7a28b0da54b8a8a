//! When to try again.

use std::time::{Duration, SystemTime};

use http::HeaderValue;
use http::header::RETRY_AFTER;
use ring::rand::{SecureRandom, SystemRandom};

use super::Reply;
use crate::Retries;

impl Retries {
    /// How long to wait before the next try: doubled each time, varied by half in both directions, bounded.
    pub(super) fn backoff(&self, tried: u32) -> Duration {
        let wait = self.base.saturating_mul(2_u32.saturating_pow(tried));
        wait.min(self.longest).mul_f64(0.5 + jitter())
    }

    /// How long to wait after an answer, if it invites another try at all.
    pub(super) fn after_status(&self, tried: u32, reply: &Reply) -> Option<Duration> {
        if !matches!(reply.status().as_u16(), 429 | 502 | 503 | 504) {
            return None;
        }
        let Some(header) = reply.content().headers.get(RETRY_AFTER) else {
            return Some(self.backoff(tried));
        };
        match asked_for(header, SystemTime::now()) {
            Some(wait) if wait > self.longest => None,
            // Those who were told the same moment should not all come back in it.
            Some(wait) => Some(wait + self.base.mul_f64(jitter())),
            None => Some(self.backoff(tried)),
        }
    }
}

/// The wait that a `Retry-After` header asks for (RFC 9110, section 10.2.3): seconds or a date.
pub(crate) fn asked_for(header: &HeaderValue, now: SystemTime) -> Option<Duration> {
    let text = header.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let date = httpdate::parse_http_date(text).ok()?;
    Some(date.duration_since(now).unwrap_or(Duration::ZERO))
}

/// A number from 0 up to 1.
pub(super) fn jitter() -> f64 {
    let mut byte = [0_u8; 1];
    // Without randomness the middle is as good as anything.
    if SystemRandom::new().fill(&mut byte).is_err() {
        return 0.5;
    }
    let [byte] = byte;
    f64::from(byte) / 256.0
}

#[cfg(test)]
mod tests {
    use super::super::reply::{Content, Led};
    use super::*;
    use bytes::Bytes;
    use http::{HeaderMap, StatusCode};

    fn reply(status: u16, after: Option<&str>) -> Reply {
        let mut headers = HeaderMap::new();
        if let Some(after) = after {
            headers.insert(RETRY_AFTER, after.parse().expect("a header value"));
        }
        Reply::Led(Led {
            from: "r.example".to_owned(),
            content: Content {
                host: "r.example".to_owned(),
                status: StatusCode::from_u16(status).expect("a status"),
                headers,
                body: Bytes::new(),
                is_local: false,
            },
        })
    }

    #[test]
    fn only_passing_troubles_invite_another_try() {
        for status in [429, 502, 503, 504] {
            assert!(
                Retries::default()
                    .after_status(0, &reply(status, None))
                    .is_some()
            );
        }
        for status in [
            200, 201, 204, 400, 401, 403, 404, 408, 410, 418, 500, 501, 505,
        ] {
            assert_eq!(
                Retries::default().after_status(0, &reply(status, Some("1"))),
                None,
                "{status}"
            );
        }
    }

    #[test]
    fn the_wait_grows_and_is_bounded() {
        let retries = Retries::default();
        for tried in [0, 1, 4, 31, 32, u32::MAX] {
            let wait = retries.backoff(tried);
            let middle = (retries.base * 2_u32.pow(tried.min(10))).min(retries.longest);
            assert!(
                wait >= middle / 2 && wait <= middle.mul_f64(1.5),
                "{wait:?}"
            );
        }
    }

    #[test]
    fn the_server_says_how_long() {
        let retries = Retries::default();
        let wait = |after| retries.after_status(0, &reply(429, Some(after)));
        assert!(wait("2").is_some_and(|wait| wait >= Duration::from_secs(2)));
        assert!(wait("0").is_some_and(|wait| wait <= retries.base));
        // Longer than anyone waits: not asked again.
        assert_eq!(wait("3600"), None);
        // Not a number of seconds that fits: treated as if it were not there.
        assert!(wait("99999999999999999999").is_some_and(|wait| wait <= retries.base * 2));
    }

    #[test]
    fn a_date_is_a_wait_until_then() {
        let now = httpdate::parse_http_date("Sun, 06 Nov 1994 08:49:37 GMT").expect("a date");
        let wait = |text: &'static str| asked_for(&HeaderValue::from_static(text), now);
        assert_eq!(
            wait("Sun, 06 Nov 1994 08:49:40 GMT"),
            Some(Duration::from_secs(3))
        );
        assert_eq!(wait("Sun, 06 Nov 1994 08:49:30 GMT"), Some(Duration::ZERO));
        assert_eq!(wait("soon"), None);
        assert_eq!(wait("-1"), None);
        assert_eq!(wait("1.5"), None);
    }
}
