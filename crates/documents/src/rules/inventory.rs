use std::fmt;

use crate::pattern::Spellings;
use crate::{Inventory, License, LicensePattern, Package, PackagePattern, PatternError, bounds};

/// What an image must not be made of.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct InventoryRules {
    packages: Vec<PackagePattern>,
    licenses: Vec<LicensePattern>,
}

impl InventoryRules {
    /// Rules that deny packages and licences.
    ///
    /// # Errors
    /// [`TooMany`](PatternError::TooMany) if either list has more than [`bounds::PATTERNS`] patterns.
    pub fn new(
        packages: Vec<PackagePattern>,
        licenses: Vec<LicensePattern>,
    ) -> Result<Self, PatternError> {
        if packages.len() > bounds::PATTERNS || licenses.len() > bounds::PATTERNS {
            return Err(PatternError::TooMany);
        }
        Ok(Self { packages, licenses })
    }

    /// The patterns of `denyPackages`.
    #[must_use]
    pub fn packages(&self) -> &[PackagePattern] {
        &self.packages
    }

    /// The patterns of `denyLicenses`.
    #[must_use]
    pub fn licenses(&self) -> &[LicensePattern] {
        &self.licenses
    }

    /// How many steps it takes at most to judge an inventory: one for each pattern and each 16 bytes of a name, version, URL
    /// or licence that it is held against, and one for each star in it more.
    #[must_use]
    pub fn steps(&self, inventory: &Inventory) -> usize {
        const UNIT: usize = 16;
        let stars = |text: &str| 1 + text.matches('*').count();
        let packages: usize = self.packages.iter().map(|it| stars(it.as_str())).sum();
        let licenses: usize = self.licenses.iter().map(|it| stars(it.as_str())).sum();
        let of_text = |text: &str| 1 + text.len() / UNIT;
        inventory.packages().iter().fold(0_usize, |sum, package| {
            let version = package.version().map_or(0, of_text);
            // Every URL is spelled in several ways, with its name, group and version.
            // One without a version takes that of the package.
            let urls = package.purls().iter();
            let urls = urls.map(|url| 6 * of_text(url.as_str()) + version);
            let names = 3 * of_text(package.name()) + version + urls.sum::<usize>();
            let texts = package.licenses().iter();
            // A term of an expression has three bytes at least, with the operator beside it.
            let terms = texts.map(|license| 1 + license.as_str().len() / 3);
            sum.saturating_add(names.saturating_mul(packages))
                .saturating_add(terms.sum::<usize>().saturating_mul(licenses))
        })
    }

    /// Everything in an inventory that is denied, in its order. An inventory passes if there is nothing.
    #[must_use]
    pub fn judge<'a>(&'a self, inventory: &'a Inventory) -> Vec<InventoryViolation<'a>> {
        let mut violations = Vec::new();
        for package in inventory.packages() {
            if !self.packages.is_empty() {
                let spellings = Spellings::of(package);
                if let Some(pattern) = self
                    .packages
                    .iter()
                    .find(|pattern| pattern.matches(&spellings))
                {
                    violations.push(InventoryViolation::Package { package, pattern });
                }
            }
            let denied = |license: &License| {
                license
                    .denied(&self.licenses)
                    .map(|pattern| InventoryViolation::License {
                        package,
                        license: license.clone(),
                        pattern,
                    })
            };
            if package.licenses().is_empty() {
                violations.extend(denied(&License::no_assertion()));
            } else {
                violations.extend(package.licenses().iter().find_map(denied));
            }
        }
        violations
    }
}

/// Something in an inventory that a rule denies.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum InventoryViolation<'a> {
    /// A denied licence.
    License {
        /// The package under it.
        package: &'a Package,
        /// The licence as the document has it; `NOASSERTION` if it has none.
        license: License,
        /// The pattern that denies it, or that denies the first of its alternatives.
        pattern: &'a LicensePattern,
    },
    /// A denied package.
    Package {
        /// The package.
        package: &'a Package,
        /// The first pattern that denies it.
        pattern: &'a PackagePattern,
    },
}

/// The longest text of a document that is put into a sentence, in characters.
const SHOWN: usize = 100;

impl fmt::Display for InventoryViolation<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let line = |text: &str| doorward_core::text::one_line(text, SHOWN);
        let (Self::License { package, .. } | Self::Package { package, .. }) = self;
        write!(f, "package {}", line(package.name()))?;
        if let Some(version) = package.version() {
            write!(f, " {}", line(version))?;
        }
        match self {
            Self::License {
                license, pattern, ..
            } => write!(
                f,
                " is under {}, which {} denies",
                line(license.as_str()),
                line(pattern.as_str())
            ),
            Self::Package { pattern, .. } => write!(f, " is denied by {}", line(pattern.as_str())),
        }
    }
}
