//! Verification plug-ins.

use std::collections::BTreeSet;

use doorward_core::PluginName;

use crate::LintCode;
use crate::node::Node;
use crate::schema;
use crate::walk::{Object, Walk};

/// A verification plug-in that signatures may name, and what its word is worth.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct NotationPlugin {
    /// The plug-in.
    pub name: PluginName,
    /// Whether it stands in for `trustedIdentities`.
    pub identity: PluginRole,
    /// Whether it stands in for the revocation check.
    pub revocation: PluginRole,
}

/// What a plug-in's verdict does to a check that is made here.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PluginRole {
    /// Both must hold.
    #[default]
    Add,
    /// The plug-in's counts alone.
    Replace,
}

const ROLES: &[(&str, PluginRole)] = &[("add", PluginRole::Add), ("replace", PluginRole::Replace)];

pub(super) fn plugins(walk: &mut Walk<'_>, object: &Object<'_>) -> Vec<NotationPlugin> {
    let plugins = walk.few(object, "plugins", read_plugin);
    let at = object.place("plugins");
    let mut names = BTreeSet::new();
    if let Some(twice) = plugins.iter().find(|one| !names.insert(&one.name)) {
        let message = format!("the plug-in `{}` is allowed twice", twice.name);
        walk.meaning(LintCode::InvalidValue, at, message);
    }
    plugins
}

fn read_plugin(walk: &mut Walk<'_>, node: &Node) -> Option<NotationPlugin> {
    let object = walk.object(node, &schema::PLUGIN)?;
    let name = walk.string(&object, "name")?.parse::<PluginName>();
    let [identity, revocation] = ["identity", "revocation"]
        .map(|field| walk.choice(&object, field, ROLES).unwrap_or_default());
    if identity == PluginRole::Replace {
        let message = "the plug-in alone decides who the signer may be: `trustedIdentities` does not count for its \
                       signatures";
        walk.note(LintCode::NotEnforcing, object.place("identity"), message);
    }
    if revocation == PluginRole::Replace {
        let message =
            "the plug-in alone decides whether certificates were revoked: nobody else is asked";
        walk.note(LintCode::NotEnforcing, object.place("revocation"), message);
    }
    match name {
        Ok(name) => Some(NotationPlugin {
            name,
            identity,
            revocation,
        }),
        Err(error) => {
            walk.meaning(
                LintCode::InvalidValue,
                object.place("name"),
                error.to_string(),
            );
            None
        }
    }
}
