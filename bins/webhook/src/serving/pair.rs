//! Certificates under authorities of their own: made, and checked when they are read.

use std::fmt;

use anyhow::{Context as _, Result, anyhow, bail};
use doorward_core::Timestamp;
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa,
    KeyPair, KeyUsagePurpose, date_time_ymd,
};
use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{CertificateDer, ServerName, UnixTime};
use webpki::{EndEntityCert, KeyUsage, anchor_from_trusted_cert};

use super::plan::{Span, Times, seconds};
use crate::tls::{Tls, TlsFiles};

/// The most bytes of a certificate with its chain, of a key, or of a bundle of authorities.
const MOST_BYTES: usize = 64 << 10;
/// The most authorities in a bundle. There are two while one follows the other, and three if that is hurried.
const MOST_AUTHORITIES: usize = 16;

/// A certificate with its key, PEM. `Debug` shows neither.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Pair {
    pub(crate) certificate: Vec<u8>,
    pub(crate) key: Vec<u8>,
}

impl fmt::Debug for Pair {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pair").finish_non_exhaustive()
    }
}

/// The certificate of an authority.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Authority {
    pub(crate) der: CertificateDer<'static>,
    pub(crate) span: Span,
}

/// A pair, and the authority over it. The authority's key is gone: nothing else is ever signed with it.
#[derive(Debug)]
pub(crate) struct Issued {
    pub(crate) pair: Pair,
    /// PEM.
    pub(crate) authority: Vec<u8>,
}

/// Makes a certificate for these DNS names under an authority of its own. Both keys are P-256.
pub(crate) fn issue(names: &[String], now: Timestamp, times: &Times) -> Result<Issued> {
    let from = now.unix().saturating_sub(seconds(times.backdate));
    let until = now.unix().saturating_add(seconds(times.valid));
    let mut params = parameters("Doorward serving authority", from, until)?;
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    let no_key = "no key could be made";
    let authority = CertifiedIssuer::self_signed(params, KeyPair::generate().context(no_key)?)
        .context("no authority could be made")?;
    let mut params = parameters("Doorward", from, until)?;
    params.subject_alt_names = names
        .iter()
        .map(|name| name.as_str().try_into().map(rcgen::SanType::DnsName))
        .collect::<Result<_, _>>()
        .context("a name of the Service is no DNS name")?;
    params.use_authority_key_identifier_extension = true;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    let key = KeyPair::generate().context(no_key)?;
    let certificate = params
        .signed_by(&key, &authority)
        .context("no certificate could be made")?;
    Ok(Issued {
        pair: Pair {
            certificate: certificate.pem().into_bytes(),
            key: key.serialize_pem().into_bytes(),
        },
        authority: authority.pem().into_bytes(),
    })
}

fn parameters(name: &str, from: i64, until: i64) -> Result<CertificateParams> {
    let time = |unix: i64| {
        let since = u64::try_from(unix).ok().filter(|since| *since < 1 << 37);
        let since = since.ok_or_else(|| anyhow!("the clock shows no time of this age"))?;
        Ok::<_, anyhow::Error>(date_time_ymd(1970, 1, 1) + std::time::Duration::from_secs(since))
    };
    let mut params = CertificateParams::default();
    params.not_before = time(from)?;
    params.not_after = time(until)?;
    params.distinguished_name.push(DnType::CommonName, name);
    Ok(params)
}

/// The authorities in a bundle.
///
/// # Errors
/// If it is no bundle, or too large.
pub(crate) fn authorities(pem: &[u8]) -> Result<Vec<Authority>> {
    let all = certificates(pem)?;
    if all.len() > MOST_AUTHORITIES {
        bail!("it holds more than {MOST_AUTHORITIES} certificates");
    }
    all.into_iter()
        .map(|der| {
            anchor_from_trusted_cert(&der).map_err(|_| anyhow!("it holds no authority"))?;
            let span = validity(&der)?;
            Ok(Authority { der, span })
        })
        .collect()
}

/// Checks that a certificate is the key's, that an authority vouches for it, and that it is for all of these DNS names. Returns
/// when it, and that authority, are valid.
///
/// # Errors
/// What is wrong, without a byte of it.
pub(crate) fn check(pair: &Pair, authorities: &[Authority], names: &[String]) -> Result<Span> {
    if pair.key.len() > MOST_BYTES {
        bail!("the key has more than {MOST_BYTES} bytes");
    }
    let chain = certificates(&pair.certificate)?;
    Tls::new(&TlsFiles {
        certificate: pair.certificate.clone(),
        key: pair.key.clone(),
        client_authorities: None,
    })?;
    accepted(&chain, authorities, names)
}

/// The part of [`check`] that a client makes.
///
/// # Errors
/// Why a client that trusts these authorities would refuse the certificate.
pub(crate) fn accepted(
    chain: &[CertificateDer<'static>],
    authorities: &[Authority],
    names: &[String],
) -> Result<Span> {
    let (leaf, between) = chain
        .split_first()
        .ok_or_else(|| anyhow!("it holds no certificate"))?;
    let own = validity(leaf)?;
    let parsed =
        EndEntityCert::try_from(leaf).map_err(|_| anyhow!("it is not an X.509 certificate"))?;
    for name in names {
        let server = ServerName::try_from(name.as_str())
            .map_err(|_| anyhow!("{name} is no name of a server"))?;
        parsed
            .verify_is_valid_for_subject_name(&server)
            .map_err(|_| anyhow!("it is not for {name}"))?;
    }
    // Whether it is valid now is for others to say: the signature is as good at its first moment.
    let first = u64::try_from(own.from.unix()).unwrap_or_default();
    let first = UnixTime::since_unix_epoch(std::time::Duration::from_secs(first));
    let provider = rustls::crypto::ring::default_provider();
    let vouches = |authority: &&Authority| {
        anchor_from_trusted_cert(&authority.der).is_ok_and(|anchor| {
            let anchors = [anchor];
            let path = parsed.verify_for_usage(
                provider.signature_verification_algorithms.all,
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
        .ok_or_else(|| anyhow!("no authority in the bundle vouches for it"))
}

/// The certificates of a PEM text, of which there is at least one.
pub(crate) fn certificates(pem: &[u8]) -> Result<Vec<CertificateDer<'static>>> {
    if pem.len() > MOST_BYTES {
        bail!("it has more than {MOST_BYTES} bytes");
    }
    let all: Vec<_> = CertificateDer::pem_slice_iter(pem)
        .collect::<Result<_, _>>()
        .map_err(|_| anyhow!("it is not PEM"))?;
    if all.is_empty() {
        bail!("it holds no certificate");
    }
    Ok(all)
}

/// A certificate in PEM.
pub(crate) fn pem(certificate: &CertificateDer<'_>) -> String {
    use base64::Engine as _;
    let text = base64::prelude::BASE64_STANDARD.encode(certificate);
    let mut pem = "-----BEGIN CERTIFICATE-----\n".to_owned();
    let mut rest = text.as_str();
    while !rest.is_empty() {
        let (line, more) = rest.split_at(rest.len().min(64));
        pem.push_str(line);
        pem.push('\n');
        rest = more;
    }
    pem.push_str("-----END CERTIFICATE-----\n");
    pem
}

fn validity(certificate: &CertificateDer<'_>) -> Result<Span> {
    let (_, parsed) = x509_parser::parse_x509_certificate(certificate)
        .map_err(|_| anyhow!("it is not an X.509 certificate"))?;
    let validity = parsed.validity();
    Ok(Span {
        from: Timestamp::from_unix(validity.not_before.timestamp()),
        until: Timestamp::from_unix(validity.not_after.timestamp()),
    })
}

#[cfg(test)]
mod tests;
