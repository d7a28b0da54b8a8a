//! Why a provider gave no answer.

use std::time::Duration;

use doorward_core::text::one_line;
use doorward_plugin_exec::{ProcessError, ProgramError};

use crate::AnswerError;

/// How much is shown of what a provider says for people.
const SHOWN: usize = 200;

/// Why a provider gave no answer. A lowercase fragment.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Fault {
    /// Its answer cannot be read.
    #[error("its answer cannot be used: {0}")]
    Answer(AnswerError),
    /// There was no time for a call of it: those before it took too much of what there was.
    #[error("it was not asked, because other calls took too much of the {} s for it", seconds(.0))]
    Busy(Duration),
    /// A fault of this program.
    #[error("{0}")]
    Here(&'static str),
    /// It gave no answer in the time that it had, its turn not included.
    #[error("it gave no answer within {} s", seconds(.0))]
    Late(Duration),
    /// It did not end as it should.
    #[error("{error}{}", said(.error))]
    Process {
        /// How it ended.
        error: ProcessError,
    },
    /// It may not or cannot be run.
    #[error(transparent)]
    Program(ProgramError),
}

impl Fault {
    /// Whether it would be the same for any image, so that the provider is not asked for another one either, for a while.
    /// A provider that is late may be so because of the image: anybody can name a registry that does not answer it.
    pub(crate) const fn is_of_all_images(&self) -> bool {
        matches!(self, Self::Program(_))
    }
}

/// To a tenth.
fn seconds(time: &Duration) -> f32 {
    (time.as_secs_f32() * 10.0).round() / 10.0
}

/// What a provider that failed says for people, after a colon. Empty if it says nothing.
fn said(error: &ProcessError) -> String {
    let ProcessError::Failed { said, .. } = error else {
        return String::new();
    };
    let text = String::from_utf8_lossy(said);
    let text = one_line(text.trim(), SHOWN);
    if text.is_empty() {
        text
    } else {
        format!(": {text}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failed(said: &[u8]) -> String {
        let error = ProcessError::Failed {
            status: "exit status: 1".to_owned(),
            said: said.to_vec(),
        };
        Fault::Process { error }.to_string()
    }

    #[test]
    fn what_a_provider_says_for_people_is_one_short_line() {
        assert_eq!(failed(b""), "it failed with exit status: 1");
        assert_eq!(
            failed(b" no role\n"),
            "it failed with exit status: 1: no role"
        );
        assert_eq!(
            failed(b"a\nb\x1b[2J"),
            "it failed with exit status: 1: a\\nb\\u{1b}[2J"
        );
        for hostile in [vec![b'x'; 5000], vec![0xff; 5000], vec![b'\n'; 5000]] {
            assert!(failed(&hostile).chars().count() < 300);
        }
    }
}
