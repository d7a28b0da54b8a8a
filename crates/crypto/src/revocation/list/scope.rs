//! Which certificates a list covers.

use super::ListError;
use crate::Certificate;
use crate::der::{Malformed, Reader, tag};

/// `IssuingDistributionPoint` (RFC 5280, section 5.2.5). By default all certificates of the issuer, for all reasons.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Scope<'a> {
    /// The general names of the distribution point, one behind the other.
    names: Option<&'a [u8]>,
    users_only: bool,
    authorities_only: bool,
}

impl<'a> Scope<'a> {
    pub(super) fn read(value: &'a [u8]) -> Result<Self, ListError> {
        let mut point = Reader::whole(value, tag::SEQUENCE)?;
        let names = match point.optional(tag::constructed(0))? {
            None => None,
            Some(name) => {
                let mut name = Reader::new(name);
                let full = name.optional(tag::constructed(0))?;
                Some(full.ok_or(ListError::Scope {
                    detail: "it has a name that is relative to its issuer",
                })?)
            }
        };
        let users_only = flag(&mut point, 1)?;
        let authorities_only = flag(&mut point, 2)?;
        let some_reasons = point.optional(tag::context(3))?.is_some();
        let indirect = flag(&mut point, 4)?;
        let attributes_only = flag(&mut point, 5)?;
        point.finish()?;
        let detail = if some_reasons {
            "it is for some reasons alone"
        } else if indirect {
            "it is an indirect list"
        } else if attributes_only {
            "it is for attribute certificates"
        } else {
            return Ok(Self {
                names,
                users_only,
                authorities_only,
            });
        };
        Err(ListError::Scope { detail })
    }

    /// Whether the certificate is in scope (RFC 5280, section 6.3.3 (b) (2)). If the list names its distribution point,
    /// the certificate must name it too: an issuer may have a list for each part of its certificates, and somebody on
    /// the way could hand out another part's.
    pub(super) fn covers(&self, certificate: &Certificate) -> Result<(), ListError> {
        let detail = if self.users_only && certificate.is_authority() {
            "it is not for authorities"
        } else if self.authorities_only && !certificate.is_authority() {
            "it is for authorities alone"
        } else if !self.is_point_of(certificate)? {
            "it is that of another distribution point"
        } else {
            return Ok(());
        };
        Err(ListError::Scope { detail })
    }

    fn is_point_of(&self, certificate: &Certificate) -> Result<bool, ListError> {
        let Some(names) = self.names else {
            return Ok(true);
        };
        let addresses = certificate
            .list_addresses()
            .map_err(|_| ListError::Malformed)?;
        let mut names = Reader::new(names);
        const URI: u8 = tag::context(6);
        while !names.is_empty() {
            let name = names.element()?;
            let same = |address: &String| address.as_bytes() == name.content;
            if name.tag == URI && addresses.iter().any(same) {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

/// A `BOOLEAN DEFAULT FALSE` with an implicit tag.
fn flag(point: &mut Reader<'_>, number: u8) -> Result<bool, Malformed> {
    match point.optional(tag::context(number))? {
        None | Some([0]) => Ok(false),
        Some([0xff]) => Ok(true),
        Some(_) => Err(Malformed),
    }
}
