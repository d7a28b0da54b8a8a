//! Conditions: expressions in CEL over a whole document.
//!
//! The engine, `cel`, has no budget for an evaluation. What it is given is therefore bounded before: the text, the tree
//! that it parses to, the functions in it, and an estimate of the work over the very document. This file and its folder
//! are the only ones that know the engine.

mod cost;
mod predicate;
mod source;
mod tree;

use std::sync::Arc;

use cel::common::ast::IdedExpr;
use cel::{Env, ExecutionError, Value};
use doorward_core::text::one_line;

pub use predicate::Predicate;

use cost::Measure;

/// The bounds of conditions.
pub(crate) mod limits {
    /// The most bytes of a condition: 2 KiB, four times what Kubernetes' own examples have.
    pub(crate) const SOURCE: usize = 2 << 10;
    /// The most nodes of the tree, with macros expanded: `all` and `exists` have six beside what they are given.
    pub(crate) const NODES: usize = 512;
    /// How deep the tree may be. The engine recurses; optimised, it takes less than 250 KB of stack for what is let
    /// through.
    pub(crate) const DEPTH: usize = 48;
    /// How many loops (`all`, `exists`, `exists_one`, `filter`, `map`) may stand in each other.
    pub(crate) const LOOPS: usize = 2;
    /// The most work of an evaluation, in the units of [`cost`](super::cost). A unit took at most 63 ns where it was
    /// measured, so that this is at most about 1.3 seconds.
    pub(crate) const COST: u64 = 20_000_000;
}

/// A condition: an expression in the Common Expression Language that is true of a document or not.
///
/// `predicate` is the document. The operators and macros of CEL can be used, `has`, `size`, `contains`, `startsWith`,
/// `endsWith`, `int`, `uint`, `double`, `string`, `bool`, `type` and `dyn`. Regular expressions (`matches`) and times
/// are left out: the first because of their cost, the second because conditions have no clock.
#[derive(Clone, Debug)]
pub struct Condition {
    source: String,
    expression: Arc<IdedExpr>,
}

/// Why a condition is not read, or was not decided. Neither is "true".
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ConditionError {
    /// The text, its nesting, or the number of its parts is beyond the bound.
    #[error("a condition has at most {limit} {what}")]
    TooLarge {
        /// What there is too much of.
        what: &'static str,
        /// The bound.
        limit: usize,
    },
    /// It is no CEL.
    #[error("line {line}, column {column}: {message}")]
    Syntax {
        /// The line, from 1.
        line: usize,
        /// The column, from 1.
        column: usize,
        /// What is wrong.
        message: String,
    },
    /// It has a variable, function or other part that conditions do not have.
    #[error("conditions have no {what} {name:?}")]
    Unknown {
        /// Of which kind it is.
        what: &'static str,
        /// Its name.
        name: String,
    },
    /// It could take longer than the bound: over any document when it is read, or over this one.
    #[error("would take {cost} steps, the most are {limit}")]
    TooCostly {
        /// The estimate.
        cost: u64,
        /// The bound.
        limit: u64,
    },
    /// Its value is not true or false.
    #[error("is of the type {found}, not true or false")]
    NotBoolean {
        /// The type of its value.
        found: String,
    },
    /// The document does not have a member that it needs.
    #[error("the document has no member {name:?}")]
    Missing {
        /// The name of the member.
        name: String,
    },
    /// It cannot be decided of this document: types that do not fit, an index out of bounds, a division by zero.
    #[error("cannot be decided: {reason}")]
    Undecided {
        /// Why.
        reason: String,
    },
}

impl Condition {
    /// The longest condition, in bytes.
    pub const MAX_BYTES: usize = limits::SOURCE;

    /// Reads a condition.
    ///
    /// # Errors
    /// All but the last three of [`ConditionError`].
    pub fn parse(source: &str) -> Result<Self, ConditionError> {
        source::check(source)?;
        let expression = Env::stdlib().parser().parse(source).map_err(|errors| {
            let first = errors.errors.first();
            let position = |part: fn(&(isize, isize)) -> isize| {
                first
                    .and_then(|error| usize::try_from(part(&error.pos)).ok())
                    .unwrap_or(1)
            };
            ConditionError::Syntax {
                line: position(|pos| pos.0).max(1),
                column: position(|pos| pos.1).max(1),
                message: one_line(first.map_or("not an expression", |error| &error.msg), 200),
            }
        })?;
        tree::check(&expression)?;
        within(cost::estimate(&expression, Measure::LEAST))?;
        Ok(Self {
            source: source.to_owned(),
            expression: Arc::new(expression),
        })
    }

    /// As it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.source
    }

    /// The most work that deciding it of a document takes, in units of which one takes some 60 ns at most.
    #[must_use]
    pub fn cost(&self, predicate: &Predicate) -> u64 {
        cost::estimate(&self.expression, predicate.measure())
    }

    /// Decides it of a document.
    ///
    /// # Errors
    /// The last four of [`ConditionError`]. None of them is an answer: a demand for the condition is then not met.
    pub fn evaluate(&self, predicate: &Predicate) -> Result<bool, ConditionError> {
        within(self.cost(predicate))?;
        match Value::resolve(&self.expression, predicate.context()) {
            Ok(Value::Bool(decided)) => Ok(decided),
            Ok(other) => Err(ConditionError::NotBoolean {
                found: other.type_of().to_string(),
            }),
            Err(error) => Err(undecided(error)),
        }
    }
}

impl PartialEq for Condition {
    fn eq(&self, other: &Self) -> bool {
        self.source == other.source
    }
}

impl Eq for Condition {}

const fn within(cost: u64) -> Result<(), ConditionError> {
    if cost > limits::COST {
        return Err(ConditionError::TooCostly {
            cost,
            limit: limits::COST,
        });
    }
    Ok(())
}

/// The error in our words: those of the engine show whole values, and a value may be the document.
fn undecided(error: ExecutionError) -> ConditionError {
    let reason = match error {
        ExecutionError::NoSuchKey(name) => {
            return ConditionError::Missing {
                name: one_line(&name, 100),
            };
        }
        ExecutionError::NoSuchOverload(overload) => one_line(&overload.to_string(), 200),
        ExecutionError::UndeclaredReference(name) => {
            format!("nothing is called {}", one_line(&name, 100))
        }
        ExecutionError::IndexOutOfBounds(_) => "an index is out of bounds".to_owned(),
        ExecutionError::DivisionByZero(_) | ExecutionError::RemainderByZero(_) => {
            "a division by zero".to_owned()
        }
        ExecutionError::Overflow(..) => "a number is out of range".to_owned(),
        ExecutionError::UnexpectedType { got, want } => {
            format!(
                "a value is of the type {}, not {}",
                one_line(&got, 60),
                one_line(&want, 60)
            )
        }
        _ => "values of these types do not fit together".to_owned(),
    };
    ConditionError::Undecided { reason }
}
