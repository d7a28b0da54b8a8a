//! Scopes: what a token is good for.

use std::fmt;

use doorward_core::Repository;

use crate::kept::Weight;

/// The most resources taken over from a challenge.
const MAX_RESOURCES: usize = 4;
/// The longest name of one resource. Repository names have at most 255 characters.
const MAX_NAME: usize = 512;

/// The repositories or collections a token shall allow to pull from (the distribution project's "Token Scope
/// Documentation"). There is no way to write another action.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Scope(Vec<String>);

impl Scope {
    /// To pull from one repository.
    pub(crate) fn pull(repository: &Repository) -> Self {
        Self(vec![repository.path().to_owned()])
    }

    /// To read the trust metadata of a collection, whose whole name counts, with the registry.
    pub(crate) fn pull_collection(gun: &Repository) -> Self {
        Self(vec![gun.to_string()])
    }

    /// What a server says is needed, reduced to pulling: some know a repository by another name than the one in the
    /// URL. Returns `None` if it is not the scope of repositories.
    pub(crate) fn asked_for(text: &str) -> Option<Self> {
        let mut names = Vec::new();
        for resource in text.split_ascii_whitespace() {
            let rest = resource.strip_prefix("repository:")?;
            let (name, actions) = rest.rsplit_once(':')?;
            let is_name = !name.is_empty()
                && name.len() <= MAX_NAME
                && name.bytes().all(|b| b.is_ascii_graphic());
            if !is_name
                || !actions
                    .split(',')
                    .any(|action| action == "pull" || action == "*")
            {
                return None;
            }
            names.push(name.to_owned());
        }
        (!names.is_empty() && names.len() <= MAX_RESOURCES).then_some(Self(names))
    }

    /// Each resource as it stands in a query.
    pub(crate) fn resources(&self) -> impl Iterator<Item = String> {
        self.0.iter().map(|name| format!("repository:{name}:pull"))
    }
}

impl Weight for Scope {
    fn weight(&self) -> usize {
        self.0.iter().map(String::len).sum()
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.resources().collect::<Vec<_>>().join(" "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_may_name_the_repository_but_not_the_action() {
        let read = |text: &str| Scope::asked_for(text).map(|scope| scope.to_string());
        assert_eq!(
            read("repository:key/team/app:pull,push,delete").as_deref(),
            Some("repository:key/team/app:pull")
        );
        assert_eq!(
            read("repository:a:pull repository:b:*").as_deref(),
            Some("repository:a:pull repository:b:pull")
        );
        for text in [
            "",
            " ",
            "registry:catalog:*",
            "repository:a:push",
            "repository:a:pull registry:catalog:*",
            "repository::pull",
            "repository:pull",
            "a:pull",
            "repository:a:pull repository:a:pull repository:a:pull repository:a:pull repository:a:pull",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
        assert_eq!(read(&format!("repository:{}:pull", "a".repeat(513))), None);
    }
}
