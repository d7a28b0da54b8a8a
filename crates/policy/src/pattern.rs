//! Patterns over image references.
//!
//! A pattern is literal text with stars. A star stands for any characters, none included, and also for `/`, `:` and
//! `@`; nothing else is special, and case matters. A pattern with a slash is split at its first one: the part
//! before is compared with what precedes the first slash of the reference, the part behind with the rest. Where a
//! pattern does not match, it is tried once more with `:*` behind it, so that an entry without a tag governs every
//! tag.
//!
//! The functions compare texts and know nothing of images, but for [`matches_image`].
//! [`PolicySet::select`](crate::PolicySet::select) applies them to every spelling of an image.

mod globs;
mod matcher;
mod relation;

use doorward_core::{Authority, Reference};

use crate::spelling::Spellings;

pub use matcher::{Hit, MAX_TEXT, Matcher};
pub(crate) use relation::{Reach, Steps};
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

/// Whether `pattern` matches what `image` names, however it is written: the [`canonical`] pattern is compared with the
/// canonical spellings of the image, those of Docker Hub without `library/` and host among them.
///
/// A name without tag and digest means `:latest`. A tag beside a digest says nothing, because the digest decides what is
/// pulled: such an image is matched by patterns that take every tag or name the digest.
#[must_use]
pub fn matches_image(pattern: &str, image: &Reference) -> bool {
    let pattern = canonical(pattern);
    let spellings = Spellings::of_reference(image);
    let mut texts = spellings.canonical().iter();
    texts.any(|text| matches_reference(&pattern, text))
}

/// How specific a pattern is: its length in bytes without its stars. The greatest wins.
#[must_use]
pub fn specificity(pattern: &str) -> usize {
    pattern.bytes().filter(|byte| *byte != b'*').count()
}

/// The pattern with its host half as [`Authority`] is displayed: lower case, without the standard port, an IPv6
/// address in its shortest form, and `docker.io` for every name of Docker Hub. A host half with stars in its host is
/// only brought to lower case and freed from the standard port; what else it may match is for the caller to spell out.
#[must_use]
pub fn canonical(pattern: &str) -> String {
    match pattern.split_once('/') {
        None => pattern.to_owned(),
        Some((host, rest)) => format!("{}/{rest}", canonical_host(host)),
    }
}

fn canonical_host(host: &str) -> String {
    // Without a dot or a colon it is no host, but the beginning of a path on Docker Hub.
    if !Authority::is_written_in(host) {
        return host.to_owned();
    }
    if let Ok(authority) = host.parse::<Authority>() {
        return authority.to_string();
    }
    // A star that stands for ports only.
    if let Some((name, port)) = host.rsplit_once(':')
        && port.contains('*')
        && !port.contains(']')
        && let Ok(authority) = name.parse::<Authority>()
    {
        // As displayed, a host of one label has a port already.
        let name = match authority.port() {
            None if authority.is_docker_hub() => authority.to_string(),
            _ => authority.host().to_string(),
        };
        return format!("{name}:{port}");
    }
    let mut host = host.to_ascii_lowercase();
    // Behind a star the port cannot go: the star would then stand for other ports too. What has a port before it is no host, and
    // stays what it is.
    if let Some(name) = host.strip_suffix(":443")
        && !name.is_empty()
        && !name.ends_with('*')
        && (!name.contains(':') || name.ends_with(']'))
    {
        host.truncate(name.len());
    }
    host
}

/// The name and the tags of a pattern that governs some tags of a repository and no digest.
pub(crate) fn tags_of(pattern: &str) -> Option<(&str, &str)> {
    if pattern.contains('@') {
        return None;
    }
    let last = pattern.rfind('/').map_or(0, |slash| slash + 1);
    let colon = last + pattern.get(last..)?.find(':')?;
    let (name, tags) = pattern.split_at(colon);
    let tags = tags.strip_prefix(':')?;
    (!glob(tags, "")).then_some((name, tags))
}

/// Whether a pattern names some tags only, be it beside a digest: the author of an image can leave out the tag.
pub(crate) fn names_tags(pattern: &str) -> bool {
    let pattern = canonical(pattern);
    match pattern.split_once('@') {
        None => tags_of(&pattern).is_some(),
        Some((name, _)) => name
            .rsplit('/')
            .next()
            .is_some_and(|last| last.contains(':')),
    }
}

/// Whether there may be hosts that the pattern matches in one spelling and not in another, once it is
/// [canonical]: its host half has a star and something besides.
pub(crate) fn has_open_host(pattern: &str) -> bool {
    let host = pattern.split_once('/').map_or(pattern, |(host, _)| host);
    host.contains('*') && host.bytes().any(|byte| byte != b'*')
}

#[cfg(test)]
mod tests;
