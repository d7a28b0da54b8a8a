use std::fmt;

use crate::{LicensePattern, bounds};

/// The licence of a package: an SPDX licence expression (SPDX 2.3, annex D), or text that is none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct License {
    text: String,
    expression: Expression,
}

/// What an expression is made of. Rules that deny are held against it from the leaves up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Expression {
    Term(Term),
    /// All of them apply: any denied one denies.
    All(Vec<Self>),
    /// The licensee chooses: denied only if each is.
    Any(Vec<Self>),
}

/// One licence, in lower case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Term {
    /// The identifier, and others that mean it too.
    pub(crate) spellings: Vec<String>,
    pub(crate) exception: Option<String>,
}

impl Term {
    pub(crate) fn new(id: &str, exception: Option<&str>) -> Self {
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

impl License {
    /// The licence of a package for which nobody tells one.
    #[must_use]
    pub fn no_assertion() -> Self {
        Self::term("NOASSERTION")
    }

    /// Reads a licence expression.
    ///
    /// Text that is no expression is kept, and counts as if each of its words and the whole of it were licences that
    /// all apply: what cannot be understood must not hide a licence.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        Self {
            text: text.to_owned(),
            expression: read(text).unwrap_or_else(|| words(text)),
        }
    }

    pub(crate) fn term(id: &str) -> Self {
        Self {
            text: id.to_owned(),
            expression: Expression::Term(Term::new(id, None)),
        }
    }

    pub(crate) fn combined(text: String, expression: Expression) -> Self {
        Self { text, expression }
    }

    pub(crate) fn into_expression(self) -> Expression {
        self.expression
    }

    /// As it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Returns whether nobody tells the licence.
    #[must_use]
    pub fn is_no_assertion(&self) -> bool {
        matches!(&self.expression, Expression::Term(term) if term.is_no_assertion())
    }

    /// The first of `patterns` that denies it, if the licence is denied.
    ///
    /// Of alternatives (`OR`) each must be denied, by any of the patterns; of licences that all apply (`AND`) one is
    /// enough.
    #[must_use]
    pub fn denied<'p>(&self, patterns: &'p [LicensePattern]) -> Option<&'p LicensePattern> {
        self.expression.denied(patterns)
    }
}

impl fmt::Display for License {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
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

/// The words of a text that is no expression, and the whole of it.
fn words(text: &str) -> Expression {
    let apart = |c: char| !(c.is_alphanumeric() || ".-+:_".contains(c));
    let mut terms = vec![Expression::Term(Term::new(text.trim(), None))];
    terms.extend(
        text.split(apart)
            .map(|word| word.trim_matches(['.', ':', '-']))
            .filter(|word| !word.is_empty())
            .map(|word| Expression::Term(Term::new(word, None))),
    );
    Expression::All(terms)
}

/// Reads an expression, or returns `None` if the text is none, or beyond the bounds.
fn read(text: &str) -> Option<Expression> {
    let spaced = text.replace('(', " ( ").replace(')', " ) ");
    let tokens: Vec<&str> = spaced.split_ascii_whitespace().collect();
    if tokens.len() > bounds::LICENSE_TERMS * 2 {
        return None;
    }
    let mut reader = Reader { tokens: &tokens };
    let expression = reader.any(0)?;
    reader.tokens.is_empty().then_some(expression)
}

struct Reader<'a> {
    tokens: &'a [&'a str],
}

impl<'a> Reader<'a> {
    fn next_is(&self, word: &str) -> bool {
        self.tokens
            .first()
            .is_some_and(|token| token.eq_ignore_ascii_case(word))
    }

    fn next(&mut self) -> Option<&'a str> {
        let (token, rest) = self.tokens.split_first()?;
        self.tokens = rest;
        Some(token)
    }

    /// `OR` binds least.
    fn any(&mut self, depth: usize) -> Option<Expression> {
        let mut parts = vec![self.all(depth)?];
        while self.next_is("OR") {
            self.next();
            parts.push(self.all(depth)?);
        }
        Some(single(parts, Expression::Any))
    }

    fn all(&mut self, depth: usize) -> Option<Expression> {
        let mut parts = vec![self.simple(depth)?];
        while self.next_is("AND") {
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
        let exception = if self.next_is("WITH") {
            self.next();
            Some(identifier(self.next()?)?)
        } else {
            None
        };
        Some(Expression::Term(Term::new(id, exception)))
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
