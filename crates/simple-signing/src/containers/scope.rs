//! The order in which scopes are looked up, for requirements and for stores alike.

use doorward_core::{Authority, Reference};

/// The scopes that cover `reference`, most specific first (containers-policy.json(5), "docker:"): the whole reference,
/// the repository, each namespace above it, the host with its port, and `*.` patterns of the host without its port.
/// Scopes are compared as text; nothing else about them is a pattern.
pub(crate) fn scopes(reference: &Reference) -> Vec<String> {
    let repository = reference.repository();
    let mut scopes = vec![reference.to_string()];
    let mut name = repository.to_string();
    let host = repository.registry().len();
    loop {
        if scopes.last() != Some(&name) {
            scopes.push(name.clone());
        }
        match name.rfind('/') {
            Some(slash) if slash >= host => name.truncate(slash),
            _ => break,
        }
    }
    let mut rest = repository.host();
    while let Some((_, parent)) = rest.split_once('.') {
        scopes.push(format!("*.{parent}"));
        rest = parent;
    }
    scopes
}

/// A scope with its host in its canonical spelling. What has no host in front is only brought to lower case there.
pub(crate) fn canonical(scope: &str) -> String {
    let (host, path) = scope.split_at(scope.find('/').unwrap_or(scope.len()));
    match host.parse::<Authority>() {
        Ok(authority) => format!("{authority}{path}"),
        Err(_) => format!("{}{path}", host.to_ascii_lowercase()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Vec<String> {
        scopes(&text.parse().expect("valid"))
    }

    #[test]
    fn scopes_go_from_the_reference_to_the_widest_wildcard() {
        assert_eq!(
            of("a.b.example.com:5000/x/y/z:1"),
            [
                "a.b.example.com:5000/x/y/z:1",
                "a.b.example.com:5000/x/y/z",
                "a.b.example.com:5000/x/y",
                "a.b.example.com:5000/x",
                "a.b.example.com:5000",
                "*.b.example.com",
                "*.example.com",
                "*.com",
            ]
        );
    }

    #[test]
    fn the_host_of_a_scope_has_one_canonical_spelling() {
        for (scope, expected) in [
            ("R.example:443/Ns", "r.example/Ns"),
            ("r.example:5000", "r.example:5000"),
            ("registry-1.docker.io/library", "docker.io/library"),
            ("*.Example.com", "*.example.com"),
            ("[0:0::1]:5000/a", "[::1]:5000/a"),
            ("r.example:0443/a", "r.example:0443/a"),
            ("", ""),
        ] {
            assert_eq!(canonical(scope), expected);
        }
    }

    #[test]
    fn a_host_without_dots_has_no_wildcard() {
        assert_eq!(
            of("localhost:5000/x:1"),
            ["localhost:5000/x:1", "localhost:5000/x", "localhost:5000"]
        );
    }

    #[test]
    fn docker_hub_names_are_completed() {
        assert_eq!(
            of("nginx:1"),
            [
                "docker.io/library/nginx:1",
                "docker.io/library/nginx",
                "docker.io/library",
                "docker.io",
                "*.io"
            ]
        );
    }

    #[test]
    fn no_scope_of_a_lookalike_host_or_path_covers_an_image() {
        let covers = |scope: &str| {
            of("registry.example.com/ns/app:1")
                .iter()
                .any(|s| s == scope)
        };
        for scope in [
            "registry.example.com/n",
            "registry.example.com/ns/",
            "registry.example.com/ns/ap",
            "*.registry.example.com",
            "*example.com",
            "example.com",
            "*",
            "",
            "Registry.example.com",
        ] {
            assert!(!covers(scope), "{scope}");
        }
    }
}
