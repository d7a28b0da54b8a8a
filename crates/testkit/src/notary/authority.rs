//! Authorities that root certificates are issued by.

use std::fmt;

use doorward_core::Timestamp;

use super::certificate::RootCertificate;
use super::key::NotaryKey;
use super::{DAY, YEAR};
use crate::key::KeyKind;

/// An authority for root certificates: what a `ca` pin names. It issues through an intermediate certificate.
///
/// Equal times give equal certificates; use [`RootAuthority::seeded`] for two that differ.
#[derive(Clone)]
pub struct RootAuthority {
    pem: String,
    intermediate: (RootCertificate, NotaryKey),
    intermediate_pem: String,
}

impl RootAuthority {
    /// An authority whose certificates are valid for twenty years from a day before `now`.
    #[must_use]
    pub fn new(now: Timestamp) -> Self {
        Self::seeded(now, 0)
    }

    /// The same with other keys.
    #[must_use]
    pub fn seeded(now: Timestamp, seed: u64) -> Self {
        let describe = |name: &str| {
            RootCertificate::new(name, now)
                .valid(now.plus(-DAY), now.plus(20 * YEAR))
                .authority()
                .usages(&[])
        };
        let key = |place: u64| NotaryKey::seeded(KeyKind::P256, (seed << 8) + 0xca00_0000 + place);
        let root = describe("Doorward testkit root authority");
        let intermediate = describe("Doorward testkit intermediate authority");
        Self {
            pem: root.pem(&key(0)),
            intermediate_pem: intermediate.pem_by(&root, &key(0), &key(1)),
            intermediate: (intermediate, key(1)),
        }
    }

    /// The authority's own certificate in PEM.
    #[must_use]
    pub fn ca_pem(&self) -> &str {
        &self.pem
    }

    /// The certificate in PEM that the authority issues leaves with.
    #[must_use]
    pub fn intermediate_pem(&self) -> &str {
        &self.intermediate_pem
    }

    /// What issues leaves.
    const fn intermediate(&self) -> &(RootCertificate, NotaryKey) {
        &self.intermediate
    }
}

impl RootCertificate {
    /// `key` presented in this certificate and the authority's intermediate one, which issued it.
    ///
    /// # Panics
    /// As [`RootCertificate::self_signed`]; the authority's key is not RSA.
    #[must_use]
    pub fn issued_by(&self, authority: &RootAuthority, key: &NotaryKey) -> NotaryKey {
        let leaf = self.pem_issued_by(authority, key);
        key.in_certificates(&(leaf + authority.intermediate_pem()))
    }

    /// The certificate alone in PEM, issued by the authority's intermediate one.
    ///
    /// # Panics
    /// As [`RootCertificate::issued_by`].
    #[must_use]
    pub fn pem_issued_by(&self, authority: &RootAuthority, key: &NotaryKey) -> String {
        let (description, issuer) = authority.intermediate();
        self.pem_by(description, issuer, key)
    }
}

impl fmt::Debug for RootAuthority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RootAuthority")
    }
}
