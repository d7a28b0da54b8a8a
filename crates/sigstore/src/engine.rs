//! The engine that judges bundles: the only module that knows its names (docs/adr/0014-sigstore-engine.md).
//!
//! It is asked about cryptography alone: the signature, the certificate, the log and the time stamps of one bundle. Who
//! signed is read from the certificate that it was given to verify, and never from its answer.

mod refusal;

use std::fmt;

use doorward_core::{Algorithm, Digest, Meter, Rejection, Timestamp};
use sigstore_verify::types::{Artifact, ArtifactDigest, Bundle, DerPublicKey, HashAlgorithm};
use sigstore_verify::{Policy, PublicKeyVerificationPolicy, VerificationPolicy, Verifier};

use crate::codes;
use doorward_crypto::sigstore::{self, Account};
use refusal::rejection;

/// What a signature is over, or what the statement that it is over must be about.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Signed<'a> {
    /// These bytes.
    Bytes(&'a [u8]),
    /// What has this digest.
    Digest(&'a Digest),
}

/// What is left out of a verification, because the trusted root has nothing for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Without {
    /// There is no transparency log.
    pub(crate) log: bool,
    /// There is no certificate log.
    pub(crate) certificate_log: bool,
}

/// What the engine vouches for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Vouched {
    /// The times at which the signature existed, as logs and time-stamping authorities vouch.
    pub(crate) times: Vec<Timestamp>,
}

/// The engine, ready with a trusted root.
pub(crate) struct Engine(Verifier);

impl fmt::Debug for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Engine")
    }
}

impl Engine {
    /// Ready with a trusted root, or why it cannot be used.
    pub(crate) fn new(trusted_root: &str) -> Result<Self, String> {
        sigstore::install();
        let one_line = |text: String| doorward_core::text::one_line(&text, 240);
        let root = sigstore_verify::trust_root::TrustedRoot::from_json(trusted_root)
            .map_err(|error| one_line(error.to_string()))?;
        let verifier = Verifier::new(&root).map_err(|error| one_line(error.to_string()))?;
        Ok(Self(verifier))
    }

    /// Verifies a bundle with a certificate: signature, certificate and what vouches for the time. Everybody's certificate
    /// counts here that leads to an authority of the trusted root.
    pub(crate) fn verify_certificate(
        &self,
        bundle: &str,
        signed: Signed<'_>,
        without: Without,
        meter: &mut Meter,
    ) -> Result<Vouched, Rejection> {
        let mut policy = VerificationPolicy::any_identity();
        if without.log {
            policy = policy.skip_tlog_unsafe();
        }
        if without.certificate_log {
            policy = policy.skip_sct();
        }
        self.verify(bundle, signed, &policy, meter)
    }

    /// The times at which the signature existed, as logs and time-stamping authorities vouch, whatever is wrong with the
    /// certificates. It is for saying what is wrong, and accepts nothing.
    pub(crate) fn times(
        &self,
        bundle: &str,
        signed: Signed<'_>,
        meter: &mut Meter,
    ) -> Result<Vouched, Rejection> {
        let policy = VerificationPolicy::any_identity();
        let policy = policy.skip_certificate_chain().skip_tlog_unsafe();
        self.verify(bundle, signed, &policy, meter)
    }

    /// Verifies a bundle without a certificate: the signature with this key, every time stamp, and if the log counts every
    /// entry.
    pub(crate) fn verify_key(
        &self,
        bundle: &str,
        signed: Signed<'_>,
        spki: &[u8],
        log: bool,
        meter: &mut Meter,
    ) -> Result<Vouched, Rejection> {
        let mut policy = PublicKeyVerificationPolicy::new(DerPublicKey::new(spki.to_vec()));
        if !log {
            policy = policy.skip_tlog_unsafe();
        }
        self.verify(bundle, signed, &policy, meter)
    }

    fn verify(
        &self,
        bundle: &str,
        signed: Signed<'_>,
        policy: &dyn Policy,
        meter: &mut Meter,
    ) -> Result<Vouched, Rejection> {
        let malformed = |detail: String| Rejection::new(codes::BUNDLE_MALFORMED, detail);
        let bundle = Bundle::from_json(bundle).map_err(|error| {
            let reason = doorward_core::text::one_line(&error.to_string(), 240);
            malformed(format!("the bundle cannot be read: {reason}"))
        })?;
        let (artifact, message) = match signed {
            Signed::Bytes(bytes) => (Artifact::from_blob(bytes), Some(bytes)),
            Signed::Digest(digest) => (Artifact::from_digest(as_engine(digest)?), None),
        };
        let account = Account::open(meter, message);
        let result = self.0.verify(artifact, &bundle, policy);
        account.close(meter)?;
        let result = result.map_err(|error| rejection(&error))?;
        let seconds = result
            .verified_timestamps()
            .iter()
            .map(|time| time.as_second());
        Ok(Vouched {
            times: seconds.map(Timestamp::from_unix).collect(),
        })
    }
}

fn as_engine(digest: &Digest) -> Result<ArtifactDigest, Rejection> {
    let unusable = || {
        let detail = format!("nothing can be verified about {digest}");
        Rejection::new(codes::DIGEST_MISMATCH, detail)
    };
    let algorithm = match digest.algorithm() {
        Algorithm::Sha256 => HashAlgorithm::Sha2256,
        Algorithm::Sha512 => HashAlgorithm::Sha2512,
        _ => return Err(unusable()),
    };
    let bytes = crate::hex::decode(digest.hex()).ok_or_else(unusable)?;
    ArtifactDigest::new(algorithm, bytes).map_err(|_| unusable())
}
