//! What can be shown to a registry, and a way to compare secrets without keeping or showing them.

use std::fmt;
use std::sync::OnceLock;

use doorward_core::Basic;
use ring::hmac;
use ring::rand::{SecureRandom, SystemRandom};

/// Something that may open a repository. `Debug` never shows a secret.
#[derive(Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Credential {
    /// A user name and password, for basic authentication or for asking a token service.
    Basic(Basic),
    /// A refresh token for the registry's token service (`identitytoken` of a Docker configuration).
    IdentityToken {
        /// The user name stored with it, often empty or a placeholder.
        username: String,
        /// The token.
        token: String,
    },
    /// A bearer token to be sent to the registry as it is (`registrytoken` of a Docker configuration).
    RegistryToken(String),
}

impl Credential {
    /// What tells this credential from others, without being it.
    #[must_use]
    pub fn fingerprint(&self) -> Fingerprint {
        match self {
            Self::Basic(basic) => Fingerprint::of([
                b"basic".as_slice(),
                basic.username().as_bytes(),
                basic.expose_password().as_bytes(),
            ]),
            Self::IdentityToken { username, token } => Fingerprint::of([
                b"identity-token".as_slice(),
                username.as_bytes(),
                token.as_bytes(),
            ]),
            Self::RegistryToken(token) => {
                Fingerprint::of([b"registry-token".as_slice(), token.as_bytes()])
            }
        }
    }

    /// How many bytes of it are sent.
    pub(crate) fn len(&self) -> usize {
        match self {
            Self::Basic(basic) => basic.username().len() + basic.expose_password().len(),
            Self::IdentityToken { username, token } => username.len() + token.len(),
            Self::RegistryToken(token) => token.len(),
        }
    }

    /// The kind of credential, for messages.
    pub(crate) const fn kind(&self) -> &'static str {
        match self {
            Self::Basic(_) => "password",
            Self::IdentityToken { .. } => "identity token",
            Self::RegistryToken(_) => "registry token",
        }
    }
}

impl fmt::Debug for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Credential({}: …)", self.kind())
    }
}

/// Tells secrets apart within one process: a keyed hash whose key is made afresh at every start, so that a fingerprint
/// that leaks cannot be used to guess a weak password.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fingerprint([u8; 32]);

impl Fingerprint {
    /// The fingerprint of a sequence of parts. Where one part ends and the next begins is part of it.
    #[must_use]
    pub fn of<P: AsRef<[u8]>>(parts: impl IntoIterator<Item = P>) -> Self {
        let mut context = hmac::Context::with_key(process_key());
        for part in parts {
            let part = part.as_ref();
            context.update(&u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
            context.update(part);
        }
        let mut hash = [0; 32];
        for (to, from) in hash.iter_mut().zip(context.sign().as_ref()) {
            *to = *from;
        }
        Self(hash)
    }
}

impl AsRef<[u8]> for Fingerprint {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Fingerprint(…)")
    }
}

fn process_key() -> &'static hmac::Key {
    static KEY: OnceLock<hmac::Key> = OnceLock::new();
    KEY.get_or_init(|| {
        let mut key = [0; 32];
        // Without randomness fingerprints still tell secrets apart; they only lose their protection if they leak,
        // and nothing shows them.
        if SystemRandom::new().fill(&mut key).is_err() {
            tracing::warn!("the system gives no randomness for fingerprints");
        }
        hmac::Key::new(hmac::HMAC_SHA256, &key)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_output_shows_no_secret() {
        for credential in [
            Credential::Basic(Basic::new("alice", "s3cret")),
            Credential::IdentityToken {
                username: "alice".to_owned(),
                token: "s3cret".to_owned(),
            },
            Credential::RegistryToken("s3cret".to_owned()),
        ] {
            let text = format!("{credential:?} {:?}", credential.fingerprint());
            assert!(
                !text.contains("s3cret") && !text.contains("alice"),
                "{text}"
            );
        }
    }

    #[test]
    fn equal_credentials_have_equal_fingerprints_and_others_do_not() {
        let basic = |u: &str, p: &str| Credential::Basic(Basic::new(u, p)).fingerprint();
        assert_eq!(basic("a", "b"), basic("a", "b"));
        assert_ne!(basic("a", "b"), basic("a", "c"));
        assert_ne!(basic("ab", "c"), basic("a", "bc"));
        assert_ne!(
            basic("", "x"),
            Credential::IdentityToken {
                username: String::new(),
                token: "x".to_owned()
            }
            .fingerprint()
        );
    }
}
