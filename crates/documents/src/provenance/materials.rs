//! The images that a build used, among everything that its provenance lists.

mod image;

use std::collections::BTreeSet;

use doorward_core::Pinned;

use super::Family;
use crate::DocumentError;
use crate::member::Node;

/// Why it is not known which images a build used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MaterialError {
    /// One of them stands there without the digest that was used.
    #[error("{image} was used, and it does not say with which digest")]
    NoDigest {
        /// What it says of it.
        image: String,
    },
    /// There are more than are judged.
    #[error("it names more than {limit} images that were used")]
    TooMany {
        /// The bound.
        limit: usize,
    },
    /// It does not say of one of them where it is, or says two things.
    #[error("{image} was used, and which image that is cannot be told: {why}")]
    Unidentified {
        /// What it says of it.
        image: String,
        /// What cannot be told.
        why: &'static str,
    },
    /// It names none, and builds of its type are not known to name those that they use.
    #[error("it names no image that was used, and builds of the type {build_type} need not")]
    Unlisted {
        /// How it was built.
        build_type: String,
    },
}

/// The images among materials (SLSA 0.2) or resolved dependencies (SLSA 1), each once.
pub(super) type Materials = Result<BTreeSet<Pinned>, MaterialError>;

/// The most images that one build may have used. One that copies from a dozen stages is large.
pub(super) const MOST: usize = 16;

/// Reads the images in a list of resource descriptors. What is wrong with one of them is no mistake in the provenance as long
/// as nobody asks for the images.
///
/// # Errors
/// [`TooCostly`](DocumentError::TooCostly), and entries that are no objects.
pub(super) fn read<'n: 'a, 'a>(
    parent: &'n Node<'a>,
    list: &'n str,
    family: Option<Family>,
    build_type: &str,
) -> Result<Materials, DocumentError> {
    let mut images = BTreeSet::new();
    for entry in parent.elements(list)? {
        match image::read(&entry)? {
            None => {}
            Some(Ok(image)) => {
                images.insert(image);
            }
            Some(Err(error)) => return Ok(Err(error)),
        }
        if images.len() > MOST {
            return Ok(Err(MaterialError::TooMany { limit: MOST }));
        }
    }
    // BuildKit resolves every image itself and lists it: a build that lists none began with nothing.
    if images.is_empty() && family != Some(Family::BuildKit) {
        let build_type = image::shown(build_type);
        return Ok(Err(MaterialError::Unlisted { build_type }));
    }
    Ok(Ok(images))
}
