//! The block `vulnerability.ICCRVA`, compiled: what IBM Vulnerability Advisor must say about the image.

mod session;

use doorward_core::{Code, Fingerprint, Pinned, Reference, Rejection, Scheme, Session, Timestamp};
use doorward_documents::has_advisor;
use doorward_policy::Iccrva;

use self::session::AdvisorSession;
use super::{VULNERABILITY, codes};
use crate::inputs::{Inputs, NotRemembered};
use crate::plan::{Demand, Opening};

/// The first character that a header cannot have, and a policy text can.
const fn is_unfit(character: char) -> bool {
    !character.is_ascii() || character.is_ascii_control()
}

/// That the advisor of the image's registry tells a status with which an image passes.
pub(super) struct AdvisorDemand {
    /// The account whose exemptions apply.
    account: Option<String>,
}

impl AdvisorDemand {
    /// What the policy demands. An empty account is none, as for Portieris.
    ///
    /// # Errors
    /// [`Code::POLICY_INVALID`], if the account cannot be sent.
    pub(super) fn of(advisor: &Iccrva) -> Result<Self, Rejection> {
        let account = advisor.account.clone().filter(|it| !it.is_empty());
        if account.as_deref().unwrap_or_default().contains(is_unfit) {
            let detail = "`account` of `vulnerability.ICCRVA` has characters that no account has";
            return Err(Rejection::new(Code::POLICY_INVALID, detail));
        }
        Ok(Self { account })
    }
}

impl Demand for AdvisorDemand {
    fn scheme(&self) -> Scheme {
        VULNERABILITY
    }

    /// By the name that the policy was asked about: a mirror has no advisor for it.
    fn refusal(&self, reference: &Reference) -> Option<Rejection> {
        let registry = reference.repository().authority();
        if has_advisor(registry) {
            return None;
        }
        let detail = format!(
            "`vulnerability.ICCRVA` is about images on icr.io and its subdomains, and {registry} is none of them; \
             `vulnerability.report` is for images on any registry"
        );
        Some(Rejection::new(codes::VULNERABILITY_NO_ADVISOR, detail))
    }

    fn inputs(&self, opening: &Opening<'_>) -> Box<dyn Inputs> {
        Box::new(AdvisorInputs {
            pinned: opening.pinned.clone(),
            account: self.account.clone(),
        })
    }
}

/// What a session is opened with.
struct AdvisorInputs {
    pinned: Pinned,
    account: Option<String>,
}

impl Inputs for AdvisorInputs {
    /// The status changes whenever something becomes known, and which exemptions count depends on who asks. So each who asks is
    /// told the present one.
    fn encode(&self, _: &mut Fingerprint) -> Result<(), NotRemembered> {
        Err(NotRemembered)
    }

    fn open(self: Box<Self>, _: Timestamp) -> Box<dyn Session> {
        let Self { pinned, account } = *self;
        Box::new(AdvisorSession::new(pinned, account))
    }
}
