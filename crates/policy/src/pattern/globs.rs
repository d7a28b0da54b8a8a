//! Patterns that begin with the same literal text and go on with stars in the middle.

use globset::{Candidate, GlobBuilder, GlobSet, GlobSetBuilder};

use super::{matches_reference, specificity};

/// From how many patterns on a set is built. Below, comparing one after the other is as fast.
const MANY: usize = 48;
/// How many patterns one set holds at most, so that the automaton behind it stays small.
const CHUNK: usize = 1024;
/// The most stars, and bytes, of a pattern in a set. Longer ones are compared one after the other: they are rare, and
/// their automata large.
const MOST_STARS: usize = 8;
const MOST_BYTES: usize = 256;
/// What stands for every slash but the first in what the sets see: their stars stop at a slash.
const INNER_SLASH: char = '\u{1}';

/// Patterns in the order in which they win.
#[derive(Debug, Default)]
pub(super) struct Globs {
    patterns: Vec<Glob>,
    sets: Vec<Set>,
    /// The places of the patterns that are in no set.
    loose: Vec<usize>,
}

#[derive(Debug)]
struct Glob {
    specificity: usize,
    index: usize,
    pattern: Box<str>,
}

/// Some of the patterns as one automaton.
#[derive(Debug)]
struct Set {
    automaton: GlobSet,
    /// For each glob of the automaton, the place of its pattern in [`Globs::patterns`].
    places: Vec<usize>,
    whole: bool,
}

impl Globs {
    pub(super) fn add(&mut self, index: usize, pattern: &str) {
        self.patterns.push(Glob {
            specificity: specificity(pattern),
            index,
            pattern: pattern.into(),
        });
    }

    pub(super) fn build(&mut self) {
        self.patterns.sort_by(|a, b| {
            b.specificity
                .cmp(&a.specificity)
                .then(a.index.cmp(&b.index))
        });
        if self.patterns.len() >= MANY {
            let (fit, loose) = (0..self.patterns.len()).partition(|place| self.fits(*place));
            if let Some(sets) = self.compile(fit) {
                self.sets = sets;
                self.loose = loose;
            }
        }
    }

    /// The first pattern that matches `text` and is at least as specific as `least`, as specificity and index.
    pub(super) fn first(&self, text: &str, least: usize) -> Option<(usize, usize)> {
        if self.patterns.first()?.specificity < least {
            return None;
        }
        let place = if self.sets.is_empty() || text.contains(INNER_SLASH) {
            self.patterns
                .iter()
                .position(|glob| matches_reference(&glob.pattern, text))
        } else {
            self.search(text)
        };
        let glob = self.patterns.get(place?)?;
        Some((glob.specificity, glob.index))
    }

    fn search(&self, text: &str) -> Option<usize> {
        let split = hide_slashes(text, false);
        let whole = hide_slashes(text, true);
        let mut found = Vec::new();
        let mut best: Option<usize> = None;
        for set in &self.sets {
            // Every place in a set is behind its first one.
            if best.is_some_and(|best| set.places.first().is_some_and(|first| *first > best)) {
                continue;
            }
            let seen = if set.whole { &whole } else { &split };
            let candidate = Candidate::from_bytes(seen.as_bytes());
            set.automaton.matches_candidate_into(&candidate, &mut found);
            let places = found
                .iter()
                .filter_map(|glob| set.places.get(*glob).copied());
            best = places.chain(best).min();
        }
        let loose = self.loose.iter().copied().find(|place| {
            self.patterns
                .get(*place)
                .is_some_and(|glob| matches_reference(&glob.pattern, text))
        });
        loose.into_iter().chain(best).min()
    }

    fn fits(&self, place: usize) -> bool {
        self.patterns.get(place).is_some_and(
            |Glob {
                 pattern,
                 specificity,
                 ..
             }| {
                pattern.len() <= MOST_BYTES
                    && pattern.len() - specificity <= MOST_STARS
                    && !pattern.contains(INNER_SLASH)
            },
        )
    }

    /// The sets of the patterns at `places`, or nothing if the automata cannot be had; then patterns are compared
    /// one after the other.
    fn compile(&self, places: Vec<usize>) -> Option<Vec<Set>> {
        let has_slash = |place: &usize| {
            self.patterns
                .get(*place)
                .is_some_and(|glob| glob.pattern.contains('/'))
        };
        let (split, whole): (Vec<usize>, Vec<usize>) = places.into_iter().partition(has_slash);
        let chunks = split.chunks(CHUNK).map(|chunk| (chunk, false));
        let chunks = chunks.chain(whole.chunks(CHUNK).map(|chunk| (chunk, true)));
        chunks
            .map(|(chunk, whole)| self.set(chunk, whole))
            .collect()
    }

    fn set(&self, chunk: &[usize], whole: bool) -> Option<Set> {
        let mut builder = GlobSetBuilder::new();
        let mut places = Vec::with_capacity(chunk.len() * 2);
        for place in chunk {
            let pattern = translate(&self.patterns.get(*place)?.pattern, whole);
            let mut add = |text: &str| {
                let glob = GlobBuilder::new(text)
                    .literal_separator(true)
                    .backslash_escape(false)
                    .build();
                builder.add(glob.ok()?);
                places.push(*place);
                Some(())
            };
            add(&pattern)?;
            if !pattern.ends_with('*') {
                add(&format!("{pattern}:*"))?;
            }
        }
        Some(Set {
            automaton: builder.build().ok()?,
            places,
            whole,
        })
    }
}

/// The pattern in the language of the sets: what they would take for syntax is escaped, and two stars are one.
fn translate(pattern: &str, whole: bool) -> String {
    let mut translated = String::with_capacity(pattern.len() + 8);
    for c in hide_slashes(pattern, whole).chars() {
        match c {
            '*' if translated.ends_with('*') => {}
            '?' | '[' | ']' | '{' | '}' => {
                translated.push('[');
                translated.push(c);
                translated.push(']');
            }
            c => translated.push(c),
        }
    }
    translated
}

fn hide_slashes(text: &str, whole: bool) -> String {
    let mut first = !whole;
    text.chars()
        .map(|c| match c {
            '/' if first => {
                first = false;
                c
            }
            '/' => INNER_SLASH,
            c => c,
        })
        .collect()
}
