//! What the certificates of an ordered chain must say.

use super::OrderedRule;
use crate::{Certificate, KeyUsage, KeyUse, Purpose};

/// What an ordered chain is for (Notary Project, Signature Specification, "Certificate Requirements").
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Profile {
    /// Signing software.
    CodeSigning,
    /// Signing time stamps.
    TimeStamping,
}

/// Uses that a leaf must not have beside signing.
const FORBIDDEN_USES: [KeyUse; 7] = [
    KeyUse::CrlSign,
    KeyUse::DataEncipherment,
    KeyUse::DecipherOnly,
    KeyUse::EncipherOnly,
    KeyUse::KeyAgreement,
    KeyUse::KeyCertSign,
    KeyUse::KeyEncipherment,
];

/// Purposes that a leaf for signing software must not have. `OCSPSigning` is not among those of the text: stricter than
/// it, because such a key speaks for its issuer about revocation.
const FORBIDDEN_PURPOSES: [Purpose; 6] = [
    Purpose::Any,
    Purpose::ClientAuth,
    Purpose::EmailProtection,
    Purpose::OcspSigning,
    Purpose::ServerAuth,
    Purpose::TimeStamping,
];

impl Profile {
    /// Whether a certificate that issued others on the chain says that it may: basic constraints that are critical, and
    /// `keyCertSign`. `below` is the number of authorities between it and the leaf, self-issued ones too: stricter than
    /// RFC 5280, section 6.1.4 (l), because the text counts all.
    pub(super) fn authority(
        self,
        certificate: &Certificate,
        below: usize,
    ) -> Result<(), OrderedRule> {
        let constraints = certificate
            .basic_constraints()
            .ok_or(OrderedRule::NoBasicConstraints)?;
        if !constraints.is_critical() {
            return Err(OrderedRule::BasicConstraintsNotCritical);
        }
        if !constraints.is_authority() {
            return Err(OrderedRule::NotAnAuthority);
        }
        if let Some(length) = constraints.path_length()
            && usize::try_from(length).is_ok_and(|length| length < below)
        {
            return Err(OrderedRule::PathLength { length, below });
        }
        let usage = self.key_usage(certificate)?;
        if !usage.contains(KeyUse::KeyCertSign) {
            return Err(OrderedRule::MissingUse(KeyUse::KeyCertSign));
        }
        // An authority that is restricted to other purposes certifies none for this one (the practice of path builders;
        // RFC 5280, section 4.2.1.12, leaves it open). Stricter than the specification, which says nothing of it: what an
        // authority was certified for is what keeps those below one root apart.
        let (purpose, rule) = match self {
            Self::CodeSigning => (Purpose::CodeSigning, OrderedRule::NotForCodeSigning),
            Self::TimeStamping => (Purpose::TimeStamping, OrderedRule::NotForTimeStamps),
        };
        if let Some(purposes) = certificate.extended_key_usage()
            && !purposes.contains(purpose)
            && !purposes.contains(Purpose::Any)
        {
            return Err(rule);
        }
        // RFC 5280, section 4.2; stricter than the specification, which passes over them.
        if certificate.has_unknown_critical_extension_beside_names() {
            return Err(OrderedRule::CriticalExtension);
        }
        Ok(())
    }

    /// Whether the certificate of a signer says that it may sign, and nothing that it must not.
    pub(super) fn leaf(self, certificate: &Certificate) -> Result<(), OrderedRule> {
        if certificate.is_authority() {
            return Err(OrderedRule::AuthorityAsLeaf);
        }
        let usage = self.key_usage(certificate)?;
        if !usage.contains(KeyUse::DigitalSignature) {
            return Err(OrderedRule::MissingUse(KeyUse::DigitalSignature));
        }
        if let Some(forbidden) = FORBIDDEN_USES
            .into_iter()
            .find(|use_| usage.contains(*use_))
        {
            return Err(OrderedRule::ForbiddenUse(forbidden));
        }
        let purposes = certificate.extended_key_usage();
        match (self, purposes) {
            (Self::CodeSigning, None) => Ok(()),
            (Self::CodeSigning, Some(purposes)) => FORBIDDEN_PURPOSES
                .into_iter()
                .find(|purpose| purposes.contains(*purpose))
                .map_or(Ok(()), |purpose| {
                    Err(OrderedRule::ForbiddenPurpose(purpose))
                }),
            // RFC 3161, section 2.3: only this purpose, and critical.
            (Self::TimeStamping, Some(purposes))
                if purposes.is_critical() && purposes.is_exactly(Purpose::TimeStamping) =>
            {
                Ok(())
            }
            (Self::TimeStamping, _) => Err(OrderedRule::NotForTimeStampsAlone),
        }
    }

    /// The uses of the key, which every certificate must state; as a critical extension if it is for signing software.
    fn key_usage(self, certificate: &Certificate) -> Result<KeyUsage, OrderedRule> {
        let usage = certificate.key_usage().ok_or(OrderedRule::NoKeyUsage)?;
        if self == Self::CodeSigning && !usage.is_critical() {
            return Err(OrderedRule::KeyUsageNotCritical);
        }
        Ok(usage)
    }
}
