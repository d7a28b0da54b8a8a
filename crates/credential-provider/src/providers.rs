//! All providers of a configuration, as one source of credentials.

use std::cmp::Reverse;
use std::fmt;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use doorward_core::Repository;
use doorward_plugin_exec::{OpenError as FolderError, ProgramError, ProgramFolder};
use doorward_registry::{
    Credential, CredentialSource, DropReason, Dropped, Fingerprint, Keychain, Offer,
};

use crate::Configuration;
use crate::fault::Fault;
use crate::place::Place;
use crate::station::{Station, Yard};
use crate::turns::Turns;
use crate::window::Window;

/// How long it may take to ask the providers for an image, unless it is set.
const TIMEOUT: Duration = Duration::from_secs(10);

/// Why the providers of a configuration cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// The folder of the providers cannot be used.
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// A provider is not there, or may not be run.
    #[error("the credential provider {name} in {}: {why}", .folder.display())]
    Provider {
        /// Its name.
        name: String,
        /// Where it was looked for.
        folder: std::path::PathBuf,
        /// What is wrong with it.
        why: ProgramError,
    },
}

/// The credential providers of a configuration, as a keychain. Clones share what is kept.
///
/// It runs programs and waits for them, and so is asked on threads that may block and belong to a tokio runtime, as
/// [`RegistryClient`](doorward_registry::RegistryClient) does.
#[derive(Clone)]
pub struct CredentialProviders {
    stations: Arc<[Station]>,
    yard: Yard,
    /// For all providers of one image together.
    timeout: Duration,
    fingerprint: Fingerprint,
}

impl CredentialProviders {
    /// The providers that `configuration` names, in `folder`. As with the kubelet all of them have to be there.
    ///
    /// # Errors
    /// [`OpenError`] if the folder or one of the programs is not there, or may be changed by others than root and who runs
    /// this; or on a system other than Unix.
    pub fn open(configuration: Configuration, folder: impl AsRef<Path>) -> Result<Self, OpenError> {
        let folder = ProgramFolder::open(folder)?;
        for provider in &configuration.providers {
            if let Err(why) = folder.find(&provider.name) {
                return Err(OpenError::Provider {
                    name: provider.name.clone(),
                    folder: folder.path().to_owned(),
                    why,
                });
            }
        }
        let fingerprint = fingerprint(&configuration, folder.path());
        Ok(Self {
            stations: configuration
                .providers
                .into_iter()
                .map(Station::new)
                .collect(),
            yard: Yard {
                folder,
                turns: Turns::default(),
            },
            timeout: TIMEOUT,
            fingerprint,
        })
    }

    /// With another time for asking for one image: all providers of it, and waiting for turns and for calls of others,
    /// included. 10 seconds unless set, an hour at most. Where several providers are there for an image, each has an equal
    /// share of what is left. The program of a provider begins in the first half of its time or not at all.
    #[must_use]
    pub const fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// With no more time for asking under one name than a third of what a decision may take: it has to do for other sources of
    /// credentials and for the registry, too. A trust server can have two names for an image.
    #[must_use]
    pub fn within(mut self, decision: Duration) -> Self {
        self.timeout = self.timeout.min(decision / 3);
        self
    }

    /// The providers that are there for the images of a repository.
    fn serving<'a>(&'a self, repository: &'a Repository) -> impl Iterator<Item = &'a Station> {
        let serves = |station: &&Station| station.serves(repository);
        self.stations.iter().filter(serves)
    }
}

impl Keychain for CredentialProviders {
    fn credentials(&self, repository: &Repository) -> Vec<Credential> {
        self.offer(repository).credentials
    }

    /// Asks every provider that is there for the repository. Of all their credentials those count whose key matches, the
    /// greatest key first, so that a longer path comes before a shorter one, and a host that is spelt out before a pattern;
    /// of two with the same key that of the earlier provider.
    fn offer(&self, repository: &Repository) -> Offer {
        let place = Place::of(repository);
        let (mut found, mut failed) = (Vec::new(), Vec::new());
        // One end for all of them. Each has a share, so that one that hangs leaves time for the next.
        let whole = Window::of(self.timeout, Instant::now());
        let serving: Vec<_> = self.serving(repository).collect();
        for (station, left) in serving.iter().zip((1..=serving.len()).rev()) {
            let left = u32::try_from(left).unwrap_or(u32::MAX);
            let window = whole.share(left, Instant::now());
            match station.ask(&self.yard, &place, window) {
                Ok(answer) => found.extend(
                    answer
                        .auth
                        .iter()
                        .filter(|(pattern, _)| pattern.matches(repository))
                        .map(|(pattern, pair)| {
                            (pattern.to_string(), Credential::Basic(pair.clone()))
                        }),
                ),
                Err(fault) => failed.push(dropped(station, failure(&fault))),
            }
        }
        found.sort_by(|(a, _), (b, _)| Reverse(a).cmp(&Reverse(b)));
        Offer {
            credentials: found
                .into_iter()
                .map(|(_, credential)| credential)
                .collect(),
            failed,
        }
    }

    fn dropped(&self, repository: &Repository) -> Vec<Dropped> {
        let place = Place::of(repository);
        let why = |station: &Station| match station.known(&place)? {
            Err(fault) => Some(failure(&fault)),
            Ok(answer) if answer.auth.iter().any(|(key, _)| key.matches(repository)) => None,
            // For what else it has something is nothing for those whom a denial reaches.
            Ok(_) => Some(DropReason::NothingGiven {
                registry: place.registry.clone(),
            }),
        };
        self.serving(repository)
            .filter_map(|station| Some(dropped(station, why(station)?)))
            .collect()
    }

    fn fingerprint(&self) -> Fingerprint {
        self.fingerprint
    }
}

impl fmt::Debug for CredentialProviders {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = self.stations.iter().map(|station| &station.provider.name);
        f.debug_list().entries(names).finish()
    }
}

fn failure(fault: &Fault) -> DropReason {
    DropReason::Failed {
        detail: fault.to_string(),
    }
}

fn dropped(station: &Station, why: DropReason) -> Dropped {
    Dropped {
        source: CredentialSource::Provider(station.provider.name.clone()),
        why,
    }
}

/// Of all that decides what the providers give.
fn fingerprint(configuration: &Configuration, folder: &Path) -> Fingerprint {
    let mut parts = vec![
        b"credential providers".to_vec(),
        folder.as_os_str().as_encoded_bytes().to_vec(),
    ];
    for provider in &configuration.providers {
        let mut part = |text: &str| parts.push(text.as_bytes().to_vec());
        part("provider");
        part(&provider.name);
        part(provider.api_version.as_str());
        part("images");
        for pattern in &provider.match_images {
            part(&pattern.to_string());
        }
        part("arguments");
        for argument in &provider.args {
            part(argument);
        }
        part("environment");
        for (name, value) in &provider.env {
            part(name);
            part(value);
        }
    }
    Fingerprint::of(parts)
}
