//! Who asks the API server for something.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Who makes a request, as the API server knows them (`AdmissionRequest.userInfo`).
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default, expecting = "an object")]
pub struct User {
    /// Their name.
    pub username: String,
    /// What tells them from others of that name over time.
    pub uid: String,
    /// The groups that they are in.
    pub groups: Vec<String>,
    /// What else the authenticator says of them.
    pub extra: BTreeMap<String, Vec<String>>,
}
