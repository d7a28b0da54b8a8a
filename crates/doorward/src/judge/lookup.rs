//! Lookups: requirements that say themselves which digest a name stands for.

use super::agreeing;
use super::judged::Judged;
use super::subject::Subject;
use crate::driver::drive_within;
use crate::note::Note;
use crate::plan::Lookup;
use crate::remember::{Kept, keep, load};

/// A lookup begins with what is remembered, and what it verified is kept before its outcome counts: a version that
/// was believed once must never be believed to be the newest again.
pub(super) async fn judge_lookup(lookup: &dyn Lookup, subject: &Subject<'_>) -> Judged {
    match look_up(lookup, subject).await {
        (judged, Some(Kept::MetMeanwhile)) => {
            let (again, _) = look_up(lookup, subject).await;
            Judged {
                flights: judged.flights + again.flights,
                ..again
            }
        }
        (judged, _) => judged,
    }
}

/// One lookup, and what became of what it learnt if there was something to keep.
async fn look_up(lookup: &dyn Lookup, subject: &Subject<'_>) -> (Judged, Option<Kept>) {
    let scheme = lookup.scheme();
    let key = lookup.state_key(subject.named);
    let mut notes = Vec::new();
    let loaded = match load(subject.state, &key, &mut notes).await {
        Ok(loaded) => loaded,
        Err(rejection) => return (Judged::refused(scheme, rejection), None),
    };
    let mut session = match lookup.open(subject.named, loaded.as_ref(), subject.now) {
        Ok(session) => session,
        Err(rejection) => return (Judged::refused(scheme, rejection), None),
    };
    let driven = drive_within(
        session.as_mut(),
        subject.source,
        subject.meter,
        Some(subject.tab),
    )
    .await;
    let mut result = driven.result.and_then(|proof| {
        match subject.reference.digest() {
            // Whatever the scheme makes of a digest in the reference: it is the only one that can be admitted.
            Some(digest) => agreeing(proof, digest),
            None => Ok(proof),
        }
    });
    let mut kept = None;
    if let Some(new) = session.remembers().filter(|_| subject.keeps) {
        let namespace = subject.namespace;
        match keep(subject.state, namespace, &key, loaded, new, lookup).await {
            Ok(outcome) => kept = Some(outcome),
            Err(rejection) => result = result.and(Err(rejection)),
        }
    }
    let said = session.notes().into_iter();
    notes.extend(said.map(|text| Note::overruled(scheme, text)));
    let expiries = session.expiries().into_iter();
    let mut judged = Judged::driven(scheme, result, driven.flights);
    judged.expiries = expiries.map(|expiry| (scheme, expiry)).collect();
    judged.notes.extend(notes);
    (judged, kept)
}
