//! What a session asks for, and what the answers say beside signatures.

use std::collections::BTreeSet;

use doorward_core::text::one_line;
use doorward_core::{
    Action, CheckedAnswer, Class, Code, Descriptor, Digest, Expiry, Fact, Fetch, FetchError,
    Incomplete, Outline, Rejection, Resource, Selector, Standing, Tag, Timestamp,
};
use doorward_crypto::Certificate;

use super::state::{Refused, Trying};
use super::{NotationSession, SessionInput};
use crate::discovery::Located;
use crate::{
    Accepted, Envelope, RevocationRequest, TrustStore, TrustStoreError, ValidationKind, Walk, codes,
};

/// The largest revocation list that a session takes, in bytes: half of what all of a decision may fetch. Lists about
/// those who sign software have some hundred KiB.
const LIST_BYTES: usize = 16 << 20;
/// The most characters of a name out of a certificate that nobody has verified.
const SHOWN: usize = 100;
/// What ends with the certificates of a signer. No name out of them: it becomes the label of a metric.
const CERTIFICATES: &str = "certificates";
/// Seconds after which a revocation list is asked for again, however long it holds.
const REFRESH_AFTER: i64 = 24 * 3600;

impl NotationSession {
    /// What the signatures must be for: media type, digest and size of the manifest.
    pub(super) fn describe(&self, answer: CheckedAnswer) -> Result<Descriptor, Rejection> {
        let digest = self.input.pinned.digest();
        Outline::describe(&self.manifest(digest), digest, answer)
    }

    /// The trust stores that the statement names, or why one cannot be used.
    fn stores(&self) -> impl Iterator<Item = Result<&TrustStore, TrustStoreError>> {
        let SessionInput {
            statement, stores, ..
        } = &self.input;
        let named = statement.trust_stores().iter();
        named.map(|reference| stores.get(reference))
    }

    /// The thumbprints of all certificates that the statement trusts, in lower case.
    pub(super) fn trusted(&self) -> BTreeSet<String> {
        self.stores()
            .flatten()
            .flat_map(TrustStore::certificates)
            .map(|certificate| certificate.fingerprint().hex().to_owned())
            .collect()
    }

    pub(super) fn list(&self) -> Resource {
        Resource::Referrers {
            repository: self.input.pinned.repository().clone(),
            digest: self.input.pinned.digest().clone(),
        }
    }

    pub(super) fn tag(&self) -> Resource {
        Resource::Manifest {
            repository: self.input.pinned.repository().clone(),
            selector: Selector::Tag(Tag::of_referrers(self.input.pinned.digest())),
        }
    }

    pub(super) fn manifest(&self, digest: &Digest) -> Resource {
        Resource::Manifest {
            repository: self.input.pinned.repository().clone(),
            selector: Selector::Digest(digest.clone()),
        }
    }

    pub(super) fn envelope(&self, located: &Located) -> Fetch {
        let resource = Resource::Blob {
            repository: self.input.pinned.repository().clone(),
            digest: located.envelope.digest.clone(),
        };
        // What was announced is within the bound, and content of another size has another digest.
        let size = usize::try_from(located.envelope.size).unwrap_or(usize::MAX);
        Fetch::new(resource, size.min(Envelope::MAX_BYTES))
    }

    /// What can be seen for nothing of an envelope that is refused in the end whatever its signature is: that it is for
    /// another digest, or that no certificate in it is trusted though the statement demands that. Everybody who may
    /// push can attach envelopes, and each costs public-key operations. Returns where the first certificate stands that
    /// is trusted, if there is one.
    pub(super) fn is_worth_verifying(
        &self,
        envelope: &Envelope,
        subject: &Descriptor,
    ) -> Result<Option<usize>, Rejection> {
        if let Ok(payload) = envelope.unverified_payload()
            && *payload.digest() != subject.digest
        {
            let detail = format!(
                "it says that it is for {}, not for {}",
                payload.digest(),
                subject.digest
            );
            return Err(
                Rejection::new(codes::WRONG_ARTIFACT, detail).with_fact(Fact::Digests {
                    expected: subject.digest.clone(),
                    actual: payload.digest().clone(),
                }),
            );
        }
        let statement = &self.input.statement;
        let mut claimed = envelope.unverified_certificates().iter();
        let is_trusted = |certificate: &Certificate| {
            self.stores()
                .flatten()
                .any(|store| store.certificates().contains(certificate))
        };
        let trusted = claimed.position(is_trusted);
        // A store that cannot be used is another refusal, which is found out later.
        let may_be_trusted = trusted.is_some() || self.stores().any(|store| store.is_err());
        if statement.action(ValidationKind::Authenticity) == Action::Enforce && !may_be_trusted {
            let signer = envelope.unverified_certificates().first();
            let claims = signer
                .and_then(Certificate::common_name)
                .map_or_else(String::new, |name| {
                    format!(", which claims to be by {:?},", one_line(name, SHOWN))
                });
            let detail = format!(
                "no certificate of the signature{claims} is in the trust stores of statement {}",
                statement.name()
            );
            return Err(Rejection::new(codes::UNTRUSTED_ROOT, detail));
        }
        Ok(trusted)
    }

    /// That a part of a signature could not be had. Where the registry does not have what is listed, the list is wrong;
    /// the image may well be there.
    pub(super) fn lost(&self, resource: Resource, error: &FetchError) -> Rejection {
        if *error == FetchError::NotFound {
            let detail = format!("{resource}: it is listed, and the registry does not have it");
            return Rejection::new(codes::MANIFEST_INVALID, detail)
                .with_fact(Fact::resource(&resource));
        }
        Rejection::from_fetch(&resource, error)
    }

    /// The signature that was made last, if it is known that none was left out; or why there is none.
    pub(super) fn conclude(&mut self, trying: &Trying) -> Result<Accepted, Rejection> {
        let Some(latest) = self.latest.take() else {
            return Err(self.refuse(trying));
        };
        // What was not listed may be a signature that was made later.
        if trying.incomplete.is_some() {
            return Err(self.refuse(trying));
        }
        if trying.are_too_many {
            let (digest, most) = (self.input.pinned.digest(), self.input.max_signatures);
            let detail = format!(
                "{digest} has more than {most} signatures, so it is not known which of them was made last"
            );
            return Err(Rejection::new(codes::TOO_MANY_SIGNATURES, detail));
        }
        let is_open = |refusal: &&Rejection| {
            let cut = [Code::BUDGET_EXCEEDED, Code::REGISTRY_DIGEST_MISMATCH];
            refusal.class() == Class::Unavailable || cut.contains(&refusal.code())
        };
        if let Some(open) = self.refusals.iter().find(is_open) {
            return Err(open.clone());
        }
        // One that was made before changes nothing, whatever is wrong with it. What the signer says of the time counts for
        // those that hold too.
        let may_be_later = |one: &&Refused| one.made.is_none_or(|made| made > latest.made_at());
        let later = self.doubtful.iter().filter(may_be_later);
        match later.max_by_key(|one| (one.made.is_none(), one.made)) {
            Some(open) => Err((*open.rejection).clone()),
            None => Ok(latest),
        }
    }

    /// One rejection for all refused signatures. The only refusal stands for itself. As long as one could not be had,
    /// it is not known whether it would have been accepted.
    pub(super) fn refuse(&mut self, trying: &Trying) -> Rejection {
        let mut refusals = std::mem::take(&mut self.refusals);
        let digest = self.input.pinned.digest();
        if let Some(place) = refusals
            .iter()
            .position(|refusal| refusal.class() == Class::Unavailable)
        {
            let unavailable = refusals.remove(place);
            return unavailable.with_causes(refusals);
        }
        match &trying.incomplete {
            Some(Incomplete::Malformed { detail }) => {
                let detail = detail.clone();
                let error = FetchError::Malformed { detail };
                return Rejection::from_fetch(&self.list(), &error).with_causes(refusals);
            }
            Some(Incomplete::TooLong) => {
                let detail = format!(
                    "the list of what refers to {digest} is longer than is read, and no signature in what was read of \
                     it was accepted"
                );
                return Rejection::new(codes::TOO_MANY_SIGNATURES, detail).with_causes(refusals);
            }
            None => {}
        }
        if trying.are_too_many {
            let most = self.input.max_signatures;
            let detail = format!(
                "{digest} has more than {most} signatures, and none of the first {most} was accepted"
            );
            return Rejection::new(codes::TOO_MANY_SIGNATURES, detail).with_causes(refusals);
        }
        // What is attached beside it does not hide why it is not known whether somebody signed. Of several such the one that
        // may have been made last speaks: those before it matter less.
        let doubts = refusals.iter().enumerate();
        let doubt = doubts
            .filter(|(_, refusal)| codes::leaves_open(refusal.code()))
            .max_by_key(|(_, refusal)| (refusal.signed().is_none(), refusal.signed()));
        let doubt = doubt.map(|(place, _)| place);
        if let Some(place) = doubt.filter(|_| self.input.wants_latest) {
            let doubt = refusals.remove(place);
            return doubt.with_causes(refusals);
        }
        match refusals.len() {
            0 => Rejection::new(
                codes::NO_SIGNATURE,
                format!("nothing that refers to {digest} is a signature of the Notary Project"),
            ),
            1 => refusals.remove(0),
            count => {
                let detail = format!("none of the {count} signatures was accepted");
                Rejection::new(codes::NO_ACCEPTED_SIGNATURE, detail).with_causes(refusals)
            }
        }
    }
}

/// When the first of the certificates ends that an accepted signature rests on. Only of accepted ones: everybody who
/// may push could make up others.
pub(super) fn expiries(accepted: &Accepted) -> Option<Expiry> {
    let end = accepted.certificates_end()?;
    Some(Expiry::new(CERTIFICATES, end.plus(1)))
}

/// The fetch for a question to an authority.
pub(crate) fn fetch_of(request: &RevocationRequest) -> Fetch {
    Fetch::new(resource_of(request), request.max_bytes().min(LIST_BYTES))
        .by(request.authority().clone())
}

fn resource_of(request: &RevocationRequest) -> Resource {
    match request.get_address() {
        Some(address) => Resource::Revocation {
            url: address.to_owned(),
            request: None,
        },
        None => Resource::Revocation {
            url: request.address().to_owned(),
            request: request.body().map(|body| body.to_vec().into()),
        },
    }
}

/// The answers that stay good. They are asked for again when half of their time is over, or a day: what was revoked
/// since then is known by then.
pub(crate) fn standing(walk: &Walk, now: Timestamp) -> Vec<Standing> {
    walk.relied_on()
        .map(|relied_on| {
            let left = relied_on.together_until.unix().saturating_sub(now.unix());
            Standing::new(
                resource_of(&relied_on.request),
                now.plus((left / 2).min(REFRESH_AFTER)),
                relied_on.until,
            )
            .by(relied_on.request.authority().clone())
            .made(relied_on.made)
            .revoking(relied_on.revokes.iter().map(resource_of).collect())
            .known(relied_on.was_known)
        })
        .collect()
}
