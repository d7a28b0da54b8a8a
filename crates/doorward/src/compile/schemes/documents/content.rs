//! What a document says that somebody vouched for.

use doorward_core::json::{self, Limits, Value};
use doorward_core::{
    Descriptor, Digest, DocumentEvidence, Evidence, Fetched, Rejection, Timestamp, text::one_line,
};
use doorward_documents::{
    Document, DocumentError, Format, InTotoStatement, Inventory, Origin, Scan, VerificationSummary,
    Vex, bounds,
};

use super::codes;
use super::locate::refused;
use super::wanted::Wanted;
use crate::vouched::Vouched;

/// The most characters of a name that are shown.
const MAX_NAME: usize = 200;

/// A document that somebody vouched for, read.
pub(super) struct Reading {
    pub(super) digest: Digest,
    /// What it is called in sentences.
    called: String,
    /// All who signed it, in words that tell signers apart.
    pub(super) signer: String,
    pub(super) signed_at: Option<Timestamp>,
    document: Kind,
    source: String,
}

/// What the content is.
enum Kind {
    /// JSON of no format that is known.
    Json(Box<Value>),
    Known(Box<Document>),
    /// A predicate of no format that is known, in its statement.
    Stated(Box<InTotoStatement>),
}

impl Reading {
    /// Reads the content of a document, which must be of a format that is wanted.
    pub(super) fn of(
        vouched: &Vouched,
        content: &Descriptor,
        fetched: &Fetched,
        wanted: &Wanted,
    ) -> Result<Self, Rejection> {
        let malformed =
            |error: DocumentError| refused(vouched, codes::of_document(&error), &error.to_string());
        let document = if wanted.formats().is_empty() {
            let mut limits = Limits::bytes(bounds::BYTES).depth(bounds::DEPTH);
            limits.values = bounds::VALUES;
            match Document::read(&fetched.bytes, Some(content.media_type.as_str())) {
                Ok(document) => Kind::Known(Box::new(document)),
                Err(DocumentError::NotRecognised) => {
                    let json = json::parse(&fetched.bytes, limits)
                        .map_err(|error| malformed(error.into()))?;
                    Kind::Json(Box::new(json))
                }
                Err(error) => return Err(malformed(error)),
            }
        } else {
            let read = Document::read(&fetched.bytes, Some(content.media_type.as_str()))
                .map_err(malformed)?;
            if !wanted.formats().contains(&read.format()) {
                let detail = format!("it is attached as {wanted}, and is {}", read.format());
                return Err(refused(vouched, codes::FORMAT_MISMATCH, &detail));
            }
            Kind::Known(Box::new(read))
        };
        Ok(Self {
            digest: vouched.pinned().digest().clone(),
            called: vouched.called().to_owned(),
            signer: vouched.signers().join(" and "),
            signed_at: vouched.signed_at(),
            document,
            source: fetched.source.clone(),
        })
    }

    /// Reads a statement that somebody signed, whose predicate must be of a format that is wanted.
    pub(super) fn stated(
        vouched: &Vouched,
        statement: &[u8],
        wanted: &Wanted,
    ) -> Result<Self, Rejection> {
        let malformed =
            |error: DocumentError| refused(vouched, codes::of_document(&error), &error.to_string());
        let statement = InTotoStatement::read(statement).map_err(malformed)?;
        let document = if wanted.formats().is_empty() || statement.has_no_known_result() {
            Kind::Stated(Box::new(statement))
        } else {
            let read = Document::stated(statement).map_err(malformed)?;
            if !wanted.formats().contains(&read.format()) {
                let detail = format!("it is stated as {wanted}, and is {}", read.format());
                return Err(refused(vouched, codes::FORMAT_MISMATCH, &detail));
            }
            Kind::Known(Box::new(read))
        };
        Ok(Self {
            digest: vouched.pinned().digest().clone(),
            called: vouched.called().to_owned(),
            signer: vouched.signers().join(" and "),
            signed_at: vouched.signed_at(),
            document,
            source: vouched.source().to_owned(),
        })
    }

    pub(super) fn json(&self) -> &Value {
        match &self.document {
            Kind::Json(json) => json,
            Kind::Known(document) => document.json(),
            Kind::Stated(statement) => statement.predicate(),
        }
    }

    pub(super) fn inventory(&self) -> Option<&Inventory> {
        self.known()?.inventory()
    }

    pub(super) fn scan(&self) -> Option<&Scan> {
        self.known()?.scan()
    }

    pub(super) fn vex(&self) -> Option<&Vex> {
        self.known()?.vex()
    }

    /// The statement that it is, if it is one of no format that is known.
    pub(super) fn statement(&self) -> Option<&InTotoStatement> {
        match &self.document {
            Kind::Json(_) | Kind::Known(_) => None,
            Kind::Stated(statement) => Some(statement),
        }
    }

    /// How many steps it took to read.
    pub(super) fn steps(&self) -> usize {
        self.known().map_or(0, Document::steps)
    }

    /// How many findings it has, and how many products and parts of products its statements name.
    pub(super) fn entries(&self) -> usize {
        let findings = self.scan().map_or(0, |scan| scan.findings().len());
        let statements = self.vex().map_or(&[][..], |vex| vex.statements());
        let products = statements.iter().flat_map(|it| it.products());
        let parts = products.map(|product| 1 + product.parts().map_or(0, <[_]>::len));
        findings + statements.len() + parts.sum::<usize>()
    }

    fn known(&self) -> Option<&Document> {
        match &self.document {
            Kind::Json(_) | Kind::Stated(_) => None,
            Kind::Known(document) => Some(document),
        }
    }

    /// What makes another document its successor.
    pub(super) fn origin(&self) -> Origin {
        Origin {
            signer: self.signer.clone(),
            kind: match &self.document {
                Kind::Json(_) => "JSON".to_owned(),
                Kind::Known(document) => document.format().as_str().to_owned(),
                Kind::Stated(statement) => statement.predicate_type().to_owned(),
            },
            scanner: self.scan().and_then(Scan::scanner).map(str::to_lowercase),
            verified: self.statement().and_then(verified),
        }
    }

    fn format(&self) -> String {
        match &self.document {
            Kind::Json(_) => "JSON".to_owned(),
            Kind::Stated(statement) => one_line(statement.predicate_type(), MAX_NAME),
            Kind::Known(known) => {
                let (format, version) = (known.format(), known.version());
                match format {
                    Format::Spdx2 | Format::Spdx3 => format!("SPDX {version}"),
                    Format::TrivyJson => format.to_string(),
                    _ => format!("{format} {version}"),
                }
            }
        }
    }

    /// What is said of it in reports.
    pub(super) fn evidence(&self) -> Evidence {
        let mut evidence = Evidence::default();
        evidence.signer = Some(one_line(&self.signer, MAX_NAME));
        evidence.signed_at = self.signed_at;
        evidence.source = Some(self.source.clone());
        let tool = self.scan().and_then(Scan::scanner);
        evidence.document = Some(DocumentEvidence::new(
            self.digest.clone(),
            self.format(),
            tool.map(|tool| one_line(tool, MAX_NAME)),
        ));
        evidence
    }

    /// What tells it from others in sentences: its digest, or where it is if it was given.
    pub(super) fn called(&self) -> &str {
        &self.called
    }

    /// What it is called in sentences.
    pub(super) fn name(&self) -> String {
        let tool = self.scan().and_then(Scan::scanner);
        let by = tool.map_or_else(String::new, |tool| {
            format!(" of {}", one_line(tool, MAX_NAME))
        });
        format!("{} document {}{by}", self.format(), self.called)
    }
}

/// Who verified, and what, if the statement is a summary that can be read. One that cannot follows nothing, and is refused where it
/// is judged.
fn verified(statement: &InTotoStatement) -> Option<(String, Option<String>)> {
    let summary = VerificationSummary::of(statement).ok()?;
    let resource = summary.resource().map(str::to_owned);
    Some((summary.verifier().to_owned(), resource))
}
