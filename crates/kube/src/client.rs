//! The API server of a cluster as a source. This part talks to it, on behalf of a program that asked for that.
//!
//! | what | how it is known |
//! |---|---|
//! | policies, labels of namespaces | watched: [`ClusterWatch`] holds a [`ClusterView`](crate::ClusterView) and publishes what it says |
//! | Secrets, `ConfigMap`s, `ServiceAccount`s | asked for when a review needs one, and kept for seconds: [`ClusterObjects`] |
//! | roots and versions of trust metadata | remembered in `ConfigMap`s: [`ClusterMemory`] |
//! | what happened to an object | written as events: [`ClusterEvents`] |
//! | what became of a policy | written into its status: [`PolicyStatus`] |
//!
//! No type of the client library is in the interface: it changes its major version several times a year.

mod access;
mod api_server;
mod cluster_memory;
mod cluster_objects;
mod cluster_watch;
mod error;
mod events;
mod kept;
mod policy_status;
mod resource;
mod watch;
mod watched_object;

pub use access::BREAK_GLASS_VERB;
pub use api_server::{ApiServer, ConnectError};
pub use cluster_memory::ClusterMemory;
pub use cluster_objects::ClusterObjects;
pub use cluster_watch::{ClusterState, ClusterWatch};
pub use error::ApiError;
pub use events::{ClusterEvents, Notice, Regarding};
pub use policy_status::PolicyStatus;
