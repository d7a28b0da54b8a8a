//! Requirements about documents that are attached to the image.

use std::collections::BTreeSet;
use std::sync::Mutex;
use std::sync::atomic::AtomicBool;

use doorward_core::{Budget, Code, Digest, Meter, Pinned, Reference, Rejection, Session};
use futures::future::join;

use super::at_least::{Count, speaker};
use super::judged::Judged;
use super::subject::Subject;
use super::{Rank, agreeing, judge};
use crate::driver::{Driven, drive_within, lock};
use crate::met::Met;
use crate::outcome::more_telling;
use crate::plan::Attached;
use crate::resolution::{Asking, Resolution};
use crate::vouched::Vouched;

/// The most documents that are tried for one requirement. Each costs at least two round trips.
const MAX_DOCUMENTS: usize = 16;

/// The largest document that is judged: the manifest of an artifact, which lists its content and does not hold it. A
/// usual one has one KiB.
const MAX_DOCUMENT: usize = 256 << 10;

/// What it may cost to find out whether somebody vouched for one of so many documents: a share of what the entry may
/// cost, which is not taken from it. Anybody who may push can attach documents, and must not be able to use up with
/// them what the others need, or an alternative that has nothing to do with them.
const fn allowance(budget: Budget) -> Budget {
    let mut share = budget;
    share.fetches = budget.fetches / MAX_DOCUMENTS;
    share.bytes = budget.bytes / MAX_DOCUMENTS;
    share.signatures = budget.signatures / MAX_DOCUMENTS;
    share.unpacked = budget.unpacked / MAX_DOCUMENTS;
    share
}

/// Tries documents one after another, until one that somebody vouched for says what it must.
///
/// One that nobody signed, or that says something else, hides no other. As long as one could not be asked about,
/// whether the requirement is met is not known.
pub(super) async fn judge_attached(attached: &dyn Attached, subject: &Subject<'_>) -> Judged {
    let scheme = attached.scheme();
    let (found, pinned) = match find(attached, subject).await {
        Ok(found) => found,
        Err(rejection) => return Judged::refused(scheme, rejection),
    };
    let mut flights = found.flights;
    let documents = match found.result {
        Ok(documents) => distinct(documents),
        Err(rejection) => return Judged::driven(scheme, Err(rejection), flights),
    };
    let tried = documents.len().min(MAX_DOCUMENTS);
    let mut count = Count::new(1, tried);
    let mut rejections = Vec::new();
    // What was seen of a document is said also if the document does not count.
    let (mut notes, mut expiries) = (Vec::new(), Vec::new());
    let mut met = None;
    for digest in documents.iter().take(tried) {
        let document = Pinned::new(pinned.repository().clone(), digest.clone());
        let mut judged = judge_document(attached, subject, &pinned, document).await;
        flights += judged.flights;
        notes.append(&mut judged.notes);
        expiries.append(&mut judged.expiries);
        count.take(&judged.result);
        match judged.result {
            Ok(_) => {
                met = Some(judged);
                break;
            }
            Err(rejection) => rejections.push(rejection),
        }
    }
    let judged = met.unwrap_or_else(|| {
        let rejection = none_counts(&count, documents.len(), rejections);
        Judged::refused(scheme, rejection)
    });
    Judged {
        flights,
        notes,
        expiries,
        ..judged
    }
}

/// Each digest once, where it stands first.
fn distinct(documents: Vec<Digest>) -> Vec<Digest> {
    let mut seen = BTreeSet::new();
    let is_new = |digest: &Digest| seen.insert(digest.clone());
    documents.into_iter().filter(is_new).collect()
}

/// What is attached to the image, and the image.
async fn find(
    attached: &dyn Attached,
    subject: &Subject<'_>,
) -> Result<(Driven<Vec<Digest>>, Pinned), Rejection> {
    let open = |pinned: &Pinned| attached.find(&subject.opening(pinned), subject.now);
    let counted = async |asking: &Asking| {
        let resolved = asking.clone().await?;
        subject.count(&resolved)?;
        Ok::<_, Rejection>(resolved)
    };
    match subject.resolution {
        Resolution::Known(pinned, resolved) => {
            subject.count(resolved)?;
            Ok((drive(open(pinned), subject).await, pinned.clone()))
        }
        Resolution::Given(pinned, asking) => {
            let (resolved, found) = join(counted(asking), drive(open(pinned), subject)).await;
            match resolved {
                Ok(_) => Ok((found, pinned.clone())),
                Err(rejection) => Err(more_telling(rejection, found.result.err())),
            }
        }
        Resolution::Asked(repository, asking) => {
            let resolved = counted(asking).await?;
            let pinned = Pinned::new(repository.clone(), resolved.digest.clone());
            let mut found = drive(open(&pinned), subject).await;
            found.flights += 1;
            Ok((found, pinned))
        }
        Resolution::Failed(rejection) => Err(rejection.clone()),
        Resolution::Never => Err(Resolution::not_looked_at()),
    }
}

/// Whether somebody vouched for a document, and what it then says of the image.
async fn judge_document(
    attached: &dyn Attached,
    subject: &Subject<'_>,
    image: &Pinned,
    document: Pinned,
) -> Judged {
    let scheme = attached.scheme();
    let repository = document.repository().clone();
    let reference = Reference::new(repository, None, Some(document.digest().clone()));
    let asking = subject.resolutions.ask_within(&reference, MAX_DOCUMENT);
    let resolution = Resolution::Given(document.clone(), asking);
    let meter = Mutex::new(Meter::new(allowance(lock(subject.meter).budget())));
    let about = Subject {
        reference: &reference,
        named: &reference,
        resolution: &resolution,
        meter: &meter,
        has_manifest: AtomicBool::new(false),
        ..*subject
    };
    let signed = judge(attached.signed_by(), &about, Rank::Alternative).await;
    subject.beside.add(&lock(&meter));
    let vouched = match signed.result {
        Ok(Met::Proved(proofs)) => Vouched::of(document, proofs),
        Ok(Met::Unchecked(_)) => None,
        Err(rejection) => {
            let refused = Judged::driven(scheme, Err(rejection), signed.flights);
            return refused.saying(signed.notes, signed.expiries);
        }
    };
    let judged = match vouched {
        Some(vouched) => read_document(attached, subject, image, &vouched).await,
        None => {
            let detail = format!("nobody need have signed {reference}, so it proves nothing");
            Judged::refused(scheme, Rejection::new(Code::POLICY_INVALID, detail))
        }
    };
    let flights = judged.flights + signed.flights;
    Judged { flights, ..judged }.saying(signed.notes, signed.expiries)
}

/// What a document that somebody vouched for says of the image.
async fn read_document(
    attached: &dyn Attached,
    subject: &Subject<'_>,
    image: &Pinned,
    vouched: &Vouched,
) -> Judged {
    let read = attached.read(&subject.opening(image), vouched, subject.now);
    let driven = drive(read, subject).await;
    let result = driven
        .result
        .and_then(|proof| agreeing(proof, image.digest()));
    let mut judged = Judged::driven(attached.scheme(), result, driven.flights);
    if judged.result.is_ok() {
        judged.beside(vouched.proofs());
    }
    judged
}

async fn drive<T>(mut session: Box<dyn Session<T>>, subject: &Subject<'_>) -> Driven<T> {
    drive_within(
        session.as_mut(),
        subject.source,
        subject.meter,
        Some(subject.tab),
    )
    .await
}

/// Why no document of those that were found counts.
fn none_counts(count: &Count, found: usize, rejections: Vec<Rejection>) -> Rejection {
    let tried = rejections.len();
    let Some((best, causes)) = speaker(count, rejections) else {
        let detail = "documents were found and none was judged";
        return Rejection::new(Code::INTERNAL_ERROR, detail);
    };
    if found > tried {
        let detail = format!(
            "none of the first {tried} of {found} documents that are attached to the image counts"
        );
        return Rejection::new(Code::BUDGET_EXCEEDED, detail).with_causes(causes);
    }
    let detail = match found {
        1 => "the document that is attached to the image does not count".to_owned(),
        _ => format!("none of {found} documents that are attached to the image counts"),
    };
    best.with_detail(detail).with_causes(causes)
}
