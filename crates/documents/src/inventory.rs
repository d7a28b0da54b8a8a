use std::sync::Arc;

use crate::{License, PackageUrl};

/// What an image is made of, by an SPDX or CycloneDX document.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Inventory {
    pub(crate) packages: Vec<Package>,
    pub(crate) files: Vec<LicensedFile>,
}

impl Inventory {
    /// The packages, in the order of the document, nested ones after those they are part of.
    #[must_use]
    pub fn packages(&self) -> &[Package] {
        &self.packages
    }

    /// The licences that the document gives to something else than a package, such as a file, each once.
    #[must_use]
    pub fn files(&self) -> &[LicensedFile] {
        &self.files
    }
}

/// A file, or another thing that is no package, with its licence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LicensedFile {
    pub(crate) name: Arc<str>,
    pub(crate) license: License,
}

impl LicensedFile {
    /// What it is called; the first one, where several are under the licence. At most 200 characters, for people.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The licence.
    #[must_use]
    pub const fn license(&self) -> &License {
        &self.license
    }
}

/// A package or component.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Package {
    pub(crate) name: Arc<str>,
    pub(crate) group: Option<Arc<str>>,
    pub(crate) version: Option<Arc<str>>,
    /// Shared with the findings in it.
    pub(crate) purls: Arc<[PackageUrl]>,
    pub(crate) licenses: Vec<License>,
}

impl Package {
    /// About how many bytes of memory it holds beside its package URLs and the texts of its licences.
    pub(crate) fn held(&self) -> usize {
        let texts = [self.group(), self.version()].into_iter().flatten();
        let texts = texts.map(|text| 32 + text.len()).sum::<usize>();
        size_of::<Self>() + 32 + self.name.len() + texts + 16 * self.licenses.len()
    }

    /// The name, as the document has it.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The group or namespace of a CycloneDX component, such as `org.apache.logging.log4j`.
    #[must_use]
    pub fn group(&self) -> Option<&str> {
        self.group.as_deref()
    }

    /// The version, if the document has one.
    #[must_use]
    pub fn version(&self) -> Option<&str> {
        self.version.as_deref()
    }

    /// The package URLs: one in CycloneDX, any number in SPDX.
    #[must_use]
    pub fn purls(&self) -> &[PackageUrl] {
        &self.purls
    }

    /// The licences that the document says it is under: in SPDX the concluded and the declared one, each judged.
    #[must_use]
    pub fn licenses(&self) -> &[License] {
        &self.licenses
    }
}
