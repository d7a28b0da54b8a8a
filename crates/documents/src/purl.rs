use std::fmt;

use doorward_core::Digest;

use crate::bounds;

/// A package URL (ECMA-427): `pkg:type/namespace/name@version?qualifiers#subpath`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PackageUrl {
    text: Box<str>,
    kind: Box<str>,
    namespace: Box<str>,
    name: Box<str>,
    version: Option<Box<str>>,
    /// Sorted, so that a pair is found without looking at all.
    qualifiers: Box<[Qualifier]>,
    subpath: Option<Box<str>>,
}

/// A key in lower case, and its value.
type Qualifier = (Box<str>, Box<str>);

/// The text is no package URL that is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected a package URL such as pkg:npm/lodash@4.17.21")]
pub struct PackageUrlError;

/// A qualifier stands there twice: one program takes the first, and another the last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Twice;

impl PackageUrl {
    /// Reads a package URL of at most [`bounds::NAME`] bytes ("Parse a purl string").
    ///
    /// # Errors
    /// Another scheme, no type or name, a percent sign that begins no escape, or escapes that are not UTF-8.
    pub fn parse(text: &str) -> Result<Self, PackageUrlError> {
        if text.len() > bounds::NAME {
            return Err(PackageUrlError);
        }
        let (scheme, rest) = text.split_once(':').ok_or(PackageUrlError)?;
        if !scheme.eq_ignore_ascii_case("pkg") {
            return Err(PackageUrlError);
        }
        let (rest, subpath) = match rest.rsplit_once('#') {
            Some((rest, subpath)) => (rest, Some(segments(subpath)?)),
            None => (rest, None),
        };
        let (rest, qualifiers) = match rest.rsplit_once('?') {
            Some((rest, list)) => (rest, qualifiers(list)?),
            None => (rest, Vec::new()),
        };
        let (kind, rest) = rest
            .trim_start_matches('/')
            .split_once('/')
            .ok_or(PackageUrlError)?;
        // A version may hold a slash, so that it is split off before the name is.
        let (path, version) = match rest.rsplit_once('@') {
            // The `@` of an npm scope that was not escaped begins no version.
            Some((path, version)) if !path.is_empty() && !path.ends_with('/') => {
                (path, Some(decoded(version)?))
            }
            _ => (rest, None),
        };
        let path = path.trim_matches('/');
        let (namespace, name) = path.rsplit_once('/').unwrap_or(("", path));
        // An empty segment is none ("Rules for each purl component", "Namespace").
        let kind = kind.to_ascii_lowercase();
        let named = kind
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b".-+".contains(&b));
        let (mut namespace, mut name) = (segments(namespace)?, decoded(name)?);
        if kind.is_empty() || !named || name.is_empty() {
            return Err(PackageUrlError);
        }
        // purl types whose definitions say that case, or `_`, makes no difference.
        match kind.as_str() {
            "pypi" => name = name.to_ascii_lowercase().replace('_', "-"),
            "github" | "bitbucket" | "composer" | "oci" => {
                namespace.make_ascii_lowercase();
                name.make_ascii_lowercase();
            }
            "apk" | "deb" | "alpm" => {
                namespace.make_ascii_lowercase();
                name.make_ascii_lowercase();
            }
            "rpm" => namespace.make_ascii_lowercase(),
            _ => {}
        }
        Ok(Self {
            text: text.into(),
            kind: kind.into(),
            namespace: namespace.into(),
            name: name.into(),
            version: version
                .filter(|version| !version.is_empty())
                .map(Into::into),
            qualifiers: qualifiers.into(),
            subpath: subpath
                .filter(|subpath| !subpath.is_empty())
                .map(Into::into),
        })
    }

    /// As it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The type in lower case: `npm`, `deb`, `oci`.
    #[must_use]
    pub fn kind(&self) -> &str {
        &self.kind
    }

    /// The namespace, unescaped; empty if there is none.
    #[must_use]
    pub fn namespace(&self) -> &str {
        &self.namespace
    }

    /// The name, unescaped.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The version, unescaped.
    #[must_use]
    pub fn version(&self) -> Option<&str> {
        self.version.as_deref()
    }

    /// The value of a qualifier, unescaped; `key` is in lower case.
    ///
    /// # Errors
    /// [`Twice`], whether or not the values are the same.
    pub(crate) fn qualifier(&self, key: &str) -> Result<Option<&str>, Twice> {
        let mut named = self.qualifiers.iter().filter(|(name, _)| &**name == key);
        let first = named.next().map(|(_, value)| &**value);
        match named.next() {
            None => Ok(first),
            Some(_) => Err(Twice),
        }
    }

    /// The digest in the version of a URL of the type `oci`: `pkg:oci/app@sha256%3A…`.
    #[must_use]
    pub fn image_digest(&self) -> Option<Digest> {
        if &*self.kind != "oci" {
            return None;
        }
        self.version.as_ref()?.parse().ok()
    }

    /// Returns whether this URL, as somebody's choice of packages, covers the package `other`: type, namespace and name
    /// are the same, and whatever else this URL has, `other` has with the same value. Without a version it covers all.
    #[must_use]
    pub fn covers(&self, other: &Self) -> bool {
        self.same_package(other, |one, two| one == two)
            && (self.version.is_none() || self.version == other.version)
    }

    /// Like [`covers`](Self::covers), with names compared without regard to the case of letters: for rules that deny.
    /// The version of `other` is its own, and also the one that is `told` of the package; every one if there is neither.
    pub(crate) fn covers_loosely(&self, other: &Self, told: Option<&str>) -> bool {
        let covers_version = self.version().is_none_or(|own| {
            let mut versions = other.version().into_iter().chain(told).peekable();
            versions.peek().is_none() || versions.any(|one| own.eq_ignore_ascii_case(one))
        });
        covers_version && self.same_package(other, str::eq_ignore_ascii_case)
    }

    fn same_package(&self, other: &Self, same: fn(&str, &str) -> bool) -> bool {
        self.kind == other.kind
            && same(&self.namespace, &other.namespace)
            && same(&self.name, &other.name)
            && (self.subpath.is_none() || self.subpath == other.subpath)
            && self
                .qualifiers
                .iter()
                .all(|qualifier| other.qualifiers.binary_search(qualifier).is_ok())
    }

    /// About how many bytes of memory it holds: the text twice, and what its parts take beside that.
    pub(crate) fn held(&self) -> usize {
        const PARTS: usize = 200;
        PARTS + 2 * self.text.len() + 64 * self.qualifiers.len()
    }

    /// How many steps it takes to compare it with another one, for each step of the other's.
    pub(crate) fn steps(&self) -> usize {
        const UNIT: usize = 64;
        1 + self.text.len() / UNIT
    }

    /// The URL without qualifiers and subpath, in lower case and unescaped: without its version, and with each that it has.
    /// These are its own and the one that is `told` of the package.
    pub(crate) fn plain(&self, told: Option<&str>) -> (String, Vec<String>) {
        let slash = if self.namespace.is_empty() { "" } else { "/" };
        let base = format!("pkg:{}/{}{slash}{}", self.kind, self.namespace, self.name)
            .to_ascii_lowercase();
        let mut versions: Vec<&str> = self.version().into_iter().chain(told).collect();
        versions.dedup();
        let whole = versions
            .iter()
            .map(|version| format!("{base}@{}", version.to_ascii_lowercase()))
            .collect();
        (base, whole)
    }
}

impl fmt::Display for PackageUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// Qualifiers by key in lower case, those without a value left out ("Rules for each purl component", "Qualifiers").
fn qualifiers(list: &str) -> Result<Vec<Qualifier>, PackageUrlError> {
    let mut read = Vec::new();
    for pair in list.split('&') {
        let Some((key, value)) = pair.split_once('=') else {
            continue;
        };
        if !value.is_empty() {
            read.push((key.to_ascii_lowercase().into(), decoded(value)?.into()));
        }
    }
    read.sort_unstable();
    Ok(read)
}

/// The segments of a namespace or subpath, without those that are empty.
fn segments(text: &str) -> Result<String, PackageUrlError> {
    let mut joined = String::new();
    for segment in text.split('/').filter(|segment| !segment.is_empty()) {
        if !joined.is_empty() {
            joined.push('/');
        }
        joined.push_str(&decoded(segment)?);
    }
    Ok(joined)
}

fn decoded(text: &str) -> Result<String, PackageUrlError> {
    if !text.contains('%') {
        return Ok(text.to_owned());
    }
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(if byte == b'%' {
            let mut digit = || rest.next().and_then(|b| char::from(b).to_digit(16));
            let (high, low) = (
                digit().ok_or(PackageUrlError)?,
                digit().ok_or(PackageUrlError)?,
            );
            u8::try_from(high * 16 + low).map_err(|_| PackageUrlError)?
        } else {
            byte
        });
    }
    String::from_utf8(bytes).map_err(|_| PackageUrlError)
}
