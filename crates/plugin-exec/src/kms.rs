//! Programs that ask key management services for public keys.

mod answer;

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use doorward_core::text::one_line;
use doorward_core::{KeyService, KeyServiceError, KeyServiceFuture};
use tokio::sync::Semaphore;

pub use answer::{KmsAnswer, KmsAnswerError};

use crate::{OpenError, Process, ProcessError, ProgramError, ProgramFolder};

/// What the name of a program begins with. The scheme of the address follows.
const PREFIX: &str = "doorward-kms-";
/// How long one call may take. No review waits for it, and services of clouds sign in first.
const DEADLINE: Duration = Duration::from_secs(20);
/// The most programs that run at a time.
const AT_A_TIME: usize = 4;
/// How many characters are shown of what a program says for people.
const SHOWN: usize = 150;

/// The programs `doorward-kms-SCHEME` of a folder, each of which asks one kind of key management service.
///
/// A program gets `{"apiVersion": "kms.doorward.dev/v1", "uri": "SCHEME://KEY"}` on its standard input and writes
/// `{"apiVersion": "kms.doorward.dev/v1", "publicKey": "-----BEGIN PUBLIC KEY-----..."}` to its standard output. It runs without
/// arguments, in `/`, for 20 seconds at most, and has of the environment only what was named.
#[derive(Clone, Debug)]
pub struct KmsPrograms {
    folder: ProgramFolder,
    environment: Vec<(String, String)>,
    deadline: Duration,
    turns: Arc<Semaphore>,
}

impl KmsPrograms {
    /// The programs of `folder`, with an empty environment.
    ///
    /// # Errors
    /// [`OpenError`] if it is no folder, if others may write to it than root and who runs this, or on a system other than Unix.
    pub fn open(folder: impl AsRef<std::path::Path>) -> Result<Self, OpenError> {
        Ok(Self {
            folder: ProgramFolder::open(folder)?,
            environment: Vec::new(),
            deadline: DEADLINE,
            turns: Arc::new(Semaphore::new(AT_A_TIME)),
        })
    }

    /// With these variables in their environment, and no others.
    #[must_use]
    pub fn environment(mut self, and: impl IntoIterator<Item = (String, String)>) -> Self {
        self.environment = and.into_iter().collect();
        self
    }

    /// With these variables of one's own environment, and no others. Returns the names too that give nothing, since they are
    /// not set or no text.
    #[must_use]
    pub fn inheriting(self, names: &[String]) -> (Self, Vec<String>) {
        let (mut environment, mut unset) = (Vec::new(), Vec::new());
        for name in names {
            match std::env::var(name) {
                Ok(value) => environment.push((name.clone(), value)),
                Err(_) => unset.push(name.clone()),
            }
        }
        (self.environment(environment), unset)
    }

    /// With another time for one call, waiting for its turn not included.
    #[must_use]
    pub const fn deadline(mut self, deadline: Duration) -> Self {
        self.deadline = deadline;
        self
    }

    async fn ask(&self, uri: &str) -> Result<Bytes, KeyServiceError> {
        let scheme = uri.split_once("://").map_or("", |(scheme, _)| scheme);
        let is_word = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
        if scheme.is_empty() || !scheme.chars().all(is_word) {
            return Err(failed("the address of the key has no scheme".to_owned()));
        }
        let name = format!("{PREFIX}{scheme}");
        let program = self.folder.find(&name).map_err(|error| match error {
            ProgramError::NotInstalled => KeyServiceError::NotInstalled {
                program: self.folder.path().join(&name).display().to_string(),
            },
            ProgramError::NotRun { .. } => failed(format!("the program {name}: {error}")),
        })?;
        let process = Process::new(program).with_environment(self.environment.iter().cloned());
        let turn = self.turns.acquire().await;
        let _turn = turn.map_err(|error| failed(error.to_string()))?;
        let request = answer::request(uri);
        let run = process.run(&request, KmsAnswer::MAX_BYTES);
        let Ok(ended) = tokio::time::timeout(self.deadline, run).await else {
            let seconds = self.deadline.as_secs_f32();
            let detail = format!("the program {name} gave no answer within {seconds} s");
            return Err(failed(detail));
        };
        let answer = ended.map_err(|error| told(&name, &error))?;
        let answer = KmsAnswer::parse(&answer).map_err(|error| KeyServiceError::Malformed {
            detail: format!("the answer of the program {name} cannot be used: {error}"),
        })?;
        Ok(Bytes::from(answer.public_key))
    }
}

impl KeyService for KmsPrograms {
    fn public_key<'a>(&'a self, uri: &'a str) -> KeyServiceFuture<'a> {
        Box::pin(self.ask(uri))
    }
}

const fn failed(detail: String) -> KeyServiceError {
    KeyServiceError::Failed { detail }
}

fn told(name: &str, error: &ProcessError) -> KeyServiceError {
    let detail = match error {
        ProcessError::TooLarge { .. } => {
            return KeyServiceError::Malformed {
                detail: format!("the program {name}: {error}"),
            };
        }
        ProcessError::Failed { said, .. } => {
            let text = String::from_utf8_lossy(said);
            // A program that was given a private key by mistake may say so on either output.
            match text.contains("PRIVATE KEY") {
                true => format!("the program {name}: {error}"),
                false => {
                    let text = one_line(text.trim(), SHOWN);
                    let colon = if text.is_empty() { "" } else { ": " };
                    format!("the program {name}: {error}{colon}{text}")
                }
            }
        }
        _ => format!("the program {name}: {error}"),
    };
    failed(detail)
}
