//! Patterns over image references.
//!
//! A pattern is literal text with stars. A star stands for any characters, none included, and also for `/`, `:` and
//! `@`; nothing else is special, and case matters. A pattern with a slash is split at its first one: the part
//! before is compared with what precedes the first slash of the reference, the part behind with the rest. Where a
//! pattern does not match, it is tried once more with `:*` behind it, so that an entry without a tag governs every
//! tag.
//!
//! The functions compare texts and know nothing of images. [`PolicySet::select`](crate::PolicySet::select) applies
//! them to every spelling of an image.

mod globs;
mod matcher;
mod relation;

pub use matcher::{Hit, MAX_TEXT, Matcher};
pub use relation::{covers, overlaps};

/// Whether `pattern` matches the whole of `text`. Takes time linear in both.
#[must_use]
pub fn glob(pattern: &str, text: &str) -> bool {
    let Some((first, rest)) = pattern.split_once('*') else {
        return pattern == text;
    };
    let Some(mut left) = text.strip_prefix(first) else {
        return false;
    };
    let Some((middle, last)) = rest.rsplit_once('*') else {
        return left.ends_with(rest);
    };
    // The leftmost place for each piece leaves the most room for the next.
    for piece in middle.split('*') {
        match left.split_once(piece) {
            Some((_, after)) => left = after,
            None => return false,
        }
    }
    left.ends_with(last)
}

/// Whether `pattern`, or `pattern` followed by `:*`, matches the whole of `text`.
#[must_use]
pub fn glob_any_tag(pattern: &str, text: &str) -> bool {
    glob(pattern, text) || (text.contains(':') && glob(&format!("{pattern}:*"), text))
}

/// Whether an entry with the name `pattern` governs the reference `text`, exactly as both are spelled.
#[must_use]
pub fn matches_reference(pattern: &str, text: &str) -> bool {
    let Some((host, rest)) = pattern.split_once('/') else {
        return glob_any_tag(pattern, text);
    };
    text.split_once('/').is_some_and(|(text_host, text_rest)| {
        glob(host, text_host) && glob_any_tag(rest, text_rest)
    })
}

/// How specific a pattern is: its length in bytes without its stars. The greatest wins.
#[must_use]
pub fn specificity(pattern: &str) -> usize {
    pattern.bytes().filter(|byte| *byte != b'*').count()
}

/// The pattern with its host half spelled as [`Repository::canonical`](doorward_core::Repository::canonical)
/// spells hosts: lower case, without the default port, and `docker.io` for its older name.
#[must_use]
pub fn canonical(pattern: &str) -> String {
    let Some((host, rest)) = pattern.split_once('/') else {
        return pattern.to_owned();
    };
    let mut host = host.to_ascii_lowercase();
    // Behind a star the port cannot go: the star would then stand for other ports too.
    if let Some(name) = host.strip_suffix(":443")
        && !name.is_empty()
        && !name.ends_with('*')
    {
        host.truncate(name.len());
    }
    if host == "index.docker.io" {
        "docker.io".clone_into(&mut host);
    }
    format!("{host}/{rest}")
}

#[cfg(test)]
mod tests;
