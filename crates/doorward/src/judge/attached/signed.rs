//! Whether somebody vouched for one document.

use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex};

use doorward_core::{Budget, Checked, Code, Digest, Meter, Outline, Pinned, Reference, Rejection};

use crate::driver::lock;
use crate::envelope::Envelope;
use crate::judge::judged::Judged;
use crate::judge::subject::Subject;
use crate::judge::{Rank, judge};
use crate::met::Met;
use crate::plan::DocumentKind;
use crate::proofs::Proofs;
use crate::resolution::{Resolution, Resolved};
use crate::vouched::{Vouched, asked_digest};

/// Into how many shares the budget of an entry is divided for documents, each of which has one.
const SHARES: usize = 16;

/// What it may cost to find out whether somebody vouched for one document: a share of what the entry may cost, which is
/// not taken from it. Anybody who may push can attach documents, and must not be able to use up with them what the others
/// need, or an alternative that has nothing to do with them.
const fn allowance(budget: Budget) -> Budget {
    let mut share = budget;
    share.fetches = budget.fetches / SHARES;
    share.bytes = budget.bytes / SHARES;
    share.signatures = budget.signatures / SHARES;
    share.unpacked = budget.unpacked / SHARES;
    share.steps = budget.steps / SHARES;
    share
}

/// Whether somebody vouched for a document.
pub(super) async fn judge_document(
    kind: &DocumentKind,
    subject: &Subject<'_>,
    image: &Pinned,
    manifest: Checked,
) -> (Judged, Result<Vouched, Rejection>) {
    let (document, resolved) = match resolved(image, &manifest) {
        Ok(resolved) => resolved,
        Err(rejection) => return (Judged::failed(rejection.clone()), Err(rejection)),
    };
    let digest = document.digest().clone();
    let reference = Reference::new(image.repository().clone(), None, Some(digest));
    let resolution = Resolution::Known(document.clone(), Arc::new(resolved));
    let meter = Mutex::new(Meter::new(allowance(lock(subject.meter).budget())));
    let about = Subject {
        reference: &reference,
        named: &reference,
        resolution: &resolution,
        meter: &meter,
        // It was counted when it was found.
        has_manifest: AtomicBool::new(true),
        // Which of several documents counts goes by when they were signed.
        wants_latest: true,
        ..*subject
    };
    let judged = judge(&kind.signed_by, &about, Rank::Alternative).await;
    subject.beside.add(&lock(&meter));
    let by_name = reference.to_string();
    let digest = document.digest();
    vouched_for(judged, digest, digest.as_str(), &by_name, |proofs| {
        Vouched::of(document.clone(), manifest, proofs)
    })
}

/// Whether somebody who may stated what is in an envelope. The plan is judged about the image, and each of its demands asked
/// about the statement.
pub(super) async fn judge_statement(
    kind: &DocumentKind,
    subject: &Subject<'_>,
    image: &Pinned,
    envelope: Envelope,
) -> (Judged, Result<Vouched, Rejection>) {
    let resolved = Resolved {
        digest: image.digest().clone(),
        bytes: 0,
        descriptor: subject.resolution.descriptor(image).cloned(),
        index: None,
    };
    let resolution = Resolution::Known(image.clone(), Arc::new(resolved));
    let budget = lock(subject.meter).budget();
    // It is itself what is signed, and may be as large as a document is. How large all are together is known beforehand.
    let mut share = allowance(budget);
    share.bytes = budget.bytes;
    share.steps = budget.steps;
    let meter = Mutex::new(Meter::new(share));
    let about = Subject {
        resolution: &resolution,
        meter: &meter,
        // The image was counted when it was found.
        has_manifest: AtomicBool::new(true),
        wants_latest: true,
        envelope: Some(&envelope),
        ..*subject
    };
    let judged = judge(&kind.signed_by, &about, Rank::Alternative).await;
    subject.beside.add(&lock(&meter));
    let digest = &envelope.blob.digest;
    let called = envelope
        .given
        .as_ref()
        .map_or(digest.as_str(), |given| &given.name);
    vouched_for(judged, digest, called, &envelope.source(), |proofs| {
        Vouched::stated(&envelope, image.digest(), proofs)
    })
}

/// What came of judging a document, which has this digest, is `called` so where it does not count, and has this `name` in full.
fn vouched_for(
    mut judged: Judged,
    digest: &Digest,
    called: &str,
    name: &str,
    vouched: impl FnOnce(Proofs) -> Option<Vouched>,
) -> (Judged, Result<Vouched, Rejection>) {
    let of_document = |rejection: Rejection| {
        let (digest, said) = (digest.as_str(), rejection.to_string());
        // What names the document says its digest once more, unless it is a part of a longer name.
        let by_name = format!("@{digest}");
        let said = match said.contains(&by_name) {
            true => said,
            false => said.replace(digest, "it"),
        };
        rejection.with_detail(format!("document {called}: {said}"))
    };
    let result = std::mem::replace(&mut judged.result, Err(Resolution::not_looked_at()));
    let vouched = match result {
        Ok(Met::Proved(proofs)) => vouched(proofs),
        Ok(Met::Unchecked(_)) => None,
        Err(rejection) => return (judged, Err(of_document(rejection))),
    };
    let vouched = vouched.ok_or_else(|| {
        let detail = format!("nobody need have signed {name}, so it proves nothing");
        Rejection::new(Code::POLICY_INVALID, detail)
    });
    (judged, vouched)
}

/// A document as something that can itself be judged.
fn resolved(image: &Pinned, manifest: &Checked) -> Result<(Pinned, Resolved), Rejection> {
    let malformed = |detail: String| Rejection::new(Code::REGISTRY_MALFORMED, detail);
    let digest: &Digest = asked_digest(manifest)
        .ok_or_else(|| malformed("a document was not asked for by its digest".to_owned()))?;
    let outline = Outline::read(&manifest.bytes, manifest.media_type.as_ref())
        .map_err(|error| malformed(format!("document {digest}: {error}")))?;
    let bytes = manifest.bytes.len();
    let resolved = Resolved {
        digest: digest.clone(),
        bytes,
        descriptor: outline.descriptor(digest, bytes),
        index: outline.index,
    };
    let document = Pinned::new(image.repository().clone(), digest.clone());
    Ok((document, resolved))
}
