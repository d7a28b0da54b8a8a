//! What there is of an image, in the published form.

mod image;

use doorward_core::{Class, Digest, Item, Problem, Reference, Section};
use serde::Serialize;
use serde::ser::{SerializeMap, Serializer};

pub use self::image::ManifestSummary;
pub(crate) use self::image::{ImageSurvey, Seen};

/// What there is of an image: what its reference names, and a section of each scheme. Decides nothing.
///
/// It serializes as an `ImageInspection` of `inspect.doorward.dev/v1`.
#[derive(Debug)]
#[non_exhaustive]
pub struct Inspection {
    /// As written.
    pub image: String,
    /// Normalised.
    pub reference: Reference,
    /// Of the manifest or index, computed from its bytes. Absent if there is none to be had.
    pub digest: Option<Digest>,
    /// What the reference names, as it says itself.
    pub manifest: Option<ManifestSummary>,
    /// What each scheme shows.
    pub sections: Vec<Section>,
    /// What could not be read of the image itself. Sections have problems of their own.
    pub problems: Vec<Problem>,
}

impl Inspection {
    /// What could not be read, of the image and of what belongs to it.
    pub fn all_problems(&self) -> impl Iterator<Item = &Problem> {
        let sections = self.sections.iter();
        self.problems
            .iter()
            .chain(sections.flat_map(|section| &section.problems))
    }

    /// Whether somebody could not be asked, so that there may be more.
    #[must_use]
    pub fn is_incomplete(&self) -> bool {
        let is_outage = |problem: &Problem| problem.class() == Class::Unavailable;
        self.problems.iter().any(is_outage)
            || self.sections.iter().any(|section| section.is_incomplete)
    }

    /// The lists of all sections, those of one name put together.
    fn lists(&self) -> Vec<(&'static str, Vec<&Item>)> {
        let mut lists: Vec<(&'static str, Vec<&Item>)> = Vec::new();
        for (name, items) in self.sections.iter().flat_map(|section| &section.lists) {
            match lists.iter_mut().find(|(known, _)| known == name) {
                Some((_, known)) => known.extend(items),
                None => lists.push((name, items.iter().collect())),
            }
        }
        lists
    }
}

impl Serialize for Inspection {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("apiVersion", "inspect.doorward.dev/v1")?;
        map.serialize_entry("kind", "ImageInspection")?;
        map.serialize_entry("image", &self.image)?;
        map.serialize_entry("reference", &self.reference.to_string())?;
        map.serialize_entry("digest", &self.digest.as_ref().map(Digest::as_str))?;
        map.serialize_entry("manifest", &self.manifest)?;
        for (name, items) in self.lists() {
            map.serialize_entry(name, &items)?;
        }
        map.serialize_entry("problems", &self.all_problems().collect::<Vec<_>>())?;
        map.end()
    }
}
