//! The paths of the distribution API and of its extensions.

/// What a path of the registry addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Route<'a> {
    /// `/v2/`.
    Ping,
    /// `/v2/_catalog`.
    Catalog,
    /// `/v2/<repository>/manifests/<reference>`.
    Manifest(&'a str, &'a str),
    /// `/v2/<repository>/blobs/<digest>`.
    Blob(&'a str, &'a str),
    /// `/v2/<repository>/blobs/uploads/`.
    Uploads(&'a str),
    /// `/v2/<repository>/blobs/uploads/<session>`.
    Upload(&'a str, &'a str),
    /// `/v2/<repository>/tags/list`.
    Tags(&'a str),
    /// `/v2/<repository>/referrers/<digest>`.
    Referrers(&'a str, &'a str),
    /// `/extensions/v2/<repository>/signatures/<digest>`.
    Signatures(&'a str, &'a str),
}

impl<'a> Route<'a> {
    pub(super) fn parse(path: &'a str) -> Option<Self> {
        if let Some(rest) = path.strip_prefix("/extensions/v2/") {
            let (repository, digest) = rest.rsplit_once("/signatures/")?;
            return Some(Self::Signatures(repository, digest));
        }
        let rest = match path {
            "/v2" | "/v2/" => return Some(Self::Ping),
            _ => path.strip_prefix("/v2/")?,
        };
        if rest == "_catalog" {
            return Some(Self::Catalog);
        }
        if let Some(repository) = rest.strip_suffix("/tags/list") {
            return Some(Self::Tags(repository));
        }
        if let Some((repository, session)) = rest.rsplit_once("/blobs/uploads") {
            return Some(match session.trim_start_matches('/') {
                "" => Self::Uploads(repository),
                session => Self::Upload(repository, session),
            });
        }
        let (head, reference) = rest.rsplit_once('/')?;
        let (repository, kind) = head.rsplit_once('/')?;
        match kind {
            "manifests" => Some(Self::Manifest(repository, reference)),
            "blobs" => Some(Self::Blob(repository, reference)),
            "referrers" => Some(Self::Referrers(repository, reference)),
            _ => None,
        }
    }

    /// The repository addressed.
    pub(super) const fn repository(&self) -> Option<&'a str> {
        match self {
            Self::Ping | Self::Catalog => None,
            Self::Manifest(repository, _)
            | Self::Blob(repository, _)
            | Self::Uploads(repository)
            | Self::Upload(repository, _)
            | Self::Tags(repository)
            | Self::Referrers(repository, _)
            | Self::Signatures(repository, _) => Some(repository),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Route;

    #[test]
    fn repositories_of_several_components_are_kept_whole() {
        assert_eq!(
            Route::parse("/v2/a/b/c/manifests/1.0"),
            Some(Route::Manifest("a/b/c", "1.0"))
        );
        assert_eq!(
            Route::parse("/v2/a/manifests/manifests/manifests/x"),
            Some(Route::Manifest("a/manifests/manifests", "x"))
        );
    }

    #[test]
    fn uploads_are_not_taken_for_blobs() {
        assert_eq!(
            Route::parse("/v2/a/blobs/uploads/"),
            Some(Route::Uploads("a"))
        );
        assert_eq!(
            Route::parse("/v2/a/blobs/uploads/7"),
            Some(Route::Upload("a", "7"))
        );
        assert_eq!(
            Route::parse("/v2/a/blobs/sha256:00"),
            Some(Route::Blob("a", "sha256:00"))
        );
    }

    #[test]
    fn paths_outside_the_interface_have_no_route() {
        for path in ["/", "/v1/", "/v2/a", "/v2/a/other/x", "/extensions/v2/a"] {
            assert_eq!(Route::parse(path), None, "{path}");
        }
    }
}
