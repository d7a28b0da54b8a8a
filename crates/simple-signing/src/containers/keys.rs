//! Where a `signedBy` requirement has its keys from.

use base64::Engine;

use super::error::ContainersPolicyError;
use super::fields::Fields;
use crate::extension::BASE64;

/// Exactly one of `keyPath`, `keyPaths` and `keyData` (containers-policy.json(5), `signedBy`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum KeySource {
    /// The keys themselves, decoded.
    Data(Vec<u8>),
    /// Files. None at all is allowed by the format and yields no keys.
    Paths(Vec<String>),
}

impl KeySource {
    pub(crate) fn read(fields: &Fields<'_>) -> Result<Self, ContainersPolicyError> {
        if fields.count(&["keyPath", "keyPaths", "keyData"]) != 1 {
            return Err(fields.invalid("expected exactly one of keyPath, keyPaths and keyData"));
        }
        if let Some(path) = fields.optional_text("keyPath")? {
            if path.is_empty() {
                return Err(fields.invalid("keyPath is empty"));
            }
            return Ok(Self::Paths(vec![path.to_owned()]));
        }
        if let Some(paths) = fields.optional_texts("keyPaths")? {
            return Ok(Self::Paths(paths.into_iter().map(str::to_owned).collect()));
        }
        let text = fields.text("keyData")?;
        let data = decode(text).ok_or_else(|| fields.invalid("keyData is not base64"))?;
        Ok(Self::Data(data))
    }
}

/// Padded standard base64; line ends may stand anywhere in it.
pub(crate) fn decode(text: &str) -> Option<Vec<u8>> {
    let text: String = text.chars().filter(|c| !matches!(c, '\r' | '\n')).collect();
    BASE64.decode(text).ok()
}
