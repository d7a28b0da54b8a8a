use doorward_core::json::{self, Limits, Value};

use crate::effort::Effort;
use crate::member::Node;
use crate::readers::Content;
use crate::statement::COSIGN_VULNERABILITIES;
use crate::{DocumentError, Format, InTotoStatement, Inventory, Scan, Vex, bounds, readers};

/// The report in cosign's predicate.
fn cosign_result<'j>(predicate: &'j Value, effort: &Effort) -> Result<&'j Value, DocumentError> {
    let root = Node::root(predicate, effort);
    root.without_twins(&["scanner"])?;
    if let Some(scanner) = root.member("scanner")? {
        scanner.without_twins(&["result"])?;
    }
    let scanner = predicate.get("scanner");
    let result = scanner.and_then(|scanner| scanner.get("result"));
    result.ok_or(DocumentError::NotRecognised)
}

/// A document that was attached to an image, as it was read. Nothing here says who signed it.
#[derive(Clone, Debug)]
pub struct Document {
    format: Format,
    version: String,
    json: Value,
    content: Content,
    steps: usize,
    held: usize,
}

impl Document {
    /// Reads a document of at most [`bounds::BYTES`] bytes.
    ///
    /// The content decides the format. `media_type` is what the manifest says of the blob, or of the artifact; a type
    /// that stands for another known format is an error, and one that stands for none says nothing.
    ///
    /// # Errors
    /// Any departure from strict JSON, from what the format's specification demands of the parts that are read, or from
    /// the [`bounds`]; among those is [`TooCostly`](DocumentError::TooCostly), which bounds the work and memory by the size
    /// of the document.
    pub fn read(bytes: &[u8], media_type: Option<&str>) -> Result<Self, DocumentError> {
        let mut limits = Limits::bytes(bounds::BYTES).depth(bounds::DEPTH);
        limits.values = bounds::VALUES;
        let json = json::parse(bytes, limits)?;
        let (format, version) = Format::recognise(&json)?;
        if let Some(declared) = media_type.and_then(|media_type| {
            // Several formats share a type: any of them will do.
            (!format.has_media_type(media_type))
                .then(|| {
                    Format::ALL
                        .into_iter()
                        .find(|f| f.has_media_type(media_type))
                })
                .flatten()
        }) {
            return Err(DocumentError::Contradiction {
                declared,
                found: format,
            });
        }
        let effort = Effort::of(bytes.len());
        let content = readers::read(format, &json, &effort)?;
        Ok(Self {
            format,
            version,
            json,
            content,
            steps: effort.steps(),
            held: effort.held(),
        })
    }

    /// Reads the document that a statement has for its predicate. Of cosign's predicate for vulnerabilities
    /// (`https://cosign.sigstore.dev/attestation/vuln/v1`) it is the report in `scanner.result`; [`Self::json`] is the whole
    /// predicate all the same.
    ///
    /// # Errors
    /// As for [`Self::read`]; and [`NotRecognised`](DocumentError::NotRecognised) where cosign's predicate has no report.
    pub fn stated(statement: InTotoStatement) -> Result<Self, DocumentError> {
        let (predicate_type, json, bytes) = statement.into_parts();
        let effort = Effort::of(bytes);
        let document = match predicate_type.as_str() {
            COSIGN_VULNERABILITIES => cosign_result(&json, &effort)?,
            _ => &json,
        };
        let (format, version) = Format::recognise(document)?;
        let content = readers::read(format, document, &effort)?;
        Ok(Self {
            format,
            version,
            json,
            content,
            steps: effort.steps(),
            held: effort.held(),
        })
    }

    /// How many steps reading it took beside parsing it as JSON: a member looked up, or 16 bytes of text looked at. At most
    /// [`bounds::STEPS`], and [`bounds::STEPS_PER_BYTE`] for each byte.
    #[must_use]
    pub const fn steps(&self) -> usize {
        self.steps
    }

    /// About how many bytes of memory is held by what was read, beside the [JSON](Self::json). At most [`bounds::HELD`], and
    /// [`bounds::HELD_PER_BYTE`] for each byte.
    #[must_use]
    pub const fn held(&self) -> usize {
        self.held
    }

    /// The format, told by the content.
    #[must_use]
    pub const fn format(&self) -> Format {
        self.format
    }

    /// The version of the format, such as `2.3`.
    #[must_use]
    pub fn version(&self) -> &str {
        &self.version
    }

    /// What the image is made of. `None` if the format lists no packages.
    #[must_use]
    pub const fn inventory(&self) -> Option<&Inventory> {
        self.content.inventory.as_ref()
    }

    /// What a scan found. `None` if the document is no scan report; a CycloneDX document is one only if it has at least
    /// one vulnerability, because tools also write an empty list where they did not scan.
    #[must_use]
    pub const fn scan(&self) -> Option<&Scan> {
        self.content.scan.as_ref()
    }

    /// Which vulnerabilities affect which products, by an OpenVEX document. `None` for other formats: what a scan
    /// report or an inventory says about being affected counts for nothing.
    #[must_use]
    pub const fn vex(&self) -> Option<&Vex> {
        self.content.vex.as_ref()
    }

    /// The whole document, for [conditions](crate::Condition).
    #[must_use]
    pub const fn json(&self) -> &Value {
        &self.json
    }
}
