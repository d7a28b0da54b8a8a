//! Bounds on the tree, and what may stand in it.

use cel::common::ast::{EntryExpr, Expr, IdedExpr, operators};
use doorward_core::text::one_line;

use super::{ConditionError, limits};

/// The variable that the document is bound to.
pub(super) const PREDICATE: &str = "predicate";

/// Functions that take work in the size of what they are given, and no more. `dyn` and `type` only look.
const FUNCTIONS: [&str; 11] = [
    "bool",
    "contains",
    "double",
    "dyn",
    "endsWith",
    "int",
    "size",
    "startsWith",
    "string",
    "type",
    "uint",
];

/// Names of types, which are values in CEL: `type(x) == string`.
const TYPES: [&str; 9] = [
    "bool",
    "bytes",
    "double",
    "int",
    "list",
    "map",
    "null_type",
    "string",
    "uint",
];

const OPERATORS: [&str; 19] = [
    operators::ADD,
    operators::CONDITIONAL,
    operators::DIVIDE,
    operators::EQUALS,
    operators::GREATER,
    operators::GREATER_EQUALS,
    operators::IN,
    operators::INDEX,
    operators::LESS,
    operators::LESS_EQUALS,
    operators::LOGICAL_AND,
    operators::LOGICAL_NOT,
    operators::LOGICAL_OR,
    operators::MODULO,
    operators::MULTIPLY,
    operators::NEGATE,
    operators::NOT_EQUALS,
    operators::NOT_STRICTLY_FALSE,
    operators::SUBSTRACT,
];

pub(super) fn check(expression: &IdedExpr) -> Result<(), ConditionError> {
    let mut walk = Walk {
        nodes: 0,
        scope: Vec::new(),
    };
    walk.node(expression, 0, 0)
}

struct Walk<'e> {
    nodes: usize,
    /// The variables of the loops around a node, their accumulators included.
    scope: Vec<&'e str>,
}

impl<'e> Walk<'e> {
    fn node(
        &mut self,
        node: &'e IdedExpr,
        depth: usize,
        loops: usize,
    ) -> Result<(), ConditionError> {
        self.nodes += 1;
        for (count, what, limit) in [
            (self.nodes, "parts", limits::NODES),
            (depth, "parts in each other", limits::DEPTH),
            (loops, "loops in each other", limits::LOOPS),
        ] {
            if count > limit {
                return Err(ConditionError::TooLarge { what, limit });
            }
        }
        let depth = depth + 1;
        match &node.expr {
            Expr::Literal(_) => Ok(()),
            Expr::Ident(name) => {
                let known = name == PREDICATE
                    || self.scope.contains(&name.as_str())
                    || TYPES.contains(&name.as_str());
                if known {
                    Ok(())
                } else {
                    Err(unknown("variable", name))
                }
            }
            Expr::Select(select) => self.node(&select.operand, depth, loops),
            Expr::Call(call) => {
                let name = call.func_name.as_str();
                if !FUNCTIONS.contains(&name) && !OPERATORS.contains(&name) {
                    return Err(unknown("function", name));
                }
                call.target
                    .iter()
                    .map(AsRef::as_ref)
                    .chain(&call.args)
                    .try_for_each(|part| self.node(part, depth, loops))
            }
            Expr::List(list) => {
                if !list.optional_indices.is_empty() {
                    return Err(unknown("syntax", "[?"));
                }
                list.elements
                    .iter()
                    .try_for_each(|part| self.node(part, depth, loops))
            }
            Expr::Map(map) => map.entries.iter().try_for_each(|entry| match &entry.expr {
                EntryExpr::MapEntry(entry) if !entry.optional => {
                    self.node(&entry.key, depth, loops)?;
                    self.node(&entry.value, depth, loops)
                }
                _ => Err(unknown("syntax", "{?")),
            }),
            Expr::Comprehension(each) => {
                if each.iter_var2.is_some() {
                    return Err(unknown("loop with two variables", &each.iter_var));
                }
                // The name of the document stays its own.
                if each.iter_var == PREDICATE {
                    return Err(unknown("loop variable", PREDICATE));
                }
                self.node(&each.iter_range, depth, loops)?;
                self.node(&each.accu_init, depth, loops)?;
                let outer = self.scope.len();
                self.scope
                    .extend([each.iter_var.as_str(), each.accu_var.as_str()]);
                for part in [&each.loop_cond, &each.loop_step, &each.result] {
                    self.node(part, depth, loops + 1)?;
                }
                self.scope.truncate(outer);
                Ok(())
            }
            Expr::Struct(_) => Err(unknown("syntax", "Type{}")),
            Expr::Unspecified => Err(unknown("part", "unspecified")),
        }
    }
}

fn unknown(what: &'static str, name: &str) -> ConditionError {
    ConditionError::Unknown {
        what,
        name: one_line(name, 60),
    }
}
