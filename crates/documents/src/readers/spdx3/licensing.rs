//! The licences that elements stand for (SPDX 3.0, profiles `SimpleLicensing` and `ExpandedLicensing`).

use std::collections::BTreeMap;

use doorward_core::json::Value;

use crate::effort::Effort;
use crate::member::Node;
use crate::{DocumentError, License, bounds};

use super::super::licenses::Licenses;
use super::graph::{bare, kind};

/// How deep sets of licences may stand in each other, and how many elements one licence may be made of.
const SETS: usize = bounds::LICENSE_DEPTH;

/// What a set of licences takes beside its members, in bytes.
const SET: usize = 512;

/// The licences of a document. Each is read once, however many packages and sets refer to it.
pub(super) struct Licensing<'d, 'n> {
    elements: &'d BTreeMap<String, Node<'n>>,
    known: BTreeMap<String, Known>,
    texts: Licenses<'d>,
    /// Names are no expressions of SPDX 3, in which `or` is an operator.
    names: Licenses<'d>,
    effort: &'d Effort,
}

/// A licence, with the identifier that it has in expressions.
#[derive(Clone)]
struct Known {
    license: License,
    id: String,
    /// How many sets and operators stand in each other below it.
    height: usize,
}

impl<'d, 'n: 'd> Licensing<'d, 'n> {
    pub(super) const fn new(elements: &'d BTreeMap<String, Node<'n>>, effort: &'d Effort) -> Self {
        Self {
            elements,
            known: BTreeMap::new(),
            texts: Licenses::of_spdx3(effort),
            names: Licenses::new(effort),
            effort,
        }
    }

    /// The licence that an identifier stands for.
    pub(super) fn read(&mut self, id: &str) -> Result<License, DocumentError> {
        Ok(self.known(id, 0)?.license)
    }

    fn known(&mut self, id: &str, depth: usize) -> Result<Known, DocumentError> {
        // A circle of sets is deeper than any bound.
        if depth > SETS {
            return Err(too_deep());
        }
        self.effort.step(1)?;
        if let Some(known) = self.known.get(id) {
            // It was read as a part of something less deep, perhaps.
            if depth + known.height > SETS {
                return Err(too_deep());
            }
            return Ok(known.clone());
        }
        let known = match self.elements.get(id) {
            Some(element) => self.of_element(id, element, depth)?,
            None => by_address(id),
        };
        self.effort.hold(SET + 2 * id.len() + known.id.len())?;
        self.known.insert(id.to_owned(), known.clone());
        Ok(known)
    }

    fn of_element(
        &mut self,
        id: &str,
        element: &Node<'_>,
        depth: usize,
    ) -> Result<Known, DocumentError> {
        Ok(match bare(kind(element)?.unwrap_or_default()) {
            "LicenseExpression" => {
                let text = element.text("simplelicensing_licenseExpression")?;
                let text = text.ok_or_else(|| element.malformed("a licence expression"))?;
                Known {
                    license: self.texts.read(text)?,
                    id: short(text),
                    height: 0,
                }
            }
            "ConjunctiveLicenseSet" => {
                let (parts, height) = self.members(element, depth)?;
                set(id, License::all(parts), height)
            }
            "DisjunctiveLicenseSet" => {
                let (mut parts, height) = self.members(element, depth)?;
                // That nobody tells a licence, or that there is none, is no alternative to one.
                if parts.iter().any(License::is_told) {
                    parts.retain(License::is_told);
                }
                // An empty choice would be denied by nothing and everything.
                if parts.is_empty() {
                    return Err(element.malformed("licences to choose from"));
                }
                set(id, License::any(parts), height)
            }
            // The licence or a later one of it: who denies the licence denies this.
            "OrLaterOperator" => {
                let subject = self.one(element, "expandedlicensing_subjectLicense", depth)?;
                self.derived(subject, "+")?
            }
            "WithAdditionOperator" => {
                let member = "expandedlicensing_subjectExtendableLicense";
                let subject = self.one(element, member, depth)?;
                let addition = element.name("expandedlicensing_subjectAddition")?;
                let addition = last_part(addition.unwrap_or_default());
                self.derived(subject, &format!(" WITH {addition}"))?
            }
            // A listed or custom licence: its identifier says which, and its name is what people know.
            _ => match element.name("name")? {
                Some(name) => {
                    let own = by_address(id);
                    let name = self.names.read(name)?;
                    Known {
                        license: License::named(vec![own.license, name]),
                        id: own.id,
                        height: 0,
                    }
                }
                None => by_address(id),
            },
        })
    }

    fn members(
        &mut self,
        element: &Node<'_>,
        depth: usize,
    ) -> Result<(Vec<License>, usize), DocumentError> {
        let mut parts = Vec::new();
        let mut height = 0;
        for member in element.elements("expandedlicensing_member")? {
            self.effort.hold(size_of::<License>())?;
            let known = self.known(member.as_text()?, depth + 1)?;
            height = height.max(known.height + 1);
            parts.push(known.license);
        }
        Ok((parts, height))
    }

    fn one(
        &mut self,
        element: &Node<'_>,
        name: &str,
        depth: usize,
    ) -> Result<Known, DocumentError> {
        let Some(member) = element.member(name)? else {
            return Err(element.malformed("an operator with a licence"));
        };
        match member.value() {
            Value::String(id) => self.known(id, depth + 1),
            _ => Err(member.malformed("the identifier of a licence")),
        }
    }

    /// What an operator makes of a licence. That licence still counts: it may have a name that its identifier does not tell.
    fn derived(&mut self, subject: Known, operator: &str) -> Result<Known, DocumentError> {
        let text = format!("{}{operator}", subject.id);
        let whole = self.texts.read(&text)?;
        Ok(Known {
            license: License::also(whole, subject.license),
            id: short(&text),
            height: subject.height + 1,
        })
    }
}

/// A set of licences has no identifier in expressions: an operator on it is of no meaning.
fn set(id: &str, license: License, height: usize) -> Known {
    Known {
        license,
        id: short(last_part(id)),
        height,
    }
}

const fn too_deep() -> DocumentError {
    DocumentError::TooMany {
        what: "sets of licences in each other",
        limit: SETS,
    }
}

/// The licence that an address stands for, by its last part: `https://spdx.org/licenses/MIT`, and the individuals
/// `NoAssertionLicense` and `NoneLicense`.
fn by_address(id: &str) -> Known {
    let part = last_part(id);
    let license = match bare(part) {
        "NoAssertion" | "NoAssertionLicense" => License::no_assertion(),
        "None" | "NoneLicense" => License::term("NONE"),
        _ => License::term(part),
    };
    Known {
        license,
        id: short(part),
        height: 0,
    }
}

/// An identifier as long as one is read.
fn short(text: &str) -> String {
    text.chars().take(bounds::NAME / 4).collect()
}

fn last_part(address: &str) -> &str {
    address.rsplit(['/', '#']).next().unwrap_or(address)
}
