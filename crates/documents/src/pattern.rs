use crate::license::Term;
use crate::{Package, PackageUrl, bounds};

/// A pattern of a rule that is not read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PatternError {
    /// Nothing, or nothing before an `@`.
    #[error("an empty pattern")]
    Empty,
    /// Longer than [`bounds::PATTERN`].
    #[error("longer than {} bytes", bounds::PATTERN)]
    TooLong,
    /// More patterns than [`bounds::PATTERNS`].
    #[error("more than {} patterns", bounds::PATTERNS)]
    TooMany,
    /// A package URL that is none.
    #[error("not a package URL such as pkg:npm/lodash@4.17.21, nor the beginning of one with `*`")]
    PackageUrl,
    /// Something like `<1.2.3`. Versions have an order of their own in each ecosystem, and none is known here.
    #[error("versions are compared for being the same only, or with `*`")]
    Range,
    /// A licence expression: a rule names one licence, with `*` or with one exception.
    #[error("expected one licence identifier, such as AGPL-* or GPL-2.0-only")]
    License,
}

/// Text with `*` for any number of characters, compared without regard to the case of ASCII letters.
///
/// It is held against text in one pass per piece between stars, so that its cost grows with the text only.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Glob(Vec<String>);

impl Glob {
    pub(crate) fn new(text: &str) -> Self {
        Self(
            text.to_ascii_lowercase()
                .split('*')
                .map(str::to_owned)
                .collect(),
        )
    }

    /// `text` is in lower case.
    pub(crate) fn matches(&self, text: &str) -> bool {
        let Some((first, rest)) = self.0.split_first() else {
            return false;
        };
        let Some((last, middle)) = rest.split_last() else {
            return text == first;
        };
        let Some(mut text) = text.strip_prefix(first.as_str()) else {
            return false;
        };
        for piece in middle {
            let Some((_, after)) = text.split_once(piece.as_str()) else {
                return false;
            };
            text = after;
        }
        text.ends_with(last.as_str())
    }
}

fn bounded(text: &str) -> Result<&str, PatternError> {
    match text.trim() {
        "" => Err(PatternError::Empty),
        text if text.len() > bounds::PATTERN => Err(PatternError::TooLong),
        text => Ok(text),
    }
}

/// Which packages a rule is about: `name`, `name@version`, a package URL, or the beginning of one followed by `*`.
///
/// `*` stands for any text anywhere, and the case of letters makes no difference. A name is that of the document, with
/// or without its group before it (`group/name`, `group:name`), also where the document writes the group into the name, and that of each package URL, so that a package has no
/// other name to hide behind. A version is exact: `1.2.3` does not cover `1.2.3-r0`, and `1.2.*` covers both. A package
/// whose version nobody tells is covered by every version; if the document gives the package another version than its URL,
/// both count. As a pattern, a package URL without a version covers all, and one with qualifiers only packages that have the
/// same.
///
/// A package URL also covers a package without any URL that has its name, in its namespace where the package has a group:
/// of which type it is cannot be known. The beginning of one does not, for it names a type and perhaps nothing else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PackagePattern {
    text: String,
    kind: Kind,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Kind {
    Name {
        name: Glob,
        version: Option<Glob>,
    },
    Url(PackageUrl),
    UrlGlob {
        whole: Glob,
        /// What is before the version, if the pattern has one.
        before: Option<Glob>,
    },
}

impl PackagePattern {
    /// Reads a pattern.
    ///
    /// # Errors
    /// An empty or too long pattern, a range of versions, or a broken package URL.
    pub fn parse(text: &str) -> Result<Self, PatternError> {
        let text = bounded(text)?;
        let is_url = text
            .get(..4)
            .is_some_and(|scheme| scheme.eq_ignore_ascii_case("pkg:"));
        let kind = if is_url && text.contains('*') {
            if text.contains(['?', '#', '%']) {
                return Err(PatternError::PackageUrl);
            }
            let before = text.rsplit_once('@').filter(|(before, version)| {
                // It may belong to an npm scope.
                !version.contains('/') && !before.ends_with('/')
            });
            Kind::UrlGlob {
                whole: Glob::new(text),
                before: before.map(|(before, _)| Glob::new(before)),
            }
        } else if is_url {
            Kind::Url(PackageUrl::parse(text).map_err(|_| PatternError::PackageUrl)?)
        } else {
            // The first `@` may belong to an npm scope.
            let (name, version) = match text.rsplit_once('@') {
                Some(("", _)) | None => (text, None),
                Some((name, version)) => (name, Some(version)),
            };
            if version.is_some_and(|version| version.starts_with(['<', '>', '=', '~', '^', '!'])) {
                return Err(PatternError::Range);
            }
            if version == Some("") {
                return Err(PatternError::Empty);
            }
            Kind::Name {
                name: Glob::new(name),
                version: version.map(Glob::new),
            }
        };
        Ok(Self {
            text: text.to_owned(),
            kind,
        })
    }

    /// As it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    pub(crate) fn matches(&self, package: &Spellings<'_>) -> bool {
        match &self.kind {
            Kind::Name { name, version } => {
                let mut names = package.names.iter().chain(&package.last);
                names.any(|spelling| name.matches(spelling))
                    && version.as_ref().is_none_or(|version| {
                        package.versions.is_empty()
                            || package
                                .versions
                                .iter()
                                .any(|spelling| version.matches(spelling))
                    })
            }
            Kind::Url(url) if package.urls.is_empty() => package.may_be(url),
            Kind::Url(url) => {
                let told = package.version;
                let mut urls = package.urls.iter();
                urls.any(|other| url.covers_loosely(other, told))
            }
            Kind::UrlGlob { whole, before } => {
                package.plain.iter().any(|url| whole.matches(url))
                    || before.as_ref().is_some_and(|before| {
                        package.unversioned.iter().any(|url| before.matches(url))
                    })
            }
        }
    }
}

/// All names, versions and URLs that a package goes by, in lower case: made once and held against each pattern.
pub(crate) struct Spellings<'a> {
    names: Vec<String>,
    /// The name without the group that stands in it, where it does.
    last: Option<String>,
    versions: Vec<String>,
    /// The version that the document gives it beside its URLs.
    version: Option<&'a str>,
    group: Option<&'a str>,
    urls: &'a [PackageUrl],
    plain: Vec<String>,
    /// Those of which nobody tells the version.
    unversioned: Vec<String>,
}

impl<'a> Spellings<'a> {
    pub(crate) fn of(package: &'a Package) -> Self {
        let mut names = vec![package.name.to_ascii_lowercase()];
        let last = package.name.rsplit_once(['/', ':']);
        let last = last.map(|(_, last)| last.to_ascii_lowercase());
        let mut versions: Vec<String> = package
            .version
            .iter()
            .map(|v| v.to_ascii_lowercase())
            .collect();
        let own = package.version.as_deref();
        let (mut plain, mut unversioned) = (Vec::new(), Vec::new());
        let mut qualified = |group: &str, name: &str| {
            if !group.is_empty() {
                names.push(format!("{group}/{name}").to_ascii_lowercase());
                names.push(format!("{group}:{name}").to_ascii_lowercase());
            }
        };
        qualified(package.group.as_deref().unwrap_or_default(), &package.name);
        for url in package.purls() {
            qualified(url.namespace(), url.name());
        }
        for url in package.purls() {
            names.push(url.name().to_ascii_lowercase());
            versions.extend(url.version().map(str::to_ascii_lowercase));
            let (base, whole) = url.plain(own);
            if whole.is_empty() {
                unversioned.push(base.clone());
            }
            plain.push(base);
            plain.extend(whole);
        }
        Self {
            names,
            last,
            versions,
            version: own,
            group: package.group.as_deref().filter(|group| !group.is_empty()),
            urls: &package.purls,
            plain,
            unversioned,
        }
    }

    /// Whether a package without a URL may be the one that `url` names.
    fn may_be(&self, url: &PackageUrl) -> bool {
        let (namespace, name) = (
            url.namespace().to_ascii_lowercase(),
            url.name().to_ascii_lowercase(),
        );
        let is_it = |spelling: &String| {
            let in_namespace = spelling
                .strip_prefix(namespace.as_str())
                .and_then(|rest| rest.strip_prefix(['/', ':']));
            match self.group {
                // Its name alone is one of its spellings too, and would be another package's.
                Some(group) => group.eq_ignore_ascii_case(&namespace) && *spelling == name,
                None => *spelling == name || in_namespace == Some(name.as_str()),
            }
        };
        self.names.iter().any(is_it)
            && url.version().is_none_or(|version| {
                let same = |told: &str| told.eq_ignore_ascii_case(version);
                self.version.is_none_or(same)
            })
    }
}

/// Which licences a rule is about: an SPDX identifier, `LicenseRef-…`, or the name that a document has, each with `*`
/// for any text; `NOASSERTION` for packages whose licence nobody tells, which no `*` covers.
///
/// A rule without an exception covers the licence with any exception; `X WITH Y` covers that exception only. The older
/// identifiers of the GNU licences mean what they mean today: `GPL-2.0` covers `GPL-2.0-only` and `GPL-2.0-or-later`,
/// `GPL-2.0-or-later` covers `GPL-2.0+`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LicensePattern {
    text: String,
    license: Glob,
    exception: Option<Glob>,
}

impl LicensePattern {
    /// Reads a pattern.
    ///
    /// # Errors
    /// An empty or too long pattern, or an expression with `AND` or `OR`.
    pub fn parse(text: &str) -> Result<Self, PatternError> {
        let text = bounded(text)?;
        let words: Vec<&str> = text.split_ascii_whitespace().collect();
        let operator =
            |word: &&str| word.eq_ignore_ascii_case("AND") || word.eq_ignore_ascii_case("OR");
        if words.iter().any(operator) || text.contains(['(', ')']) {
            return Err(PatternError::License);
        }
        let (license, exception) = match *words.as_slice() {
            [license, with, exception] if with.eq_ignore_ascii_case("WITH") => {
                (license, Some(exception))
            }
            _ if words.iter().any(|word| word.eq_ignore_ascii_case("WITH")) => {
                return Err(PatternError::License);
            }
            _ => (text, None),
        };
        Ok(Self {
            text: text.to_owned(),
            license: Glob::new(license),
            exception: exception.map(Glob::new),
        })
    }

    /// As it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether the pattern is this text and has no star.
    pub(crate) fn is(&self, text: &str) -> bool {
        self.text.eq_ignore_ascii_case(text)
    }

    pub(crate) fn matches(&self, term: &Term) -> bool {
        let license = if term.is_no_assertion() {
            self.is("NOASSERTION")
        } else {
            term.spellings
                .iter()
                .any(|spelling| self.license.matches(spelling))
        };
        license
            && self.exception.as_ref().is_none_or(|glob| {
                term.exception
                    .as_deref()
                    .is_some_and(|exception| glob.matches(exception))
            })
    }
}
