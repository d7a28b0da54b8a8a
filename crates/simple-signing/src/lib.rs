#![doc = include_str!("../README.md")]

mod accepted;
mod claim;
pub mod codes;
mod containers;
mod error;
mod evaluate;
mod extension;
mod framing;
mod identity;
mod issuer;
mod keyring;
mod limits;
mod lookaside;
mod openpgp;
mod requirement;
mod session;
mod signed_by;
mod store_rejection;
mod survey;

pub use accepted::{Accepted, Claim};
pub use claim::{ClaimError, InspectError, UnverifiedClaim, unverified_claim};
pub use containers::{
    CompiledContainersPolicy, ContainersMatch, ContainersPolicy, ContainersPolicyError, KeyProblem,
    RegistriesD, RegistriesDError,
};
pub use error::{KeyringError, MessageError};
pub use evaluate::evaluate;
pub use extension::{SignatureListError, parse_signature_list};
pub use framing::{FramingError, unframe};
pub use identity::{IdentityError, NamePrefix, SignedIdentity};
pub use keyring::{Certificate, Keyring};
pub use lookaside::{Store, StoreError};
pub use requirement::{Requirement, SignatureBlob, Subject};
pub use session::{SessionInput, SimpleSession};
pub use store_rejection::store_rejection;
pub use survey::{SimpleSurvey, SurveyInput};
