//! One entry of a configuration: several ways to write a credential down.

use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use doorward_core::Basic;
use serde::Deserialize;

use crate::{Credential, EntryFault};

/// Padding is optional: `kubectl` writes it, hand-made secrets often lack it.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);
/// The user name by which Docker marks a password as an identity token.
const TOKEN_USER: &str = "<token>";

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Entry {
    username: Option<String>,
    password: Option<String>,
    auth: Option<String>,
    identitytoken: Option<String>,
    registrytoken: Option<String>,
}

impl Entry {
    /// The credentials of the entry, best first, and what in it cannot be used: tokens before the password. A readable
    /// `auth` replaces the user name and password fields; one that is not base64 of `user:password` is as good as none.
    pub(super) fn credentials(self) -> (Vec<Credential>, Option<EntryFault>) {
        let auth = self.auth.as_deref().filter(|auth| !auth.trim().is_empty());
        let (pair_of_auth, mut fault) = match auth.map(decode) {
            None => (None, None),
            Some(Ok(pair)) => (Some(pair), None),
            Some(Err(fault)) => (None, Some(fault)),
        };
        let (username, password) = pair_of_auth.unwrap_or_else(|| {
            (
                self.username.unwrap_or_default(),
                self.password.unwrap_or_default(),
            )
        });
        let mut all = Vec::new();
        if let Some(token) = self.registrytoken.filter(|token| !token.is_empty()) {
            all.push(Credential::RegistryToken(token));
        }
        if let Some(token) = self.identitytoken.filter(|token| !token.is_empty()) {
            all.push(Credential::IdentityToken {
                username: username.clone(),
                token,
            });
        }
        if username.is_empty() && !password.is_empty() {
            fault = fault.or(Some(EntryFault::NoUserName));
        }
        // Beside a token an empty password is a placeholder, as Azure's command line writes it.
        if !username.is_empty() && (all.is_empty() || !password.is_empty()) {
            all.push(pair(username, password));
        }
        if all.is_empty() {
            fault = fault.or(Some(EntryFault::Empty));
        }
        (all, fault)
    }
}

/// A user name and password, or the identity token that the user name says it is.
pub(super) fn pair(username: String, password: String) -> Credential {
    if username == TOKEN_USER {
        Credential::IdentityToken {
            username,
            token: password,
        }
    } else {
        Credential::Basic(Basic::new(username, password))
    }
}

fn decode(auth: &str) -> Result<(String, String), EntryFault> {
    let bytes = BASE64
        .decode(auth.trim())
        .map_err(|_| EntryFault::AuthNotBase64)?;
    let text = String::from_utf8(bytes).map_err(|_| EntryFault::AuthNotText)?;
    let (username, password) = text.split_once(':').ok_or(EntryFault::AuthNoColon)?;
    Ok((username.to_owned(), password.to_owned()))
}
