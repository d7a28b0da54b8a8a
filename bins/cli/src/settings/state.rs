//! Where trust is remembered between runs.

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Context as _;
use doorward_core::StateStore;
use doorward_state::DirectoryState;

use super::{Resolver, Setting};
use crate::failure::{Failure, Outcome};
use crate::options::{ClockArgs, FirstUseArgs, StateArgs};

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

    /// The directory, opened. Returns `None` if none was named.
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
        let store = self.open()?;
        Ok(Memory {
            store: store.map(|store| -> Arc<dyn StateStore> { Arc::new(store) }),
            keeps: clock.at.is_none(),
            first_use: first_use.dangerously_trust_on_first_use_for_portieris_policies,
        })
    }
}

/// What a decision remembers by.
#[derive(Clone)]
pub(crate) struct Memory {
    /// What outlives the command, if anything.
    pub(crate) store: Option<Arc<dyn StateStore>>,
    /// Whether decisions are kept. To ask what another time would bring must not make that time the last one seen:
    /// every decision until then would be refused for a clock that was set back.
    pub(crate) keeps: bool,
    /// Whether policies of the Portieris groups believe the first root of trust.
    pub(crate) first_use: bool,
}
