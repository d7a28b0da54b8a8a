//! Why there is no certification path.

use doorward_core::Timestamp;
use rustls_pki_types::UnixTime;

/// Why there is no certification path (RFC 5280, section 6).
///
/// Of the paths that were tried, the reason is that of the one that came furthest.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ChainError {
    /// A certificate is signed with an algorithm that is not on the allow-list, or one that its issuer's key does not
    /// have, or names two of them (section 4.1.1.2).
    #[error("a certificate on the path has a signature algorithm that is not allowed")]
    Algorithm,
    /// The leaf is the certificate of an authority (section 4.2.1.9).
    #[error("the certificate is that of an authority and not of a signer")]
    AuthorityAsLeaf,
    /// The time asked for is before 1970.
    #[error("the time is before 1970")]
    BeforeEpoch,
    /// A certificate has a critical extension that is not understood (section 4.2).
    #[error("a certificate on the path has a critical extension that is not understood")]
    CriticalExtension,
    /// A certificate had expired at the time asked for (section 4.1.2.5).
    #[error("a certificate on the path expired at {not_after}")]
    Expired {
        /// The last second in which it was valid.
        not_after: Timestamp,
    },
    /// A certificate does not follow RFC 5280.
    #[error("a certificate on the path is malformed: {detail}")]
    Malformed {
        /// What is wrong with it, for people.
        detail: String,
    },
    /// A certificate has a name that one of its issuers may not certify (section 4.2.1.10).
    #[error("a certificate on the path has a name that its issuer may not certify")]
    NameConstraint,
    /// No authority is known that was valid at the time asked for.
    #[error("no known authority is valid at the time")]
    NoAnchor,
    /// A certificate issued another one without being that of an authority (section 4.2.1.9).
    #[error("an issuer on the path is no authority")]
    NotAnAuthority,
    /// A certificate was not yet valid at the time asked for (section 4.1.2.5).
    #[error("a certificate on the path is not valid before {not_before}")]
    NotYetValid {
        /// The first second in which it is valid.
        not_before: Timestamp,
    },
    /// Something else that the path builder found, of a kind that is not known here.
    #[error("no certification path: {detail}")]
    Other {
        /// What it says, for people.
        detail: String,
    },
    /// There are more intermediates below an authority than it allows (section 4.2.1.9).
    #[error("the path is longer than an authority on it allows")]
    PathLength,
    /// A certificate is good for none of the purposes asked for (section 4.2.1.12).
    #[error("a certificate on the path is for another purpose")]
    Purpose,
    /// The signature on a certificate is not its issuer's (section 4.1.1.3).
    #[error("a certificate on the path is not signed by its issuer")]
    Signature,
    /// Finding a path would take more work, or a longer path, than is allowed.
    #[error("finding a path takes more work than is allowed")]
    TooMuchWork,
    /// The path has a gap: nothing that was presented, and no anchor, has the name of an issuer.
    #[error("an issuer on the path is unknown")]
    UnknownIssuer,
}

impl From<webpki::Error> for ChainError {
    fn from(error: webpki::Error) -> Self {
        use webpki::Error as E;
        // Variants that are superseded are no longer made, and end as `Other`.
        match error {
            E::CertExpired { not_after, .. } => Self::Expired {
                not_after: timestamp(not_after),
            },
            E::CertNotValidYet { not_before, .. } => Self::NotYetValid {
                not_before: timestamp(not_before),
            },
            E::CaUsedAsEndEntity => Self::AuthorityAsLeaf,
            E::EndEntityUsedAsCa => Self::NotAnAuthority,
            E::InvalidSignatureForPublicKey => Self::Signature,
            E::MaximumNameConstraintComparisonsExceeded
            | E::MaximumPathBuildCallsExceeded
            | E::MaximumPathDepthExceeded
            | E::MaximumSignatureChecksExceeded => Self::TooMuchWork,
            E::NameConstraintViolation => Self::NameConstraint,
            E::PathLenConstraintViolated => Self::PathLength,
            E::RequiredEkuNotFoundContext(_) => Self::Purpose,
            E::SignatureAlgorithmMismatch
            | E::UnsupportedSignatureAlgorithmContext(_)
            | E::UnsupportedSignatureAlgorithmForPublicKeyContext(_) => Self::Algorithm,
            E::UnknownIssuer => Self::UnknownIssuer,
            E::UnsupportedCriticalExtension => Self::CriticalExtension,
            E::BadDer
            | E::BadDerTime
            | E::EmptyEkuExtension
            | E::ExtensionValueInvalid
            | E::InvalidCertValidity
            | E::InvalidNetworkMaskConstraint
            | E::InvalidSerialNumber
            | E::MalformedDnsIdentifier
            | E::MalformedExtensions
            | E::MalformedNameConstraint
            | E::TrailingData(_)
            | E::UnsupportedCertVersion => Self::Malformed {
                detail: fragment(&error),
            },
            other => Self::Other {
                detail: fragment(&other),
            },
        }
    }
}

fn timestamp(time: UnixTime) -> Timestamp {
    Timestamp::from_unix(i64::try_from(time.as_secs()).unwrap_or(i64::MAX))
}

/// The path builder's name of a reason as a fragment: `BadDerTime` is `bad der time`.
fn fragment(error: &webpki::Error) -> String {
    let mut text = String::new();
    for c in error
        .to_string()
        .chars()
        .take_while(char::is_ascii_alphanumeric)
    {
        if c.is_ascii_uppercase() && !text.is_empty() {
            text.push(' ');
        }
        text.push(c.to_ascii_lowercase());
    }
    text
}
