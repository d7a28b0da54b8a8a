//! Subpackets of signatures (RFC 9580, section 5.2.3.7). Only the hashed area decides: the other is not protected.

use super::number;

/// The subpackets that decide something here.
pub(super) mod kind {
    pub(in super::super) const CREATED: u8 = 2;
    pub(in super::super) const EXPIRES: u8 = 3;
    pub(in super::super) const KEY_EXPIRES: u8 = 9;
    pub(in super::super) const REVOCATION_KEY: u8 = 12;
    pub(in super::super) const ISSUER: u8 = 16;
    pub(in super::super) const PRIMARY_USER_ID: u8 = 25;
    pub(in super::super) const KEY_FLAGS: u8 = 27;
    pub(in super::super) const EMBEDDED: u8 = 32;
    pub(in super::super) const ISSUER_FINGERPRINT: u8 = 33;
    /// Which ciphers, hashes, compression and features the programs of the owner prefer. A verifier has nothing to do
    /// for them.
    pub(super) const PREFERENCES: [u8; 6] = [11, 21, 22, 30, 34, 39];
}

/// What a signature is used for, which says what of its subpackets is evaluated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Use {
    /// It signs a claim.
    Data,
    /// It binds a part of a certificate.
    Binding,
}

/// One area of subpackets.
#[derive(Clone, Debug, Default)]
pub(super) struct Area(Vec<u8>);

#[derive(Clone, Copy)]
struct Subpacket<'a> {
    kind: u8,
    critical: bool,
    body: &'a [u8],
}

impl Area {
    /// The hashed area, which must divide into subpackets to the last byte.
    pub(super) fn protected(bytes: &[u8]) -> Option<Self> {
        let mut rest = bytes;
        while !rest.is_empty() {
            next(&mut rest)?;
        }
        Some(Self(bytes.to_vec()))
    }

    /// The other area. What cannot be read in it is not there.
    pub(super) fn open(bytes: &[u8]) -> Self {
        Self(bytes.to_vec())
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    fn subpackets(&self) -> impl Iterator<Item = Subpacket<'_>> {
        let mut rest = self.0.as_slice();
        std::iter::from_fn(move || next(&mut rest))
    }

    /// The bodies of all subpackets of a kind.
    pub(super) fn all(&self, kind: u8) -> impl Iterator<Item = &[u8]> {
        self.subpackets()
            .filter(move |subpacket| subpacket.kind == kind)
            .map(|subpacket| subpacket.body)
    }

    /// The body of the first subpacket of a kind, as GnuPG takes it.
    pub(super) fn first(&self, kind: u8) -> Option<&[u8]> {
        self.all(kind).next()
    }

    /// The number of four bytes in the first subpacket of a kind.
    pub(super) fn number(&self, kind: u8) -> Option<i64> {
        self.first(kind).filter(|body| body.len() == 4).map(number)
    }

    /// Whether something in it demands what is not evaluated here. Stricter than RFC 9580, section 5.2.3.7, where a
    /// critical subpacket that is known is enough, because a demand that nobody looks at is not met.
    pub(super) fn demands_unknown(&self, purpose: Use) -> bool {
        self.subpackets().any(|subpacket| {
            // A time that cannot be read is a demand that is not understood, critical or not.
            let times = [kind::CREATED, kind::EXPIRES, kind::KEY_EXPIRES];
            (times.contains(&subpacket.kind) && subpacket.body.len() != 4)
                || (subpacket.critical && !is_evaluated(subpacket.kind, purpose))
        })
    }
}

/// Whether a subpacket of this kind is evaluated, or asks nothing, in a signature that is used so. Notations (RFC 9580,
/// section 5.2.3.24) never are: none is known here.
fn is_evaluated(kind: u8, purpose: Use) -> bool {
    match kind {
        kind::CREATED | kind::EXPIRES | kind::ISSUER | kind::ISSUER_FINGERPRINT => true,
        kind::KEY_EXPIRES
        | kind::REVOCATION_KEY
        | kind::PRIMARY_USER_ID
        | kind::KEY_FLAGS
        | kind::EMBEDDED => purpose == Use::Binding,
        other => purpose == Use::Binding && kind::PREFERENCES.contains(&other),
    }
}

/// Takes the first subpacket off `rest`; `None` at the end, and where there is none.
fn next<'a>(rest: &mut &'a [u8]) -> Option<Subpacket<'a>> {
    let mut take = |length: usize| {
        let (head, tail) = rest.split_at_checked(length)?;
        *rest = tail;
        Some(head)
    };
    let first = *take(1)?.first()?;
    let length = match first {
        0..=191 => usize::from(first),
        192..=254 => ((usize::from(first) - 192) << 8) + usize::from(*take(1)?.first()?) + 192,
        255 => usize::try_from(number(take(4)?)).ok()?,
    };
    // The length counts the octet with the kind.
    let (kind, body) = take(length)?.split_first()?;
    Some(Subpacket {
        kind: kind & 0x7f,
        critical: kind & 0x80 != 0,
        body,
    })
}
