//! The spellings of one image.

use doorward_core::{Reference, Repository};

/// The texts by which an image is known to patterns.
#[derive(Clone, Debug)]
pub(crate) struct Spellings {
    texts: Vec<String>,
    /// In its canonical spelling.
    repository: Repository,
    /// What may stand behind the name.
    suffixes: Vec<String>,
}

impl Spellings {
    /// The spellings of an image. Returns `None` if the text is not a reference.
    pub(crate) fn of(image: &str) -> Option<Self> {
        Some(Self::of_reference(&image.parse().ok()?))
    }

    /// The spellings of what a reference names.
    pub(crate) fn of_reference(reference: &Reference) -> Self {
        let repository = reference.repository().canonical();
        let suffixes = match (reference.digest(), reference.tag()) {
            (Some(digest), _) => vec![format!("@{digest}"), ":".to_owned()],
            (None, Some(tag)) => vec![format!(":{tag}")],
            (None, None) => vec![":latest".to_owned()],
        };
        let texts = joined(&names(&repository), &suffixes);
        Self {
            texts,
            repository,
            suffixes,
        }
    }

    /// Every spelling of the image with the canonical name of its registry, to which
    /// [`pattern::canonical`](crate::pattern::canonical) brings patterns; the fully qualified one first.
    ///
    /// * A name without tag and digest means `:latest`.
    /// * A tag beside a digest says nothing: the digest decides what is pulled. A name with a digest is spelled with
    ///   it and, because its tag is unknown, with an empty tag: that matches exactly the patterns that take every tag.
    /// * Docker Hub names may lack `library/`, the host, or both.
    pub(crate) fn canonical(&self) -> &[String] {
        &self.texts
    }

    /// The bare names, if the image has a digest.
    pub(crate) fn names_by_digest(&self) -> Option<Vec<String>> {
        let by_digest = self.suffixes.iter().any(|suffix| suffix.starts_with('@'));
        by_digest.then(|| names(&self.repository))
    }

    /// The spellings with other names of the registry: with its port, in other forms of an address, and those of
    /// Docker Hub. Only patterns with a star in their host can tell them from the canonical one.
    pub(crate) fn of_other_registry_names(&self) -> Vec<String> {
        let paths = paths(&self.repository);
        let names: Vec<String> = self
            .repository
            .authority()
            .spellings()
            .iter()
            .skip(1)
            .flat_map(|registry| paths.iter().map(move |path| format!("{registry}/{path}")))
            .collect();
        joined(&names, &self.suffixes)
    }
}

fn joined(names: &[String], suffixes: &[String]) -> Vec<String> {
    names
        .iter()
        .flat_map(|name| suffixes.iter().map(move |suffix| format!("{name}{suffix}")))
        .collect()
}

/// The path, and for an official image of Docker Hub the one without `library/`.
fn paths(repository: &Repository) -> Vec<&str> {
    let path = repository.path();
    let familiar = path
        .strip_prefix("library/")
        .filter(|name| repository.authority().is_docker_hub() && !name.contains('/'));
    std::iter::once(path).chain(familiar).collect()
}

fn names(repository: &Repository) -> Vec<String> {
    let paths = paths(repository);
    let mut names: Vec<String> = paths
        .iter()
        .map(|path| format!("{}/{path}", repository.registry()))
        .collect();
    if repository.authority().is_docker_hub() {
        // The first component of a short name must not look like a host.
        let short = paths.iter().filter(|path| {
            let first = path.split('/').next().unwrap_or_default();
            !path.contains('/') || (!first.contains('.') && first != "localhost")
        });
        names.extend(short.map(|path| (*path).to_owned()));
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    const DIGEST: &str = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    fn spellings(image: &str) -> Option<Vec<String>> {
        Spellings::of(image).map(|spellings| spellings.canonical().to_vec())
    }

    #[test]
    fn a_docker_hub_image_has_four_names() {
        let names = [
            "docker.io/library/nginx:1",
            "docker.io/nginx:1",
            "library/nginx:1",
            "nginx:1",
        ];
        for image in names.into_iter().chain([
            "index.docker.io/nginx:1",
            "Docker.io:443/library/nginx:1",
            "registry-1.docker.io/nginx:1",
            "registry-1.docker.io:443/library/nginx:1",
            "registry.hub.docker.com/library/nginx:1",
        ]) {
            assert_eq!(
                spellings(image).as_deref(),
                Some(names.map(str::to_owned).as_slice()),
                "{image}"
            );
        }
        let names = ["docker.io/team/app:latest", "team/app:latest"].map(str::to_owned);
        assert_eq!(spellings("team/app").as_deref(), Some(names.as_slice()));
    }

    #[test]
    fn a_hub_path_that_looks_like_a_host_has_no_short_name() {
        let names = ["docker.io/a.b/c:latest".to_owned()];
        assert_eq!(
            spellings("docker.io/a.b/c").as_deref(),
            Some(names.as_slice())
        );
    }

    #[test]
    fn the_tag_beside_a_digest_is_not_a_spelling() {
        let texts = [format!("r.example/a@{DIGEST}"), "r.example/a:".to_owned()];
        assert_eq!(
            spellings(&format!("R.example:443/a:1@{DIGEST}")),
            Some(texts.to_vec())
        );
    }

    #[test]
    fn every_other_name_of_the_registry_is_a_spelling() {
        let others = |image: &str| {
            Spellings::of(image)
                .expect("a reference")
                .of_other_registry_names()
        };
        assert_eq!(others("R.example/a:1"), ["r.example:443/a:1"]);
        assert_eq!(others("r.example:5000/a:1"), Vec::<String>::new());
        assert_eq!(
            others("[0::1]:5000/a:1"),
            [
                "[0:0:0:0:0:0:0:1]:5000/a:1",
                "[0000:0000:0000:0000:0000:0000:0000:0001]:5000/a:1"
            ]
        );
        let hub = others("nginx:1");
        for name in [
            "docker.io:443/library/nginx:1",
            "index.docker.io/nginx:1",
            "registry-1.docker.io/library/nginx:1",
            "registry.hub.docker.com:443/nginx:1",
        ] {
            assert!(hub.iter().any(|text| text == name), "{name} in {hub:?}");
        }
        for text in &hub {
            assert_eq!(
                text.parse::<Reference>(),
                "nginx:1".parse::<Reference>(),
                "{text}"
            );
        }
    }

    #[test]
    fn what_is_not_a_reference_has_no_spellings() {
        for image in ["", " ", "r.example/A", "a b", "r.example/a@sha256:00"] {
            assert_eq!(spellings(image), None, "{image}");
        }
    }
}
