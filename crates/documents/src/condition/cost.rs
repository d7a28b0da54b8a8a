//! An upper bound on the work of an evaluation, from the tree and the size of the document.
//!
//! A unit is one node evaluated, or one value or 16 bytes of text looked at, copied or compared. The work and the size
//! of each part are linear in the sizes of the variables of the loops around it. Over all elements of a collection,
//! those sizes add up to the size of the collection, so that a walk through a document costs what the document is
//! large. Loops over the same thing in each other, which compare everything with everything, cost the product.

use cel::common::ast::{
    CallExpr, ComprehensionExpr, EntryExpr, Expr, IdedExpr, LiteralValue, operators,
};

use super::tree::PREDICATE;

/// What a built list, map or text costs more than one that is looked at, per unit: it takes memory, about 100 bytes a
/// unit.
const BUILT: u64 = 16;

/// How large a document is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Measure {
    /// Values, and 16 bytes of text.
    pub(super) units: u64,
    /// The most elements or members of one array or object.
    pub(super) widest: u64,
}

impl Measure {
    /// The least document that a condition must be good for when it is read: an inventory of a small image.
    pub(super) const LEAST: Self = Self {
        units: 20_000,
        widest: 256,
    };
}

/// An upper bound in units: a number, and a multiple of the size of each loop's variable, the outermost first.
#[derive(Clone, Debug, Default)]
struct Bound {
    fixed: u64,
    of: Vec<u64>,
}

impl Bound {
    const fn units(fixed: u64) -> Self {
        Self {
            fixed,
            of: Vec::new(),
        }
    }

    fn variable(level: usize) -> Self {
        let mut of = vec![0; level];
        of.push(1);
        Self { fixed: 0, of }
    }

    fn plus(mut self, other: &Self) -> Self {
        self.fixed = self.fixed.saturating_add(other.fixed);
        if self.of.len() < other.of.len() {
            self.of.resize(other.of.len(), 0);
        }
        for (one, two) in self.of.iter_mut().zip(&other.of) {
            *one = one.saturating_add(*two);
        }
        self
    }

    fn times(mut self, factor: u64) -> Self {
        self.fixed = self.fixed.saturating_mul(factor);
        for of in &mut self.of {
            *of = of.saturating_mul(factor);
        }
        self
    }

    fn is_number(&self) -> bool {
        self.of.iter().all(|of| *of == 0)
    }

    /// The most that it can be: no variable is larger than `most`.
    fn number(&self, most: u64) -> u64 {
        self.of.iter().fold(self.fixed, |sum, of| {
            sum.saturating_add(of.saturating_mul(most))
        })
    }
}

/// What is known of a part.
struct Part {
    work: Bound,
    size: Bound,
    /// Whether its value stands in the document as it is, and is looked at without a copy.
    in_place: bool,
}

/// A variable of a loop, or its accumulator, which has no level.
struct Variable<'e> {
    name: &'e str,
    level: Option<usize>,
    /// Whether it is a part of the document.
    in_place: bool,
}

struct Estimate<'e> {
    measure: Measure,
    /// The variables of the loops around a node.
    scope: Vec<Variable<'e>>,
    level: usize,
    /// The largest that any variable can be: the document, or what is built and then looped over.
    most: u64,
}

pub(super) fn estimate(expression: &IdedExpr, measure: Measure) -> u64 {
    let mut estimate = Estimate {
        measure,
        scope: Vec::new(),
        level: 0,
        most: measure.units,
    };
    let part = estimate.part(expression);
    part.work
        .number(estimate.most)
        .saturating_add(part.size.number(estimate.most))
}

impl<'e> Estimate<'e> {
    fn part(&mut self, node: &'e IdedExpr) -> Part {
        match &node.expr {
            Expr::Literal(literal) => Part {
                work: Bound::units(1),
                size: Bound::units(literal_units(literal)),
                in_place: true,
            },
            Expr::Ident(name) => self.variable(name),
            Expr::Select(select) => {
                let part = self.part(&select.operand);
                self.looked_up(part, &Bound::units(1))
            }
            Expr::Call(call) => self.call(call),
            Expr::List(list) => {
                let parts: Vec<Part> = list.elements.iter().map(|part| self.part(part)).collect();
                built(&parts)
            }
            Expr::Map(map) => {
                let mut parts = Vec::new();
                for entry in &map.entries {
                    if let EntryExpr::MapEntry(entry) = &entry.expr {
                        parts.push(self.part(&entry.key));
                        parts.push(self.part(&entry.value));
                    }
                }
                built(&parts)
            }
            Expr::Comprehension(each) => self.comprehension(each),
            // Neither passes the check of the tree.
            Expr::Struct(_) | Expr::Unspecified => Part {
                work: Bound::units(u64::MAX),
                size: Bound::units(u64::MAX),
                in_place: false,
            },
        }
    }

    fn variable(&self, name: &str) -> Part {
        let variable = self
            .scope
            .iter()
            .rev()
            .find(|variable| variable.name == name);
        Part {
            work: Bound::units(1),
            size: match variable.map(|variable| variable.level) {
                Some(Some(level)) => Bound::variable(level),
                // What an accumulator gathers is counted where it is gathered.
                Some(None) => Bound::units(1),
                None if name == PREDICATE => Bound::units(self.measure.units),
                None => Bound::units(1),
            },
            in_place: variable.is_none_or(|variable| variable.in_place),
        }
    }

    /// A member or element of `part`, found with a key.
    fn looked_up(&self, part: Part, key: &Bound) -> Part {
        let mut work = part.work.plus(key).plus(&Bound::units(1));
        if !part.in_place {
            work = work.plus(&part.size);
        }
        Part {
            work,
            size: part.size,
            in_place: part.in_place,
        }
    }

    fn call(&mut self, call: &'e CallExpr) -> Part {
        let parts: Vec<Part> = call
            .target
            .iter()
            .map(AsRef::as_ref)
            .chain(&call.args)
            .map(|part| self.part(part))
            .collect();
        let work = sum(&parts, |part| &part.work).plus(&Bound::units(1));
        let sizes = sum(&parts, |part| &part.size);
        let small = |work: Bound| Part {
            work,
            size: Bound::units(1),
            in_place: false,
        };
        match (call.func_name.as_str(), parts.as_slice()) {
            (
                operators::LOGICAL_AND
                | operators::LOGICAL_OR
                | operators::LOGICAL_NOT
                | operators::NOT_STRICTLY_FALSE,
                _,
            ) => small(work),
            // Comparing ends with the smaller of the two.
            (operators::EQUALS | operators::NOT_EQUALS, [one, two]) => {
                let most = self.most;
                let less = if one.size.number(most) <= two.size.number(most) {
                    one
                } else {
                    two
                };
                small(work.plus(&less.size))
            }
            (operators::INDEX, [collection, key]) => {
                let part = Part {
                    work,
                    size: collection.size.clone(),
                    in_place: collection.in_place,
                };
                self.looked_up(part, &key.size)
            }
            (operators::CONDITIONAL, _) => Part {
                work,
                size: sizes,
                in_place: parts.iter().all(|part| part.in_place),
            },
            (operators::ADD | "string" | "dyn", _) => Part {
                work: work.plus(&sizes.clone().times(BUILT)),
                size: sizes,
                in_place: false,
            },
            _ => small(work.plus(&sizes)),
        }
    }

    fn comprehension(&mut self, each: &'e ComprehensionExpr) -> Part {
        let range = self.part(&each.iter_range);
        let start = self.part(&each.accu_init);
        self.most = self.most.max(range.size.number(self.most));
        let level = self.level;
        let outer = self.scope.len();
        self.level += 1;
        self.scope.push(Variable {
            name: &each.iter_var,
            level: Some(level),
            in_place: range.in_place,
        });
        self.scope.push(Variable {
            name: &each.accu_var,
            level: None,
            in_place: false,
        });
        let goes_on = self.part(&each.loop_cond);
        let step = self.part(&each.loop_step);
        let result = self.part(&each.result);
        self.scope.truncate(outer);
        self.level = level;
        // Each element is copied into its variable.
        let once = goes_on
            .work
            .plus(&step.work)
            .plus(&Bound::variable(level))
            .plus(&Bound::units(2));
        let gathers = !matches!(each.accu_init.expr, Expr::Literal(_));
        let size = if gathers {
            self.over_all(step.size, level, &range).plus(&start.size)
        } else {
            Bound::units(1)
        };
        let work = range
            .work
            .clone()
            .plus(&start.work)
            .plus(&self.over_all(once, level, &range))
            .plus(&self.over_all(result.work, level, &range))
            .plus(&size.clone().times(if gathers { BUILT } else { 1 }));
        Part {
            work,
            size,
            in_place: false,
        }
    }

    /// The sum of `once` over all elements of `range`, whose sizes `once` is linear in at `level`.
    fn over_all(&self, mut once: Bound, level: usize, range: &Part) -> Bound {
        let factor = once.of.get(level).copied().unwrap_or_default();
        once.of.truncate(level);
        let in_elements = range.size.clone().times(factor);
        // A collection has no more elements than units. One of the document has no more than the widest.
        let times = if once.is_number() && !range.size.is_number() {
            range.size.clone().times(once.fixed)
        } else {
            let count = range.size.number(self.most);
            once.times(if range.in_place {
                count.min(self.measure.widest)
            } else {
                count
            })
        };
        in_elements.plus(&times)
    }
}

fn sum(parts: &[Part], of: fn(&Part) -> &Bound) -> Bound {
    parts
        .iter()
        .fold(Bound::default(), |sum, part| sum.plus(of(part)))
}

fn built(parts: &[Part]) -> Part {
    let size = sum(parts, |part| &part.size).plus(&Bound::units(1));
    Part {
        work: sum(parts, |part| &part.work).plus(&size.clone().times(BUILT)),
        size,
        in_place: false,
    }
}

const fn text_units(bytes: usize) -> u64 {
    (bytes / 16) as u64
}

fn literal_units(literal: &LiteralValue) -> u64 {
    1 + match literal {
        LiteralValue::String(text) => text_units(text.inner().len()),
        LiteralValue::Bytes(bytes) => text_units(bytes.inner().len()),
        _ => 0,
    }
}
