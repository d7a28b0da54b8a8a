#![doc = include_str!("../README.md")]

mod documents;
mod error;
mod floor;
mod limits;
mod location;
mod name;
mod refresh;
mod refusal;
mod remembered;
mod repository;
mod shipped;
mod target;

pub use error::TufError;
pub use limits::Limits;
pub use location::Location;
pub use name::TargetName;
pub use repository::{Material, Repository};
pub use shipped::Shipped;
