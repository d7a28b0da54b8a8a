//! Statements as parts of keys.

use doorward_core::Fingerprint;

use super::Statement;
use crate::ValidationKind;

impl Statement {
    /// Appends everything that a verification against the statement depends on, but for the content of its trust
    /// stores: see [`TrustStores::encode`](crate::TrustStores::encode).
    pub fn encode(&self, out: &mut Fingerprint) {
        let Self {
            name,
            actions,
            trust_stores,
            identities,
            verify_timestamp,
            tsa_revocation,
            invalidity_date,
            user_metadata,
            plugins,
        } = self;
        out.text(name);
        for kind in [
            ValidationKind::Authenticity,
            ValidationKind::AuthenticTimestamp,
            ValidationKind::Expiry,
            ValidationKind::Revocation,
        ] {
            out.number(actions.get(kind) as usize);
        }
        out.number(trust_stores.len());
        for store in trust_stores {
            out.text(store.to_string());
        }
        identities.encode(out);
        out.number(*verify_timestamp as usize)
            .number(*tsa_revocation as usize)
            .number(*invalidity_date as usize)
            .number(user_metadata.len());
        for (key, value) in user_metadata {
            out.text(key).text(value);
        }
        out.number(plugins.len());
        for rule in plugins {
            out.text(rule.name.as_str())
                .number(rule.replaces_identity.into())
                .number(rule.replaces_revocation.into());
        }
        if !plugins.is_empty() {
            // They see the identities as they are written.
            out.number(identities.entries().len());
            for entry in identities.entries() {
                out.text(entry);
            }
        }
    }
}
