//! What a client that asks the webhook makes of its certificate: the API server, by the authorities that a configuration names.

use std::time::Duration;

use doorward_core::Timestamp;
use doorward_core::text::one_line;
use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{CertificateDer, ServerName, UnixTime};
use webpki::{ALL_VERIFICATION_ALGS, EndEntityCert, KeyUsage, anchor_from_trusted_cert};

/// The most bytes of a certificate with its chain, of a key, or of a bundle of authorities.
pub const MOST_BYTES: usize = 64 << 10;
/// The most authorities in a bundle. There are two while one follows the other, and three if that is hurried.
pub const MOST_AUTHORITIES: usize = 16;

/// From when until when something is valid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// The first moment.
    pub from: Timestamp,
    /// The first moment after.
    pub until: Timestamp,
}

impl Span {
    /// Whether `now` is within.
    #[must_use]
    pub fn has(self, now: Timestamp) -> bool {
        self.from <= now && now < self.until
    }
}

/// The certificate of an authority.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Authority {
    /// The certificate.
    pub der: CertificateDer<'static>,
    /// When it is valid.
    pub span: Span,
}

/// What is wrong with a certificate or a bundle. A lowercase fragment, without a byte of it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CertificateError {
    /// One in a bundle is no X.509 certificate.
    #[error("it holds no authority")]
    NoAuthority,
    /// There is nothing in the text.
    #[error("it holds no certificate")]
    NoCertificate,
    /// What it is to be valid for cannot be named so.
    #[error("{name} is no name of a server")]
    NoServerName {
        /// The name.
        name: String,
    },
    /// The text has another form.
    #[error("it is not PEM")]
    NotPem,
    /// It does not name the server.
    #[error("it is not for {name}")]
    NotFor {
        /// The server.
        name: String,
    },
    /// It is of another form.
    #[error("it is not an X.509 certificate")]
    NotX509,
    /// No path leads from it to an authority.
    #[error("no authority in the bundle vouches for it")]
    NotVouched,
    /// The text is longer than any that is meant.
    #[error("it has more than {limit} bytes")]
    TooLarge {
        /// The most bytes.
        limit: usize,
    },
    /// There are more in a bundle than are read.
    #[error("it holds more than {limit} certificates")]
    TooMany {
        /// The most.
        limit: usize,
    },
}

/// The authorities in a bundle.
///
/// # Errors
/// If it is no bundle, or too large.
pub fn authorities(pem: &[u8]) -> Result<Vec<Authority>, CertificateError> {
    let all = certificates(pem)?;
    if all.len() > MOST_AUTHORITIES {
        return Err(CertificateError::TooMany {
            limit: MOST_AUTHORITIES,
        });
    }
    all.into_iter()
        .map(|der| {
            anchor_from_trusted_cert(&der).map_err(|_| CertificateError::NoAuthority)?;
            let span = validity(&der)?;
            Ok(Authority { der, span })
        })
        .collect()
}

/// Checks that one of these authorities vouches for a certificate, and that it is for all of these DNS names. Returns when it,
/// and that authority, are valid: of several, the one that lasts longest.
///
/// # Errors
/// Why a client that trusts these authorities would refuse the certificate, whatever the time.
pub fn accepted(
    chain: &[CertificateDer<'static>],
    authorities: &[Authority],
    names: &[String],
) -> Result<Span, CertificateError> {
    let (leaf, between) = chain.split_first().ok_or(CertificateError::NoCertificate)?;
    let own = validity(leaf)?;
    let parsed = EndEntityCert::try_from(leaf).map_err(|_| CertificateError::NotX509)?;
    for name in names {
        let shown = || one_line(name, 253);
        let server = ServerName::try_from(name.as_str())
            .map_err(|_| CertificateError::NoServerName { name: shown() })?;
        parsed
            .verify_is_valid_for_subject_name(&server)
            .map_err(|_| CertificateError::NotFor { name: shown() })?;
    }
    // Whether it is valid now is for others to say: the signature is as good at its first moment.
    let first = u64::try_from(own.from.unix()).unwrap_or_default();
    let first = UnixTime::since_unix_epoch(Duration::from_secs(first));
    let vouches = |authority: &&Authority| {
        anchor_from_trusted_cert(&authority.der).is_ok_and(|anchor| {
            let anchors = [anchor];
            let path = parsed.verify_for_usage(
                ALL_VERIFICATION_ALGS,
                &anchors,
                between,
                first,
                KeyUsage::server_auth(),
                None,
                None,
            );
            path.is_ok()
        })
    };
    authorities
        .iter()
        .filter(vouches)
        .map(|authority| Span {
            from: own.from.max(authority.span.from),
            until: own.until.min(authority.span.until),
        })
        .max_by_key(|span| span.until)
        .ok_or(CertificateError::NotVouched)
}

/// The certificates of a PEM text, of which there is at least one.
///
/// # Errors
/// If there is none, or too much.
pub fn certificates(pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, CertificateError> {
    if pem.len() > MOST_BYTES {
        return Err(CertificateError::TooLarge { limit: MOST_BYTES });
    }
    let all: Vec<_> = CertificateDer::pem_slice_iter(pem)
        .collect::<Result<_, _>>()
        .map_err(|_| CertificateError::NotPem)?;
    if all.is_empty() {
        return Err(CertificateError::NoCertificate);
    }
    Ok(all)
}

/// When a certificate says that it is valid.
///
/// # Errors
/// If it is none.
pub fn validity(certificate: &CertificateDer<'_>) -> Result<Span, CertificateError> {
    let (_, parsed) =
        x509_parser::parse_x509_certificate(certificate).map_err(|_| CertificateError::NotX509)?;
    let validity = parsed.validity();
    Ok(Span {
        from: Timestamp::from_unix(validity.not_before.timestamp()),
        until: Timestamp::from_unix(validity.not_after.timestamp()),
    })
}
