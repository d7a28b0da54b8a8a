//! The API server of a cluster as a source. This part talks to it, on behalf of a program that asked for that.
//!
//! | what | how it is known |
//! |---|---|
//! | policies, labels of namespaces | watched: [`ClusterWatch`] holds a [`ClusterView`](crate::ClusterView) and publishes what it says |
//! | Secrets, `ConfigMap`s, `ServiceAccount`s | asked for when a review needs one, and kept for seconds: [`ClusterObjects`] |
//! | roots and versions of trust metadata | remembered in `ConfigMap`s: [`ClusterMemory`] |
//! | what runs | listed once, where that is asked for: [`RunningPods`], and [`Inventory`] with what Pods are made from |
//! | what is installed of the webhook | read once, for [`checkup`](mod@crate::checkup): [`ApiServer::installation`] |
//! | objects of any other resource | listed once, a page at a time: [`Collection`] |
//! | what happened to an object | written as events: [`ClusterEvents`] |
//! | what was decided about images | written as reports of their namespaces: [`ClusterReports`] |
//! | what became of a policy | written into its status: [`PolicyStatus`] |
//! | which replica acts for all | whose name stands in a Lease: [`Leadership`] |
//! | a serving certificate that replicas share | kept in a Secret: [`ServingSecret`] |
//! | that the API server asks this webhook | written as configurations, and put right: [`WebhookConfigurations`] |
//!
//! No type of the client library is in the interface: it changes its major version several times a year.

mod access;
mod api_server;
mod arming;
mod board;
mod cluster_memory;
mod cluster_objects;
mod cluster_watch;
mod collection;
mod election;
mod error;
mod events;
#[expect(
    clippy::indexing_slicing,
    reason = "a member of a JSON value that is not there is null"
)]
mod installation;
mod inventory;
mod kept;
mod leadership;
mod listing;
mod pod_state;
mod policy_status;
mod reports;
mod resource;
mod running_pods;
mod serving_secret;
mod shares;
#[cfg(test)]
mod stand_in;
mod turns;
mod watch;
mod watched_object;

pub use crate::Armament;
pub use access::BREAK_GLASS_VERB;
pub use api_server::{ApiServer, ConnectError};
pub use arming::{ArmingError, Before, Change, Look, WebhookConfigurations};
pub use board::{Board, Due};
pub use cluster_memory::ClusterMemory;
pub use cluster_objects::ClusterObjects;
pub use cluster_watch::{ClusterState, ClusterWatch};
pub use collection::Collection;
pub use election::Terms;
pub use error::ApiError;
pub use events::{ClusterEvents, Notice};
pub use inventory::{Inventoried, Inventory, RunningContainer};
pub use leadership::{Leader, Leadership, Standing};
pub use policy_status::{PolicyCheck, PolicyReadiness, PolicyStatus};
pub use reports::{ClusterReports, ReportTerms, ReportWrite};
pub use running_pods::RunningPods;
pub use serving_secret::{SecretVersion, ServingSecret, StoredSecret};
