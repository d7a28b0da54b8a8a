//! Names of namespaces.

use doorward_policy::{MAX_NAMESPACE, is_namespace};

use super::{Origin, Setting};
use crate::failure::{Failure, Outcome};

/// Refuses what can be no namespace of Kubernetes: nothing would ever be found in it.
///
/// # Errors
/// When a name is no label of RFC 1123.
pub(crate) fn check<'n>(
    flag: &str,
    origin: &Origin,
    names: impl IntoIterator<Item = &'n String>,
) -> Outcome<()> {
    let Some(wrong) = names.into_iter().find(|name| !is_namespace(name)) else {
        return Ok(());
    };
    let place = match origin {
        Origin::Flag | Origin::Default => format!("--{flag}"),
        Origin::Environment(_) | Origin::File(_) => origin.to_string(),
    };
    let message = format!("{place}: {wrong:?} can be no namespace");
    let failure = match origin {
        Origin::File(_) => Failure::invalid(anyhow::Error::msg(message)),
        Origin::Default | Origin::Environment(_) | Origin::Flag => Failure::usage(message),
    };
    Err(failure.with_hint(format!(
        "a namespace has at most {MAX_NAMESPACE} lower-case letters, digits and hyphens, with a letter or digit first and \
         last"
    )))
}

/// The same for a setting of one name.
///
/// # Errors
/// As [`check`].
pub(super) fn check_one(flag: &str, setting: &Setting<String>) -> Outcome<()> {
    check(flag, &setting.origin, [&setting.value])
}
