//! What registries want people to know (OCI distribution specification, "Warnings").

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};

use doorward_core::text::one_line;
use http::HeaderMap;
use http::header::WARNING;

use crate::{ExchangeKind, Observer};

/// The most texts of one host that are shown in the life of a client. A registry has a handful to say, and one that has
/// more must not take from the others what they may say.
const MAX_OF_HOST: usize = 16;
/// The most texts of all hosts together: those of 64 that say as much as they may.
const MAX_TEXTS: usize = 64 * MAX_OF_HOST;
/// The most warnings of one answer.
const MAX_OF_ANSWER: usize = 8;
/// The most characters of a text. The specification has clients take 4096 bytes of all headers together.
const MAX_CHARACTERS: usize = 256;

/// Shows each text of a registry once. Nothing is ever decided by one.
#[derive(Debug, Default)]
pub(crate) struct Warnings(Mutex<Shown>);

/// What was shown.
#[derive(Debug, Default)]
struct Shown {
    of_hosts: BTreeMap<String, BTreeSet<String>>,
    /// How many texts there are of all hosts together.
    texts: usize,
}

impl Warnings {
    /// Shows what an answer says that was not shown before: to the observer, or else in the log.
    pub(super) fn take(
        &self,
        kind: ExchangeKind,
        host: &str,
        headers: &HeaderMap,
        observer: Option<&dyn Observer>,
    ) {
        // Others than registries have no such header.
        if !matches!(
            kind,
            ExchangeKind::Blob
                | ExchangeKind::Manifest
                | ExchangeKind::Ping
                | ExchangeKind::Referrers
        ) {
            return;
        }
        let values = headers.get_all(WARNING).iter().take(MAX_OF_ANSWER);
        for text in values.filter_map(|value| text(value.as_bytes())) {
            if !self.is_new(host, &text) {
                continue;
            }
            match observer {
                Some(observer) => observer.warning(host, &text),
                None => tracing::warn!(host, warning = text, "a registry warns"),
            }
        }
    }

    fn is_new(&self, host: &str, text: &str) -> bool {
        let mut shown = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if shown.texts >= MAX_TEXTS {
            return false;
        }
        let of_host = shown.of_hosts.entry(host.to_owned()).or_default();
        let is_new = of_host.len() < MAX_OF_HOST && of_host.insert(text.to_owned());
        if is_new {
            shown.texts += 1;
        }
        is_new
    }
}

/// The text of `299 - "text"`, on one line and without what a terminal would obey. Returns `None` for every other form:
/// the specification has clients ignore those.
fn text(value: &[u8]) -> Option<String> {
    let value = String::from_utf8_lossy(value);
    let quoted = value.trim().strip_prefix("299 - \"")?.strip_suffix('"')?;
    let mut plain = String::with_capacity(quoted.len());
    let mut characters = quoted.chars();
    // RFC 9110, section 5.6.4: a backslash quotes what stands behind it.
    while let Some(character) = characters.next() {
        match character {
            '\\' => plain.push(characters.next()?),
            '"' => return None,
            other => plain.push(other),
        }
    }
    (!plain.is_empty()).then(|| one_line(&plain, MAX_CHARACTERS))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Default)]
    struct Seen(Mutex<Vec<String>>);

    impl Observer for Seen {
        fn exchange(&self, _: &crate::Exchange) {}

        fn warning(&self, host: &str, text: &str) {
            self.0.lock().unwrap().push(format!("{host}: {text}"));
        }
    }

    fn headers(values: &[&str]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(WARNING, value.parse().expect("a header value"));
        }
        headers
    }

    #[test]
    fn only_the_form_of_the_specification_is_shown() {
        for (value, expected) in [
            ("299 - \"Pulls are limited.\"", Some("Pulls are limited.")),
            ("299 - \"say \\\"so\\\" \\\\\"", Some("say \"so\" \\")),
            ("199 - \"x\"", None),
            ("299 example.com \"x\"", None),
            ("299 - \"x\" \"Wed, 21 Oct 2015 07:28:00 GMT\"", None),
            ("299 - x", None),
            ("299 - \"", None),
            ("299 - \"\"", None),
            ("299 - \"x\\\"", None),
            ("", None),
        ] {
            assert_eq!(text(value.as_bytes()).as_deref(), expected, "{value}");
        }
    }

    #[test]
    fn nothing_in_a_text_moves_a_cursor_or_fills_a_screen() {
        let told = text(b"299 - \"a\x1b[2Jb\xffc\"").expect("a text");
        assert!(!told.contains('\u{1b}'), "{told:?}");
        let long = format!("299 - \"{}\"", "x".repeat(10_000));
        let told = text(long.as_bytes()).expect("a text");
        assert!(told.chars().count() <= MAX_CHARACTERS, "{}", told.len());
    }

    /// A client's warnings, and what of them was shown.
    #[derive(Default)]
    struct Client(Warnings, Seen);

    impl Client {
        fn take(&self, kind: ExchangeKind, host: &str, values: &[&str]) -> Vec<String> {
            self.0.take(kind, host, &headers(values), Some(&self.1));
            std::mem::take(&mut *self.1.0.lock().unwrap())
        }

        /// How many of a thousand different texts of a host are shown.
        fn chatter(&self, host: &str) -> usize {
            let one = |number| {
                let text = format!("299 - \"{number}\"");
                self.take(ExchangeKind::Manifest, host, &[&text]).len()
            };
            (0..1000).map(one).sum()
        }
    }

    #[test]
    fn each_text_is_shown_once() {
        let client = Client::default();
        let take = |kind, host: &str, values: &[&str]| client.take(kind, host, values);
        let manifest = ExchangeKind::Manifest;
        let both = ["299 - \"a\"", "299 - \"b\""];
        assert_eq!(take(manifest, "r", &both), ["r: a", "r: b"]);
        assert!(take(ExchangeKind::Blob, "r", &both).is_empty());
        assert_eq!(take(manifest, "other", &both[..1]), ["other: a"]);
        // Whom a certificate names has nothing to say here.
        for kind in [ExchangeKind::Revocation, ExchangeKind::Lookaside] {
            assert!(take(kind, "ca", &["299 - \"c\""]).is_empty());
        }
    }

    #[test]
    fn a_registry_that_never_stops_warning_hides_nothing_that_another_says() {
        let client = Client::default();
        assert_eq!(client.chatter("chatty"), MAX_OF_HOST);
        assert_eq!(client.chatter("chatty"), 0);
        let said = client.take(ExchangeKind::Blob, "quiet", &["299 - \"0\""]);
        assert_eq!(said, ["quiet: 0"]);
    }

    #[test]
    fn what_all_hosts_may_say_together_is_bounded() {
        let client = Client::default();
        let shown: usize = (0..100).map(|host| client.chatter(&host.to_string())).sum();
        assert_eq!(shown, MAX_TEXTS);
        assert_eq!(client.chatter("late"), 0);
        let shown = client.0.0.lock().unwrap();
        assert!(
            shown.of_hosts.len() <= MAX_TEXTS,
            "{}",
            shown.of_hosts.len()
        );
    }
}
