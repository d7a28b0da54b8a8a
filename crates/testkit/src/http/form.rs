//! `application/x-www-form-urlencoded`, as queries and token requests use it.

/// Every value of `name`, decoded, in order.
pub(crate) fn values(encoded: &str, name: &str) -> Vec<String> {
    encoded
        .split('&')
        .filter_map(|pair| {
            let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
            (decode(key) == name).then(|| decode(value))
        })
        .collect()
}

/// The first value of `name`.
pub(crate) fn value(encoded: &str, name: &str) -> Option<String> {
    values(encoded, name).into_iter().next()
}

/// Decodes `+` and `%xx`. What is not a valid escape is kept as it stands.
pub(crate) fn decode(text: &str) -> String {
    decode_path(&text.replace('+', " "))
}

/// Decodes `%xx`. What is not a valid escape is kept as it stands.
pub(crate) fn decode_path(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        let escaped = bytes
            .get(at + 1..at + 3)
            .and_then(|hex| std::str::from_utf8(hex).ok())
            .and_then(|hex| u8::from_str_radix(hex, 16).ok());
        match (byte, escaped) {
            (b'%', Some(value)) => {
                out.push(value);
                at += 3;
            }
            _ => {
                out.push(byte);
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_and_plus_signs_are_decoded() {
        assert_eq!(decode("a%2Fb+c%3a"), "a/b c:");
    }

    #[test]
    fn broken_escapes_stay_as_they_are() {
        assert_eq!(decode("100%"), "100%");
        assert_eq!(decode("%zz%4"), "%zz%4");
    }

    #[test]
    fn repeated_parameters_keep_their_order() {
        assert_eq!(values("scope=a&x=1&scope=b%20c", "scope"), ["a", "b c"]);
        assert_eq!(value("a=1", "b"), None);
    }
}
