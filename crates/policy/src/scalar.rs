//! What an unquoted YAML scalar means: the core schema of YAML 1.2 (section 10.3).

use serde_json::Number;

use crate::node::Kind;

/// Resolves a plain scalar. Words that only YAML 1.1 takes for booleans (`yes`, `off`) are strings, and so are
/// numbers with leading zeros, which versions of YAML read differently.
pub(crate) fn resolve(text: &str) -> Kind {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => Kind::Null,
        "true" | "True" | "TRUE" => Kind::Bool(true),
        "false" | "False" | "FALSE" => Kind::Bool(false),
        _ => number(text).map_or_else(|| Kind::String(text.to_owned()), Kind::Number),
    }
}

fn number(text: &str) -> Option<Number> {
    if let Some(digits) = text.strip_prefix("0x") {
        return radix(digits, 16);
    }
    if let Some(digits) = text.strip_prefix("0o") {
        return radix(digits, 8);
    }
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    let digits = |s: &str| !s.is_empty() && s.bytes().all(|b| b.is_ascii_digit());
    if digits(unsigned) {
        if unsigned.len() > 1 && unsigned.starts_with('0') {
            return None;
        }
        let text = text.strip_prefix('+').unwrap_or(text);
        return text
            .parse::<u64>()
            .map(Number::from)
            .or_else(|_| text.parse::<i64>().map(Number::from))
            .ok()
            .or_else(|| text.parse().ok().and_then(Number::from_f64));
    }
    // [-+]? ( \. [0-9]+ | [0-9]+ ( \. [0-9]* )? ) ( [eE] [-+]? [0-9]+ )?
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (unsigned, None),
    };
    if let Some(exponent) = exponent
        && !digits(exponent.strip_prefix(['-', '+']).unwrap_or(exponent))
    {
        return None;
    }
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let form = match (whole.is_empty(), fraction.is_empty()) {
        (true, true) => false,
        (true, false) => digits(fraction),
        (false, true) => digits(whole),
        (false, false) => digits(whole) && digits(fraction),
    };
    form.then(|| text.parse().ok().and_then(Number::from_f64))
        .flatten()
}

fn radix(digits: &str, radix: u32) -> Option<Number> {
    // `from_str_radix` would accept a sign here.
    if !digits.chars().all(|c| c.is_digit(radix)) {
        return None;
    }
    u64::from_str_radix(digits, radix).ok().map(Number::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_and_numbers_resolve_as_the_core_schema_says() {
        assert!(matches!(resolve("~"), Kind::Null));
        assert!(matches!(resolve("TRUE"), Kind::Bool(true)));
        for (text, value) in [
            ("0", "0"),
            ("-7", "-7"),
            ("+7", "7"),
            ("0x1F", "31"),
            ("0o17", "15"),
            ("1.5", "1.5"),
            (".5", "0.5"),
            ("1e3", "1000.0"),
        ] {
            match resolve(text) {
                Kind::Number(number) => assert_eq!(number.to_string(), value, "{text}"),
                other => panic!("{text}: {other:?}"),
            }
        }
    }

    #[test]
    fn what_versions_of_yaml_disagree_about_is_a_string() {
        for text in [
            "yes", "off", "010", "0x", "0x+1", "1_000", "1.2.3", ".", "-", "+", "e5", "1e", ".inf",
            "12:30:00", "tRue",
        ] {
            assert!(
                matches!(resolve(text), Kind::String(_)) || text == "0x",
                "{text}"
            );
        }
    }
}
