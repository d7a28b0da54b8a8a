//! What a session of simple signing is opened with.

use doorward_core::{Digest, Fingerprint, Reference, Repository, Session, Timestamp};
use doorward_simple_signing::{
    Requirement, SessionInput, SignedIdentity, SimpleSession, Store, Subject,
};

use crate::inputs::{Inputs, NotRemembered};

/// A requirement, and the digest of what its keys were read from.
#[derive(Clone, Debug)]
pub(super) struct Keyed {
    pub(super) requirement: Requirement,
    /// Absent where there are no keys, or where it is not known what they were read from.
    pub(super) keys: Option<Digest>,
}

impl Keyed {
    pub(super) const fn keyless(requirement: Requirement) -> Self {
        Self {
            requirement,
            keys: None,
        }
    }

    fn encode(&self, out: &mut Fingerprint) -> Result<(), NotRemembered> {
        let Self { requirement, keys } = self;
        match requirement {
            Requirement::InsecureAcceptAnything => {
                out.number(0);
            }
            Requirement::Reject => {
                out.number(1);
            }
            // The key ring is what its source was parsed to.
            Requirement::SignedBy {
                keyring: _,
                identity,
            } => {
                let keys = keys.as_ref().ok_or(NotRemembered)?;
                out.number(2).text(keys.as_str());
                encode_identity(identity, out);
            }
            // What is never met is never remembered either.
            _ => return Err(NotRemembered),
        }
        Ok(())
    }
}

fn encode_identity(identity: &SignedIdentity, out: &mut Fingerprint) {
    match identity {
        SignedIdentity::MatchRepoDigestOrExact => out.number(0),
        SignedIdentity::MatchExact => out.number(1),
        SignedIdentity::MatchRepository => out.number(2),
        SignedIdentity::ExactReference(reference) => out.number(3).text(reference.to_string()),
        SignedIdentity::ExactRepository(repository) => out.number(4).text(repository.to_string()),
        SignedIdentity::RemapIdentity {
            prefix,
            signed_prefix,
        } => out
            .number(5)
            .text(prefix.to_string())
            .text(signed_prefix.to_string()),
    };
}

fn encode_store(store: &Store, out: &mut Fingerprint) {
    match store {
        Store::None => out.number(0),
        Store::Lookaside { base, access } => {
            out.number(1).text(base);
            match access {
                None => out.number(0),
                Some(access) => out
                    .number(1)
                    .text(access.username())
                    // Only the hash of all parts leaves this module.
                    .text(access.expose_password()),
            }
        }
    };
}

/// What a session of simple signing is opened with, all but the time.
#[derive(Clone, Debug)]
pub(super) struct SimpleInputs {
    pub(super) reference: Reference,
    pub(super) digest: Digest,
    pub(super) located: Repository,
    pub(super) requirements: Vec<Keyed>,
    pub(super) store: Store,
    pub(super) skip_unreadable: bool,
}

impl Inputs for SimpleInputs {
    fn encode(&self, out: &mut Fingerprint) -> Result<(), NotRemembered> {
        let Self {
            reference,
            digest,
            located,
            requirements,
            store,
            skip_unreadable,
        } = self;
        out.text(reference.to_string())
            .text(digest.as_str())
            .text(located.to_string())
            .number(requirements.len());
        for requirement in requirements {
            requirement.encode(out)?;
        }
        encode_store(store, out);
        out.flag(*skip_unreadable);
        Ok(())
    }

    fn open(self: Box<Self>, now: Timestamp) -> Box<dyn Session> {
        let Self {
            reference,
            digest,
            located,
            requirements,
            store,
            skip_unreadable,
        } = *self;
        let session = SimpleSession::new(SessionInput {
            subject: Subject::new(reference, digest),
            located,
            requirements: requirements
                .into_iter()
                .map(|keyed| keyed.requirement)
                .collect(),
            store,
            now,
        });
        Box::new(if skip_unreadable {
            session.skipping_unreadable()
        } else {
            session
        })
    }
}

#[cfg(test)]
mod tests;
