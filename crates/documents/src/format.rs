use std::fmt;

use doorward_core::json::Value;

use crate::DocumentError;
use crate::statement::COSIGN_VULNERABILITIES;

/// A format of documents.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Format {
    /// CycloneDX 1.4 to 1.7 in JSON (ECMA-424).
    CycloneDx,
    /// OpenVEX 0.2.
    OpenVex,
    /// SARIF 2.1.0 (OASIS).
    Sarif,
    /// SPDX 2.2 and 2.3 in JSON (ISO/IEC 5962).
    Spdx2,
    /// SPDX 3.0 in JSON-LD.
    Spdx3,
    /// The report of Trivy in its own JSON, schema 2.
    TrivyJson,
}

impl Format {
    /// Every format.
    pub const ALL: [Self; 6] = [
        Self::CycloneDx,
        Self::OpenVex,
        Self::Sarif,
        Self::Spdx2,
        Self::Spdx3,
        Self::TrivyJson,
    ];

    /// The name that people know it by.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::CycloneDx => "CycloneDX",
            Self::OpenVex => "OpenVEX",
            Self::Sarif => "SARIF",
            Self::Spdx2 => "SPDX 2",
            Self::Spdx3 => "SPDX 3",
            Self::TrivyJson => "Trivy JSON",
        }
    }

    /// The media types and artifact types that documents of this format are known under.
    ///
    /// Those of the formats' registrations with IANA, where there is one, and those in use beside them.
    #[must_use]
    pub const fn media_types(self) -> &'static [&'static str] {
        match self {
            Self::CycloneDx => &[
                "application/vnd.cyclonedx+json",
                "application/vnd.cyclonedx",
            ],
            Self::OpenVex => &["application/vnd.openvex+json", "application/vnd.openvex"],
            Self::Sarif => &["application/sarif+json"],
            // The 3.0 documents have a type of their own, and are also found under the older one.
            Self::Spdx2 => &["application/spdx+json", "text/spdx+json"],
            Self::Spdx3 => &[
                "application/spdx+json",
                "application/spdx3+json",
                "application/vnd.spdx+json",
            ],
            Self::TrivyJson => &[
                "application/vnd.aquasec.trivy.report+json",
                "application/vnd.aquasec.trivy.report.vuln.v1+json",
            ],
        }
    }

    /// The predicate types of in-toto statements that carry this format, each without a version: `https://spdx.dev/Document/v2.3` stands
    /// for it too. That a statement is of the type that was demanded, exactly, is for its caller to see.
    ///
    /// The predicate is the document, but for `https://cosign.sigstore.dev/attestation/vuln/v1`, which has the report in
    /// `scanner.result`.
    #[must_use]
    pub const fn predicate_types(self) -> &'static [&'static str] {
        match self {
            Self::CycloneDx => &["https://cyclonedx.org/bom"],
            Self::OpenVex => &["https://openvex.dev/ns"],
            Self::Sarif | Self::TrivyJson => &[COSIGN_VULNERABILITIES],
            Self::Spdx2 | Self::Spdx3 => &["https://spdx.dev/Document"],
        }
    }

    /// Returns whether documents of this format are known under a media type or artifact type. Parameters do not count,
    /// nor does the case of letters (RFC 6838, section 4.2).
    #[must_use]
    pub fn has_media_type(self, media_type: &str) -> bool {
        let essence = media_type.split(';').next().unwrap_or_default().trim();
        self.media_types()
            .iter()
            .any(|known| known.eq_ignore_ascii_case(essence))
    }

    /// Returns whether a predicate type stands for this format, with or without a version after a slash.
    #[must_use]
    pub fn has_predicate_type(self, predicate_type: &str) -> bool {
        self.predicate_types().iter().any(|known| {
            predicate_type
                .strip_prefix(known)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        })
    }

    /// Tells the format and its version by the content alone.
    ///
    /// # Errors
    /// [`NotRecognised`](DocumentError::NotRecognised), [`Version`](DocumentError::Version), or
    /// [`Ambiguous`](DocumentError::Ambiguous) if the content has the marks of several formats.
    pub fn recognise(content: &Value) -> Result<(Self, String), DocumentError> {
        let text = |name: &str| content.get(name).and_then(Value::as_str);
        let mut found = None;
        for format in Self::ALL {
            let version = match format {
                // CycloneDX, "bomFormat", "specVersion": both are required.
                Self::CycloneDx => (text("bomFormat") == Some("CycloneDX"))
                    .then(|| text("specVersion").unwrap_or_default()),
                Self::OpenVex => text("@context")
                    .and_then(|context| context.strip_prefix("https://openvex.dev/ns"))
                    .map(|rest| rest.trim_start_matches("/v")),
                // SARIF 2.1.0, 3.13.2: `version` is required, `$schema` is not.
                Self::Sarif => content
                    .get("runs")
                    .is_some()
                    .then(|| text("version").unwrap_or_default()),
                // SPDX 2.3, clause 6.1.
                Self::Spdx2 => text("spdxVersion").map(|v| v.strip_prefix("SPDX-").unwrap_or(v)),
                // SPDX 3.0, JSON-LD serialisation: the context is this one address and nothing may be added to it, for
                // another context gives the same members another meaning.
                Self::Spdx3 => text("@context")
                    .and_then(|context| context.strip_prefix("https://spdx.org/rdf/"))
                    .map(|rest| rest.strip_suffix("/spdx-context.jsonld").unwrap_or(rest)),
                Self::TrivyJson => match content.get("SchemaVersion") {
                    Some(Value::Number(number)) => Some(number.as_str()),
                    Some(_) => Some(""),
                    None => None,
                },
            };
            let Some(version) = version else { continue };
            if let Some((one, _)) = found {
                return Err(DocumentError::Ambiguous { one, other: format });
            }
            found = Some((format, version));
        }
        let (format, version) = found.ok_or(DocumentError::NotRecognised)?;
        if format.reads(version) {
            Ok((format, version.to_owned()))
        } else {
            Err(DocumentError::Version {
                format,
                version: doorward_core::text::one_line(version, 40),
            })
        }
    }

    fn reads(self, version: &str) -> bool {
        match self {
            Self::CycloneDx => ["1.4", "1.5", "1.6", "1.7"].contains(&version),
            Self::OpenVex => ["0.2", "0.2.0"].contains(&version),
            Self::Sarif => version == "2.1.0",
            Self::Spdx2 => ["2.2", "2.3"].contains(&version),
            Self::Spdx3 => ["3.0", "3.0.0", "3.0.1"].contains(&version),
            Self::TrivyJson => version == "2",
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
