//! Certificates under authorities of their own: made, and checked when they are read.

use std::fmt;

use anyhow::{Context as _, Result, anyhow, bail};
use doorward_core::Timestamp;
use doorward_kube::serving::MOST_BYTES;
pub(crate) use doorward_kube::serving::{Authority, accepted, authorities, certificates};
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa,
    KeyPair, KeyUsagePurpose, date_time_ymd,
};
use rustls_pki_types::CertificateDer;

use super::plan::{Span, Times, seconds};
use crate::tls::{Tls, TlsFiles};

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
    Ok(accepted(&chain, authorities, names)?)
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

#[cfg(test)]
mod tests;
