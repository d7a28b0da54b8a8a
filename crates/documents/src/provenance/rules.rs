//! What a policy demands of where an image comes from.

use std::fmt;

use doorward_core::text::one_line;

use super::{Provenance, Source};

/// The most characters that are shown of what a builder wrote.
const SHOWN: usize = 200;

/// A text that stands for one or several URIs: `*` is any characters but `/`, `**` any characters.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ProvenancePattern(String);

/// Why a text is no pattern.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ProvenancePatternError {
    /// It is empty.
    #[error("it is empty")]
    Empty,
    /// It has more stars than are looked for.
    #[error("it has more than {limit} stars")]
    Stars {
        /// The bound.
        limit: usize,
    },
    /// It has control characters or space in it, which no URI has.
    #[error("it has a character that stands in no URI")]
    NoUri,
}

impl ProvenancePattern {
    /// The most stars. Each may be tried at every place, so that a comparison takes the product of both lengths at most.
    pub const MAX_STARS: usize = 8;

    /// Reads a pattern.
    ///
    /// # Errors
    /// Any [`ProvenancePatternError`].
    pub fn parse(text: &str) -> Result<Self, ProvenancePatternError> {
        if text.is_empty() {
            return Err(ProvenancePatternError::Empty);
        }
        if !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(ProvenancePatternError::NoUri);
        }
        let stars = text.bytes().filter(|byte| *byte == b'*').count();
        if stars > Self::MAX_STARS {
            let limit = Self::MAX_STARS;
            return Err(ProvenancePatternError::Stars { limit });
        }
        Ok(Self(text.to_owned()))
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it says nothing: the host is not fixed, or it is one where anybody may have a repository and the owner is not,
    /// so that everybody's URIs are meant.
    #[must_use]
    pub fn means_everybody(&self) -> bool {
        const FORGES: [&str; 4] = ["bitbucket.org", "codeberg.org", "github.com", "gitlab.com"];
        let text = self.0.split_once("://").map_or(&*self.0, |(_, rest)| rest);
        let mut parts = text.split('/');
        let host = parts.next().unwrap_or_default();
        let owner = parts.next().unwrap_or_default();
        host.contains('*') || FORGES.contains(&host) && owner.contains('*')
    }

    /// Whether it means this text, as a whole.
    #[must_use]
    pub fn matches(&self, text: &str) -> bool {
        glob(self.0.as_bytes(), text.as_bytes())
    }

    /// Whether it means this source: `repository`, or `repository@reference`. Without a reference any is meant.
    #[must_use]
    pub fn means(&self, source: &Source) -> bool {
        if !source.is_plain() {
            return false;
        }
        let wanted = Source::of(&self.0);
        let is_repository = glob(
            wanted.repository().as_bytes(),
            source.repository().as_bytes(),
        );
        is_repository
            && match (wanted.reference(), source.reference()) {
                (None, _) => true,
                (Some(_), None) => false,
                (Some(wanted), Some(said)) => glob(wanted.as_bytes(), said.as_bytes()),
            }
    }
}

impl fmt::Display for ProvenancePattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Compares with going back, row by row: which ends of the pattern each beginning of the text can have reached.
fn glob(pattern: &[u8], text: &[u8]) -> bool {
    let mut parts = Vec::new();
    let mut rest = pattern.iter().copied().peekable();
    while let Some(byte) = rest.next() {
        parts.push(match byte {
            b'*' if rest.next_if_eq(&b'*').is_some() => Part::Any,
            b'*' => Part::Within,
            byte => Part::Byte(byte),
        });
    }
    let mut reached = vec![false; parts.len() + 1];
    if let Some(first) = reached.first_mut() {
        *first = true;
    }
    skip(&parts, &mut reached);
    for byte in text {
        let mut next = vec![false; parts.len() + 1];
        for (at, part) in parts.iter().enumerate() {
            if !reached.get(at).copied().unwrap_or_default() {
                continue;
            }
            let to = match part {
                Part::Any => at,
                Part::Within if *byte != b'/' => at,
                Part::Byte(wanted) if wanted == byte => at + 1,
                Part::Within | Part::Byte(_) => continue,
            };
            if let Some(place) = next.get_mut(to) {
                *place = true;
            }
        }
        skip(&parts, &mut next);
        reached = next;
    }
    reached.last().copied().unwrap_or_default()
}

enum Part {
    Any,
    Byte(u8),
    Within,
}

/// A star may stand for nothing.
fn skip(parts: &[Part], reached: &mut [bool]) {
    for (at, part) in parts.iter().enumerate() {
        let is_reached = reached.get(at).copied().unwrap_or_default();
        if is_reached
            && !matches!(part, Part::Byte(_))
            && let Some(next) = reached.get_mut(at + 1)
        {
            *next = true;
        }
    }
}

/// A builder that is trusted up to a level (SLSA 1, "Verifying artifacts": what a consumer's roots of trust say of one).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct TrustedBuilder {
    /// Which builders are meant.
    pub id: ProvenancePattern,
    /// The highest level of the build track that they are trusted to reach.
    pub level: u8,
}

impl TrustedBuilder {
    /// Builders that are trusted up to `level`.
    #[must_use]
    pub const fn new(id: ProvenancePattern, level: u8) -> Self {
        Self { id, level }
    }
}

/// What a policy demands of where an image comes from. An empty list demands nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ProvenanceRules {
    /// Who must have built it: one of these, whose level is not known, or one of the trusted ones.
    pub builders: Vec<ProvenancePattern>,
    /// Who is trusted up to which level. Where several mean one builder, the highest counts.
    pub trusted: Vec<TrustedBuilder>,
    /// The least level that the builder must be trusted to reach.
    pub min_level: Option<u8>,
    /// What it must have been built from: everything that it says is one of these, and it says something.
    pub sources: Vec<ProvenancePattern>,
    /// How it must have been built: in one of these ways, exactly.
    pub build_types: Vec<String>,
}

/// What a provenance says that a policy does not allow, or what it does not say.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ProvenanceViolation {
    /// It was built in another way.
    #[error("it was built as {build_type}, and not as the policy demands")]
    BuildType {
        /// What it says.
        build_type: String,
    },
    /// Somebody else built it.
    #[error("{builder} says that it built it, whom the policy does not name")]
    Builder {
        /// Who.
        builder: String,
    },
    /// Who built it is trusted to a lower level, or to none.
    #[error("{builder} built it, {}, and the policy demands level {least}", trusted(*.level))]
    Level {
        /// Who.
        builder: String,
        /// The highest level that the policy trusts it to reach, if it says one.
        level: Option<u8>,
        /// The one that is demanded.
        least: u8,
    },
    /// It does not say who built it.
    #[error("it does not say who built it")]
    NoBuilder,
    /// It does not say what it was built from.
    #[error("it does not say what it was built from")]
    NoSource,
    /// It was built from something else.
    #[error("it was built from {source_named}, which the policy does not name")]
    Source {
        /// From what.
        source_named: String,
    },
    /// It is not known where a build of this type says what it was built from.
    #[error(
        "it was built as {build_type}, and where that says what it was built from is not known here"
    )]
    UnknownType {
        /// What it says.
        build_type: String,
    },
}

fn trusted(level: Option<u8>) -> String {
    level.map_or_else(
        || "which the policy trusts to no level".to_owned(),
        |level| format!("which the policy trusts to reach level {level}"),
    )
}

impl ProvenanceRules {
    /// Whether nothing is demanded.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.names_no_builder() && self.sources.is_empty() && self.build_types.is_empty()
    }

    const fn names_no_builder(&self) -> bool {
        self.builders.is_empty() && self.trusted.is_empty() && self.min_level.is_none()
    }

    /// Whether somebody whom the policy names, and trusts as far as it demands, built it.
    fn judge_builder(&self, provenance: &Provenance) -> Result<(), ProvenanceViolation> {
        if self.names_no_builder() {
            return Ok(());
        }
        let builder = provenance.builder().ok_or(ProvenanceViolation::NoBuilder)?;
        let meant = self.trusted.iter().filter(|one| one.id.matches(builder));
        let level = meant.map(|one| one.level).max();
        let is_named = level.is_some() || self.builders.iter().any(|one| one.matches(builder));
        let builder = one_line(builder, SHOWN);
        match self.min_level {
            _ if !is_named => Err(ProvenanceViolation::Builder { builder }),
            Some(least) if level.is_none_or(|level| level < least) => {
                Err(ProvenanceViolation::Level {
                    builder,
                    level,
                    least,
                })
            }
            _ => Ok(()),
        }
    }

    /// Holds a provenance against the rules.
    ///
    /// # Errors
    /// The first [`ProvenanceViolation`].
    pub fn judge(&self, provenance: &Provenance) -> Result<(), ProvenanceViolation> {
        let shown = |text: &str| one_line(text, SHOWN);
        let build_type = provenance.build_type();
        if !self.build_types.is_empty() && !self.build_types.iter().any(|one| one == build_type) {
            let build_type = shown(build_type);
            return Err(ProvenanceViolation::BuildType { build_type });
        }
        self.judge_builder(provenance)?;
        if self.sources.is_empty() {
            return Ok(());
        }
        let Some(sources) = provenance.sources() else {
            let build_type = shown(build_type);
            return Err(ProvenanceViolation::UnknownType { build_type });
        };
        if sources.is_empty() {
            return Err(ProvenanceViolation::NoSource);
        }
        let is_named = |source: &&Source| self.sources.iter().any(|one| one.means(source));
        match sources.iter().find(|source| !is_named(source)) {
            None => Ok(()),
            Some(other) => Err(ProvenanceViolation::Source {
                source_named: shown(&other.to_string()),
            }),
        }
    }

    /// About how many steps it takes to hold a provenance against the rules: each byte of a pattern against each of what is
    /// said, for each pattern.
    #[must_use]
    pub fn steps(&self, provenance: &Provenance) -> usize {
        let of = |patterns: &[ProvenancePattern]| -> usize {
            patterns.iter().map(|one| one.as_str().len()).sum()
        };
        let said = provenance.sources().unwrap_or_default().iter();
        let said: usize = said
            .map(|one| one.repository().len() + one.reference().map_or(0, str::len))
            .sum();
        let builder = provenance.builder().map_or(0, str::len);
        let trusted: usize = self.trusted.iter().map(|one| one.id.as_str().len()).sum();
        let builders = of(&self.builders).saturating_add(trusted);
        of(&self.sources).saturating_mul(said) / 8 + builders.saturating_mul(builder) / 8
    }
}
