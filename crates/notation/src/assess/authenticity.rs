//! Whether the signer is trusted.

use doorward_core::{Fact, Rejection};
use doorward_crypto::Certificate;

use crate::{
    SignedPayload, SigningScheme, Statement, StoreReference, StoreType, TrustStore, TrustStores,
    codes,
};

/// The leaf must be one of the trusted identities (Trust Store and Trust Policy Specification, "Signature
/// Verification", step *authenticity*).
pub(super) fn check_identity(
    signed: &SignedPayload,
    statement: &Statement,
) -> Result<(), Rejection> {
    let accepted = statement.identities().accept(signed.leaf());
    accepted.map_err(|detail| {
        let key = Fact::Key(signed.leaf().fingerprint().to_string());
        Rejection::new(codes::UNTRUSTED_IDENTITY, detail).with_fact(key)
    })
}

/// A certificate of the chain must be in a trust store of the type that the signing scheme asks for (Trust Store and
/// Trust Policy Specification, "Signature Verification", step *authenticity*; Signing Scheme Specification).
pub(super) fn check_chain<'s>(
    signed: &'s SignedPayload,
    statement: &Statement,
    stores: &TrustStores,
) -> Result<&'s Certificate, Rejection> {
    let kind = match signed.scheme() {
        SigningScheme::X509 => StoreType::Ca,
        SigningScheme::SigningAuthority => StoreType::SigningAuthority,
    };
    // All of them: one that cannot be used is not made good by another one that matches.
    let usable = all(kind, statement, stores)?;
    if usable.is_empty() {
        let detail = format!(
            "statement {} names no trust store of the type `{}`, and the signature is of the scheme `{}`",
            statement.name(),
            kind.as_str(),
            signed.scheme().as_str()
        );
        return Err(Rejection::new(codes::UNTRUSTED_ROOT, detail));
    }
    let trusted = usable
        .iter()
        .find_map(|store| store.trusted(signed.chain()));
    let Some(trusted) = trusted else {
        let root = signed.chain().root();
        let detail = format!(
            "no certificate of the chain, which ends at {}, is in a trust store of statement {}",
            root.common_name()
                .map_or("a root without a name".to_owned(), |name| format!(
                    "{name:?}"
                )),
            statement.name()
        );
        let key = Fact::Key(root.fingerprint().to_string());
        return Err(Rejection::new(codes::UNTRUSTED_ROOT, detail).with_fact(key));
    };
    Ok(trusted)
}

/// The stores of a type that a statement names. One that cannot be used fails them all.
pub(super) fn all<'t>(
    kind: StoreType,
    statement: &Statement,
    stores: &'t TrustStores,
) -> Result<Vec<&'t TrustStore>, Rejection> {
    let named = statement
        .trust_stores()
        .iter()
        .filter(|store| store.kind == kind);
    named.map(|reference| get(reference, stores)).collect()
}

fn get<'t>(
    reference: &StoreReference,
    stores: &'t TrustStores,
) -> Result<&'t TrustStore, Rejection> {
    stores.get(reference).map_err(|error| {
        let detail = format!("the trust store {reference} cannot be used: {error}");
        Rejection::new(codes::TRUST_STORE_INVALID, detail)
    })
}
