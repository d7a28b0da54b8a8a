//! The registry and the store that Portieris was run against, rebuilt from the fixtures.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use doorward_core::{Answer, Basic, Digest, FetchError, Reference, Resource, Selector};
use doorward_simple_signing::Store;
use serde_json::Value;

use crate::support::{bytes, index, status};

/// The registry that demands a password, the one with the signature extension, and the one that is down.
const WITH_PASSWORD: &str = "127.0.0.1:18444";
const WITH_EXTENSION: &str = "127.0.0.1:18445";
const DOWN: &str = "127.0.0.1:1";
/// The user whose password that registry takes.
const GOOD_USER: &str = "uc";
const STORE: &str = "http://127.0.0.1:18080";

pub struct World<'a> {
    case: &'a Value,
    fixtures: &'a Value,
}

/// A `storeURL`. Only addresses on the web are allowed there.
pub fn store(base: &str, access: Option<Basic>) -> Result<Store, String> {
    if !(base.starts_with("http://") || base.starts_with("https://")) {
        return Err("the store is not on the web".into());
    }
    Store::lookaside(base, access).map_err(|error| error.to_string())
}

impl<'a> World<'a> {
    pub fn new(case: &'a Value, fixtures: &'a Value) -> Self {
        Self { case, fixtures }
    }

    /// The digest of a manifest of the fixtures.
    pub fn manifest(&self, name: &str) -> Option<&'a str> {
        self.fixtures["manifests"][name]["digest"].as_str()
    }

    /// What the policy's `storeURL` and `storeSecret` make. Only web addresses are allowed there.
    pub fn store(&self) -> Result<Store, String> {
        let Some(base) = self.case["store"].as_str() else {
            return Ok(Store::None);
        };
        let access = self.case["store_user"]
            .as_str()
            .and_then(|text| text.strip_suffix(')')?.split_once(" (password "))
            .map(|(user, password)| Basic::new(user, password));
        store(base, access)
    }

    /// What the registry says the reference is.
    pub fn resolve(&self, reference: &Reference) -> Result<Digest, Box<(Resource, FetchError)>> {
        let repository = reference.repository();
        let selector = match (reference.digest(), reference.tag()) {
            (Some(digest), _) => Selector::Digest(digest.clone()),
            (None, tag) => Selector::Tag(tag.expect("a tag").clone()),
        };
        let refuse = |error| {
            let repository = repository.clone();
            let selector = selector.clone();
            Err(Box::new((
                Resource::Manifest {
                    repository,
                    selector,
                },
                error,
            )))
        };
        if repository.registry() == DOWN {
            return refuse(status(503));
        }
        let mut users = self.case["pull_secret_users"]
            .as_array()
            .into_iter()
            .flatten();
        if repository.registry() == WITH_PASSWORD && !users.any(|user| user == GOOD_USER) {
            return refuse(status(401));
        }
        match &selector {
            Selector::Digest(digest) => {
                let manifests = self.fixtures["manifests"].as_object().expect("manifests");
                if manifests.values().any(|m| m["digest"] == digest.as_str()) {
                    Ok(digest.clone())
                } else {
                    refuse(FetchError::NotFound)
                }
            }
            Selector::Tag(tag) => {
                match self.fixtures["tags"][repository.path()][tag.as_str()].as_str() {
                    Some(digest) => Ok(digest.parse().expect("a digest")),
                    None => refuse(FetchError::NotFound),
                }
            }
        }
    }

    pub fn extension(&self, reference: &Reference) -> Answer {
        if reference.repository().registry() != WITH_EXTENSION {
            return Err(FetchError::NotSupported);
        }
        let content = self.fixtures["registry_extension_signature"]
            .as_str()
            .expect("a signature");
        let entry = serde_json::json!({
            "schemaVersion": 2, "name": "n", "type": "atomic", "content": content
        });
        // The registry keeps a signature of the first manifest only.
        let signed = self
            .resolve(reference)
            .is_ok_and(|d| Some(d.as_str()) == self.manifest("m1"));
        let list = if signed { vec![entry] } else { Vec::new() };
        bytes(
            serde_json::json!({ "signatures": list }).to_string(),
            "extension",
        )
    }

    pub fn lookaside(&self, url: &str, access: Option<&Basic>) -> Answer {
        let path = url.strip_prefix(STORE).unwrap_or_default();
        if path.starts_with("/err500/") {
            return Err(status(500));
        }
        if path.starts_with("/auth/") && access != Some(&Basic::new("su", "spw")) {
            return Err(status(401));
        }
        match self.stored(index(url)) {
            Some(stored) if url.contains(&self.folder(stored)) => {
                let blob = stored["blob"].as_str().expect("a blob");
                let content = self.fixtures["signatures"][blob]
                    .as_str()
                    .expect("a signature");
                bytes(STANDARD.decode(content).expect("base64"), url)
            }
            _ => Err(FetchError::NotFound),
        }
    }

    /// The `n`th file of the store; a repetition stands for the one before it.
    fn stored(&self, n: usize) -> Option<&'a Value> {
        let mut last = None;
        for item in self.case["signatures"].as_array()? {
            if let Some(end) = item["repeat_to"].as_u64() {
                if n <= usize::try_from(end).ok()? {
                    return last;
                }
            } else {
                let at = usize::try_from(item["n"].as_u64()?).ok()?;
                if at == n {
                    return Some(item);
                }
                if at > n {
                    return None;
                }
                last = Some(item);
            }
        }
        None
    }

    fn folder(&self, stored: &Value) -> String {
        let manifest = stored["manifest"].as_str().expect("a manifest");
        let digest = self.manifest(manifest).expect("a digest");
        format!("@{}/", digest.replace(':', "="))
    }
}
