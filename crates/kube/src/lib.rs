#![doc = include_str!("../README.md")]

#[cfg(feature = "checkup")]
mod armament;
mod asked;
mod asking;
mod audit;
#[cfg(feature = "engine")]
mod became;
#[cfg(feature = "checkup")]
#[expect(
    clippy::indexing_slicing,
    reason = "a member of a JSON value that is not there is null"
)]
pub mod checkup;
#[cfg(feature = "client")]
pub mod client;
mod cluster;
mod config_map;
mod custom;
mod denial;
mod document;
#[cfg(feature = "engine")]
mod environment;
#[expect(
    clippy::disallowed_methods,
    reason = "reading manifests from a disk is what it is for; nothing else here does"
)]
pub mod files;
mod image_answer;
mod image_use;
mod limits;
mod mirror_pod;
mod object_name;
mod operation;
mod original_images;
mod patch;
mod pointer;
#[cfg(feature = "manifests")]
mod policy_review;
mod pull_secrets;
mod regarding;
#[cfg(feature = "engine")]
mod report;
mod resource;
mod response;
mod review;
#[cfg(feature = "manifests")]
mod risks;
#[cfg(feature = "engine")]
mod runs;
mod secret;
#[cfg(feature = "checkup")]
pub mod serving;
mod static_admission;
mod user;
#[cfg(feature = "engine")]
mod verdict;
#[cfg(feature = "manifests")]
mod view;
mod warnings;
mod workload;

#[cfg(feature = "checkup")]
pub use armament::Armament;
pub use asked::{
    AskedError, AuditRequest, CheckRequest, ImageKey, ImageReview, ImageReviewAnswer, ProviderItem,
    ProviderRequest, ProviderResponse,
};
#[cfg(feature = "engine")]
pub use became::became;
pub use cluster::{Cluster, ConfigMapItems, ManifestError, ManifestFault};
pub use custom::{CustomWorkloadError, CustomWorkloads};
pub use image_answer::{Decision, ImageAnswer, Phase, Reason};
pub use image_use::{ImageUse, Slot};
pub use limits::Limits;
pub use object_name::is_label;
pub use operation::Operation;
pub use original_images::ORIGINAL_IMAGES;
pub use patch::PatchOperation;
pub use pull_secrets::{
    PullSecretSources, PullSecrets, ServiceAccountNotFound, TooManyPullSecrets,
};
pub use regarding::Regarding;
#[cfg(feature = "engine")]
pub use report::{
    MOST_RESULTS, REPORT_NAME, REPORT_SELECTOR, ReportKind, ReportOutcome, ReportedImage,
    Rewritten, oldest, rewrite,
};
pub use resource::{GroupVersionResource, WorkloadKind};
pub use response::{CONTENT_TYPE, DOCUMENTATION, HTTP_STATUS, Response};
pub use review::{Envelope, Exemption, RefusedReview, Review, ReviewError, Subject};
#[cfg(feature = "engine")]
pub use runs::Runs;
pub use secret::{SecretData, SecretDataError};
pub use static_admission::{StaticAdmission, StaticDoor, StaticFile};
pub use user::User;
#[cfg(feature = "manifests")]
pub use view::{
    About, Changed, ClusterView, CompiledPolicies, EntryCount, Finding, ObjectName, Objects, Text,
    Unread, UnusableSecret,
};
pub use workload::{BREAK_GLASS, Workload, WorkloadError};
