//! Patterns that begin with the same literal text and go on with stars in the middle.

use std::collections::{BTreeSet, HashMap};

use globset::{Candidate, GlobBuilder, GlobSet, GlobSetBuilder};

use super::{matches_reference, specificity};

/// From how many patterns on a set is built. Below, comparing one after the other is as fast.
const MANY: usize = 48;
/// How many patterns one set holds at most. A thousand in one set took gigabytes for names made to be hard: what the
/// library needs then grows with the square of this.
const CHUNK: usize = 64;
/// The most stars, and bytes, of a pattern in a set. With several stars a name can be made for which the automaton has
/// ever new states. Those patterns are compared one after the other, which takes no memory.
const MOST_STARS: usize = 1;
const MOST_BYTES: usize = 256;
/// What stands for every slash but the first in what the sets see: their stars stop at a slash.
const INNER_SLASH: char = '\u{1}';

/// Patterns that begin alike, and how to find the first that matches.
#[derive(Debug, Default)]
pub(super) struct Globs {
    /// In the order in which they win.
    patterns: Vec<Glob>,
    /// Where there are many: the patterns by what their host half ends with behind its last star. Those without a
    /// star in the host are under the empty text.
    buckets: HashMap<Box<str>, Bucket>,
    /// The lengths of the keys of `buckets`.
    lengths: BTreeSet<usize>,
}

#[derive(Debug)]
struct Glob {
    specificity: usize,
    index: usize,
    pattern: Box<str>,
}

impl Globs {
    pub(super) fn add(&mut self, index: usize, pattern: &str) {
        self.patterns.push(Glob {
            specificity: specificity(pattern),
            index,
            pattern: pattern.into(),
        });
    }

    pub(super) fn sort(&mut self) {
        self.patterns.sort_by(|a, b| {
            b.specificity
                .cmp(&a.specificity)
                .then(a.index.cmp(&b.index))
        });
    }

    pub(super) fn build(&mut self) {
        self.sort();
        if self.patterns.len() < MANY {
            return;
        }
        let mut places: HashMap<Box<str>, Vec<usize>> = HashMap::new();
        for (place, glob) in self.patterns.iter().enumerate() {
            places
                .entry(host_ending(&glob.pattern).into())
                .or_default()
                .push(place);
        }
        for (ending, places) in places {
            self.lengths.insert(ending.len());
            self.buckets
                .insert(ending, Bucket::new(places, &self.patterns));
        }
    }

    /// The first pattern that matches `text` and is at least as specific as `least`, as specificity and index.
    pub(super) fn first(&self, text: &str, least: usize) -> Option<(usize, usize)> {
        if self.patterns.first()?.specificity < least {
            return None;
        }
        let place = if self.buckets.is_empty() {
            self.patterns
                .iter()
                .position(|glob| matches_reference(&glob.pattern, text))
        } else {
            let host = text.split_once('/').map_or("", |(host, _)| host);
            let endings = self
                .lengths
                .iter()
                .filter_map(|length| host.get(host.len().checked_sub(*length)?..));
            let buckets = endings.filter_map(|ending| self.buckets.get(ending));
            buckets
                .filter_map(|bucket| bucket.first(text, &self.patterns))
                .min()
        };
        let glob = self.patterns.get(place?)?;
        Some((glob.specificity, glob.index))
    }
}

/// What every host that the pattern matches ends with, if there is a star before it.
fn host_ending(pattern: &str) -> &str {
    let host = pattern.split_once('/').map_or("", |(host, _)| host);
    host.rsplit_once('*').map_or("", |(_, ending)| ending)
}

/// Some of the patterns, by their places.
#[derive(Debug, Default)]
struct Bucket {
    sets: Vec<Set>,
    /// Those that are in no set.
    loose: Vec<usize>,
}

/// Some of the patterns as one automaton.
#[derive(Debug)]
struct Set {
    automaton: GlobSet,
    /// For each glob of the automaton, the place of its pattern.
    places: Vec<usize>,
    whole: bool,
}

impl Bucket {
    fn new(places: Vec<usize>, patterns: &[Glob]) -> Self {
        if places.len() < MANY {
            return Self {
                sets: Vec::new(),
                loose: places,
            };
        }
        let (fit, loose): (Vec<usize>, _) =
            places.into_iter().partition(|place| fits(*place, patterns));
        let has_slash = |place: &usize| {
            patterns
                .get(*place)
                .is_some_and(|glob| glob.pattern.contains('/'))
        };
        let (split, whole): (Vec<usize>, Vec<usize>) = fit.into_iter().partition(has_slash);
        let mut bucket = Self {
            sets: Vec::new(),
            loose,
        };
        for (places, whole) in [(split, false), (whole, true)] {
            for chunk in places.chunks(CHUNK) {
                // An automaton that would be too large is left out.
                match set(chunk, patterns, whole) {
                    Some(set) => bucket.sets.push(set),
                    None => bucket.loose.extend(chunk),
                }
            }
        }
        bucket.loose.sort_unstable();
        bucket
    }

    /// The first place whose pattern matches.
    fn first(&self, text: &str, patterns: &[Glob]) -> Option<usize> {
        let matches = |place: &usize| {
            patterns
                .get(*place)
                .is_some_and(|glob| matches_reference(&glob.pattern, text))
        };
        let loose = self.loose.iter().copied().find(matches);
        if self.sets.is_empty() {
            return loose;
        }
        // The sets would take the one for a slash, and see no file name in a path that ends with the other.
        if text.contains(INNER_SLASH) || text.ends_with('.') {
            let all = self.sets.iter().flat_map(|set| set.places.iter().copied());
            return all.filter(matches).chain(loose).min();
        }
        let split = hide_slashes(text, false);
        let whole = hide_slashes(text, true);
        let mut found = Vec::new();
        let mut best = loose;
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
        best
    }
}

fn fits(place: usize, patterns: &[Glob]) -> bool {
    patterns.get(place).is_some_and(
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

fn set(chunk: &[usize], patterns: &[Glob], whole: bool) -> Option<Set> {
    let mut builder = GlobSetBuilder::new();
    let mut places = Vec::with_capacity(chunk.len() * 2);
    for place in chunk {
        let pattern = translate(&patterns.get(*place)?.pattern, whole);
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
