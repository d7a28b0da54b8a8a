//! Names of namespaces.

/// The most characters of a namespace's name (RFC 1123 label, as Kubernetes applies it).
pub const MAX_NAMESPACE: usize = 63;

/// Whether a namespace can have this name: at most [`MAX_NAMESPACE`] lower-case letters, digits and hyphens, with a
/// letter or digit first and last. What has another name governs nothing, because no namespace is called so.
#[must_use]
pub fn is_namespace(name: &str) -> bool {
    let alphanumeric = |b: &u8| b.is_ascii_lowercase() || b.is_ascii_digit();
    let bytes = name.as_bytes();
    bytes.len() <= MAX_NAMESPACE
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
            assert!(is_namespace(good), "{good}");
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
            " shop",
            "shop\n",
            "shop,prod",
            "*",
            too_long.as_str(),
        ] {
            assert!(!is_namespace(bad), "{bad}");
        }
    }
}
