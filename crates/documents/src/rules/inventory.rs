use std::collections::BTreeSet;
use std::fmt;

use crate::license::{Beside, Judged};
use crate::pattern::Spellings;
use crate::{
    Inventory, License, LicensePattern, LicensedFile, Package, PackagePattern, PatternError, bounds,
};

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
    /// or licence that it is held against, and one for each star in it more. A licence is judged once, however many packages
    /// are under it.
    #[must_use]
    pub fn steps(&self, inventory: &Inventory) -> usize {
        const UNIT: usize = 16;
        let stars = |text: &str| 1 + text.matches('*').count();
        let packages: usize = self.packages.iter().map(|it| stars(it.as_str())).sum();
        let licenses: usize = self.licenses.iter().map(|it| stars(it.as_str())).sum();
        let of_text = |text: &str| 1 + text.len() / UNIT;
        let mut seen = BTreeSet::new();
        let steps = inventory.packages().iter().fold(0_usize, |sum, package| {
            let version = package.version().map_or(0, of_text);
            // Every URL is spelled in several ways, with its name, group and version.
            // It also has the version of the package.
            let urls = package.purls().iter();
            let urls = urls.map(|url| 7 * of_text(url.as_str()) + 2 * version);
            let names = 3 * of_text(package.name()) + version + urls.sum::<usize>();
            let texts = package.licenses().iter();
            let terms: usize = texts.map(|license| license.terms(&mut seen)).sum();
            sum.saturating_add(names.saturating_mul(packages))
                .saturating_add(terms.saturating_mul(licenses))
        });
        let files = inventory.files().iter();
        let terms: usize = files.map(|file| file.license().terms(&mut seen)).sum();
        steps.saturating_add(terms.saturating_mul(licenses))
    }

    /// Everything in an inventory that is denied, in its order; files after packages. An inventory passes if there is nothing.
    #[must_use]
    pub fn judge<'a>(&'a self, inventory: &'a Inventory) -> Vec<InventoryViolation<'a>> {
        let mut violations = Vec::new();
        let mut known = Judged::new();
        let no_assertion = [License::no_assertion()];
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
            let licenses = match package.licenses() {
                [] => &no_assertion,
                licenses => licenses,
            };
            let beside = if licenses.iter().all(License::is_no_assertion) {
                Beside::Nothing
            } else {
                Beside::Licences
            };
            let mut licenses = licenses.iter();
            let denied =
                licenses.find_map(|license| license.judged(&self.licenses, beside, &mut known));
            violations.extend(
                denied.map(|(license, pattern)| InventoryViolation::License {
                    package,
                    license,
                    pattern,
                }),
            );
        }
        for file in inventory.files() {
            let denied = file
                .license()
                .judged(&self.licenses, Beside::Nothing, &mut known);
            violations.extend(denied.map(|(license, pattern)| InventoryViolation::File {
                file,
                license,
                pattern,
            }));
        }
        violations
    }
}

/// Something in an inventory that a rule denies.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum InventoryViolation<'a> {
    /// A denied licence of a file, or of something else that is no package.
    File {
        /// The first that is under it.
        file: &'a LicensedFile,
        /// The licence as the document has it.
        license: License,
        /// The pattern that denies it.
        pattern: &'a LicensePattern,
    },
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
        let under = |f: &mut fmt::Formatter<'_>, license: &License, pattern: &LicensePattern| {
            let (license, pattern) = (line(license.as_str()), line(pattern.as_str()));
            write!(f, " is under {license}, which {pattern} denies")
        };
        let named = |f: &mut fmt::Formatter<'_>, package: &Package| {
            write!(f, "package {}", line(package.name()))?;
            match package.version() {
                Some(version) => write!(f, " {}", line(version)),
                None => Ok(()),
            }
        };
        match self {
            Self::File {
                file,
                license,
                pattern,
            } => {
                write!(f, "file {}", line(file.name()))?;
                under(f, license, pattern)
            }
            Self::License {
                package,
                license,
                pattern,
            } => {
                named(f, package)?;
                under(f, license, pattern)
            }
            Self::Package { package, pattern } => {
                named(f, package)?;
                write!(f, " is denied by {}", line(pattern.as_str()))
            }
        }
    }
}
