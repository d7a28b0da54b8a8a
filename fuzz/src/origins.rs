//! What is asked of statements about the origin of an image.

use doorward_core::{Algorithm, Reference, Timestamp};
use doorward_documents::{
    Document, InTotoStatement, Provenance, ProvenancePattern, ProvenanceRules, SummaryRules,
    TrustedBuilder, VerificationSummary,
};

/// Reads a statement and what it states. Nothing here may panic, hang or take much memory.
pub fn state(bytes: &[u8]) {
    let Ok(statement) = InTotoStatement::read(bytes) else {
        return;
    };
    let is_open = statement.has_no_known_result();
    let document = Document::stated(statement.clone());
    assert!(
        !(is_open && document.is_ok()),
        "what is no report is read as one"
    );
    judge(&statement);
}

/// Takes the bytes for the predicate of each type that is read.
pub fn examine(bytes: &[u8]) {
    let Ok(predicate) = std::str::from_utf8(bytes) else {
        return;
    };
    let types = Provenance::PREDICATE_TYPES
        .iter()
        .chain(&VerificationSummary::PREDICATE_TYPES);
    for kind in types {
        let text = format!(
            r#"{{"_type":"https://in-toto.io/Statement/v1","predicateType":"{kind}","predicate":{predicate}}}"#
        );
        if let Ok(statement) = InTotoStatement::read(text.as_bytes()) {
            judge(&statement);
        }
    }
}

fn judge(statement: &InTotoStatement) {
    let pattern = |text: &str| ProvenancePattern::parse(text).expect("a pattern");
    if let Ok(provenance) = Provenance::of(statement) {
        let mut rules = ProvenanceRules::default();
        rules.sources = vec![pattern("https://github.com/*/web@refs/**"), pattern("**")];
        rules.builders = vec![pattern("https://**/a*b*c")];
        let _ = (rules.judge(&provenance), rules.steps(&provenance));
        let mut any = ProvenanceRules::default();
        any.sources = vec![pattern("**")];
        let says_something = provenance
            .sources()
            .is_some_and(|sources| !sources.is_empty());
        assert!(says_something || any.judge(&provenance).is_err());
    }
    if let Ok(provenance) = Provenance::of(statement) {
        let mut trusting = ProvenanceRules::default();
        trusting.trusted = vec![TrustedBuilder::new(pattern("**"), 2)];
        trusting.min_level = Some(2);
        let reaches = trusting.judge(&provenance).is_ok();
        assert_eq!(
            reaches,
            provenance
                .builder()
                .is_some_and(|id| pattern("**").matches(id))
        );
        trusting.min_level = Some(3);
        assert!(trusting.judge(&provenance).is_err());
        if let Ok(images) = provenance.images() {
            assert!(images.len() <= Provenance::MAX_IMAGES);
            for image in images {
                assert_eq!(image.digest().algorithm(), Algorithm::Sha256);
                // What is judged is what was named: the text is read as the same image again.
                let again: Reference = image.to_string().parse().expect("a reference");
                assert_eq!(again.repository(), image.repository());
                assert_eq!(again.digest(), Some(image.digest()));
            }
        }
    }
    if let Ok(summary) = VerificationSummary::of(statement) {
        let mut rules = SummaryRules::default();
        rules.verifiers = vec![summary.verifier().to_owned()];
        rules.levels = summary.levels().to_vec();
        let outcome = rules.judge(&summary, Timestamp::from_unix(i64::from(u32::MAX)));
        assert!(outcome.is_err() || summary.has_passed());
    }
}
