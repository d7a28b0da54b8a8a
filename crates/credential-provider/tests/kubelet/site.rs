//! A folder of providers, and the configuration that names them.

use std::fmt::Write as _;
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use doorward_core::Basic;
use doorward_credential_provider::{Configuration, CredentialProviders, OpenError};
use doorward_registry::{Credential, Keychain, Offer};
use tempfile::TempDir;
use tokio::sync::{Mutex, MutexGuard};

pub(crate) const V1: &str = "credentialprovider.kubelet.k8s.io/v1";

/// One test at a time: a program that is written in one thread cannot be run while another one forks.
static ALONE: Mutex<()> = Mutex::const_new(());

pub(crate) struct Site {
    pub(crate) folder: TempDir,
    configuration: String,
    _alone: MutexGuard<'static, ()>,
}

impl Site {
    pub(crate) async fn empty() -> Self {
        let alone = ALONE.lock().await;
        Self {
            folder: tempfile::tempdir().unwrap(),
            configuration:
                "apiVersion: kubelet.config.k8s.io/v1\nkind: CredentialProviderConfig\nproviders:\n"
                    .to_owned(),
            _alone: alone,
        }
    }

    /// With the provider `cloud` for `r.example`, that runs this script.
    pub(crate) async fn with(script: &str) -> Self {
        Self::empty().await.and("cloud", "r.example", script)
    }

    /// And one more. Every script counts its calls.
    pub(crate) fn and(self, name: &str, images: &str, script: &str) -> Self {
        self.and_more(name, images, script, "")
    }

    /// And one more, with more fields of its entry.
    pub(crate) fn and_more(mut self, name: &str, images: &str, script: &str, more: &str) -> Self {
        let calls = self.path(&format!("{name}.calls"));
        let text = format!("#!/bin/sh\necho call >> {}\n{script}\n", calls.display());
        fs::write(self.path(name), text).unwrap();
        mode(&self.path(name), 0o755);
        let _ = write!(
            self.configuration,
            "  - name: {name}\n    matchImages: ['{images}']\n    defaultCacheDuration: 10m\n    apiVersion: {V1}\n{more}"
        );
        self
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn configuration(&self) -> Configuration {
        Configuration::parse("config.yaml", self.configuration.as_bytes()).unwrap()
    }

    pub(crate) fn open(&self) -> Result<CredentialProviders, OpenError> {
        CredentialProviders::open(self.configuration(), self.folder.path())
    }

    pub(crate) fn providers(&self) -> CredentialProviders {
        self.open().unwrap().timeout(Duration::from_secs(20))
    }

    /// How often a provider was run.
    pub(crate) fn calls(&self, name: &str) -> usize {
        let calls = fs::read_to_string(self.path(&format!("{name}.calls")));
        calls.unwrap_or_default().lines().count()
    }
}

pub(crate) fn mode(path: &Path, mode: u32) {
    fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
}

/// A script that answers with this type, span and credentials: `key user password`.
pub(crate) fn answering(kind: &str, span: Option<&str>, auth: &[&str]) -> String {
    let span = span.map_or_else(|| "null".to_owned(), |span| format!("\"{span}\""));
    let auth: Vec<_> = auth
        .iter()
        .map(|entry| {
            let words: Vec<_> = entry.split(' ').collect();
            let [key, user, password] = words.as_slice() else {
                panic!("{entry}");
            };
            format!(r#""{key}":{{"username":"{user}","password":"{password}"}}"#)
        })
        .collect();
    format!(
        r#"cat > /dev/null
echo '{{"apiVersion":"{V1}","kind":"CredentialProviderResponse","cacheKeyType":"{kind}","cacheDuration":{span},"auth":{{{}}}}}'"#,
        auth.join(",")
    )
}

/// What the providers offer for an image, asked as the client of registries asks.
pub(crate) async fn ask(providers: &CredentialProviders, image: &str) -> Offer {
    let (providers, repository) = (providers.clone(), image.parse().unwrap());
    tokio::task::spawn_blocking(move || providers.offer(&repository))
        .await
        .unwrap()
}

/// The users that are offered, where nothing failed.
pub(crate) async fn users(providers: &CredentialProviders, image: &str) -> Vec<String> {
    let offer = ask(providers, image).await;
    assert_eq!(offer.failed, [], "{image}");
    offer.credentials.iter().map(user).collect()
}

fn user(credential: &Credential) -> String {
    match credential {
        Credential::Basic(pair) => Basic::username(pair).to_owned(),
        other => panic!("{other:?}"),
    }
}

/// How the one provider failed that was asked.
pub(crate) async fn failure(providers: &CredentialProviders, image: &str) -> String {
    let offer = ask(providers, image).await;
    assert_eq!(offer.credentials, []);
    let [failed] = offer.failed.as_slice() else {
        panic!("{offer:?}");
    };
    failed.to_string()
}
