//! Which codes the tests of a package assert.

use std::collections::BTreeSet;
use std::ops::Range;

use doorward::codes;
use doorward_core::Code;

use super::tokens::{Token, tokens};

/// More codes than this in one pair of brackets are a list.
const LIST: usize = 16;

/// The tests of one package.
#[derive(Default)]
pub(crate) struct Package {
    /// What the names of its own codes begin with, if it is of a scheme.
    own: &'static str,
    sources: Vec<Vec<Token>>,
    expected: BTreeSet<Code>,
}

impl Package {
    pub(crate) fn new(own: &'static str) -> Self {
        Self {
            own,
            ..Self::default()
        }
    }

    /// A source, all of it tests or with its tests under `#[cfg(test)]`.
    pub(crate) fn add_source(&mut self, text: &str, whole: bool) {
        let all = tokens(text);
        let start = if whole { Some(0) } else { tests(&all) };
        if let Some(start) = start {
            self.sources.push(all[start..].to_vec());
        }
    }

    /// A file that a test compares outcomes with: the name of a case and its code on each line.
    pub(crate) fn add_expectations(&mut self, text: &str) {
        let codes = text.lines().filter_map(|line| line.split_once(' '));
        self.expected
            .extend(codes.filter_map(|(_, code)| named(code.trim())));
    }

    /// The codes that are asserted.
    pub(crate) fn asserted(&self) -> BTreeSet<Code> {
        let asserters = self.asserters();
        let mut found = self.expected.clone();
        for source in &self.sources {
            let file = File::new(source, &asserters);
            let mentions = file.mentions(self.own);
            for (index, code) in &mentions {
                if !found.contains(code) && file.is_asserted(*index, &mentions) {
                    found.insert(*code);
                }
            }
        }
        found
    }

    /// The functions that make an assertion, also through another one.
    fn asserters(&self) -> BTreeSet<String> {
        let mut known = BTreeSet::new();
        loop {
            let before = known.len();
            for source in &self.sources {
                let file = File::new(source, &known);
                let new: Vec<String> = file
                    .functions()
                    .filter(|(_, body)| file.asserts_in(body.clone()))
                    .map(|(name, _)| name.to_owned())
                    .collect();
                known.extend(new);
            }
            if known.len() == before {
                return known;
            }
        }
    }
}

fn named(name: &str) -> Option<Code> {
    codes().into_iter().find(|code| code.as_str() == name)
}

/// The code whose constant is `constant` in the table of a scheme, whose codes begin with `scheme`.
fn constant(scheme: &str, constant: &str) -> Option<Code> {
    let name = constant.to_ascii_lowercase().replace('_', "-");
    named(format!("{scheme}-{name}").trim_start_matches('-'))
}

/// Where the tests of a source begin.
fn tests(all: &[Token]) -> Option<usize> {
    all.windows(4).position(|window| {
        window[0].is("cfg")
            && window[1] == Token::Sign('(')
            && window[2].is("test")
            && window[3] == Token::Sign(')')
    })
}

/// A source with its brackets matched.
struct File<'a> {
    tokens: &'a [Token],
    asserters: &'a BTreeSet<String>,
    /// For every token the opening bracket around it.
    outer: Vec<Option<usize>>,
    /// For every opening bracket its closing one.
    closes: Vec<usize>,
}

impl<'a> File<'a> {
    fn new(tokens: &'a [Token], asserters: &'a BTreeSet<String>) -> Self {
        let mut outer = vec![None; tokens.len()];
        let mut closes = vec![tokens.len(); tokens.len()];
        let mut open: Vec<usize> = Vec::new();
        for (index, token) in tokens.iter().enumerate() {
            if let Token::Sign(')' | ']' | '}') = token
                && let Some(start) = open.pop()
            {
                closes[start] = index;
            }
            outer[index] = open.last().copied();
            if let Token::Sign('(' | '[' | '{') = token {
                open.push(index);
            }
        }
        Self {
            tokens,
            asserters,
            outer,
            closes,
        }
    }

    fn sign(&self, index: usize, sign: char) -> bool {
        self.tokens.get(index) == Some(&Token::Sign(sign))
    }

    fn word(&self, index: usize) -> Option<&'a str> {
        match self.tokens.get(index) {
            Some(Token::Word(word)) => Some(word),
            _ => None,
        }
    }

    /// Every place that names a code: `Code::CONSTANT`, `codes::CONSTANT` of the package's `own` scheme or of one that
    /// is named, or a text with its name as a whole word.
    fn mentions(&self, own: &str) -> Vec<(usize, Code)> {
        let mut found = Vec::new();
        for (index, token) in self.tokens.iter().enumerate() {
            match token {
                Token::Word(word) => {
                    let scheme = match word.as_str() {
                        "Code" => "",
                        "codes" => own,
                        "notary_codes" => "notary",
                        "simple_codes" => "simple",
                        _ => continue,
                    };
                    let code = self.word(index + 3).and_then(|name| constant(scheme, name));
                    found.extend(code.map(|code| (index, code)));
                }
                Token::Text(text) => {
                    let words = text.split(|c: char| {
                        !(c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
                    });
                    found.extend(words.filter_map(named).map(|code| (index, code)));
                }
                _ => {}
            }
        }
        found
    }

    /// The functions of the source and their bodies.
    fn functions(&self) -> impl Iterator<Item = (&'a str, Range<usize>)> {
        (0..self.tokens.len())
            .filter(|index| self.tokens[*index].is("fn"))
            .filter_map(|index| {
                let body = (index..self.tokens.len()).find(|&at| {
                    self.outer[at] == self.outer[index]
                        && (self.sign(at, '{') || self.sign(at, ';'))
                })?;
                self.sign(body, '{').then(|| {
                    (
                        self.word(index + 1).unwrap_or_default(),
                        body..self.closes[body],
                    )
                })
            })
    }

    /// Whether the bracket at `open` holds the arguments of an assertion, or of a function that makes one.
    fn is_assertion(&self, open: usize) -> bool {
        if !self.sign(open, '(') || open == 0 {
            return false;
        }
        if self.sign(open - 1, '!') {
            let name = open
                .checked_sub(2)
                .and_then(|at| self.word(at))
                .unwrap_or_default();
            let name = name.strip_prefix("prop_").unwrap_or(name);
            return name.starts_with("assert") && name != "assert_ne";
        }
        let defined = open >= 2 && self.tokens[open - 2].is("fn");
        !defined
            && self
                .word(open - 1)
                .is_some_and(|name| self.asserters.contains(name))
    }

    fn asserts_in(&self, range: Range<usize>) -> bool {
        range.into_iter().any(|index| self.is_assertion(index))
    }

    /// Whether the bracket at `open` holds what a rejection or verdict is built from.
    fn builds(&self, open: usize) -> bool {
        open >= 4 && self.tokens[open - 1].is("new") && self.tokens[open - 4].is("Rejection")
    }

    fn is_asserted(&self, mention: usize, mentions: &[(usize, Code)]) -> bool {
        let mut inner = mention;
        while let Some(open) = self.outer[inner] {
            if self.builds(open) || self.is_list(open, mentions) {
                return false;
            }
            if self.is_assertion(open) || self.is_table(open) {
                return true;
            }
            if self.sign(open, '{') && self.is_compared(open, inner) {
                return true;
            }
            inner = open;
        }
        self.is_compared(0, inner)
    }

    fn is_list(&self, open: usize, mentions: &[(usize, Code)]) -> bool {
        let inside = open..self.closes[open];
        self.sign(open, '[')
            && mentions
                .iter()
                .filter(|(at, _)| inside.contains(at))
                .count()
                > LIST
    }

    /// Whether the bracket is what a loop runs over that makes an assertion.
    fn is_table(&self, open: usize) -> bool {
        let before = (0..open)
            .rev()
            .find(|&at| !self.sign(at, '&') && !self.sign(at, '!') && self.word(at) != Some("vec"));
        if !before.is_some_and(|at| self.tokens[at].is("in")) {
            return false;
        }
        let body = (self.closes[open]..self.tokens.len())
            .find(|&at| self.outer[at] == self.outer[open] && self.sign(at, '{'));
        body.is_some_and(|body| self.asserts_in(body..self.closes[body]))
    }

    /// Whether the statement in the block at `block` that holds `inner` gives a name to a value, and an assertion
    /// compares with that name later, or runs in a loop over it.
    fn is_compared(&self, block: usize, inner: usize) -> bool {
        let start = (block..inner)
            .rev()
            .find(|&at| {
                self.outer[at] == self.outer[inner] && (self.sign(at, ';') || self.sign(at, '}'))
            })
            .map_or(block, |at| at + 1);
        let name = (start..inner)
            .find(|&at| {
                ["let", "const", "static"]
                    .iter()
                    .any(|word| self.tokens[at].is(word))
            })
            .and_then(|at| {
                (at + 1..inner)
                    .find_map(|at| self.word(at).filter(|word| !["mut", "ref"].contains(word)))
            });
        let Some(name) = name else {
            return false;
        };
        let scope = inner..self.tokens.len();
        scope
            .clone()
            .any(|index| self.tokens[index].is(name) && self.counts(index))
            || (block == 0
                && (0..start).any(|index| self.tokens[index].is(name) && self.counts(index)))
    }

    /// Whether a name stands in an assertion, or is what a loop with one runs over.
    fn counts(&self, index: usize) -> bool {
        let mut inner = index;
        while let Some(open) = self.outer[inner] {
            if self.is_assertion(open) {
                return true;
            }
            inner = open;
        }
        let looped = (index.saturating_sub(3)..index).any(|at| self.tokens[at].is("in"));
        let body = (index..self.tokens.len()).find(|&at| {
            self.outer[at] == self.outer[index] && (self.sign(at, '{') || self.sign(at, ';'))
        });
        looped
            && body.is_some_and(|body| {
                self.sign(body, '{') && self.asserts_in(body..self.closes[body])
            })
    }
}
