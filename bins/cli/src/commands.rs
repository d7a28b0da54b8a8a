//! One file for each command.

pub(crate) mod admit;
pub(crate) mod completions;
pub(crate) mod config;
pub(crate) mod demo;
pub(crate) mod deploy;
#[cfg(feature = "kubernetes")]
pub(crate) mod doctor;
pub(crate) mod forecast;
pub(crate) mod inspect;
pub(crate) mod install;
pub(crate) mod man;
pub(crate) mod policy_lint;
pub(crate) mod policy_match;
pub(crate) mod scan;
pub(crate) mod trust_import;
pub(crate) mod trust_pin;
pub(crate) mod verify;
