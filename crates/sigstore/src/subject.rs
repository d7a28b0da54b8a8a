//! Whom an identity must be of: exactly one name, or all that a pattern matches.

use doorward_core::Fingerprint;
use regex_automata::meta::{Builder, Config, Regex};
use regex_syntax::ParserBuilder;
use regex_syntax::hir::{Hir, Look};

use crate::limits;

/// How deep a regular expression may be nested. The parser recurses.
const NESTING: u32 = 64;

/// Why a regular expression is not taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PatternError {
    /// It is empty, so that it would match nobody.
    #[error("the regular expression is empty")]
    Empty,
    /// It cannot be read, or takes more memory than it may.
    #[error("the regular expression cannot be used: {reason}")]
    Invalid {
        /// Why, in one line.
        reason: String,
    },
    /// It is longer than is read.
    #[error("the regular expression is longer than {limit} bytes")]
    TooLong {
        /// The bound.
        limit: usize,
    },
}

/// The name that a certificate must be for.
///
/// Two subjects are equal if they are written alike.
#[derive(Clone, Debug)]
pub struct Subject(Kind);

#[derive(Clone, Debug)]
enum Kind {
    Exact(String),
    Pattern { written: String, compiled: Regex },
}

impl Subject {
    /// Exactly this name, byte by byte.
    #[must_use]
    pub fn exact(name: impl Into<String>) -> Self {
        Self(Kind::Exact(name.into()))
    }

    /// Every name that the regular expression matches as a whole: what matches a part of it only does not count. The
    /// time that matching takes is linear in the length of the name.
    ///
    /// # Errors
    /// Any [`PatternError`].
    pub fn pattern(written: &str) -> Result<Self, PatternError> {
        if written.is_empty() {
            return Err(PatternError::Empty);
        }
        if written.len() > limits::PATTERN_BYTES {
            return Err(PatternError::TooLong {
                limit: limits::PATTERN_BYTES,
            });
        }
        let invalid = |reason: &str| PatternError::Invalid {
            reason: doorward_core::text::one_line(reason, 160),
        };
        let read = ParserBuilder::new()
            .nest_limit(NESTING)
            .build()
            .parse(written);
        let read = read.map_err(|error| match error {
            regex_syntax::Error::Parse(error) => invalid(&error.kind().to_string()),
            regex_syntax::Error::Translate(error) => invalid(&error.kind().to_string()),
            _ => invalid("it cannot be read"),
        })?;
        // Anchored as a tree: a text in parentheses could close them.
        let whole = Hir::concat(vec![Hir::look(Look::Start), read, Hir::look(Look::End)]);
        let bounds = Config::new()
            .nfa_size_limit(Some(limits::PATTERN_MEMORY))
            .onepass_size_limit(Some(limits::PATTERN_MEMORY))
            .hybrid_cache_capacity(limits::PATTERN_MEMORY);
        let compiled = Builder::new().configure(bounds).build_from_hir(&whole);
        let compiled = compiled.map_err(|_| invalid("it takes more memory than it may"))?;
        Ok(Self(Kind::Pattern {
            written: written.to_owned(),
            compiled,
        }))
    }

    /// Whether `name` is meant.
    #[must_use]
    pub fn matches(&self, name: &str) -> bool {
        match &self.0 {
            Kind::Exact(exact) => exact == name,
            Kind::Pattern { compiled, .. } => compiled.is_match(name),
        }
    }

    /// As it is written in the policy.
    #[must_use]
    pub fn written(&self) -> &str {
        match &self.0 {
            Kind::Exact(written) | Kind::Pattern { written, .. } => written,
        }
    }

    /// Whether it is a pattern.
    #[must_use]
    pub const fn is_pattern(&self) -> bool {
        matches!(self.0, Kind::Pattern { .. })
    }

    pub(crate) fn encode(&self, out: &mut Fingerprint) {
        out.flag(self.is_pattern()).text(self.written());
    }
}

impl PartialEq for Subject {
    fn eq(&self, other: &Self) -> bool {
        self.is_pattern() == other.is_pattern() && self.written() == other.written()
    }
}

impl Eq for Subject {}
