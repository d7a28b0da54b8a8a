//! What the program is to do.

use clap::Parser as _;

use crate::args::Args;
use crate::disarm::Disarm;

/// What the command line asks for.
#[derive(Debug)]
pub enum Invocation {
    /// To serve.
    Run(Box<Args>),
    /// To take the configurations away.
    Disarm(Disarm),
}

impl Invocation {
    /// Reads the command line and its environment. Ends the program if it says what is wrong with them.
    #[must_use]
    pub fn parse() -> Self {
        let mut words: Vec<_> = std::env::args_os().collect();
        // Not a subcommand of the parser: no option of the server means anything to it.
        if words.get(1).is_some_and(|word| word == "disarm") {
            words.remove(1);
            return Self::Disarm(Disarm::parse_from(words));
        }
        Self::Run(Box::new(Args::parse_from(words)))
    }
}
