//! Rewrites: where a logical repository is kept.

use doorward_core::{Authority, Repository};

use crate::BuildError;

/// Prefixes of logical names and where the repositories under them are kept.
#[derive(Clone, Debug, Default)]
pub(crate) struct Mirrors {
    /// Longest prefix first.
    rules: Vec<(Vec<String>, String)>,
}

impl Mirrors {
    /// Adds a rewrite. The later of two for the same prefix wins.
    pub(crate) fn add(&mut self, prefix: &str, location: &str) -> Result<(), BuildError> {
        let components = components(prefix)?;
        let location = components_text(location)?;
        self.rules.retain(|(other, _)| *other != components);
        self.rules.push((components, location));
        self.rules
            .sort_by_key(|(prefix, _)| std::cmp::Reverse(prefix.len()));
        Ok(())
    }

    /// Where a repository is kept. A rewrite that would leave no path on the new registry does not apply.
    pub(crate) fn locate(&self, repository: &Repository) -> Repository {
        let canonical = repository.canonical().to_string();
        let name: Vec<&str> = canonical.split('/').collect();
        self.rules
            .iter()
            .filter_map(|(prefix, location)| {
                let rest = strip(&name, prefix)?;
                let located = std::iter::once(location.as_str())
                    .chain(rest.iter().copied())
                    .collect::<Vec<_>>()
                    .join("/");
                // A host alone would be read as the short name of an image on Docker Hub.
                located.contains('/').then(|| located.parse().ok())?
            })
            .next()
            .unwrap_or_else(|| repository.clone())
    }
}

fn strip<'a, 'n>(name: &'a [&'n str], prefix: &[String]) -> Option<&'a [&'n str]> {
    let (head, rest) = name.split_at_checked(prefix.len())?;
    head.iter()
        .zip(prefix)
        .all(|(component, wanted)| component == wanted)
        .then_some(rest)
}

/// `host[:port][/path]` in canonical spelling.
fn components_text(text: &str) -> Result<String, BuildError> {
    let invalid = || BuildError::InvalidMirror {
        text: text.to_owned(),
    };
    let (host, path) = text
        .split_once('/')
        .map_or((text, None), |(host, path)| (host, Some(path)));
    // A host without a dot or a port would be the beginning of a short Docker Hub name.
    let is_host = host.contains(['.', ':']) || host == "localhost";
    let authority: Authority = host.parse().map_err(|_| invalid())?;
    if !is_host {
        return Err(invalid());
    }
    let Some(path) = path else {
        return Ok(authority.to_string());
    };
    // Two more components keep a path of one from being completed.
    let probe: Repository = format!("{authority}/{path}/x/x")
        .parse()
        .map_err(|_| invalid())?;
    probe
        .to_string()
        .strip_suffix("/x/x")
        .map(str::to_owned)
        .ok_or_else(invalid)
}

fn components(text: &str) -> Result<Vec<String>, BuildError> {
    Ok(components_text(text)?
        .split('/')
        .map(str::to_owned)
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn locate(rules: &[(&str, &str)], repository: &str) -> String {
        let mut mirrors = Mirrors::default();
        for (prefix, location) in rules {
            mirrors.add(prefix, location).expect("a rule");
        }
        mirrors
            .locate(&repository.parse().expect("a repository"))
            .to_string()
    }

    #[test]
    fn the_longest_prefix_wins() {
        let rules = [
            ("r.example", "m.example/all"),
            ("r.example/team/app", "localhost:5000/one"),
            ("r.example/team", "m.example:5000"),
        ];
        assert_eq!(locate(&rules, "r.example/x"), "m.example/all/x");
        assert_eq!(locate(&rules, "r.example/team/y"), "m.example:5000/y");
        assert_eq!(locate(&rules, "r.example/team/app"), "localhost:5000/one");
        assert_eq!(
            locate(&rules, "r.example/team/app/z"),
            "localhost:5000/one/z"
        );
    }

    #[test]
    fn a_prefix_ends_at_a_component() {
        let rules = [
            ("r.example/team", "m.example/t"),
            ("r.example:5000", "m.example/p"),
        ];
        for name in [
            "r.example/teams/app",
            "r.example/tea",
            "r.example.attacker.test/team/app",
            "x.r.example/team/app",
            "r.example:5001/team/app",
        ] {
            assert_eq!(locate(&rules, name), name);
        }
        assert_eq!(locate(&rules, "r.example:5000/a"), "m.example/p/a");
    }

    #[test]
    fn spelling_of_the_host_does_not_matter() {
        let rules = [("R.example:443", "m.example")];
        assert_eq!(locate(&rules, "r.Example/a"), "m.example/a");
        let rules = [("[0:0::1]:5000/a", "m.example")];
        assert_eq!(locate(&rules, "[::1]:5000/a/b"), "m.example/b");
    }

    #[test]
    fn short_names_are_docker_hub_names() {
        assert_eq!(
            locate(&[("docker.io", "m.example/hub")], "nginx"),
            "m.example/hub/library/nginx"
        );
        assert_eq!(
            locate(&[("index.docker.io/library", "m.example/hub")], "nginx"),
            "m.example/hub/nginx"
        );
        for name in [
            "registry-1.docker.io:443/nginx",
            "registry.hub.docker.com/nginx",
        ] {
            assert_eq!(
                locate(&[("registry-1.docker.io", "m.example/hub")], name),
                "m.example/hub/library/nginx"
            );
        }
    }

    #[test]
    fn a_rewrite_that_leaves_no_path_does_not_apply() {
        let rules = [("r.example/a", "m.example"), ("r.example", "n.example")];
        assert_eq!(locate(&rules, "r.example/a"), "n.example/a");
        assert_eq!(locate(&rules, "r.example/a/b"), "m.example/b");
    }

    #[test]
    fn the_later_rule_for_a_prefix_wins() {
        let rules = [("r.example", "a.example"), ("r.example", "b.example")];
        assert_eq!(locate(&rules, "r.example/x"), "b.example/x");
    }

    #[test]
    fn what_is_not_a_prefix_is_refused() {
        for text in [
            "",
            "team",
            "library/nginx",
            "https://r.example",
            "r.example/",
            "/r.example",
            "r.example/a:1",
            "r.example//a",
            "r.example/A",
            "r.example/a b",
            "-r.example",
            "r.example:port",
            "r.example:0443",
            "r.example.",
            "127.1",
            "u@r.example",
        ] {
            assert!(Mirrors::default().add(text, "m.example").is_err(), "{text}");
            assert!(Mirrors::default().add("r.example", text).is_err(), "{text}");
        }
    }
}
