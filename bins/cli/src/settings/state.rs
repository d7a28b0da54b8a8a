//! Where trust is remembered between runs.

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Context as _;
use bytes::Bytes;
use doorward_core::{StateFuture, StateKey, StateStore, Stored};
use doorward_state::DirectoryState;

use super::{Resolver, Setting};
use crate::args::{ClockArgs, FirstUseArgs, StateArgs};
use crate::failure::{Failure, Outcome};

/// Where trust is remembered.
#[derive(Clone, Debug)]
pub(crate) struct StateSettings {
    /// The directory; nothing outlives the command without one.
    pub(crate) state_dir: Setting<Option<PathBuf>>,
}

impl StateSettings {
    /// The effective settings.
    pub(crate) fn new(args: StateArgs, resolver: &Resolver<'_>) -> Self {
        Self {
            state_dir: resolver.pick(
                "state_dir",
                args.state_dir,
                |file| file.state_dir.clone().map(Some),
                None,
            ),
        }
    }

    /// The directory, opened. Nothing, if none was named.
    ///
    /// # Errors
    /// When it cannot be made or is none.
    pub(crate) fn open(&self) -> Outcome<Option<DirectoryState>> {
        let Some(path) = &self.state_dir.value else {
            return Ok(None);
        };
        let opened = DirectoryState::open(path)
            .with_context(|| format!("cannot use the state directory {}", path.display()));
        opened.map(Some).map_err(|error| {
            Failure::invalid(error).with_hint(
                "its parent must exist, and it must be a directory that you may write in",
            )
        })
    }

    /// What a decision remembers by.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub(crate) fn memory(&self, first_use: &FirstUseArgs, clock: ClockArgs) -> Outcome<Memory> {
        let store = self.open()?.map(|store| -> Arc<dyn StateStore> {
            match clock.at {
                None => Arc::new(store),
                Some(_) => Arc::new(Unwritten(store)),
            }
        });
        Ok(Memory {
            store,
            first_use: first_use.dangerously_trust_on_first_use_for_portieris_policies,
        })
    }
}

/// What a decision remembers by.
#[derive(Clone, Default)]
pub(crate) struct Memory {
    /// What outlives the command, if anything.
    pub(crate) store: Option<Arc<dyn StateStore>>,
    /// Whether policies of the Portieris groups believe the first root of trust.
    pub(crate) first_use: bool,
}

/// A store that is only read. To ask what another time would bring must not make that time the last one seen: every
/// decision until then would be refused for a clock that was set back.
struct Unwritten(DirectoryState);

impl StateStore for Unwritten {
    fn load<'a>(&'a self, key: &'a StateKey) -> StateFuture<'a, Stored> {
        self.0.load(key)
    }

    fn replace<'a>(
        &'a self,
        _: &'a StateKey,
        _: Option<&'a Bytes>,
        _: Bytes,
    ) -> StateFuture<'a, bool> {
        Box::pin(std::future::ready(Ok(true)))
    }
}
