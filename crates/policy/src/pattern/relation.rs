//! How two patterns relate, for the linter and for changes of policies.

use doorward_core::Authority;

use super::{canonical, glob};

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
    // Most patterns differ before their first star, and telling that is cheap.
    if !begin_alike(a, b) {
        return false;
    }
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

/// Whether two patterns are the same until the first star of either.
fn begin_alike(a: &str, b: &str) -> bool {
    let head = |pattern: &str| pattern.find('*').unwrap_or(pattern.len());
    let common = head(a).min(head(b));
    a.as_bytes().get(..common) == b.as_bytes().get(..common)
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

/// The images that a pattern may govern by any of their names: patterns over full names. They may match more.
#[derive(Debug)]
pub(crate) struct Reach(Vec<String>);

impl Reach {
    pub(crate) fn of(pattern: &str) -> Self {
        const HUB: &str = "docker.io";
        let pattern = canonical(pattern);
        let mut forms = Vec::new();
        match pattern.split_once('/') {
            None => forms.extend([
                format!("{HUB}/{pattern}"),
                format!("{HUB}/library/{pattern}"),
            ]),
            Some((host, rest)) => {
                let is_open = host.contains('*');
                if is_open {
                    // Other names of the registry may fit the star.
                    forms.push(format!("*/{rest}"));
                }
                if is_open || host == HUB {
                    forms.push(format!("{HUB}/library/{rest}"));
                }
                if is_open || !Authority::is_written_in(host) {
                    forms.push(format!("{HUB}/{pattern}"));
                }
            }
        }
        forms.push(pattern);
        // An image that is named by a digest is also known by its name with an empty tag.
        let by_tag: Vec<String> = forms
            .iter()
            .map(|form| {
                let name = form.split_once('@').map_or(form.as_str(), |(name, _)| name);
                format!("{name}:*")
            })
            .collect();
        forms.extend(by_tag);
        Self(forms)
    }

    /// Whether some image may be governed by both. May say so where none is, and does where no steps are left.
    pub(crate) fn meets(&self, other: &Self, steps: &mut Steps) -> bool {
        self.0
            .iter()
            .any(|form| other.0.iter().any(|other| meet(form, other, steps)))
    }
}

fn meet(a: &str, b: &str, steps: &mut Steps) -> bool {
    // Most patterns differ before their first star, and what takes long is not done for them.
    if !steps.take(FEW_STEPS) {
        return true;
    }
    begin_alike(a, b) && (!steps.take((a.len() + 1).saturating_mul(b.len() + 1)) || overlaps(a, b))
}

/// About what it takes to tell that two patterns begin differently.
const FEW_STEPS: usize = 20;

/// How much more may be compared.
#[derive(Debug)]
pub(crate) struct Steps(usize);

impl Steps {
    pub(crate) const fn of(steps: usize) -> Self {
        Self(steps)
    }

    /// Takes `steps` away. Once there are too few, there are none any more.
    pub(crate) const fn take(&mut self, steps: usize) -> bool {
        match self.0.checked_sub(steps) {
            Some(left) => {
                self.0 = left;
                true
            }
            None => {
                self.0 = 0;
                false
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::pattern::matches_reference;
    use crate::spelling::Spellings;

    fn meets(a: &str, b: &str) -> bool {
        Reach::of(a).meets(&Reach::of(b), &mut Steps::of(usize::MAX))
    }

    #[test]
    fn patterns_that_no_steps_are_left_for_meet() {
        let (a, b) = (Reach::of("r.example/a"), Reach::of("s.example/b"));
        let mut steps = Steps::of(usize::MAX);
        assert!(!a.meets(&b, &mut steps));
        for left in [0, 1, FEW_STEPS] {
            assert!(a.meets(&b, &mut Steps::of(left)));
        }
    }

    #[test]
    fn patterns_that_govern_one_image_under_different_names_meet() {
        for (a, b) in [
            ("r.example/*", "r.example/app"),
            ("r.example/app:1", "r.example/app"),
            ("r.example/app@sha256:*", "r.example/app:*"),
            ("R.example:443/app", "r.example/*"),
            ("*:443/app", "r.example/app"),
            ("nginx", "docker.io/library/nginx"),
            ("nginx", "index.docker.io/*"),
            ("library/*", "nginx"),
            ("docker.io/nginx", "library/nginx:1"),
            ("team/app", "docker.io/team/*"),
            ("*.docker.io/nginx", "library/nginx"),
            ("*", "r.example/app"),
            ("*app", "r.example/app"),
        ] {
            assert!(meets(a, b), "{a} {b}");
            assert!(meets(b, a), "{b} {a}");
        }
        for (a, b) in [
            ("r.example/*", "s.example/*"),
            ("r.example/app", "r.example/app-2"),
            ("r.example/app:1", "r.example/app:2"),
            ("nginx", "r.example/nginx"),
            ("team/app", "docker.io/library/app"),
        ] {
            assert!(!meets(a, b), "{a} {b}");
        }
    }

    #[test]
    fn patterns_that_match_spellings_of_one_image_meet() {
        let patterns = [
            "*",
            "**",
            "*/*",
            "*nginx",
            "n*x:1",
            "nginx",
            "nginx:*",
            "nginx@sha256:*",
            "library/nginx",
            "library/*",
            "lib*/nginx:1",
            "team/app",
            "docker.io/*",
            "docker.io/nginx",
            "docker.io/team/*",
            "docker.io/library/nginx:1",
            "Docker.io:443/nginx",
            "index.docker.io/*",
            "registry-1.*/nginx",
            "*.docker.io/library/nginx",
            "*:443/nginx",
            "r.example*",
            "r.example/*",
            "R.Example/app",
            "R.*/app",
            "*.example:443/app",
            "r.example:443/app:1",
            "r.example:44*/app",
            "r.example:*/app",
            "r.example:5000/*",
            "r.example/app:*",
            "r.example/app@*",
            "r.example/app:1@*",
            "r.example/a*:1",
            "s.example/app",
        ];
        let digest = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        let names = [
            "nginx",
            "team/app",
            "docker.io/nginx",
            "index.docker.io/library/nginx",
            "r.example/app",
            "R.Example:443/app",
            "r.example:5000/app",
            "s.example/app",
        ];
        let images = names.into_iter().flat_map(|name| {
            [
                name.to_owned(),
                format!("{name}:1"),
                format!("{name}@{digest}"),
                format!("{name}:1@{digest}"),
            ]
        });
        for image in images {
            let spellings = Spellings::of(&image).expect("a reference");
            let texts: Vec<String> = spellings
                .canonical()
                .iter()
                .cloned()
                .chain(spellings.of_other_registry_names())
                .collect();
            let governs = |pattern: &&&str| {
                let pattern = canonical(pattern);
                texts.iter().any(|text| matches_reference(&pattern, text))
            };
            let governing: Vec<&&str> = patterns.iter().filter(governs).collect();
            assert!(!governing.is_empty(), "{image}");
            for a in &governing {
                for b in &governing {
                    assert!(meets(a, b), "{image}: {a} {b}");
                }
            }
        }
    }

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
