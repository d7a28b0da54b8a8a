//! What is risky about a pattern on its own.

use doorward_core::Reference;

use super::host;
use crate::LintCode;
use crate::diagnostic::quoted;

/// Texts put in the place of stars to see whether anything valid can match.
const FILLS: &[&str] = &["x", "1", "x/x", "x.x", "", ":1"];

pub(super) fn findings(pattern: &str) -> Vec<(LintCode, String)> {
    let mut found = Vec::new();
    if pattern.is_empty() {
        let message = "an entry with an empty name matches no image";
        return vec![(LintCode::EmptyPattern, message.to_owned())];
    }
    if pattern.bytes().all(|byte| byte == b'*') {
        return found;
    }
    let shown = quoted(pattern);
    match pattern.split_once('/') {
        None => found.push((LintCode::PatternWithoutSlash, without_slash(pattern))),
        Some((host, path)) => {
            if host.bytes().all(|byte| byte == b'*') && !host.is_empty() {
                let message = format!(
                    "{shown} governs this path on every registry, also on those of strangers"
                );
                found.push((LintCode::AnyHost, message));
            } else if host::spills(host) {
                let message = format!(
                    "the host {} also stands for hosts that belong to others, such as {}",
                    quoted(host),
                    quoted(&stranger(host))
                );
                found.push((LintCode::HostGlobSpills, message));
            }
            if path_spills(path) {
                let message = format!(
                    "{shown} also governs repositories beside the one that is meant; end the name with `/*` to stay below it"
                );
                found.push((LintCode::PathGlobSpills, message));
            }
        }
    }
    if pattern.ends_with(":latest") {
        let message = format!(
            "{shown} names the tag `latest`: whatever is pushed under it next is governed too"
        );
        found.push((LintCode::LatestTag, message));
    }
    if never_matches(pattern) {
        let message = format!("no valid image reference can match {shown}");
        found.push((LintCode::PatternNeverMatches, message));
    }
    found
}

fn without_slash(pattern: &str) -> String {
    let shown = quoted(pattern);
    // Only what stands before a slash is brought to the one spelling of a host.
    let spelling = if pattern.contains(|c: char| c.is_ascii_uppercase()) {
        "; nor is it known for a host, so its capitals govern this spelling only, and lower case is another"
    } else {
        ""
    };
    if pattern.contains('*') {
        return format!(
            "{shown} has no slash, so its stars stand for hosts and paths alike: it also governs images on other \
             registries{spelling}"
        );
    }
    match pattern.parse::<Reference>() {
        Ok(reference) => format!(
            "{shown} has no slash: it means {} only as long as it is read as a short name, and a registry host of that name with a port matches it too",
            quoted(&reference.repository().to_string())
        ),
        Err(_) => {
            format!("{shown} has no slash, so it is compared with the whole reference{spelling}")
        }
    }
}

/// A host of somebody else that the pattern matches.
fn stranger(host: &str) -> String {
    if host.ends_with('*') {
        host.replace('*', ".evil.test")
    } else if host.starts_with('*') && !host.starts_with("*.") {
        host.replace('*', "evil")
    } else {
        host.replace('*', "x.evil")
    }
}

/// Whether a star in the path continues or begins a name, instead of standing for names of its own. In a tag or
/// digest it may.
fn path_spills(path: &str) -> bool {
    path.split('/').any(|component| {
        let name = component
            .find([':', '@'])
            .map_or(component, |end| component.get(..end).unwrap_or(component));
        name.contains('*') && name.bytes().any(|byte| byte != b'*')
    })
}

fn never_matches(pattern: &str) -> bool {
    let (name, digest) = match pattern.rsplit_once('@') {
        None => (pattern, String::new()),
        // A digest cannot be filled in by chance.
        Some((_, digest)) if digest.contains('*') => return false,
        Some((name, digest)) => (name, format!("@{digest}")),
    };
    !FILLS.iter().any(|fill| {
        let image = format!("{}{digest}", name.replace('*', fill));
        image.parse::<Reference>().is_ok()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn codes(pattern: &str) -> Vec<LintCode> {
        findings(pattern)
            .into_iter()
            .map(|(code, _)| code)
            .collect()
    }

    #[test]
    fn plain_patterns_are_left_alone() {
        for pattern in [
            "*",
            "**",
            "r.example/*",
            "r.example/team/*",
            "r.example/team/app",
            "r.example/app:v*",
            "*.r.example/team/*",
            "r.example:*/a",
            "[::1]:5000/*",
            "registry-1.docker.io/*",
            "localhost/*",
            "r.example/*:prod",
            "r.example/a@sha256:*",
            "docker.io/*",
        ] {
            assert_eq!(codes(pattern), [], "{pattern}");
        }
    }

    #[test]
    fn patterns_without_a_slash_are_reported() {
        for pattern in [
            "nginx",
            "nginx*",
            "*nginx",
            "*.r.example*",
            "*:signed",
            "*@sha256:*",
        ] {
            assert_eq!(codes(pattern), [LintCode::PatternWithoutSlash], "{pattern}");
        }
    }

    #[test]
    fn capitals_in_a_pattern_without_a_slash_are_said_to_govern_one_spelling() {
        let said = |pattern: &str| {
            findings(pattern)
                .remove(0)
                .1
                .contains("its capitals govern")
        };
        assert!(said("LOCALHOST*") && said("Registry.Example*") && said("*:V1"));
        assert!(!said("localhost*") && !said("*:v1") && !said("nginx"));
    }

    #[test]
    fn patterns_that_reach_further_than_they_look_are_reported() {
        assert_eq!(codes("r.example*/a"), [LintCode::HostGlobSpills]);
        assert_eq!(codes("*/team/*"), [LintCode::AnyHost]);
        for pattern in [
            "r.example/team*",
            "r.example/*app",
            "r.example/team*/app",
            "r.example/app-*:1",
        ] {
            assert_eq!(codes(pattern), [LintCode::PathGlobSpills], "{pattern}");
        }
        assert_eq!(codes("r.example/app:latest"), [LintCode::LatestTag]);
        assert_eq!(codes(""), [LintCode::EmptyPattern]);
    }

    #[test]
    fn patterns_that_no_reference_can_match_are_reported() {
        for pattern in [
            " r.example/*",
            "r.example/",
            "r.example/Team/*",
            "https://r.example/*",
            "/a",
            "r.example//a",
            "r.example/a b",
            "r.example:0443/*",
            "r.example./*",
            "127.1/*",
            "r.example/a@",
            "r.example/*@sha256:e3b0",
            "[64:ff9b::a00:5]:5000/*",
            "[::ffff:7f00:1]:5000/*",
        ] {
            assert!(
                codes(pattern).contains(&LintCode::PatternNeverMatches),
                "{pattern}"
            );
        }
    }
}
