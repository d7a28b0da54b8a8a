//! The names that a layout gives to its manifests.

use doorward_core::{FetchError, Reference, Repository};
use oci_spec::image::Descriptor;

use super::INDEX;

/// The annotation that names a manifest in the list.
const REF_NAME: &str = "org.opencontainers.image.ref.name";
/// The annotation by which containerd names it, always in full.
const IMAGE_NAME: &str = "io.containerd.image.name";
/// How many names a message lists, and the most characters of one.
const LISTED: usize = 5;
const MAX_NAME: usize = 128;

/// The manifests that a layout lists.
pub(super) struct Names<'a>(pub(super) &'a [Descriptor]);

impl<'a> Names<'a> {
    /// The manifest that a tag names: by its whole reference if one has it, else by the bare tag.
    ///
    /// # Errors
    /// When the tag names several.
    pub(super) fn find(
        &self,
        repository: &Repository,
        tag: &str,
    ) -> Result<Option<&'a Descriptor>, FetchError> {
        let whole = format!("{}:{tag}", repository.canonical());
        let in_full = self.by(|name| {
            name.contains('/')
                && name
                    .parse::<Reference>()
                    .is_ok_and(|reference| reference.canonical().to_string() == whole)
        });
        let found = if in_full.is_empty() {
            self.by(|name| name == tag)
        } else {
            in_full
        };
        let Some((first, rest)) = found.split_first() else {
            return Ok(None);
        };
        if rest.iter().any(|other| other.digest() != first.digest()) {
            return Err(FetchError::Malformed {
                detail: format!("{INDEX} names different manifests {tag:?}"),
            });
        }
        Ok(Some(first))
    }

    fn by(&self, wanted: impl Fn(&str) -> bool) -> Vec<&'a Descriptor> {
        let Self(manifests) = self;
        manifests
            .iter()
            .filter(|descriptor| names(descriptor).any(&wanted))
            .collect()
    }

    /// The only manifest there is, if it has no name. `skopeo copy` to `oci:DIR` leaves the name out, and then there is
    /// no other that could be meant.
    pub(super) fn only(&self) -> Option<&'a Descriptor> {
        let Self(manifests) = self;
        match manifests {
            [one] if names(one).next().is_none() => Some(one),
            _ => None,
        }
    }

    /// What there is instead, for a message.
    pub(super) fn tell(&self) -> String {
        let Self(manifests) = self;
        let mut known: Vec<String> = manifests
            .iter()
            .filter_map(|descriptor| names(descriptor).next())
            .map(|name| name.chars().take(MAX_NAME).collect())
            .collect();
        known.sort_unstable();
        known.dedup();
        let unnamed = manifests
            .iter()
            .filter(|descriptor| names(descriptor).next().is_none())
            .count();
        let more = known.len().saturating_sub(LISTED);
        known.truncate(LISTED);
        let mut text = match (known.is_empty(), unnamed) {
            (true, 0) => return "it is empty".to_owned(),
            (true, _) => return format!("it has {unnamed} without a name: name one by its digest"),
            (false, _) => format!("it has: {}", known.join(", ")),
        };
        if more > 0 {
            text.push_str(&format!(" and {more} more"));
        }
        if unnamed > 0 {
            text.push_str(&format!("; and {unnamed} without a name"));
        }
        text
    }
}

/// The names of a manifest, as the list has them.
fn names(descriptor: &Descriptor) -> impl Iterator<Item = &str> {
    let annotations = descriptor.annotations().as_ref();
    [REF_NAME, IMAGE_NAME]
        .into_iter()
        .filter_map(move |key| annotations.and_then(|annotations| annotations.get(key)))
        .map(String::as_str)
}
