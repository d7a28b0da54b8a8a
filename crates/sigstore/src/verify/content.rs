//! What a signature says, once it holds.

use std::collections::BTreeMap;

use doorward_core::{Digest, Fact, Rejection, text};

use crate::candidate::{Candidate, Claim, Content, Statement};
use crate::codes;

type Annotations = BTreeMap<String, String>;

/// That the candidate says of the image of this digest that it is signed, with all annotations that are demanded. Returns
/// what it calls the image, if it does.
pub(super) fn signs(
    candidate: &Candidate,
    digest: &Digest,
    demanded: &Annotations,
) -> Result<Option<String>, Rejection> {
    match &candidate.content {
        Content::Claim { payload, .. } => {
            let claim = Claim::parse(payload)
                .map_err(|reason| Rejection::new(codes::CLAIM_MALFORMED, reason))?;
            if claim.digest != digest.as_str() {
                return Err(another(&claim.digest, digest));
            }
            annotations(&claim.annotations, demanded)?;
            Ok(Some(claim.name).filter(|name| !name.is_empty()))
        }
        // That the signature is over the digest is all it says.
        Content::Manifest { .. } => annotations(&Annotations::new(), demanded).map(|()| None),
        Content::Statement(envelope) => {
            let statement = super::statement(envelope)?;
            states(statement, digest, demanded).map(|()| None)
        }
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

/// That the statement is about the image of this digest, with all annotations that are demanded.
pub(super) fn states(
    statement: &Statement,
    digest: &Digest,
    demanded: &Annotations,
) -> Result<(), Rejection> {
    let mut about = statement
        .subjects
        .iter()
        .filter(|subject| subject.is(digest))
        .peekable();
    if about.peek().is_none() {
        let first = statement.subjects.first();
        let named = first.and_then(|subject| subject.sha256.as_deref());
        let named = named.map_or_else(|| "something else".into(), |hex| format!("sha256:{hex}"));
        return Err(another(&named, digest));
    }
    let mut refused = Ok(());
    for subject in about {
        refused = annotations(&subject.annotations, demanded);
        if refused.is_ok() {
            break;
        }
    }
    refused
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
