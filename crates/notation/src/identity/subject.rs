//! Subjects of certificates, in the terms of policies.

use std::collections::BTreeMap;
use std::fmt;

use doorward_crypto::{AttributeValue, Certificate};

use super::Matching;
use super::attribute_type::KNOWN;
use super::name::{DistinguishedName, has_mandatory};

/// The subject of a certificate, as far as it can be compared.
pub(super) struct Subject {
    /// All values of each type: short names where they are compared as the reference does, else dotted numbers.
    attributes: BTreeMap<String, Vec<String>>,
    matching: Matching,
}

impl Subject {
    /// Reads the subject of a certificate. The sentence says why it cannot be compared.
    pub(super) fn of(certificate: &Certificate, matching: Matching) -> Result<Self, String> {
        let names = certificate
            .subject()
            .map_err(|error| format!("the subject of the certificate is {error}"))?;
        let pairs = names
            .iter()
            .flat_map(|name| name.attributes())
            .map(|attribute| {
                let text = match attribute.value() {
                    AttributeValue::Text(text) => Some(text.as_str()),
                    _ => None,
                };
                (attribute.oid(), text)
            });
        let mut attributes: BTreeMap<String, Vec<String>> = BTreeMap::new();
        match matching {
            Matching::Compatible => compatible(pairs, &mut attributes)?,
            Matching::Wider => {
                // What is no text can be the value of no name in a policy, and still counts as one of two.
                for (oid, text) in pairs {
                    let values = attributes.entry(oid.to_owned()).or_default();
                    values.push(text.unwrap_or_default().to_owned());
                }
            }
        }
        Ok(Self {
            attributes,
            matching,
        })
    }

    /// Whether the subject has all attributes of a name.
    pub(super) fn has(&self, name: &DistinguishedName) -> bool {
        name.attributes().iter().all(|(kind, value)| {
            match (self.attributes.get(kind).map(Vec::as_slice), self.matching) {
                (Some([one]), _) => one == value,
                // A name that demands an empty value is met by none at all, as for the reference.
                (None, Matching::Compatible) => value.is_empty(),
                _ => false,
            }
        })
    }
}

/// Reads attributes as the reference does: it writes the subject down and reads it as a name of a policy.
fn compatible<'a>(
    pairs: impl Iterator<Item = (&'a str, Option<&'a str>)>,
    attributes: &mut BTreeMap<String, Vec<String>>,
) -> Result<(), String> {
    for (oid, text) in pairs {
        let known = KNOWN.iter().find(|(known, ..)| *known == oid);
        let (Some((_, short, replaces)), Some(text)) = (known, text) else {
            return Err(format!(
                "the subject of the certificate has an attribute {oid}, with which only `*` accepts it"
            ));
        };
        // As a name of a policy must not have it.
        if text.contains("=#") {
            return Err(format!(
                "the attribute {short} of the certificate's subject has `=#`, with which only `*` accepts it"
            ));
        }
        let values = attributes.entry((*short).to_owned()).or_default();
        if *replaces {
            values.clear();
        }
        values.push(text.to_owned());
    }
    if let Some((short, _)) = attributes.iter().find(|(_, values)| values.len() > 1) {
        return Err(format!(
            "the subject of the certificate has {short} twice, with which only `*` accepts it"
        ));
    }
    let first = |values: &Vec<String>| values.first().cloned().unwrap_or_default();
    let single = attributes
        .iter()
        .map(|(kind, values)| (kind.clone(), first(values)));
    has_mandatory(&single.collect()).map_err(|error| {
        format!("in the subject of the certificate {error}, without which only `*` accepts it")
    })
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let pairs = self.attributes.iter().flat_map(|(kind, values)| {
            let known = KNOWN.iter().find(|(oid, ..)| oid == kind);
            let kind = known.map_or(kind.as_str(), |(_, short, _)| short);
            values.iter().map(move |value| (kind, value))
        });
        for (position, (kind, value)) in pairs.enumerate() {
            let comma = if position == 0 { "" } else { ", " };
            write!(f, "{comma}{kind}={value}")?;
        }
        Ok(())
    }
}
