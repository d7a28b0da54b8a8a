//! Trust stores: named sets of certificates that a policy trusts, given complete by the caller.

mod error;
mod name;

use std::collections::BTreeMap;
use std::sync::Arc;

use doorward_core::Fingerprint;
use doorward_crypto::{Certificate, OrderedChain};

use crate::{GivenRevocation, limits};

pub use error::TrustStoreError;
pub use name::{StoreName, StoreNameError, StoreReference, StoreReferenceError, StoreType};

/// The certificates of one trust store, all of which its type allows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrustStore {
    certificates: Arc<[Certificate]>,
}

impl TrustStore {
    /// The most bytes that the files of a store have together.
    pub const MAX_BYTES: usize = limits::STORE_BYTES;
    /// The most certificates of a store.
    pub const MAX_CERTIFICATES: usize = limits::STORE_CERTIFICATES;

    /// Reads the files of a store: each has PEM certificates and nothing else, or one or more certificates in DER
    /// behind each other. At most 4 MiB and 512 certificates in all.
    ///
    /// Certificates of the types `ca` and `signingAuthority` must be those of an authority or self-signed, those of the
    /// type `tsa` must be self-signed roots (Trust Store and Trust Policy Specification, "Trust Store").
    ///
    /// # Errors
    /// [`TrustStoreError`]. One file that is not good makes the store none, as a part of what somebody trusts is
    /// something else than what they trust.
    pub fn read<F: AsRef<[u8]>>(
        kind: StoreType,
        files: impl IntoIterator<Item = F>,
    ) -> Result<Self, TrustStoreError> {
        let mut certificates = Vec::new();
        let mut bytes: usize = 0;
        for file in files {
            let file = file.as_ref();
            bytes = bytes.saturating_add(file.len());
            if bytes > limits::STORE_BYTES {
                return Err(TrustStoreError::TooLarge {
                    limit: limits::STORE_BYTES,
                });
            }
            read_file(file, &mut certificates)?;
        }
        if certificates.is_empty() {
            return Err(TrustStoreError::Empty);
        }
        for certificate in &certificates {
            allowed(kind, certificate)?;
        }
        Ok(Self {
            certificates: certificates.into(),
        })
    }

    /// The certificates in one such file, whatever type its store has.
    ///
    /// # Errors
    /// As for [`Self::read`].
    pub fn certificates_in(file: &[u8]) -> Result<Vec<Certificate>, TrustStoreError> {
        if file.len() > limits::STORE_BYTES {
            return Err(TrustStoreError::TooLarge {
                limit: limits::STORE_BYTES,
            });
        }
        let mut certificates = Vec::new();
        read_file(file, &mut certificates)?;
        if certificates.is_empty() {
            return Err(TrustStoreError::Empty);
        }
        Ok(certificates)
    }

    /// The certificates.
    #[must_use]
    pub fn certificates(&self) -> &[Certificate] {
        &self.certificates
    }

    /// The certificate of `chain`, leaf first, that is in the store, byte by byte. Returns `None` if none is.
    #[must_use]
    pub fn trusted<'c>(&self, chain: &'c OrderedChain) -> Option<&'c Certificate> {
        chain
            .certificates()
            .find(|certificate| self.certificates.contains(certificate))
    }
}

fn read_file(file: &[u8], certificates: &mut Vec<Certificate>) -> Result<(), TrustStoreError> {
    const PEM: &[u8] = b"-----BEGIN";
    let too_many = TrustStoreError::TooMany {
        limit: limits::STORE_CERTIFICATES,
    };
    if file.windows(PEM.len()).any(|window| window == PEM) {
        certificates.extend(Certificate::from_pem(file)?);
        return if certificates.len() > limits::STORE_CERTIFICATES {
            Err(too_many)
        } else {
            Ok(())
        };
    }
    let mut rest = file;
    while !rest.is_empty() {
        if certificates.len() == limits::STORE_CERTIFICATES {
            return Err(too_many);
        }
        let length = length_of_element(rest).unwrap_or(rest.len());
        let (der, behind) = rest.split_at_checked(length).unwrap_or((rest, &[]));
        certificates.push(Certificate::from_der(der)?);
        rest = behind;
    }
    Ok(())
}

/// How many bytes the DER element at the beginning has, its head included (X.690, section 8.1.3). Returns `None` if the
/// head is malformed or longer than any certificate needs.
fn length_of_element(der: &[u8]) -> Option<usize> {
    match *der {
        [_, length @ 0..=0x7f, ..] => Some(2 + usize::from(length)),
        [_, 0x81, length, ..] => Some(3 + usize::from(length)),
        [_, 0x82, high, low, ..] => Some(4 + (usize::from(high) << 8 | usize::from(low))),
        [_, 0x83, high, mid, low, ..] => {
            Some(5 + (usize::from(high) << 16 | usize::from(mid) << 8 | usize::from(low)))
        }
        _ => None,
    }
}

fn allowed(kind: StoreType, certificate: &Certificate) -> Result<(), TrustStoreError> {
    let signed_itself = || certificate.verify_signed_by(certificate).is_ok();
    let name = || certificate.common_name().unwrap_or_default().to_owned();
    match kind {
        StoreType::Ca | StoreType::SigningAuthority => {
            if certificate.is_authority() || signed_itself() {
                return Ok(());
            }
            Err(TrustStoreError::NeitherAuthorityNorSelfSigned { name: name() })
        }
        StoreType::Tsa => {
            let is_root =
                certificate.is_authority() && certificate.is_self_issued() && signed_itself();
            if is_root {
                return Ok(());
            }
            Err(TrustStoreError::NotARoot { name: name() })
        }
    }
}

/// All trust stores that a statement may name. The caller gives them complete: what is not there is missing, and a
/// statement that names it fails.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TrustStores {
    stores: BTreeMap<StoreReference, Result<TrustStore, TrustStoreError>>,
    revocation: Arc<GivenRevocation>,
}

impl TrustStores {
    /// No stores.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a store, or why there is none of that name that could be used.
    #[must_use]
    pub fn with(
        mut self,
        reference: StoreReference,
        store: Result<TrustStore, TrustStoreError>,
    ) -> Self {
        self.stores.insert(reference, store);
        self
    }

    /// Adds what authorities said about revocation, which decides before anybody is asked.
    #[must_use]
    pub fn with_revocation(mut self, given: Arc<GivenRevocation>) -> Self {
        self.revocation = given;
        self
    }

    /// What is given about revocation.
    #[must_use]
    pub const fn revocation(&self) -> &Arc<GivenRevocation> {
        &self.revocation
    }

    /// Appends everything that is in the stores, for a key of what is decided by them.
    pub fn encode(&self, out: &mut Fingerprint) {
        let Self { stores, revocation } = self;
        revocation.encode(out);
        out.number(stores.len());
        for (reference, store) in stores {
            out.text(reference.to_string());
            match store {
                Err(error) => {
                    out.number(0).text(error.to_string());
                }
                Ok(TrustStore { certificates }) => {
                    out.number(1).number(certificates.len());
                    for certificate in certificates.iter() {
                        out.bytes(certificate.der());
                    }
                }
            }
        }
    }

    /// The store of that type and name.
    ///
    /// # Errors
    /// [`TrustStoreError`], also where there is no such store.
    pub fn get(&self, reference: &StoreReference) -> Result<&TrustStore, TrustStoreError> {
        match self.stores.get(reference) {
            Some(store) => store.as_ref().map_err(Clone::clone),
            None => Err(TrustStoreError::Missing),
        }
    }
}

#[cfg(test)]
mod tests;
