//! Revocation lists.

use doorward_core::Timestamp;

use super::asn1::{asn1, bits, extension, generalized, integer, sequence, time};
use super::certificate::{Certified, distribution_point};

/// An entry of a list.
#[derive(Clone, Copy, Debug)]
pub struct ListedCertificate {
    /// The serial number.
    pub serial: u64,
    /// When it was put on the list.
    pub time: Timestamp,
    /// Why (RFC 5280, section 5.3.1).
    pub reason: Option<u8>,
    /// Since when it is invalid (RFC 5280, section 5.3.2).
    pub invalid_since: Option<Timestamp>,
}

/// Describes a revocation list (RFC 5280, section 5). It is as it should be until it is changed: number 1, empty, for a
/// year.
#[derive(Clone, Debug)]
pub struct ListBuilder {
    issuer: Certified,
    this_update: Timestamp,
    next_update: Option<Timestamp>,
    entries: Vec<u8>,
    number: Option<u64>,
    extensions: Vec<u8>,
}

impl ListBuilder {
    /// The list of an issuer, made at this time.
    #[must_use]
    pub fn new(issuer: &Certified, at: Timestamp) -> Self {
        Self {
            issuer: issuer.clone(),
            this_update: at,
            next_update: Some(at.plus(365 * 24 * 3600)),
            entries: Vec::new(),
            number: Some(1),
            extensions: Vec::new(),
        }
    }

    /// One more entry.
    #[must_use]
    pub fn entry(self, entry: ListedCertificate) -> Self {
        self.entry_with(entry, &[])
    }

    /// One more entry, with further extensions in DER.
    #[must_use]
    pub fn entry_with(mut self, entry: ListedCertificate, further: &[u8]) -> Self {
        let reason = entry.reason;
        let reason = reason.map(|number| extension("2.5.29.21", false, &[0x0a, 0x01, number]));
        let since = entry.invalid_since;
        let since = since.map(|time| extension("2.5.29.24", false, &generalized(time)));
        let extensions = [
            &reason.unwrap_or_default()[..],
            &since.unwrap_or_default(),
            further,
        ]
        .concat();
        let extensions = if extensions.is_empty() {
            Vec::new()
        } else {
            sequence(&[&extensions])
        };
        self.entries.extend(sequence(&[
            &integer(entry.serial),
            &time(entry.time),
            &extensions,
        ]));
        self
    }

    /// From when until when the list holds.
    #[must_use]
    pub const fn holds(mut self, from: Timestamp, until: Option<Timestamp>) -> Self {
        self.this_update = from;
        self.next_update = until;
        self
    }

    /// Another number, or none.
    #[must_use]
    pub const fn number(mut self, number: Option<u64>) -> Self {
        self.number = number;
        self
    }

    /// Makes it a list of changes to the complete list of this number.
    #[must_use]
    pub fn changes_to(self, number: u64) -> Self {
        self.extension("2.5.29.27", true, &integer(number))
    }

    /// Names the list of changes to this one.
    #[must_use]
    pub fn changes_at(self, address: &str) -> Self {
        let points = sequence(&[&distribution_point(address)]);
        self.extension("2.5.29.46", false, &points)
    }

    /// Names the distribution point that the list is of.
    #[must_use]
    pub fn of_point(self, address: &str) -> Self {
        self.extension("2.5.29.28", true, &distribution_point(address))
    }

    /// An extension.
    #[must_use]
    pub fn extension(mut self, oid: &str, critical: bool, value: &[u8]) -> Self {
        self.extensions.extend(extension(oid, critical, value));
        self
    }

    /// The list in DER.
    #[must_use]
    pub fn build(&self) -> Vec<u8> {
        let key = &self.issuer.key;
        let number = self.number;
        let number = number.map(|number| extension("2.5.29.20", false, &integer(number)));
        let extensions = [&number.unwrap_or_default()[..], &self.extensions].concat();
        let extensions = if extensions.is_empty() {
            Vec::new()
        } else {
            asn1(0xa0, &[&sequence(&[&extensions])])
        };
        let entries = if self.entries.is_empty() {
            Vec::new()
        } else {
            sequence(&[&self.entries])
        };
        let signed = sequence(&[
            &integer(1),
            &key.identifier(),
            &self.issuer.subject,
            &time(self.this_update),
            &self.next_update.map(time).unwrap_or_default(),
            &entries,
            &extensions,
        ]);
        sequence(&[&signed, &key.identifier(), &bits(&key.sign(&signed))])
    }
}
