//! The decision: requirements, an image and its signatures in, proof or rejection out.

use crate::codes;
use std::sync::Arc;

use doorward_core::{Algorithm, Check, Code, Fact, Meter, Rejection, Scheme, Timestamp};

use crate::accepted::{Accepted, Claim};
use crate::openpgp::message::SignedMessage;
use crate::signed_by;
use crate::{Keyring, Requirement, SignatureBlob, SignedIdentity, Subject};

/// A signature, read when the first requirement needs it and then kept for the others.
struct Signature<'a> {
    blob: &'a SignatureBlob,
    read: Option<Result<SignedMessage, Rejection>>,
}

impl Signature<'_> {
    /// Verifies the signature for one requirement.
    ///
    /// # Errors
    /// Why it does not meet the requirement; [`Code::BUDGET_EXCEEDED`] ends the decision.
    fn verify(
        &mut self,
        keyring: &Keyring,
        identity: &SignedIdentity,
        subject: &Subject,
        now: Timestamp,
        meter: &mut Meter,
    ) -> Result<Claim, Rejection> {
        let read = match &self.read {
            Some(read) => read,
            None => self.read.insert(signed_by::read(self.blob, meter)?),
        };
        let message = read.as_ref().map_err(Rejection::clone)?;
        let source = &self.blob.source;
        signed_by::verify(keyring, identity, subject, message, source, now, meter)
    }
}

/// Decides whether every requirement is met (containers-policy.json(5), "Policy Requirements"). Within one `signedBy`
/// any signature may do, and different requirements may be met by different signatures.
///
/// The digest must be SHA-256: the reference computes no other, so a claim about another digest matches nothing.
///
/// # Errors
/// The first requirement that is not met, with one cause per signature that was refused, best explanation first.
pub fn evaluate(
    requirements: &[Requirement],
    subject: &Subject,
    signatures: &[SignatureBlob],
    now: Timestamp,
    meter: &mut Meter,
) -> Result<Accepted, Rejection> {
    decide(requirements, subject, signatures, now, meter)
        .map_err(|rejection| rejection.in_scheme(Scheme::SIMPLE_SIGNING))
}

fn decide(
    requirements: &[Requirement],
    subject: &Subject,
    signatures: &[SignatureBlob],
    now: Timestamp,
    meter: &mut Meter,
) -> Result<Accepted, Rejection> {
    // An empty list is none (containers-policy.json(5), `insecureAcceptAnything`).
    if requirements.is_empty() {
        return Err(Rejection::new(
            Code::POLICY_INVALID,
            "the list of requirements is empty",
        ));
    }
    // The digest in a reference is checked before any signature is (containers-policy.json(5), `signedIdentity`).
    if let Some(asked) = subject.image().digest()
        && asked != subject.digest()
    {
        return Err(Rejection::new(
            Code::CONFLICTING_DIGESTS,
            format!("{} resolved to {}", subject.image(), subject.digest()),
        )
        .with_fact(Fact::Digests {
            expected: asked.clone(),
            actual: subject.digest().clone(),
        }));
    }
    let mut accepted = Accepted {
        digest: subject.digest().clone(),
        claims: Vec::new(),
        checks: Vec::new(),
    };
    let mut signatures: Vec<_> = signatures
        .iter()
        .map(|blob| Signature { blob, read: None })
        .collect();
    let mut met: Vec<(&Arc<Keyring>, &SignedIdentity, Claim)> = Vec::new();
    for requirement in requirements {
        match requirement {
            Requirement::InsecureAcceptAnything => {
                accepted.checks.push(Check::skipped("signature"));
            }
            Requirement::SignedBy { keyring, identity } => {
                // The same again is met by the same signature.
                let known = met
                    .iter()
                    .find(|(keys, names, _)| Arc::ptr_eq(keys, keyring) && *names == identity);
                let claim = match known {
                    Some((_, _, claim)) => claim.clone(),
                    None => signed_by_one(keyring, identity, subject, &mut signatures, now, meter)?,
                };
                met.push((keyring, identity, claim.clone()));
                accepted.checks.extend(signed_by::passed());
                accepted.claims.push(claim);
            }
            Requirement::KeysUnusable { .. }
            | Requirement::Reject
            | Requirement::Unsupported { .. } => {
                return Err(requirement.refusal(subject.image()).unwrap_or_else(|| {
                    Rejection::new(Code::INTERNAL_ERROR, "a requirement that is never met")
                }));
            }
        }
    }
    Ok(accepted)
}

fn signed_by_one(
    keyring: &Keyring,
    identity: &SignedIdentity,
    subject: &Subject,
    signatures: &mut [Signature<'_>],
    now: Timestamp,
    meter: &mut Meter,
) -> Result<Claim, Rejection> {
    if subject.digest().algorithm() != Algorithm::Sha256 {
        return Err(Rejection::new(
            codes::DIGEST_MISMATCH,
            format!(
                "{} is not a SHA-256 digest, and no signature is for another",
                subject.digest()
            ),
        ));
    }
    let mut refusals = Vec::new();
    for signature in signatures {
        match signature.verify(keyring, identity, subject, now, meter) {
            Ok(claim) => return Ok(claim),
            Err(refusal) if refusal.code() == Code::BUDGET_EXCEEDED => return Err(refusal),
            Err(refusal) => refusals.push(
                refusal
                    .in_scheme(Scheme::SIMPLE_SIGNING)
                    .with_fact(Fact::Source(signature.blob.source.clone())),
            ),
        }
    }
    Err(refuse(keyring, subject, refusals))
}

/// One rejection for all refused signatures. The only refusal stands for itself.
fn refuse(keyring: &Keyring, subject: &Subject, mut refusals: Vec<Rejection>) -> Rejection {
    match refusals.len() {
        0 => Rejection::new(
            codes::NO_SIGNATURE,
            format!(
                "{} has no signature; one by {} is demanded; the tool that signed may have kept it on its own disk: \
                 skopeo and podman write to /var/lib/containers/sigstore unless registries.d says otherwise",
                subject.digest(),
                signed_by::trusted(keyring)
            ),
        ),
        1 => refusals.remove(0),
        count => Rejection::new(
            codes::NO_ACCEPTED_SIGNATURE,
            format!("none of the {count} signatures was accepted"),
        )
        .with_causes(refusals),
    }
}

#[cfg(test)]
mod tests;
