//! Members of a document, each with its place for messages. `null` is the same as a member that is not there, because
//! several of the tools that write these formats write it for an empty list.

use doorward_core::Timestamp;
use doorward_core::json::Value;

use crate::{DocumentError, PackageUrl, bounds};

/// A value and where it stands.
#[derive(Clone, Copy)]
pub(crate) struct Node<'a> {
    value: &'a Value,
    place: Place<'a>,
}

#[derive(Clone, Copy)]
enum Place<'a> {
    Root,
    Member(&'a Node<'a>, &'a str),
    Element(&'a Node<'a>, &'a str, usize),
}

impl<'a> Node<'a> {
    pub(crate) const fn root(value: &'a Value) -> Self {
        Self {
            value,
            place: Place::Root,
        }
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
        let twin = self.value.as_object().unwrap_or_default().iter();
        let mut twin = twin.filter_map(|(name, _)| {
            doorward_core::taken_for(name, known).filter(|member| *member != name.as_str())
        });
        match twin.next() {
            Some(member) => Err(self.missing(member, "written in that case")),
            None => Ok(()),
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
        if self.value.as_object().is_none() {
            return Err(self.malformed("an object"));
        }
        Ok(match self.value.get(name) {
            None | Some(Value::Null) => None,
            Some(value) => Some(Node {
                value,
                place: Place::Member(self, name),
            }),
        })
    }

    /// An element of the array `name` of this object.
    pub(crate) fn elements<'n: 'a>(
        &'n self,
        name: &'n str,
    ) -> Result<Vec<Node<'n>>, DocumentError> {
        let Some(array) = self.member(name)? else {
            return Ok(Vec::new());
        };
        let elements = array
            .value
            .as_array()
            .ok_or_else(|| array.malformed("an array"))?;
        Ok(elements
            .iter()
            .enumerate()
            .map(|(index, value)| Node {
                value,
                place: Place::Element(self, name, index),
            })
            .collect())
    }

    pub(crate) fn as_text(&self) -> Result<&'a str, DocumentError> {
        self.value
            .as_str()
            .ok_or_else(|| self.malformed("a string"))
    }

    /// A string of any length.
    pub(crate) fn text<'n: 'a>(&'n self, name: &'n str) -> Result<Option<&'n str>, DocumentError> {
        self.member(name)?
            .map(|member| {
                member
                    .value
                    .as_str()
                    .ok_or_else(|| member.malformed("a string"))
            })
            .transpose()
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
            Some(text) => PackageUrl::parse(text)
                .map(Some)
                .map_err(|_| self.missing(name, "a package URL")),
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
