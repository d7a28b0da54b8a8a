//! How two patterns relate, for the linter.

use super::glob;

/// A character that stands for "anything" when one pattern is compared with another. No reference contains it.
const ANYTHING: &str = "\u{0}";

/// Whether everything that `narrow` matches as a glob, `wide` matches too. May miss that it does.
#[must_use]
pub fn covers(wide: &str, narrow: &str) -> bool {
    // Only a star of `wide` can match the stand-in, and a star that matches it matches any text in its place.
    !wide.contains(ANYTHING) && glob(wide, &narrow.replace('*', ANYTHING))
}

/// Whether some text is matched by both patterns as globs. Takes time proportional to the product of their lengths.
#[must_use]
pub fn overlaps(a: &str, b: &str) -> bool {
    let b = b.as_bytes();
    // `row[j]`: the part of `a` read so far and the first `j` bytes of `b` have a text in common.
    let mut row = vec![false; b.len() + 1];
    if let Some(first) = row.first_mut() {
        *first = true;
    }
    spread(&mut row, b, false);
    for byte in a.bytes() {
        let mut next = vec![false; row.len()];
        for (j, reached) in row.iter().enumerate() {
            if !reached {
                continue;
            }
            // Reading `byte` of `a` alone: it is a star that stands for nothing, or a star of `b` takes it.
            let taken_by_star = b.get(j).is_some_and(|other| *other == b'*')
                || (j > 0 && b.get(j - 1) == Some(&b'*'));
            if byte == b'*' || taken_by_star {
                set(&mut next, j);
            }
            if byte != b'*' && b.get(j) == Some(&byte) {
                set(&mut next, j + 1);
            }
        }
        spread(&mut next, b, byte == b'*');
        row = next;
    }
    row.last().copied().unwrap_or(false)
}

fn set(row: &mut [bool], at: usize) {
    if let Some(cell) = row.get_mut(at) {
        *cell = true;
    }
}

/// Adds what can be reached by reading `b` alone: its stars, and anything under a star of `a`.
fn spread(row: &mut [bool], b: &[u8], under_star: bool) {
    for (j, byte) in b.iter().enumerate() {
        if row.get(j).copied().unwrap_or(false) && (under_star || *byte == b'*') {
            set(row, j + 1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_wider_pattern_covers_a_narrower() {
        assert!(covers("a*", "a*b"));
        assert!(covers("*", "x"));
        assert!(covers("a*c", "abc"));
        assert!(!covers("a*b", "a*"));
        assert!(!covers("abc", "a*c"));
    }

    #[test]
    fn patterns_overlap_if_some_text_fits_both() {
        assert!(overlaps("a*", "*b"));
        assert!(overlaps("*", ""));
        assert!(overlaps("r*.example", "r.*"));
        assert!(overlaps("ab*ab", "ab*b"));
        assert!(!overlaps("a*", "b*"));
        assert!(!overlaps("*x", "*y"));
        assert!(!overlaps("", "a"));
    }

    proptest! {
        #[test]
        fn a_common_text_means_an_overlap(a in "[ab*]{0,6}", b in "[ab*]{0,6}", text in "[ab]{0,6}") {
            if glob(&a, &text) && glob(&b, &text) {
                prop_assert!(overlaps(&a, &b));
            }
            prop_assert_eq!(overlaps(&a, &b), overlaps(&b, &a));
        }

        #[test]
        fn what_is_covered_is_matched(wide in "[ab*]{0,6}", narrow in "[ab*]{0,6}", text in "[ab]{0,8}") {
            if covers(&wide, &narrow) && glob(&narrow, &text) {
                prop_assert!(glob(&wide, &text));
            }
        }

        #[test]
        fn overlap_with_a_literal_is_matching_it(pattern in "[ab*]{0,8}", text in "[ab]{0,8}") {
            prop_assert_eq!(overlaps(&pattern, &text), glob(&pattern, &text));
        }
    }
}
