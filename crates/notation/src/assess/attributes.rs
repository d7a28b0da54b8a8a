//! What the signer demands of a verifier.

use doorward_core::Rejection;

use crate::{SignedPayload, codes};

const PLUGIN: &str = "io.cncf.notary.verificationPlugin";
const PLUGIN_MINIMUM: &str = "io.cncf.notary.verificationPluginMinVersion";

/// Every attribute that is declared critical must be understood, and a plug-in that is named must verify (Signature
/// Specification, "Extended attributes"; Plugin Extensibility, "Verification Plugins"). There are no plug-ins here, so
/// both fail, at every level: a signer who could not be sure of that would have no critical attributes.
pub(super) fn check(signed: &SignedPayload) -> Result<(), Rejection> {
    let attributes = signed.extended_attributes();
    let plugin = attributes
        .iter()
        .find(|attribute| matches!(attribute.name.as_text(), Some(PLUGIN | PLUGIN_MINIMUM)));
    if let Some(attribute) = plugin {
        let detail = format!(
            "the envelope has the attribute {}, so a plug-in would have to verify it, and there are none here",
            attribute.name
        );
        return Err(Rejection::new(codes::PLUGIN_UNAVAILABLE, detail));
    }
    match attributes.iter().find(|attribute| attribute.critical) {
        None => Ok(()),
        Some(attribute) => {
            let detail = format!("the critical attribute {} is not known", attribute.name);
            Err(Rejection::new(codes::CRITICAL_ATTRIBUTE, detail))
        }
    }
}
