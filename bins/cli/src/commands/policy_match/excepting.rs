//! The exceptions for an image, as they are shown.

use doorward_policy::{Exception, Match, Standing};
use serde::Serialize;

/// An exception that may be for the image, and whether it would count.
#[derive(Debug, Serialize)]
pub(super) struct Excepting {
    /// Kind, namespace and name.
    exception: String,
    /// The codes that it overrides.
    codes: Vec<&'static str>,
    /// It counts before this time.
    until: String,
    reason: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    ticket: Option<String>,
    /// `in-force`, `ended`, `too-long`, or `unknown` where that depends on what is not known of the workload.
    standing: &'static str,
    /// The entries that govern the image and do not allow it.
    #[serde(rename = "notAllowedBy", skip_serializing_if = "Vec::is_empty")]
    not_allowed_by: Vec<String>,
}

impl Excepting {
    pub(super) fn of(exception: &Exception<'_>, found: &Match<'_>) -> Self {
        let kind = exception.object.kind;
        let denies = found.entries.iter().filter(|entry| {
            let body = entry.body.as_ref();
            body.is_ok_and(|body| !body.is_unchecked() && !body.exceptions.allows(kind))
        });
        let terms = exception.terms;
        Self {
            exception: exception.object.title(),
            codes: terms.codes.iter().map(|code| code.as_str()).collect(),
            until: terms.until.to_string(),
            reason: terms.reason.clone(),
            ticket: terms.ticket.clone(),
            standing: match exception.standing {
                Standing::InForce => "in-force",
                Standing::Ended => "ended",
                Standing::TooLong(_) => "too-long",
                _ => "unknown",
            },
            not_allowed_by: denies.map(|entry| entry.rule.to_string()).collect(),
        }
    }

    pub(super) fn told(&self) -> String {
        let standing = match self.standing {
            "in-force" => format!("is in force until {}", self.until),
            "ended" => format!("ended at {}", self.until),
            "too-long" => format!(
                "lasts until {}, which is too long, so it does not count",
                self.until
            ),
            _ => "may be for this workload, which cannot be told, so it does not count".to_owned(),
        };
        let denied = match self.not_allowed_by.as_slice() {
            [] => String::new(),
            entries => format!("; not allowed by {}", entries.join(" and ")),
        };
        format!(
            "{} for {} {standing}{denied}",
            self.exception,
            self.codes.join(", ")
        )
    }
}
