//! Which form of results wins.

use super::{Resolver, Setting};
use crate::failure::{Failure, Outcome};
use crate::format::Format;

impl Format {
    /// The effective form of a command that has `forms`.
    ///
    /// # Errors
    /// When the configuration file asks for a form that the command does not have.
    pub(crate) fn choose(
        typed: Option<Self>,
        forms: &[Self],
        resolver: &Resolver<'_>,
    ) -> Outcome<Setting<Self>> {
        let form = resolver.pick(
            "output",
            typed.unwrap_or_default(),
            |file| file.output,
            Self::Table,
        );
        if forms.contains(&form.value) {
            return Ok(form);
        }
        Err(Failure::invalid(anyhow::anyhow!(
            "{}: this command has no output form {}",
            form.origin,
            form.value.as_str()
        )))
    }
}
