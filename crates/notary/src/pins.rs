//! What the root of trust is held against.

use std::sync::Arc;

use doorward_core::Timestamp;
use doorward_crypto::{Certificate, CertificateError, Purpose, VerifiedChain, verify_chain};

use crate::{Error, Key, KeyId};

/// What the root of trust of a collection is held against, at every decision.
///
/// Where keys are pinned, authorities do not count: a key that is not pinned is refused no matter who certified it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Pins {
    /// Root keys certified by one of these authorities. Certificates that are not valid at the time count for nothing.
    Authorities(Arc<[Certificate]>),
    /// The first root that a server offers is believed, and from then on what follows from it.
    FirstUse,
    /// Root keys with one of these IDs or certificates. With neither, none is accepted.
    Keys {
        /// IDs as in `root.json`.
        ids: Vec<KeyId>,
        /// Certificates, compared as a whole.
        certificates: Arc<[Certificate]>,
    },
    /// Nothing: only a root that was remembered because it was pinned or imported counts.
    None,
}

/// Why something is not a pin.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PinError {
    /// A certificate cannot be read.
    #[error(transparent)]
    Certificate(#[from] CertificateError),
    /// A key ID does not have 64 lower-case hexadecimal digits.
    #[error("a root key ID has 64 lower-case hexadecimal digits")]
    KeyId,
}

/// How the root that is remembered came to be trusted.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize,
)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum RootOrigin {
    /// It was the first that a server offered.
    FirstUse,
    /// A person brought it, for example from another client's trust directory.
    Imported,
    /// It fitted the pins of a policy.
    Pinned,
}

/// A root key that the pins accept. Only [`Pins::accept`] makes one.
pub(crate) struct AcceptedKey<'k>(&'k Key);

impl<'k> AcceptedKey<'k> {
    /// Accepted because an authority certified it, of which the path is the proof.
    const fn certified(key: &'k Key, _path: &VerifiedChain) -> Self {
        Self(key)
    }

    pub(crate) const fn key(&self) -> &'k Key {
        self.0
    }
}

impl Pins {
    /// Pins of a policy: key IDs and PEM certificates of root keys, PEM certificates of authorities, and whether the
    /// first root may be believed where there are none of these.
    ///
    /// # Errors
    /// [`PinError`].
    pub fn new<'a>(
        ids: impl IntoIterator<Item = &'a str>,
        certificates: impl IntoIterator<Item = &'a [u8]>,
        authorities: impl IntoIterator<Item = &'a [u8]>,
        first_use: bool,
    ) -> Result<Self, PinError> {
        let read = |pem: &[u8]| Certificate::from_pem(pem).map_err(PinError::from);
        let ids = ids
            .into_iter()
            .map(|id| {
                let hex = |b: u8| matches!(b, b'0'..=b'9' | b'a'..=b'f');
                if id.len() == 64 && id.bytes().all(hex) {
                    Ok(KeyId::from(id))
                } else {
                    Err(PinError::KeyId)
                }
            })
            .collect::<Result<Vec<_>, _>>()?;
        let mut roots = Vec::new();
        for pem in certificates {
            roots.extend(read(pem)?);
        }
        let mut issuers = Vec::new();
        for pem in authorities {
            issuers.extend(read(pem)?);
        }
        Ok(if !ids.is_empty() || !roots.is_empty() {
            Self::Keys {
                ids,
                certificates: roots.into(),
            }
        } else if !issuers.is_empty() {
            Self::Authorities(issuers.into())
        } else if first_use {
            Self::FirstUse
        } else {
            Self::None
        })
    }

    /// How a root that these pins accept comes to be trusted. `remembered` is how the one came to be that it follows
    /// from.
    pub(crate) fn origin(
        &self,
        remembered: Option<RootOrigin>,
        gun: &str,
    ) -> Result<RootOrigin, Error> {
        match (self, remembered) {
            (Self::Authorities(_) | Self::Keys { .. }, Some(RootOrigin::Imported)) => {
                Ok(RootOrigin::Imported)
            }
            (Self::Authorities(_) | Self::Keys { .. }, _) => Ok(RootOrigin::Pinned),
            (Self::FirstUse, known) => Ok(known.unwrap_or(RootOrigin::FirstUse)),
            (Self::None, Some(known @ (RootOrigin::Imported | RootOrigin::Pinned))) => Ok(known),
            (Self::None, None | Some(RootOrigin::FirstUse)) => Err(Error::PinRequired {
                gun: gun.to_owned(),
            }),
        }
    }

    /// A root key, which [may stand](crate::certificate) for its repository, as one that is accepted.
    pub(crate) fn accept<'k>(
        &self,
        key: &'k Key,
        now: Timestamp,
    ) -> Result<AcceptedKey<'k>, String> {
        let Some((leaf, issuers)) = key.certificates().split_first() else {
            return Err("it is not in a certificate".to_owned());
        };
        match self {
            Self::FirstUse | Self::None => Ok(AcceptedKey(key)),
            Self::Keys { ids, certificates } => {
                if ids.contains(key.id()) || certificates.contains(leaf) {
                    Ok(AcceptedKey(key))
                } else {
                    Err(format!("root key {} is not pinned", key.id()))
                }
            }
            Self::Authorities(anchors) => {
                // RFC 5280, section 6.1. Laxer than the original about the purpose (section 4.2.1.12), because keys
                // that its own tools certify are for signing code: by accident of its library, it demands the purpose
                // of a TLS server.
                let purposes = [Purpose::CodeSigning, Purpose::ServerAuth, Purpose::Any];
                verify_chain(leaf, issuers, anchors, &purposes, now)
                    .map(|chain| AcceptedKey::certified(key, &chain))
                    .map_err(|error| format!("root key {}: {error}", key.id()))
            }
        }
    }
}
