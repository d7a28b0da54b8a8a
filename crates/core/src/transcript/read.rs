//! Reading the members of an object one after another, as they are written.

use std::str::FromStr;

use super::TranscriptError;
use crate::json::Value;

/// The members that are left of an object. A transcript has every member in its place, so that nothing is looked for.
pub(super) struct Members<'v> {
    of: &'static str,
    left: std::slice::Iter<'v, (String, Value)>,
}

impl<'v> Members<'v> {
    pub(super) fn of(value: &'v Value, of: &'static str) -> Result<Self, TranscriptError> {
        let members = value.as_object().ok_or(shape(of))?;
        Ok(Self {
            of,
            left: members.iter(),
        })
    }

    /// The next one, which has this name.
    pub(super) fn next(&mut self, name: &'static str) -> Result<&'v Value, TranscriptError> {
        match self.left.next() {
            Some((found, value)) if found == name => Ok(value),
            _ => Err(shape(name)),
        }
    }

    /// The next one, if it has this name.
    pub(super) fn next_if(&mut self, name: &'static str) -> Option<&'v Value> {
        let (found, _) = self.left.as_slice().first()?;
        if found != name {
            return None;
        }
        self.left.next().map(|(_, value)| value)
    }

    pub(super) fn text(&mut self, name: &'static str) -> Result<&'v str, TranscriptError> {
        self.next(name)?.as_str().ok_or(shape(name))
    }

    pub(super) fn optional(
        &mut self,
        name: &'static str,
    ) -> Result<Option<&'v str>, TranscriptError> {
        match self.next(name)? {
            Value::Null => Ok(None),
            Value::String(text) => Ok(Some(text)),
            _ => Err(shape(name)),
        }
    }

    pub(super) fn parsed<T: FromStr>(&mut self, name: &'static str) -> Result<T, TranscriptError> {
        self.text(name)?.parse().map_err(|_| shape(name))
    }

    pub(super) fn number<T: FromStr>(&mut self, name: &'static str) -> Result<T, TranscriptError> {
        match self.next(name)? {
            Value::Number(digits) => digits.parse().map_err(|_| shape(name)),
            _ => Err(shape(name)),
        }
    }

    pub(super) fn flag(&mut self, name: &'static str) -> Result<bool, TranscriptError> {
        match self.next(name)? {
            Value::Bool(flag) => Ok(*flag),
            _ => Err(shape(name)),
        }
    }

    /// The elements of a list of at most `most`.
    pub(super) fn list<T>(
        &mut self,
        name: &'static str,
        most: usize,
        read: impl FnMut(&'v Value) -> Result<T, TranscriptError>,
    ) -> Result<Vec<T>, TranscriptError> {
        let elements = self.next(name)?.as_array().ok_or(shape(name))?;
        if elements.len() > most {
            return Err(TranscriptError::TooLarge {
                unit: name,
                limit: most,
            });
        }
        elements.iter().map(read).collect()
    }

    /// Nothing may be left.
    pub(super) fn end(mut self) -> Result<(), TranscriptError> {
        match self.left.next() {
            None => Ok(()),
            Some(_) => Err(shape(self.of)),
        }
    }
}

pub(super) const fn shape(member: &'static str) -> TranscriptError {
    TranscriptError::Shape { member }
}

/// A text in a list.
pub(super) fn text(value: &Value, member: &'static str) -> Result<String, TranscriptError> {
    value.as_str().map(str::to_owned).ok_or(shape(member))
}
