use crate::{License, PackageUrl};

/// What an image is made of, by an SPDX or CycloneDX document.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Inventory {
    pub(crate) packages: Vec<Package>,
}

impl Inventory {
    /// The packages, in the order of the document, nested ones after those they are part of.
    #[must_use]
    pub fn packages(&self) -> &[Package] {
        &self.packages
    }
}

/// A package or component.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Package {
    pub(crate) name: String,
    pub(crate) group: Option<String>,
    pub(crate) version: Option<String>,
    pub(crate) purls: Vec<PackageUrl>,
    pub(crate) licenses: Vec<License>,
}

impl Package {
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
