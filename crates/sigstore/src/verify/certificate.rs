//! Signatures by certificates of one's own authority.

use doorward_core::{Digest, Meter, Rejection, Timestamp, text};
use doorward_crypto::{
    Certificate, ChainError, KeyAlgorithm, Purpose, SignatureAlgorithm, verify_chain,
};

use super::keyless::{leaf, logged_at, valid_at};
use super::{signed, time};
use crate::accepted::Signer;
use crate::authority::{CertificateIdentity, LogDemand, OwnAuthority, TimestampDemand};
use crate::candidate::{Candidate, Chosen, Content, SignerMaterial};
use crate::engine::Without;
use crate::leaf::Leaf;
use crate::{Authority, codes};

/// The signatures that finding a path may take.
const PATH_SIGNATURES: usize = 8;

pub(super) fn signer(
    candidate: &Candidate,
    digest: &Digest,
    authority: &Authority,
    own: &OwnAuthority,
    now: Timestamp,
    meter: &mut Meter,
) -> Result<Signer, Rejection> {
    let leaf = leaf(candidate)?;
    let log = authority.demands.log == LogDemand::Required;
    let demands_stamp = authority.demands.timestamp == TimestampDemand::Required;
    if log {
        time::logged(candidate, now)?;
    }
    if demands_stamp {
        time::stamped(candidate)?;
    }
    let can_be_stamped = own.root.has_timestamp_authority() && time::can_be_stamped(candidate);
    let stamp = can_be_stamped && !candidate.timestamps.is_empty();
    let mut signer = Signer {
        key: Some(leaf.certificate().fingerprint()),
        ..Signer::default()
    };
    if log || stamp {
        let intermediates = own.demand.intermediates.iter();
        let intermediates: Vec<_> = intermediates.map(|der| der.der().to_vec()).collect();
        let chosen = Chosen {
            intermediates: &intermediates,
            certificate: true,
            log,
            timestamps: stamp,
            function: "SHA2_256",
        };
        let without = Without {
            log: !log,
            certificate_log: true,
        };
        let bundle = candidate.rebuilt(&chosen);
        let signed = signed(candidate, digest);
        let engine = own.root.engine();
        let vouched = engine.verify_certificate(&bundle, signed, without, meter)?;
        signer.signed_at = time::proven(&vouched.times, now)?;
        valid_at(&leaf, &vouched.times)?;
        signer.log_index = logged_at(candidate, log);
    }
    if signer.signed_at.is_none() {
        signer.valid_until = Some(valid_now(candidate, &leaf, own, now, meter)?);
        signature(candidate, digest, &leaf, meter)?;
    }
    signer.identity = Some(identity(&leaf, &own.demand.identity)?);
    Ok(signer)
}

/// That the certificate leads to a root now. Returns the last second at which it does.
fn valid_now(
    candidate: &Candidate,
    leaf: &Leaf,
    own: &OwnAuthority,
    now: Timestamp,
    meter: &mut Meter,
) -> Result<Timestamp, Rejection> {
    let mut intermediates = own.demand.intermediates.clone();
    if let SignerMaterial::Chain(chain) = &candidate.material {
        // What cannot be read cannot be on a path.
        let beside = chain.iter().skip(1);
        intermediates.extend(beside.filter_map(|der| Certificate::from_der(der).ok()));
    }
    for _ in 0..PATH_SIGNATURES {
        meter.signature()?;
    }
    let path = verify_chain(
        leaf.certificate(),
        &intermediates,
        &own.demand.roots,
        &[Purpose::CodeSigning],
        now,
    );
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

/// That the signature is by the key of the certificate.
fn signature(
    candidate: &Candidate,
    digest: &Digest,
    leaf: &Leaf,
    meter: &mut Meter,
) -> Result<(), Rejection> {
    use SignatureAlgorithm as A;
    let bad = |detail: String| Rejection::new(codes::BAD_SIGNATURE, detail);
    let key = leaf.certificate().key();
    let key = key.map_err(|error| bad(format!("the key of the certificate: {error}")))?;
    let message = match &candidate.content {
        Content::Claim { payload, .. } => payload.to_vec(),
        Content::Statement(envelope) => envelope.signed(),
        Content::Manifest { .. } => {
            let detail =
                format!("a signature over {digest} alone needs an entry of a log or a time stamp");
            return Err(Rejection::new(codes::TIMESTAMP_MISSING, detail));
        }
    };
    let ways: &[A] = match key.algorithm() {
        KeyAlgorithm::EcP256 => &[A::EcdsaP256Sha256],
        KeyAlgorithm::EcP384 => &[A::EcdsaP384Sha384, A::EcdsaP384Sha256],
        KeyAlgorithm::EcP521 => &[A::EcdsaP521Sha512],
        KeyAlgorithm::Ed25519 => &[A::Ed25519],
        KeyAlgorithm::Rsa { .. } => &[A::RsaPkcs1Sha256, A::RsaPssSha256],
        _ => &[],
    };
    for algorithm in ways {
        meter.signature()?;
        if key
            .verify(*algorithm, &message, candidate.signature())
            .is_ok()
        {
            return Ok(());
        }
    }
    Err(bad(
        "the signature does not match, with the key of the certificate".into(),
    ))
}

/// That one of the names of the certificate is the one that is demanded. Returns it.
fn identity(leaf: &Leaf, demanded: &CertificateIdentity) -> Result<String, Rejection> {
    let (names, subject, kind) = match demanded {
        CertificateIdentity::Dns(subject) => (leaf.dns(), subject, "DNS name"),
        CertificateIdentity::Email(subject) => (leaf.emails(), subject, "email address"),
        CertificateIdentity::Uri(subject) => (leaf.uris(), subject, "URI"),
    };
    let named = names.iter().find(|name| subject.matches(name));
    named.cloned().ok_or_else(|| {
        let written = subject.written();
        let has = names.first().map(|name| text::one_line(name, 160));
        let has = has.map_or_else(|| "has none".into(), |has| format!("has {has}"));
        let detail = format!("the certificate must have the {kind} {written}, and it {has}");
        Rejection::new(codes::UNTRUSTED_IDENTITY, detail)
    })
}
