//! Subjects of certificates, in the terms of policies.

use std::collections::BTreeMap;
use std::fmt;

use doorward_crypto::{AttributeValue, Certificate};

use super::Matching;
use super::name::{DistinguishedName, has_mandatory};

/// The attributes that the reference knows: their types, short names, and whether a second value replaces the first
/// instead of making the subject one that it cannot compare.
const KNOWN: [(&str, &str, bool); 9] = [
    ("2.5.4.3", "CN", true),
    ("2.5.4.5", "SERIALNUMBER", true),
    ("2.5.4.6", "C", false),
    ("2.5.4.7", "L", false),
    ("2.5.4.8", "ST", false),
    ("2.5.4.9", "STREET", false),
    ("2.5.4.10", "O", false),
    ("2.5.4.11", "OU", false),
    ("2.5.4.17", "POSTALCODE", false),
];

/// More short names, of which policies with wider matching can make use (RFC 4514, section 3; RFC 4519; RFC 2985).
const MORE: [(&str, &str); 6] = [
    ("0.9.2342.19200300.100.1.1", "UID"),
    ("0.9.2342.19200300.100.1.25", "DC"),
    ("1.2.840.113549.1.9.1", "EMAIL"),
    ("1.2.840.113549.1.9.1", "EMAILADDRESS"),
    ("2.5.4.8", "S"),
    ("2.5.4.12", "TITLE"),
];

/// The dotted number of a type that is given by a short name, in any case, or by itself. Returns `None` if it is
/// neither.
pub(super) fn type_of(name: &str) -> Option<String> {
    let known = KNOWN.iter().map(|(oid, short, _)| (*oid, *short));
    let short = known
        .chain(MORE)
        .find(|(_, short)| short.eq_ignore_ascii_case(name));
    if let Some((oid, _)) = short {
        return Some(oid.to_owned());
    }
    let is_number = |part: &str| {
        let canonical = part == "0" || !part.starts_with('0');
        canonical && !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit())
    };
    let is_dotted = name.contains('.') && name.split('.').all(is_number);
    is_dotted.then(|| name.to_owned())
}

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
