//! What the program is to do.

use std::ffi::OsString;

use clap::error::ErrorKind;
use clap::parser::ValueSource;
use clap::{CommandFactory as _, FromArgMatches as _, Parser as _};

use crate::args::{Args, Door};
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
    /// Reads the command line and the environment of Gatekeeper's provider, which has those options of the webhook that mean
    /// something to it, and demands the authority of who may ask.
    ///
    /// # Errors
    /// What is wrong with them, or the help that they ask for.
    pub fn of_gatekeeper(
        words: impl IntoIterator<Item = impl Into<OsString> + Clone>,
    ) -> Result<Box<Args>, clap::Error> {
        let mut command = Args::command()
            .name("doorward-gatekeeper")
            .about("Tells Gatekeeper which images may run, and by which digest")
            .mut_arg("client_ca", |option| {
                option
                    .required(true)
                    .help("PEM file of the authority that signs Gatekeeper's client certificate. Others are turned away")
            })
            .mut_arg("timeout", |option| {
                option.default_value("5s").help(
                    "The `timeout` of the Provider. Gatekeeper is answered one second earlier",
                )
            });
        for name in OF_THE_WEBHOOK {
            command = command.mut_arg(name, |option| option.hide(true));
        }
        let matches = command.try_get_matches_from_mut(words)?;
        for name in OF_THE_WEBHOOK {
            let source = matches.value_source(name);
            if source.is_some_and(|source| source != ValueSource::DefaultValue) {
                let why = format!("{name} means nothing to this program");
                return Err(command.error(ErrorKind::UnknownArgument, why));
            }
        }
        let mut args = Args::from_arg_matches(&matches)?;
        args.door = Door::Gatekeeper;
        Ok(Box::new(args))
    }
}

/// Options about the API server asking, and about objects, which Gatekeeper shows to nobody.
const OF_THE_WEBHOOK: [&str; 17] = [
    "arm",
    "arm_owner",
    "break_glass",
    "ca_bundle",
    "check_audience",
    "exclude_namespaces",
    "image_fields",
    "image_review_tags",
    "no_events",
    "record_admissions",
    "record_dir",
    "record_max_age",
    "record_max_bytes",
    "reports",
    "service",
    "tls_secret",
    "workloads",
];

#[cfg(test)]
mod tests {
    use super::*;

    const NEEDED: [&str; 9] = [
        "doorward-gatekeeper",
        "-f",
        "p",
        "--tls-cert",
        "c",
        "--tls-key",
        "k",
        "--client-ca",
        "a",
    ];

    #[test]
    fn gatekeepers_program_answers_gatekeeper_and_nobody_else() {
        let args = Invocation::of_gatekeeper(NEEDED).unwrap();
        assert_eq!(args.door, Door::Gatekeeper);
        assert_eq!(args.timeout, std::time::Duration::from_secs(5));
        assert_eq!(Args::parse_from(NEEDED).door, Door::Admission);
    }

    #[test]
    fn who_may_ask_has_to_be_said() {
        let error = Invocation::of_gatekeeper(NEEDED.into_iter().take(7)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::MissingRequiredArgument);
    }

    #[test]
    fn what_is_of_the_webhook_is_refused_and_not_in_the_help() {
        for more in [
            &["--break-glass", "--from-cluster"][..],
            &["--image-review-tags", "allow"],
            &["--workload", "rollouts.argoproj.io"],
            &["--record-dir", "r"],
        ] {
            let words = NEEDED.into_iter().chain(more.iter().copied());
            let error = Invocation::of_gatekeeper(words).unwrap_err();
            assert_ne!(error.kind(), ErrorKind::DisplayHelp, "{more:?}");
        }
        let help = Invocation::of_gatekeeper(["doorward-gatekeeper", "--help"]).unwrap_err();
        assert_eq!(help.kind(), ErrorKind::DisplayHelp);
        let help = help.to_string();
        assert!(
            help.contains("--client-ca") && !help.contains("--break-glass"),
            "{help}"
        );
    }
}
