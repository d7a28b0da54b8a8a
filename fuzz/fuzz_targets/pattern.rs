//! Patterns. The quick ways give the answers of the slow ones: a glob is what its definition says, and many compiled
//! patterns select what trying them one after another would.

#![no_main]

use doorward_policy::pattern::{
    Matcher, canonical, glob, glob_any_tag, matches_reference, specificity,
};
use libfuzzer_sys::arbitrary::{self, Arbitrary};
use libfuzzer_sys::fuzz_target;

#[derive(Arbitrary, Debug)]
struct Input {
    patterns: Vec<String>,
    text: String,
}

fuzz_target!(|input: Input| {
    let Input { patterns, text } = input;
    for pattern in &patterns {
        assert_eq!(
            glob(pattern, &text),
            by_definition(pattern.as_bytes(), text.as_bytes()),
            "{pattern:?}"
        );
        assert_eq!(
            glob_any_tag(pattern, &text),
            glob(pattern, &text) || glob(&format!("{pattern}:*"), &text),
            "{pattern:?}"
        );
        let canonical = canonical(pattern);
        assert_eq!(doorward_policy::pattern::canonical(&canonical), canonical);
    }
    let compiled = Matcher::compile(patterns.iter().map(String::as_str)).select(&text);
    let slow = patterns
        .iter()
        .enumerate()
        .filter(|(_, pattern)| matches_reference(pattern, &text))
        .map(|(index, pattern)| {
            let exact = **pattern == text && !pattern.contains('*');
            (exact, specificity(pattern), std::cmp::Reverse(index))
        })
        .max();
    // Longer than any reference is: the compiled form looks no further.
    if text.len() <= doorward_policy::pattern::MAX_TEXT {
        assert_eq!(
            compiled.map(|hit| hit.index),
            slow.map(|(_, _, index)| index.0),
            "{patterns:?} on {text:?}"
        );
    }
});

/// `*` stands for any bytes. Each entry of the table says whether the pattern so far matches so much of the text.
fn by_definition(pattern: &[u8], text: &[u8]) -> bool {
    let mut reach = vec![false; text.len() + 1];
    reach[0] = true;
    for &byte in pattern {
        if byte == b'*' {
            let mut any = false;
            for place in &mut reach {
                any |= *place;
                *place = any;
            }
        } else {
            for at in (0..text.len()).rev() {
                reach[at + 1] = reach[at] && text[at] == byte;
            }
            reach[0] = false;
        }
    }
    reach[text.len()]
}
