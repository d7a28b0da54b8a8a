#![doc = include_str!("../README.md")]

mod accepted;
mod algorithm;
mod assess;
mod attribute;
mod blob;
pub mod codes;
mod discovery;
mod envelope;
mod given;
mod header_time;
mod identity;
mod level;
mod limits;
mod plugin;
mod session;
mod statement;
mod store;
mod survey;
mod trust_policy;
mod validation;

pub use accepted::Accepted;
pub use assess::{Artifact, ReliedOn, RevocationAnswers, RevocationRequest, Walk};
pub use attribute::{AttributeName, AttributeValue, ExtendedAttribute};
pub use blob::{BlobInput, BlobSession};
pub use doorward_crypto::{KnownSignatures, SignatureChecks, VerifiedSignatures};
pub use envelope::{
    Envelope, EnvelopeError, EnvelopeFormat, Payload, PayloadError, SignedPayload, SigningScheme,
};
pub use given::{GivenError, GivenRevocation};
pub use header_time::HeaderTime;
pub use identity::{IdentityError, NameError, TrustedIdentities};
pub use level::{Level, ValidationKind};
pub use plugin::{PluginRequest, PluginRule};
pub use session::{NotationSession, SessionInput};
pub use statement::{InvalidityDate, Statement, StatementBuilder, StatementError, VerifyTimestamp};
pub use store::{
    StoreName, StoreNameError, StoreReference, StoreReferenceError, StoreType, TrustStore,
    TrustStoreError, TrustStores,
};
pub use survey::{NotationSurvey, SurveyInput};
pub use trust_policy::{
    BlobTrustPolicy, OciTrustPolicy, PolicyProblem, ScopeError, SelectError, Selected,
    TrustPolicyError, check_scope,
};
pub use validation::Validation;
