//! Annotations for the API server's audit log.

use std::collections::BTreeMap;

use doorward_core::text::one_line;
use serde_json::{Map, Value};

use crate::image_answer::ImageAnswer;

/// Images that get an annotation of their own; further ones are counted.
const MAX_IMAGES: usize = 32;
/// The most characters of one text in an annotation.
const MAX_TEXT: usize = 600;

/// One annotation for each image, `image-0` and so on in the order of the object, with a JSON object as its value.
/// The API server puts the name of the webhook before the keys.
pub(crate) fn annotations(images: &[ImageAnswer<'_>]) -> BTreeMap<String, String> {
    let mut annotations: BTreeMap<String, String> = images
        .iter()
        .take(MAX_IMAGES)
        .enumerate()
        .map(|(index, answer)| (format!("image-{index}"), describe(answer)))
        .collect();
    if images.len() > MAX_IMAGES {
        annotations.insert(
            "images-omitted".to_owned(),
            (images.len() - MAX_IMAGES).to_string(),
        );
    }
    annotations
}

fn describe(answer: &ImageAnswer<'_>) -> String {
    let mut members = Map::new();
    let mut put = |name: &str, text: &str| {
        members.insert(name.to_owned(), Value::from(one_line(text, MAX_TEXT)))
    };
    let container = if answer.image.name.is_empty() {
        &answer.image.pointer
    } else {
        &answer.image.name
    };
    put("container", container);
    put("list", answer.image.slot.list());
    put("image", &answer.image.image);
    put("verdict", answer.decision.as_str());
    if let Some(reason) = answer.reasons.first() {
        put("code", reason.code.as_str());
    }
    if let Some(pinned) = &answer.pinned {
        put("pinned", &pinned.to_string());
    }
    if let Some(rule) = &answer.rule {
        put("rule", rule);
    }
    Value::Object(members).to_string()
}
