//! Bounds on the text, before any parser sees it.
//!
//! The parser of the engine recurses a dozen calls deep for every bracket, so that what is nested must be known before.
//! To tell brackets from text without doubt, strings have one form here: in single or double quotes, on one line.
//! Comments, raw strings, bytes and strings in three quotes are left out.

use super::{ConditionError, limits};

/// How deep brackets may be nested: twice what two loops with a list in them need. Without optimisation, 16 still fit
/// the stack of a thread of 2 MiB, and 24 do not.
const BRACKETS: usize = 8;

/// The most signs outside strings that are neither letters, digits nor white space. Each level of a tree takes one at
/// least: this bounds how deep the tree of a chain of operators can be.
const SIGNS: usize = 300;

/// The most conditional operators (`a ? b : c`): the parser recurses for each.
const CHOICES: usize = 8;

pub(super) fn check(source: &str) -> Result<(), ConditionError> {
    bound(source.len(), "bytes", limits::SOURCE)?;
    let mut rest = source.char_indices().peekable();
    let mut open = Vec::new();
    let (mut signs, mut choices, mut before) = (0, 0, ' ');
    while let Some((offset, c)) = rest.next() {
        match c {
            '"' | '\'' if before.is_ascii_alphanumeric() || before == c => {
                let message = "a string has no letter and no other quote before it";
                return Err(refused(source, offset, message));
            }
            '"' | '\'' => {
                let length = string(source, offset, c)?;
                while rest.next_if(|(at, _)| *at < offset + length).is_some() {}
            }
            '/' if rest.peek().is_some_and(|(_, next)| *next == '/') => {
                return Err(refused(source, offset, "conditions have no comments"));
            }
            '(' => open.push(')'),
            '[' => open.push(']'),
            '{' => open.push('}'),
            // A parser that recovers from a bracket too many goes on at a depth that is not known here.
            ')' | ']' | '}' if open.pop() != Some(c) => {
                return Err(refused(source, offset, "a bracket that closes none"));
            }
            '?' => choices += 1,
            _ => {}
        }
        if !c.is_alphanumeric() && !c.is_whitespace() {
            signs += 1;
        }
        bound(open.len(), "brackets in each other", BRACKETS)?;
        bound(signs, "signs outside strings", SIGNS)?;
        bound(choices, "conditional operators", CHOICES)?;
        before = c;
    }
    if open.is_empty() {
        Ok(())
    } else {
        Err(refused(source, source.len(), "a bracket is not closed"))
    }
}

/// How many bytes the string at `start` has, both quotes included.
///
/// A lexer that does not know an escape would go on in the middle of the string, and take its text for operators.
fn string(source: &str, start: usize, quote: char) -> Result<usize, ConditionError> {
    let mut rest = source
        .get(start + quote.len_utf8()..)
        .unwrap_or_default()
        .char_indices();
    while let Some((offset, c)) = rest.next() {
        match c {
            '\\' => {
                let known = match rest.next().map(|(_, escape)| escape) {
                    Some('\\' | '"' | '\'' | 'n' | 'r' | 't') => true,
                    Some('u') => (0..4).all(|_| {
                        rest.next()
                            .is_some_and(|(_, digit)| digit.is_ascii_hexdigit())
                    }),
                    _ => false,
                };
                if !known {
                    let message = r#"an escape that is none of \\ \" \' \n \r \t \u0000"#;
                    return Err(refused(source, start + 1 + offset, message));
                }
            }
            '\n' | '\r' => break,
            end if end == quote => return Ok(offset + 2 * quote.len_utf8()),
            _ => {}
        }
    }
    Err(refused(source, start, "a string ends on its line"))
}

const fn bound(count: usize, what: &'static str, limit: usize) -> Result<(), ConditionError> {
    if count > limit {
        return Err(ConditionError::TooLarge { what, limit });
    }
    Ok(())
}

fn refused(source: &str, offset: usize, message: &str) -> ConditionError {
    let read = source.get(..offset).unwrap_or_default();
    let line = read.rsplit('\n').next().unwrap_or_default();
    ConditionError::Syntax {
        line: read.matches('\n').count() + 1,
        column: line.chars().count() + 1,
        message: message.to_owned(),
    }
}
