//! Puts an imported root where decisions begin with it.

use bytes::Bytes;
use doorward::notary::codes as notary_codes;
use doorward::notary::{Remembered, RootOrigin, TrustScope, TrustedSet, trust_state_key};
use doorward_core::{
    Budget, Code, Meter, Rejection, Repository, StateError, StateKey, StateStore, Stored, Timestamp,
};
use doorward_state::DirectoryState;

use super::directory::Collection;
use super::{Imported, ImportedRoot, Refused};
use crate::trust::Root;

/// How often writing is tried when others write the same at the same time.
const TRIES: usize = 16;

/// Where and for whom roots are remembered.
pub(super) struct Keeper<'a> {
    pub(super) state: &'a DirectoryState,
    pub(super) namespaces: &'a [String],
    pub(super) for_cluster: bool,
    pub(super) now: Timestamp,
}

/// What became of one scope.
enum Kept {
    /// It is remembered now.
    New,
    /// It was remembered before.
    Known,
}

impl Keeper<'_> {
    /// Takes one collection over.
    pub(super) async fn take(&self, collection: Collection, servers: Vec<String>) -> Imported {
        let mut imported = Imported {
            gun: match &collection.gun {
                Ok(gun) => gun.to_string(),
                Err(place) => place.clone(),
            },
            servers,
            root: None,
            remembered_for: Vec::new(),
            known_for: Vec::new(),
            refused: Vec::new(),
        };
        match self.prepare(collection) {
            Err(refused) => imported.refused.push(refused),
            Ok((gun, root, remembered)) => {
                self.keep(&gun, &remembered, &mut imported).await;
                imported.root = Some(ImportedRoot {
                    version: root.version,
                    expires: root.expires,
                    keys: root.keys,
                });
            }
        }
        imported
    }

    fn prepare(&self, collection: Collection) -> Result<(Repository, Root, Remembered), Refused> {
        let plain = |message: String| Refused {
            scope: None,
            code: None,
            message,
        };
        let gun = collection
            .gun
            .map_err(|place| plain(format!("{place:?} is not the name of a repository")))?;
        let files = collection.files.map_err(plain)?;
        let root = Root::check(&gun, files.root.clone(), self.now)
            .map_err(|rejection| refused(None, &rejection))?;
        let mut meter = Meter::new(Budget::default());
        let remembered = Remembered::import(files.root, files.others, self.now, &mut meter)
            .map_err(|error| plain(error.to_string()))?;
        Ok((gun, root, remembered))
    }

    async fn keep(&self, gun: &Repository, remembered: &Remembered, imported: &mut Imported) {
        let cluster = self.for_cluster.then_some(TrustScope::Cluster);
        let named = self
            .namespaces
            .iter()
            .map(|name| TrustScope::Namespace(name));
        for scope in cluster.into_iter().chain(named) {
            let key = trust_state_key(scope, &imported.servers, gun);
            let scope = scope.to_string();
            match self.keep_under(&key, gun, remembered).await {
                Ok(Kept::New) => imported.remembered_for.push(scope),
                Ok(Kept::Known) => imported.known_for.push(scope),
                Err(rejection) => imported.refused.push(refused(Some(scope), &rejection)),
            }
        }
    }

    async fn keep_under(
        &self,
        key: &StateKey,
        gun: &Repository,
        import: &Remembered,
    ) -> Result<Kept, Rejection> {
        for _ in 0..TRIES {
            let stored = self.state.load(key).await.map_err(|error| failed(&error))?;
            let (expected, new) = match stored {
                Stored::Found(bytes) => match self.join(gun, &bytes, import)? {
                    None => return Ok(Kept::Known),
                    Some(joined) => (Some(bytes), joined),
                },
                // What was lost is put back by a person, who knows what they do.
                Stored::Lost | Stored::Nothing => (None, import.clone()),
            };
            let replaced = self
                .state
                .replace(key, expected.as_ref(), new.to_bytes())
                .await;
            if replaced.map_err(|error| failed(&error))? {
                return Ok(Kept::New);
            }
        }
        Err(Rejection::new(
            Code::STATE_UNAVAILABLE,
            "too many write at the same time",
        ))
    }

    /// What is remembered together with what is imported. Returns `None` if the import adds nothing.
    ///
    /// What was learnt is not given up for a file: the imported root must be the remembered one or follow from it, or
    /// the remembered one must follow from the imported one.
    fn join(
        &self,
        gun: &Repository,
        stored: &Bytes,
        import: &Remembered,
    ) -> Result<Option<Remembered>, Rejection> {
        let stored = Remembered::from_bytes(stored)
            .map_err(|error| Rejection::new(Code::STATE_INVALID, error.to_string()))?;
        let mut meter = Meter::new(Budget::default());
        let gun = gun.to_string();
        let mut known = TrustedSet::resume(&gun, &stored, self.now)?;
        let remembered_version = known.root_version();
        let forward = known.update_root(import.root().clone(), &mut meter);
        if forward.is_ok() {
            let is_vouched_for = stored.origin() != RootOrigin::FirstUse;
            if is_vouched_for && *stored.root() == *import.root() {
                return Ok(None);
            }
            return Ok(Some(stored.merge(import.clone())));
        }
        let mut imported = TrustedSet::resume(&gun, import, self.now)?;
        let backward = imported.update_root(stored.root().clone(), &mut meter);
        match (forward, backward) {
            (Err(_), Ok(_)) if stored.origin() != RootOrigin::FirstUse => Ok(None),
            (Err(_), Ok(_)) => Err(Rejection::new(
                notary_codes::ROLLBACK,
                format!(
                    "root {remembered_version} is remembered, from first use, and is newer than this; import the \
                     trust directory of a client that has that one"
                ),
            )),
            (Err(error), Err(_)) => Err(error.into()),
            (Ok(_), _) => Ok(None),
        }
    }
}

fn refused(scope: Option<String>, rejection: &Rejection) -> Refused {
    Refused {
        scope,
        code: Some(rejection.code()),
        message: rejection.to_string(),
    }
}

fn failed(error: &StateError) -> Rejection {
    let code = match error {
        StateError::Full { .. } => Code::STATE_FULL,
        StateError::Invalid { .. } => Code::STATE_INVALID,
        _ => Code::STATE_UNAVAILABLE,
    };
    Rejection::new(code, error.to_string())
}
