//! The block `vulnerability.ICCRVA`, compiled: what IBM Vulnerability Advisor must say about the image.

use doorward_core::{
    Check, CheckedAnswer, Code, Digest, Evidence, Fetch, FetchError, Fetched, Fingerprint, Halt,
    Meter, Pinned, Progress, Proof, Reference, Rejection, Resource, Scheme, Session, Step,
    Timestamp, Witness,
};
use doorward_documents::{AdvisorStatus, has_advisor};
use doorward_policy::Iccrva;

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

/// Asks about the digest that is admitted, and never about a tag.
struct AdvisorSession {
    pinned: Pinned,
    account: Option<String>,
    state: State,
    /// What people should know of an image that passes.
    note: Option<String>,
}

enum State {
    Start,
    Asked,
    Over,
}

impl AdvisorSession {
    const fn new(pinned: Pinned, account: Option<String>) -> Self {
        Self {
            pinned,
            account,
            state: State::Start,
            note: None,
        }
    }

    fn fetch(&self) -> Fetch {
        let resource = Resource::VulnerabilityStatus {
            repository: self.pinned.repository().clone(),
            digest: self.pinned.digest().clone(),
            account: self.account.clone(),
        };
        Fetch::new(resource, AdvisorStatus::MAX_BYTES)
    }

    fn start(&mut self) -> Progress<Proof> {
        self.state = State::Asked;
        Err(Halt::Wants(vec![self.fetch()]))
    }

    fn asked(&mut self, answers: Vec<CheckedAnswer>) -> Progress<Proof> {
        let resource = self.fetch().resource;
        let answer = answers.into_iter().next();
        let answer = answer.ok_or_else(Rejection::out_of_step)?;
        match answer {
            Ok(fetched) => Ok(self.judge(&resource, &fetched)?),
            Err(FetchError::NotFound) => {
                let detail = format!("{resource}: the advisor knows no such image");
                let rejection = Rejection::new(codes::VULNERABILITY_NOT_SCANNED, detail);
                Err(rejection.because_of(&FetchError::NotFound).into())
            }
            Err(error) => Err(Rejection::from_fetch(&resource, &error).into()),
        }
    }

    fn judge(&mut self, resource: &Resource, fetched: &Fetched) -> Result<Proof, Rejection> {
        let status = AdvisorStatus::parse(&fetched.bytes).map_err(|error| {
            Rejection::new(Code::REGISTRY_MALFORMED, format!("{resource}: {error}"))
        })?;
        if status.admits() {
            self.note = note(&status);
            return Ok(Proof::of(&Told(self.pinned.digest().clone())));
        }
        let (code, what) = if status.is_unfinished() {
            let code = codes::VULNERABILITY_NOT_SCANNED;
            (code, "has not looked at the image to the end")
        } else {
            let code = codes::VULNERABILITY_STATUS_FAILED;
            (code, "tells a status with which no image passes")
        };
        let detail = format!("{resource}: the advisor {what}: {status}");
        Err(Rejection::new(code, detail))
    }
}

impl Session for AdvisorSession {
    fn scheme(&self) -> Scheme {
        VULNERABILITY
    }

    fn advance(&mut self, answers: Vec<CheckedAnswer>, _: &mut Meter) -> Step {
        let next = match std::mem::replace(&mut self.state, State::Over) {
            State::Start => self.start(),
            State::Asked => self.asked(answers),
            State::Over => Err(Rejection::out_of_step().into()),
        };
        next.map_err(|halt| match halt {
            Halt::Refused(rejection) => rejection.in_scheme(VULNERABILITY).into(),
            wants @ Halt::Wants(_) => wants,
        })
        .into()
    }

    fn notes(&self) -> Vec<String> {
        self.note.iter().cloned().collect()
    }
}

/// What a status that admits says beside that.
fn note(status: &AdvisorStatus) -> Option<String> {
    match status.as_str() {
        "WARN" => Some("the vulnerability advisor warns of the image".to_owned()),
        "UNSUPPORTED" => {
            let note = "the vulnerability advisor does not look at images of this kind";
            Some(note.to_owned())
        }
        _ => None,
    }
}

/// That the advisor told a status with which the image passes. Nobody signed that.
struct Told(Digest);

impl Witness for Told {
    fn scheme(&self) -> Scheme {
        VULNERABILITY
    }

    fn digest(&self) -> &Digest {
        &self.0
    }

    fn evidence(&self) -> Vec<Evidence> {
        Vec::new()
    }

    fn checks(&self) -> Vec<Check> {
        vec![Check::enforced("vulnerability-status", true)]
    }
}
