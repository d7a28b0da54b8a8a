//! What images are judged in that are not named one by one.

use clap::Args;
use doorward_core::Timestamp;

use crate::failure::Outcome;
use crate::invocation::Invocation;
use crate::options::{AccessArgs, ClockArgs, FirstUseArgs, RulesArgs, StateArgs};
use crate::settings::{AccessSettings, Memory, RulesSettings, StateSettings, check_plugins};

/// The rules, the way to images, the time, and what is remembered.
#[derive(Debug, Args)]
pub(crate) struct CircumstanceArgs {
    #[command(flatten)]
    clock: ClockArgs,
    #[command(flatten)]
    rules: RulesArgs,
    #[command(flatten)]
    access: AccessArgs,
    #[command(flatten)]
    state: StateArgs,
    #[command(flatten)]
    first_use: FirstUseArgs,
}

/// The same, as it was found.
pub(crate) struct Circumstances {
    pub(crate) rules: RulesSettings,
    pub(crate) access: AccessSettings,
    pub(crate) memory: Memory,
    pub(crate) now: Timestamp,
}

impl CircumstanceArgs {
    /// Finds them.
    ///
    /// # Errors
    /// When a setting is wrong, or what is remembered cannot be used.
    pub(crate) fn find(self, invocation: &Invocation<'_>) -> Outcome<Circumstances> {
        let rules = RulesSettings::new(self.rules, &invocation.resolver)?;
        let access = AccessSettings::new(self.access, &invocation.resolver);
        check_plugins(&rules, &access)?;
        let state = StateSettings::new(self.state, &invocation.resolver);
        Ok(Circumstances {
            rules,
            access,
            memory: state.memory(&self.first_use, self.clock)?,
            now: self.clock.now(),
        })
    }
}
