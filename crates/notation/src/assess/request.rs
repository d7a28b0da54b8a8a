//! What must be asked for about revocation, and what came of it.

use std::collections::BTreeMap;
use std::fmt;

use bytes::Bytes;
use doorward_crypto::{Certificate, OcspRequest};

/// The largest response of an OCSP responder, in bytes, as for the reference. Usual are 500 to 2500.
const OCSP_BYTES: usize = 20_480;
/// The largest revocation list, in bytes, as for the reference.
const LIST_BYTES: usize = 32 << 20;

/// Something to ask an authority for, by HTTP without TLS: the answers are signed.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RevocationRequest {
    address: String,
    question: Question,
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
        }
    }

    pub(super) fn list(address: &str) -> Self {
        Self {
            address: address.to_owned(),
            question: Question::List,
        }
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
    answers: BTreeMap<RevocationRequest, Result<Bytes, String>>,
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
        let limit = request.max_bytes();
        let answer = answer.and_then(|bytes| {
            if bytes.len() > limit {
                Err(format!("the answer is larger than {limit} bytes"))
            } else {
                Ok(bytes)
            }
        });
        self.answers.insert(request, answer);
    }

    pub(super) fn get(&self, request: &RevocationRequest) -> Option<Result<&Bytes, &str>> {
        let answer = self.answers.get(request)?;
        Some(answer.as_ref().map_err(String::as_str))
    }
}
