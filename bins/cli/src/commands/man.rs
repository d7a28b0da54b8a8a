//! `doorward man`.

use std::path::PathBuf;

use anyhow::Context as _;
use clap::Args;
use doorward::Exit;

use crate::failure::{Failure, Outcome};
use crate::render::program::Output;
use crate::streams;
use crate::style::Style;

/// Print the manual page, or write those of all commands to a directory
#[derive(Debug, Args)]
pub(crate) struct ManArgs {
    /// Write `doorward.1` and one page for each command into this directory, which is made if need be
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
}

impl ManArgs {
    pub(crate) fn run(self, command: clap::Command) -> Outcome {
        match self.dir {
            Some(directory) => std::fs::create_dir_all(&directory)
                .and_then(|()| clap_mangen::generate_to(command, &directory))
                .with_context(|| format!("cannot write manual pages to {}", directory.display()))
                .map_err(Failure::internal)?,
            None => {
                let page = page(command).map_err(Failure::internal)?;
                streams::data(&Output::generated(page).into(), Style::plain())?;
            }
        }
        Ok(Exit::Allowed)
    }
}

fn page(command: clap::Command) -> std::io::Result<String> {
    let mut text = Vec::new();
    clap_mangen::Man::new(command).render(&mut text)?;
    Ok(String::from_utf8_lossy(&text).into_owned())
}
