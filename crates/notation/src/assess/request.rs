//! What must be asked for about revocation, and what came of it.

use std::collections::BTreeMap;
use std::fmt;

use bytes::Bytes;
use doorward_core::{BudgetExceeded, Checked, CheckedAnswer, Digest, Made, Timestamp};
use doorward_crypto::{Certificate, OcspRequest, Revocation, SignatureChecks, known_revocation};

/// The largest response of an OCSP responder, in bytes, as for the reference. Usual are 500 to 2500.
const OCSP_BYTES: usize = 20_480;
/// The largest revocation list, in bytes, as for the reference.
const LIST_BYTES: usize = 32 << 20;

/// Something to ask an authority for, by HTTP without TLS: the answers are signed.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RevocationRequest {
    address: String,
    question: Question,
    authority: Digest,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Question {
    List,
    Ocsp(OcspQuestion),
}

/// A question to an OCSP responder.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct OcspQuestion {
    body: Vec<u8>,
    get_address: Option<String>,
}

impl RevocationRequest {
    pub(super) fn ocsp(address: &str, certificate: &Certificate, issuer: &Certificate) -> Self {
        let request = OcspRequest::new(certificate, issuer);
        Self {
            address: address.to_owned(),
            question: Question::Ocsp(OcspQuestion {
                get_address: request.get_address(address),
                body: request.der().to_vec(),
            }),
            authority: issuer.authority(),
        }
    }

    pub(super) fn list(address: &str, issuer: &Certificate) -> Self {
        Self {
            address: address.to_owned(),
            question: Question::List,
            authority: issuer.authority(),
        }
    }

    /// Whose answer counts, as [`Certificate::authority`] has it. Somebody else's at the same address is none.
    #[must_use]
    pub const fn authority(&self) -> &Digest {
        &self.authority
    }

    /// The address that the certificate gives.
    #[must_use]
    pub fn address(&self) -> &str {
        &self.address
    }

    /// The address to send a `GET` request to. Returns `None` if the question is too long for one: send a `POST`
    /// request with [`Self::body`] to [`Self::address`] then.
    #[must_use]
    pub fn get_address(&self) -> Option<&str> {
        match &self.question {
            Question::List => Some(&self.address),
            Question::Ocsp(question) => question.get_address.as_deref(),
        }
    }

    /// The body of a `POST` request, of the type [`OcspRequest::MEDIA_TYPE`]. Returns `None` for a revocation list.
    #[must_use]
    pub fn body(&self) -> Option<&[u8]> {
        match &self.question {
            Question::List => None,
            Question::Ocsp(question) => Some(&question.body),
        }
    }

    pub(super) const fn is_for_list(&self) -> bool {
        matches!(self.question, Question::List)
    }

    /// The most bytes of an answer.
    #[must_use]
    pub const fn max_bytes(&self) -> usize {
        match &self.question {
            Question::List => LIST_BYTES,
            Question::Ocsp(_) => OCSP_BYTES,
        }
    }
}

impl fmt::Display for RevocationRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match &self.question {
            Question::List => "revocation list",
            Question::Ocsp(_) => "OCSP responder",
        };
        write!(f, "{kind} {}", self.address)
    }
}

/// What came of requests: bytes, or why there are none.
#[derive(Clone, Debug, Default)]
pub struct RevocationAnswers {
    answers: BTreeMap<RevocationRequest, Result<Given, String>>,
    known: Vec<Bytes>,
}

/// An answer.
#[derive(Clone, Debug)]
struct Given {
    bytes: Bytes,
    verified_before: Option<Bytes>,
}

/// One answer to a request, of perhaps two.
#[derive(Clone, Copy, Debug)]
pub(super) struct Candidate<'a> {
    pub(super) bytes: &'a Bytes,
    /// Whether it is the one that was verified before.
    pub(super) is_old: bool,
}

/// An answer that a decision relied on: its signature was verified, so others may be given the same until it ends.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ReliedOn {
    /// What was asked for.
    pub request: RevocationRequest,
    /// The last second in which it counts.
    pub until: Timestamp,
    /// The last second in which all counts that it was used with. A list of changes fits the complete list that was
    /// there when it was made, so that both are asked for again at the same time.
    pub together_until: Timestamp,
    /// When it was made, by its own signed word.
    pub made: Made,
    /// If it revokes the certificate for good: all that is asked about that certificate.
    pub revokes: Vec<RevocationRequest>,
    /// Whether it is the one that was verified before.
    pub was_known: bool,
}

impl ReliedOn {
    pub(super) const fn new(request: RevocationRequest, until: Timestamp, made: Made) -> Self {
        Self {
            request,
            until,
            together_until: until,
            made,
            revokes: Vec::new(),
            was_known: false,
        }
    }
}

impl RevocationAnswers {
    /// No answers.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds what came of a request: the body of the answer, or why there is none, as a lowercase fragment. Bytes beyond
    /// [`RevocationRequest::max_bytes`] are no answer.
    pub fn insert(&mut self, request: RevocationRequest, answer: Result<Bytes, String>) {
        self.insert_beside(request, answer, None);
    }

    /// The same, with an answer that was verified before and still counts. The one that was made later counts, by its own
    /// signed word; where the new one turns out to be none, that is the old one.
    pub fn insert_beside(
        &mut self,
        request: RevocationRequest,
        answer: Result<Bytes, String>,
        verified_before: Option<Bytes>,
    ) {
        let limit = request.max_bytes();
        let answer = answer.and_then(|bytes| {
            if bytes.len() > limit {
                return Err(format!("the answer is larger than {limit} bytes"));
            }
            Ok(Given {
                // Where both are the same, it is that which arrived.
                verified_before: verified_before
                    .filter(|before| before.len() <= limit && *before != bytes),
                bytes,
            })
        });
        self.answers.insert(request, answer);
    }

    /// Adds what a session was given, with all that is known beside it.
    pub(crate) fn arrived(&mut self, request: RevocationRequest, answer: CheckedAnswer) {
        match answer.map(Checked::into_fetched) {
            Ok(found) => {
                self.revoked_before(found.revoked_before);
                self.insert_beside(request, Ok(found.bytes), found.verified_before);
            }
            Err(error) => self.insert(request, Err(error.reason())),
        }
    }

    /// Adds answers that an earlier session verified and that revoke for good what they name, also those that have ended.
    /// A certificate that one of them revokes is revoked, whatever is answered; they are good for nothing else.
    pub fn revoked_before(&mut self, known: impl IntoIterator<Item = Bytes>) {
        for answer in known {
            if !self.known.contains(&answer) {
                self.known.push(answer);
            }
        }
    }

    /// That a certificate is known to be revoked for good.
    pub(super) fn known(
        &self,
        certificate: &Certificate,
        issuer: &Certificate,
        checks: &mut SignatureChecks<'_>,
    ) -> Result<Option<Revocation>, BudgetExceeded> {
        for answer in &self.known {
            let known = known_revocation(answer, certificate, issuer, checks)?;
            if known.is_some() {
                return Ok(known);
            }
        }
        Ok(None)
    }

    /// The answers to a request, the one that arrived last first, or why there is none. Returns `None` if nothing came of it
    /// yet.
    pub(super) fn get(
        &self,
        request: &RevocationRequest,
    ) -> Option<Result<impl Iterator<Item = Candidate<'_>> + Clone, &str>> {
        let answer = self.answers.get(request)?;
        Some(answer.as_ref().map_err(String::as_str).map(|given| {
            let new = Candidate {
                bytes: &given.bytes,
                is_old: false,
            };
            let old = given.verified_before.iter().map(|bytes| Candidate {
                bytes,
                is_old: true,
            });
            std::iter::once(new).chain(old)
        }))
    }
}
