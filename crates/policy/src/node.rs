//! A document as a tree in which every value knows where it stands.

use serde_json::{Map, Number, Value};

use crate::Position;

/// A value and its place.
#[derive(Clone, Debug)]
pub(crate) struct Node {
    pub(crate) at: Position,
    pub(crate) kind: Kind,
}

/// A value. Mappings keep the order and the duplicates of the text; readers report them.
#[derive(Clone, Debug)]
pub(crate) enum Kind {
    Bool(bool),
    Mapping(Vec<Member>),
    Null,
    Number(Number),
    Sequence(Vec<Node>),
    String(String),
}

/// A key and its value.
#[derive(Clone, Debug)]
pub(crate) struct Member {
    pub(crate) key: String,
    pub(crate) at: Position,
    pub(crate) value: Node,
}

impl Node {
    /// What the value is, for messages.
    pub(crate) const fn type_name(&self) -> &'static str {
        match self.kind {
            Kind::Bool(_) => "true or false",
            Kind::Mapping(_) => "a mapping",
            Kind::Null => "nothing",
            Kind::Number(_) => "a number",
            Kind::Sequence(_) => "a list",
            Kind::String(_) => "a string",
        }
    }

    /// The value of the first member `name`, if this is a mapping that has it with a value.
    pub(crate) fn member(&self, name: &str) -> Option<&Self> {
        let Kind::Mapping(members) = &self.kind else {
            return None;
        };
        let member = members.iter().find(|member| member.key == name)?;
        (!matches!(member.value.kind, Kind::Null)).then_some(&member.value)
    }

    /// The text, if this is a string.
    pub(crate) fn as_str(&self) -> Option<&str> {
        match &self.kind {
            Kind::String(text) => Some(text),
            _ => None,
        }
    }

    /// The same value without places. Of a duplicate key the first value is kept; `duplicate` gets the others.
    pub(crate) fn into_value(self, duplicate: &mut dyn FnMut(&str, Position)) -> Value {
        match self.kind {
            Kind::Bool(value) => Value::Bool(value),
            Kind::Null => Value::Null,
            Kind::Number(number) => Value::Number(number),
            Kind::String(text) => Value::String(text),
            Kind::Sequence(items) => Value::Array(
                items
                    .into_iter()
                    .map(|item| item.into_value(duplicate))
                    .collect(),
            ),
            Kind::Mapping(members) => {
                let mut object = Map::new();
                for Member { key, at, value } in members {
                    let value = value.into_value(duplicate);
                    if object.contains_key(&key) {
                        duplicate(&key, at);
                    } else {
                        object.insert(key, value);
                    }
                }
                Value::Object(object)
            }
        }
    }
}

impl From<&Value> for Node {
    fn from(value: &Value) -> Self {
        let kind = match value {
            Value::Null => Kind::Null,
            Value::Bool(value) => Kind::Bool(*value),
            Value::Number(number) => Kind::Number(number.clone()),
            Value::String(text) => Kind::String(text.clone()),
            Value::Array(items) => Kind::Sequence(items.iter().map(Self::from).collect()),
            Value::Object(object) => Kind::Mapping(
                object
                    .iter()
                    .map(|(key, value)| Member {
                        key: key.clone(),
                        at: Position::default(),
                        value: Self::from(value),
                    })
                    .collect(),
            ),
        };
        Self {
            at: Position::default(),
            kind,
        }
    }
}
