//! Names of subjects, attribute by attribute.

use x509_parser::asn1_rs::Oid;

use super::CertificateError;
use crate::der::{Element, Malformed, Reader, tag};

/// The most attributes of one name. Names of people and companies have about six.
const MAX_ATTRIBUTES: usize = 64;

/// The attributes of a distinguished name that stand side by side: nearly always one (RFC 5280, section 4.1.2.4).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RelativeName {
    attributes: Vec<Attribute>,
}

impl RelativeName {
    /// The attributes, in the order of the certificate.
    #[must_use]
    pub fn attributes(&self) -> &[Attribute] {
        &self.attributes
    }
}

/// One attribute of a distinguished name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attribute {
    oid: String,
    value: AttributeValue,
}

impl Attribute {
    /// The object identifier of its type with dots between: `2.5.4.3` is a common name.
    #[must_use]
    pub fn oid(&self) -> &str {
        &self.oid
    }

    /// What it says.
    #[must_use]
    pub const fn value(&self) -> &AttributeValue {
        &self.value
    }
}

/// What an attribute says.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum AttributeValue {
    /// Something that is no text, in DER with tag and length.
    Raw(Vec<u8>),
    /// A text, in whatever string type it was written.
    Text(String),
}

/// Reads a `Name` (RFC 5280, section 4.1.2.4).
pub(super) fn read(name: &[u8]) -> Result<Vec<RelativeName>, CertificateError> {
    let mut sets = Reader::whole(name, tag::SEQUENCE)?;
    let (mut names, mut count) = (Vec::new(), 0);
    while !sets.is_empty() {
        let mut set = sets.set()?;
        let mut attributes = Vec::new();
        while !set.is_empty() {
            count += 1;
            if count > MAX_ATTRIBUTES {
                return Err(CertificateError::Malformed);
            }
            let mut pair = set.sequence()?;
            let oid = Oid::new(pair.oid()?.into()).to_id_string();
            let value = value(&pair.element()?)?;
            pair.finish()?;
            attributes.push(Attribute { oid, value });
        }
        if attributes.is_empty() {
            return Err(CertificateError::Malformed);
        }
        names.push(RelativeName { attributes });
    }
    Ok(names)
}

/// Text of the directory string types (RFC 5280, section 4.1.2.4) and of `IA5String`, which mail addresses and domain
/// components have.
fn value(element: &Element<'_>) -> Result<AttributeValue, Malformed> {
    let utf8 = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).map_err(|_| Malformed);
    let text = match element.tag {
        tag::UTF8_STRING => utf8(element.content)?,
        tag::PRINTABLE_STRING | tag::NUMERIC_STRING | tag::IA5_STRING => {
            if !element.content.is_ascii() {
                return Err(Malformed);
            }
            utf8(element.content)?
        }
        // Beyond ASCII it may be T.61 or Latin-1, and nobody knows.
        tag::TELETEX_STRING if element.content.is_ascii() => utf8(element.content)?,
        tag::BMP_STRING => {
            let (pairs, rest) = element.content.as_chunks::<2>();
            if !rest.is_empty() {
                return Err(Malformed);
            }
            let units: Vec<u16> = pairs.iter().map(|pair| u16::from_be_bytes(*pair)).collect();
            String::from_utf16(&units).map_err(|_| Malformed)?
        }
        _ => return Ok(AttributeValue::Raw(element.raw.to_vec())),
    };
    Ok(AttributeValue::Text(text))
}
