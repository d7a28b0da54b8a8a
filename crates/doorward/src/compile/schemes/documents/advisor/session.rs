//! Asking the advisor about one image, and judging what it says.

use doorward_core::{
    Check, CheckedAnswer, Code, Digest, Evidence, Fetch, FetchError, Fetched, Halt, Meter, Pinned,
    Progress, Proof, Rejection, Resource, Scheme, Session, Step, Witness,
};
use doorward_documents::AdvisorStatus;

use super::super::{VULNERABILITY, codes};

/// Asks about the digest that is admitted, and never about a tag.
pub(super) struct AdvisorSession {
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
    pub(super) const fn new(pinned: Pinned, account: Option<String>) -> Self {
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
