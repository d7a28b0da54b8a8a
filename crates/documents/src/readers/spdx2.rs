//! SPDX 2.2 and 2.3 in JSON (ISO/IEC 5962:2021; SPDX 2.3, clause 7).

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use doorward_core::text::one_line;

use crate::member::{Node, push};
use crate::{DocumentError, Inventory, License, LicensedFile, Package, bounds};

use super::Content;
use super::licenses::{Licenses, told};

/// The longest name of a file that is kept, in characters.
const SHOWN: usize = 200;

pub(super) fn read(root: &Node<'_>) -> Result<Content, DocumentError> {
    root.without_twins(&[
        "packages",
        "files",
        "snippets",
        "hasExtractedLicensingInfos",
    ])?;
    let mut licenses = Texts::of(root)?;
    let mut packages = Vec::new();
    for package in root.elements("packages")? {
        let package = read_package(&package, &mut licenses)?;
        root.effort().hold(package.held())?;
        push(&mut packages, package, "packages", bounds::PACKAGES)?;
    }
    let files = read_files(root, &mut licenses)?;
    Ok(Content {
        inventory: Some(Inventory { packages, files }),
        ..Content::default()
    })
}

/// Texts of licences, each with the names that the document gives to what is in it.
struct Texts<'e> {
    licenses: Licenses<'e>,
    /// 10.1 and 10.3: what people call a licence that has no identifier of its own, by its identifier in lower case.
    extracted: BTreeMap<String, License>,
    /// The names of what is in a text, by the place of its licence.
    named: BTreeMap<*const (), Option<License>>,
}

impl<'e> Texts<'e> {
    fn of(root: &Node<'e>) -> Result<Self, DocumentError> {
        let effort = root.effort();
        let mut licenses = Licenses::new(effort);
        let mut names: BTreeMap<String, Vec<License>> = BTreeMap::new();
        for license in root.elements("hasExtractedLicensingInfos")? {
            license.without_twins(&["licenseId", "name"])?;
            let (Some(id), Some(name)) = (license.name("licenseId")?, license.name("name")?) else {
                continue;
            };
            effort.hold(id.len() + 128)?;
            let name = licenses.read(name)?;
            names
                .entry(id.to_ascii_lowercase())
                .or_default()
                .extend(told(vec![name]));
        }
        let extracted = names
            .into_iter()
            .filter(|(_, names)| !names.is_empty())
            .map(|(id, names)| (id, License::each(names)))
            .collect();
        Ok(Self {
            licenses,
            extracted,
            named: BTreeMap::new(),
        })
    }

    /// The licence of a text, and the names of what is in it.
    fn read(&mut self, text: &str, into: &mut Vec<License>) -> Result<(), DocumentError> {
        let license = self.licenses.read(text)?;
        into.push(license.clone());
        if self.extracted.is_empty() {
            return Ok(());
        }
        let named = match self.named.get(&license.place()) {
            Some(known) => known.clone(),
            None => {
                let named = self.names_in(text)?;
                self.named.insert(license.place(), named.clone());
                named
            }
        };
        into.extend(named);
        Ok(())
    }

    fn names_in(&self, text: &str) -> Result<Option<License>, DocumentError> {
        let is_part = |c: char| !(c.is_ascii_alphanumeric() || "-.:".contains(c));
        let mut named = Vec::new();
        let mut places = BTreeSet::new();
        for term in text.split(is_part) {
            if let Some(names) = self.extracted.get(&term.to_ascii_lowercase())
                && places.insert(names.place())
            {
                push(
                    &mut named,
                    names.clone(),
                    "names of licences",
                    bounds::LICENSE_TERMS,
                )?;
            }
        }
        Ok((!named.is_empty()).then(|| License::each(named)))
    }
}

fn read_package(package: &Node<'_>, texts: &mut Texts<'_>) -> Result<Package, DocumentError> {
    package.without_twins(&[
        "name",
        "versionInfo",
        "externalRefs",
        "licenseConcluded",
        "licenseDeclared",
        "licenseInfoFromFiles",
    ])?;
    let mut purls = Vec::new();
    for reference in package.elements("externalRefs")? {
        reference.without_twins(&["referenceType", "referenceLocator"])?;
        // 7.21; the category has been written with a hyphen and with an underscore, and makes no difference here.
        if reference.text("referenceType")?.is_some_and(is_purl) {
            purls.extend(reference.purl("referenceLocator")?);
        }
    }
    let mut licenses = Vec::new();
    // 7.13 and 7.15: what the author concludes, and what the package's own author declares. Both are judged: a rule
    // that denies must not depend on which of the two a tool fills in.
    for member in ["licenseConcluded", "licenseDeclared"] {
        if let Some(text) = package.text(member)? {
            texts.read(text, &mut licenses)?;
        }
    }
    // 7.14: what was found in its files, whatever is concluded from that.
    for text in package.elements("licenseInfoFromFiles")? {
        texts.read(text.as_text()?, &mut licenses)?;
    }
    Ok(Package {
        name: package.required_name("name")?.into(),
        group: None,
        // "NOASSERTION" as a version is what tools write that know none.
        version: package
            .name("versionInfo")?
            .filter(|version| *version != "NOASSERTION")
            .map(Into::into),
        purls: purls.into(),
        licenses: told(licenses),
    })
}

/// The type `purl`, or its address (7.21.1: "a reference type may be a URI").
fn is_purl(kind: &str) -> bool {
    let short = kind.rsplit(['/', '#']).next().unwrap_or(kind);
    short.trim().eq_ignore_ascii_case("purl")
}

/// Licences of files and of snippets in them (clauses 8.5, 8.6, 9.5 and 9.6), each once.
fn read_files(root: &Node<'_>, texts: &mut Texts<'_>) -> Result<Vec<LicensedFile>, DocumentError> {
    let mut files = Vec::new();
    let mut known = BTreeSet::new();
    for (list, name, found) in [
        ("files", "fileName", "licenseInfoInFiles"),
        ("snippets", "name", "licenseInfoInSnippets"),
    ] {
        for file in root.elements(list)? {
            file.without_twins(&[name, "licenseConcluded", found])?;
            let mut licenses = Vec::new();
            if let Some(text) = file.text("licenseConcluded")? {
                texts.read(text, &mut licenses)?;
            }
            for text in file.elements(found)? {
                texts.read(text.as_text()?, &mut licenses)?;
            }
            // That nobody tells the licence of a file is usual, and says nothing about the package.
            licenses.retain(|license| !license.is_no_assertion());
            for license in licenses {
                if known.insert(license.place()) {
                    let name = file.text(name)?.unwrap_or("a file without a name");
                    let name: Arc<str> = one_line(name, SHOWN).into();
                    root.effort().hold(name.len() + 64)?;
                    files.push(LicensedFile { name, license });
                }
            }
        }
    }
    Ok(files)
}
