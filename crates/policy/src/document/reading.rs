//! Reading a text, from its bytes to its objects.

use super::recognise::HEAD;
use super::{Document, indentation};
use crate::node::{Kind, Member, Node};
use crate::{Diagnostic, LintCode, PolicyObject, Position, yaml};

/// The most diagnostics that reading one text gives. What lies beyond still denies.
pub(super) const MAX_DIAGNOSTICS: usize = 1000;

/// Reads every object of a text: YAML of several documents, or JSON. Objects of kind `List` are taken apart.
///
/// `source` names the text in diagnostics. Every diagnostic is an error: a breach of YAML, of the bounds, or of the
/// format of policies (what is wrong with another object is in that object); all mistakes of a text are reported, up to
/// 1000. What cannot be read is represented among the documents by a policy that denies everything, so that nobody
/// decides with half of the rules.
///
/// A text that was cut off is among what cannot be read, wherever that can be told: a text without any document, an
/// object of which only the head is there, a policy whose last value is unquoted and has no line break behind it.
#[must_use]
pub fn read_documents(source: &str, bytes: &[u8]) -> (Vec<Document>, Vec<Diagnostic>) {
    let (documents, diagnostics, _) = read(source, bytes, false);
    (documents, diagnostics)
}

/// Documents, diagnostics, and if they are asked for the texts of policies, without those that have none.
pub(super) fn read(
    source: &str,
    bytes: &[u8],
    texts: bool,
) -> (Vec<Document>, Vec<Diagnostic>, Vec<String>) {
    let mut reading = Reading {
        source,
        documents: Vec::new(),
        diagnostics: Vec::new(),
        found: false,
        texts: texts.then(Vec::new),
    };
    match text(bytes) {
        Ok(text) => {
            for parsed in yaml::parse(source, text) {
                match parsed.root {
                    Ok(node) if parsed.breaks_off => reading.broken_off(node),
                    Ok(node) => reading.object(node, None),
                    Err(why) => reading.unreadable(parsed.at, indentation::explain(why, text)),
                }
            }
            if !reading.found {
                let at = Position::default();
                let message = "there is no document in this text";
                reading.refuse(LintCode::NoDocument, at, message, None);
            }
        }
        Err((code, message)) => {
            let at = Position::default();
            reading.unreadable(at, Diagnostic::new(code, message).at(source, at));
        }
    }
    let Reading {
        documents,
        mut diagnostics,
        texts,
        ..
    } = reading;
    if diagnostics.len() > MAX_DIAGNOSTICS {
        let more = diagnostics.len() - MAX_DIAGNOSTICS;
        diagnostics.truncate(MAX_DIAGNOSTICS);
        let message = format!("{more} more mistakes are not shown");
        diagnostics.push(
            Diagnostic::new(LintCode::LimitExceeded, message).at(source, Position::default()),
        );
    }
    (documents, diagnostics, texts.unwrap_or_default())
}

fn text(bytes: &[u8]) -> Result<&str, (LintCode, String)> {
    if bytes.len() > yaml::MAX_BYTES {
        let message = format!("longer than {} MiB", yaml::MAX_BYTES >> 20);
        return Err((LintCode::LimitExceeded, message));
    }
    std::str::from_utf8(bytes).map_err(|error| {
        let message = format!(
            "not UTF-8 text: byte {} begins no character",
            error.valid_up_to()
        );
        (LintCode::NotUtf8, message)
    })
}

pub(super) struct Reading<'s> {
    pub(super) source: &'s str,
    pub(super) documents: Vec<Document>,
    pub(super) diagnostics: Vec<Diagnostic>,
    /// Whether there was any document, be it one that cannot be read.
    pub(super) found: bool,
    /// The policies as JSON, if that is asked for.
    pub(super) texts: Option<Vec<String>>,
}

impl Reading<'_> {
    fn unreadable(&mut self, at: Position, why: Diagnostic) {
        self.found = true;
        self.diagnostics.push(why.clone());
        let object = PolicyObject::unreadable(self.source, at, why);
        self.documents.push(Document::Policy(object));
    }

    pub(super) fn refuse(
        &mut self,
        code: LintCode,
        at: Position,
        message: impl Into<String>,
        suggestion: Option<String>,
    ) {
        let why = Diagnostic::new(code, message)
            .at(self.source, at)
            .suggesting(suggestion);
        self.unreadable(at, why);
    }

    /// Reads a document whose last value may be a part of a longer one. What is no policy may be so.
    fn broken_off(&mut self, node: Node) {
        let at = node.at;
        // Of a head alone it is not even known whose head it is.
        let is_of_head = |member: &Member| HEAD.contains(&member.key.as_str());
        let head = matches!(&node.kind, Kind::Mapping(members) if members.iter().all(is_of_head));
        let (documents, diagnostics) = (self.documents.len(), self.diagnostics.len());
        self.object(node, None);
        let message =
            "the text ends right behind an unquoted value, which may be a part of a longer one";
        let help = "end the last line with a line break".to_owned();
        let why = Diagnostic::new(LintCode::Unfinished, message)
            .at(self.source, at)
            .suggesting(Some(help.clone()));
        // It overrides nothing, and takes nothing else with it.
        for read in self.documents.iter_mut().skip(documents) {
            if let Document::Exception(exception) = read {
                *exception = exception.clone().void(why.clone());
                self.diagnostics.push(why.clone());
            }
        }
        let mut read = self.documents.iter().skip(documents);
        if head || read.any(|document| matches!(document, Document::Policy(_))) {
            self.documents.truncate(documents);
            self.diagnostics.truncate(diagnostics);
            self.refuse(LintCode::Unfinished, at, message, Some(help));
        }
    }
}
