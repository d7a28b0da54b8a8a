//! Where something stands in the objects of a custom resource.

use std::fmt;

use crate::original_images::ORIGINAL_IMAGES;
use crate::pointer::escaped;

/// The most tokens of a path. No resource that is known has half as many.
const MAX_TOKENS: usize = 32;
/// The most bytes of a path.
const MAX_BYTES: usize = 1024;
/// Stands for every element of a list and every value of an object.
const EACH: &str = "*";

/// What stands at a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Holds {
    /// One image.
    Image,
    /// The specification of a Pod.
    PodSpec,
}

/// A JSON pointer (RFC 6901) with stars.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct CustomPath {
    tokens: Vec<Token>,
    pub(crate) holds: Holds,
    /// Whether an object may rightly have nothing there.
    pub(crate) may_be_absent: bool,
}

/// One step into an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Token {
    /// To every element or value.
    Each,
    /// To the member of this name, or the element of this number.
    Named(String),
}

impl CustomPath {
    /// Reads a path. `None` if it is not one, or beyond the bounds.
    pub(super) fn parse(text: &str, holds: Holds) -> Option<Self> {
        let (pointer, may_be_absent) = match text.strip_suffix('?') {
            Some(pointer) => (pointer, true),
            None => (text, false),
        };
        if pointer.len() > MAX_BYTES {
            return None;
        }
        let tokens = pointer.strip_prefix('/')?.split('/').map(token);
        let tokens: Vec<Token> = tokens.collect::<Option<_>>()?;
        (tokens.len() <= MAX_TOKENS).then_some(Self {
            tokens,
            holds,
            may_be_absent,
        })
    }

    /// The path to one place, by its pointer.
    pub(crate) fn to(pointer: &str) -> Option<Self> {
        let mut path = Self::parse(pointer, Holds::PodSpec)?;
        for token in &mut path.tokens {
            if *token == Token::Each {
                *token = Token::Named(EACH.to_owned());
            }
        }
        Some(path)
    }

    /// Whether it leads to the annotation that pinning writes, to what holds it, or through it: then an object that is pinned
    /// would hold another thing there than the one that was judged.
    pub(super) fn meets_original_images(&self) -> bool {
        let own = ["metadata", "annotations", ORIGINAL_IMAGES];
        self.tokens.iter().zip(own).all(|(token, own)| match token {
            Token::Each => true,
            Token::Named(name) => name == own,
        })
    }

    pub(super) fn tokens(&self) -> &[Token] {
        &self.tokens
    }
}

/// A token without its escapes (RFC 6901 section 4). An empty one is a slip: no field has an empty name.
fn token(text: &str) -> Option<Token> {
    if text == EACH {
        return Some(Token::Each);
    }
    let mut escapes = text.split('~').skip(1);
    if text.is_empty() || !escapes.all(|rest| rest.starts_with(['0', '1'])) {
        return None;
    }
    Some(Token::Named(text.replace("~1", "/").replace("~0", "~")))
}

impl fmt::Display for CustomPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for token in &self.tokens {
            match token {
                Token::Each => write!(f, "/{EACH}")?,
                Token::Named(name) => write!(f, "/{}", escaped(name))?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> Option<String> {
        CustomPath::parse(text, Holds::PodSpec).map(|path| path.to_string())
    }

    #[test]
    fn a_path_is_written_as_it_is_read() {
        for text in [
            "/spec",
            "/spec/template/spec",
            "/spec/jobs/*/spec",
            "/*",
            "/a~1b/c~0d",
            "/spec/0/x",
            "/spec/~01",
        ] {
            assert_eq!(shown(text).as_deref(), Some(text));
        }
        let path = CustomPath::parse("/spec/template/spec?", Holds::PodSpec).unwrap();
        assert!(path.may_be_absent);
        assert_eq!(path.to_string(), "/spec/template/spec");
    }

    #[test]
    fn a_path_meets_what_pinning_writes_wherever_a_star_may_stand_for_it() {
        for (text, meets) in [
            ("/metadata", true),
            ("/*", true),
            ("/metadata/annotations", true),
            ("/metadata/*", true),
            ("/*/*", true),
            ("/*/image", false),
            ("/metadata/annotations/*", true),
            ("/metadata/annotations/doorward.dev~1original-images", true),
            ("/metadata/annotations/a.example~1image", false),
            ("/*/*/*/image", true),
            ("/metadata/*/*/image", true),
            ("/metadata/labels/*", false),
            ("/spec", false),
            ("/spec/*/*", false),
        ] {
            let path = CustomPath::parse(text, Holds::Image).unwrap();
            assert_eq!(path.meets_original_images(), meets, "{text}");
        }
    }

    #[test]
    fn what_is_no_pointer_is_no_path() {
        let long = format!("/{}", "a".repeat(MAX_BYTES));
        let deep = "/a".repeat(MAX_TOKENS + 1);
        for text in [
            "",
            "?",
            "/",
            "//",
            "spec",
            ".spec.template",
            "/spec/",
            "/spec//x",
            "/a~",
            "/a~2",
            "/~",
            &long,
            &deep,
        ] {
            assert_eq!(shown(text), None, "{text}");
        }
        assert!(shown(&"/a".repeat(MAX_TOKENS)).is_some());
    }
}
