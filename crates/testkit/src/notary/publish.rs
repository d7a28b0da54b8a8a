//! Signing what has changed.

use serde_json::Value;

use super::collection::Collection;
use super::key::NotaryKey;
use super::publication::{Publication, file_name};
use super::role::{ROOT, SNAPSHOT, TIMESTAMP};
use super::tampering::Tampering;

impl Collection {
    /// Signs what has changed since the last publication, with the next version, and everything above it. The timestamp
    /// is signed again each time.
    pub fn publish(&mut self) -> Publication {
        self.sign(&[])
    }

    /// What the next publication would be if somebody tampered with it. The collection itself stays as it is.
    ///
    /// # Panics
    /// If there is no such role, if one role is tampered with twice, or if an edit does not fit the document.
    #[must_use]
    pub fn forge(&self, tamperings: &[Tampering]) -> Publication {
        self.clone().sign(tamperings)
    }

    fn sign(&mut self, tamperings: &[Tampering]) -> Publication {
        for (place, tampering) in tamperings.iter().enumerate() {
            self.role_mut(&tampering.role).changed = true;
            let again = tamperings[..place]
                .iter()
                .any(|other| other.role == tampering.role);
            assert!(!again, "{} is tampered with once", tampering.role);
        }
        let is_below = |name: &str| name != SNAPSHOT && name != TIMESTAMP;
        if self
            .roles
            .iter()
            .any(|(name, role)| role.changed && is_below(name))
        {
            self.role_mut(SNAPSHOT).changed = true;
        }
        self.role_mut(TIMESTAMP).changed = true;

        let mut order: Vec<String> = self
            .roles
            .keys()
            .filter(|name| is_below(name))
            .cloned()
            .collect();
        order.extend([SNAPSHOT.to_owned(), TIMESTAMP.to_owned()]);
        for name in order {
            if self.role(&name).changed {
                let tampering = tamperings.iter().find(|tampering| tampering.role == name);
                self.sign_role(&name, tampering);
            }
        }
        self.published_root_keys = self.role(ROOT).keys.clone();
        Publication::new(&self.gun, self.files.clone())
    }

    fn sign_role(&mut self, name: &str, tampering: Option<&Tampering>) {
        let role = self.role_mut(name);
        role.version = role.version.saturating_add(1);
        let version = role.version;
        let document = self.document(name);
        let signers = self.signers(name);
        let honest = Tampering::of(name).apply(document.clone(), &signers);
        let file = match tampering {
            None => honest.clone(),
            Some(tampering) => tampering.apply(document, &signers),
        };
        let listed = match tampering {
            Some(tampering) if tampering.keeps_listing => honest,
            _ => file.clone(),
        };
        if name == ROOT {
            self.files
                .insert(format!("{version}.{ROOT}.json"), file.clone());
        }
        for key in [
            format!("{name}.json"),
            file_name(name, &file),
            file_name(name, &listed),
        ] {
            self.files.insert(key, file.clone());
        }
        self.role_mut(name).publish(file, &listed);
    }

    /// What a role has to sign.
    fn document(&self, name: &str) -> Value {
        let role = self.role(name);
        match name {
            ROOT => role.root_document(self.now, &self.roles, &self.retired),
            SNAPSHOT => {
                let listed = self.roles.iter().filter(|(name, role)| {
                    *name != SNAPSHOT && *name != TIMESTAMP && role.file.is_some()
                });
                role.meta_document("Snapshot", self.now, listed)
            }
            TIMESTAMP => {
                let listed = self.roles.iter().filter(|(name, _)| *name == SNAPSHOT);
                role.meta_document("Timestamp", self.now, listed)
            }
            _ => role.targets_document(self.now),
        }
    }

    /// Who signs a role: its keys, and for root those of the root before, which hand over to them.
    fn signers(&self, name: &str) -> Vec<NotaryKey> {
        let mut signers = self.role(name).keys.clone();
        if name == ROOT {
            for key in &self.published_root_keys {
                if signers.iter().all(|signer| signer.id() != key.id()) {
                    signers.push(key.clone());
                }
            }
        }
        signers
    }
}
