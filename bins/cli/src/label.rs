//! What `--namespace-label` says.

use std::collections::BTreeMap;
use std::str::FromStr;

use doorward_policy::{Labels, is_label_key, is_label_value};

use crate::failure::{Failure, Outcome};

/// A label: `KEY=VALUE`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Label {
    key: String,
    value: String,
}

impl FromStr for Label {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (key, value) = text
            .split_once('=')
            .ok_or_else(|| "a label is KEY=VALUE".to_owned())?;
        if !is_label_key(key) {
            return Err(format!("{key:?} can be no key of a label"));
        }
        if !is_label_value(value) {
            return Err(format!("{value:?} can be no value of a label"));
        }
        Ok(Self {
            key: key.to_owned(),
            value: value.to_owned(),
        })
    }
}

/// The labels together.
///
/// # Errors
/// When one is given two values.
pub(crate) fn all(given: Vec<Label>) -> Outcome<Labels> {
    let mut labels = BTreeMap::new();
    for Label { key, value } in given {
        if let Some(other) = labels.insert(key.clone(), value.clone())
            && other != value
        {
            return Err(Failure::usage(format!(
                "--namespace-label gives {key} two values, {other:?} and {value:?}"
            )));
        }
    }
    Ok(labels)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_is_what_the_api_server_takes() {
        for good in ["env=prod", "example.com/env=", "a=b.c_d"] {
            assert!(good.parse::<Label>().is_ok(), "{good}");
        }
        for bad in [
            "env",
            "=prod",
            "e v=prod",
            "env=pr od",
            "env=a=b",
            "a/b/c=d",
        ] {
            assert!(bad.parse::<Label>().is_err(), "{bad}");
        }
    }

    #[test]
    fn a_label_with_two_values_is_refused() {
        let label = |text: &str| text.parse::<Label>().expect("a label");
        assert!(all(vec![label("env=prod"), label("env=prod")]).is_ok());
        let failure = all(vec![label("env=prod"), label("env=dev")]).expect_err("two values");
        assert_eq!(failure.exit(), doorward::Exit::Usage);
    }
}
