//! What a JSON value consists of, and nothing beside it.

use crate::json::Value;

/// What a value may be.
pub(super) enum Form {
    /// An array of such values.
    List(&'static Self),
    /// An object with some of these members and no others.
    Object(&'static [(&'static str, Self)]),
    Text,
}

impl Form {
    /// Bounded by the depth of the forms, which do not hold themselves.
    pub(super) fn is_met_by(&self, value: &Value) -> bool {
        match (self, value) {
            (Self::List(each), Value::Array(values)) => {
                values.iter().all(|value| each.is_met_by(value))
            }
            (Self::Object(known), Value::Object(members)) => members.iter().all(|(name, value)| {
                let form = known.iter().find(|(known, _)| known == name);
                form.is_some_and(|(_, form)| form.is_met_by(value))
            }),
            (Self::Text, Value::String(_)) => true,
            _ => false,
        }
    }
}
