//! Directories of certificates by server, as container tools have them.

use std::fs;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use super::material::TlsMaterial;

/// The most entries of one directory.
const MOST_ENTRIES: usize = 4096;
/// The most bytes of one file.
const MOST_BYTES: u64 = 1 << 20;
/// The most bytes of all files together.
const MOST_IN_ALL: u64 = 32 << 20;

/// Why a directory of certificates cannot be used. A fragment that names the file.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CertsDirError {
    /// A certificate has no key beside it, or a key no certificate: `client.cert` and `client.key`.
    #[error("{}: there is no {} beside it", .path.display(), .missing)]
    Alone {
        /// The file.
        path: PathBuf,
        /// The name of what is missing.
        missing: String,
    },
    /// A file or directory cannot be read.
    #[error("{}: {source}", .path.display())]
    Read {
        /// Which one.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// There is more than is read.
    #[error("{}: {what}", .path.display())]
    TooMuch {
        /// Where.
        path: PathBuf,
        /// More than what.
        what: &'static str,
    },
}

impl TlsMaterial {
    /// Reads a directory with a subdirectory for each server, `host` or `host:port`, as `containers-certs.d(5)` describes it:
    /// `*.crt` are authorities that the server is believed by, `NAME.cert` and `NAME.key` are a client certificate and its
    /// key. Other files are passed over, and so are names that begin with a dot. The files are read through links, so each
    /// subdirectory can be a Secret that is mounted.
    ///
    /// A directory has 4096 entries at most, a file 1 MiB, and all files 32 MiB together.
    ///
    /// # Errors
    /// If something cannot be read, or a certificate or key stands alone. Whether what was read is a certificate is found out
    /// when a client is built of it.
    pub fn read_certs_dir(directory: &Path) -> Result<Self, CertsDirError> {
        let mut material = Self::new();
        let mut left = MOST_IN_ALL;
        for host in entries(directory)? {
            let name = name_of(&host);
            if name.starts_with('.') || !host.is_dir() {
                continue;
            }
            for file in entries(&host)? {
                let text = name_of(&file);
                let stem = |suffix: &str| text.strip_suffix(suffix).map(str::to_owned);
                if text.starts_with('.') {
                    continue;
                }
                if text.ends_with(".crt") {
                    let pem = read(&file, &mut left)?;
                    material = material.authority(Some(&name), pem);
                } else if let Some(stem) = stem(".cert") {
                    let key = host.join(format!("{stem}.key"));
                    beside(&file, &key)?;
                    let (chain, key) = (read(&file, &mut left)?, read(&key, &mut left)?);
                    material = material.client_certificate(&name, chain, key);
                } else if let Some(stem) = stem(".key") {
                    beside(&file, &host.join(format!("{stem}.cert")))?;
                }
            }
        }
        Ok(material)
    }
}

/// That `other` is there too.
fn beside(file: &Path, other: &Path) -> Result<(), CertsDirError> {
    if other.exists() {
        return Ok(());
    }
    Err(CertsDirError::Alone {
        path: file.to_owned(),
        missing: name_of(other),
    })
}

/// What is in a directory, in the order of the names.
fn entries(directory: &Path) -> Result<Vec<PathBuf>, CertsDirError> {
    let failed = |source| CertsDirError::Read {
        path: directory.to_owned(),
        source,
    };
    let mut paths = Vec::new();
    for entry in fs::read_dir(directory).map_err(failed)? {
        if paths.len() == MOST_ENTRIES {
            return Err(CertsDirError::TooMuch {
                path: directory.to_owned(),
                what: "more than 4096 entries",
            });
        }
        paths.push(entry.map_err(failed)?.path());
    }
    paths.sort();
    Ok(paths)
}

fn read(path: &Path, left: &mut u64) -> Result<Vec<u8>, CertsDirError> {
    let failed = |source| CertsDirError::Read {
        path: path.to_owned(),
        source,
    };
    let too_much = |what| CertsDirError::TooMuch {
        path: path.to_owned(),
        what,
    };
    // A pipe or a device would keep who opens it waiting.
    if !fs::metadata(path).map_err(failed)?.is_file() {
        return Err(failed(io::Error::other("it is no file")));
    }
    let file = fs::File::open(path).map_err(failed)?;
    let mut bytes = Vec::new();
    file.take(MOST_BYTES + 1)
        .read_to_end(&mut bytes)
        .map_err(failed)?;
    let length = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
    if length > MOST_BYTES {
        return Err(too_much("more than 1 MiB"));
    }
    *left = left
        .checked_sub(length)
        .ok_or_else(|| too_much("with it the files have more than 32 MiB together"))?;
    Ok(bytes)
}

fn name_of(path: &Path) -> String {
    let name = path.file_name().unwrap_or_default();
    name.to_string_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn directory(files: &[(&str, &str)]) -> tempfile::TempDir {
        let root = tempfile::tempdir().unwrap();
        for (path, text) in files {
            let path = root.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        root
    }

    #[test]
    fn authorities_and_client_certificates_are_those_of_the_server_that_the_directory_is_called_by()
    {
        let root = directory(&[
            ("r.example:5000/ca.crt", "A"),
            ("r.example:5000/client.cert", "B"),
            ("r.example:5000/client.key", "C"),
            ("other.example/ca.crt", "D"),
            ("other.example/README", "no certificate"),
            (".hidden/ca.crt", "E"),
            ("a-file.crt", "F"),
        ]);
        let material = TlsMaterial::read_certs_dir(root.path()).unwrap();
        let authorities: Vec<_> = material
            .authorities
            .iter()
            .map(|(host, pem)| (host.as_deref().unwrap(), pem.as_slice()))
            .collect();
        assert_eq!(
            authorities,
            [("other.example", b"D".as_slice()), ("r.example:5000", b"A")]
        );
        let [(host, identity)] = material.identities.as_slice() else {
            unreachable!("one");
        };
        assert_eq!(host, "r.example:5000");
        assert_eq!(
            (identity.chain.as_slice(), identity.key.as_slice()),
            (b"B".as_slice(), b"C".as_slice())
        );
        assert!(!format!("{material:?}").contains('C'));
    }

    #[test]
    fn a_certificate_without_a_key_and_a_key_without_a_certificate_are_mistakes() {
        for (file, missing) in [("client.cert", "client.key"), ("client.key", "client.cert")] {
            let path = format!("r.example/{file}");
            let root = directory(&[(path.as_str(), "x")]);
            let error = TlsMaterial::read_certs_dir(root.path()).unwrap_err();
            assert!(
                error
                    .to_string()
                    .ends_with(&format!("{file}: there is no {missing} beside it")),
                "{error}"
            );
        }
    }

    #[test]
    fn what_is_not_there_is_a_mistake_and_not_nothing() {
        let root = directory(&[]);
        let gone = root.path().join("gone");
        assert!(matches!(
            TlsMaterial::read_certs_dir(&gone),
            Err(CertsDirError::Read { .. })
        ));
        let root = directory(&[("r.example/ca.crt/x", "")]);
        assert!(matches!(
            TlsMaterial::read_certs_dir(root.path()),
            Err(CertsDirError::Read { .. })
        ));
    }

    #[test]
    fn files_are_bounded() {
        let large = "x".repeat(usize::try_from(MOST_BYTES).unwrap() + 1);
        let root = directory(&[("r.example/ca.crt", &large)]);
        assert!(matches!(
            TlsMaterial::read_certs_dir(root.path()),
            Err(CertsDirError::TooMuch { .. })
        ));
    }
}
