//! `doorward completions`.

use clap::Args;
use doorward::Exit;

use crate::failure::Outcome;
use crate::render::program::Output;
use crate::streams;
use crate::style::Style;

/// Print a completion script for a shell
///
/// For bash: `source <(doorward completions bash)`.
#[derive(Debug, Args)]
pub(crate) struct CompletionsArgs {
    /// The shell
    #[arg(value_enum)]
    shell: clap_complete::Shell,
}

impl CompletionsArgs {
    pub(crate) fn run(self, mut command: clap::Command) -> Outcome {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut command, "doorward", &mut script);
        let script = String::from_utf8_lossy(&script).into_owned();
        streams::data(&Output::generated(script).into(), Style::plain())?;
        Ok(Exit::Allowed)
    }
}
