//! Subjects of certificates as text, for evidence.

use std::fmt::Write as _;

use doorward_crypto::{Attribute, AttributeValue, Certificate};

use super::attribute_type::KNOWN;

/// The longest text that is made of a subject, in bytes. A usual one has a hundred; of a longer one the key speaks.
const MAX_BYTES: usize = 4096;

/// The whole subject of a certificate (RFC 4514, section 2), in the order of the certificate, and behind it the alternative
/// names, by which a policy may tell signers apart whose subjects are one. Different names give different texts. Returns
/// `None` if they cannot be read, there is none, or they are very long.
///
/// Section 2.1 has the order reversed. It is kept here, as policies of the Notary Project are written.
pub(crate) fn written(certificate: &Certificate) -> Option<String> {
    let mut text = String::new();
    for name in certificate.subject().ok()? {
        for (position, attribute) in name.attributes().iter().enumerate() {
            match (position, text.is_empty()) {
                (0, true) => {}
                (0, false) => text.push_str(", "),
                (_, _) => text.push('+'),
            }
            write_attribute(attribute, &mut text)?;
        }
    }
    let names = certificate.alternative_names().ok()?;
    let kinds = [
        ("uri", names.uris()),
        ("dns", names.dns()),
        ("email", names.emails()),
    ];
    for (kind, names) in kinds {
        for name in names {
            let separator = if text.is_empty() { "" } else { "; " };
            let _ = write!(text, "{separator}{kind}:");
            escape(name, &mut text);
        }
    }
    (!text.is_empty() && text.len() <= MAX_BYTES).then_some(text)
}

/// Returns `None` for a kind of value that is not known here: nothing would tell two of them apart.
fn write_attribute(attribute: &Attribute, out: &mut String) -> Option<()> {
    let known = KNOWN.iter().find(|(oid, ..)| *oid == attribute.oid());
    let kind = known.map_or(attribute.oid(), |(_, short, _)| short);
    out.push_str(kind);
    out.push('=');
    match attribute.value() {
        AttributeValue::Text(text) => escape(text, out),
        AttributeValue::Raw(der) => {
            out.push('#');
            for byte in der {
                let _ = write!(out, "{byte:02X}");
            }
        }
        _ => return None,
    }
    Some(())
}

/// Section 2.4: what separates, what is lost at an end, and, because it could steer a terminal, what controls it.
fn escape(text: &str, out: &mut String) {
    let last = text.chars().count().saturating_sub(1);
    for (position, character) in text.chars().enumerate() {
        let is_special = matches!(character, '"' | '+' | ',' | ';' | '<' | '>' | '\\' | '=');
        let is_at_end = (position == 0 && matches!(character, ' ' | '#'))
            || (position == last && character == ' ');
        if is_special || is_at_end {
            out.push('\\');
            out.push(character);
        } else if doorward_core::text::is_disruptive(character) {
            let mut bytes = [0; 4];
            for byte in character.encode_utf8(&mut bytes).bytes() {
                let _ = write!(out, "\\{byte:02X}");
            }
        } else {
            out.push(character);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn escaped(text: &str) -> String {
        let mut out = String::new();
        escape(text, &mut out);
        out
    }

    #[test]
    fn a_value_cannot_end_itself_and_begin_another() {
        assert_eq!(escaped("Acme, CN=build"), "Acme\\, CN\\=build");
        assert_eq!(escaped("a+b;c\\"), "a\\+b\\;c\\\\");
        assert_eq!(escaped(" # "), "\\ #\\ ");
        assert_eq!(escaped("#1"), "\\#1");
        assert_eq!(escaped(""), "");
    }

    #[test]
    fn what_steers_a_terminal_is_written_in_hex() {
        assert_eq!(escaped("a\u{1b}[2J\n"), "a\\1B[2J\\0A");
    }
}
