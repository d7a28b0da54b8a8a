//! The images that a build used.

use std::collections::BTreeSet;

use crate::{Pinned, Rejection};

/// The images that the build of an image used, as what was verified tells them, and how many levels of them have to be admitted
/// before the proof counts.
///
/// A [`Proof`](crate::Proof) that demands any is an unfinished one: who drives the session judges the images, each by its digest
/// and by the policy that governs its name. A session cannot: what it is about is one image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UsedImages {
    images: Result<BTreeSet<Pinned>, Rejection>,
    levels: u8,
}

impl UsedImages {
    /// What is known of the images, or why it is not known which they are. Nothing is demanded of them.
    #[must_use]
    pub const fn told(images: Result<BTreeSet<Pinned>, Rejection>) -> Self {
        Self { images, levels: 0 }
    }

    /// The same, with so many levels of images that must be admitted: with 1 these, with 2 also those that their builds used, and
    /// so on.
    #[must_use]
    pub fn to_be_admitted(self, levels: u8) -> Self {
        Self { levels, ..self }
    }

    /// These and `other`. Where it is not known which either are, it is not known; of the levels, the more count.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        let levels = self.levels.max(other.levels);
        let images = match (self.images, other.images) {
            (Ok(mut these), Ok(more)) => {
                these.extend(more);
                Ok(these)
            }
            (Err(unknown), _) | (_, Err(unknown)) => Err(unknown),
        };
        Self { images, levels }
    }

    /// All of them [together](Self::and), if there are any.
    #[must_use]
    pub fn of_all(each: impl IntoIterator<Item = Self>) -> Option<Self> {
        each.into_iter().reduce(Self::and)
    }

    /// The images, each once.
    ///
    /// # Errors
    /// Why it is not known which they are.
    pub const fn images(&self) -> Result<&BTreeSet<Pinned>, &Rejection> {
        self.images.as_ref()
    }

    /// How many levels of images must be admitted before the proof counts; 0 if nothing is demanded of them.
    #[must_use]
    pub const fn levels(&self) -> u8 {
        self.levels
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Code, Digest};

    fn images(names: &[&str]) -> UsedImages {
        let pinned = names.iter().map(|name| {
            let repository = format!("r.example/{name}").parse().unwrap();
            Pinned::new(repository, Digest::sha256(name.as_bytes()))
        });
        UsedImages::told(Ok(pinned.collect()))
    }

    #[test]
    fn what_is_not_known_of_one_is_not_known_of_both() {
        let unknown = || UsedImages::told(Err(Rejection::new(Code::INTERNAL_ERROR, "not known")));
        assert!(images(&["a"]).and(unknown()).images().is_err());
        assert!(unknown().and(images(&["a"])).images().is_err());
        let both = images(&["a", "b"]).and(images(&["b", "c"]));
        assert_eq!(both.images().unwrap().len(), 3);
    }

    #[test]
    fn of_two_demands_the_deeper_one_counts() {
        let (one, two) = (
            images(&["a"]).to_be_admitted(1),
            images(&[]).to_be_admitted(2),
        );
        assert_eq!(one.clone().and(two.clone()).levels(), 2);
        assert_eq!(two.and(one).levels(), 2);
        assert_eq!(images(&["a"]).levels(), 0);
    }
}
