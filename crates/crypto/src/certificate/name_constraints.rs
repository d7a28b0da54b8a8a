//! Which names an authority may certify.

use super::general_name::{DIRECTORY, DNS, EMAIL, URI};
use super::subject::{self, AttributeValue, RelativeName};
use super::{Certificate, CertificateError};
use crate::der::{Element, Reader, tag};

/// The most names of one certificate, and the most subtrees of one authority, that are compared.
const MAX_NAMES: usize = 256;
/// The most comparisons of a name with a subtree.
const MAX_COMPARISONS: usize = 4096;
/// `emailAddress` (PKCS #9), in which old certificates have it.
const EMAIL_ADDRESS: &str = "1.2.840.113549.1.9.1";

/// The subtrees of one list, each a general name.
type Subtrees<'a> = Vec<Element<'a>>;

impl Certificate {
    /// Whether its name constraints let it certify all names of a certificate below it (RFC 5280, section 4.2.1.10), those in
    /// the subject and the alternative ones: of each form for which there are permitted subtrees one must have the name, and
    /// no excluded one may.
    ///
    /// Constraints that cannot be read or take more than 4096 comparisons let it certify nothing, and nor do those on a form
    /// that is not understood where there is a name of that form. Stricter than the section, which demands that of critical
    /// ones alone, because a constraint is there to be kept.
    pub(crate) fn may_certify_names_of(&self, below: &Self) -> bool {
        let Some(value) = self.extensions.name_constraints else {
            return true;
        };
        let permits = || {
            let (permitted, excluded) = read(value.within(&self.der))?;
            let names = Names::of(below)?;
            names.are_within(&permitted, &excluded)
        };
        permits().unwrap_or(false)
    }
}

fn read(value: &[u8]) -> Result<(Subtrees<'_>, Subtrees<'_>), CertificateError> {
    let mut constraints = Reader::whole(value, tag::SEQUENCE)?;
    let mut list = |number| match constraints.optional(tag::constructed(number))? {
        None => Ok(Vec::new()),
        Some(subtrees) => read_subtrees(subtrees),
    };
    let (permitted, excluded) = (list(0)?, list(1)?);
    constraints.finish()?;
    Ok((permitted, excluded))
}

fn read_subtrees(content: &[u8]) -> Result<Subtrees<'_>, CertificateError> {
    let mut reader = Reader::new(content);
    let mut subtrees = Vec::new();
    while !reader.is_empty() {
        let mut subtree = reader.sequence()?;
        let base = subtree.element()?;
        // A minimum of zero is not written, and there is no maximum.
        subtree.finish()?;
        if subtrees.len() == MAX_NAMES {
            return Err(CertificateError::Malformed);
        }
        subtrees.push(base);
    }
    Ok(subtrees)
}

/// The names of a certificate.
struct Names<'a> {
    subject: &'a [u8],
    alternative: Vec<Element<'a>>,
    /// Addresses in the subject.
    emails: Vec<String>,
}

impl<'a> Names<'a> {
    fn of(certificate: &'a Certificate) -> Result<Self, CertificateError> {
        let mut alternative = Vec::new();
        if let Some(value) = certificate.extensions.alternative_name {
            let mut names = Reader::whole(value.within(&certificate.der), tag::SEQUENCE)?;
            while !names.is_empty() {
                if alternative.len() == MAX_NAMES {
                    return Err(CertificateError::Malformed);
                }
                alternative.push(names.element()?);
            }
        }
        let attributes = certificate.subject()?;
        let attributes = attributes.iter().flat_map(RelativeName::attributes);
        let emails = attributes.filter(|attribute| attribute.oid() == EMAIL_ADDRESS);
        let emails = emails.map(|attribute| match attribute.value() {
            AttributeValue::Text(text) => Ok(text.clone()),
            AttributeValue::Raw(_) => Err(CertificateError::Malformed),
        });
        Ok(Self {
            subject: certificate.subject_der(),
            alternative,
            emails: emails.collect::<Result<_, _>>()?,
        })
    }

    fn are_within(
        &self,
        permitted: &[Element<'_>],
        excluded: &[Element<'_>],
    ) -> Result<bool, CertificateError> {
        let names = 1 + self.emails.len() + self.alternative.len();
        if names.saturating_mul(permitted.len() + excluded.len()) > MAX_COMPARISONS {
            return Ok(false);
        }
        let within = |form: u8, name: &[u8]| {
            let of_form = |subtree: &&Element<'_>| subtree.tag == form;
            let mut permitted = permitted.iter().filter(of_form).peekable();
            let is_free = permitted.peek().is_none();
            for subtree in excluded.iter().filter(of_form) {
                if is_in(form, name, subtree.content)? != Some(false) {
                    return Ok(false);
                }
            }
            for subtree in permitted {
                if is_in(form, name, subtree.content)? == Some(true) {
                    return Ok(true);
                }
            }
            Ok::<_, CertificateError>(is_free)
        };
        // An empty subject is no name.
        let has_subject = self.subject.len() > 2;
        if has_subject && !within(DIRECTORY, self.subject)? {
            return Ok(false);
        }
        for email in &self.emails {
            if !within(EMAIL, email.as_bytes())? {
                return Ok(false);
            }
        }
        for name in &self.alternative {
            if !within(name.tag, name.content)? {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

/// Whether a name is in a subtree. Returns `None` if that is not known: the form or the name is not understood.
fn is_in(form: u8, name: &[u8], subtree: &[u8]) -> Result<Option<bool>, CertificateError> {
    if form == DIRECTORY {
        let (name, subtree) = (subject::read(name)?, subject::read(subtree)?);
        let mut pairs = name.iter().zip(&subtree);
        let is_below = name.len() >= subtree.len() && pairs.all(|(one, other)| same(one, other));
        return Ok(Some(is_below));
    }
    let (Ok(name), Ok(subtree)) = (std::str::from_utf8(name), std::str::from_utf8(subtree)) else {
        return Ok(None);
    };
    if !name.is_ascii() || !subtree.is_ascii() {
        return Ok(None);
    }
    Ok(match form {
        DNS => Some(is_host_below(name, subtree)),
        EMAIL => name
            .rsplit_once('@')
            .map(|(local, host)| match subtree.rsplit_once('@') {
                Some((only, at)) => local == only && host.eq_ignore_ascii_case(at),
                None => is_host_of(host, subtree),
            }),
        URI => host_of(name).map(|host| is_host_of(host, subtree)),
        _ => None,
    })
}

/// Whether two relative names have the same attributes, letters in any case and blanks in any number (RFC 5280, section 7.1).
fn same(one: &RelativeName, other: &RelativeName) -> bool {
    let (one, other) = (one.attributes(), other.attributes());
    one.len() == other.len()
        && one.iter().all(|attribute| {
            other.iter().any(|other| {
                let values = match (attribute.value(), other.value()) {
                    (AttributeValue::Text(one), AttributeValue::Text(other)) => {
                        folded(one) == folded(other)
                    }
                    (one, other) => one == other,
                };
                attribute.oid() == other.oid() && values
            })
        })
}

fn folded(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    words.join(" ").to_lowercase()
}

/// Whether a host is the one of a subtree, or below it.
fn is_host_below(host: &str, subtree: &str) -> bool {
    let (host, subtree) = (host.to_ascii_lowercase(), subtree.to_ascii_lowercase());
    let is_strictly = |domain: &str| {
        let above = host.strip_suffix(domain);
        above.is_some_and(|above| above.ends_with('.') && above.len() > 1)
    };
    match subtree.strip_prefix('.') {
        Some(domain) => is_strictly(domain),
        None => subtree.is_empty() || host == subtree || is_strictly(&subtree),
    }
}

/// Whether a host is that of a subtree, or below it if that begins with a dot.
fn is_host_of(host: &str, subtree: &str) -> bool {
    host.eq_ignore_ascii_case(subtree) || subtree.starts_with('.') && is_host_below(host, subtree)
}

/// The host of a URI. Returns `None` if it has none, or an address in its place.
fn host_of(uri: &str) -> Option<&str> {
    let (_, rest) = uri.split_once("://")?;
    let authority = rest.split(['/', '?', '#']).next()?;
    let host = authority.rsplit('@').next()?;
    let host = host.split(':').next()?;
    let is_name = host.bytes().any(|byte| byte.is_ascii_alphabetic()) && !host.starts_with('[');
    is_name.then_some(host)
}
