//! Signatures by short-lived certificates.

use doorward_core::{Digest, Fact, Meter, Rejection, Timestamp, text};

use super::made::made_by_leaf;
use super::path::{brought, path};
use super::{signed, time, told_apart};
use crate::accepted::Signer;
use crate::authority::{KeylessDemand, TimestampDemand};
use crate::candidate::{Candidate, Chosen};
use crate::engine::Without;
use crate::leaf::Leaf;
use crate::{Authority, codes};

pub(super) fn signer(
    candidate: &Candidate,
    digest: &Digest,
    authority: &Authority,
    demand: &KeylessDemand,
    now: Timestamp,
    meter: &mut Meter,
) -> Result<Signer, Rejection> {
    // What costs nothing comes first, then what shows that a trusted authority let this signer sign: of what a stranger made
    // up it is known that it is nobody's, whatever else it lacks.
    let leaf = leaf(candidate)?;
    let identity = identity(&leaf, demand)?;
    let trusted = demand.root.authorities();
    let path = path(leaf.certificate(), &brought(candidate), trusted, meter)?;
    let made = made_by_leaf(candidate, digest, &leaf, meter)?;
    let without = Without {
        log: !demand.root.has_log(),
        certificate_log: !demand.root.has_certificate_log(),
    };
    if !without.log {
        time::logged(candidate, now)?;
    }
    let demands_stamp = authority.demands.timestamp == TimestampDemand::Required;
    if demands_stamp || without.log {
        time::stamped(candidate)?;
    }
    let certificates = std::iter::once(leaf.certificate()).chain(&path);
    let certificates: Vec<_> = certificates.map(|one| one.der().to_vec()).collect();
    let chosen = Chosen {
        certificates: &certificates,
        log: !without.log,
        timestamps: demand.root.has_timestamp_authority() && time::can_be_stamped(candidate),
        function: made.for_engine()?,
    };
    let bundle = candidate.rebuilt(&chosen);
    let signed = signed(candidate, digest);
    let engine = demand.root.engine();
    let vouched = engine.verify_certificate(&bundle, signed, without, meter);
    let vouched = vouched.map_err(|refused| told_apart(refused, candidate, digest))?;
    let Some(at) = time::proven(&vouched.times, now)? else {
        let detail = "nothing that is trusted says when the signature was made";
        return Err(Rejection::new(codes::TIMESTAMP_MISSING, detail));
    };
    valid_at(&leaf, &vouched.times)?;
    Ok(Signer {
        identity: Some(identity),
        issuer: leaf.issuer().map(str::to_owned),
        key: Some(leaf.certificate().fingerprint()),
        not_before: Some(leaf.certificate().not_before()),
        signed_at: Some(at),
        log_index: logged_at(candidate, !without.log),
        ..Signer::default()
    })
}

/// The place in the log, if that was looked at.
pub(super) fn logged_at(candidate: &Candidate, looked: bool) -> Option<u64> {
    let first = candidate.entries.first().filter(|_| looked);
    first.map(|entry| entry.index)
}

/// The certificate of the signer, which must be there.
pub(super) fn leaf(candidate: &Candidate) -> Result<Leaf, Rejection> {
    let Some(leaf) = candidate.leaf() else {
        let detail = "the signature has no certificate";
        return Err(Rejection::new(codes::CERTIFICATE_UNTRUSTED, detail));
    };
    let leaf = leaf?;
    if leaf.certificate().is_authority() {
        let detail = "the certificate is that of an authority and not of a signer";
        return Err(Rejection::new(codes::CERTIFICATE_UNTRUSTED, detail));
    }
    if !leaf.signs_code() {
        let detail = "the certificate does not say that it is for signing code";
        return Err(Rejection::new(codes::CERTIFICATE_UNTRUSTED, detail));
    }
    Ok(leaf)
}

/// That the certificate was valid at every time that somebody vouches for. The engine has seen to that; the answer of a
/// library is not what a certificate is believed for.
pub(super) fn valid_at(leaf: &Leaf, times: &[Timestamp]) -> Result<(), Rejection> {
    let certificate = leaf.certificate();
    let Some(outside) = times.iter().find(|time| !certificate.is_valid_at(**time)) else {
        return Ok(());
    };
    let detail = format!(
        "the signature was made at {outside}, and the certificate was valid from {} to {}",
        certificate.not_before(),
        certificate.not_after()
    );
    let rejection = Rejection::new(codes::CERTIFICATE_EXPIRED, detail);
    Err(rejection.with_fact(Fact::Time(*outside)))
}

/// That the certificate is for the identity that is demanded, and vouched for by the issuer. Returns the identity.
fn identity(leaf: &Leaf, demand: &KeylessDemand) -> Result<String, Rejection> {
    let shown =
        |said: Option<&str>| said.map_or_else(|| "none".into(), |said| text::one_line(said, 160));
    if leaf.issuer() != Some(demand.issuer.as_str()) {
        let detail = format!(
            "the identity was vouched for by {}, and not by {}",
            shown(leaf.issuer()),
            demand.issuer
        );
        return Err(Rejection::new(codes::UNTRUSTED_ISSUER, detail));
    }
    let Some(identity) = leaf.identity() else {
        let detail = "the certificate is not for exactly one identity";
        return Err(Rejection::new(codes::UNTRUSTED_IDENTITY, detail));
    };
    if !demand.subject.matches(identity) {
        let written = demand.subject.written();
        let detail = format!(
            "the certificate is for {}, and not for {}{written}",
            shown(Some(identity)),
            if demand.subject.is_pattern() {
                "what matches "
            } else {
                ""
            },
        );
        return Err(Rejection::new(codes::UNTRUSTED_IDENTITY, detail));
    }
    if let Some((claim, said)) = leaf.differs(&demand.claims) {
        let detail = format!(
            "the {claim} in the certificate is {}, which is not trusted",
            shown(said)
        );
        return Err(Rejection::new(codes::UNTRUSTED_IDENTITY, detail));
    }
    Ok(identity.to_owned())
}
