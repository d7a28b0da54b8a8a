use std::sync::Arc;

use doorward_core::Timestamp;

use crate::{PackageUrl, Severity};

/// What a scan found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scan {
    pub(crate) scanner: Option<String>,
    pub(crate) made: Option<Timestamp>,
    pub(crate) findings: Vec<Finding>,
}

impl Scan {
    /// The program that made it, as the report names it: `Trivy`, `grype`. Several are joined with `+`, sorted.
    #[must_use]
    pub fn scanner(&self) -> Option<&str> {
        self.scanner.as_deref()
    }

    /// When it was made, as the report says; `None` if it does not. The time of a signature says more.
    #[must_use]
    pub const fn made(&self) -> Option<Timestamp> {
        self.made
    }

    /// What was found, in the order of the report, those that the report itself suppresses included.
    #[must_use]
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }
}

/// Whether a release without the vulnerability exists.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fix {
    /// It does, in these versions as the report writes them.
    Available(Arc<str>),
    /// The format can say, and says that there is none.
    None,
    /// The report does not say. It counts as fixable: what cannot be told must not hide a finding.
    Unknown,
}

/// The package URLs of the components that a finding is in. Findings in the same components share them.
pub(crate) type Places = Arc<[Arc<[PackageUrl]>]>;

/// Something that a scan found.
///
/// What a report says once, of a rule or component, is shared by all findings that refer to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    pub(crate) id: Arc<str>,
    pub(crate) aliases: Vec<Arc<str>>,
    pub(crate) mentions: Vec<Arc<str>>,
    /// What the rule mentions, for all its findings.
    pub(crate) mentions_of_rule: Arc<[Arc<str>]>,
    pub(crate) severity: Severity,
    pub(crate) package: Option<Arc<str>>,
    pub(crate) version: Option<Arc<str>>,
    pub(crate) purls: Vec<Places>,
    pub(crate) fix: Fix,
}

impl Default for Finding {
    fn default() -> Self {
        Self {
            id: Arc::default(),
            aliases: Vec::new(),
            mentions: Vec::new(),
            mentions_of_rule: Arc::default(),
            severity: Severity::Unknown,
            package: None,
            version: None,
            purls: Vec::new(),
            fix: Fix::Unknown,
        }
    }
}

impl Finding {
    /// The identifier, such as `CVE-2021-44228`.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Other identifiers of the same vulnerability, from members of the report that name nothing else.
    pub fn aliases(&self) -> impl Iterator<Item = &str> {
        self.aliases.iter().map(|alias| &**alias)
    }

    /// Identifiers that free text of the report has. They count for `failOn` only, never for what suppresses: the names
    /// of packages end up in such text, and people who chose those must not choose what is ignored.
    pub fn mentions(&self) -> impl Iterator<Item = &str> {
        let mentions = self.mentions.iter().chain(self.mentions_of_rule.iter());
        mentions.map(|id| &**id)
    }

    /// About how many bytes of memory it holds beside what it shares.
    pub(crate) fn held(&self) -> usize {
        let texts = self.aliases().map(|text| 32 + text.len()).sum::<usize>();
        let mentions: usize = self.mentions.iter().map(|text| 32 + text.len()).sum();
        size_of::<Self>() + texts + mentions + size_of::<Places>() * self.purls.len()
    }

    /// How grave it is. Of several severities that a report has for it, the worst.
    #[must_use]
    pub const fn severity(&self) -> Severity {
        self.severity
    }

    /// The name of the package, if the report has it. For people: nothing is decided by it.
    #[must_use]
    pub fn package(&self) -> Option<&str> {
        self.package.as_deref()
    }

    /// The installed version, if the report has it. For people.
    #[must_use]
    pub fn version(&self) -> Option<&str> {
        self.version.as_deref()
    }

    /// The packages that it was found in, by their package URLs. A statement about parts of an image must cover each.
    pub fn purls(&self) -> impl Iterator<Item = &PackageUrl> {
        let places = self.purls.iter().flat_map(|places| places.iter());
        places.flat_map(|urls| urls.iter())
    }

    /// Whether there is a release without it.
    #[must_use]
    pub const fn fix(&self) -> &Fix {
        &self.fix
    }

    /// Returns whether it goes by an identifier, compared without regard to the case of letters.
    #[must_use]
    pub fn is_called(&self, id: &str) -> bool {
        self.names().any(|name| name.eq_ignore_ascii_case(id))
    }

    /// The identifier and its aliases.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        std::iter::once(self.id()).chain(self.aliases())
    }
}
