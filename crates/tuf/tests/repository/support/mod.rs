//! Repositories made on the spot: signed with ring, written without the library under test.

mod site;

pub(crate) use doorward_testkit::tuf::{
    Delegation, FAR, Key, PAST, Release, root, root_with, sign, target,
};
pub(crate) use site::Site;

use std::path::Path;
use std::sync::Arc;

use doorward_core::{Scheme, StateKey, StateStore, Timestamp};
use doorward_state::DirectoryState;
use doorward_tuf::{Location, Material, Repository, TargetName, TufError};

pub(crate) const METADATA: &str = "https://tuf.example/metadata/";
pub(crate) const TARGETS: &str = "https://tuf.example/targets/";

pub(crate) fn names(names: &[&str]) -> Vec<TargetName> {
    names
        .iter()
        .map(|name| name.parse().expect("a name"))
        .collect()
}

/// A time before every expiry in the future and after every one in the past.
pub(crate) fn now() -> Timestamp {
    "2026-06-01T00:00:00Z".parse().expect("a time")
}

pub(crate) fn repository(site: &Arc<Site>, given: Vec<u8>, folder: &Path) -> Repository {
    let location = Location::new(METADATA, TARGETS).expect("a location");
    Repository::new(
        Arc::clone(site) as Arc<dyn doorward_core::Fetcher>,
        location,
        given,
        memory(folder),
        key(),
    )
}

/// What is remembered in a folder, and survives the process.
pub(crate) fn memory(folder: &Path) -> Arc<dyn StateStore> {
    Arc::new(DirectoryState::open(folder).expect("a folder"))
}

pub(crate) fn key() -> StateKey {
    let servers = vec![METADATA.to_owned()];
    StateKey::new("cluster", Scheme::custom("tuf"), servers, "tuf.example")
}

/// One load of `a.json` by a process of its own: nothing but the folder is carried over.
pub(crate) async fn load(
    site: &Arc<Site>,
    given: Vec<u8>,
    folder: &Path,
) -> Result<Material, TufError> {
    repository(site, given, folder)
        .load(&names(&["a.json"]), now())
        .await
}
