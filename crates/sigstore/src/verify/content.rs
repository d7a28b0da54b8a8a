//! What a signature says, once it holds.

use std::borrow::Cow;
use std::collections::BTreeMap;

use doorward_core::{Digest, Fact, Rejection, text};

use crate::candidate::{Candidate, Claim, Content, Statement};
use crate::codes;

type Annotations = BTreeMap<String, String>;

/// What is said of an image, by what is about it.
#[derive(Debug)]
pub(super) struct Said<'c> {
    /// What it calls the image, if it does.
    pub(super) name: Option<String>,
    /// Annotations. A statement has them with each of its subjects that is the image.
    annotations: Vec<Cow<'c, Annotations>>,
}

impl Said<'_> {
    /// That it has all annotations that are demanded, with one of the subjects.
    pub(super) fn carries(&self, demanded: &Annotations) -> Result<(), Rejection> {
        let mut refused = Ok(());
        for said in &self.annotations {
            refused = annotations(said, demanded);
            if refused.is_ok() {
                break;
            }
        }
        refused
    }
}

/// What the candidate says of the image of this digest.
pub(super) fn said<'c>(candidate: &'c Candidate, digest: &Digest) -> Result<Said<'c>, Rejection> {
    match &candidate.content {
        Content::Claim { payload, .. } => {
            let claim = Claim::parse(payload)
                .map_err(|reason| Rejection::new(codes::CLAIM_MALFORMED, reason))?;
            if claim.digest != digest.as_str() {
                return Err(another(&claim.digest, digest));
            }
            Ok(Said {
                name: Some(claim.name).filter(|name| !name.is_empty()),
                annotations: vec![Cow::Owned(claim.annotations)],
            })
        }
        // That the signature is over what has the digest is all it says.
        Content::Bytes { .. } => Ok(Said {
            name: None,
            annotations: vec![Cow::Owned(Annotations::new())],
        }),
        Content::Statement(envelope) => stated(super::statement(envelope)?, digest),
    }
}

/// That the statement is of this type.
pub(super) fn predicate_type(statement: &Statement, demanded: &str) -> Result<(), Rejection> {
    if statement.predicate_type == demanded {
        return Ok(());
    }
    let said = text::one_line(&statement.predicate_type, 128);
    let detail = format!("the statement is of the type {said}, and not {demanded}");
    Err(Rejection::new(codes::WRONG_PREDICATE, detail))
}

/// What the statement says of the image of this digest, which must be one of its subjects.
pub(super) fn stated<'c>(statement: &'c Statement, digest: &Digest) -> Result<Said<'c>, Rejection> {
    let about = statement.subjects.iter().filter(|one| one.is(digest));
    let annotations: Vec<_> = about.map(|one| Cow::Borrowed(&one.annotations)).collect();
    if annotations.is_empty() {
        let first = statement.subjects.first();
        let named = first.and_then(|subject| subject.sha256.as_deref());
        let named = named.map_or_else(|| "something else".into(), |hex| format!("sha256:{hex}"));
        return Err(another(&named, digest));
    }
    Ok(Said {
        name: None,
        annotations,
    })
}

fn annotations(said: &Annotations, demanded: &Annotations) -> Result<(), Rejection> {
    let differs = demanded
        .iter()
        .find(|(name, value)| said.get(*name) != Some(*value));
    let Some((name, value)) = differs else {
        return Ok(());
    };
    let has = said.get(name).map(|has| text::one_line(has, 128));
    let has = has.map_or_else(|| "does not have it".into(), |has| format!("has `{has}`"));
    let detail = format!("the annotation `{name}` must be `{value}`, and the signature {has}");
    Err(Rejection::new(codes::ANNOTATION_MISMATCH, detail))
}

fn another(named: &str, digest: &Digest) -> Rejection {
    let detail = format!(
        "what was signed is {}, and not {digest}",
        text::one_line(named, 160)
    );
    let rejection = Rejection::new(codes::DIGEST_MISMATCH, detail);
    match named.parse::<Digest>() {
        Ok(actual) => rejection.with_fact(Fact::Digests {
            expected: digest.clone(),
            actual,
        }),
        Err(_) => rejection,
    }
}
