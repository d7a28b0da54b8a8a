mod expression;
mod listed;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

use crate::LicensePattern;
pub(crate) use expression::Term;
use expression::{Expression, Operators};

/// The licence of a package: an SPDX licence expression (SPDX 2.3, annex D), or text that is none.
///
/// It is shared: a clone holds nothing of its own, and packages under the same licence have the same one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct License(Arc<Inner>);

#[derive(Debug, PartialEq, Eq)]
struct Inner {
    text: Arc<str>,
    content: Content,
    is_untold: bool,
}

#[derive(Debug, PartialEq, Eq)]
enum Content {
    /// One licence, whatever its name is made of.
    Name,
    /// An expression or words. It is taken apart while it is judged, so that it is held once.
    Text(Operators),
    /// All of them apply: any denied one denies.
    All(Vec<License>),
    /// The licensee chooses: denied only if each is.
    Any(Vec<License>),
    /// All of them apply, and a refusal names each by itself.
    Each(Vec<License>),
}

/// The licence that a rule denies, with the pattern that denies it.
pub(crate) type Denied<'p> = (License, &'p LicensePattern);

/// What was judged already of the licences of one document, each by where it is held, and for itself or beside others.
pub(crate) type Judged<'p> = BTreeMap<(*const (), Beside), Option<Denied<'p>>>;

/// What else a document says of the licence of a package.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Beside {
    /// No licence: where this one says nothing, nobody tells one.
    Nothing,
    /// A licence: where this one says nothing, it is a licence of that name.
    Licences,
}

/// The longest text that a set of licences is shown with, in characters.
const SHOWN: usize = 200;

impl License {
    /// The licence of a package for which nobody tells one.
    #[must_use]
    pub fn no_assertion() -> Self {
        Self::term("NOASSERTION")
    }

    /// Reads a licence expression, in which the operators are in capitals (SPDX 2.3, annex D.2).
    ///
    /// Text that is no expression is kept, and counts as if each of its words and the whole of it were licences that
    /// all apply: what cannot be understood must not hide a licence. `OR` between words that are no licences, as in
    /// "AGPL-3.0 OR later", makes no expression.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        Self::leaf(text, Content::Text(Operators::Upper))
    }

    /// The same with `or` in small letters too (SPDX 3.0, annex "SPDX license expressions").
    pub(crate) fn parse_3(text: &str) -> Self {
        Self::leaf(text, Content::Text(Operators::UpperOrLower))
    }

    pub(crate) fn term(id: &str) -> Self {
        Self::leaf(id, Content::Name)
    }

    /// All of which apply.
    pub(crate) fn all(parts: Vec<Self>) -> Self {
        Self::set(shown(&parts, " AND "), Content::All, parts)
    }

    /// Of which the licensee chooses one. An empty choice is denied by nothing.
    pub(crate) fn any(parts: Vec<Self>) -> Self {
        Self::set(shown(&parts, " OR "), Content::Any, parts)
    }

    /// All of which apply, and each of which a refusal names by itself.
    pub(crate) fn each(parts: Vec<Self>) -> Self {
        Self::set(shown(&parts, ", "), Content::Each, parts)
    }

    /// One licence under several names, any of which may be denied.
    pub(crate) fn named(names: Vec<Self>) -> Self {
        Self::set(shown(&names, " "), Content::All, names)
    }

    /// What an operator made of another licence, which still counts for itself.
    pub(crate) fn also(whole: Self, subject: Self) -> Self {
        let text = Arc::clone(&whole.0.text);
        Self::set(text, Content::All, vec![whole, subject])
    }

    fn leaf(text: &str, content: Content) -> Self {
        Self(Arc::new(Inner {
            text: text.into(),
            content,
            is_untold: is_untold(text),
        }))
    }

    fn set(text: Arc<str>, content: fn(Vec<Self>) -> Content, parts: Vec<Self>) -> Self {
        Self(Arc::new(Inner {
            text,
            is_untold: !parts.is_empty() && parts.iter().all(Self::is_no_assertion),
            content: content(parts),
        }))
    }

    /// As it was written. Of a set in SPDX 3, its members with the operator between them, at most 200 characters.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0.text
    }

    /// Returns whether nobody tells the licence: `NOASSERTION`, "unknown", or text without a letter or digit.
    #[must_use]
    pub fn is_no_assertion(&self) -> bool {
        self.0.is_untold
    }

    /// Whether it says as little as a licence that is not there.
    pub(crate) fn is_silent(&self) -> bool {
        let text = self.as_str().trim();
        self.is_no_assertion() && (text.is_empty() || text.eq_ignore_ascii_case("NOASSERTION"))
    }

    /// Whether somebody tells a licence, and not that there is none.
    pub(crate) fn is_told(&self) -> bool {
        !self.is_no_assertion() && !self.as_str().trim().eq_ignore_ascii_case("NONE")
    }

    /// Where it is held: two that are the same here are the same licence.
    pub(crate) fn place(&self) -> *const () {
        Arc::as_ptr(&self.0).cast()
    }

    /// The first of `patterns` that denies it, if the licence is denied.
    ///
    /// Of alternatives (`OR`) each must be denied, by any of the patterns; of licences that all apply (`AND`) one is
    /// enough.
    #[must_use]
    pub fn denied<'p>(&self, patterns: &'p [LicensePattern]) -> Option<&'p LicensePattern> {
        self.judged(patterns, Beside::Nothing, &mut Judged::new())
            .map(|(_, pattern)| pattern)
    }

    /// The same with the licence that is denied: a part of this one where a refusal names each part by itself. What is in
    /// `known` was judged by the same patterns, and is not judged again.
    pub(crate) fn judged<'p>(
        &self,
        patterns: &'p [LicensePattern],
        beside: Beside,
        known: &mut Judged<'p>,
    ) -> Option<Denied<'p>> {
        let key = (self.place(), beside);
        if let Some(known) = known.get(&key) {
            return known.clone();
        }
        let denied = self.looked_at(patterns, beside, known).or_else(|| {
            let untold = self.is_no_assertion() && beside == Beside::Nothing;
            let mut patterns = patterns.iter().filter(|_| untold);
            let pattern = patterns.find(|pattern| pattern.is("NOASSERTION"))?;
            Some((self.clone(), pattern))
        });
        known.insert(key, denied.clone());
        denied
    }

    fn looked_at<'p>(
        &self,
        patterns: &'p [LicensePattern],
        beside: Beside,
        known: &mut Judged<'p>,
    ) -> Option<Denied<'p>> {
        let own = |pattern| (self.clone(), pattern);
        match &self.0.content {
            // No star covers what is not there.
            Content::Name | Content::Text(_) if self.is_silent() => None,
            Content::Name => {
                let term = Term::new(self.as_str(), None);
                let found = patterns.iter().find(|pattern| pattern.matches(&term));
                found.map(own)
            }
            Content::Text(operators) => expression::parse(self.as_str(), *operators)
                .denied(patterns)
                .map(own),
            Content::All(parts) => {
                let mut parts = parts.iter();
                let found = parts.find_map(|part| part.judged(patterns, beside, known));
                found.map(|(_, pattern)| own(pattern))
            }
            Content::Each(parts) => {
                let mut parts = parts.iter();
                parts.find_map(|part| part.judged(patterns, beside, known))
            }
            Content::Any(parts) => {
                let denied: Option<Vec<_>> = parts
                    .iter()
                    .map(|part| part.judged(patterns, beside, known))
                    .collect();
                denied
                    .and_then(|denied| denied.first().map(|(_, pattern)| *pattern))
                    .map(own)
            }
        }
    }

    /// How many terms are held against each pattern at most, without those of licences that are in `seen`.
    pub(crate) fn terms(&self, seen: &mut BTreeSet<*const ()>) -> usize {
        if !seen.insert(self.place()) {
            return 1;
        }
        match &self.0.content {
            // A word takes two bytes with what is beside it, and the whole text is one more.
            Content::Name | Content::Text(_) => 2 + self.as_str().len() / 2,
            Content::All(parts) | Content::Any(parts) | Content::Each(parts) => {
                1 + parts.iter().map(|part| part.terms(seen)).sum::<usize>()
            }
        }
    }
}

impl fmt::Display for License {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Expression {
    fn denied<'p>(&self, patterns: &'p [LicensePattern]) -> Option<&'p LicensePattern> {
        match self {
            Self::Term(term) => patterns.iter().find(|pattern| pattern.matches(term)),
            Self::All(parts) => parts.iter().find_map(|part| part.denied(patterns)),
            Self::Any(parts) => {
                let mut first = None;
                for part in parts {
                    let pattern = part.denied(patterns)?;
                    first = first.or(Some(pattern));
                }
                first
            }
        }
    }
}

/// What tools write where they know no licence.
fn is_untold(text: &str) -> bool {
    let text = text.trim();
    ["NOASSERTION", "UNKNOWN", "N/A"]
        .iter()
        .any(|word| text.eq_ignore_ascii_case(word))
        || !text.chars().any(char::is_alphanumeric)
}

/// The texts of licences in a row, as many as can be shown.
fn shown(parts: &[License], between: &str) -> Arc<str> {
    let mut text = String::new();
    for (place, part) in parts.iter().enumerate() {
        if place > 0 {
            text.push_str(between);
        }
        let left = SHOWN.saturating_sub(text.len());
        text.extend(part.as_str().chars().take(left));
        if text.len() >= SHOWN {
            text.push('…');
            break;
        }
    }
    text.into()
}
