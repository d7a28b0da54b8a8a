//! The form of labels, as the API server checks it (`k8s.io/apimachinery`, `validation.IsQualifiedName` and
//! `IsValidLabelValue`).

/// The most bytes of a name or a value.
const MAX_NAME: usize = 63;
/// The most bytes of a prefix (RFC 1123 subdomain).
const MAX_PREFIX: usize = 253;

/// Whether a label can have this key: a name of at most 63 bytes, after a DNS name and a slash if it likes.
#[must_use]
pub fn is_key(text: &str) -> bool {
    match text.split_once('/') {
        None => is_name(text),
        Some((prefix, name)) => is_subdomain(prefix) && is_name(name),
    }
}

/// Whether a label can have this value: a name, or nothing.
#[must_use]
pub fn is_value(text: &str) -> bool {
    text.is_empty() || is_name(text)
}

fn is_name(text: &str) -> bool {
    let ends = |b: Option<&u8>| b.is_some_and(u8::is_ascii_alphanumeric);
    let bytes = text.as_bytes();
    bytes.len() <= MAX_NAME
        && ends(bytes.first())
        && ends(bytes.last())
        && bytes
            .iter()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'))
}

fn is_subdomain(text: &str) -> bool {
    let alphanumeric = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
    let is_label = |label: &str| {
        let bytes = label.as_bytes();
        bytes.first().copied().is_some_and(alphanumeric)
            && bytes.last().copied().is_some_and(alphanumeric)
            && bytes.iter().all(|b| alphanumeric(*b) || *b == b'-')
    };
    text.len() <= MAX_PREFIX && text.split('.').all(is_label)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_those_that_the_api_server_takes() {
        let long = "a".repeat(63);
        let prefix = "a.".repeat(126) + "a";
        for good in [
            "env",
            "Env_1.x-y",
            "example.com/env",
            "a-b.c/D",
            "1",
            long.as_str(),
            &format!("{prefix}/{long}"),
        ] {
            assert!(is_key(good), "{good}");
        }
        let too_long = "a".repeat(64);
        for bad in [
            "",
            "-env",
            "env-",
            "e v",
            "é",
            "a/b/c",
            "/env",
            "example.com/",
            "Example.com/env",
            "-a/b",
            "a..b/c",
            "env\n",
            "*",
            too_long.as_str(),
            &format!("{prefix}a/b"),
        ] {
            assert!(!is_key(bad), "{bad}");
        }
    }

    #[test]
    fn a_value_may_be_empty_and_has_no_slash() {
        for good in ["", "prod", "1.2_3-x"] {
            assert!(is_value(good), "{good}");
        }
        for bad in ["a/b", ".", "a b", "-", &"a".repeat(64)] {
            assert!(!is_value(bad), "{bad}");
        }
    }
}
