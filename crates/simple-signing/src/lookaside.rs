//! Lookaside stores: where the signatures of a digest lie (containers "signature access protocols", "web server").

use std::fmt;

use doorward_core::{Basic, Digest, Repository};

/// The base address of a lookaside store, checked, with its credentials taken out of the address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Base {
    /// `scheme://authority/path`, without user information.
    address: String,
    /// `?query`, which stays at the end of every address.
    query: String,
    pub(crate) access: Option<Basic>,
}

/// Why a text is not the address of a lookaside store.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// The text is not an absolute URL, or has a fragment or a control character.
    #[error("the store address is not a URL")]
    NotAUrl,
    /// The scheme is not one of `file`, `http` and `https`.
    #[error("the store address begins with {scheme:?}, expected file, http or https")]
    Scheme {
        /// The scheme.
        scheme: String,
    },
}

impl Base {
    /// Splits `text` into its parts. Credentials in the address are used if `access` brings none.
    pub(crate) fn parse(text: &str, access: Option<Basic>) -> Result<Self, StoreError> {
        let (scheme, rest) = text.split_once("://").ok_or(StoreError::NotAUrl)?;
        if !matches!(scheme, "file" | "http" | "https") {
            return Err(StoreError::Scheme {
                scheme: scheme.chars().take(32).collect(),
            });
        }
        if text.contains(|c: char| c.is_control() || c.is_whitespace() || c == '#') {
            return Err(StoreError::NotAUrl);
        }
        let (rest, query) = match rest.split_once('?') {
            Some((rest, query)) => (rest, format!("?{query}")),
            None => (rest, String::new()),
        };
        let path_at = rest.find('/').unwrap_or(rest.len());
        let (authority, path) = rest.split_at(path_at);
        let (user, host) = match authority.rsplit_once('@') {
            Some((user, host)) => (Some(user), host),
            None => (None, authority),
        };
        // A file has no host, everything else has one.
        if host.is_empty() != (scheme == "file") {
            return Err(StoreError::NotAUrl);
        }
        Ok(Self {
            address: format!("{scheme}://{host}{path}"),
            query,
            access: access.or_else(|| user.map(credentials)),
        })
    }

    /// The address of the `index`th signature, from 1, of `digest` in the repository that is kept at `located`.
    pub(crate) fn signature(&self, located: &Repository, digest: &Digest, index: usize) -> String {
        format!(
            "{}/{}@{}={}/signature-{index}{}",
            self.address,
            located.path(),
            digest.algorithm(),
            digest.hex(),
            self.query
        )
    }
}

/// For people: without credentials, and without a query, which may hold some.
impl fmt::Display for Base {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.address)
    }
}

fn credentials(text: &str) -> Basic {
    let (user, password) = text.split_once(':').unwrap_or((text, ""));
    Basic::new(percent_decoded(user), percent_decoded(password))
}

/// RFC 3986, section 2.1. What is not an escape stays as it is.
fn percent_decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let escape = after.split_at_checked(2).and_then(|(hex, after)| {
            let hex = std::str::from_utf8(hex).ok()?;
            let digits = hex.bytes().all(|b| b.is_ascii_hexdigit());
            Some((u8::from_str_radix(hex, 16).ok().filter(|_| digits)?, after))
        });
        match (first, escape) {
            (b'%', Some((byte, after))) => {
                bytes.push(byte);
                rest = after;
            }
            _ => {
                bytes.push(*first);
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Where signatures are kept that the registry does not keep itself.
#[derive(Clone, PartialEq, Eq)]
pub enum Store {
    /// Nowhere.
    None,
    /// In a lookaside store.
    Lookaside {
        /// A `file`, `http` or `https` URL. A trailing slash is kept and doubled, as by other readers.
        base: String,
        /// What to authenticate with, if the store demands it. Takes precedence over credentials in the URL.
        access: Option<Basic>,
    },
}

/// Without what may be a credential.
impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => f.write_str("None"),
            Self::Lookaside { base, .. } => match Base::parse(base, None) {
                Ok(base) => write!(f, "Lookaside({base})"),
                Err(error) => write!(f, "Lookaside({error})"),
            },
        }
    }
}

impl Store {
    /// A lookaside store, its address checked.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn lookaside(base: &str, access: Option<Basic>) -> Result<Self, StoreError> {
        Base::parse(base, None)?;
        Ok(Self::Lookaside {
            base: base.to_owned(),
            access,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEX: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    fn address(base: &str) -> String {
        let located = "registry.example:5000/ns/app".parse().expect("valid");
        let digest = Digest::sha256(b"");
        Base::parse(base, None)
            .expect("valid")
            .signature(&located, &digest, 3)
    }

    #[test]
    fn the_path_leaves_the_host_out_and_names_digest_and_index() {
        assert_eq!(
            address("https://sigs.example/store"),
            format!("https://sigs.example/store/ns/app@sha256={HEX}/signature-3")
        );
        assert_eq!(
            address("file:///var/lib/sigs"),
            format!("file:///var/lib/sigs/ns/app@sha256={HEX}/signature-3")
        );
    }

    #[test]
    fn a_trailing_slash_is_doubled_and_a_query_stays_last() {
        assert_eq!(
            address("http://s.example:80/a/?x=1"),
            format!("http://s.example:80/a//ns/app@sha256={HEX}/signature-3?x=1")
        );
    }

    #[test]
    fn docker_hub_images_lie_under_library() {
        let located = "nginx".parse().expect("valid");
        let base = Base::parse("https://s.example", None).expect("valid");
        assert!(
            base.signature(&located, &Digest::sha256(b""), 1)
                .starts_with("https://s.example/library/nginx@sha256=")
        );
    }

    #[test]
    fn credentials_move_from_the_address_to_the_side() {
        let base = Base::parse("https://us%65r:p%40ss:w@s.example/x", None).expect("valid");
        assert_eq!(base.access, Some(Basic::new("user", "p@ss:w")));
        assert_eq!(base.address, "https://s.example/x");
        let given = Some(Basic::new("a", "b"));
        let base = Base::parse("https://u:p@s.example", given.clone()).expect("valid");
        assert_eq!(base.access, given);
    }

    #[test]
    fn broken_escapes_in_credentials_stay_as_written() {
        assert_eq!(percent_decoded("%"), "%");
        assert_eq!(percent_decoded("%4"), "%4");
        assert_eq!(percent_decoded("%zz%+1"), "%zz%+1");
    }

    #[test]
    fn other_schemes_are_refused() {
        for text in ["ftp://s.example/x", "HTTP://s.example", "javascript://x"] {
            assert!(matches!(
                Base::parse(text, None),
                Err(StoreError::Scheme { .. })
            ));
        }
    }

    #[test]
    fn texts_that_are_no_url_are_refused() {
        for text in [
            "",
            "/var/lib/sigs",
            "sigs.example/store",
            "file:/x",
            "https:///x",
            "https://?x",
            "file://host/x",
            "https://s.example/a b",
            "https://s.example/#f",
            "https://s.example/\r\nHost: x",
        ] {
            assert_eq!(Base::parse(text, None), Err(StoreError::NotAUrl), "{text}");
        }
    }

    #[test]
    fn debug_output_hides_the_credentials() {
        let base = Base::parse("https://user:s3cret@s.example", None).expect("valid");
        assert!(!format!("{base:?}").contains("s3cret"));
    }
}
