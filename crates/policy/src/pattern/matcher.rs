use std::collections::{BTreeMap, HashMap};

use super::globs::Globs;

/// The most bytes of a text that patterns are compared with. A valid reference has at most 520.
pub const MAX_TEXT: usize = 1024;

/// Many patterns, compiled: finds the one that governs a text without looking at most of them.
///
/// A pattern without a star that equals the text wins at once. Else the most specific of those that match by
/// [`matches_reference`](super::matches_reference) wins, and the first of equals.
///
/// Patterns without a star are found by hash, the others through the literal text that they begin with. Where many
/// begin alike, a [`globset`] decides between them.
#[derive(Debug, Default)]
pub struct Matcher {
    literals: HashMap<Box<str>, usize>,
    /// Sorted by text.
    stems: Vec<Stem>,
}

/// What a text is governed by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hit {
    /// The index of the pattern, in the order in which they were compiled.
    pub index: usize,
    /// The pattern's [`specificity`](super::specificity).
    pub specificity: usize,
    /// Whether the pattern equals the text.
    pub exact: bool,
}

/// The patterns that begin with the same literal text and go on with a star.
#[derive(Debug)]
struct Stem {
    text: Box<str>,
    /// The longest other stem that this one begins with.
    parent: Option<usize>,
    /// The first pattern that is nothing but the stem and its star.
    open: Option<usize>,
    globs: Globs,
}

impl Matcher {
    /// Compiles `patterns`. Their order decides between equally specific ones.
    pub fn compile<'p>(patterns: impl IntoIterator<Item = &'p str>) -> Self {
        Self::of(patterns, Globs::build)
    }

    /// The same, for patterns of authors who may mean harm: those that begin alike are compared one after the other,
    /// which is slower for most and takes no longer than that for any. An automaton can be made to.
    pub(crate) fn without_automata<'p>(patterns: impl IntoIterator<Item = &'p str>) -> Self {
        Self::of(patterns, Globs::sort)
    }

    fn of<'p>(patterns: impl IntoIterator<Item = &'p str>, build: fn(&mut Globs)) -> Self {
        let mut literals = HashMap::new();
        let mut by_stem: BTreeMap<&str, (Option<usize>, Globs)> = BTreeMap::new();
        for (index, pattern) in patterns.into_iter().enumerate() {
            match pattern.split_once('*') {
                None => {
                    literals.entry(Box::from(pattern)).or_insert(index);
                }
                Some((stem, rest)) => {
                    let (open, globs) = by_stem.entry(stem).or_default();
                    if rest.bytes().all(|byte| byte == b'*') {
                        open.get_or_insert(index);
                    } else {
                        globs.add(index, pattern);
                    }
                }
            }
        }
        let mut stems: Vec<Stem> = Vec::with_capacity(by_stem.len());
        let mut enclosing: Vec<usize> = Vec::new();
        for (text, (open, mut globs)) in by_stem {
            build(&mut globs);
            let begins = |at: &usize| {
                stems
                    .get(*at)
                    .is_some_and(|stem| text.starts_with(&*stem.text))
            };
            while enclosing.last().is_some_and(|last| !begins(last)) {
                enclosing.pop();
            }
            let parent = enclosing.last().copied();
            enclosing.push(stems.len());
            stems.push(Stem {
                text: text.into(),
                parent,
                open,
                globs,
            });
        }
        Self { literals, stems }
    }

    /// The pattern that governs `text`. A text of more than [`MAX_TEXT`] bytes is governed by none.
    #[must_use]
    pub fn select(&self, text: &str) -> Option<Hit> {
        if text.len() > MAX_TEXT {
            return None;
        }
        if let Some(index) = self.literals.get(text) {
            return Some(Hit {
                index: *index,
                specificity: text.len(),
                exact: true,
            });
        }
        let mut best = self.literal_of_any_tag(text);
        let mut stem = self.longest_stem(text);
        while let Some(at) = stem {
            if let Some(open) = at.open {
                best = better(best, (at.text.len(), open));
            }
            let least = best.map_or(0, |(specificity, _)| specificity);
            if let Some(found) = at.globs.first(text, least) {
                best = better(best, found);
            }
            stem = at.parent.and_then(|parent| self.stems.get(parent));
        }
        best.map(|(specificity, index)| Hit {
            index,
            specificity,
            exact: false,
        })
    }

    /// The longest pattern without a star that is followed by a colon in `text`.
    fn literal_of_any_tag(&self, text: &str) -> Option<(usize, usize)> {
        text.rmatch_indices(':').find_map(|(colon, _)| {
            let index = self.literals.get(text.get(..colon)?)?;
            Some((colon, *index))
        })
    }

    /// The longest stem that `text` begins with. Its ancestors are all the others.
    fn longest_stem(&self, text: &str) -> Option<&Stem> {
        // Whatever stands in the sorted list between a stem and a text that begins with it begins with it too, so
        // the stem is the last one not behind the text, or one of its ancestors.
        let behind = self.stems.partition_point(|stem| &*stem.text <= text);
        let mut stem = self.stems.get(behind.checked_sub(1)?);
        while let Some(at) = stem {
            if text.starts_with(&*at.text) {
                break;
            }
            stem = at.parent.and_then(|parent| self.stems.get(parent));
        }
        stem
    }
}

/// The more specific of two, and the first of equals.
fn better(a: Option<(usize, usize)>, b: (usize, usize)) -> Option<(usize, usize)> {
    match a {
        Some(a) if a.0 > b.0 || (a.0 == b.0 && a.1 <= b.1) => Some(a),
        _ => Some(b),
    }
}
