use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use cel::objects::{Key, Map};
use cel::{Context, Value};
use doorward_core::json;

use super::cost::Measure;
use super::tree::PREDICATE;

/// A document made ready for conditions, once for all of them.
///
/// A number without a fraction or exponent is an `int`, or a `uint` if it is too large for one; every other is a
/// `double`.
pub struct Predicate {
    measure: Measure,
    context: Context<'static, 'static>,
}

impl Predicate {
    /// Makes a document ready, such as that of [`Document::json`](crate::Document::json).
    #[must_use]
    pub fn new(document: &json::Value) -> Self {
        let mut measure = Measure {
            units: 0,
            widest: 0,
        };
        let value = converted(document, &mut measure);
        let mut context = Context::default();
        context.add_variable_from_value(PREDICATE, value);
        Self { measure, context }
    }

    pub(super) const fn measure(&self) -> Measure {
        self.measure
    }

    pub(super) const fn context(&self) -> &Context<'static, 'static> {
        &self.context
    }
}

impl fmt::Debug for Predicate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Predicate")
            .field("measure", &self.measure)
            .finish_non_exhaustive()
    }
}

/// The depth of the document is bounded where it is read.
fn converted(value: &json::Value, measure: &mut Measure) -> Value {
    let text = |measure: &mut Measure, text: &str| {
        measure.units += 1 + (text.len() / 16) as u64;
        Arc::new(text.to_owned())
    };
    match value {
        json::Value::String(string) => Value::String(text(measure, string)),
        json::Value::Array(elements) => {
            measure.units += 1;
            measure.widest = measure.widest.max(elements.len() as u64);
            Value::List(Arc::new(
                elements
                    .iter()
                    .map(|element| converted(element, measure))
                    .collect(),
            ))
        }
        json::Value::Object(members) => {
            measure.units += 1;
            measure.widest = measure.widest.max(members.len() as u64);
            let map: HashMap<Key, Value> = members
                .iter()
                .map(|(name, member)| {
                    (Key::String(text(measure, name)), converted(member, measure))
                })
                .collect();
            Value::Map(Map { map: Arc::new(map) })
        }
        scalar => {
            measure.units += 1;
            match scalar {
                json::Value::Bool(truth) => Value::Bool(*truth),
                json::Value::Number(number) => numeric(number),
                _ => Value::Null,
            }
        }
    }
}

fn numeric(number: &str) -> Value {
    if let Ok(int) = number.parse() {
        return Value::Int(int);
    }
    if let Ok(uint) = number.parse() {
        return Value::UInt(uint);
    }
    // What is too large becomes infinite, as in every reader of JSON that has doubles only.
    Value::Float(number.parse().unwrap_or(f64::NAN))
}
