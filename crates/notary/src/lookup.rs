//! Which digest a tag is released as, and who signed it.

use std::collections::BTreeSet;

use doorward_core::{Digest, Reference};

use crate::trusted_set::TargetsOfRole;
use crate::{Error, KeyId, RoleName, Signer, TrustedSet};

/// What is looked for.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Wanted {
    /// Some tag that is released as this digest.
    Digest(Digest),
    /// What this tag is released as.
    Tag(String),
    /// This tag, which must be released as this digest.
    TagAndDigest(String, Digest),
}

impl Wanted {
    /// What a reference looks for. Without tag and digest it is the tag `latest`; a digest alone is never taken for
    /// that tag.
    #[must_use]
    pub fn of(reference: &Reference) -> Self {
        match (reference.tag(), reference.digest()) {
            (Some(tag), Some(digest)) => Self::TagAndDigest(tag.to_string(), digest.clone()),
            (None, Some(digest)) => Self::Digest(digest.clone()),
            (Some(tag), None) => Self::Tag(tag.to_string()),
            (None, None) => Self::Tag("latest".to_owned()),
        }
    }

    fn name(&self) -> String {
        match self {
            Self::Digest(digest) => digest.to_string(),
            Self::Tag(tag) | Self::TagAndDigest(tag, _) => format!("the tag {tag}"),
        }
    }
}

/// A tag as it is released.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Released {
    /// The tag.
    pub tag: String,
    /// The digest of its manifest.
    pub digest: Digest,
    /// The role that releases it.
    pub role: RoleName,
    /// The demanded signers, in their order, each with the ID of the key that signed.
    pub signers: Vec<(String, KeyId)>,
}

/// Which roles must be taken before [`lookup`] can answer, in an order in which they can be. Empty, if it can.
///
/// These are `targets`; the delegation `targets/releases`, if there is one; the delegations of the signers, with those
/// above them. No other role can decide, so no other is read: stricter than TUF 5.6.7, which searches every delegation,
/// because Docker Content Trust lets two roles release. The bound on their number is that of TUF 5.6.7.1.
///
/// # Errors
/// [`Error::SignerMissing`] if a signer is no delegation; [`Error::DelegationMissing`] if the snapshot does not list
/// one that is needed; [`Error::TooLarge`] if they are too many.
pub(crate) fn needed(
    set: &TrustedSet,
    wanted: &Wanted,
    signers: &[Signer],
) -> Result<Vec<RoleName>, Error> {
    if set.role(&RoleName::Targets).is_none() {
        return Ok(vec![RoleName::Targets]);
    }
    let mut wanting = Vec::new();
    let mut all = BTreeSet::new();
    let releases = RoleName::releases();
    if delegates(set, &RoleName::Targets, &releases) {
        all.insert(releases.clone());
        if set.role(&releases).is_none() {
            wanting.push(releases);
        }
    }
    for signer in signers {
        let role = role_of(signer, wanted)?;
        let lineage = role.lineage();
        // The first is `targets`, which is no delegation.
        all.extend(lineage.iter().skip(1).cloned());
        for pair in lineage.windows(2) {
            let [parent, child] = pair else { continue };
            if set.role(child).is_some() {
                continue;
            }
            if !delegates(set, parent, child) {
                return Err(missing(
                    signer,
                    wanted,
                    format!("{parent} does not delegate to {child}"),
                ));
            }
            if !wanting.contains(child) {
                wanting.push(child.clone());
            }
            // What is below it is known once it was read.
            break;
        }
    }
    if all.len() > crate::limits::DELEGATIONS {
        return Err(Error::TooLarge {
            what: format!("{} delegations are needed", all.len()),
            limit: crate::limits::DELEGATIONS,
        });
    }
    for role in &wanting {
        if set.targets_file(role)?.is_none() {
            return Err(Error::DelegationMissing { role: role.clone() });
        }
    }
    Ok(wanting)
}

/// What `wanted` is released as, with every one of `signers` having signed the same digest under the same tag.
///
/// A tag is released by the delegation `targets/releases`, or, where that has not signed it, by `targets`. If the
/// delegation exists, it must have been taken; that it could not be verified never means that it has not signed (TUF
/// 5.6.7, which ends the search then; the original passes such a role over).
///
/// What is not released is refused (TUF 5.7.2). A digest that the reference names must be the released one (TUF 5.7.1).
///
/// # Errors
/// [`Error::DigestMismatch`], [`Error::NotReleased`], [`Error::SignerKeyMismatch`], [`Error::SignerMismatch`],
/// [`Error::SignerMissing`], [`Error::TargetInvalid`], and those of the roles that must be taken first.
pub fn lookup(set: &TrustedSet, wanted: &Wanted, signers: &[Signer]) -> Result<Released, Error> {
    if let Some(role) = needed(set, wanted, signers)?.first() {
        return Err(Error::DelegationMissing { role: role.clone() });
    }
    match wanted {
        Wanted::Tag(tag) => by_tag(set, tag, signers),
        Wanted::TagAndDigest(tag, expected) => {
            let released = by_tag(set, tag, signers)?;
            if released.digest == *expected {
                Ok(released)
            } else {
                Err(Error::DigestMismatch {
                    tag: tag.clone(),
                    released: released.digest,
                    expected: expected.clone(),
                })
            }
        }
        Wanted::Digest(digest) => by_digest(set, digest, signers),
    }
}

fn by_tag(set: &TrustedSet, tag: &str, signers: &[Signer]) -> Result<Released, Error> {
    let (role, digest) =
        released(set, tag)?.ok_or_else(|| not_released(set, &format!("the tag {tag}")))?;
    Ok(Released {
        signers: signed(set, tag, &digest, signers)?,
        tag: tag.to_owned(),
        digest,
        role,
    })
}

/// A tag under which a digest is released. Entries that cannot be used release nothing.
fn by_digest(set: &TrustedSet, digest: &Digest, signers: &[Signer]) -> Result<Released, Error> {
    let mut failure = None;
    for role in [RoleName::releases(), RoleName::Targets] {
        let Some(signing) = set.role(&role) else {
            continue;
        };
        for tag in signing.verified.content.tags() {
            if !matches!(released(set, tag), Ok(Some((_, found))) if found == *digest) {
                continue;
            }
            match by_tag(set, tag, signers) {
                Ok(released) => return Ok(released),
                Err(error) => failure = failure.or(Some(error)),
            }
        }
    }
    Err(failure.unwrap_or_else(|| not_released(set, &digest.to_string())))
}

fn released(set: &TrustedSet, tag: &str) -> Result<Option<(RoleName, Digest)>, Error> {
    for role in [RoleName::releases(), RoleName::Targets] {
        if let Some(target) = set
            .role(&role)
            .map(|signing| signing.find(tag))
            .transpose()?
            .flatten()
        {
            return Ok(Some((role, target.digest)));
        }
    }
    Ok(None)
}

fn signed(
    set: &TrustedSet,
    tag: &str,
    released: &Digest,
    signers: &[Signer],
) -> Result<Vec<(String, KeyId)>, Error> {
    let wanted = Wanted::Tag(tag.to_owned());
    signers
        .iter()
        .map(|signer| {
            let role = role_of(signer, &wanted)?;
            let signing = set
                .role(&role)
                .ok_or_else(|| Error::DelegationMissing { role: role.clone() })?;
            let key = key_of(signing, signer, &role)?;
            let target = signing
                .find(tag)?
                .ok_or_else(|| missing(signer, &wanted, format!("{role} does not list it")))?;
            if target.digest != *released {
                return Err(Error::SignerMismatch {
                    signer: signer.name().to_owned(),
                    tag: tag.to_owned(),
                    signed: target.digest,
                    released: released.clone(),
                });
            }
            Ok((signer.name().to_owned(), key))
        })
        .collect()
}

/// The signer's key among those that signed the role's file: to be listed as a key of the role is not to have signed.
/// Stricter than Portieris, which looks at the list alone.
fn key_of(signing: &TargetsOfRole, signer: &Signer, role: &RoleName) -> Result<KeyId, Error> {
    signing
        .verified
        .signed_by
        .iter()
        .find(|key| key.usable() == Ok(signer.key()))
        .map(|key| key.id().clone())
        .ok_or_else(|| Error::SignerKeyMismatch {
            signer: signer.name().to_owned(),
            role: role.clone(),
        })
}

fn role_of(signer: &Signer, wanted: &Wanted) -> Result<RoleName, Error> {
    RoleName::of_signer(signer.name()).map_err(|error| {
        missing(
            signer,
            wanted,
            format!("targets/{} is {error}", signer.name()),
        )
    })
}

fn missing(signer: &Signer, wanted: &Wanted, detail: String) -> Error {
    Error::SignerMissing {
        signer: signer.name().to_owned(),
        tag: wanted.name(),
        detail,
    }
}

fn not_released(set: &TrustedSet, what: &str) -> Error {
    let by = if set.role(&RoleName::releases()).is_some() {
        "targets/releases or targets"
    } else {
        "targets"
    };
    Error::NotReleased {
        what: what.to_owned(),
        by: by.to_owned(),
    }
}

fn delegates(set: &TrustedSet, parent: &RoleName, child: &RoleName) -> bool {
    set.role(parent)
        .is_some_and(|role| role.verified.content.delegation(child).is_some())
}
