#![doc = include_str!("../README.md")]

mod budget;
mod code;
mod credential;
mod descriptor;
mod digest;
mod expiry;
mod fetch;
pub mod json;
mod media_type;
mod pinned;
mod proof;
mod reference;
mod rejection;
mod repository;
mod session;
mod state;
mod time;

pub use budget::{Budget, BudgetExceeded, Meter};
pub use code::{Class, Code};
pub use credential::Basic;
pub use descriptor::Descriptor;
pub use digest::{Algorithm, Digest, DigestError};
pub use expiry::Expiry;
pub use fetch::{Answer, Fetch, FetchError, FetchFuture, Fetched, Fetcher, Resource, Selector};
pub use media_type::MediaType;
pub use pinned::Pinned;
pub use proof::{Evidence, Proof, Witness};
pub use reference::{Reference, ReferenceError, Tag};
pub use rejection::{Action, Check, Outcome, Rejection};
pub use repository::Repository;
pub use session::{Scheme, Session, Step};
pub use state::{StateError, StateFuture, StateKey, StateQuota, StateStore, Stored};
pub use time::{Timestamp, TimestampError};
