//! The state machine between a verifier and the driver that does its I/O.

use std::fmt;

use bytes::Bytes;

use crate::{CheckedAnswer, Expiry, Fetch, Meter, Proof, Rejection, Standing};

/// A signature scheme, by the name used in reports and codes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Scheme(&'static str);

impl Scheme {
    /// Notary v1 (TUF).
    pub const NOTARY: Self = Self("notary");
    /// Notary Project signatures (notation).
    pub const NOTATION: Self = Self("notation");
    /// Red Hat simple signing.
    pub const SIMPLE_SIGNING: Self = Self("simple-signing");
    /// sigstore and cosign.
    pub const SIGSTORE: Self = Self("sigstore");

    /// A scheme of another project. Names are kebab-case.
    #[must_use]
    pub const fn custom(name: &'static str) -> Self {
        Self(name)
    }

    /// The name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        self.0
    }
}

impl fmt::Display for Scheme {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

/// What a session wants next.
#[derive(Debug)]
pub enum Step<T = Proof> {
    /// The session is over: the image is proved or refused.
    Done(Result<T, Rejection>),
    /// The session wants these resources, all at once. They may be fetched concurrently.
    Fetch(Vec<Fetch>),
}

/// One requirement being verified, without I/O.
///
/// `T` is what the session ends with. A session that decides ends with a [`Proof`]. One that only looks ends with what it
/// found, of which no proof can be made.
///
/// The driver calls [`advance`](Self::advance) with no answers first, then, as long as the step is
/// [`Step::Fetch`], with the answers to exactly those fetches in their order. After [`Step::Done`] a session is
/// not advanced again.
///
/// A session is a pure function of its inputs and answers: no clock, no randomness, no files. It can be recorded,
/// replayed and fuzzed, and dropping it cancels it.
pub trait Session<T = Proof>: Send {
    /// The scheme this session verifies.
    fn scheme(&self) -> Scheme;

    /// Takes the answers to the last step's fetches, all checked, and says what comes next.
    fn advance(&mut self, answers: Vec<CheckedAnswer>, meter: &mut Meter) -> Step<T>;

    /// What was verified on the way and must be remembered for the next session about the same thing, in a form of the
    /// scheme's own. Asked after [`Step::Done`], whatever the outcome: what was verified stays so, even if the image is
    /// refused. Returns `None` where the scheme remembers nothing or there is nothing new.
    fn remembers(&self) -> Option<Bytes> {
        None
    }

    /// What people should know although it decides nothing, each a lowercase fragment. Asked after [`Step::Done`],
    /// whatever the outcome.
    fn notes(&self) -> Vec<String> {
        Vec::new()
    }

    /// When what the session relied on will stop to count, for those who watch that. Asked after [`Step::Done`],
    /// whatever the outcome.
    fn expiries(&self) -> Vec<Expiry> {
        Vec::new()
    }

    /// Which of the answers that the session was given stay good for other sessions. Asked after [`Step::Done`], whatever
    /// the outcome. Only what the session has verified as authentic may be among them: a driver may give another
    /// session the same answer instead of asking.
    fn standing(&self) -> Vec<Standing> {
        Vec::new()
    }
}

impl<T, S: Session<T> + ?Sized> Session<T> for &mut S {
    fn scheme(&self) -> Scheme {
        (**self).scheme()
    }

    fn advance(&mut self, answers: Vec<CheckedAnswer>, meter: &mut Meter) -> Step<T> {
        (**self).advance(answers, meter)
    }

    fn remembers(&self) -> Option<Bytes> {
        (**self).remembers()
    }

    fn notes(&self) -> Vec<String> {
        (**self).notes()
    }

    fn expiries(&self) -> Vec<Expiry> {
        (**self).expiries()
    }

    fn standing(&self) -> Vec<Standing> {
        (**self).standing()
    }
}
