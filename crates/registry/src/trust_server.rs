//! Where a Notary v1 server listens.

mod entitled;

use doorward_core::{FetchError, Repository};
use url::Url;

use crate::auth::scope::Scope;
use crate::origin::host_of;
use crate::plain_http::PlainHttp;
use crate::space::{Absence, ProtectionSpace};
use crate::transport::is_loopback;

/// The longest base URL taken. It comes from a policy.
const MAX_URL: usize = 2048;
/// The longest name of a file: a role has fewer than 256 characters, a SHA-512 in hex 128.
const MAX_FILE: usize = 512;

/// One server of trust metadata.
#[derive(Clone, Debug)]
pub(crate) struct TrustServer {
    /// Without a slash at the end of its path, unless that is all of it.
    base: Url,
    /// Whether it was named as one without TLS.
    is_plain: bool,
    /// The servers that were named as ones without TLS.
    plain: PlainHttp,
}

impl PartialEq for TrustServer {
    fn eq(&self, other: &Self) -> bool {
        self.base == other.base
    }
}

impl TrustServer {
    /// Reads a base URL. Without TLS a server is asked only on this machine, or if it was named: what it says is
    /// signed, but not what it leaves out, nor what is shown to it.
    ///
    /// # Errors
    /// [`FetchError::Insecure`], or [`FetchError::Malformed`] for what is no base URL.
    pub(crate) fn parse(text: &str, plain: &PlainHttp) -> Result<Self, FetchError> {
        let malformed = |what: &str| FetchError::Malformed {
            detail: format!("the address of the trust server {what}"),
        };
        if text.len() > MAX_URL {
            return Err(malformed("is too long"));
        }
        let mut base = Url::parse(text).map_err(|_| malformed("is not an URL"))?;
        if !matches!(base.scheme(), "https" | "http") {
            return Err(malformed("is on neither https nor http"));
        }
        if base.host_str().is_none_or(str::is_empty) {
            return Err(malformed("has no host"));
        }
        if !base.username().is_empty() || base.password().is_some() {
            return Err(malformed("has user information in it"));
        }
        if base.query().is_some() || base.fragment().is_some() {
            return Err(malformed("has a query or a fragment"));
        }
        let is_plain = base.scheme() == "http" && plain.contains_server(&base);
        if base.scheme() == "http" && !is_plain && !is_loopback(&base) {
            return Err(FetchError::Insecure {
                detail: format!("the trust server {} is on http", host_of(&base)),
            });
        }
        let path = base.path().trim_end_matches('/').to_owned();
        base.set_path(&path);
        Ok(Self {
            base,
            is_plain,
            plain: plain.clone(),
        })
    }

    /// The base URL.
    pub(crate) const fn base(&self) -> &Url {
        &self.base
    }

    /// The URL of a file of a collection.
    ///
    /// # Errors
    /// [`FetchError::Malformed`], if the name of the file has other characters than role names and hashes have, or
    /// could lead elsewhere.
    pub(crate) fn file(&self, gun: &Repository, file: &str) -> Result<Url, FetchError> {
        let is_name = file.len() <= MAX_FILE
            && file.split('/').all(|part| !matches!(part, "" | "." | ".."))
            && file
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b"-_./".contains(&b));
        if !is_name {
            return Err(FetchError::Malformed {
                detail: "the name of a file of trust metadata is not valid".to_owned(),
            });
        }
        let mut url = self.base.clone();
        let path = self.base.path().trim_end_matches('/');
        url.set_path(&format!("{path}/v2/{gun}/_trust/tuf/{file}"));
        Ok(url)
    }

    /// The URL of the version check, which trust servers have as registries do.
    fn probe(&self) -> Url {
        let mut url = self.base.clone();
        let path = self.base.path().trim_end_matches('/');
        url.set_path(&format!("{path}/v2/"));
        url
    }

    /// What an identity opens: the collection.
    pub(crate) fn space(&self, gun: &Repository) -> ProtectionSpace {
        ProtectionSpace {
            base: self.base.clone(),
            names: entitled::names(&self.base, self.is_plain, gun),
            scope: Scope::pull_collection(gun),
            is_plain: self.is_plain,
            plain: self.plain.clone(),
            // A notary server asks for a token before it looks.
            hides: false,
            probe: self.probe(),
            absence: Absence::Believed,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str, plain: &[&str]) -> Result<TrustServer, FetchError> {
        let mut hosts = PlainHttp::default();
        for host in plain {
            hosts.add(host.parse().expect("an authority"));
        }
        TrustServer::parse(text, &hosts)
    }

    fn gun(text: &str) -> Repository {
        text.parse().expect("a repository")
    }

    fn url(server: &str, of: &str, file: &str) -> String {
        let server = parse(server, &[]).expect("a server");
        server.file(&gun(of), file).expect("a file").to_string()
    }

    #[test]
    fn a_server_may_live_under_a_path_and_a_collection_on_a_port() {
        for (server, of, file, expected) in [
            (
                "https://n.example",
                "docker.io/library/alpine",
                "root.json",
                "https://n.example/v2/docker.io/library/alpine/_trust/tuf/root.json",
            ),
            (
                "https://n.example:4443/",
                "r.example:5000/a/b",
                "timestamp.json",
                "https://n.example:4443/v2/r.example:5000/a/b/_trust/tuf/timestamp.json",
            ),
            (
                "https://n.example/trust",
                "r.example/a",
                "2.root.json",
                "https://n.example/trust/v2/r.example/a/_trust/tuf/2.root.json",
            ),
            (
                "https://n.example/trust//",
                "r.example/a",
                "targets/releases.ab12.json",
                "https://n.example/trust/v2/r.example/a/_trust/tuf/targets/releases.ab12.json",
            ),
            (
                "HTTPS://N.example/%2fa",
                "[::1]:5000/a",
                "root.json",
                "https://n.example/%2fa/v2/[::1]:5000/a/_trust/tuf/root.json",
            ),
        ] {
            assert_eq!(url(server, of, file), expected);
        }
    }

    #[test]
    fn what_is_no_address_of_a_server_is_malformed_and_not_shown() {
        let long = format!("https://n.example/{}", "a".repeat(MAX_URL));
        for text in [
            "",
            "n.example",
            "/trust",
            "https://",
            "ftp://n.example",
            "file:///s3cret",
            "https://u:s3cret@n.example",
            "https://s3cret@n.example",
            "http://s3cret@127.0.0.1",
            "https://n.example/?token=s3cret",
            "https://n.example/#s3cret",
            "https://n.example?",
            &long,
        ] {
            let error = parse(text, &[]).expect_err(text);
            assert!(matches!(error, FetchError::Malformed { .. }), "{text}");
            assert!(!error.to_string().contains("s3cret"), "{error}");
        }
    }

    #[test]
    fn without_tls_are_only_this_machine_and_servers_that_were_named() {
        for text in ["http://127.0.0.1:1", "http://localhost/n", "http://[::1]"] {
            assert!(!parse(text, &[]).expect(text).is_plain, "{text}");
        }
        for (text, plain) in [
            ("http://n.example/trust", "n.example"),
            ("http://n.example:4443", "N.example:4443"),
            ("http://n.example:80", "n.example"),
            ("http://n.example", "n.example:80"),
        ] {
            assert!(parse(text, &[plain]).expect(text).is_plain, "{text}");
        }
        for (text, plain) in [
            ("http://n.example", "m.example"),
            ("http://n.example:4443", "n.example"),
            ("http://n.example", "n.example:4443"),
            ("http://x.n.example", "n.example"),
            ("http://localhost.example", "localhost"),
            ("http://10.0.0.1", "127.0.0.1"),
        ] {
            assert!(
                matches!(parse(text, &[plain]), Err(FetchError::Insecure { .. })),
                "{text}"
            );
        }
    }

    #[test]
    fn a_name_that_could_lead_elsewhere_is_no_file() {
        let server = parse("https://n.example", &[]).expect("a server");
        let long = "a".repeat(MAX_FILE + 1);
        for file in [
            "",
            "/root.json",
            "../root.json",
            "targets/../../x.json",
            "targets//a.json",
            "targets/./a.json",
            "a/..",
            "%2e%2e/x",
            "root.json?x",
            "root.json#x",
            "root\\json",
            "root json",
            "ä.json",
            &long,
        ] {
            assert!(
                matches!(
                    server.file(&gun("r.example/a"), file),
                    Err(FetchError::Malformed { .. })
                ),
                "{file}"
            );
        }
    }

    #[test]
    fn a_token_is_for_the_whole_name_of_the_collection() {
        let server = parse("https://n.example", &[]).expect("a server");
        let space = server.space(&gun("r.example:5000/a/b"));
        assert_eq!(
            space.scope.to_string(),
            "repository:r.example:5000/a/b:pull"
        );
    }
}
