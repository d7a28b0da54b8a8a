//! Signatures by short-lived certificates.

use doorward_core::{Digest, Meter, Rejection, Timestamp, text};
use doorward_crypto::Certificate;

use super::made::{Made, made_by_leaf};
use super::path::{brought, path};
use super::{certified, signed, time, told_apart};
use crate::accepted::Signer;
use crate::authority::{Demands, KeylessDemand, TimestampDemand};
use crate::candidate::{Candidate, Chosen};
use crate::codes;
use crate::engine::Without;
use crate::leaf::Leaf;

/// That somebody whom the authority accepts made the signature, by a certificate for an identity.
pub(super) struct Maker<'a> {
    demand: &'a KeylessDemand,
    leaf: Leaf,
    identity: String,
    path: Vec<Certificate>,
    made: Made,
}

impl<'a> Maker<'a> {
    /// What costs nothing comes first, then what shows that a trusted authority let this signer sign: of what a stranger made
    /// up it is known that it is nobody's, whatever else it lacks.
    pub(super) fn of(
        candidate: &Candidate,
        digest: &Digest,
        demand: &'a KeylessDemand,
        meter: &mut Meter,
    ) -> Result<Self, Rejection> {
        let leaf = leaf(candidate)?;
        let identity = identity(&leaf, demand)?;
        // One operation shows of most of what a stranger made up that it is nobody's. A path is climbed below nothing else.
        let made = made_by_leaf(candidate, digest, &leaf, meter)?;
        let trusted = demand.root.authorities();
        let path = path(leaf.certificate(), &brought(candidate), trusted, meter)?;
        Ok(Self {
            demand,
            leaf,
            identity,
            path,
            made,
        })
    }

    /// The digest of the certificate.
    pub(super) fn fingerprint(&self) -> Digest {
        self.leaf.certificate().fingerprint()
    }

    /// What vouches for the signature.
    pub(super) fn vouched(
        self,
        candidate: &Candidate,
        digest: &Digest,
        demands: &Demands,
        now: Timestamp,
        meter: &mut Meter,
    ) -> Result<Signer, Rejection> {
        let Self {
            demand,
            leaf,
            identity,
            path,
            made,
        } = self;
        let without = Without {
            log: !demand.root.has_log(),
            certificate_log: !demand.root.has_certificate_log(),
        };
        if !without.log {
            time::logged(candidate, now)?;
        }
        let demands_stamp = demands.timestamp == TimestampDemand::Required;
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
        let vouched = certified::vouched(engine, &bundle, signed, without, &leaf, meter);
        let vouched = vouched.map_err(told_apart)?;
        let Some(at) = time::proven(&vouched.times, now)? else {
            let detail = "nothing that is trusted says when the signature was made";
            return Err(Rejection::new(codes::TIMESTAMP_MISSING, detail));
        };
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
    if !leaf.certificate().signs() {
        let detail = "the key of the certificate is not for signatures";
        return Err(Rejection::new(codes::CERTIFICATE_UNTRUSTED, detail));
    }
    if !leaf.signs_code() {
        let detail = "the certificate does not say that it is for signing code";
        return Err(Rejection::new(codes::CERTIFICATE_UNTRUSTED, detail));
    }
    Ok(leaf)
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
