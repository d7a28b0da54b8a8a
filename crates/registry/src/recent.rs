//! Answers that are still good.

use std::time::{Duration, Instant};

use doorward_core::{Answer, FetchError, Resource, Selector};
use moka::sync::Cache;

use crate::client::FetchKey;

/// How long what was asked for by its digest is kept. It cannot change; whether its registry still has it can.
const BY_DIGEST: Duration = Duration::from_secs(10 * 60);
/// How long what a name stands for is kept: the objects of one rollout are judged within that time.
const BY_NAME: Duration = Duration::from_secs(2);
/// How long it is kept that there is no such thing. Who signs an image after a refusal tries again at once.
const ABSENT: Duration = Duration::from_secs(1);
/// The largest answer that is kept. Manifests and signatures have a few kilobytes.
const LARGEST: usize = 256 << 10;
/// What an answer takes beside its bytes, roughly.
const EACH: u32 = 512;

/// What was fetched lately, for callers with the same credentials.
///
/// Only what is certain is kept: bytes, and that there are none. A failure is everybody's own to find out. What is meant to be
/// fresh is never kept: metadata of trust servers, what authorities say of certificates, what plug-ins say.
pub(crate) struct Recent {
    /// What was asked for by its digest.
    fixed: Cache<FetchKey, Kept>,
    /// All else, which is good for a moment: it must not take the room of the other for longer than that.
    passing: Cache<FetchKey, Kept>,
}

#[derive(Clone)]
struct Kept {
    answer: Answer,
    until: Instant,
}

impl Recent {
    /// Keeps so many bytes at most, a quarter of them for what is good for a moment.
    pub(crate) fn within(bytes: u64) -> Self {
        let weigh = |key: &FetchKey, kept: &Kept| {
            let answer = kept.answer.as_ref();
            let answer = answer.map_or(0, |fetched| fetched.bytes.len() + fetched.source.len());
            let bytes = answer + key.weight();
            u32::try_from(bytes)
                .unwrap_or(u32::MAX)
                .saturating_add(EACH)
        };
        let cache = |bytes: u64, lifetime: Duration| {
            Cache::builder()
                .max_capacity(bytes)
                .weigher(weigh)
                .time_to_live(lifetime)
                .build()
        };
        Self {
            fixed: cache(bytes / 4 * 3, BY_DIGEST),
            passing: cache(bytes / 4, BY_NAME),
        }
    }

    pub(crate) fn find(&self, key: &FetchKey, now: Instant) -> Option<Answer> {
        let find = |cache: &Cache<FetchKey, Kept>| {
            let kept = cache.get(key)?;
            (now < kept.until).then_some(kept.answer)
        };
        find(&self.fixed).or_else(|| find(&self.passing))
    }

    pub(crate) fn keep(&self, key: FetchKey, answer: &Answer, now: Instant) {
        let Some(span) = span(&key.resource, answer) else {
            return;
        };
        let kept = Kept {
            answer: answer.clone(),
            until: now + span,
        };
        let (cache, other) = if span == BY_DIGEST {
            (&self.fixed, &self.passing)
        } else {
            (&self.passing, &self.fixed)
        };
        other.invalidate(&key);
        cache.insert(key, kept);
    }
}

/// How long an answer is good, if it is kept at all.
fn span(resource: &Resource, answer: &Answer) -> Option<Duration> {
    let is_by_digest = match resource {
        Resource::Blob { .. } => true,
        Resource::Manifest { selector, .. } => matches!(selector, Selector::Digest(_)),
        Resource::Referrers { .. }
        | Resource::SignatureExtension { .. }
        | Resource::VulnerabilityStatus { .. } => false,
        Resource::Lookaside { url, .. } if !url.starts_with("file:") => false,
        _ => return None,
    };
    match answer {
        Ok(fetched) if fetched.bytes.len() > LARGEST => None,
        Ok(_) if is_by_digest => Some(BY_DIGEST),
        Ok(_) => Some(BY_NAME),
        Err(FetchError::NotFound | FetchError::NotSupported) => Some(ABSENT),
        Err(_) => None,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use doorward_core::{Digest, Fetched, Repository};

    use super::*;
    use crate::Credential;

    fn repository() -> Repository {
        "r.example/app".parse().unwrap()
    }

    fn blob() -> Resource {
        Resource::Blob {
            repository: repository(),
            digest: Digest::sha256(b"x"),
        }
    }

    fn tag() -> Resource {
        Resource::Manifest {
            repository: repository(),
            selector: Selector::Tag("1".parse().unwrap()),
        }
    }

    fn lookaside(url: &str) -> Resource {
        Resource::Lookaside {
            url: url.to_owned(),
            access: None,
        }
    }

    fn status(account: Option<&str>) -> Resource {
        Resource::VulnerabilityStatus {
            repository: repository(),
            digest: Digest::sha256(b"x"),
            account: account.map(str::to_owned),
        }
    }

    fn key(resource: Resource, who: Option<&str>) -> FetchKey {
        let account = |name: &str| Credential::RegistryToken(name.to_owned()).fingerprint();
        FetchKey::of(resource, 1024, who.map(account))
    }

    fn bytes(length: usize) -> Answer {
        Ok(Fetched::new(vec![0; length], None, "test"))
    }

    #[test]
    fn what_cannot_change_is_kept_longer_than_what_a_name_stands_for_and_an_absence_least() {
        let (recent, now) = (Recent::within(1 << 20), Instant::now());
        for (resource, answer, span) in [
            (blob(), bytes(1), BY_DIGEST),
            (tag(), bytes(1), BY_NAME),
            (
                lookaside("https://s.example/signature-1"),
                bytes(1),
                BY_NAME,
            ),
            (
                lookaside("https://s.example/signature-2"),
                Err(FetchError::NotFound),
                ABSENT,
            ),
            (blob(), Err(FetchError::NotFound), ABSENT),
            // A digest is in it, and what is known about that changes.
            (status(None), bytes(1), BY_NAME),
        ] {
            let key = key(resource, None);
            recent.keep(key.clone(), &answer, now);
            let just_before = now + span - Duration::from_millis(1);
            assert_eq!(recent.find(&key, just_before).as_ref(), Some(&answer));
            assert_eq!(recent.find(&key, now + span), None);
        }
    }

    #[test]
    fn a_failure_is_never_kept() {
        let (recent, now) = (Recent::within(1 << 20), Instant::now());
        let unavailable = FetchError::Unavailable {
            detail: String::new(),
        };
        let unauthorized = FetchError::Unauthorized {
            detail: String::new(),
        };
        for error in [unavailable, unauthorized, FetchError::TooLarge { limit: 1 }] {
            for resource in [blob(), tag()] {
                let key = key(resource, None);
                recent.keep(key.clone(), &Err(error.clone()), now);
                assert_eq!(recent.find(&key, now), None);
            }
        }
    }

    #[test]
    fn what_is_meant_to_be_fresh_and_what_is_on_this_machine_is_never_kept() {
        let (recent, now) = (Recent::within(1 << 20), Instant::now());
        let key = key(lookaside("file:///sigs/signature-1"), None);
        recent.keep(key.clone(), &bytes(1), now);
        assert_eq!(recent.find(&key, now), None);
    }

    #[test]
    fn an_answer_is_for_those_with_the_same_credentials_alone() {
        let (recent, now) = (Recent::within(1 << 20), Instant::now());
        recent.keep(key(blob(), Some("one")), &bytes(1), now);
        assert!(recent.find(&key(blob(), Some("one")), now).is_some());
        assert!(recent.find(&key(blob(), Some("other")), now).is_none());
        assert!(recent.find(&key(blob(), None), now).is_none());
        // The exemptions of an account are those of nobody else.
        recent.keep(key(status(Some("7")), Some("one")), &bytes(1), now);
        for (account, who, is_kept) in [
            (Some("7"), "one", true),
            (Some("7"), "other", false),
            (Some("8"), "one", false),
            (None, "one", false),
        ] {
            let found = recent.find(&key(status(account), Some(who)), now);
            assert_eq!(found.is_some(), is_kept, "{account:?} {who}");
        }
    }

    #[test]
    fn the_name_of_what_is_not_there_takes_room_too() {
        let (recent, now) = (Recent::within(1 << 20), Instant::now());
        for number in 0..1000 {
            let url = format!("https://s.example/{}/{number}", "a".repeat(2000));
            recent.keep(key(lookaside(&url), None), &Err(FetchError::NotFound), now);
        }
        recent.passing.run_pending_tasks();
        let kept = recent.passing.entry_count();
        assert!(kept <= (1 << 18) / 2000, "{kept}");
    }

    #[test]
    fn a_large_answer_is_not_kept() {
        let (recent, now) = (Recent::within(1 << 30), Instant::now());
        recent.keep(key(blob(), None), &bytes(LARGEST + 1), now);
        assert!(recent.find(&key(blob(), None), now).is_none());
    }

    #[test]
    fn no_more_is_kept_than_there_is_room_for() {
        let (recent, now) = (Recent::within(1 << 20), Instant::now());
        for number in 0..1000 {
            let key = key(lookaside(&format!("https://s.example/{number}")), None);
            recent.keep(key, &bytes(16 << 10), now);
        }
        recent.passing.run_pending_tasks();
        assert!(recent.passing.weighted_size() <= 1 << 18);
    }
}
