//! Signatures by certificates of one's own authority.

use doorward_core::{Digest, Meter, Rejection, Timestamp, text};
use doorward_crypto::{Certificate, ChainError, Purpose, verify_chain};

use super::keyless::{leaf, logged_at};
use super::made::{Made, made_by_leaf};
use super::path::{brought, path};
use super::{certified, signed, time, told_apart};
use crate::accepted::Signer;
use crate::authority::{CertificateIdentity, Demands, LogDemand, OwnAuthority, TimestampDemand};
use crate::candidate::{Candidate, Chosen};
use crate::codes;
use crate::engine::Without;
use crate::leaf::Leaf;

/// That somebody whom the authority accepts made the signature, by a certificate of one's own authority.
pub(super) struct Maker<'a> {
    own: &'a OwnAuthority,
    leaf: Leaf,
    identity: String,
    between: Vec<Certificate>,
    made: Made,
}

impl<'a> Maker<'a> {
    /// In the order of the keyless ones, for the same reason.
    pub(super) fn of(
        candidate: &Candidate,
        digest: &Digest,
        own: &'a OwnAuthority,
        meter: &mut Meter,
    ) -> Result<Self, Rejection> {
        let leaf = leaf(candidate)?;
        let identity = identity(&leaf, &own.demand.identity)?;
        let made = made_by_leaf(candidate, digest, &leaf, meter)?;
        let between = between(&leaf, candidate, own, meter)?;
        Ok(Self {
            own,
            leaf,
            identity,
            between,
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
            own,
            leaf,
            identity,
            between,
            made,
        } = self;
        let log = demands.log == LogDemand::Required;
        if log {
            time::logged(candidate, now)?;
        }
        if demands.timestamp == TimestampDemand::Required {
            time::stamped(candidate)?;
        }
        let can_be_stamped = own.root.has_timestamp_authority() && time::can_be_stamped(candidate);
        let stamp = can_be_stamped && !candidate.timestamps.is_empty();
        let mut signer = Signer {
            identity: Some(identity),
            key: Some(leaf.certificate().fingerprint()),
            not_before: Some(leaf.certificate().not_before()),
            ..Signer::default()
        };
        if log || stamp {
            let certificates = std::iter::once(leaf.certificate()).chain(&between);
            let certificates: Vec<_> = certificates.map(|one| one.der().to_vec()).collect();
            let chosen = Chosen {
                certificates: &certificates,
                log,
                timestamps: stamp,
                function: made.for_engine()?,
            };
            let without = Without {
                log: !log,
                certificate_log: true,
            };
            let bundle = candidate.rebuilt(&chosen);
            let signed = signed(candidate, digest);
            let engine = own.root.engine();
            let vouched = certified::vouched(engine, &bundle, signed, without, &leaf, meter);
            let vouched = vouched.map_err(told_apart)?;
            signer.signed_at = time::proven(&vouched.times, now)?;
            signer.log_index = logged_at(candidate, log);
        }
        if signer.signed_at.is_none() {
            signer.valid_until = Some(valid_now(&leaf, &between, own, now, meter)?);
        }
        Ok(signer)
    }
}

/// The certificates that lead from the signer's to a root, and those of the policy that have the same names: an authority may
/// have renewed its certificate, and which of them counts depends on the time.
fn between(
    leaf: &Leaf,
    candidate: &Candidate,
    own: &OwnAuthority,
    meter: &mut Meter,
) -> Result<Vec<Certificate>, Rejection> {
    let (given, roots) = (&own.demand.intermediates, &own.demand.roots);
    let all: Vec<_> = given.iter().cloned().chain(brought(candidate)).collect();
    let mut between = path(leaf.certificate(), &all, roots, meter)?;
    let renewed: Vec<_> = given
        .iter()
        .filter(|one| one.issues_certificates() && !between.contains(one))
        .filter(|one| {
            let mut named = between.iter().map(Certificate::subject_der);
            named.any(|name| name == one.subject_der())
        })
        .cloned()
        .collect();
    between.extend(renewed);
    Ok(between)
}

/// That the certificate leads to a root now. Returns the last second at which it does.
fn valid_now(
    leaf: &Leaf,
    between: &[Certificate],
    own: &OwnAuthority,
    now: Timestamp,
    meter: &mut Meter,
) -> Result<Timestamp, Rejection> {
    // As many as a path through all of them takes.
    for _ in 0..=between.len() {
        meter.signature()?;
    }
    let roots = &own.demand.roots;
    let purposes = &[Purpose::CodeSigning];
    let path = verify_chain(leaf.certificate(), between, roots, purposes, now);
    let path = path.map_err(|error| {
        let code = match error {
            ChainError::Expired { .. } | ChainError::NotYetValid { .. } => {
                codes::CERTIFICATE_EXPIRED
            }
            _ => codes::CERTIFICATE_UNTRUSTED,
        };
        Rejection::new(code, error.to_string())
    })?;
    let ends = path.path().map(Certificate::not_after);
    Ok(ends.min().unwrap_or(now))
}

/// That one of the names of the certificate is the one that is demanded. Returns it.
fn identity(leaf: &Leaf, demanded: &CertificateIdentity) -> Result<String, Rejection> {
    let (dns, emails, uris) = (leaf.dns(), leaf.emails(), leaf.uris());
    let (mut names, subject, kind) = match demanded {
        CertificateIdentity::Any(subject) => ([dns, emails, uris].concat(), subject, "name"),
        CertificateIdentity::Dns(subject) => (dns.to_vec(), subject, "DNS name"),
        CertificateIdentity::Email(subject) => (emails.to_vec(), subject, "email address"),
        CertificateIdentity::Uri(subject) => (uris.to_vec(), subject, "URI"),
    };
    if let Some(place) = names.iter().position(|name| subject.matches(name)) {
        return Ok(names.swap_remove(place));
    }
    let written = subject.written();
    let has = names.first().map(|name| text::one_line(name, 160));
    let has = has.map_or_else(|| "has none".into(), |has| format!("has {has}"));
    let detail = format!("the certificate must have the {kind} {written}, and it {has}");
    Err(Rejection::new(codes::UNTRUSTED_IDENTITY, detail))
}
