//! Requirements about documents that are attached to the image.

mod pile;
mod signed;

use std::sync::Mutex;

use doorward_core::{Code, Digest, Meter, Pinned, Proof, Rejection, Scheme, Session, Timestamp};
use futures::future::{join, join_all};

use self::pile::{Pile, most_telling, not_known, piles};
use self::signed::{judge_document, judge_statement};
use super::agreeing;
use super::judged::{Judged, leaves_open};
use super::subject::Subject;
use crate::attached::{Candidate, Documents};
use crate::driver::{Driven, drive_in_turns, drive_within, lock};
use crate::materials::{Following, follow};
use crate::note::Note;
use crate::outcome::more_telling;
use crate::plan::{Attached, Opening};
use crate::proofs::Settled;
use crate::resolution::{Asking, Resolution};
use crate::vouched::Vouched;

/// Finds all documents, judges of each whether somebody vouched for it, and has what was vouched for read together.
///
/// A document that nobody signed hides no other and takes nothing away. As long as it is not known of one whether
/// somebody signed it, it may be the one that decides, so the requirement is not known to be met.
pub(super) async fn judge_attached(attached: &dyn Attached, subject: &Subject<'_>) -> Judged {
    let scheme = attached.scheme();
    let (found, pinned) = match find(attached, subject).await {
        Ok(found) => found,
        Err(rejection) => return Judged::refused(scheme, rejection),
    };
    let said = found.notes.into_iter();
    let notes = said.map(|text| Note::dismissed(scheme, text)).collect();
    let candidates = match found.driven.result {
        Ok(candidates) => candidates,
        Err(rejection) => {
            return Judged::driven(scheme, Err(rejection), found.driven.flights)
                .saying(notes, Vec::new());
        }
    };
    let mut judged = judge_found(attached, subject, &pinned, candidates).await;
    judged.flights += found.driven.flights;
    judged.saying(notes, Vec::new())
}

async fn judge_found(
    attached: &dyn Attached,
    subject: &Subject<'_>,
    image: &Pinned,
    candidates: Vec<Candidate>,
) -> Judged {
    let scheme = attached.scheme();
    let kinds = attached.kinds();
    if kinds.is_empty() {
        let detail = "the policy wants documents of no kind";
        return Judged::refused(scheme, Rejection::new(Code::POLICY_INVALID, detail));
    }
    let mut piles = piles(kinds, candidates);
    for (kind, pile) in kinds.iter().zip(&mut piles) {
        if kind.is_required && !pile.unknown.is_empty() {
            let rejection = not_known(std::mem::take(&mut pile.unknown));
            return Judged::refused(scheme, rejection);
        }
    }
    // What was seen of a document is said also if the document does not count.
    let (mut notes, mut expiries, mut flights) = (Vec::new(), Vec::new(), 0);
    let mut documents = Vec::new();
    let judging = kinds.iter().zip(&mut piles).map(async |(kind, pile)| {
        let manifests = std::mem::take(&mut pile.manifests).into_iter();
        let envelopes = std::mem::take(&mut pile.envelopes).into_iter();
        let judging = manifests.map(|manifest| judge_document(kind, subject, image, manifest));
        let stated = envelopes.map(|envelope| judge_statement(kind, subject, image, envelope));
        let (mut judged, stated) = join(join_all(judging), join_all(stated)).await;
        judged.extend(stated);
        judged
    });
    let judged = join_all(judging).await;
    let mut refused = None;
    for (place, ((kind, pile), judged)) in kinds.iter().zip(piles).zip(judged).enumerate() {
        let Pile {
            dismissed: mut causes,
            mut unknown,
            ..
        } = pile;
        let mut of_kind = Documents::default();
        let mut copies = Vec::new();
        for (mut judged, vouched) in judged {
            flights = flights.max(judged.flights);
            notes.append(&mut judged.notes);
            expiries.append(&mut judged.expiries);
            match vouched {
                Ok(vouched) => of_kind.vouched.push(vouched),
                Err(rejection) if judged.leaves_open || leaves_open(&rejection) => {
                    match judged.open_signatures() {
                        Some(signatures) => copies.push((signatures, rejection)),
                        None => unknown.push(rejection),
                    }
                }
                Err(rejection) => causes.push(rejection),
            }
        }
        for (signatures, rejection) in copies {
            let mut signatures = signatures.iter();
            match signatures.all(|signature| is_vouched_for(signature, &of_kind.vouched)) {
                true => causes.push(rejection),
                false => unknown.push(rejection),
            }
        }
        // Of what only helps, each document says something of its own: none follows another.
        let newest = of_kind.vouched.iter().filter_map(Vouched::signed_at).max();
        let newest = newest.filter(|_| kind.is_required);
        causes.extend(unknown.extract_if(.., |one| was_signed_before(one, newest)));
        if !unknown.is_empty() {
            let rejection = not_known(unknown);
            if kind.is_required {
                refused = refused.or(Some(rejection));
            } else {
                of_kind.vouched.clear();
                of_kind.unknown = Some(rejection);
            }
        } else if kind.is_required && of_kind.vouched.is_empty() {
            let opening = subject.opening(image);
            let rejection = attached.none_counts(place, &opening, most_telling(causes));
            refused = refused.or(Some(rejection));
        }
        documents.push(of_kind);
    }
    let judged = match refused {
        Some(rejection) => Judged::refused(scheme, rejection),
        None => read(attached, subject, image, documents).await,
    };
    let flights = judged.flights + flights;
    Judged { flights, ..judged }.saying(notes, expiries)
}

/// Whether `rejection` is of a document that somebody who is trusted signed before `newest`, when one was signed that counts.
/// A signature ends in the course of time, and documents come every day: one that has ended, and that a newer one follows,
/// must not refuse for ever. One that nothing newer follows refuses: an older one does not take its place.
fn was_signed_before(rejection: &Rejection, newest: Option<Timestamp>) -> bool {
    let signed = rejection.signed();
    signed
        .zip(newest)
        .is_some_and(|(signed, newest)| signed < newest)
}

/// Whether the same, by the same key or certificate, is in a document that counts. Anybody who may push can attach a copy of a
/// statement without what vouches for it: it says nothing that is not known, and is as old. A document with several signatures is
/// such a copy only if each of them is in one that counts.
fn is_vouched_for(signature: &Digest, vouched: &[Vouched]) -> bool {
    let mut proofs = vouched.iter().flat_map(Vouched::proofs);
    proofs.any(|proof| proof.signature() == Some(signature))
}

/// What was found, and what people should know about it.
struct Found {
    driven: Driven<Vec<Candidate>>,
    notes: Vec<String>,
}

/// What is attached to the image, and the image.
async fn find(
    attached: &dyn Attached,
    subject: &Subject<'_>,
) -> Result<(Found, Pinned), Rejection> {
    let search = async |pinned: &Pinned| {
        let mut session = attached.find(&subject.opening(pinned), subject.now);
        // Beside the budget of the entry: what is attached is chosen by everybody who may push.
        let meter = Mutex::new(Meter::new(lock(subject.meter).budget()));
        let driven = drive(session.as_mut(), subject, &meter).await;
        subject.beside.add(&lock(&meter));
        let notes = session.notes();
        Found { driven, notes }
    };
    let counted = async |asking: &Asking| {
        let resolved = asking.clone().await?;
        subject.count(&resolved)?;
        Ok::<_, Rejection>(resolved)
    };
    match subject.resolution {
        Resolution::Known(pinned, resolved) => {
            subject.count(resolved)?;
            Ok((search(pinned).await, pinned.clone()))
        }
        Resolution::Given(pinned, asking) => {
            let (resolved, found) = join(counted(asking), search(pinned)).await;
            match resolved {
                Ok(_) => Ok((found, pinned.clone())),
                Err(rejection) => {
                    let other = nothing(attached, &subject.opening(pinned), found.driven.result);
                    Err(more_telling(rejection, other))
                }
            }
        }
        Resolution::Asked(repository, asking) => {
            let resolved = counted(asking).await?;
            let pinned = Pinned::new(repository.clone(), resolved.digest.clone());
            let mut found = search(&pinned).await;
            found.driven.flights += 1;
            Ok((found, pinned))
        }
        Resolution::Failed(rejection) => Err(rejection.clone()),
        Resolution::Never => Err(Resolution::not_looked_at()),
    }
}

/// Why the requirement is not met, if that is known already from what was found.
fn nothing(
    attached: &dyn Attached,
    opening: &Opening<'_>,
    found: Result<Vec<Candidate>, Rejection>,
) -> Option<Rejection> {
    let kinds = attached.kinds();
    let candidates = match found {
        Ok(candidates) => candidates,
        Err(rejection) => return Some(rejection),
    };
    let piles = piles(kinds, candidates);
    let mut missing = kinds
        .iter()
        .zip(piles)
        .enumerate()
        .filter(|(_, (kind, pile))| {
            kind.is_required
                && pile.manifests.is_empty()
                && pile.envelopes.is_empty()
                && pile.unknown.is_empty()
        });
    let (place, (_, pile)) = missing.next()?;
    Some(attached.none_counts(place, opening, most_telling(pile.dismissed)))
}

/// What the documents that somebody vouched for say of the image.
async fn read(
    attached: &dyn Attached,
    subject: &Subject<'_>,
    image: &Pinned,
    documents: Vec<Documents>,
) -> Judged {
    let scheme = attached.scheme();
    let vouched: Vec<Vouched> = documents
        .iter()
        .flat_map(|of_kind| of_kind.vouched.iter().cloned())
        .collect();
    let mut session = attached.read(&subject.opening(image), documents, subject.now);
    // What documents say may take long to find out.
    let driven = drive_in_turns(
        session.as_mut(),
        subject.source,
        subject.meter,
        Some(subject.tab),
        Some((subject.turns, subject.namespace)),
    )
    .await;
    let said = session.notes().into_iter();
    let notes = said.map(|text| Note::suppressed(scheme, text)).collect();
    let result = driven
        .result
        .and_then(|proof| agreeing(proof, image.digest()));
    // Signatures of documents that did not decide are none of the evidence.
    let decided: Vec<Digest> = result.iter().flat_map(documents_of).collect();
    let counts = |one: &&Vouched| decided.is_empty() || decided.contains(one.pinned().digest());
    let mut judged = match result {
        Ok(proof) => settle(scheme, proof, subject, image).await,
        Err(rejection) => Judged::refused(scheme, rejection),
    };
    judged.flights += driven.flights;
    if judged.result.is_ok() {
        let counting = vouched.iter().filter(counts);
        judged.beside(counting.flat_map(Vouched::proofs));
    }
    judged.saying(notes, Vec::new())
}

/// What a proof comes to once the images are judged that have to be admitted before it counts.
async fn settle(scheme: Scheme, proof: Proof, subject: &Subject<'_>, image: &Pinned) -> Judged {
    let followed = match (subject.following, Settled::demanded(&proof)) {
        (Following::Judged(judge), Some(demanded)) => follow(scheme, image, demanded, judge).await,
        (Following::Judged(_), None) => return Judged::proved(scheme, proof),
        (Following::Left(used), _) => return Judged::settled(scheme, Settled::left(proof, used)),
    };
    subject.beside.add_cost(followed.cost);
    let settled = followed
        .result
        .and_then(|admitted| Settled::after(proof, &admitted));
    let mut judged = match settled {
        Ok(settled) => Judged::settled(scheme, settled),
        Err(rejection) => Judged::refused(scheme, rejection),
    };
    judged.flights = followed.cost.flights;
    judged.saying(followed.notes, followed.expiries)
}

/// The documents that a proof names.
fn documents_of(proof: &Proof) -> Vec<Digest> {
    let evidence = proof.evidence().iter();
    let named = evidence.filter_map(|one| one.document.as_ref());
    named.map(|document| document.digest.clone()).collect()
}

async fn drive<T>(
    session: &mut dyn Session<T>,
    subject: &Subject<'_>,
    meter: &Mutex<Meter>,
) -> Driven<T> {
    drive_within(session, subject.source, meter, Some(subject.tab)).await
}
