//! Identities in short-lived certificates.

use super::{anybody, expression, literal};
use crate::node::Node;
use crate::part::part;
use crate::walk::Walk;
use crate::{LintCode, schema};

/// The identity in a short-lived certificate.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Keyless {
    /// Who vouched for the identity: the URL of an OpenID Connect issuer.
    pub issuer: String,
    /// Who signed.
    pub subject: Subject,
    /// What the certificate must say of the workflow that signed.
    pub github: Option<GitHub>,
}

/// Who signed, according to a short-lived certificate.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Subject {
    /// Exactly this name.
    Exact(String),
    /// A name that this regular expression matches as a whole.
    Pattern(String),
}

/// What the certificate of a workflow says of it. What is absent may be anything; at least one is there.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct GitHub {
    /// The repository, as `owner/name`.
    pub repository: Option<String>,
    /// The branch or tag, such as `refs/heads/main`.
    pub reference: Option<String>,
    /// The name of the workflow.
    pub workflow: Option<String>,
    /// The event that started it, such as `push`.
    pub trigger: Option<String>,
    /// Whose machine it ran on.
    pub runner: Option<Runner>,
}

/// Whose machine a workflow ran on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Runner {
    /// One of GitHub.
    GitHubHosted,
    /// One of the owner of the repository.
    SelfHosted,
}

impl Runner {
    /// As certificates say it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::GitHubHosted => "github-hosted",
            Self::SelfHosted => "self-hosted",
        }
    }
}

const RUNNERS: &[(&str, Runner)] = &[
    ("github-hosted", Runner::GitHubHosted),
    ("self-hosted", Runner::SelfHosted),
];

/// Reads an identity. `is_of_own` says that its certificates come from an instance of one's own, which may have only those sign
/// who belong there.
pub(super) fn read(walk: &mut Walk<'_>, node: &Node, is_of_own: bool) -> Option<Keyless> {
    let object = walk.object(node, &schema::KEYLESS)?;
    let issuer = walk.required_string(&object, "issuer");
    let subject = walk.string(&object, "subject");
    let pattern = walk.string(&object, "subjectRegExp");
    let github = part(walk, &object, "github", read_github);
    // The name of its repository in a claim says whose it is.
    let is_bound = github.as_ref().is_some_and(|one| one.repository.is_some());
    let stranger = issuer.as_deref().filter(|_| !is_bound && !is_of_own);
    let stranger = stranger.and_then(anybody::stranger_of);
    expression::check(walk, &object, "subjectRegExp", stranger);
    literal::check(walk, &object, &["subject"]);
    let subject = match (subject, pattern) {
        (Some(text), None) if !text.is_empty() => Subject::Exact(text.to_owned()),
        (None, Some(text)) if !text.is_empty() => Subject::Pattern(text.to_owned()),
        _ => {
            let message = "an identity has either `subject` or `subjectRegExp`";
            walk.form(LintCode::InvalidValue, object.at, message);
            return None;
        }
    };
    Some(Keyless {
        issuer: issuer?,
        subject,
        github,
    })
}

fn read_github(walk: &mut Walk<'_>, node: &Node) -> Option<GitHub> {
    let object = walk.object(node, &schema::GITHUB)?;
    let mut text = |field| {
        let text = walk.string(&object, field)?;
        if text.is_empty() {
            let message = format!("`{field}` has no value");
            walk.meaning(LintCode::MissingField, object.place(field), message);
        }
        Some(text.to_owned())
    };
    let github = GitHub {
        repository: text("repository"),
        reference: text("ref"),
        workflow: text("workflow"),
        trigger: text("trigger"),
        runner: None,
    };
    let runner = walk.choice(&object, "runner", RUNNERS);
    let github = GitHub { runner, ..github };
    if schema::GITHUB
        .names()
        .all(|name| object.field(name).is_none())
    {
        let message = "`github` demands nothing";
        walk.meaning(LintCode::MissingField, object.at, message);
    }
    Some(github)
}
