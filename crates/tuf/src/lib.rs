#![doc = include_str!("../README.md")]

mod chain;
mod documents;
mod error;
mod expiry;
mod limits;
mod location;
mod memory;
mod name;
mod refusal;
mod repository;
mod target;

pub use error::TufError;
pub use limits::Limits;
pub use location::Location;
pub use name::TargetName;
pub use repository::{Material, Repository};
