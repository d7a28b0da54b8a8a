//! Regular expressions over identities.

use regex_automata::meta::{Builder, Config, Regex};
use regex_syntax::ParserBuilder;
use regex_syntax::hir::{Hir, Look};

use super::anybody::goes_on_after;
use crate::LintCode;
use crate::walk::{Object, Walk};

/// The most memory that a compiled expression may take, in bytes, as for verification: a character class of Unicode takes
/// some KiB, and counted repetitions of such classes are what could take more.
pub(super) const MAX_COMPILED: usize = 1 << 20;
/// How deep groups may nest, as for verification. The parser recurses.
const MAX_NESTING: u32 = 64;
/// Names that nobody has who could be meant, of three different forms. An expression that matches all of them says
/// nothing about who signed.
const STRANGERS: [&str; 3] = [
    "stranger@nobody.invalid",
    "https://elsewhere.invalid/other/project/.build/any.yml@refs/heads/x",
    "7",
];

/// Reports an expression in `field` that cannot be used, that matches everybody, or that looks as if parts of a name
/// would do. `stranger` is what the names of some begin with who are not meant, and could sign all the same.
pub(super) fn check(
    walk: &mut Walk<'_>,
    object: &Object<'_>,
    field: &'static str,
    stranger: Option<&str>,
) {
    // One of another type was reported where it was read.
    let Some(text) = object.field(field).and_then(|node| node.as_str()) else {
        return;
    };
    let at = object.place(field);
    let is_for_anybody = |tree: &Hir| stranger.is_some_and(|name| goes_on_after(tree, name));
    walk.inside(field, |walk| {
        match whole(text).and_then(|tree| Ok((compile(&tree)?, tree))) {
            Err(reason) => {
                let message = format!("the regular expression cannot be used: {reason}");
                walk.meaning(LintCode::InvalidValue, at, message);
            }
            Ok((whole, _)) if STRANGERS.iter().all(|name| whole.is_match(name)) => {
                let message = "the expression matches everybody, so it says nothing about who signed";
                walk.meaning(LintCode::AnyIdentity, at, message);
            }
            Ok((_, tree)) if is_for_anybody(&tree) => {
                let message = "anybody who has an account there can be called something that the expression matches: begin it \
                               with the owner, such as `https://github\\.com/acme/`, or say whose with `github: {repository}`";
                walk.meaning(LintCode::AnyIdentity, at, message);
            }
            Ok(_) if looks_partial(text) => {
                let message = "the expression must match the whole name, from its beginning to its end; say `.*` where \
                               something else may stand";
                walk.note(LintCode::WholeExpression, at, message);
            }
            Ok(_) => {}
        }
    });
}

/// Whether the author may think that the expression is searched for in the name: neither end of it says what stands
/// there.
fn looks_partial(text: &str) -> bool {
    let begins = ["^", r"\A", ".", "https?:", "https:"];
    let ends = ["$", r"\z", "*", "+"];
    !begins.iter().any(|begin| text.starts_with(begin))
        && !ends.iter().any(|end| text.ends_with(end))
}

/// The expression, to be compared with a name as a whole; or why it cannot be, in one line.
pub(super) fn whole(text: &str) -> Result<Hir, String> {
    let read = ParserBuilder::new()
        .nest_limit(MAX_NESTING)
        .build()
        .parse(text);
    let read = read.map_err(|error| match error {
        regex_syntax::Error::Parse(error) => error.kind().to_string(),
        regex_syntax::Error::Translate(error) => error.kind().to_string(),
        _ => "it cannot be read".to_owned(),
    })?;
    // Anchored as a tree: a text in parentheses could close them.
    Ok(Hir::concat(vec![
        Hir::look(Look::Start),
        read,
        Hir::look(Look::End),
    ]))
}

fn compile(whole: &Hir) -> Result<Regex, String> {
    let bounds = Config::new()
        .nfa_size_limit(Some(MAX_COMPILED))
        .onepass_size_limit(Some(MAX_COMPILED))
        .hybrid_cache_capacity(MAX_COMPILED);
    let compiled = Builder::new().configure(bounds).build_from_hir(whole);
    compiled.map_err(|_| "it takes more memory than it may".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Regex, String> {
        compile(&whole(text)?)
    }

    #[test]
    fn an_expression_without_ends_looks_partial() {
        for partial in ["acme/web", "@acme\\.example", "github.com/acme/"] {
            assert!(looks_partial(partial), "{partial}");
        }
        for whole in [
            "^https://github.com/acme/",
            ".*@acme\\.example",
            "https://github\\.com/acme/web/.+",
            "acme/.*",
            "release@acme\\.example$",
        ] {
            assert!(!looks_partial(whole), "{whole}");
        }
    }

    #[test]
    fn what_is_wrong_is_said_in_one_line() {
        assert_eq!(read("a(").unwrap_err(), "unclosed group");
        let large = read("(?:\\w{99}){99}").unwrap_err();
        assert_eq!(large, "it takes more memory than it may");
    }

    #[test]
    fn an_expression_cannot_close_what_compares_it_with_the_whole_name() {
        assert!(read("a)|(?:.*").is_err());
        assert!(!read("a|b").expect("read").is_match("xb"));
    }
}
