//! What is known to be written into the status of each object.

use std::collections::HashMap;
use std::time::Duration;

use doorward_core::Digest;
use tokio::time::Instant;

/// How long what was written counts as being there. A replica with other options may have written last before it ended, and
/// people with the right to do so may have edited it: neither shows in what is said of the object.
const LIFETIME: Duration = Duration::from_secs(600);

/// The digests of what was written, by the path of the object.
pub(super) struct Written {
    digests: HashMap<String, Digest>,
    since: Instant,
}

impl Written {
    pub(super) fn new() -> Self {
        Self {
            digests: HashMap::new(),
            since: Instant::now(),
        }
    }

    /// When all is looked at again.
    pub(super) fn end(&self) -> Instant {
        self.since + LIFETIME
    }

    /// Forgets everything once its time is over.
    pub(super) fn renew(&mut self) {
        if Instant::now() >= self.end() {
            *self = Self::new();
        }
    }

    /// Forgets the objects that are not among these paths.
    pub(super) fn retain(&mut self, is_there: impl Fn(&str) -> bool) {
        self.digests.retain(|path, _| is_there(path));
    }

    pub(super) fn has(&self, path: &str, digest: &Digest) -> bool {
        self.digests.get(path) == Some(digest)
    }

    pub(super) fn put(&mut self, path: &str, digest: Digest) {
        self.digests.insert(path.to_owned(), digest);
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::advance;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn what_somebody_else_writes_over_is_looked_at_again_after_ten_minutes() {
        let digest = Digest::sha256(b"said");
        let mut written = Written::new();
        written.put("/a", digest.clone());
        advance(LIFETIME - Duration::from_millis(1)).await;
        written.renew();
        assert!(written.has("/a", &digest));
        advance(Duration::from_millis(1)).await;
        written.renew();
        assert!(!written.has("/a", &digest));
        assert_eq!(written.end(), Instant::now() + LIFETIME);
    }

    #[tokio::test]
    async fn what_is_said_otherwise_or_of_an_object_that_went_is_not_written() {
        let digest = Digest::sha256(b"said");
        let mut written = Written::new();
        written.put("/a", digest.clone());
        written.put("/b", digest.clone());
        assert!(!written.has("/a", &Digest::sha256(b"other")));
        written.retain(|path| path == "/b");
        assert!(!written.has("/a", &digest) && written.has("/b", &digest));
    }
}
