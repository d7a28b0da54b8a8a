//! The images that an exception is for.

use std::fmt;

use doorward_core::{Digest, Reference, Repository};

use crate::pattern::{MAX_TEXT, matches_image, names_tags};

/// An item of `images`: one image by its digest, or all under a pattern.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ExceptedImage {
    /// The image with this digest in this repository, and no other.
    Digest(Box<Repository>, Digest),
    /// Every image of the repositories under the pattern.
    Pattern(String),
}

impl ExceptedImage {
    /// Reads an item.
    ///
    /// # Errors
    /// Why it cannot be one: a fragment.
    pub(crate) fn parse(text: &str) -> Result<Self, &'static str> {
        if text.is_empty() {
            return Err("an empty text names no image");
        }
        if text.len() > MAX_TEXT {
            return Err("it is longer than a reference can be");
        }
        if !text.contains('@') {
            if names_tags(text) {
                return Err(
                    "it names a tag, and an image that an exception admits is pinned to its digest and looked at again \
                     by that; name the repository, or the digest",
                );
            }
            return Ok(Self::Pattern(text.to_owned()));
        }
        let reference: Reference = text
            .parse()
            .map_err(|_| "a digest stands behind the full name of a repository, without stars")?;
        match (reference.tag(), reference.digest()) {
            (None, Some(digest)) => Ok(Self::Digest(
                Box::new(reference.repository().canonical()),
                digest.clone(),
            )),
            (Some(_), _) => Err("a tag beside a digest says nothing; leave it out"),
            (None, None) => Err("a digest stands behind the full name of a repository"),
        }
    }

    /// Whether the image is one of these. `digest` is what the reference resolved to, if that is known: without it, no
    /// image is one that is named by its digest.
    #[must_use]
    pub fn contains(&self, image: &Reference, digest: Option<&Digest>) -> bool {
        match self {
            Self::Digest(repository, named) => {
                digest == Some(named) && image.repository().canonical() == **repository
            }
            Self::Pattern(pattern) => matches_image(pattern, image),
        }
    }

    /// Whether the image may be one of these, for all that can be told without its digest.
    #[must_use]
    pub fn may_contain(&self, image: &Reference) -> bool {
        match self {
            Self::Digest(repository, named) => {
                image.digest().is_none_or(|digest| digest == named)
                    && image.repository().canonical() == **repository
            }
            Self::Pattern(pattern) => matches_image(pattern, image),
        }
    }

    /// How many bytes comparing it takes.
    pub(super) const fn len(&self) -> usize {
        match self {
            Self::Digest(..) => 64,
            Self::Pattern(pattern) => pattern.len(),
        }
    }
}

impl fmt::Display for ExceptedImage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Digest(repository, digest) => write!(f, "{repository}@{digest}"),
            Self::Pattern(pattern) => f.write_str(pattern),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn digest(byte: u8) -> Digest {
        Digest::sha256(&[byte])
    }

    fn image(text: &str) -> Reference {
        text.parse().unwrap()
    }

    #[test]
    fn an_item_with_a_digest_is_for_that_digest_of_that_repository_alone() {
        let text = format!("docker.io/library/web@{}", digest(1));
        let item = ExceptedImage::parse(&text).unwrap();
        assert!(item.contains(&image("web:1"), Some(&digest(1))));
        assert!(item.contains(&image("index.docker.io/library/web"), Some(&digest(1))));
        assert!(!item.contains(&image("web:1"), Some(&digest(2))));
        assert!(!item.contains(&image("web:1"), None));
        assert!(!item.contains(&image("other:1"), Some(&digest(1))));
        assert!(item.may_contain(&image("web:1")));
        assert!(!item.may_contain(&image(&format!("web@{}", digest(2)))));
        assert_eq!(item.to_string(), text);
    }

    #[test]
    fn a_pattern_without_a_tag_is_for_every_tag_and_digest() {
        let item = ExceptedImage::parse("registry.example/team/*").unwrap();
        for text in [
            "registry.example/team/web:1",
            "REGISTRY.example:443/team/web",
        ] {
            assert!(item.contains(&image(text), None), "{text}");
        }
        let pinned = format!("registry.example/team/web@{}", digest(1));
        assert!(item.contains(&image(&pinned), None));
        assert!(!item.contains(&image("registry.example/teams/web"), None));
    }

    #[test]
    fn what_names_a_tag_or_part_of_a_digest_is_no_item() {
        let tagged = format!("registry.example/web:1@{}", digest(1));
        for text in [
            "",
            "registry.example/web:1",
            "registry.example/*:prod",
            "registry.example/web@sha256:*",
            "registry.example/*@sha256:abc",
            "registry.example/web@",
            tagged.as_str(),
            &"a".repeat(MAX_TEXT + 1),
        ] {
            assert!(ExceptedImage::parse(text).is_err(), "{text}");
        }
    }
}
