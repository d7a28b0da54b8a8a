//! Reports about images, as dashboards of clusters read them: the verdicts on the images of one namespace.

mod image;
mod object;
mod outcome;

pub use image::ReportedImage;
pub use object::{MOST_RESULTS, REPORT_NAME, REPORT_SELECTOR, Rewritten, oldest, rewrite};
pub use outcome::ReportOutcome;

/// A kind of report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ReportKind {
    /// `Report` of `openreports.io/v1alpha1`.
    OpenReports,
    /// `PolicyReport` of `wgpolicyk8s.io/v1alpha2`, which the former replaces.
    PolicyReport,
}

impl ReportKind {
    /// Every kind.
    pub const ALL: [Self; 2] = [Self::OpenReports, Self::PolicyReport];

    /// The group and version: `openreports.io/v1alpha1`.
    #[must_use]
    pub const fn api_version(self) -> &'static str {
        match self {
            Self::OpenReports => "openreports.io/v1alpha1",
            Self::PolicyReport => "wgpolicyk8s.io/v1alpha2",
        }
    }

    /// The name of the kind.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::OpenReports => "Report",
            Self::PolicyReport => "PolicyReport",
        }
    }

    /// The name of the resource.
    #[must_use]
    pub const fn plural(self) -> &'static str {
        match self {
            Self::OpenReports => "reports",
            Self::PolicyReport => "policyreports",
        }
    }
}
