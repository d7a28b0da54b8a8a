//! PEM as Go's encoder writes it: lines of 64 columns, a line feed after each, nothing else.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

const COLUMNS: usize = 64;

/// One block with a trailing line feed. Key IDs hash it, so not a byte of it is a matter of taste.
pub(crate) fn pem(label: &str, der: &[u8]) -> String {
    let mut text = format!("-----BEGIN {label}-----\n");
    let mut rest = STANDARD.encode(der);
    while rest.len() > COLUMNS {
        let tail = rest.split_off(COLUMNS);
        text.push_str(&rest);
        text.push('\n');
        rest = tail;
    }
    text.push_str(&rest);
    text.push_str(&format!("\n-----END {label}-----\n"));
    text
}

#[cfg(test)]
mod tests {
    use super::pem;

    #[test]
    fn lines_have_64_columns_and_the_last_one_is_never_empty() {
        assert_eq!(
            pem("X", &[0; 48]),
            format!("-----BEGIN X-----\n{}\n-----END X-----\n", "A".repeat(64))
        );
        let text = pem("X", &[0; 49]);
        let lines: Vec<_> = text.lines().collect();
        assert_eq!(lines[1].len(), 64);
        assert_eq!(lines[2], "AA==");
        assert!(text.ends_with("-----END X-----\n"));
    }
}
