//! Entries of which one is selected.

use std::cell::OnceCell;
use std::cmp::Reverse;

use super::Entry;
use crate::pattern::{Hit, Matcher, canonical, has_open_host};
use crate::spelling::Spellings;

/// Entries of which one is selected.
#[derive(Debug, Default)]
pub(super) struct Table {
    pub(super) entries: Vec<Entry>,
    /// The place of each among the entries of all tables that are selected among together, in rising order.
    orders: Vec<usize>,
    written: Matcher,
    /// The same patterns with canonical hosts, if that is a difference.
    canonical: Option<Matcher>,
    /// Those of them that may match the image under another name of its registry only, and their places.
    open: Option<(Matcher, Vec<usize>)>,
}

impl Table {
    pub(super) fn new(entries: Vec<Entry>) -> Self {
        let orders = (0..entries.len()).collect();
        Self::among_others(entries, orders)
    }

    /// Entries that are selected among together with those of other tables, with the place of each among all of them.
    pub(super) fn among_others(entries: Vec<Entry>, orders: Vec<usize>) -> Self {
        let mut table = Self::compile(entries, |patterns| {
            Matcher::compile(patterns.iter().copied())
        });
        table.orders = orders;
        table
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
            orders: (0..entries.len()).collect(),
            entries,
            written,
            canonical,
            open,
        }
    }

    /// The entries, each with its place among all that are selected among together.
    pub(super) fn placed(&self) -> Vec<(&usize, &Entry)> {
        self.orders.iter().zip(&self.entries).collect()
    }

    /// What is selected of these entries alone.
    pub(super) fn select(&self, image: &Image<'_>) -> Selected<'_> {
        self.hits(image).selected()
    }

    /// What of these entries matches the image in each of the ways that count.
    pub(super) fn hits(&self, image: &Image<'_>) -> Hits<'_> {
        let Image {
            text, spellings, ..
        } = image;
        let ranked = |hit: Hit| {
            let entry = self.entries.get(hit.index)?;
            let order = *self.orders.get(hit.index)?;
            Some(Ranked {
                entry,
                rank: (hit.exact, hit.specificity, Reverse(order)),
            })
        };
        let whole = self.written.select(text);
        let mut hits = Hits::default();
        let Some(spellings) = spellings else {
            hits.whole = whole.and_then(ranked);
            return hits;
        };
        if let Some((tagged, untagged)) = beside_digest(text) {
            hits.has_tag_beside_digest = true;
            hits.tagged = self.written.select(tagged).and_then(ranked);
            // An entry for this very text has the digest in it.
            if whole.is_none_or(|hit| !hit.exact) {
                hits.untagged = best(&self.written, &untagged).and_then(ranked);
            }
        }
        let normalised = match (&self.canonical, spellings.canonical()) {
            (None, [only]) if only == text => whole,
            (canonical, texts) => best(canonical.as_ref().unwrap_or(&self.written), texts),
        };
        let renamed = self.open.as_ref().and_then(|(matcher, places)| {
            let texts = image
                .renamed
                .get_or_init(|| spellings.of_other_registry_names());
            let hit = best(matcher, texts)?;
            let index = *places.get(hit.index)?;
            Some(Hit { index, ..hit })
        });
        hits.whole = whole.and_then(ranked);
        hits.normalised = normalised.and_then(ranked);
        hits.renamed = renamed.and_then(ranked);
        hits
    }
}

/// An image that entries are selected for.
pub(super) struct Image<'i> {
    text: &'i str,
    spellings: Option<Spellings>,
    /// With other names of its registry, once that is asked.
    renamed: OnceCell<Vec<String>>,
}

impl<'i> Image<'i> {
    pub(super) fn of(text: &'i str) -> Self {
        Self {
            text,
            spellings: Spellings::of(text),
            renamed: OnceCell::new(),
        }
    }
}

/// An entry that matches, and what it has against others: an equal text, then the more specific pattern, then the earlier
/// one.
#[derive(Clone, Copy, Debug)]
struct Ranked<'t> {
    entry: &'t Entry,
    rank: (bool, usize, Reverse<usize>),
}

/// The entry that wins in each of the ways in which an image is compared.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Hits<'t> {
    has_tag_beside_digest: bool,
    /// The image as written.
    whole: Option<Ranked<'t>>,
    /// The same, up to its digest.
    tagged: Option<Ranked<'t>>,
    /// The same, without the tag beside its digest. Not asked for where an entry equals the whole.
    untagged: Option<Ranked<'t>>,
    /// Its canonical spellings.
    normalised: Option<Ranked<'t>>,
    /// Other names of its registry.
    renamed: Option<Ranked<'t>>,
}

impl<'t> Hits<'t> {
    /// What wins among the entries of two tables.
    pub(super) fn or(self, other: Self) -> Self {
        let better = |a: Option<Ranked<'t>>, b: Option<Ranked<'t>>| match (a, b) {
            (Some(a), Some(b)) if b.rank > a.rank => Some(b),
            (Some(a), _) => Some(a),
            (None, b) => b,
        };
        Self {
            has_tag_beside_digest: self.has_tag_beside_digest || other.has_tag_beside_digest,
            whole: better(self.whole, other.whole),
            tagged: better(self.tagged, other.tagged),
            untagged: better(self.untagged, other.untagged),
            normalised: better(self.normalised, other.normalised),
            renamed: better(self.renamed, other.renamed),
        }
    }

    /// Whether anything matches.
    pub(super) const fn is_any(&self) -> bool {
        let Self {
            has_tag_beside_digest: _,
            whole,
            tagged,
            untagged,
            normalised,
            renamed,
        } = self;
        whole.is_some()
            || tagged.is_some()
            || untagged.is_some()
            || normalised.is_some()
            || renamed.is_some()
    }

    /// The entry for the image as written, the one for its canonical spellings if that is another, and the one for other
    /// names of its registry if it outranks that.
    pub(super) fn selected(self) -> Selected<'t> {
        let is_exact = |hit: &Ranked<'_>| hit.rank.0;
        let (written, beside) = if self.has_tag_beside_digest {
            let written = self.whole.filter(is_exact).or(self.untagged);
            (written, [self.whole, self.tagged])
        } else {
            (self.whole, [None, None])
        };
        let renamed = self.renamed.filter(|renamed| {
            let normalised = self.normalised;
            normalised.is_none_or(|known| renamed.rank >= known.rank)
        });
        let mut seen: Vec<Reverse<usize>> = Vec::new();
        let mut new = |hit: &Ranked<'t>| {
            let is_new = !seen.contains(&hit.rank.2);
            seen.push(hit.rank.2);
            is_new.then_some(hit.entry)
        };
        let governing = [written, self.normalised, renamed];
        let governing = governing.iter().flatten().filter_map(&mut new).collect();
        let beside = beside.iter().flatten().filter_map(&mut new).collect();
        Selected { governing, beside }
    }
}

/// The entries that were selected for an image.
#[derive(Debug, Default)]
pub(super) struct Selected<'t> {
    /// Those for the image.
    governing: Vec<&'t Entry>,
    /// Those that only match the text with the tag that stands beside a digest. Nothing verifies that tag, so they apply
    /// in addition to others, and never in their place.
    beside: Vec<&'t Entry>,
}

impl<'t> Selected<'t> {
    /// Whether something decides about the image.
    pub(super) const fn decides(&self) -> bool {
        !self.governing.is_empty()
    }

    /// What decides about the image in the scope of the tables.
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
    let rank = |hit: &Hit| (hit.exact, hit.specificity, Reverse(hit.index));
    if rank(&b) > rank(&a) { b } else { a }
}
