//! Which plug-in a signature names.

use doorward_core::Rejection;
use doorward_core::text::one_line;
use semver::Version;

use super::{MINIMUM, NAME, PluginInquiry, SHOWN};
use crate::{AttributeValue, SignedPayload, Statement, codes, limits};

/// The plug-in that must verify a signature. Returns `None` if the signature names none.
///
/// It must be one that the statement allows: which program may run is the policy's word, and not the signer's.
///
/// # Errors
/// `notation-plugin-unavailable`, also for attributes that name no plug-in that could exist.
pub(crate) fn named(
    signed: &SignedPayload,
    statement: &Statement,
) -> Result<Option<PluginInquiry>, Rejection> {
    let text = |name: &str| {
        let attributes = signed.extended_attributes().iter();
        let mut found = attributes.filter(|attribute| attribute.name.as_text() == Some(name));
        found.next().map(|attribute| match &attribute.value {
            AttributeValue::Text(text) => Ok(text.as_str()),
            AttributeValue::Json(_) | AttributeValue::Other => {
                Err(unavailable(&format!("the attribute {name} is no text")))
            }
        })
    };
    let (name, minimum) = (text(NAME).transpose()?, text(MINIMUM).transpose()?);
    let Some(name) = name else {
        return match minimum {
            None => Ok(None),
            Some(_) => Err(unavailable(&format!(
                "the signature has the attribute {MINIMUM} and names no plug-in"
            ))),
        };
    };
    let rule = statement
        .plugins()
        .iter()
        .find(|rule| rule.name.as_str() == name);
    let Some(rule) = rule else {
        return Err(unavailable(&format!(
            "the plug-in {:?} would have to verify the signature, and statement {} allows none of that name",
            one_line(name, SHOWN),
            statement.name()
        )));
    };
    let minimum = minimum.map(|text| {
        version(text).ok_or_else(|| {
            let shown = one_line(text, SHOWN);
            unavailable(&format!("the attribute {MINIMUM} is no version: {shown:?}"))
        })
    });
    Ok(Some(PluginInquiry::new(rule.clone(), minimum.transpose()?)))
}

/// A version (Semantic Versioning 2.0.0).
pub(super) fn version(text: &str) -> Option<Version> {
    (text.len() <= limits::VERSION_BYTES)
        .then(|| Version::parse(text).ok())
        .flatten()
}

fn unavailable(detail: &str) -> Rejection {
    Rejection::new(codes::PLUGIN_UNAVAILABLE, detail)
}
