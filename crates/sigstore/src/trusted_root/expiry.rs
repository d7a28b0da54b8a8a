//! When what a trusted root names ends.

use doorward_core::{Expiry, Timestamp};
use doorward_crypto::Certificate;

use super::read::{Issuer, Log, Window};
use super::{Material, TrustedRoot};
use crate::Authority;

/// When the trusted roots of these authorities end.
pub(crate) fn expiries_of(authorities: &[Authority]) -> Vec<Expiry> {
    let roots = authorities.iter().filter_map(Authority::trusted_root);
    roots.flat_map(TrustedRoot::expiries).collect()
}

pub(super) fn expiries(material: &Material) -> Vec<Expiry> {
    let logs = |logs: &[Log]| last(logs.iter().map(|log| log.window.end));
    let issuers = |all: &[Issuer]| last(all.iter().map(issuer_end));
    let ends = [
        (
            "certificate authorities",
            issuers(&material.certificate_authorities),
        ),
        ("certificate logs", logs(&material.certificate_logs)),
        ("logs", logs(&material.logs)),
        (
            "time-stamping authorities",
            issuers(&material.timestamp_authorities),
        ),
    ];
    let named = ends
        .into_iter()
        .filter_map(|(name, end)| Some((name, end?)));
    named
        // The ends are of the last second that counts.
        .map(|(name, end)| Expiry::new(format!("trusted root: {name}"), end.plus(1)))
        .collect()
}

/// The end of the last one. Returns `None` if there is none, or one has no end.
fn last(ends: impl Iterator<Item = Option<Timestamp>>) -> Option<Timestamp> {
    ends.collect::<Option<Vec<_>>>()?.into_iter().max()
}

/// When an authority ends: with its time, or with the first of its certificates that ends.
fn issuer_end(issuer: &Issuer) -> Option<Timestamp> {
    let Window { end, .. } = issuer.window;
    let certificates = issuer.certificates.iter();
    let read = certificates.filter_map(|der| Certificate::from_der(der).ok());
    read.map(|certificate| certificate.not_after())
        .chain(end)
        .min()
}
