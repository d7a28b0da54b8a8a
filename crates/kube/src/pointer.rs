//! JSON pointers (RFC 6901).

/// One reference token, escaped (RFC 6901 section 3).
pub(crate) fn escaped(token: &str) -> String {
    token.replace('~', "~0").replace('/', "~1")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tildes_and_slashes_are_escaped_in_the_right_order() {
        assert_eq!(
            escaped("doorward.dev/original-images"),
            "doorward.dev~1original-images"
        );
        assert_eq!(escaped("a~1/b"), "a~01~1b");
    }
}
