//! The lists of what refers to the image.

use doorward_core::{CheckedAnswer, Code, FetchError, Incomplete, Index, Rejection, Resource};

/// What the registry lists, which must be all.
pub(super) fn listed(resource: &Resource, answer: CheckedAnswer) -> Result<Index, Rejection> {
    let list = answer.map_err(|error| Rejection::from_fetch(resource, &error))?;
    let malformed = |detail| Rejection::from_fetch(resource, &FetchError::Malformed { detail });
    let index = Index::parse_first(&list.bytes, list.media_type.as_ref())
        .map_err(|error| malformed(error.to_string()))?;
    // What was not listed may be a newer document.
    match index.incomplete() {
        None => Ok(index),
        Some(Incomplete::Malformed { detail }) => Err(malformed(detail)),
        Some(Incomplete::TooLong) => {
            let detail = format!(
                "more is listed than is read, so it is not looked for the newest document: {resource}"
            );
            Err(Rejection::new(Code::BUDGET_EXCEEDED, detail))
        }
    }
}

/// What is under the tag, and what people should know of it. Everybody who may push can break it, which takes nothing away
/// from what the API lists; who breaks it could as well have left something out.
pub(super) fn tagged(
    resource: &Resource,
    answer: CheckedAnswer,
) -> Result<(Option<Index>, Option<String>), Rejection> {
    let said = match answer {
        Ok(list) => match Index::parse(&list.bytes, list.media_type.as_ref()) {
            Ok(index) => return Ok((Some(index), None)),
            Err(error) => error.to_string(),
        },
        Err(FetchError::NotFound | FetchError::NotInLayout { .. } | FetchError::NotSupported) => {
            return Ok((None, None));
        }
        Err(error @ (FetchError::Malformed { .. } | FetchError::TooLarge { .. })) => {
            error.to_string()
        }
        Err(error) => return Err(Rejection::from_fetch(resource, &error)),
    };
    let note = format!("{resource} is no list of what refers to the image: {said}");
    Ok((None, Some(note)))
}
