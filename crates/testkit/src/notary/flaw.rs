//! Root certificates that must not count.

use doorward_core::Timestamp;

use super::authority::RootAuthority;
use super::certificate::RootCertificate;
use super::key::NotaryKey;
use super::{DAY, YEAR};
use crate::key::KeyKind;

/// One thing that makes a root certificate unfit to vouch for a collection. A verifier must accept no root whose only
/// key is presented so, not even when it trusts whatever it sees first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RootCertificateFlaw {
    /// The certificate that signs is that of an authority.
    Authority,
    /// The bundle begins with the authority instead of the leaf.
    AuthorityFirst,
    /// It expired yesterday.
    Expired,
    /// The key stands alone, bound to nothing.
    NoCertificate,
    /// It will be valid in two days.
    NotYetValid,
    /// The common name is that of another collection.
    OtherName,
    /// The common name is a pattern for other collections.
    OtherPattern,
    /// The common name is the beginning of the collection's name, but no pattern.
    PartOfName,
    /// The PEM text ends its lines as Windows does, so that it is not the text that the key ID has to be made of.
    Respelt,
    /// It is signed over SHA-1.
    Sha1,
    /// The key is an RSA key with 1024 bits.
    ShortKey,
    /// There are two leaves in the bundle.
    TwoLeaves,
}

impl RootCertificateFlaw {
    /// Every flaw.
    pub const ALL: [Self; 12] = [
        Self::Authority,
        Self::AuthorityFirst,
        Self::Expired,
        Self::NoCertificate,
        Self::NotYetValid,
        Self::OtherName,
        Self::OtherPattern,
        Self::PartOfName,
        Self::Respelt,
        Self::Sha1,
        Self::ShortKey,
        Self::TwoLeaves,
    ];

    /// A root key for the collection `gun` with this flaw, for
    /// [`CollectionBuilder::root_keys`](super::CollectionBuilder::root_keys). All else about it is right at `now`.
    #[must_use]
    pub fn root_key(self, gun: &str, now: Timestamp) -> NotaryKey {
        let key = NotaryKey::seeded(KeyKind::P256, 0xbad);
        let honest = RootCertificate::new(gun, now);
        let named = |name: &str| RootCertificate::new(name, now).self_signed(&key);
        match self {
            Self::Authority => honest.authority().self_signed(&key),
            Self::AuthorityFirst => {
                let authority = RootAuthority::new(now);
                let leaf = honest.pem_issued_by(&authority, &key);
                key.in_certificates(&format!("{}{leaf}", authority.intermediate_pem()))
            }
            Self::Expired => honest
                .valid(now.plus(-10 * YEAR), now.plus(-DAY))
                .self_signed(&key),
            Self::NoCertificate => key,
            Self::NotYetValid => honest
                .valid(now.plus(2 * DAY), now.plus(10 * YEAR))
                .self_signed(&key),
            Self::OtherName => named("registry.example/somebody/else"),
            Self::OtherPattern => named("registry.example/somebody/*"),
            Self::PartOfName => {
                let mut name = gun.to_owned();
                name.pop();
                named(&name)
            }
            Self::Respelt => key.in_certificates(&honest.pem(&key).replace('\n', "\r\n")),
            Self::Sha1 => honest.sha1().self_signed(&NotaryKey::new(KeyKind::Rsa2048)),
            Self::ShortKey => honest.self_signed(&NotaryKey::short_rsa(0)),
            Self::TwoLeaves => {
                let other = NotaryKey::seeded(KeyKind::P256, 0x2bad);
                key.in_certificates(&(honest.pem(&key) + &honest.pem(&other)))
            }
        }
    }
}
