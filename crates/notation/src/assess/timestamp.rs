//! Whether the signer's certificates were valid when the signature was made.

use doorward_core::{BudgetExceeded, Rejection, Timestamp};
use doorward_crypto::{
    Certificate, OrderedChain, SignatureChecks, VerifiedTimestamp, verify_timestamp,
};

use super::authenticity;
use crate::{
    SignedPayload, SigningScheme, Statement, StoreType, TrustStores, VerifyTimestamp, codes,
};

/// Every certificate of the chain must be valid at the time of signing as far as somebody vouches for it, and else now
/// (Trust Store and Trust Policy Specification, "Signature Verification", step *authentic timestamp*; Signing Scheme
/// Specification). Returns the countersignature if it was one that vouched.
pub(super) fn check(
    signed: &SignedPayload,
    statement: &Statement,
    stores: &TrustStores,
    at: Timestamp,
    checks: &mut SignatureChecks<'_>,
) -> Result<Result<Option<VerifiedTimestamp>, Rejection>, BudgetExceeded> {
    if needs_countersignature(signed, statement, at) {
        return Ok(countersigned(signed, statement, stores, checks)?.map(Some));
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
    checks: &mut SignatureChecks<'_>,
) -> Result<Result<VerifiedTimestamp, Rejection>, BudgetExceeded> {
    let (token, anchors) = match needed(signed, statement, stores) {
        Ok(needed) => needed,
        Err(rejection) => return Ok(Err(rejection)),
    };
    let stamped = match verify_timestamp(token, signed.signature(), &anchors, checks)? {
        Ok(stamped) => stamped,
        Err(error) => {
            let detail = format!("the countersignature is not good: {error}");
            return Ok(Err(Rejection::new(codes::TIMESTAMP_INVALID, detail)));
        }
    };
    let valid = valid_within(signed.chain(), stamped.earliest(), stamped.latest());
    Ok(valid.map(|()| stamped))
}

/// The countersignature, and the certificates of authorities that are trusted.
fn needed<'s>(
    signed: &'s SignedPayload,
    statement: &Statement,
    stores: &TrustStores,
) -> Result<(&'s [u8], Vec<Certificate>), Rejection> {
    let anchors: Vec<Certificate> = authenticity::all(StoreType::Tsa, statement, stores)?
        .into_iter()
        .flat_map(|store| store.certificates().iter().cloned())
        .collect();
    let Some(token) = signed.unverified_timestamp() else {
        let detail = format!(
            "statement {} demands a countersignature of a time-stamping authority, and the envelope has none",
            statement.name()
        );
        return Err(Rejection::new(codes::TIMESTAMP_MISSING, detail));
    };
    Ok((token, anchors))
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
