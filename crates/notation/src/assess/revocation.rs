//! Whether certificates were revoked.

use doorward_core::{BudgetExceeded, Meter, Rejection, Timestamp};
use doorward_crypto::{
    Certificate, ListError, ListStatus, OcspResponse, OcspStatus, OrderedChain, RevocationError,
    RevocationList, RevocationSources, RevocationStatus, check_list, check_ocsp, fold_revocation,
};

use super::request::{RevocationAnswers, RevocationRequest};
use crate::{ValidationKind, codes};

/// Public-key operations for a response of OCSP: its signature, and that of a delegate's certificate.
const OCSP_SIGNATURES: usize = 2;
/// Public-key operations for a revocation list.
const LIST_SIGNATURES: usize = 1;

/// What a source said, or what must be asked for before it has said anything.
enum Heard<T> {
    Answer(Result<Said<T>, RevocationError>),
    Wanted(RevocationRequest),
}

/// What a source said, and the last second for which it said so.
struct Said<T> {
    status: T,
    until: Timestamp,
    /// The answers that it rests on, each with the last second for which it holds. Their signatures were verified.
    rests_on: Vec<(RevocationRequest, Timestamp)>,
}

/// The question whether one certificate was revoked.
#[derive(Clone, Debug)]
pub(super) struct Inquiry {
    kind: ValidationKind,
    certificate: Certificate,
    issuer: Certificate,
    signed_at: Option<Timestamp>,
    status: Option<RevocationStatus>,
    holds_until: Option<Timestamp>,
    relied_on: Vec<(RevocationRequest, Timestamp)>,
}

impl Inquiry {
    /// One for each certificate of a chain but the root.
    pub(super) fn of_chain(
        kind: ValidationKind,
        chain: &OrderedChain,
        signed_at: Option<Timestamp>,
    ) -> Vec<Self> {
        let issuers = chain.certificates().skip(1);
        let pairs = chain.certificates().zip(issuers);
        pairs
            .map(|(certificate, issuer)| Self {
                kind,
                certificate: certificate.clone(),
                issuer: issuer.clone(),
                signed_at,
                status: None,
                holds_until: None,
                relied_on: Vec::new(),
            })
            .collect()
    }

    pub(super) const fn kind(&self) -> ValidationKind {
        self.kind
    }

    /// The last second for which the answer that decided was given. Returns `None` if none did.
    pub(super) const fn holds_until(&self) -> Option<Timestamp> {
        self.holds_until
    }

    /// The answers that said something, each with the last second for which it holds.
    pub(super) fn relied_on(&self) -> &[(RevocationRequest, Timestamp)] {
        &self.relied_on
    }

    /// Whether it is certain that nothing good will be heard.
    pub(super) const fn has_failed(&self) -> bool {
        matches!(
            self.status,
            Some(RevocationStatus::Revoked(_) | RevocationStatus::Unknown { .. })
        )
    }

    /// Goes on with the answers so far. Returns what must be asked for next; nothing once it is decided.
    pub(super) fn advance(
        &mut self,
        answers: &RevocationAnswers,
        now: Timestamp,
        meter: &mut Meter,
    ) -> Result<Option<RevocationRequest>, BudgetExceeded> {
        if self.status.is_some() {
            return Ok(None);
        }
        let Ok(sources) = RevocationSources::of(&self.certificate) else {
            self.status = Some(RevocationStatus::Unknown {
                reasons: vec![RevocationError::NoSource],
            });
            return Ok(None);
        };
        let (mut ocsp, mut lists) = (Vec::new(), Vec::new());
        let mut status = fold_revocation(&sources, &ocsp, &lists, self.signed_at);
        for address in sources.ocsp() {
            if !matches!(status, RevocationStatus::Unknown { .. }) {
                break;
            }
            match self.ask_responder(address, answers, now, meter)? {
                Heard::Answer(answer) => ocsp.push(self.note(answer)),
                Heard::Wanted(request) => return Ok(Some(request)),
            }
            status = fold_revocation(&sources, &ocsp, &lists, self.signed_at);
        }
        for address in sources.lists() {
            if !matches!(status, RevocationStatus::Unknown { .. }) {
                break;
            }
            let certificate = &self.certificate;
            match look_up(address, certificate, &self.issuer, answers, now, meter)? {
                Heard::Answer(answer) => lists.push(self.note(answer)),
                Heard::Wanted(request) => return Ok(Some(request)),
            }
            status = fold_revocation(&sources, &ocsp, &lists, self.signed_at);
        }
        self.status = Some(status);
        Ok(None)
    }

    /// Keeps until when an answer holds. The last one that was looked at is the one that decides, if any does.
    fn note<T>(&mut self, heard: Result<Said<T>, RevocationError>) -> Result<T, RevocationError> {
        let said = heard?;
        self.holds_until = Some(said.until);
        self.relied_on.extend(said.rests_on);
        Ok(said.status)
    }

    fn ask_responder(
        &self,
        address: &str,
        answers: &RevocationAnswers,
        now: Timestamp,
        meter: &mut Meter,
    ) -> Result<Heard<OcspStatus>, BudgetExceeded> {
        let request = RevocationRequest::ocsp(address, &self.certificate, &self.issuer);
        let response = match answers.get(&request) {
            None => return Ok(Heard::Wanted(request)),
            Some(Err(detail)) => return Ok(Heard::Answer(Err(unavailable(&request, detail)))),
            Some(Ok(response)) => response,
        };
        for _ in 0..OCSP_SIGNATURES {
            meter.signature()?;
        }
        let unconfirmed = match check_ocsp(response, &self.certificate, &self.issuer, now) {
            Err(error) => return Ok(Heard::Answer(Err(error.into()))),
            Ok(OcspResponse::Confirmed {
                status,
                next_update: until,
            }) => {
                // "Unknown" may become known at any time, and is asked about again.
                let rests_on = match status {
                    OcspStatus::Unknown => Vec::new(),
                    OcspStatus::Good | OcspStatus::Revoked(_) => vec![(request, until)],
                };
                return Ok(Heard::Answer(Ok(Said {
                    status,
                    until,
                    rests_on,
                })));
            }
            Ok(OcspResponse::Unconfirmed(unconfirmed)) => unconfirmed,
        };
        // The delegate that answered may itself have been revoked: first its lists must say that it was not.
        let sources = RevocationSources::of(unconfirmed.responder()).unwrap_or_default();
        let (mut lists, mut until) = (Vec::new(), unconfirmed.next_update());
        let mut rests_on = vec![(request, until)];
        for address in sources.lists() {
            let responder = unconfirmed.responder();
            match look_up(address, responder, &self.issuer, answers, now, meter)? {
                Heard::Wanted(request) => return Ok(Heard::Wanted(request)),
                Heard::Answer(answer) => {
                    let decides = answer.is_ok();
                    lists.push(answer.map(|said| {
                        until = until.min(said.until);
                        rests_on.extend(said.rests_on);
                        said.status
                    }));
                    if decides {
                        break;
                    }
                }
            }
        }
        let status = unconfirmed.confirm(&lists);
        Ok(Heard::Answer(
            status
                .map(|status| Said {
                    status,
                    until,
                    rests_on,
                })
                .map_err(RevocationError::from),
        ))
    }
}

/// What the list at an address says about a certificate, with the list of changes if it names one and that can decide.
fn look_up(
    address: &str,
    certificate: &Certificate,
    issuer: &Certificate,
    answers: &RevocationAnswers,
    now: Timestamp,
    meter: &mut Meter,
) -> Result<Heard<ListStatus>, BudgetExceeded> {
    let request = RevocationRequest::list(address);
    let bytes = match answers.get(&request) {
        None => return Ok(Heard::Wanted(request)),
        Some(Err(detail)) => return Ok(Heard::Answer(Err(unavailable(&request, detail)))),
        Some(Ok(bytes)) => bytes,
    };
    let base = match RevocationList::from_der(bytes) {
        Ok(base) => base,
        Err(error) => return Ok(Heard::Answer(Err(error.into()))),
    };
    for _ in 0..LIST_SIGNATURES {
        meter.signature()?;
    }
    match check_list(certificate, issuer, &base, None, now) {
        Err(ListError::NoDelta) => {}
        status => {
            let until = base.next_update().unwrap_or(now);
            let said = |status| Said {
                status,
                until,
                rests_on: vec![(request, until)],
            };
            return Ok(Heard::Answer(
                status.map(said).map_err(RevocationError::from),
            ));
        }
    }
    let mut reason = RevocationError::from(ListError::NoDelta);
    for address in base.delta_addresses() {
        let changes = RevocationRequest::list(address);
        let bytes = match answers.get(&changes) {
            None => return Ok(Heard::Wanted(changes)),
            Some(Err(detail)) => {
                reason = unavailable(&changes, detail);
                continue;
            }
            Some(Ok(bytes)) => bytes,
        };
        for _ in 0..2 * LIST_SIGNATURES {
            meter.signature()?;
        }
        let said = RevocationList::from_der(bytes).and_then(|delta| {
            let status = check_list(certificate, issuer, &base, Some(&delta), now)?;
            let ends = [base.next_update(), delta.next_update()].map(|end| end.unwrap_or(now));
            let [of_base, of_changes] = ends;
            Ok(Said {
                status,
                until: of_base.min(of_changes),
                rests_on: vec![(request.clone(), of_base), (changes, of_changes)],
            })
        });
        match said {
            Ok(said) => return Ok(Heard::Answer(Ok(said))),
            Err(error) => reason = error.into(),
        }
    }
    Ok(Heard::Answer(Err(reason)))
}

fn unavailable(request: &RevocationRequest, detail: &str) -> RevocationError {
    RevocationError::Unavailable {
        source_address: request.to_string(),
        detail: detail.to_owned(),
    }
}

/// What came of all inquiries of one kind: a certificate that was revoked counts before one about which nothing is
/// known (Trust Store and Trust Policy Specification, "Certificate Revocation Evaluation").
pub(super) fn conclude<'i>(inquiries: impl Iterator<Item = &'i Inquiry>) -> Result<(), Rejection> {
    let (mut unknown, mut unasked) = (Ok(()), Ok(()));
    for inquiry in inquiries {
        let name = || {
            let name = inquiry.certificate.common_name();
            name.map_or_else(|| "without a name".to_owned(), |name| format!("{name:?}"))
        };
        match &inquiry.status {
            Some(RevocationStatus::Good | RevocationStatus::NotRevocable) => {}
            Some(RevocationStatus::Revoked(revocation)) => {
                let detail = format!("the certificate {} was {revocation}", name());
                return Err(Rejection::new(codes::REVOKED, detail));
            }
            Some(RevocationStatus::Unknown { reasons }) => {
                let reasons: Vec<String> = reasons.iter().map(ToString::to_string).collect();
                unknown = Err(not_known(&name(), &reasons.join("; ")));
            }
            None => unasked = Err(not_known(&name(), "not everything was asked")),
        }
    }
    // Where one thing was certain, the rest was not asked any more.
    unknown.and(unasked)
}

fn not_known(name: &str, why: &str) -> Rejection {
    let detail = format!("it is not known whether the certificate {name} was revoked: {why}");
    Rejection::new(codes::REVOCATION_UNKNOWN, detail)
}
