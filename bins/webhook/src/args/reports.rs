//! The option about reports.

use clap::{Args, ValueEnum};
use doorward_kube::ReportKind;

/// Whether verdicts are written as reports.
#[derive(Clone, Copy, Debug, Args)]
pub struct ReportArgs {
    /// Write what was decided about images into reports of their namespaces, as dashboards read them: `openreports`
    /// (openreports.io) or `policyreport` (wgpolicyk8s.io). The cluster has to have the definition
    #[arg(
        long,
        value_name = "KIND",
        env = "DOORWARD_REPORTS",
        default_value = "none",
        requires = "from_cluster"
    )]
    pub reports: Reports,
}

/// The reports that are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Reports {
    /// None.
    None,
    /// `Report` of openreports.io/v1alpha1.
    #[value(name = "openreports")]
    OpenReports,
    /// `PolicyReport` of wgpolicyk8s.io/v1alpha2.
    #[value(name = "policyreport")]
    PolicyReport,
}

impl Reports {
    /// Their kind, if there are any.
    pub(crate) const fn kind(self) -> Option<ReportKind> {
        match self {
            Self::None => None,
            Self::OpenReports => Some(ReportKind::OpenReports),
            Self::PolicyReport => Some(ReportKind::PolicyReport),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::args::Args as All;
    use clap::Parser as _;

    fn parse(options: &str) -> Result<Option<ReportKind>, clap::Error> {
        let all = ["doorward-webhook", "-f", "p", "--tls-cert=c", "--tls-key=k"].into_iter();
        All::try_parse_from(all.chain(options.split_whitespace()))
            .map(|args| args.reporting.reports.kind())
    }

    #[test]
    fn reports_are_of_one_kind_and_none_without_the_cluster() {
        assert_eq!(parse("").unwrap(), None);
        assert_eq!(parse("--from-cluster").unwrap(), None);
        let open = parse("--from-cluster --reports=openreports").unwrap();
        assert_eq!(open, Some(ReportKind::OpenReports));
        let policy = parse("--from-cluster --reports policyreport").unwrap();
        assert_eq!(policy, Some(ReportKind::PolicyReport));
        for bad in [
            "--reports=openreports",
            "--from-cluster --reports=",
            "--from-cluster --reports=report",
            "--from-cluster --reports=OpenReports,policyreport",
        ] {
            assert!(parse(bad).is_err(), "{bad}");
        }
    }
}
