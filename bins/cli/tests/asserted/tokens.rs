//! Rust as tokens, as far as it takes to tell code from comments and to match brackets.

/// One token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Token {
    /// A name or keyword.
    Word(String),
    /// The content of a string literal, escapes and all.
    Text(String),
    /// Anything else, one character at a time.
    Sign(char),
}

impl Token {
    pub(crate) fn is(&self, word: &str) -> bool {
        matches!(self, Self::Word(found) if found == word)
    }
}

/// The tokens of a source, without comments, numbers, character literals and lifetimes.
pub(crate) fn tokens(source: &str) -> Vec<Token> {
    let chars: Vec<char> = source.chars().collect();
    let at = |index: usize| chars.get(index).copied().unwrap_or('\0');
    let mut found = Vec::new();
    let mut i = 0;
    while i < chars.len() {
        let c = at(i);
        if c == '/' && at(i + 1) == '/' {
            while i < chars.len() && at(i) != '\n' {
                i += 1;
            }
        } else if c == '/' && at(i + 1) == '*' {
            let mut depth = 0;
            loop {
                match (at(i), at(i + 1)) {
                    ('/', '*') => (depth, i) = (depth + 1, i + 2),
                    ('*', '/') => (depth, i) = (depth - 1, i + 2),
                    _ => i += 1,
                }
                if depth == 0 || i >= chars.len() {
                    break;
                }
            }
        } else if c == 'r' && (at(i + 1) == '"' || (at(i + 1) == '#' && "#\"".contains(at(i + 2))))
        {
            let hashes = (i + 1..).take_while(|&index| at(index) == '#').count();
            let start = i + 2 + hashes;
            let ends = |end: usize| at(end) == '"' && (1..=hashes).all(|n| at(end + n) == '#');
            let end = (start..chars.len())
                .find(|&end| ends(end))
                .unwrap_or(chars.len());
            found.push(Token::Text(chars[start.min(end)..end].iter().collect()));
            i = end + 1 + hashes;
        } else if c == '"' {
            let mut end = i + 1;
            while end < chars.len() && at(end) != '"' {
                end += if at(end) == '\\' { 2 } else { 1 };
            }
            let end = end.min(chars.len());
            found.push(Token::Text(chars[i + 1..end].iter().collect()));
            i = end + 1;
        } else if c == '\'' {
            // A character literal ends with a quote; a lifetime does not.
            let length = match (at(i + 1), at(i + 2)) {
                ('\\', _) => (i + 3..chars.len())
                    .find(|&end| at(end) == '\'')
                    .map_or(1, |end| end + 1 - i),
                (_, '\'') => 3,
                _ => 1,
            };
            i += length;
        } else if c.is_alphabetic() || c == '_' {
            let end = (i..)
                .find(|&end| !(at(end).is_alphanumeric() || at(end) == '_'))
                .unwrap();
            found.push(Token::Word(chars[i..end].iter().collect()));
            i = end;
        } else {
            if !c.is_whitespace() && !c.is_ascii_digit() {
                found.push(Token::Sign(c));
            }
            i += 1;
        }
    }
    found
}
