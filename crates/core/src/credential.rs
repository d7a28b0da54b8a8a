//! A user name and password that never show themselves.

use std::fmt;

/// A user name and password for HTTP basic authentication.
///
/// `Debug` and errors never show the password; only the transport that sends it reads it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Basic {
    username: String,
    password: String,
}

impl Basic {
    /// A pair as it will be sent.
    #[must_use]
    pub fn new(username: impl Into<String>, password: impl Into<String>) -> Self {
        Self {
            username: username.into(),
            password: password.into(),
        }
    }

    /// The user name.
    #[must_use]
    pub fn username(&self) -> &str {
        &self.username
    }

    /// The password, for the transport alone.
    #[must_use]
    pub fn expose_password(&self) -> &str {
        &self.password
    }
}

impl fmt::Debug for Basic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Basic { username: \"…\", password: \"…\" }")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_output_shows_neither_user_nor_password() {
        let text = format!("{:?}", Basic::new("alice", "s3cret"));
        assert!(
            !text.contains("alice") && !text.contains("s3cret"),
            "{text}"
        );
    }
}
