//! Lookaside stores: files beside a registry, on a web server or a disk.

use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};

use doorward_core::{Answer, Basic, FetchError, Fetched};
use http::StatusCode;
use url::Url;

use super::ScopedClient;
use super::resource::fetched;
use super::witness::probe_of;
use crate::ExchangeKind;
use crate::auth::basic_header;
use crate::origin::Origin;
use crate::origin::host_of;
use crate::transport::{Hop, Request, is_loopback};

/// What a store often means by 403.
const FORBIDDEN_FOR_MISSING: &str =
    "object stores say 403 instead of 404 where listing is not allowed";

impl ScopedClient {
    /// One object of a store. 404, or a file that does not exist, is "there is none"; anything else that is not the
    /// object is an error. A store on http is asked only if it was named as one without TLS or, without a
    /// credential, on the loopback interface, where nobody stands between.
    pub(super) async fn lookaside(
        &self,
        url: &str,
        access: Option<&Basic>,
        limit: usize,
    ) -> Answer {
        let parsed = parse(url)?;
        if parsed.scheme() == "file" {
            if !self.inner.local_stores {
                return Err(FetchError::Malformed {
                    detail: "a signature store is read over http or https only here".to_owned(),
                });
            }
            return read_file(&parsed, limit).await;
        }
        let host = host_of(&parsed);
        // Before anything is sent, with or without a credential: what is not signed in a store is what it leaves out.
        let is_here = is_loopback(&parsed) && access.is_none();
        if parsed.scheme() == "http" && !is_here && !self.inner.plain.contains_server(&parsed) {
            return Err(FetchError::Insecure {
                detail: format!("the signature store {host} is on http"),
            });
        }
        // Nothing of the image is in the address of the server itself.
        let mut server = parsed.clone();
        server.set_query(None);
        server.set_path("/");
        let probe = probe_of(server, Hop::First);
        let origin = Origin::of(&parsed);
        let mut request = Request::get(ExchangeKind::Lookaside, parsed, limit);
        // The policy names the store and its credential together, so it is shown without being asked for.
        request.authorization = access
            .zip(origin)
            .map(|(access, origin)| basic_header(origin, access));
        let reply = match self.inner.transport.send(&request).await {
            Ok(reply) => reply,
            Err(failure) => return Err(self.inner.failed(&request, failure, &probe).await),
        };
        if reply.is_ok() {
            // A query may hold a credential.
            let bare = url.split('?').next().unwrap_or_default();
            return Ok(fetched(reply, bare));
        }
        Err(match self.inner.denied(&request, &reply, &probe).await {
            FetchError::Unauthorized { detail }
                if reply.content().status == StatusCode::FORBIDDEN =>
            {
                FetchError::Unauthorized {
                    detail: format!("{detail}; {FORBIDDEN_FOR_MISSING}"),
                }
            }
            other => other,
        })
    }
}

fn parse(url: &str) -> Result<Url, FetchError> {
    let malformed = |what: &str| FetchError::Malformed {
        detail: format!("the address of the signature store {what}"),
    };
    let parsed = Url::parse(url).map_err(|_| malformed("is not an URL"))?;
    if !parsed.username().is_empty() || parsed.password().is_some() {
        return Err(malformed("has user information in it"));
    }
    match parsed.scheme() {
        "file" | "http" | "https" => Ok(parsed),
        _ => Err(malformed("is on none of file, http and https")),
    }
}

/// Reads the object of a `file:` URL.
pub(crate) async fn read_file(url: &Url, limit: usize) -> Answer {
    let path = url.to_file_path().map_err(|()| FetchError::Malformed {
        detail: "the address of the signature store is not a path of this system".to_owned(),
    })?;
    let source = url.to_string();
    let bytes = blocking(move || read_bounded(&path, limit)).await?;
    Ok(Fetched::new(bytes, None, source))
}

/// Runs something that blocks where that does no harm.
pub(crate) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, FetchError> + Send + 'static,
) -> Result<T, FetchError> {
    tokio::task::spawn_blocking(work)
        .await
        .unwrap_or_else(|error| {
            Err(FetchError::Unavailable {
                detail: format!("reading failed: {error}"),
            })
        })
}

/// Reads a regular file of at most `limit` bytes.
pub(crate) fn read_bounded(path: &Path, limit: usize) -> Result<Vec<u8>, FetchError> {
    // Looked at before it is opened: opening a pipe would wait for someone to write to it.
    let metadata = std::fs::metadata(path).map_err(|error| unreadable(path, &error))?;
    if !metadata.is_file() {
        return Err(FetchError::Malformed {
            detail: format!("{} is not a file", path.display()),
        });
    }
    let file = std::fs::File::open(path).map_err(|error| unreadable(path, &error))?;
    let bound = u64::try_from(limit).unwrap_or(u64::MAX).saturating_add(1);
    let mut bytes = Vec::new();
    file.take(bound)
        .read_to_end(&mut bytes)
        .map_err(|error| unreadable(path, &error))?;
    if bytes.len() > limit {
        return Err(FetchError::TooLarge { limit });
    }
    Ok(bytes)
}

fn unreadable(path: &Path, error: &std::io::Error) -> FetchError {
    if error.kind() == ErrorKind::NotFound {
        return FetchError::NotFound;
    }
    FetchError::Unavailable {
        detail: format!("{}: {error}", PathBuf::from(path).display()),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::{Anonymous, RegistryClient};

    async fn read(path: &Path, limit: usize) -> Result<Vec<u8>, FetchError> {
        let url = Url::from_file_path(path).expect("a path");
        read_file(&url, limit)
            .await
            .map(|fetched| fetched.bytes.to_vec())
    }

    #[tokio::test]
    async fn a_file_is_read_up_to_its_bound() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("app@sha256=00").join("signature 1");
        std::fs::create_dir(path.parent().expect("a parent")).expect("made");
        std::fs::write(&path, b"1234").expect("written");
        assert_eq!(read(&path, 4).await, Ok(b"1234".to_vec()));
        assert_eq!(read(&path, 3).await, Err(FetchError::TooLarge { limit: 3 }));
    }

    #[tokio::test]
    async fn only_a_file_that_does_not_exist_is_no_file() {
        let folder = tempfile::tempdir().expect("a folder");
        assert_eq!(
            read(&folder.path().join("x/y"), 4).await,
            Err(FetchError::NotFound)
        );
        assert!(matches!(
            read(folder.path(), 4).await,
            Err(FetchError::Malformed { .. })
        ));
        std::fs::write(folder.path().join("f"), b"").expect("written");
        assert!(matches!(
            read(&folder.path().join("f/signature-1"), 4).await,
            Err(FetchError::Unavailable { .. })
        ));
    }

    #[test]
    fn an_address_that_cannot_be_a_store_is_refused_without_showing_it() {
        for url in [
            "",
            "/var/lib/sigs",
            "store.example/x",
            "ftp://store.example/x",
            "data:,x",
            "https://u:s3cret@store.example/x",
            "https://s3cret@store.example/x",
            "https://",
        ] {
            let error = parse(url).expect_err(url);
            assert!(matches!(error, FetchError::Malformed { .. }), "{url}");
            assert!(!error.to_string().contains("s3cret"), "{error}");
        }
    }

    #[tokio::test]
    async fn no_file_of_the_host_is_read_for_a_policy() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("tls.key");
        std::fs::write(&path, b"1234").expect("written");
        let url = Url::from_file_path(&path).expect("a path").to_string();
        let loud = url.replacen("file", "FILE", 1);
        let of = |builder: crate::Builder| {
            let client = builder.build().expect("a client");
            client.with_keychain(Arc::new(Anonymous))
        };
        let builder = RegistryClient::builder;
        for address in [&url, &loud, "file:/etc/passwd", "file:", "FILE:///dev/zero"] {
            let answer = of(builder()).lookaside(address, None, 9).await;
            assert!(
                matches!(answer, Err(FetchError::Malformed { .. })),
                "{address}"
            );
        }
        let answer = of(builder().local_stores()).lookaside(&url, None, 9).await;
        assert_eq!(
            answer.map(|found| found.bytes.to_vec()),
            Ok(b"1234".to_vec())
        );
    }

    #[tokio::test]
    async fn a_file_of_another_machine_is_refused() {
        let url = Url::parse("file://server.example/x").expect("an URL");
        assert!(matches!(
            read_file(&url, 4).await,
            Err(FetchError::Malformed { .. })
        ));
    }
}
