//! Results for programs.

use std::fmt::Display;
use std::fmt::Write as _;

use doorward_core::text::{is_disruptive, visible};
use serde::Serialize;

use crate::failure::{Failure, Outcome};

/// A result for programs, in which what came from outside is escaped as the form demands.
///
/// JSON and YAML may hold every character raw that a string may, and people look at them on terminals too. Both have
/// escapes of their own for what would steer one, and a program that reads them gets the same string.
#[derive(Debug)]
pub(crate) struct Output(String);

impl Output {
    /// `value` as JSON, indented, with a newline at its end.
    ///
    /// # Errors
    /// When it cannot be written, which would be a fault of this program.
    pub(crate) fn json(value: &impl Serialize) -> Outcome<Self> {
        let text = serde_json::to_string_pretty(value).map_err(Failure::internal)?;
        Ok(Self::json_text(&text))
    }

    /// A text that is JSON already.
    pub(crate) fn json_text(text: &str) -> Self {
        let mut out = escaped(text, |c| {
            let mut units = [0; 2];
            let units = c.encode_utf16(&mut units);
            units.iter().map(|unit| format!("\\u{unit:04x}")).collect()
        });
        out.push('\n');
        Self(out)
    }

    /// `value` as YAML: the same data as the JSON.
    ///
    /// # Errors
    /// When it cannot be written, which would be a fault of this program.
    pub(crate) fn yaml(value: &impl Serialize) -> Outcome<Self> {
        let text = serde_yaml::to_string(value).map_err(Failure::internal)?;
        if !text.contains(stray) {
            return Ok(Self(text));
        }
        // Only quoted scalars have escapes, and a writer that quotes all of them is at hand: JSON is YAML too.
        let text = serde_json::to_string_pretty(value).map_err(Failure::internal)?;
        let mut out = escaped(&text, |c| match u32::from(c) {
            code @ 0..=0xffff => format!("\\u{code:04x}"),
            code => format!("\\U{code:08x}"),
        });
        out.push('\n');
        Ok(Self(out))
    }

    /// One name a line.
    pub(crate) fn lines(names: impl IntoIterator<Item = impl Display>) -> Self {
        let mut out = String::new();
        for name in names {
            let _ = writeln!(out, "{}", visible(&name.to_string()));
        }
        Self(out)
    }

    /// A drawing. What came from outside was escaped where it was made.
    pub(crate) const fn drawn(text: String) -> Self {
        Self(text)
    }

    /// What was generated from the description of the command line alone, such as a script or a manual page.
    pub(crate) const fn generated(text: String) -> Self {
        Self(text)
    }

    /// The text.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

/// Whether a character may not stand raw in a form whose line breaks are its own.
const fn stray(c: char) -> bool {
    is_disruptive(c) && c != '\n'
}

/// `text` with every stray character as `escape` writes it. In JSON they stand in strings only.
fn escaped(text: &str, escape: impl Fn(char) -> String) -> String {
    let mut out = String::with_capacity(text.len() + 1);
    for c in text.chars() {
        if stray(c) {
            out.push_str(&escape(c));
        } else {
            out.push(c);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;

    fn holds(value: &Value) {
        let json = Output::json(value).expect("JSON");
        let yaml = Output::yaml(value).expect("YAML");
        for text in [json.as_str(), yaml.as_str()] {
            assert!(!text.contains(stray), "{text:?}");
        }
        let read: Value = serde_json::from_str(json.as_str()).expect("JSON");
        assert_eq!(&read, value);
        let read: Value = serde_yaml::from_str(yaml.as_str()).expect("YAML");
        assert_eq!(&read, value);
    }

    proptest! {
        #[test]
        fn data_for_programs_is_the_same_data_and_steers_no_terminal(text in any::<String>(), key in any::<String>()) {
            holds(&json!({ key: [text] }));
        }
    }

    #[test]
    fn what_json_and_yaml_allow_raw_is_escaped_as_they_escape() {
        for text in [
            "\u{1b}[2J",
            "\u{9b}2J",
            "\u{7f}",
            "a\u{202e}b",
            "\u{2028}\n\u{2029}",
            "\u{feff}x",
            "\u{e0041}",
            "\u{85}",
            "line\nline\n",
        ] {
            holds(&json!({ "image": text, text: text }));
        }
        assert_eq!(
            Output::json_text("\"a\u{202e}\u{e0041}\"").as_str(),
            "\"a\\u202e\\udb40\\udc41\"\n"
        );
    }

    #[test]
    fn ordinary_yaml_is_yaml_as_people_write_it() {
        let yaml = Output::yaml(&json!({"a": ["b", "Zoë"]})).expect("YAML");
        assert_eq!(yaml.as_str(), "a:\n- b\n- Zoë\n");
    }

    #[test]
    fn a_name_is_one_line() {
        assert_eq!(Output::lines(["a\nb", "c"]).as_str(), "a\\nb\nc\n");
    }
}
