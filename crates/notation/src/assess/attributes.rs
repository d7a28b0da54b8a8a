//! What the signer demands of a verifier.

use doorward_core::Rejection;

use crate::plugin::{PluginInquiry, named};
use crate::{SignedPayload, Statement, codes};

/// Every attribute that is declared critical must be understood, and a plug-in that is named must verify (Signature
/// Specification, "Extended attributes"; Plugin Extensibility, "Verification Plugins"). No attribute is understood here
/// but by a plug-in, and none is asked but those that the statement allows. Without one both fail, at every level: a
/// signer who could not be sure of that would have no critical attributes.
///
/// Returns the plug-in that decides in its place.
pub(super) fn check(
    signed: &SignedPayload,
    statement: &Statement,
) -> Result<Option<PluginInquiry>, Rejection> {
    let plugin = named(signed, statement)?;
    let attributes = signed.extended_attributes();
    match attributes.iter().find(|attribute| attribute.critical) {
        Some(attribute) if plugin.is_none() => {
            let detail = format!("the critical attribute {} is not known", attribute.name);
            Err(Rejection::new(codes::CRITICAL_ATTRIBUTE, detail))
        }
        _ => Ok(plugin),
    }
}
