//! Whether the signer's certificates were valid when the signature was made.

use doorward_core::{BudgetExceeded, Meter, Rejection, Timestamp};
use doorward_crypto::{Certificate, OrderedChain, VerifiedTimestamp, verify_timestamp};

use super::authenticity;
use crate::{
    SignedPayload, SigningScheme, Statement, StoreType, TrustStores, VerifyTimestamp, codes,
};

/// What a countersignature counts for among public-key operations: its own, and several possible chains. A usual one takes
/// four; one that somebody filled with certificates takes more.
const SIGNATURES: usize = 12;

/// Every certificate of the chain must be valid at the time of signing as far as somebody vouches for it, and else now
/// (Trust Store and Trust Policy Specification, "Signature Verification", step *authentic timestamp*; Signing Scheme
/// Specification). Returns the countersignature if it was one that vouched.
pub(super) fn check(
    signed: &SignedPayload,
    statement: &Statement,
    stores: &TrustStores,
    at: Timestamp,
    meter: &mut Meter,
) -> Result<Result<Option<VerifiedTimestamp>, Rejection>, BudgetExceeded> {
    if needs_countersignature(signed, statement, at) {
        for _ in 0..SIGNATURES {
            meter.signature()?;
        }
        return Ok(countersigned(signed, statement, stores).map(Some));
    }
    let (earliest, latest) = match signed.scheme() {
        // The authority vouches for the time. A countersignature says nothing beside it.
        SigningScheme::SigningAuthority => {
            let time = signed.signing_time();
            (time.earliest(), time.latest())
        }
        SigningScheme::X509 => (at, at),
    };
    Ok(valid_within(signed.chain(), earliest, latest).map(|()| None))
}

/// Whether the statement demands one: it names a store of time-stamping authorities and, if so it says, a certificate
/// of the chain has expired.
fn needs_countersignature(signed: &SignedPayload, statement: &Statement, at: Timestamp) -> bool {
    let expired = |certificate: &Certificate| certificate.not_after() < at;
    let names_stores = statement
        .trust_stores()
        .iter()
        .any(|store| store.kind == StoreType::Tsa);
    signed.scheme() == SigningScheme::X509
        && names_stores
        && match statement.verify_timestamp() {
            VerifyTimestamp::Always => true,
            VerifyTimestamp::AfterCertExpiry => signed.chain().certificates().any(expired),
        }
}

fn countersigned(
    signed: &SignedPayload,
    statement: &Statement,
    stores: &TrustStores,
) -> Result<VerifiedTimestamp, Rejection> {
    let anchors: Vec<Certificate> = authenticity::all(StoreType::Tsa, statement, stores)?
        .into_iter()
        .flat_map(|store| store.certificates().iter().cloned())
        .collect();
    let Some(token) = signed.unverified_timestamp() else {
        let detail = format!(
            "the statement {} demands a countersignature of a time-stamping authority, and the envelope has none",
            statement.name()
        );
        return Err(Rejection::new(codes::TIMESTAMP_MISSING, detail));
    };
    let stamped = verify_timestamp(token, signed.signature(), &anchors).map_err(|error| {
        let detail = format!("the countersignature is not good: {error}");
        Rejection::new(codes::TIMESTAMP_INVALID, detail)
    })?;
    valid_within(signed.chain(), stamped.earliest(), stamped.latest())?;
    Ok(stamped)
}

/// Whether the chain is valid from the first to the last second at which the signature may have been made.
fn valid_within(
    chain: &OrderedChain,
    earliest: Timestamp,
    latest: Timestamp,
) -> Result<(), Rejection> {
    for time in [earliest, latest] {
        chain.valid_at(time).map_err(|error| {
            let detail = format!("{error}, and the time that counts is {time}");
            Rejection::new(codes::CERTIFICATE_VALIDITY, detail)
        })?;
    }
    Ok(())
}
