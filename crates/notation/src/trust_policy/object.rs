//! Objects of which every member is known.

use doorward_core::json::Value;

use super::PolicyProblem;

/// An object that has members of known names only.
#[derive(Clone, Copy)]
pub(super) struct Object<'v> {
    value: &'v Value,
}

impl<'v> Object<'v> {
    /// Reads an object.
    pub(super) fn new(
        value: &'v Value,
        member: &'static str,
        known: &[&str],
    ) -> Result<Self, PolicyProblem> {
        let members = value.as_object().ok_or(PolicyProblem::Form {
            member,
            expected: "an object",
        })?;
        let unknown = members
            .iter()
            .find(|(name, _)| !known.contains(&name.as_str()));
        match unknown {
            Some((name, _)) => Err(PolicyProblem::UnknownMember {
                member: name.clone(),
            }),
            None => Ok(Self { value }),
        }
    }

    /// A member. One that is null is absent.
    pub(super) fn get(self, member: &str) -> Option<&'v Value> {
        self.value
            .get(member)
            .filter(|value| **value != Value::Null)
    }

    /// A text. An empty one is absent, as for the reference.
    pub(super) fn text(self, member: &'static str) -> Result<Option<&'v str>, PolicyProblem> {
        let Some(value) = self.get(member) else {
            return Ok(None);
        };
        let expected = "a text";
        let text = value.as_str();
        let text = text.ok_or(PolicyProblem::Form { member, expected })?;
        Ok(Some(text).filter(|text| !text.is_empty()))
    }

    /// A list of texts; empty if it is absent.
    pub(super) fn texts(
        self,
        member: &'static str,
        limit: usize,
    ) -> Result<Vec<String>, PolicyProblem> {
        let Some(value) = self.get(member) else {
            return Ok(Vec::new());
        };
        let expected = "a list of texts";
        let wrong = PolicyProblem::Form { member, expected };
        let list = value.as_array().ok_or_else(|| wrong.clone())?;
        if list.len() > limit {
            return Err(PolicyProblem::TooMany { member, limit });
        }
        list.iter()
            .map(|value| {
                value
                    .as_str()
                    .map(str::to_owned)
                    .ok_or_else(|| wrong.clone())
            })
            .collect()
    }

    /// `true` or `false`; the latter if it is absent.
    pub(super) fn flag(self, member: &'static str) -> Result<bool, PolicyProblem> {
        match self.get(member) {
            None => Ok(false),
            Some(Value::Bool(flag)) => Ok(*flag),
            Some(_) => Err(PolicyProblem::Form {
                member,
                expected: "`true` or `false`",
            }),
        }
    }
}
