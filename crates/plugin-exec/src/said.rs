//! Why a plug-in failed, by its own word.

use doorward_core::json::{Limits, Value, parse};
use doorward_core::text::one_line;

/// How many characters are shown of each part.
const SHOWN: usize = 150;
/// An error of the protocol is flat, and its metadata has one level more.
const DEPTH: usize = 8;

/// What standard error says (Plugin Extensibility, "Plugin contract", errors): code and message, or else its beginning.
/// Empty if it says nothing.
pub(crate) fn reason(errors: &[u8]) -> String {
    let limits = Limits::bytes(errors.len()).depth(DEPTH);
    let document = parse(errors, limits).ok();
    let text = |name: &str| {
        let text = document.as_ref()?.get(name).and_then(Value::as_str)?;
        (!text.is_empty()).then(|| one_line(text, SHOWN))
    };
    match (text("errorCode"), text("errorMessage")) {
        (Some(code), Some(message)) => format!(": {code}: {message}"),
        (Some(only), None) | (None, Some(only)) => format!(": {only}"),
        (None, None) => {
            let text = String::from_utf8_lossy(errors);
            let text = one_line(text.trim(), SHOWN);
            if text.is_empty() {
                text
            } else {
                format!(": {text}")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::reason;

    #[test]
    fn an_error_of_the_protocol_is_told_by_code_and_message() {
        let text = br#"{"errorCode":"ACCESS_DENIED","errorMessage":"no\nright","errorMetadata":{"a":"b"}}"#;
        assert_eq!(reason(text), ": ACCESS_DENIED: no\\nright");
        assert_eq!(reason(br#"{"errorCode":"TIMEOUT"}"#), ": TIMEOUT");
    }

    #[test]
    fn whatever_else_is_said_is_one_short_line() {
        assert_eq!(reason(b""), "");
        assert_eq!(reason(b" \n"), "");
        assert_eq!(reason(b"\x1b[2Jno\n"), ": \\u{1b}[2Jno");
        for hostile in [vec![b'['; 5000], vec![0xff; 5000], vec![b'x'; 5000]] {
            assert!(reason(&hostile).chars().count() < 200);
        }
    }
}
