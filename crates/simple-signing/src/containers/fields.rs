//! Objects whose members are all known.

use doorward_core::json::Value;

use super::error::ContainersPolicyError;

/// An object of a policy file, and the words for where it stands.
pub(crate) struct Fields<'a> {
    members: &'a [(String, Value)],
    place: String,
}

impl<'a> Fields<'a> {
    pub(crate) fn of(value: &'a Value, place: &str) -> Result<Self, ContainersPolicyError> {
        let members = value.as_object().ok_or_else(|| wrong(place, "an object"))?;
        Ok(Self {
            members,
            place: place.to_owned(),
        })
    }

    pub(crate) fn place(&self) -> &str {
        &self.place
    }

    pub(crate) const fn members(&self) -> &'a [(String, Value)] {
        self.members
    }

    pub(crate) fn get(&self, name: &str) -> Option<&'a Value> {
        self.members
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value)
    }

    /// Refuses members that are not in `names`.
    pub(crate) fn only(&self, names: &[&str]) -> Result<(), ContainersPolicyError> {
        match self
            .members
            .iter()
            .find(|(key, _)| !names.contains(&key.as_str()))
        {
            None => Ok(()),
            Some((name, _)) => Err(ContainersPolicyError::UnknownMember {
                place: self.place.clone(),
                name: name.clone(),
            }),
        }
    }

    /// The text `name`, which must be there.
    pub(crate) fn text(&self, name: &'static str) -> Result<&'a str, ContainersPolicyError> {
        self.optional_text(name)?
            .ok_or_else(|| ContainersPolicyError::Missing {
                place: self.place.clone(),
                name,
            })
    }

    pub(crate) fn optional_text(
        &self,
        name: &'static str,
    ) -> Result<Option<&'a str>, ContainersPolicyError> {
        match self.get(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(wrong(&format!("{}.{name}", self.place), "a string")),
        }
    }

    pub(crate) fn optional_texts(
        &self,
        name: &'static str,
    ) -> Result<Option<Vec<&'a str>>, ContainersPolicyError> {
        let place = || format!("{}.{name}", self.place);
        let Some(value) = self.get(name) else {
            return Ok(None);
        };
        let elements = value
            .as_array()
            .ok_or_else(|| wrong(&place(), "a list of strings"))?;
        elements
            .iter()
            .map(|element| {
                element
                    .as_str()
                    .ok_or_else(|| wrong(&place(), "a list of strings"))
            })
            .collect::<Result<_, _>>()
            .map(Some)
    }

    /// How many of `names` are present.
    pub(crate) fn count(&self, names: &[&str]) -> usize {
        names.iter().filter(|name| self.get(name).is_some()).count()
    }

    pub(crate) fn invalid(&self, detail: impl Into<String>) -> ContainersPolicyError {
        ContainersPolicyError::Invalid {
            place: self.place.clone(),
            detail: detail.into(),
        }
    }
}

pub(crate) fn wrong(place: &str, expected: &'static str) -> ContainersPolicyError {
    ContainersPolicyError::WrongType {
        place: place.to_owned(),
        expected,
    }
}
