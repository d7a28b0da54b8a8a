//! The spellings of one image.

use doorward_core::{Reference, Repository};

/// Every spelling of the image that differs in more than the case of its host or an explicit default port, which
/// [`pattern::canonical`](crate::pattern::canonical) removes from patterns; the fully qualified one first.
///
/// * A name without tag and digest means `:latest`.
/// * A tag beside a digest says nothing: the digest decides what is pulled. A name with a digest is spelled with it
///   and, because its tag is unknown, with an empty tag: that matches exactly the patterns that take every tag.
/// * Docker Hub names may lack `library/`, the host, or both.
///
/// Nothing if `image` is not a reference.
pub(crate) fn spellings(image: &str) -> Option<Vec<String>> {
    let reference: Reference = image.parse().ok()?;
    if is_canonical(&reference) {
        return Some(vec![image.to_owned()]);
    }
    let repository = reference.repository().canonical();
    let suffixes = match (reference.digest(), reference.tag()) {
        (Some(digest), _) => vec![format!("@{digest}"), ":".to_owned()],
        (None, Some(tag)) => vec![format!(":{tag}")],
        (None, None) => vec![":latest".to_owned()],
    };
    let mut texts = Vec::with_capacity(suffixes.len());
    for name in names(&repository) {
        for suffix in &suffixes {
            texts.push(format!("{name}{suffix}"));
        }
    }
    Some(texts)
}

/// Whether a reference that parsed to `reference` has no other spelling. The short cut for most images.
fn is_canonical(reference: &Reference) -> bool {
    let repository = reference.repository();
    reference.digest().is_none()
        && reference.tag().is_some()
        && repository.registry() != "docker.io"
        && repository.port() != Some("443")
        && !repository
            .registry()
            .bytes()
            .any(|byte| byte.is_ascii_uppercase())
}

fn names(repository: &Repository) -> Vec<String> {
    let full = repository.to_string();
    if repository.registry() != "docker.io" {
        return vec![full];
    }
    let path = repository.path();
    let familiar = path
        .strip_prefix("library/")
        .filter(|name| !name.contains('/'));
    let mut names = vec![full];
    names.extend(familiar.map(|name| format!("docker.io/{name}")));
    // The first component of a short name must not look like a host.
    let first = path.split('/').next().unwrap_or_default();
    if !first.contains('.') && first != "localhost" {
        names.push(path.to_owned());
    }
    names.extend(familiar.map(str::to_owned));
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    const DIGEST: &str = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    #[test]
    fn a_docker_hub_image_has_four_names() {
        let names = [
            "docker.io/library/nginx:1",
            "docker.io/nginx:1",
            "library/nginx:1",
            "nginx:1",
        ];
        for image in names
            .into_iter()
            .chain(["index.docker.io/nginx:1", "Docker.io:443/library/nginx:1"])
        {
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
    fn what_is_not_a_reference_has_no_spellings() {
        for image in ["", " ", "r.example/A", "a b", "r.example/a@sha256:00"] {
            assert_eq!(spellings(image), None, "{image}");
        }
    }
}
