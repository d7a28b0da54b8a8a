//! Requests of other programs than the API server, which ask about images by name and not about an object.

mod audit;
mod check;
mod error;
mod external_data;
mod image_review;

pub use audit::AuditRequest;
pub use check::CheckRequest;
pub use error::AskedError;
pub use external_data::{ImageKey, ProviderItem, ProviderRequest, ProviderResponse};
pub use image_review::{ImageReview, ImageReviewAnswer};

use doorward_core::text::one_line;
use serde::de::DeserializeOwned;

use crate::limits::Limits;
use crate::object_name::is_label;

/// The most characters that an image may have: a reference has less than half as many, and what is longer is none.
const MAX_IMAGE: usize = 1024;

/// Reads a body within `limits`.
fn read<T: DeserializeOwned>(body: &[u8], limits: &Limits) -> Result<T, AskedError> {
    if body.len() > limits.bytes {
        return Err(AskedError::TooLarge {
            limit: limits.bytes,
        });
    }
    let malformed = |why: String| AskedError::Malformed {
        detail: one_line(&why, 200),
    };
    // Also where nobody looks: other readers refuse it.
    let text = std::str::from_utf8(body).map_err(|_| malformed("not UTF-8".to_owned()))?;
    serde_json::from_str(text).map_err(|error| malformed(error.to_string()))
}

/// Refuses more images than one request may name, and what is too long for an image.
fn within(images: &[String], limits: &Limits) -> Result<(), AskedError> {
    if images.is_empty() {
        return Err(AskedError::NoImage);
    }
    if images.len() > limits.containers {
        return Err(AskedError::TooMany {
            what: "images",
            limit: limits.containers,
        });
    }
    match images.iter().any(|image| image.len() > MAX_IMAGE) {
        true => Err(AskedError::TooLong { limit: MAX_IMAGE }),
        false => Ok(()),
    }
}

/// Refuses what no namespace is called (RFC 1123, label): it would become a part of a path, or of a name in a log.
fn namespace(name: String) -> Result<String, AskedError> {
    if is_label(&name) {
        return Ok(name);
    }
    Err(AskedError::Namespace {
        name: one_line(&name, 63),
    })
}
