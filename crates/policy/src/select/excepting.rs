//! The exceptions beside the policies.

use std::time::Duration;

use doorward_core::{Digest, Reference, Timestamp};

use super::PolicySet;
use crate::exception::Exceptions;
use crate::{Diagnostic, Environment, Exception, ExceptionObject};

impl PolicySet {
    /// The same policies with these exceptions, of which one may last for `longest`, counted in whole seconds. They change
    /// nothing of what is selected.
    ///
    /// The diagnostics are errors that a schema cannot know. What has one overrides nothing. So does every exception of a
    /// namespace that has more than 256, or names images in more than 32 KiB, and of a cluster that has more than 1024 of its
    /// own, or names images in more than 256 KiB.
    #[must_use]
    pub fn with_exceptions(
        mut self,
        exceptions: Vec<ExceptionObject>,
        longest: Duration,
    ) -> (Self, Vec<Diagnostic>) {
        let (exceptions, diagnostics) = Exceptions::compile(exceptions, longest);
        self.exceptions = exceptions;
        self.fingerprint = Some(self.compute_fingerprint());
        (self, diagnostics)
    }

    /// Whether there is any exception that can be read.
    #[must_use]
    pub fn has_exceptions(&self) -> bool {
        !self.exceptions.is_empty()
    }

    /// How long an exception may last, in seconds.
    #[must_use]
    pub const fn longest_exception(&self) -> i64 {
        self.exceptions.longest()
    }

    /// The exceptions that are for an image in an environment, those of the cluster before those of the namespace, whether or
    /// not they are in force at `now`. `digest` is what the image resolved to; where it is not known, no exception for a digest
    /// is among them.
    #[must_use]
    pub fn exceptions(
        &self,
        image: &Reference,
        digest: Option<&Digest>,
        environment: &Environment<'_>,
        now: Timestamp,
    ) -> Vec<Exception<'_>> {
        self.exceptions.of(image, digest, environment, now)
    }

    /// As [`exceptions`](Self::exceptions), and those for a digest of its repository that the image may turn out to have.
    #[must_use]
    pub fn possible_exceptions(
        &self,
        image: &Reference,
        environment: &Environment<'_>,
        now: Timestamp,
    ) -> Vec<Exception<'_>> {
        self.exceptions.possible(image, environment, now)
    }
}
