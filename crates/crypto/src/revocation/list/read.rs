//! Reading a list, except for its entries.

use doorward_core::Timestamp;

use super::ListError;
use super::scope::Scope;
use crate::certificate::list_addresses;
use crate::der::{Malformed, Reader, tag};
use crate::revocation::reason::next_extension;
use crate::revocation::sources::is_http;
use crate::signed::SignatureScheme;

/// Bytes of a list. The largest of public authorities have about 10 MiB.
const MAX_BYTES: usize = 32 * 1024 * 1024;

/// Bytes of the number of a list: 20 (RFC 5280, section 5.2.3), and one in front that makes it positive.
const MAX_NUMBER: usize = 21;

/// RFC 5280, sections 5.2.3 to 5.2.6.
const CRL_NUMBER: &[u8] = &[0x55, 0x1d, 0x14];
const DELTA_INDICATOR: &[u8] = &[0x55, 0x1d, 0x1b];
const ISSUING_DISTRIBUTION_POINT: &[u8] = &[0x55, 0x1d, 0x1c];
const FRESHEST_CRL: &[u8] = &[0x55, 0x1d, 0x2e];

/// A revocation list (RFC 5280, section 5.1) over borrowed bytes. That it could be read says nothing about who signed
/// it: see [`super::check_list`].
///
/// Entries are not kept in memory, however many there are: each question goes over them once.
#[derive(Clone, Debug)]
pub struct RevocationList<'a> {
    pub(super) signed: &'a [u8],
    pub(super) scheme: SignatureScheme,
    pub(super) signature: &'a [u8],
    pub(super) issuer: &'a [u8],
    pub(super) this_update: Timestamp,
    pub(super) next_update: Option<Timestamp>,
    /// Entries one behind the other.
    pub(super) entries: &'a [u8],
    /// The content of an integer that is not negative.
    pub(super) number: Option<&'a [u8]>,
    /// The number of the complete list that this one goes with, if it is one of changes.
    pub(super) base_number: Option<&'a [u8]>,
    pub(super) scope: Scope<'a>,
    delta_addresses: Vec<String>,
    pub(super) names_delta: bool,
}

impl<'a> RevocationList<'a> {
    /// The media type of a list (RFC 2585, section 4.2).
    pub const MEDIA_TYPE: &'static str = "application/pkix-crl";

    /// Reads a list in DER, which must be all of `bytes`, of at most 32 MiB.
    ///
    /// # Errors
    /// [`ListError::TooLarge`], [`ListError::Malformed`], [`ListError::CriticalExtension`] for a critical extension
    /// beside the issuing distribution point and the delta list indicator, [`ListError::Scope`].
    pub fn from_der(bytes: &'a [u8]) -> Result<Self, ListError> {
        if bytes.len() > MAX_BYTES {
            return Err(ListError::TooLarge { limit: MAX_BYTES });
        }
        let mut outer = Reader::whole(bytes, tag::SEQUENCE)?;
        let signed = outer.expect(tag::SEQUENCE)?;
        let identifier = outer.expect(tag::SEQUENCE)?;
        let signature = outer.bytes_of_bit_string()?;
        outer.finish()?;
        let mut list = Reader::new(signed.content);
        // RFC 5280, section 5.1.2.1: version 2, which is written as 1. Without it there are no extensions.
        if list
            .optional(tag::INTEGER)?
            .is_some_and(|version| version != [1])
        {
            return Err(ListError::Malformed);
        }
        // Section 5.1.1.2: what is signed names the same algorithm.
        if list.expect(tag::SEQUENCE)?.raw != identifier.raw {
            return Err(ListError::Malformed);
        }
        let issuer = list.expect(tag::SEQUENCE)?.raw;
        let this_update = list.time()?.whole()?;
        let next_update = if list.is_next(tag::UTC_TIME) || list.is_next(tag::GENERALIZED_TIME) {
            Some(list.time()?.whole()?)
        } else {
            None
        };
        let entries = list.optional(tag::SEQUENCE)?.unwrap_or_default();
        let extensions = list.optional(tag::constructed(0))?;
        list.finish()?;
        let mut read = Self {
            signed: signed.raw,
            scheme: SignatureScheme::read(Reader::new(identifier.content))?,
            signature,
            issuer,
            this_update,
            next_update,
            entries,
            number: None,
            base_number: None,
            scope: Scope::default(),
            delta_addresses: Vec::new(),
            names_delta: false,
        };
        if let Some(explicit) = extensions {
            read.extensions(Reader::whole(explicit, tag::SEQUENCE)?)?;
        }
        Ok(read)
    }

    /// The name of the issuer in DER.
    #[must_use]
    pub const fn issuer_der(&self) -> &'a [u8] {
        self.issuer
    }

    /// The first second for which it was made.
    #[must_use]
    pub const fn this_update(&self) -> Timestamp {
        self.this_update
    }

    /// The last second for which it was made.
    #[must_use]
    pub const fn next_update(&self) -> Option<Timestamp> {
        self.next_update
    }

    /// The number of the list (RFC 5280, section 5.2.3), of 21 bytes with the highest one first. Returns `None` for one
    /// without.
    #[must_use]
    pub fn number(&self) -> Option<[u8; MAX_NUMBER]> {
        let content = self.number?;
        let mut number = [0; MAX_NUMBER];
        let from = MAX_NUMBER.checked_sub(content.len())?;
        number.get_mut(from..)?.copy_from_slice(content);
        Some(number)
    }

    /// The addresses of the list of changes to this one (RFC 5280, section 5.2.6), those of `http` alone.
    #[must_use]
    pub fn delta_addresses(&self) -> &[String] {
        &self.delta_addresses
    }

    fn extensions(&mut self, mut extensions: Reader<'a>) -> Result<(), ListError> {
        let mut scope = None;
        while let Some(extension) = next_extension(&mut extensions)? {
            let number = |value| {
                let mut value = Reader::new(value);
                let number = value.integer()?;
                value.finish()?;
                // RFC 5280, section 5.2.3: up to 20 bytes, and not negative.
                let negative = number.first().is_some_and(|first| first & 0x80 != 0);
                if negative || number.len() > MAX_NUMBER {
                    return Err(ListError::Malformed);
                }
                Ok(number)
            };
            // A second extension of the same kind could say the opposite (RFC 5280, section 4.2).
            let twice = match extension.oid {
                CRL_NUMBER => self.number.replace(number(extension.value)?).is_some(),
                DELTA_INDICATOR => self.base_number.replace(number(extension.value)?).is_some(),
                ISSUING_DISTRIBUTION_POINT => {
                    scope.replace(Scope::read(extension.value)?).is_some()
                }
                FRESHEST_CRL => {
                    let addresses = list_addresses(extension.value).map_err(|_| Malformed)?;
                    self.delta_addresses = addresses.into_iter().filter(|it| is_http(it)).collect();
                    std::mem::replace(&mut self.names_delta, true)
                }
                _ if extension.critical => return Err(ListError::CriticalExtension),
                _ => false,
            };
            if twice {
                return Err(ListError::Malformed);
            }
        }
        self.scope = scope.unwrap_or_default();
        Ok(())
    }
}
