//! Statements.

use doorward_documents::{
    DocumentError, InTotoStatement, Provenance, ProvenancePattern, ProvenanceRules,
};
use serde_json::{Value, json};

pub(crate) const SLSA02: &str = "https://slsa.dev/provenance/v0.2";
pub(crate) const SLSA1: &str = "https://slsa.dev/provenance/v1";

pub(crate) fn statement(kind: &str, predicate: &Value) -> InTotoStatement {
    let text = json!({
        "_type": "https://in-toto.io/Statement/v1", "subject": [{"digest": {"sha256": "0"}}],
        "predicateType": kind, "predicate": predicate,
    });
    InTotoStatement::read(text.to_string().as_bytes()).unwrap()
}

pub(crate) fn read(kind: &str, predicate: &Value) -> Result<Provenance, DocumentError> {
    Provenance::of(&statement(kind, predicate))
}

/// The sources that are named, as texts.
pub(crate) fn sources(kind: &str, predicate: &Value) -> Vec<String> {
    let provenance = read(kind, predicate).unwrap();
    let sources = provenance.sources().unwrap().iter();
    sources.map(ToString::to_string).collect()
}

pub(crate) fn patterns(texts: &[&str]) -> Vec<ProvenancePattern> {
    texts
        .iter()
        .map(|text| ProvenancePattern::parse(text).unwrap())
        .collect()
}

pub(crate) fn rules(builders: &[&str], sources: &[&str], types: &[&str]) -> ProvenanceRules {
    let mut rules = ProvenanceRules::default();
    rules.builders = patterns(builders);
    rules.sources = patterns(sources);
    rules.build_types = types.iter().map(|one| (*one).to_owned()).collect();
    rules
}
