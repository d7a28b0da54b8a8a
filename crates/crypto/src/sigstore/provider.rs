//! The cryptography that the libraries of sigstore calculate with: ours, on account of the decision that they work for.

use std::cell::RefCell;
use std::sync::OnceLock;

use doorward_core::{BudgetExceeded, Meter};
use ring::digest;
use ring::signature::{
    RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_2048_8192_SHA384, RSA_PKCS1_2048_8192_SHA512,
    RSA_PSS_2048_8192_SHA256, RSA_PSS_2048_8192_SHA384, RSA_PSS_2048_8192_SHA512, RsaParameters,
    UnparsedPublicKey,
};
use sigstore_crypto::{
    CryptoProvider, Error, HashContext, SigningScheme, install_default_provider,
};
use sigstore_types::HashAlgorithm;

use super::prehashed;
use crate::{PublicKey, SignatureAlgorithm};

/// What is charged for a bundle if the program has given the engine another library to calculate with, which does not
/// count: the signature, two certificates, the certificate log, an entry with promise and checkpoint, and a time stamp.
const FLAT: usize = 8;

/// Whether the engine calculates with this library. It takes one for the whole process, once.
static OURS: OnceLock<bool> = OnceLock::new();

/// Gives the libraries of sigstore this one to calculate with. A program that has given them another before keeps that.
pub fn install() {
    OURS.get_or_init(|| install_default_provider(&OnAccount).is_ok());
}

thread_local! {
    /// What the engine works on in this thread.
    static OPEN: RefCell<Option<Work>> = const { RefCell::new(None) };
}

#[derive(Debug)]
struct Work {
    meter: Meter,
    exceeded: Option<BudgetExceeded>,
    /// Whether the engine asked for anything.
    counted: bool,
    /// The message that a hash may be of.
    message: Option<Vec<u8>>,
}

/// The account of one verification. The engine verifies in the thread that asks it.
#[derive(Debug)]
#[must_use]
pub struct Account(());

impl Account {
    /// Opens the account of this thread: what is calculated from now on is charged to `meter`. A hash of `message`, where
    /// the engine asks about one, is verified as the message itself.
    pub fn open(meter: &Meter, message: Option<&[u8]>) -> Self {
        let work = Work {
            meter: meter.clone(),
            exceeded: None,
            counted: false,
            message: message.map(<[u8]>::to_vec),
        };
        OPEN.with_borrow_mut(|open| *open = Some(work));
        Self(())
    }

    /// Charges what was used.
    ///
    /// # Errors
    /// [`BudgetExceeded`] if it was more than there is.
    pub fn close(self, meter: &mut Meter) -> Result<(), BudgetExceeded> {
        let Some(work) = OPEN.with_borrow_mut(Option::take) else {
            return Ok(());
        };
        if let Some(exceeded) = work.exceeded {
            *meter = work.meter;
            return Err(exceeded);
        }
        if work.counted {
            *meter = work.meter;
            return Ok(());
        }
        // What was refused before there was anything to calculate costs nothing.
        if OURS.get() == Some(&true) {
            return Ok(());
        }
        for _ in 0..FLAT {
            meter.signature()?;
        }
        Ok(())
    }
}

/// Counts one operation. The engine reads certificates and keys also while a trusted root is read, where nobody is charged.
fn charge() -> Result<(), Error> {
    OPEN.with_borrow_mut(|open| {
        let Some(work) = open else {
            return Ok(());
        };
        work.counted = true;
        work.meter.signature().map_err(|exceeded| {
            work.exceeded = Some(exceeded);
            Error::Verification("the budget is used up".into())
        })
    })
}

/// The library that everything else is verified with, too.
#[derive(Debug)]
struct OnAccount;

impl CryptoProvider for OnAccount {
    fn hash(&self, algorithm: HashAlgorithm) -> Result<Box<dyn HashContext>, Error> {
        Ok(Box::new(Hash(digest::Context::new(function(algorithm)?))))
    }

    fn verify_raw(
        &self,
        scheme: SigningScheme,
        key: &[u8],
        data: &[u8],
        signature: &[u8],
    ) -> Result<(), Error> {
        charge()?;
        verify(scheme, key, data, signature)
    }

    fn verify_prehashed(
        &self,
        scheme: SigningScheme,
        key: &[u8],
        hash: &[u8],
        signature: &[u8],
    ) -> Result<(), Error> {
        charge()?;
        let algorithm = scheme.hash_algorithm().ok_or_else(|| unsupported(scheme))?;
        let function = function(algorithm)?;
        let known = OPEN.with_borrow(|open| {
            let message = open.as_ref().and_then(|work| work.message.as_deref())?;
            let same = digest::digest(function, message).as_ref() == hash;
            same.then(|| verify(scheme, key, message, signature))
        });
        if let Some(verified) = known {
            return verified;
        }
        let holds = match scheme {
            SigningScheme::EcdsaP256Sha256 | SigningScheme::EcdsaP256Sha384 => {
                prehashed::p256(key, hash, signature)
            }
            SigningScheme::EcdsaP384Sha256 | SigningScheme::EcdsaP384Sha384 => {
                prehashed::p384(key, hash, signature)
            }
            _ => return Err(unsupported(scheme)),
        };
        if holds { Ok(()) } else { Err(invalid(scheme)) }
    }
}

struct Hash(digest::Context);

impl HashContext for Hash {
    fn update(&mut self, data: &[u8]) {
        self.0.update(data);
    }

    fn finalize(self: Box<Self>) -> Vec<u8> {
        self.0.finish().as_ref().to_vec()
    }
}

fn function(algorithm: HashAlgorithm) -> Result<&'static digest::Algorithm, Error> {
    match algorithm {
        HashAlgorithm::Sha2256 => Ok(&digest::SHA256),
        HashAlgorithm::Sha2384 => Ok(&digest::SHA384),
        HashAlgorithm::Sha2512 => Ok(&digest::SHA512),
        _ => Err(Error::UnsupportedAlgorithm(algorithm.to_string())),
    }
}

fn verify(scheme: SigningScheme, key: &[u8], data: &[u8], signature: &[u8]) -> Result<(), Error> {
    let rsa = |parameters: &'static RsaParameters| {
        UnparsedPublicKey::new(parameters, key)
            .verify(data, signature)
            .map_err(|_| invalid(scheme))
    };
    let (key, algorithm) = match scheme {
        SigningScheme::EcdsaP256Sha256 => {
            (PublicKey::p256(key), SignatureAlgorithm::EcdsaP256Sha256)
        }
        SigningScheme::EcdsaP256Sha384 => {
            (PublicKey::p256(key), SignatureAlgorithm::EcdsaP256Sha384)
        }
        SigningScheme::EcdsaP384Sha256 => {
            (PublicKey::p384(key), SignatureAlgorithm::EcdsaP384Sha256)
        }
        SigningScheme::EcdsaP384Sha384 => {
            (PublicKey::p384(key), SignatureAlgorithm::EcdsaP384Sha384)
        }
        SigningScheme::Ed25519 => (PublicKey::ed25519(key), SignatureAlgorithm::Ed25519),
        SigningScheme::RsaPkcs1Sha256 => return rsa(&RSA_PKCS1_2048_8192_SHA256),
        SigningScheme::RsaPkcs1Sha384 => return rsa(&RSA_PKCS1_2048_8192_SHA384),
        SigningScheme::RsaPkcs1Sha512 => return rsa(&RSA_PKCS1_2048_8192_SHA512),
        SigningScheme::RsaPssSha256 => return rsa(&RSA_PSS_2048_8192_SHA256),
        SigningScheme::RsaPssSha384 => return rsa(&RSA_PSS_2048_8192_SHA384),
        SigningScheme::RsaPssSha512 => return rsa(&RSA_PSS_2048_8192_SHA512),
        _ => return Err(unsupported(scheme)),
    };
    let key = key.map_err(|error| Error::InvalidKey(error.to_string()))?;
    key.verify(algorithm, data, signature)
        .map_err(|_| invalid(scheme))
}

fn unsupported(scheme: SigningScheme) -> Error {
    Error::UnsupportedAlgorithm(scheme.name().into())
}

fn invalid(scheme: SigningScheme) -> Error {
    Error::Verification(format!("the {} signature does not match", scheme.name()))
}
