//! What IBM Vulnerability Advisor, version 3, says about an image (`GET /va/api/v3/report/image/status/…`).
//!
//! Nothing of it is signed: it is the word of a service. Version 3 is
//! [discontinued](https://cloud.ibm.com/docs/Registry?topic=Registry-registry_notices_va_v3) by its maker.

use std::fmt;

use doorward_core::json::{self, Limits};
use doorward_core::{Authority, Host, text};

use crate::DocumentError;

/// The domain of the registries that have an advisor.
const REGISTRY: &str = "icr.io";
/// The domain in which they were before.
const FORMER: &str = "bluemix.net";
/// How the first label of a registry in that domain begins.
const FORMER_REGISTRY: &str = "registry";
/// The member that says it.
const STATUS: &str = "status";
/// The longest status that is read, in bytes. Those that there are have eleven.
const MAX_STATUS: usize = 64;

/// What the advisor says about an image.
///
/// ```
/// use doorward_documents::AdvisorStatus;
///
/// let status = AdvisorStatus::parse(br#"{"status": "WARN"}"#)?;
/// assert!(status.admits());
/// assert!(!AdvisorStatus::parse(br#"{"status": "FAIL"}"#)?.admits());
/// # Ok::<(), doorward_documents::DocumentError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AdvisorStatus(Box<str>);

impl AdvisorStatus {
    /// The most bytes of an answer that is read: 64 KiB. Those of the service have some hundred.
    pub const MAX_BYTES: usize = 64 << 10;
    /// How deep an answer may be nested. Those of the service are flat.
    const DEPTH: usize = 8;
    /// With which an image passes, as Portieris has it: nothing was found, only what does not condemn it, or the
    /// advisor does not know images of the kind.
    const ADMITTING: [&'static str; 3] = ["OK", "WARN", "UNSUPPORTED"];
    /// With which nothing is known yet. An empty one is none.
    const UNFINISHED: [&'static str; 3] = ["", "INCOMPLETE", "UNSCANNED"];

    /// Reads an answer. It has one member `status`, in this spelling, which is a text.
    ///
    /// # Errors
    /// [`DocumentError::Json`] and [`DocumentError::Malformed`].
    pub fn parse(bytes: &[u8]) -> Result<Self, DocumentError> {
        let limits = Limits::bytes(Self::MAX_BYTES).depth(Self::DEPTH);
        let answer = json::parse(bytes, limits)?;
        let malformed = |expected| DocumentError::Malformed {
            path: STATUS.to_owned(),
            expected,
        };
        let Some(members) = answer.as_object() else {
            return Err(DocumentError::Malformed {
                path: "document".to_owned(),
                expected: "an object",
            });
        };
        let spelt = members
            .iter()
            .filter(|(name, _)| name.eq_ignore_ascii_case(STATUS));
        // A reader that takes any spelling, as Go's does, would see another one than this.
        if spelt.count() > 1 {
            return Err(malformed("one member in one spelling"));
        }
        let status = answer.get(STATUS).and_then(json::Value::as_str);
        match status {
            Some(status) if status.len() <= MAX_STATUS => Ok(Self(status.into())),
            Some(_) => Err(malformed("one of the states of the service")),
            None => Err(malformed("a text")),
        }
    }

    /// Whether an image passes with it. With any that is not known here, none does.
    #[must_use]
    pub fn admits(&self) -> bool {
        Self::ADMITTING.contains(&&*self.0)
    }

    /// Whether the advisor has not looked at the image, or not to the end.
    #[must_use]
    pub fn is_unfinished(&self) -> bool {
        Self::UNFINISHED.contains(&&*self.0)
    }

    /// The status as it was answered.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The status in one line, for messages: the service chose its characters.
impl fmt::Display for AdvisorStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return f.write_str("no status");
        }
        f.write_str(&text::one_line(&self.0, MAX_STATUS))
    }
}

/// Whether the registry has a vulnerability advisor: `icr.io` and what is in that domain, and what is called
/// `registry…` in `bluemix.net`, where these registries were before.
///
/// By whole labels, because another domain may end in the same letters; and on its own port, because on another one is another
/// registry.
#[must_use]
pub fn has_advisor(registry: &Authority) -> bool {
    let Host::Domain(domain) = registry.host() else {
        return false;
    };
    if registry.port().is_some() {
        return false;
    }
    let name = domain.as_str();
    let within = |domain: &str| name.strip_suffix(domain)?.strip_suffix('.');
    let is_former = || {
        let first = within(FORMER)?.split('.').next()?;
        first.strip_prefix(FORMER_REGISTRY)
    };
    name == REGISTRY || within(REGISTRY).is_some() || is_former().is_some()
}
