//! Reading the members of an object strictly.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use doorward_core::Timestamp;
use doorward_core::json::Value;

use crate::canonical::integer;
use crate::{Error, RoleName};

/// The members of one object of a role's file.
///
/// Members that are not asked for are ignored, because they are kept in what is signed. Not so those that differ from
/// a known name in case alone: other readers take them for the known one.
pub(crate) struct Members<'a> {
    members: &'a [(String, Value)],
    role: &'a RoleName,
    /// What the object is called in messages.
    what: &'a str,
}

impl<'a> Members<'a> {
    pub(crate) fn of(
        value: &'a Value,
        known: &[&str],
        role: &'a RoleName,
        what: &'a str,
    ) -> Result<Self, Error> {
        let Some(members) = value.as_object() else {
            return Err(Error::malformed(role, format!("{what} is not an object")));
        };
        let unknown = members
            .iter()
            .filter(|(name, _)| !known.contains(&name.as_str()));
        for (name, _) in unknown {
            let folded = fold(name);
            if let Some(other) = known.iter().find(|known| fold(known) == folded) {
                let detail = format!("{what} has a member that differs from {other} in case only");
                return Err(Error::malformed(role, detail));
            }
        }
        Ok(Self {
            members,
            role,
            what,
        })
    }

    pub(crate) fn malformed(&self, detail: &str) -> Error {
        Error::malformed(self.role, format!("{} {detail}", self.what))
    }

    /// A member that is neither absent nor null.
    pub(crate) fn optional(&self, name: &str) -> Option<&'a Value> {
        self.members
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value)
            .filter(|value| **value != Value::Null)
    }

    pub(crate) fn required(&self, name: &str) -> Result<&'a Value, Error> {
        self.optional(name)
            .ok_or_else(|| self.malformed(&format!("has no member {name}")))
    }

    pub(crate) fn text(&self, name: &str) -> Result<&'a str, Error> {
        self.required(name)?
            .as_str()
            .ok_or_else(|| self.malformed(&format!("has a member {name} that is not a string")))
    }

    pub(crate) fn object(&self, name: &str) -> Result<&'a [(String, Value)], Error> {
        self.required(name)?
            .as_object()
            .ok_or_else(|| self.malformed(&format!("has a member {name} that is not an object")))
    }

    pub(crate) fn array(&self, name: &str) -> Result<&'a [Value], Error> {
        self.required(name)?
            .as_array()
            .ok_or_else(|| self.malformed(&format!("has a member {name} that is not an array")))
    }

    /// An integer spelled plainly, of at least `least`.
    pub(crate) fn number(&self, name: &str, least: u64) -> Result<u64, Error> {
        let Value::Number(spelling) = self.required(name)? else {
            return Err(self.malformed(&format!("has a member {name} that is not a number")));
        };
        integer(spelling)
            .ok()
            .and_then(|number| u64::try_from(number).ok())
            .filter(|number| *number >= least)
            .ok_or_else(|| {
                self.malformed(&format!(
                    "has a member {name} that is not an integer from {least} up"
                ))
            })
    }

    /// A date and time as RFC 3339, section 5.6, spells it. Fractions of a second are dropped, so metadata never
    /// counts longer than it says.
    pub(crate) fn time(&self, name: &str) -> Result<Timestamp, Error> {
        let text = self.text(name)?;
        Some(text)
            .filter(|text| is_rfc3339(text))
            .and_then(|text| text.parse().ok())
            .ok_or_else(|| self.malformed(&format!("has a member {name} that is no RFC 3339 time")))
    }
}

/// One member of an object, taken out of it.
pub(crate) fn take(object: Value, name: &str) -> Option<Value> {
    match object {
        Value::Object(members) => members
            .into_iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value),
        _ => None,
    }
}

/// Base64 with padding and without line breaks.
pub(crate) fn base64(text: &str) -> Option<Vec<u8>> {
    STANDARD.decode(text).ok()
}

fn is_rfc3339(text: &str) -> bool {
    let bytes = text.as_bytes();
    let shape = b"dddd-dd-ddTdd:dd:dd";
    let fits = bytes.len() > shape.len()
        && bytes.len() <= 40
        && bytes.iter().zip(shape).all(|(byte, wanted)| match wanted {
            b'd' => byte.is_ascii_digit(),
            other => byte == other,
        });
    let Some(rest) = text.get(shape.len()..).filter(|_| fits) else {
        return false;
    };
    let zone = match rest.strip_prefix('.') {
        Some(fraction) => fraction.trim_start_matches(|c: char| c.is_ascii_digit()),
        None => rest,
    };
    zone == "Z" || (zone.len() == 6 && zone.starts_with(['+', '-']))
}

/// What readers that ignore case see: also the two letters outside ASCII whose case mapping leads into it.
fn fold(name: &str) -> String {
    name.chars()
        .map(|c| match c {
            '\u{17f}' => 's',
            '\u{212a}' => 'k',
            other => other.to_ascii_lowercase(),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_rfc_3339_is_a_time() {
        for text in [
            "2036-11-18T03:46:58.533170123Z",
            "2036-11-18T03:46:58Z",
            "2014-01-01T00:00:00-08:00",
        ] {
            assert!(is_rfc3339(text), "{text}");
        }
        for text in [
            "",
            "2036-11-18",
            "2036-11-18 03:46:58Z",
            "2036-11-18t03:46:58Z",
            "2036-11-18T03:46:58",
            "20361118T034658Z",
            "2036-11-18T03:46Z",
            "2036-11-18T03:46:58+0800",
            "2036-11-18T03:46:58[UTC]",
            "+2036-11-18T03:46:58Z",
            "2036-11-18T03:46:58z",
            "1700000000",
            "2036-11-18T03:46:58.5",
        ] {
            assert!(!is_rfc3339(text), "{text}");
        }
    }

    #[test]
    fn a_member_in_another_case_is_refused_also_with_letters_outside_ascii() {
        for name in ["Version", "VERSION", "ver\u{17f}ion"] {
            let value = Value::Object(vec![
                (name.to_owned(), Value::Number("9".to_owned())),
                ("version".to_owned(), Value::Number("1".to_owned())),
            ]);
            assert!(
                Members::of(&value, &["version"], &RoleName::Targets, "it").is_err(),
                "{name}"
            );
        }
    }
}
