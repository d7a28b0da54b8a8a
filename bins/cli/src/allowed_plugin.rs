//! What `--plugin` says.

use std::str::FromStr;

use doorward_core::PluginName;

/// A verification plug-in that signatures may name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct AllowedPlugin {
    pub(crate) name: PluginName,
    /// Whether its verdicts of identity and revocation count alone, and not beside the checks that are made here.
    pub(crate) replaces: bool,
}

/// `NAME`, `NAME=add` or `NAME=replace`.
impl FromStr for AllowedPlugin {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (name, role) = text
            .split_once('=')
            .map_or((text, None), |(name, role)| (name, Some(role)));
        let replaces = match role {
            None | Some("add") => false,
            Some("replace") => true,
            Some(other) => return Err(format!("{other:?} is neither `add` nor `replace`")),
        };
        let name: PluginName = name
            .parse()
            .map_err(|error: doorward_core::PluginNameError| error.to_string())?;
        Ok(Self { name, replaces })
    }
}
