//! Which signed names are accepted for which image (containers-policy.json(5), "signedIdentity").

use std::fmt;
use std::str::FromStr;

use doorward_core::{Authority, Reference, ReferenceError, Repository};

/// The rule that the name inside a signature must satisfy.
///
/// Both names are compared as texts, familiar names completed. The image is taken as it was asked for: a tag if it has
/// one, else a digest. Its registry counts in its canonical spelling as well, so what is accepted for one spelling of
/// an image is accepted for all; what was signed counts as it was written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum SignedIdentity {
    /// The same name with the same tag; for an image asked for by digest, the same repository. The default.
    #[default]
    MatchRepoDigestOrExact,
    /// The same name with the same tag or digest.
    MatchExact,
    /// The same repository, whatever the tag.
    MatchRepository,
    /// This name with its tag or digest, whatever the image is called.
    ExactReference(Reference),
    /// This repository, whatever the image is called.
    ExactRepository(Repository),
    /// As [`SignedIdentity::MatchRepoDigestOrExact`], after a prefix of the image's name was replaced. An image
    /// outside the prefix is matched under its own name.
    RemapIdentity {
        /// What the image's name must begin with.
        prefix: NamePrefix,
        /// What stands there in the signature.
        signed_prefix: NamePrefix,
    },
}

/// A registry host, or a host and the beginning of a path, of whole components.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamePrefix {
    /// As written.
    text: String,
    /// With the canonical spelling of its host.
    canonical: String,
}

/// Why an identity rule is not valid.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum IdentityError {
    /// A reference has neither tag nor digest, so it would match nothing.
    #[error("{reference:?} has neither a tag nor a digest")]
    NameOnly {
        /// The reference, as written.
        reference: String,
    },
    /// A text is not a prefix of names.
    #[error("{prefix:?} is not a registry host with an optional path")]
    Prefix {
        /// The text.
        prefix: String,
    },
    /// A text is not an image reference.
    #[error("{reference:?} is not an image reference: {error}")]
    Reference {
        /// The text.
        reference: String,
        /// What is wrong with it.
        error: ReferenceError,
    },
}

impl SignedIdentity {
    /// The rule that only `reference`, which has a tag or digest, is accepted.
    ///
    /// # Errors
    /// [`IdentityError::Reference`] or [`IdentityError::NameOnly`].
    pub fn exact_reference(reference: &str) -> Result<Self, IdentityError> {
        let parsed = parse(reference)?;
        if parsed.is_name_only() {
            return Err(IdentityError::NameOnly {
                reference: reference.to_owned(),
            });
        }
        Ok(Self::ExactReference(parsed))
    }

    /// The rule that only names in `repository` are accepted; a tag or digest in the text is ignored.
    ///
    /// # Errors
    /// [`IdentityError::Reference`].
    pub fn exact_repository(repository: &str) -> Result<Self, IdentityError> {
        Ok(Self::ExactRepository(parse(repository)?.into_repository()))
    }

    /// The rule that images under `prefix` are signed under `signed_prefix`.
    ///
    /// # Errors
    /// [`IdentityError::Prefix`].
    pub fn remap(prefix: &str, signed_prefix: &str) -> Result<Self, IdentityError> {
        Ok(Self::RemapIdentity {
            prefix: prefix.parse()?,
            signed_prefix: signed_prefix.parse()?,
        })
    }

    /// Whether a signature for `signed` is accepted for `image`. A text that is not a reference is not.
    ///
    /// Laxer than the reference implementation about how a registry is written, because one image has one decision: its
    /// canonical spelling counts as well as its own.
    #[must_use]
    pub fn accepts(&self, image: &Reference, signed: &str) -> bool {
        let Ok(signed) = signed.parse::<Reference>() else {
            return false;
        };
        let canonical = image.canonical();
        if self.accepts_spelling(&canonical, &signed) {
            return true;
        }
        // What a prefix covers is not let through under its own name by being spelled differently.
        let covered = matches!(
            self,
            Self::RemapIdentity { prefix, .. } if prefix.rest_of(&canonical).is_some()
        );
        !covered && !image.repository().is_canonical() && self.accepts_spelling(image, &signed)
    }

    fn accepts_spelling(&self, image: &Reference, signed: &Reference) -> bool {
        match self {
            Self::MatchRepoDigestOrExact => repo_digest_or_exact(image, signed),
            Self::MatchExact => exact(image, signed),
            Self::MatchRepository => same_text(image.repository(), signed.repository()),
            Self::ExactReference(expected) => exact(expected, signed),
            Self::ExactRepository(expected) => same_text(expected, signed.repository()),
            Self::RemapIdentity {
                prefix,
                signed_prefix,
            } => remapped(image, prefix, signed_prefix)
                .is_some_and(|image| repo_digest_or_exact(&image, signed)),
        }
    }
}

impl SignedIdentity {
    /// What must be signed for `image`, as the end of the sentence "expected …".
    pub(crate) fn expectation(&self, image: &Reference) -> String {
        match self {
            Self::MatchRepoDigestOrExact => by_tag_or_repository(image),
            Self::MatchExact => image.to_string(),
            Self::MatchRepository => format!("a name in {}", image.repository()),
            Self::ExactReference(reference) => reference.to_string(),
            Self::ExactRepository(repository) => format!("a name in {repository}"),
            Self::RemapIdentity {
                prefix,
                signed_prefix,
            } => remapped(image, prefix, signed_prefix).map_or_else(
                || format!("a name that {signed_prefix} in place of {prefix} does not give"),
                |image| by_tag_or_repository(&image),
            ),
        }
    }
}

fn by_tag_or_repository(image: &Reference) -> String {
    match image.tag() {
        Some(_) => image.to_string(),
        None => format!("a tag or digest of {}", image.repository()),
    }
}

fn parse(text: &str) -> Result<Reference, IdentityError> {
    text.parse().map_err(|error| IdentityError::Reference {
        reference: text.to_owned(),
        error,
    })
}

/// Whether two repositories are the same and written alike. Their own comparison knows only the former.
fn same_text(one: &Repository, other: &Repository) -> bool {
    one == other && one.registry() == other.registry()
}

fn exact(image: &Reference, signed: &Reference) -> bool {
    !image.is_name_only() && image == signed && same_text(image.repository(), signed.repository())
}

fn repo_digest_or_exact(image: &Reference, signed: &Reference) -> bool {
    if signed.is_name_only() {
        return false;
    }
    match (image.tag(), image.digest()) {
        (Some(_), _) => exact(image, signed),
        (None, Some(_)) => same_text(image.repository(), signed.repository()),
        (None, None) => false,
    }
}

/// `image` with its prefix replaced, or itself if it is outside; `None` if the result is not a full name.
fn remapped(image: &Reference, prefix: &NamePrefix, replacement: &NamePrefix) -> Option<Reference> {
    let Some(rest) = prefix.rest_of(&image.canonical()) else {
        return Some(image.clone());
    };
    let name = format!("{}{rest}", replacement.text);
    let repository: Repository = name.parse().ok()?;
    // Short names would be completed to something the policy does not say.
    (repository.to_string() == name)
        .then(|| Reference::new(repository, image.tag().cloned(), image.digest().cloned()))
}

impl NamePrefix {
    /// What follows the prefix in the name of an image in its canonical spelling. Returns `None` if it is outside.
    fn rest_of(&self, image: &Reference) -> Option<String> {
        let name = image.repository().to_string();
        name.strip_prefix(&self.canonical)
            .filter(|rest| rest.is_empty() || rest.starts_with('/'))
            .map(str::to_owned)
    }
}

impl FromStr for NamePrefix {
    type Err = IdentityError;

    /// `host [":" port] *("/" component)`. The host needs no dot, so that `localhost` and short names parse; a short
    /// name never matches a normalised one.
    fn from_str(text: &str) -> Result<Self, IdentityError> {
        let invalid = || IdentityError::Prefix {
            prefix: text.to_owned(),
        };
        let (host, path) = text.split_at(text.find('/').unwrap_or(text.len()));
        let authority: Authority = host.parse().map_err(|_| invalid())?;
        // The grammar of paths is asked behind a host that is one beyond doubt.
        let probe = format!(
            "registry.invalid{}",
            if path.is_empty() { "/a" } else { path }
        );
        if probe.parse::<Repository>().is_err() {
            return Err(invalid());
        }
        Ok(Self {
            text: text.to_owned(),
            canonical: format!("{authority}{path}"),
        })
    }
}

impl fmt::Display for NamePrefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests;
