//! What is risky about entries that apply together.

use std::collections::{HashMap, HashSet};

use doorward_core::{Digest, Reference};

use super::Named;
use crate::diagnostic::quoted;
use crate::pattern::{canonical, glob, overlaps, specificity, tags_of};
use crate::spelling::Spellings;
use crate::{Diagnostic, LintCode, Mode, PolicySet, Selection};

/// The most pairs of entries that are compared. Beyond, findings about pairs may be missing.
const MOST_PAIRS: usize = 200_000;
/// The most findings of one sort for one scope.
const MOST_FINDINGS: usize = 50;

/// Entries that can never be selected because an earlier one matches the same and is as specific.
pub(super) fn repeated(entries: &[Named<'_>], found: &mut Vec<Diagnostic>) {
    let mut seen: HashMap<String, Named<'_>> = HashMap::new();
    for named in entries {
        let collapsed = collapse(&named.entry.pattern);
        let Some(first) = seen.get(&collapsed) else {
            seen.insert(collapsed, *named);
            continue;
        };
        // The entries of a floor apply beside those of other objects.
        if named.policy.floor && !std::ptr::eq(named.policy, first.policy) {
            continue;
        }
        // Where the first does not count, the other one does.
        if !first.policy.selectors.cover(&named.policy.selectors) {
            continue;
        }
        let place = place(first);
        found.push(if first.entry.pattern == named.entry.pattern {
            let message = format!(
                "{} stands at {place} already, and the first entry is the one that counts",
                quoted(&named.entry.pattern)
            );
            named.finding(LintCode::DuplicatePattern, message)
        } else {
            let message = format!(
                "{} at {place} matches the same images and always wins",
                quoted(&first.entry.pattern)
            );
            named.finding(LintCode::UnreachableEntry, message)
        });
    }
}

fn place(named: &Named<'_>) -> String {
    if named.entry.at.line > 0 {
        format!("{}:{}", named.policy.source, named.entry.at.line)
    } else {
        format!(
            "entry {} of {}",
            named.entry.index,
            quoted(&named.policy.name)
        )
    }
}

/// Runs of stars mean the same as one.
fn collapse(pattern: &str) -> String {
    let mut collapsed = String::with_capacity(pattern.len());
    for c in pattern.chars() {
        if !(c == '*' && collapsed.ends_with('*')) {
            collapsed.push(c);
        }
    }
    collapsed
}

/// Entries for many hosts that win against an entry for one host, because they have more letters elsewhere.
pub(super) fn outranked(entries: &[Named<'_>], found: &mut Vec<Diagnostic>) {
    let halves = |named: &Named<'_>| {
        let (host, path) = named.entry.pattern.split_once('/')?;
        Some((host.to_owned(), path.to_owned()))
    };
    let (wide, exact): (Vec<_>, Vec<_>) = entries
        .iter()
        .filter_map(|named| Some((*named, halves(named)?)))
        .partition(|(_, (host, _))| host.contains('*'));
    let mut pairs = 0;
    for (winner, (host, path)) in &wide {
        let loser = exact.iter().find(|(other, (other_host, other_path))| {
            pairs += 1;
            pairs <= MOST_PAIRS
                && specificity(&winner.entry.pattern) > specificity(&other.entry.pattern)
                && glob(host, other_host)
                && overlap_with_any_tag(path, other_path)
        });
        if let Some((loser, _)) = loser {
            let message = format!(
                "{} has more literal characters than {}, so it wins on that host as well",
                quoted(&winner.entry.pattern),
                quoted(&loser.entry.pattern)
            );
            found.push(winner.finding(LintCode::WildcardHostOutranks, message));
        }
    }
}

fn overlap_with_any_tag(a: &str, b: &str) -> bool {
    let tagged = |pattern: &str| format!("{pattern}:*");
    overlaps(a, b)
        || overlaps(a, &tagged(b))
        || overlaps(&tagged(a), b)
        || overlaps(&tagged(a), &tagged(b))
}

/// Entries that name tags and have images pinned to digests, which they do not govern.
pub(super) fn pinned_away(
    set: &PolicySet,
    namespace: Option<&str>,
    entries: &[Named<'_>],
    found: &mut Vec<Diagnostic>,
) {
    let mut findings = 0;
    for named in entries {
        if findings >= MOST_FINDINGS {
            return;
        }
        let pins = named
            .entry
            .body
            .as_ref()
            .is_ok_and(|body| body.mutate_image.pins_anywhere() && !body.is_unchecked());
        let enforced = matches!(&named.entry.body, Ok(body) if body.mode == Mode::Enforce);
        let pattern = canonical(&named.entry.pattern);
        let Some((name, _)) = tags_of(&pattern).filter(|_| pins) else {
            continue;
        };
        let image = format!("{}@{}", name.replace('*', "x"), Digest::sha256(b""));
        if image.parse::<Reference>().is_err() {
            continue;
        }
        let shown = quoted(&named.entry.pattern);
        let message = match set.select(&image, namespace) {
            Selection::Match(selected) => match selected.entries.first() {
                Some(other) => format!(
                    "{shown} names a tag, so it does not govern the digest that it pins an image to: {} does",
                    quoted(&other.rule.entry)
                ),
                None => continue,
            },
            Selection::NoMatch { .. } | Selection::NoPolicy | Selection::Unknown { .. } => format!(
                "{shown} names a tag, and no entry governs the digest that it pins an image to, so {}; an entry for {} governs both",
                if enforced {
                    "what it admits is refused when it is looked at again"
                } else {
                    "what it verifies is not pinned"
                },
                quoted(
                    named
                        .entry
                        .pattern
                        .get(..named.entry.pattern.len() - (pattern.len() - name.len()))
                        .unwrap_or(name)
                )
            ),
        };
        found.push(named.finding(LintCode::TagEntry, message));
        findings += 1;
    }
}

/// Entries that govern an image together with another one, depending on how the image is spelled.
pub(super) fn spelled_differently(
    set: &PolicySet,
    namespace: Option<&str>,
    entries: &[Named<'_>],
    found: &mut Vec<Diagnostic>,
) {
    let mut reported = HashSet::new();
    for named in entries {
        if reported.len() >= MOST_FINDINGS {
            return;
        }
        for image in examples(&named.entry.pattern) {
            let Selection::Match(selected) = set.select(&image, namespace) else {
                continue;
            };
            let [written, meant, ..] = selected.entries.as_slice() else {
                continue;
            };
            if !selected.spelling_conflict
                || !reported.insert((written.rule.entry.clone(), meant.rule.name.clone()))
            {
                continue;
            }
            let message = format!(
                "an image spelled {} is governed by {} as it is written and by {} as what it means; both must pass",
                quoted(&image),
                quoted(&written.rule.entry),
                quoted(&meant.rule.entry)
            );
            found.push(named.finding(LintCode::SpellingConflict, message));
            break;
        }
    }
}

/// Some spellings of an image that the pattern is meant for.
fn examples(pattern: &str) -> Vec<String> {
    let image = pattern.replace('*', "x");
    let Some(spellings) = Spellings::of(&image) else {
        return Vec::new();
    };
    let mut images = spellings.canonical().to_vec();
    images.extend(spellings.of_other_registry_names());
    images.push(image);
    images.retain(|image| image.parse::<Reference>().is_ok());
    images
}
