//! Loading and keeping what a scheme remembers, around one session.

use bytes::Bytes;
use doorward_core::{Code, Rejection, StateError, StateKey, StateStore, Stored};

use crate::note::Note;
use crate::plan::Lookup;

/// How often writing is tried when others write the same at the same time. Each try that fails means that another
/// one succeeded.
const TRIES: usize = 16;

/// Loads what is remembered, and says so where it is nothing.
pub(crate) async fn load(
    store: &dyn StateStore,
    key: &StateKey,
    notes: &mut Vec<Note>,
) -> Result<Option<Bytes>, Rejection> {
    let stored = store
        .load(key)
        .await
        .map_err(|error| refused(key, &error))?;
    match stored {
        Stored::Found(bytes) => Ok(Some(bytes)),
        Stored::Lost => {
            notes.push(Note::lost(key));
            Ok(None)
        }
        Stored::Nothing => {
            notes.push(Note::first_contact(key));
            Ok(None)
        }
    }
}

/// What became of what a session learnt.
pub(crate) enum Kept {
    /// It is remembered.
    Yes,
    /// It is not: the session began with nothing, and another one has met the same thing meanwhile. What that one
    /// remembers is what has to be begun with; of two first answers only one can be the first.
    MetMeanwhile,
}

/// Keeps `new` in place of what was loaded, together with what others have kept meanwhile. What is new counts for the
/// share of `namespace`, if the workload has one.
pub(crate) async fn keep(
    store: &dyn StateStore,
    namespace: Option<&str>,
    key: &StateKey,
    loaded: Option<Bytes>,
    new: Bytes,
    lookup: &dyn Lookup,
) -> Result<Kept, Rejection> {
    let is_first = loaded.is_none();
    let (mut expected, mut new) = (loaded, new);
    for _ in 0..TRIES {
        let replacing = match namespace {
            Some(namespace) => store.replace_for(namespace, key, expected.as_ref(), new.clone()),
            None => store.replace(key, expected.as_ref(), new.clone()),
        };
        let replaced = replacing.await.map_err(|error| refused(key, &error))?;
        if replaced {
            return Ok(Kept::Yes);
        }
        let current = store
            .load(key)
            .await
            .map_err(|error| refused(key, &error))?;
        expected = current.bytes().cloned();
        if let Some(current) = &expected {
            if is_first && *current != new {
                return Ok(Kept::MetMeanwhile);
            }
            new = lookup.merge(current, &new)?;
            if new == *current {
                return Ok(Kept::Yes);
            }
        }
    }
    Err(Rejection::new(
        Code::STATE_UNAVAILABLE,
        format!("{key}: too many write at the same time"),
    ))
}

fn refused(key: &StateKey, error: &StateError) -> Rejection {
    let code = match error {
        StateError::Full { .. } => Code::STATE_FULL,
        StateError::Invalid { .. } => Code::STATE_INVALID,
        _ => Code::STATE_UNAVAILABLE,
    };
    Rejection::new(code, format!("{key}: {error}"))
}
