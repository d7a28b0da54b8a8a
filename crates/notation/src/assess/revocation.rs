//! Whether certificates were revoked.

use doorward_core::{BudgetExceeded, Rejection, Timestamp};
use doorward_crypto::{
    Certificate, ListError, ListStatus, OcspResponse, OcspStatus, OrderedChain, RevocationError,
    RevocationList, RevocationSources, RevocationStatus, SignatureChecks, check_list, check_ocsp,
    fold_given, fold_revocation,
};

use super::given::{About, consult};
use super::newest::{Heard, Said, Status, made_of_list, made_of_ocsp, newest_good};
use super::request::{ReliedOn, RevocationAnswers, RevocationRequest};
use crate::{GivenRevocation, ValidationKind, codes};

/// The question whether one certificate was revoked.
#[derive(Clone, Debug)]
pub(super) struct Inquiry {
    kind: ValidationKind,
    certificate: Certificate,
    issuer: Certificate,
    signed_at: Option<Timestamp>,
    has_consulted: bool,
    status: Option<RevocationStatus>,
    holds_until: Option<Timestamp>,
    relied_on: Vec<ReliedOn>,
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
                has_consulted: false,
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

    /// The answers that said something.
    pub(super) fn relied_on(&self) -> &[ReliedOn] {
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
        given: &GivenRevocation,
        answers: &RevocationAnswers,
        now: Timestamp,
        checks: &mut SignatureChecks<'_>,
    ) -> Result<Option<RevocationRequest>, BudgetExceeded> {
        if self.status.is_some() {
            return Ok(None);
        }
        // What is given decides before anybody is asked. It is looked at once: the status is there then, or it says
        // nothing.
        if !self.has_consulted {
            self.has_consulted = true;
            let about = About {
                certificate: &self.certificate,
                issuer: &self.issuer,
                signed_at: self.signed_at,
                now,
            };
            if let Some(told) = consult(given, about, checks)? {
                self.status = Some(told.status);
                self.holds_until = Some(told.until);
                return Ok(None);
            }
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
            match self.ask_responder(address, answers, now, checks)? {
                Heard::Answer(answer) => ocsp.push(self.note(answer, &sources)),
                Heard::Wanted(request) => return Ok(Some(request)),
            }
            status = fold_revocation(&sources, &ocsp, &lists, self.signed_at);
        }
        for address in sources.lists() {
            if !matches!(status, RevocationStatus::Unknown { .. }) {
                break;
            }
            let certificate = &self.certificate;
            match look_up(address, certificate, &self.issuer, answers, now, checks)? {
                Heard::Answer(answer) => lists.push(self.note(answer, &sources)),
                Heard::Wanted(request) => return Ok(Some(request)),
            }
            status = fold_revocation(&sources, &ocsp, &lists, self.signed_at);
        }
        self.status = Some(self.weigh_known(status, answers, checks)?);
        Ok(None)
    }

    /// What is known to be revoked for good is revoked, whatever a source says that is asked before the one that said so.
    fn weigh_known(
        &mut self,
        status: RevocationStatus,
        answers: &RevocationAnswers,
        checks: &mut SignatureChecks<'_>,
    ) -> Result<RevocationStatus, BudgetExceeded> {
        if matches!(status, RevocationStatus::Revoked(_)) {
            return Ok(status);
        }
        let Some(revocation) = answers.known(&self.certificate, &self.issuer, checks)? else {
            return Ok(status);
        };
        // What says otherwise is not worth keeping.
        self.relied_on.clear();
        let known = [ListStatus::Revoked(revocation)];
        Ok(fold_given(&known, self.signed_at).unwrap_or(status))
    }

    /// All that can be asked about the certificate.
    fn requests(&self, sources: &RevocationSources) -> Vec<RevocationRequest> {
        let responders = sources.ocsp().iter();
        let responders = responders
            .map(|address| RevocationRequest::ocsp(address, &self.certificate, &self.issuer));
        let lists = sources.lists().iter();
        let lists = lists.map(|address| RevocationRequest::list(address, &self.issuer));
        responders.chain(lists).collect()
    }

    /// Keeps until when an answer holds. The last one that was looked at is the one that decides, if any does.
    fn note<T: Status>(
        &mut self,
        heard: Result<Said<T>, RevocationError>,
        sources: &RevocationSources,
    ) -> Result<T, RevocationError> {
        let mut said = heard?;
        self.holds_until = Some(said.until);
        if said.status.is_final() {
            let requests = self.requests(sources);
            // That a delegate may answer says nothing about the certificate.
            let is_list = said.rests_on.first().map(|one| one.request.is_for_list());
            let about_it = said.rests_on.iter_mut();
            for one in about_it.filter(|one| Some(one.request.is_for_list()) == is_list) {
                one.revokes.clone_from(&requests);
            }
        }
        self.relied_on.extend(said.rests_on);
        Ok(said.status)
    }

    /// What the responder at an address says, by its newest answer that is good.
    fn ask_responder(
        &self,
        address: &str,
        answers: &RevocationAnswers,
        now: Timestamp,
        checks: &mut SignatureChecks<'_>,
    ) -> Result<Heard<OcspStatus>, BudgetExceeded> {
        let request = RevocationRequest::ocsp(address, &self.certificate, &self.issuer);
        newest_good(&request, answers, |response| {
            self.read_response(&request, response, answers, now, checks)
        })
    }

    fn read_response(
        &self,
        request: &RevocationRequest,
        response: &[u8],
        answers: &RevocationAnswers,
        now: Timestamp,
        checks: &mut SignatureChecks<'_>,
    ) -> Result<Heard<OcspStatus>, BudgetExceeded> {
        let (certificate, issuer) = (&self.certificate, &self.issuer);
        let unconfirmed = match check_ocsp(response, certificate, issuer, now, checks)? {
            Err(error) => return Ok(Heard::Answer(Err(error.into()))),
            Ok(OcspResponse::Confirmed {
                status,
                next_update: until,
                made,
            }) => {
                let made = made_of_ocsp(made);
                // "Unknown" may become known at any time, and is asked about again.
                let rests_on = match status {
                    OcspStatus::Unknown => Vec::new(),
                    OcspStatus::Good | OcspStatus::Revoked(_) => {
                        vec![ReliedOn::new(request.clone(), until, made)]
                    }
                };
                return Ok(Heard::Answer(Ok(Said {
                    status,
                    until,
                    made,
                    rests_on,
                })));
            }
            Ok(OcspResponse::Unconfirmed(unconfirmed)) => unconfirmed,
        };
        // The delegate that answered may itself have been revoked: first its lists must say that it was not.
        let sources = RevocationSources::of(unconfirmed.responder()).unwrap_or_default();
        let (mut lists, mut until) = (Vec::new(), unconfirmed.next_update());
        let made = made_of_ocsp(unconfirmed.made());
        let mut rests_on = vec![ReliedOn::new(request.clone(), until, made)];
        for address in sources.lists() {
            let responder = unconfirmed.responder();
            match look_up(address, responder, &self.issuer, answers, now, checks)? {
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
        let known = answers.known(unconfirmed.responder(), &self.issuer, checks)?;
        lists.extend(known.map(|revocation| Ok(ListStatus::Revoked(revocation))));
        let status = unconfirmed.confirm(&lists);
        Ok(Heard::Answer(
            status
                .map(|status| Said {
                    status,
                    until,
                    made,
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
    checks: &mut SignatureChecks<'_>,
) -> Result<Heard<ListStatus>, BudgetExceeded> {
    let request = RevocationRequest::list(address, issuer);
    newest_good(&request, answers, |bytes| {
        let base = match RevocationList::from_der(bytes) {
            Ok(base) => base,
            Err(error) => return Ok(Heard::Answer(Err(error.into()))),
        };
        match check_list(certificate, issuer, &base, None, now, checks)? {
            Err(ListError::NoDelta) => {}
            status => {
                let until = base.next_update().unwrap_or(now);
                let made = made_of_list(&base);
                let mut relied_on = ReliedOn::new(request.clone(), until, made);
                // One that names changes and was not looked at with them is asked for again each time: changes that are
                // asked for then may be made for a newer one, and would not fit it until it ends. It is kept beside that
                // one, so that what it revokes stays so.
                if !base.delta_addresses().is_empty() {
                    relied_on.together_until = now;
                }
                let said = |status| Said {
                    status,
                    until,
                    made,
                    rests_on: vec![relied_on],
                };
                return Ok(Heard::Answer(
                    status.map(said).map_err(RevocationError::from),
                ));
            }
        }
        let mut reason = RevocationError::from(ListError::NoDelta);
        for address in base.delta_addresses() {
            let changes = RevocationRequest::list(address, issuer);
            let heard = newest_good(&changes, answers, |bytes| {
                let delta = match RevocationList::from_der(bytes) {
                    Ok(delta) => delta,
                    Err(error) => return Ok(Heard::Answer(Err(error.into()))),
                };
                let status = check_list(certificate, issuer, &base, Some(&delta), now, checks)?;
                let ends = [&base, &delta].map(|list| list.next_update().unwrap_or(now));
                let [of_base, of_changes] = ends;
                let until = of_base.min(of_changes);
                let relied_on = |request: &RevocationRequest, end, list| ReliedOn {
                    together_until: until,
                    ..ReliedOn::new(request.clone(), end, made_of_list(list))
                };
                let said = |status| Said {
                    status,
                    until,
                    made: made_of_list(&delta),
                    rests_on: vec![
                        relied_on(&request, of_base, &base),
                        relied_on(&changes, of_changes, &delta),
                    ],
                };
                Ok(Heard::Answer(
                    status.map(said).map_err(RevocationError::from),
                ))
            });
            match heard? {
                Heard::Answer(Err(error)) => reason = error,
                Heard::Answer(Ok(mut said)) => {
                    said.made = made_of_list(&base);
                    return Ok(Heard::Answer(Ok(said)));
                }
                wanted @ Heard::Wanted(_) => return Ok(wanted),
            }
        }
        Ok(Heard::Answer(Err(reason)))
    })
}

/// What came of all inquiries of one kind: a certificate that was revoked counts before one about which nothing is
/// known (Trust Store and Trust Policy Specification, "Certificate Revocation Evaluation"), and one that was revoked for good
/// before one on hold.
pub(super) fn conclude<'i>(inquiries: impl Iterator<Item = &'i Inquiry>) -> Result<(), Rejection> {
    let (mut unknown, mut unasked, mut on_hold) = (Ok(()), Ok(()), Ok(()));
    for inquiry in inquiries {
        let name = || {
            let name = inquiry.certificate.common_name();
            name.map_or_else(|| "without a name".to_owned(), |name| format!("{name:?}"))
        };
        match &inquiry.status {
            Some(RevocationStatus::Good | RevocationStatus::NotRevocable) => {}
            Some(RevocationStatus::Revoked(revocation)) => {
                let detail = format!("the certificate {} was {revocation}", name());
                // Who vouches for the time is another question than who signed.
                let is_of_stamp = inquiry.kind == ValidationKind::TimestampRevocation;
                let code = match (is_of_stamp, revocation.is_final()) {
                    (true, _) => codes::TIMESTAMP_REVOKED,
                    (false, true) => codes::REVOKED,
                    (false, false) => codes::ON_HOLD,
                };
                let revoked = Err(Rejection::new(code, detail));
                if revocation.is_final() {
                    return revoked;
                }
                on_hold = revoked;
            }
            Some(RevocationStatus::Unknown { reasons }) => {
                let reasons: Vec<String> = reasons.iter().map(ToString::to_string).collect();
                unknown = Err(not_known(&name(), &reasons.join("; ")));
            }
            None => unasked = Err(not_known(&name(), "not everything was asked")),
        }
    }
    // Where one thing was certain, the rest was not asked any more.
    on_hold.and(unknown).and(unasked)
}

fn not_known(name: &str, why: &str) -> Rejection {
    let detail = format!("it is not known whether the certificate {name} was revoked: {why}");
    Rejection::new(codes::REVOCATION_UNKNOWN, detail)
}
