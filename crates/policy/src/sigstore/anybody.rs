//! Issuers that vouch for anybody who has an account, and what all names begin with that they give.

use regex_automata::nfa::thompson::{Compiler, Config, NFA, State};
use regex_automata::util::look::Look;
use regex_automata::util::primitives::StateID;
use regex_syntax::hir::Hir;

use super::expression::MAX_COMPILED;

/// The issuers, and what the name of a stranger begins with who has a certificate through one of them. Nobody is meant who is
/// called that.
const ISSUERS: [(&str, &str); 3] = [
    (
        "https://token.actions.githubusercontent.com",
        "https://github.com/qwxzjv/",
    ),
    ("https://gitlab.com", "https://gitlab.com/qwxzjv/"),
    (
        "https://agent.buildkite.com",
        "https://buildkite.com/qwxzjv/",
    ),
];

/// What the name of a stranger begins with, of whom this issuer says who it is. `None` if it is not known to vouch for anybody.
pub(super) fn stranger_of(issuer: &str) -> Option<&'static str> {
    let issuer = issuer.strip_suffix('/').unwrap_or(issuer);
    let mut known = ISSUERS.iter().filter(|(known, _)| *known == issuer);
    known.next().map(|(_, stranger)| *stranger)
}

/// Whether an expression, compared with a name as a whole, goes on where a name has begun so. What depends on the letters beside a
/// place is taken not to.
pub(super) fn goes_on_after(whole: &Hir, beginning: &str) -> bool {
    let bounds = Config::new().nfa_size_limit(Some(MAX_COMPILED));
    let Ok(nfa) = Compiler::new().configure(bounds).build_from_hir(whole) else {
        return false;
    };
    let mut alive = reached(&nfa, vec![nfa.start_anchored()], true);
    for byte in beginning.bytes() {
        let next = alive.iter().filter_map(|id| match nfa.state(*id) {
            State::ByteRange { trans } => trans.matches_byte(byte).then_some(trans.next),
            State::Sparse(all) => all.matches_byte(byte),
            State::Dense(all) => all.matches_byte(byte),
            _ => None,
        });
        alive = reached(&nfa, next.collect(), false);
    }
    !alive.is_empty()
}

/// The states that take a byte, or are the end, and are reached without one.
fn reached(nfa: &NFA, mut from: Vec<StateID>, is_start: bool) -> Vec<StateID> {
    let mut seen = vec![false; nfa.states().len()];
    let mut reached = Vec::new();
    while let Some(id) = from.pop() {
        if seen
            .get_mut(id.as_usize())
            .is_none_or(|seen| std::mem::replace(seen, true))
        {
            continue;
        }
        match nfa.state(id) {
            State::ByteRange { .. } | State::Sparse(_) | State::Dense(_) | State::Match { .. } => {
                reached.push(id);
            }
            State::Look { look, next } if is_start && is_of_start(*look) => from.push(*next),
            State::Look { .. } | State::Fail => {}
            State::Union { alternates } => from.extend(alternates.iter()),
            State::BinaryUnion { alt1, alt2 } => from.extend([*alt1, *alt2]),
            State::Capture { next, .. } => from.push(*next),
        }
    }
    reached
}

const fn is_of_start(look: Look) -> bool {
    matches!(look, Look::Start | Look::StartLF | Look::StartCRLF)
}

#[cfg(test)]
mod tests {
    use super::super::expression::whole;
    use super::*;

    fn is_open(expression: &str) -> bool {
        let stranger = stranger_of("https://token.actions.githubusercontent.com").expect("known");
        goes_on_after(&whole(expression).expect("an expression"), stranger)
    }

    #[test]
    fn an_expression_that_names_its_owner_is_for_nobody_else() {
        for closed in [
            "https://github\\.com/acme/.*",
            "^https://github\\.com/acme/web/.+$",
            "\\Ahttps://github\\.com/(acme|beta)/.*",
            "(?i)HTTPS://GitHub\\.com/Acme/.*",
            "https://github\\.com/acme-[^/]+/.*",
            "release@acme\\.example",
            "https://github\\.com/",
        ] {
            assert!(!is_open(closed), "{closed}");
        }
    }

    #[test]
    fn an_expression_that_leaves_the_owner_open_is_for_anybody_whatever_else_it_says() {
        for open in [
            "https://github\\.com/.+",
            "https://.*",
            "https://github\\.com/[^/]+/[^/]+/\\.github/workflows/release\\.yml@refs/tags/v.*",
            "https://github\\.com/\\w+/web/.*",
            "(?:https://github\\.com/acme/|https://github\\.com/[a-z]+/).*",
            // A stranger names a repository like that, and a tag.
            ".*/acme/.*",
            ".+@acme\\.example",
        ] {
            assert!(is_open(open), "{open}");
        }
    }

    #[test]
    fn an_issuer_is_known_with_and_without_a_slash_at_its_end_and_by_no_part() {
        assert!(stranger_of("https://gitlab.com/").is_some());
        for other in [
            "https://gitlab.com.evil.example",
            "https://gitlab.example",
            "",
        ] {
            assert_eq!(stranger_of(other), None, "{other}");
        }
        let enterprise = "https://token.actions.githubusercontent.com/acme";
        assert_eq!(stranger_of(enterprise), None);
    }
}
