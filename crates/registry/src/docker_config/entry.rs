//! One entry of a configuration: several ways to write a credential down.

use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use doorward_core::Basic;
use serde::Deserialize;

use crate::Credential;

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
    /// The credentials of the entry, best first: tokens before the password. A readable `auth` replaces the user
    /// name and password fields; one that is not base64 of `user:password` is as good as none.
    pub(super) fn credentials(self) -> Vec<Credential> {
        let (username, password) = self.auth.as_deref().and_then(decode).unwrap_or_else(|| {
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
        // Beside a token an empty password is a placeholder, as Azure's command line writes it.
        if !username.is_empty() && (all.is_empty() || !password.is_empty()) {
            all.push(pair(username, password));
        }
        all
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

fn decode(auth: &str) -> Option<(String, String)> {
    let text = String::from_utf8(BASE64.decode(auth.trim()).ok()?).ok()?;
    let (username, password) = text.split_once(':')?;
    Some((username.to_owned(), password.to_owned()))
}
