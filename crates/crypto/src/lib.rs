#![doc = include_str!("../README.md")]

mod algorithm;
#[cfg(feature = "aws-lc")]
mod aws_lc;
mod ber;
mod certificate;
mod chain;
mod checks;
mod der;
mod ecdsa;
mod error;
mod hash;
mod key;
mod oid;
mod revocation;
mod signed;
#[cfg(feature = "sigstore")]
pub mod sigstore;
mod spki;
mod timestamp;

pub use algorithm::{KeyAlgorithm, SignatureAlgorithm};
pub use certificate::{
    AlternativeNames, Attribute, AttributeValue, BasicConstraints, Certificate, CertificateError,
    ExtendedKeyUsage, KeyUsage, KeyUse, RelativeName,
};
pub use chain::{
    ChainError, ChainPosition, NotValidAt, OrderedChain, OrderedChainError, OrderedRule, Profile,
    Purpose, VerifiedChain, verify_chain, verify_ordered,
};
pub use checks::{KnownSignatures, SignatureChecks, VerifiedSignatures};
pub use error::{KeyError, VerifyError};
pub use key::PublicKey;
pub use revocation::{
    ListError, ListStatus, OcspError, OcspMade, OcspRequest, OcspResponse, OcspStatus, Revocation,
    RevocationError, RevocationList, RevocationReason, RevocationSources, RevocationStatus,
    UnconfirmedOcsp, check_list, check_ocsp, fold_given, fold_revocation, known_revocation,
};
pub use signed::SignatureError;
pub use timestamp::{TimestampError, VerifiedTimestamp, verify_timestamp};
