//! What objects may be called. A name that is none could become another path.

/// Whether this is the name of a namespace: a DNS label (RFC 1123), as the API server wants it.
pub fn is_label(name: &str) -> bool {
    name.len() <= 63 && !name.contains('.') && is_name(name)
}

/// Whether this is the name of an object: a DNS subdomain (RFC 1123), as the API server wants it.
pub(crate) fn is_name(name: &str) -> bool {
    let is_part = |part: &str| {
        let inner = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        !part.is_empty()
            && part.bytes().all(inner)
            && !part.starts_with('-')
            && !part.ends_with('-')
    };
    name.len() <= 253 && name.split('.').all(is_part)
}
