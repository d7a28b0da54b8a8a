//! What remains of a signature that was accepted.

use doorward_core::{Check, Digest, Evidence, PluginName, Scheme, Timestamp, Witness};
use doorward_crypto::Certificate;

use crate::identity::written;
use crate::{SignedPayload, Validation};

/// That a signature holds against a statement, for one artifact. There is no way to make one but to assess.
///
/// A statement can forgive failures: what was accepted below the level `strict` may have been signed by anybody. The
/// [validations](Self::validations) say what did not pass.
#[derive(Clone, Debug)]
pub struct Accepted {
    pub(crate) signed: SignedPayload,
    pub(crate) statement: String,
    pub(crate) validations: Vec<Validation>,
    pub(crate) trusted: Option<Certificate>,
    pub(crate) signed_at: Timestamp,
    pub(crate) authentic_at: Option<Timestamp>,
    pub(crate) valid_until: Option<Timestamp>,
    pub(crate) certificates_end: Option<Timestamp>,
    pub(crate) plugin: Option<PluginName>,
    pub(crate) source: Option<String>,
}

impl Accepted {
    /// The signature.
    #[must_use]
    pub const fn signed(&self) -> &SignedPayload {
        &self.signed
    }

    /// The name of the statement that it holds against.
    #[must_use]
    pub fn statement(&self) -> &str {
        &self.statement
    }

    /// The validations in the order in which they count.
    #[must_use]
    pub fn validations(&self) -> &[Validation] {
        &self.validations
    }

    /// The certificate of the chain that is in a trust store. Returns `None` if the statement forgave that none is.
    #[must_use]
    pub const fn trusted(&self) -> Option<&Certificate> {
        self.trusted.as_ref()
    }

    /// The plug-in that took part in verifying.
    #[must_use]
    pub const fn plugin(&self) -> Option<&PluginName> {
        self.plugin.as_ref()
    }

    /// The time by which the signature existed, if an authority vouched for one, and else the time that the signer
    /// claims.
    #[must_use]
    pub const fn signed_at(&self) -> Timestamp {
        self.signed_at
    }

    /// When it was made, where that decides which of several counts: as the signer says, and not later than an authority
    /// vouches. Anybody can have an old signature stamped again.
    #[must_use]
    pub fn made_at(&self) -> Timestamp {
        self.signed_at.min(self.signed.signing_time().earliest())
    }

    /// The last second in which all certificates of the signer are valid, if that counts: a time that an authority
    /// vouched for has no end. Returns `None` too if the signer is not trusted.
    #[must_use]
    pub const fn certificates_end(&self) -> Option<Timestamp> {
        self.certificates_end
    }

    /// The time by which the signature existed, if an authority vouches for one that the statement trusts: of time stamps,
    /// or of the signing itself (Signing Scheme Specification).
    #[must_use]
    pub const fn authentic_at(&self) -> Option<Timestamp> {
        self.authentic_at
    }

    /// Says where the envelope was found.
    #[must_use]
    pub fn found_at(mut self, source: impl Into<String>) -> Self {
        self.source = Some(source.into());
        self
    }
}

impl Witness for Accepted {
    fn scheme(&self) -> Scheme {
        Scheme::NOTATION
    }

    fn digest(&self) -> &Digest {
        self.signed.payload().digest()
    }

    fn evidence(&self) -> Vec<Evidence> {
        let leaf = self.signed.leaf();
        let mut evidence = Evidence::default();
        evidence.signer = leaf.common_name().map(str::to_owned);
        evidence.key = Some(leaf.fingerprint().to_string());
        evidence.subject = written(leaf);
        evidence.signed_at = Some(self.signed.signing_time().earliest());
        evidence.authentic_at = self.authentic_at;
        evidence.plugin = self.plugin.as_ref().map(ToString::to_string);
        evidence.source.clone_from(&self.source);
        vec![evidence]
    }

    fn checks(&self) -> Vec<Check> {
        self.validations.iter().map(Validation::check).collect()
    }

    fn valid_until(&self) -> Option<Timestamp> {
        self.valid_until
    }
}
