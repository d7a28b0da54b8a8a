//! Holding what was found against what an authority of a policy demands.

use doorward_core::{Digest, Meter, Rejection, Timestamp};

use crate::{Accepted, Attested, Authority, Candidate, codes};

/// The predicate type of the statement that an image is signed, as cosign makes it.
pub const COSIGN_SIGNATURE: &str = "https://sigstore.dev/cosign/sign/v1";

/// Holds a candidate against an authority: whether it says that the image of this digest is signed.
///
/// A layer of a signature manifest, a bundle over the image's manifest, and a bundle with a statement of the type
/// [`COSIGN_SIGNATURE`] can say so. An attestation of another type says something about an image, and not that it is signed.
///
/// # Errors
/// A rejection with one of this crate's [codes], or that of an exceeded budget.
pub fn verify(
    candidate: &Candidate,
    digest: &Digest,
    authority: &Authority,
    now: Timestamp,
    meter: &mut Meter,
) -> Result<Accepted, Rejection> {
    let _ = (candidate, digest, authority, now, meter);
    Err(Rejection::new(codes::NONE, "nothing was verified"))
}

/// Holds a candidate against an authority: whether it states something of this predicate type about the image of this
/// digest.
///
/// # Errors
/// A rejection with one of this crate's [codes], or that of an exceeded budget.
pub fn attested(
    candidate: &Candidate,
    digest: &Digest,
    authority: &Authority,
    predicate_type: &str,
    now: Timestamp,
    meter: &mut Meter,
) -> Result<Attested, Rejection> {
    let _ = (candidate, digest, authority, predicate_type, now, meter);
    Err(Rejection::new(codes::NONE, "nothing was verified"))
}
