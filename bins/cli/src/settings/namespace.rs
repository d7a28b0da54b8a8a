//! Names of namespaces.

use super::{Origin, Setting};
use crate::failure::{Failure, Outcome};

/// The most characters of a label (RFC 1123).
const MAX_LABEL: usize = 63;

/// Refuses what can be no namespace of Kubernetes: nothing would ever be found in it.
///
/// # Errors
/// When a name is no label of RFC 1123.
pub(crate) fn check<'n>(
    flag: &str,
    origin: &Origin,
    names: impl IntoIterator<Item = &'n String>,
) -> Outcome<()> {
    let Some(wrong) = names.into_iter().find(|name| !is_label(name)) else {
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
        "a namespace has at most {MAX_LABEL} lower-case letters, digits and hyphens, with a letter or digit first and \
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

fn is_label(name: &str) -> bool {
    let alphanumeric = |b: &u8| b.is_ascii_lowercase() || b.is_ascii_digit();
    let bytes = name.as_bytes();
    bytes.len() <= MAX_LABEL
        && bytes.first().is_some_and(alphanumeric)
        && bytes.last().is_some_and(alphanumeric)
        && bytes.iter().all(|b| alphanumeric(b) || *b == b'-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_namespace_is_a_label_of_rfc_1123() {
        let longest = "a".repeat(63);
        for good in ["default", "a", "0", "kube-system", "1-a", longest.as_str()] {
            assert!(is_label(good), "{good}");
        }
        let too_long = "a".repeat(64);
        for bad in [
            "",
            "Bad_NS",
            "a.b",
            "-a",
            "a-",
            "A",
            "ä",
            "a b",
            "a/b",
            too_long.as_str(),
        ] {
            assert!(!is_label(bad), "{bad}");
        }
    }
}
