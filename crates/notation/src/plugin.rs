//! Verification plug-ins: which one a signature names, what it is asked, and what it answers (Plugin Extensibility,
//! "Verification Plugins").

mod answer;
mod inquiry;
mod named;
mod request;
#[cfg(test)]
mod tests;

use doorward_core::PluginName;

pub(crate) use inquiry::{PluginInquiry, resource};
pub(crate) use named::named;
pub use request::PluginRequest;

/// The attribute with the name of the plug-in (Signature Specification, "Extended attributes for Notation Plugins").
const NAME: &str = "io.cncf.notary.verificationPlugin";
/// The attribute with the oldest version of it that will do.
const MINIMUM: &str = "io.cncf.notary.verificationPluginMinVersion";
/// The only version of the protocol.
const CONTRACT: &str = "1.0";
/// The capability to say whether the signer is trusted.
const TRUSTED_IDENTITY: &str = "SIGNATURE_VERIFIER.TRUSTED_IDENTITY";
/// The capability to say whether a certificate was revoked.
const REVOCATION_CHECK: &str = "SIGNATURE_VERIFIER.REVOCATION_CHECK";
/// How many characters are shown of what a plug-in says.
const SHOWN: usize = 200;

/// That signatures of a statement may name a plug-in, and what its word is worth.
///
/// A plug-in that is allowed adds its checks to those that are made anyway. Only where the policy says so does it stand
/// in for one of them, and only if it has the capability for that. Stricter than the reference, where the capability
/// alone suffices: the signer chooses the plug-in, and the plug-in would choose what the policy's identities are worth.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct PluginRule {
    /// The plug-in.
    pub name: PluginName,
    /// Whether it decides alone who the signer may be, below the trust stores.
    pub replaces_identity: bool,
    /// Whether it decides alone whether certificates of the signer were revoked.
    pub replaces_revocation: bool,
}

impl PluginRule {
    /// A plug-in that replaces nothing.
    #[must_use]
    pub const fn new(name: PluginName) -> Self {
        Self {
            name,
            replaces_identity: false,
            replaces_revocation: false,
        }
    }

    /// The same, standing in for the identities of the statement.
    #[must_use]
    pub const fn replacing_identity(mut self) -> Self {
        self.replaces_identity = true;
        self
    }

    /// The same, standing in for the revocation check.
    #[must_use]
    pub const fn replacing_revocation(mut self) -> Self {
        self.replaces_revocation = true;
        self
    }
}
