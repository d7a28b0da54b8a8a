//! The report of Trivy in its own JSON, schema 2.

use std::sync::Arc;

use crate::member::{Node, push};
use crate::{DocumentError, Finding, Fix, Scan, Severity, bounds};

use super::Content;

/// The lists of a result whose rows are findings, with the members that hold the identifier. Rows about licences are
/// none: `denyLicenses` judges inventories.
const LISTS: [(&str, &[&str]); 3] = [
    ("Vulnerabilities", &["VulnerabilityID"]),
    ("Misconfigurations", &["ID", "AVDID"]),
    ("Secrets", &["RuleID"]),
];

/// The classes of results for which packages were held against vulnerabilities.
const PACKAGES: [&str; 2] = ["os-pkgs", "lang-pkgs"];

pub(super) fn read(root: &Node<'_>) -> Result<Content, DocumentError> {
    root.without_twins(&["Results", "ArtifactType", "CreatedAt"])?;
    // A report on a repository or a folder says nothing about the image that it is attached to.
    if root.text("ArtifactType")? != Some("container_image") {
        return Err(DocumentError::NoResult {
            reason: "the report is not about a container image (`ArtifactType`)",
        });
    }
    let results = root.elements("Results")?;
    // Trivy leaves the list out where it recognised nothing to examine.
    if results.len() == 0 {
        return Err(DocumentError::NoResult {
            reason: "the report has no `Results`: nothing was examined",
        });
    }
    // Trivy writes its reports about secrets, licences or configuration alone in the same form. One of those must not
    // count as a scan that found nothing.
    let mut looked_at_packages = false;
    let mut findings = Vec::new();
    for result in results {
        result.without_twins(&[
            "Class",
            "Vulnerabilities",
            "Misconfigurations",
            "Secrets",
            "ExperimentalModifiedFindings",
        ])?;
        let class = result.text("Class")?;
        looked_at_packages |= class.is_some_and(|class| PACKAGES.contains(&class));
        for (list, identifiers) in LISTS {
            for row in result.elements(list)? {
                // A check of the configuration that was passed.
                if list == "Misconfigurations" && row.text("Status")? == Some("PASS") {
                    continue;
                }
                push(
                    &mut findings,
                    read_row(&row, identifiers)?,
                    "findings",
                    bounds::FINDINGS,
                )?;
            }
        }
        // What an ignore file or VEX document that Trivy was run with has taken out. Who wrote those is not known, so
        // that they suppress nothing here.
        for modified in result.elements("ExperimentalModifiedFindings")? {
            modified.without_twins(&["Finding"])?;
            let Some(row) = modified.member("Finding")? else {
                return Err(modified.malformed("an object with the finding"));
            };
            // Licences are recognised by what they lack.
            let known = LISTS.iter().find_map(|(_, identifiers)| {
                let first = identifiers.first()?;
                row.name(first).ok().flatten().map(|_| *identifiers)
            });
            if let Some(identifiers) = known {
                push(
                    &mut findings,
                    read_row(&row, identifiers)?,
                    "findings",
                    bounds::FINDINGS,
                )?;
            }
        }
    }
    if !looked_at_packages {
        return Err(DocumentError::NoResult {
            reason: "no result is about packages: they were not examined",
        });
    }
    Ok(Content {
        scan: Some(Scan {
            scanner: Some("Trivy".to_owned()),
            made: root.time("CreatedAt")?,
            findings,
        }),
        ..Content::default()
    })
}

fn read_row(
    row: &Node<'_>,
    identifiers: &'static [&'static str],
) -> Result<Finding, DocumentError> {
    row.without_twins(&[
        "VulnerabilityID",
        "ID",
        "AVDID",
        "RuleID",
        "VendorIDs",
        "PkgIdentifier",
        "Severity",
        "FixedVersion",
        "Status",
    ])?;
    let mut names: Vec<Arc<str>> = Vec::new();
    for member in identifiers {
        names.extend(row.name(member)?.map(Arc::from));
    }
    let mut names = names.into_iter();
    let id = names
        .next()
        .ok_or_else(|| row.malformed("an object with an identifier"))?;
    let mut aliases: Vec<Arc<str>> = names.filter(|name| *name != id).collect();
    for vendor in row.elements("VendorIDs")? {
        push(
            &mut aliases,
            vendor.as_text()?.into(),
            "aliases of a vulnerability",
            bounds::ALIASES,
        )?;
    }
    let purl = match row.member("PkgIdentifier")? {
        Some(identifier) => {
            identifier.without_twins(&["PURL"])?;
            identifier.purl("PURL")?
        }
        None => None,
    };
    // `FixedVersion` is left out where there is none, whatever `Status` says of why: `affected`, `will_not_fix`,
    // `fix_deferred`, `end_of_life`, `under_investigation`. A row without both, such as a secret, does not say.
    let fix = match (row.name("FixedVersion")?, row.name("Status")?) {
        (Some(version), _) => Fix::Available(version.into()),
        (
            None,
            Some(
                "affected"
                | "will_not_fix"
                | "fix_deferred"
                | "end_of_life"
                | "under_investigation",
            ),
        ) => Fix::None,
        (None, _) => Fix::Unknown,
    };
    let finding = Finding {
        id,
        aliases,
        severity: row
            .name("Severity")?
            .map_or(Severity::Unknown, Severity::reported),
        package: row.name("PkgName")?.map(Into::into),
        version: row.name("InstalledVersion")?.map(Into::into),
        purls: purl
            .map(|purl| Arc::from([Arc::from([purl])]))
            .into_iter()
            .collect(),
        fix,
        ..Finding::default()
    };
    row.effort().hold(finding.held())?;
    Ok(finding)
}
