//! Members of a document, each with its place for messages. `null` is the same as a member that is not there, because
//! several of the tools that write these formats write it for an empty list.

use doorward_core::Timestamp;
use doorward_core::json::Value;

use crate::effort::Effort;
use crate::{DocumentError, PackageUrl, bounds};

/// Bytes of text that are looked at in one step.
const UNIT: usize = 16;

/// A value and where it stands.
#[derive(Clone, Copy)]
pub(crate) struct Node<'a> {
    value: &'a Value,
    place: Place<'a>,
    effort: &'a Effort,
}

#[derive(Clone, Copy)]
enum Place<'a> {
    Root,
    Member(&'a Node<'a>, &'a str),
    Element(&'a Node<'a>, &'a str, usize),
}

impl<'a> Node<'a> {
    pub(crate) const fn root(value: &'a Value, effort: &'a Effort) -> Self {
        Self {
            value,
            place: Place::Root,
            effort,
        }
    }

    /// What reading the document has taken.
    pub(crate) const fn effort(&self) -> &'a Effort {
        self.effort
    }

    /// Where it stands, such as `packages[3].name`.
    fn path(&self) -> String {
        let join = |parent: &Self, name: &str| {
            let path = parent.path();
            if path.is_empty() {
                name.to_owned()
            } else {
                format!("{path}.{name}")
            }
        };
        match self.place {
            Place::Root => String::new(),
            Place::Member(parent, name) => join(parent, name),
            Place::Element(parent, name, index) => format!("{}[{index}]", join(parent, name)),
        }
    }

    pub(crate) fn malformed(&self, expected: &'static str) -> DocumentError {
        let path = self.path();
        DocumentError::Malformed {
            path: if path.is_empty() {
                "document".to_owned()
            } else {
                path
            },
            expected,
        }
    }

    fn missing(&self, name: &str, expected: &'static str) -> DocumentError {
        let path = self.path();
        DocumentError::Malformed {
            path: if path.is_empty() {
                name.to_owned()
            } else {
                format!("{path}.{name}")
            },
            expected,
        }
    }

    /// Refuses an object with a member that some readers, and not this one, take for one of `known`: those written in Go
    /// ignore the case of names.
    pub(crate) fn without_twins(&self, known: &[&'static str]) -> Result<(), DocumentError> {
        let members = self.value.as_object().unwrap_or_default();
        self.effort.step(members.len())?;
        let mut twin = members.iter().filter_map(|(name, _)| {
            doorward_core::taken_for(name, known).filter(|member| *member != name.as_str())
        });
        match twin.next() {
            Some(member) => Err(self.missing(member, "written in that case")),
            None => Ok(()),
        }
    }

    /// Another value at the same place, such as one of a list that stands there.
    pub(crate) const fn with<'n>(&'n self, value: &'n Value) -> Node<'n> {
        Node {
            value,
            place: self.place,
            effort: self.effort,
        }
    }

    /// The value itself, for what takes several forms.
    pub(crate) const fn value(&self) -> &'a Value {
        self.value
    }

    pub(crate) fn member<'n: 'a>(
        &'n self,
        name: &'n str,
    ) -> Result<Option<Node<'n>>, DocumentError> {
        let Some(members) = self.value.as_object() else {
            return Err(self.malformed("an object"));
        };
        self.effort.step(1 + members.len() / UNIT)?;
        Ok(match self.value.get(name) {
            None | Some(Value::Null) => None,
            Some(value) => Some(Node {
                value,
                place: Place::Member(self, name),
                effort: self.effort,
            }),
        })
    }

    /// The elements of the array `name` of this object.
    pub(crate) fn elements<'n: 'a>(
        &'n self,
        name: &'n str,
    ) -> Result<impl ExactSizeIterator<Item = Node<'n>> + use<'n>, DocumentError> {
        let elements = match self.member(name)? {
            None => &[][..],
            Some(array) => array
                .value
                .as_array()
                .ok_or_else(|| array.malformed("an array"))?,
        };
        self.effort.step(elements.len())?;
        Ok(elements.iter().enumerate().map(move |(index, value)| Node {
            value,
            place: Place::Element(self, name, index),
            effort: self.effort,
        }))
    }

    /// The members of this object, each as a value of its own; none if it is no object.
    pub(crate) fn members<'n: 'a>(&'n self) -> impl Iterator<Item = (&'n str, Node<'n>)> {
        let members = self.value.as_object().unwrap_or_default();
        members.iter().map(|(name, value)| {
            let place = Place::Member(self, name);
            let effort = self.effort;
            (
                name.as_str(),
                Node {
                    value,
                    place,
                    effort,
                },
            )
        })
    }

    pub(crate) fn as_text(&self) -> Result<&'a str, DocumentError> {
        let text = self
            .value
            .as_str()
            .ok_or_else(|| self.malformed("a string"))?;
        self.effort.step(text.len() / UNIT)?;
        Ok(text)
    }

    /// A string of any length.
    pub(crate) fn text<'n: 'a>(&'n self, name: &'n str) -> Result<Option<&'n str>, DocumentError> {
        match self.member(name)? {
            None => Ok(None),
            Some(member) => member.as_text().map(Some),
        }
    }

    /// A string of at most [`bounds::NAME`] bytes. An empty one is the same as none.
    pub(crate) fn name<'n: 'a>(&'n self, name: &'n str) -> Result<Option<&'n str>, DocumentError> {
        match self.text(name)? {
            None | Some("") => Ok(None),
            Some(text) if text.len() > bounds::NAME => Err(DocumentError::TooMany {
                what: "bytes of a name",
                limit: bounds::NAME,
            }),
            some => Ok(some),
        }
    }

    pub(crate) fn required_name<'n: 'a>(&'n self, name: &'n str) -> Result<&'n str, DocumentError> {
        self.name(name)?
            .ok_or_else(|| self.missing(name, "a string that is not empty"))
    }

    pub(crate) fn time<'n: 'a>(
        &'n self,
        name: &'n str,
    ) -> Result<Option<Timestamp>, DocumentError> {
        match self.name(name)? {
            None => Ok(None),
            Some(text) => text
                .parse()
                .map(Some)
                .map_err(|_| self.missing(name, "a date and time of RFC 3339")),
        }
    }

    pub(crate) fn purl<'n: 'a>(
        &'n self,
        name: &'n str,
    ) -> Result<Option<PackageUrl>, DocumentError> {
        match self.name(name)? {
            None => Ok(None),
            Some(text) => {
                let url = PackageUrl::parse(text);
                let url = url.map_err(|_| self.missing(name, "a package URL"))?;
                self.effort.hold(url.held())?;
                Ok(Some(url))
            }
        }
    }
}

/// Adds `item` unless there are `limit` already.
pub(crate) fn push<T>(
    items: &mut Vec<T>,
    item: T,
    what: &'static str,
    limit: usize,
) -> Result<(), DocumentError> {
    if items.len() >= limit {
        return Err(DocumentError::TooMany { what, limit });
    }
    items.push(item);
    Ok(())
}
