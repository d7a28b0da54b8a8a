//! What remains of an image whose release was verified.

use doorward_core::{Check, Digest, Evidence, Scheme, Timestamp, Witness};

use crate::{Released, RoleStatus};

/// A released tag, every role down to it verified. There is no way to make one but to verify.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Accepted {
    pub(crate) gun: String,
    pub(crate) released: Released,
    pub(crate) roles: Vec<RoleStatus>,
    pub(crate) checks: Vec<Check>,
    pub(crate) source: String,
}

impl Accepted {
    /// What is released.
    #[must_use]
    pub const fn released(&self) -> &Released {
        &self.released
    }

    /// The roles that were verified, root first.
    #[must_use]
    pub fn roles(&self) -> &[RoleStatus] {
        &self.roles
    }
}

impl Witness for Accepted {
    fn scheme(&self) -> Scheme {
        Scheme::NOTARY
    }

    fn digest(&self) -> &Digest {
        &self.released.digest
    }

    fn evidence(&self) -> Vec<Evidence> {
        let identity = format!("{}:{}", self.gun, self.released.tag);
        let evidence = |signer: String, key: Option<String>| {
            let mut evidence = Evidence::default();
            evidence.signer = Some(signer);
            evidence.key = key;
            evidence.identity = Some(identity.clone());
            evidence.source = Some(self.source.clone());
            evidence
        };
        let released = self
            .roles
            .iter()
            .find(|status| status.role == self.released.role);
        let key = released.and_then(|status| status.signed_by.first());
        let mut all = vec![evidence(
            self.released.role.to_string(),
            key.map(ToString::to_string),
        )];
        all.extend(
            self.released
                .signers
                .iter()
                .map(|(name, key)| evidence(format!("targets/{name}"), Some(key.to_string()))),
        );
        all
    }

    fn checks(&self) -> Vec<Check> {
        self.checks.clone()
    }

    fn valid_until(&self) -> Option<Timestamp> {
        self.roles
            .iter()
            .map(|status| status.expires.plus(-1))
            .min()
    }
}
