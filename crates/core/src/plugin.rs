//! Verification plug-ins of the Notary Project: who is asked, and through what.

mod host;
#[cfg(test)]
mod tests;

use std::fmt;
use std::str::FromStr;

pub use host::{PluginError, PluginFuture, PluginHost, WithPlugins};

/// The name of a plug-in: 1 to 64 ASCII letters, digits, `.`, `-` and `_`, a letter or digit first.
///
/// A host may use it as the name of a directory: it is neither `.` nor `..`, and has no separator. Stricter than the
/// reference, which takes any text and leaves that to the file system.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PluginName(String);

/// Why a text is no name of a plug-in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "the name of a plug-in has 1 to 64 of the characters A-Z, a-z, 0-9, `.`, `-` and `_`, and begins with a letter or \
     digit"
)]
pub struct PluginNameError;

impl PluginName {
    /// The longest name, in bytes. Names in use, which are domain names the other way round, have some thirty.
    pub const MAX_BYTES: usize = 64;

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for PluginName {
    type Err = PluginNameError;

    fn from_str(text: &str) -> Result<Self, PluginNameError> {
        let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || b".-_".contains(&byte);
        let begins_well = text
            .bytes()
            .next()
            .is_some_and(|b| b.is_ascii_alphanumeric());
        if begins_well && text.len() <= Self::MAX_BYTES && text.bytes().all(is_allowed) {
            Ok(Self(text.to_owned()))
        } else {
            Err(PluginNameError)
        }
    }
}

impl fmt::Display for PluginName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What a verification plug-in is asked for (Plugin Extensibility, "Plugin contract").
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PluginCommand {
    /// `get-plugin-metadata`: what it is and what it can do.
    GetPluginMetadata,
    /// `verify-signature`: its verdict about one signature.
    VerifySignature,
}

impl PluginCommand {
    /// The word of the protocol.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::GetPluginMetadata => "get-plugin-metadata",
            Self::VerifySignature => "verify-signature",
        }
    }
}

impl FromStr for PluginCommand {
    type Err = UnknownPluginCommand;

    fn from_str(text: &str) -> Result<Self, UnknownPluginCommand> {
        [Self::GetPluginMetadata, Self::VerifySignature]
            .into_iter()
            .find(|command| command.as_str() == text)
            .ok_or(UnknownPluginCommand)
    }
}

impl fmt::Display for PluginCommand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// That a word is no command that a verification plug-in is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no command of verification plug-ins")]
pub struct UnknownPluginCommand;
