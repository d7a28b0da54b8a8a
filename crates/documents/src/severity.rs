use std::fmt;
use std::str::FromStr;

/// How grave a finding is. The order is that of what a policy may tolerate.
///
/// [`Unknown`](Self::Unknown) is the greatest: a finding whose severity nobody told may be anything, so that it is
/// within a bound only if the bound is `unknown`, which tolerates all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Severity {
    /// Of no practical consequence; also what reports call `none`, `info` or `informational`.
    Negligible,
    /// CVSS 0.1 to 3.9.
    Low,
    /// CVSS 4.0 to 6.9; `moderate` in some reports.
    Medium,
    /// CVSS 7.0 to 8.9; `important` in some reports.
    High,
    /// CVSS 9.0 to 10.0.
    Critical,
    /// Not told, or told in words that are not known.
    Unknown,
}

impl Severity {
    /// Every severity, the least first.
    pub const ALL: [Self; 6] = [
        Self::Negligible,
        Self::Low,
        Self::Medium,
        Self::High,
        Self::Critical,
        Self::Unknown,
    ];

    /// The name used in policies and reports.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Negligible => "negligible",
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Critical => "critical",
            Self::Unknown => "unknown",
        }
    }

    /// The band of a CVSS base score (CVSS 3.1 and 4.0, "Qualitative Severity Rating Scale").
    ///
    /// Stricter than the scale in two ways. A score of 0.0 is [`Unknown`](Self::Unknown), because scanners write it
    /// where they have no score. What lies between two bands, such as 6.95, belongs to the graver one.
    #[must_use]
    pub fn from_cvss(score: f64) -> Self {
        if !(score > 0.0 && score <= 10.0) {
            Self::Unknown
        } else if score <= 3.9 {
            Self::Low
        } else if score <= 6.9 {
            Self::Medium
        } else if score <= 8.9 {
            Self::High
        } else {
            Self::Critical
        }
    }

    /// The severity that a report says in a word; an unknown word is [`Unknown`](Self::Unknown).
    #[must_use]
    pub fn reported(word: &str) -> Self {
        match word.trim().to_ascii_lowercase().as_str() {
            "negligible" | "none" | "info" | "informational" => Self::Negligible,
            "low" => Self::Low,
            "medium" | "moderate" => Self::Medium,
            "high" | "important" => Self::High,
            "critical" => Self::Critical,
            _ => Self::Unknown,
        }
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Severity {
    type Err = SeverityError;

    /// Reads a severity of a policy: one of the names in [`as_str`](Self::as_str), in any case.
    fn from_str(text: &str) -> Result<Self, SeverityError> {
        Self::ALL
            .into_iter()
            .find(|severity| severity.as_str().eq_ignore_ascii_case(text))
            .ok_or(SeverityError)
    }
}

/// The text is no severity.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected negligible, low, medium, high, critical or unknown")]
pub struct SeverityError;
