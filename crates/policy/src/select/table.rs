//! Entries of which one is selected.

use super::Entry;
use crate::pattern::{Hit, Matcher, canonical, has_open_host};
use crate::spelling::Spellings;

/// Entries of which one is selected.
#[derive(Debug, Default)]
pub(super) struct Table {
    pub(super) entries: Vec<Entry>,
    written: Matcher,
    /// The same patterns with canonical hosts, if that is a difference.
    canonical: Option<Matcher>,
    /// Those of them that may match the image under another name of its registry only, and their places.
    open: Option<(Matcher, Vec<usize>)>,
}

impl Table {
    pub(super) fn new(entries: Vec<Entry>) -> Self {
        Self::compile(entries, |patterns| {
            Matcher::compile(patterns.iter().copied())
        })
    }

    /// The entries of a namespace, whose authors may mean harm.
    pub(super) fn of_namespace(entries: Vec<Entry>) -> Self {
        Self::compile(entries, |patterns| {
            Matcher::without_automata(patterns.iter().copied())
        })
    }

    fn compile(entries: Vec<Entry>, matcher: impl Fn(&[&str]) -> Matcher) -> Self {
        let patterns = || entries.iter().map(|entry| entry.rule.entry.as_str());
        let written = matcher(&patterns().collect::<Vec<_>>());
        let spelled: Vec<String> = patterns().map(canonical).collect();
        let differs = spelled
            .iter()
            .zip(patterns())
            .any(|(canonical, written)| canonical != written);
        let all = || spelled.iter().map(String::as_str);
        let canonical = differs.then(|| matcher(&all().collect::<Vec<_>>()));
        let places: Vec<usize> = spelled
            .iter()
            .enumerate()
            .filter(|(_, pattern)| has_open_host(pattern))
            .map(|(place, _)| place)
            .collect();
        let open = (!places.is_empty()).then(|| {
            let patterns = places.iter().filter_map(|place| spelled.get(*place));
            let patterns: Vec<&str> = patterns.map(String::as_str).collect();
            (matcher(&patterns), places)
        });
        Self {
            entries,
            written,
            canonical,
            open,
        }
    }

    /// The entry for the image as written, the one for its canonical spellings if that is another, and the one for
    /// other names of its registry if it outranks that.
    pub(super) fn select(&self, image: &str, spellings: Option<&Spellings>) -> Selected<'_> {
        let mut beside = [None, None];
        let written = match beside_digest(image) {
            Some((tagged, untagged)) if spellings.is_some() => {
                let whole = self.written.select(image);
                beside = [whole, self.written.select(tagged)];
                // An entry for this very text has the digest in it.
                whole
                    .filter(|hit| hit.exact)
                    .or_else(|| best(&self.written, &untagged))
            }
            _ => self.written.select(image),
        };
        let normalised = match (&self.canonical, spellings.map(Spellings::canonical)) {
            (_, None) => None,
            (None, Some([only])) if only == image => written,
            (canonical, Some(texts)) => {
                let matcher = canonical.as_ref().unwrap_or(&self.written);
                best(matcher, texts)
            }
        };
        let renamed = self.open.as_ref().zip(spellings).and_then(|(open, all)| {
            let (matcher, places) = open;
            let hit = best(matcher, &all.of_other_registry_names())?;
            let index = *places.get(hit.index)?;
            let hit = Hit { index, ..hit };
            normalised
                .is_none_or(|known| better(known, hit) == hit)
                .then_some(hit)
        });
        let mut selected = Selected::default();
        let mut seen: Vec<usize> = Vec::new();
        let mut new = |hit: &Hit| {
            let is_new = !seen.contains(&hit.index);
            seen.push(hit.index);
            is_new.then(|| self.entries.get(hit.index)).flatten()
        };
        let governing = [written, normalised, renamed];
        selected.governing = governing.iter().flatten().filter_map(&mut new).collect();
        selected.beside = beside.iter().flatten().filter_map(&mut new).collect();
        selected
    }
}

/// The entries of one table that were selected for an image.
#[derive(Debug, Default)]
pub(super) struct Selected<'t> {
    /// Those for the image.
    governing: Vec<&'t Entry>,
    /// Those that only match the text with the tag that stands beside a digest. Nothing verifies that tag, so they apply
    /// in addition to others, and never in their place.
    beside: Vec<&'t Entry>,
}

impl<'t> Selected<'t> {
    /// What decides about the image in the scope of the table.
    pub(super) fn deciding(self) -> Vec<&'t Entry> {
        if self.governing.is_empty() {
            return Vec::new();
        }
        self.additional()
    }

    /// What applies to the image besides, if something else decides about it.
    pub(super) fn additional(self) -> Vec<&'t Entry> {
        [self.beside, self.governing].concat()
    }
}

/// Of an image that is written with a tag and a digest: the text up to the digest, and the spellings without the tag.
fn beside_digest(image: &str) -> Option<(&str, [String; 2])> {
    let (tagged, digest) = image.split_once('@')?;
    let last = tagged.rfind('/').map_or(0, |slash| slash + 1);
    let colon = last + tagged.get(last..)?.find(':')?;
    let name = tagged.get(..colon)?;
    Some((tagged, [format!("{name}@{digest}"), format!("{name}:")]))
}

/// The hit that wins among texts.
fn best(matcher: &Matcher, texts: &[String]) -> Option<Hit> {
    texts
        .iter()
        .filter_map(|text| matcher.select(text))
        .reduce(better)
}

/// The hit that wins among spellings: an equal text, then the more specific pattern, then the earlier one.
fn better(a: Hit, b: Hit) -> Hit {
    let rank = |hit: &Hit| (hit.exact, hit.specificity, std::cmp::Reverse(hit.index));
    if rank(&b) > rank(&a) { b } else { a }
}
