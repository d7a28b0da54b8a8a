//! The components of a tool, and the rules of each.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::member::Node;
use crate::{DocumentError, bounds};

use super::index_of;
use super::rule::Rule;

/// The driver of a tool and its extensions (3.18).
pub(super) struct Components {
    driver: Component,
    extensions: Vec<Component>,
}

/// A component with its rules (3.19).
pub(super) struct Component {
    name: Option<String>,
    guid: Option<String>,
    rules: Vec<Rule>,
    /// Positions of rules by their identifiers.
    by_id: BTreeMap<Arc<str>, usize>,
}

impl Components {
    pub(super) fn read(tool: &Node<'_>, driver: &Node<'_>) -> Result<Self, DocumentError> {
        let mut extensions = Vec::new();
        for extension in tool.elements("extensions")? {
            tool.effort().hold(size_of::<Component>())?;
            extensions.push(Component::read(&extension)?);
        }
        Ok(Self {
            driver: Component::read(driver)?,
            extensions,
        })
    }

    pub(super) const fn driver(&self) -> &Component {
        &self.driver
    }

    /// The component that a reference is about (3.54): by index among the extensions, or else by guid or name among all, and
    /// the driver if the reference names none. `None` if it is none of them, or may be several.
    pub(super) fn find(&self, reference: &Node<'_>) -> Result<Option<&Component>, DocumentError> {
        reference.without_twins(&["index", "guid", "name"])?;
        let index = index_of(reference, "index")?;
        let (guid, name) = (reference.name("guid")?, reference.name("name")?);
        if index.is_none() && guid.is_none() && name.is_none() {
            return Ok(Some(&self.driver));
        }
        let all = std::iter::once(&self.driver).chain(&self.extensions);
        // Each is compared with what the result names.
        let text = guid.map_or(0, str::len) + name.map_or(0, str::len);
        let each = 1 + text / 16;
        reference.effort().step(each * self.extensions.len())?;
        let mut found = all.enumerate().filter(|(place, component)| {
            index.is_none_or(|index| index.checked_add(1) == Some(*place))
                && guid.is_none_or(|guid| {
                    let known = component.guid.as_deref();
                    known.is_some_and(|known| known.eq_ignore_ascii_case(guid))
                })
                && name.is_none_or(|name| component.name.as_deref() == Some(name))
        });
        let first = found.next().map(|(_, component)| component);
        Ok(first.filter(|_| found.next().is_none()))
    }
}

impl Component {
    fn read(component: &Node<'_>) -> Result<Self, DocumentError> {
        component.without_twins(&["name", "guid", "rules"])?;
        let mut rules = Vec::new();
        let mut by_id = BTreeMap::new();
        for node in component.elements("rules")? {
            let rule = Rule::read(&node)?;
            // Two rules of one id would be two severities to two readers.
            if by_id.insert(Arc::clone(&rule.id), rules.len()).is_some() {
                return Err(node.malformed("a rule with an id that no other has"));
            }
            rules.push(rule);
        }
        Ok(Self {
            name: component.name("name")?.map(str::to_owned),
            guid: component.name("guid")?.map(str::to_owned),
            rules,
            by_id,
        })
    }

    pub(super) fn at(&self, index: usize) -> Option<&Rule> {
        self.rules.get(index)
    }

    /// The rule of a result with this identifier, which may have further parts (3.27.5).
    pub(super) fn called(&self, id: &str) -> Option<&Rule> {
        let mut of_rule = id;
        for _ in 0..bounds::RULE_PARTS {
            if let Some(place) = self.by_id.get(of_rule) {
                return self.rules.get(*place);
            }
            (of_rule, _) = of_rule.rsplit_once('/')?;
        }
        None
    }
}
