//! The text of a licence: an SPDX licence expression, or words.

use crate::bounds;

use super::listed;

/// What an expression is made of. Rules that deny are held against it from the leaves up.
pub(super) enum Expression {
    Term(Term),
    /// All of them apply: any denied one denies.
    All(Vec<Self>),
    /// The licensee chooses: denied only if each is.
    Any(Vec<Self>),
}

/// One licence, in lower case.
pub(crate) struct Term {
    /// The identifier, and others that mean it too.
    pub(crate) spellings: Vec<String>,
    pub(crate) exception: Option<String>,
}

impl Term {
    pub(super) fn new(id: &str, exception: Option<&str>) -> Self {
        let id = id.to_ascii_lowercase();
        let mut spellings = vec![id.clone()];
        let gnu = ["gpl-", "lgpl-", "agpl-", "gfdl-"]
            .iter()
            .any(|family| id.starts_with(family));
        // Deprecated identifiers of the SPDX licence list and what replaced them. A licence or later version of it is
        // also that version: who denies it denies both.
        if let Some(base) = id.strip_suffix("-only").filter(|_| gnu) {
            spellings.push(base.to_owned());
        } else if let Some(base) = id.strip_suffix("-or-later").filter(|_| gnu) {
            spellings.extend([base.to_owned(), format!("{base}+")]);
        } else if let Some(base) = id.strip_suffix('+') {
            let base = base.strip_suffix("-only").filter(|_| gnu).unwrap_or(base);
            spellings.push(base.to_owned());
            if gnu {
                spellings.extend([format!("{base}-or-later"), format!("{base}+")]);
            }
        } else if gnu {
            spellings.push(format!("{id}-only"));
        }
        Self {
            spellings,
            exception: exception.map(str::to_ascii_lowercase),
        }
    }

    pub(crate) fn is_no_assertion(&self) -> bool {
        self.spellings.first().is_some_and(|id| id == "noassertion")
    }
}

/// Which spellings of the operators count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operators {
    /// `OR` alone (SPDX 2.3, annex D.2).
    Upper,
    /// `OR` and `or` (SPDX 3.0, annex "SPDX license expressions", "Case sensitivity").
    UpperOrLower,
}

/// Reads the text of a licence.
///
/// Text that is no expression counts as if each of its words and the whole of it were licences that all apply: what cannot be
/// understood must not hide a licence.
pub(super) fn parse(text: &str, operators: Operators) -> Expression {
    read(text, operators).unwrap_or_else(|| words(text))
}

/// The words of a text that is no expression, and the whole of it.
fn words(text: &str) -> Expression {
    let apart = |c: char| !(c.is_alphanumeric() || ".-+:_".contains(c));
    let mut terms = vec![Expression::Term(Term::new(text.trim(), None))];
    let words = text
        .split(apart)
        .map(|word| word.trim_matches(['.', ':', '-']))
        .filter(|word| !word.is_empty());
    let mut before = ["", ""];
    for word in words {
        let [licence, with] = before;
        if with.eq_ignore_ascii_case("WITH") {
            terms.push(Expression::Term(Term::new(licence, Some(word))));
        }
        terms.push(Expression::Term(Term::new(word, None)));
        before = [with, word];
    }
    Expression::All(terms)
}

/// Reads an expression, or returns `None` if the text is none, or beyond the bounds.
fn read(text: &str, operators: Operators) -> Option<Expression> {
    let spaced = text.replace('(', " ( ").replace(')', " ) ");
    let tokens: Vec<&str> = spaced.split_ascii_whitespace().collect();
    if tokens.len() > bounds::LICENSE_TERMS * 2 {
        return None;
    }
    let mut reader = Reader {
        tokens: &tokens,
        operators,
    };
    let expression = reader.any(0)?;
    reader.tokens.is_empty().then_some(expression)
}

struct Reader<'a> {
    tokens: &'a [&'a str],
    operators: Operators,
}

impl<'a> Reader<'a> {
    fn next_is(&self, is: impl FnOnce(&str) -> bool) -> bool {
        self.tokens.first().is_some_and(|token| is(token))
    }

    fn next(&mut self) -> Option<&'a str> {
        let (token, rest) = self.tokens.split_first()?;
        self.tokens = rest;
        Some(token)
    }

    /// `OR` binds least. It is the one operator that excuses, so that its case counts, and so does what stands beside it: a
    /// word that is no licence is no alternative.
    fn any(&mut self, depth: usize) -> Option<Expression> {
        let mut parts = vec![self.all(depth)?];
        let operators = self.operators;
        let is_or = |token: &str| match operators {
            Operators::Upper => token == "OR",
            Operators::UpperOrLower => matches!(token, "OR" | "or"),
        };
        while self.next_is(is_or) {
            self.next();
            parts.push(self.all(depth)?);
        }
        if parts.len() > 1 && !parts.iter().all(is_of_licences) {
            return None;
        }
        Some(single(parts, Expression::Any))
    }

    fn all(&mut self, depth: usize) -> Option<Expression> {
        let mut parts = vec![self.simple(depth)?];
        while self.next_is(|token| token.eq_ignore_ascii_case("AND")) {
            self.next();
            parts.push(self.simple(depth)?);
        }
        Some(single(parts, Expression::All))
    }

    fn simple(&mut self, depth: usize) -> Option<Expression> {
        let token = self.next()?;
        if token == "(" {
            if depth >= bounds::LICENSE_DEPTH {
                return None;
            }
            let inner = self.any(depth + 1)?;
            return (self.next()? == ")").then_some(inner);
        }
        let id = identifier(token)?;
        let exception = if self.next_is(|token| token.eq_ignore_ascii_case("WITH")) {
            self.next();
            Some(identifier(self.next()?)?)
        } else {
            None
        };
        Some(Expression::Term(Term::new(id, exception)))
    }
}

/// Whether each leaf is a licence, by its form. What is below another `OR` was looked at there.
fn is_of_licences(expression: &Expression) -> bool {
    match expression {
        Expression::Term(term) => term
            .spellings
            .first()
            .is_some_and(|id| listed::is_licence(id)),
        Expression::All(parts) => parts.iter().all(is_of_licences),
        Expression::Any(_) => true,
    }
}

/// `idstring` of the grammar, `DocumentRef-…:` and `+` included, that is no operator.
fn identifier(token: &str) -> Option<&str> {
    let operator = ["AND", "OR", "WITH"]
        .iter()
        .any(|word| token.eq_ignore_ascii_case(word));
    let spelt = token
        .bytes()
        .all(|b| b.is_ascii_alphanumeric() || b".-+:_".contains(&b));
    (!operator && spelt).then_some(token)
}

fn single(mut parts: Vec<Expression>, several: fn(Vec<Expression>) -> Expression) -> Expression {
    match parts.pop() {
        Some(only) if parts.is_empty() => only,
        Some(last) => {
            parts.push(last);
            several(parts)
        }
        None => several(parts),
    }
}
