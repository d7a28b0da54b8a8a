//! One entry of a list: whether it is an image, and which.

use doorward_core::text::one_line;
use doorward_core::{Algorithm, Authority, Digest, Pinned, Reference, Repository, taken_for};

use super::super::Source;
use super::MaterialError;
use crate::member::Node;
use crate::purl::Twice;
use crate::{DocumentError, PackageUrl};

/// The most characters that are shown of what a builder wrote.
const SHOWN: usize = 200;

/// The schemes of addresses that stand for an image in a registry: of images by the tools that copy them, of contexts of
/// `BuildKit`, and of what a node reports to Tekton.
const SCHEMES: [&str; 4] = ["docker", "docker-image", "docker-pullable", "oci"];

/// The schemes of addresses that stand for an image which is in no registry.
const LAYOUTS: [&str; 2] = ["docker-archive", "oci-layout"];

/// The types of package URLs that stand for an image (package URL types, `docker` and `oci`).
const PACKAGES: [&str; 2] = ["docker", "oci"];

/// What a descriptor has for its media type if it is one of an image.
const MEDIA_TYPES: [&str; 4] = [
    "application/vnd.docker.distribution.manifest.list.v2+json",
    "application/vnd.docker.distribution.manifest.v2+json",
    "application/vnd.oci.image.index.v1+json",
    "application/vnd.oci.image.manifest.v1+json",
];

pub(super) fn shown(text: &str) -> String {
    one_line(text, SHOWN)
}

/// Whether an address stands for an image.
fn is_image(uri: &str) -> bool {
    let by_scheme =
        scheme_of(uri).is_some_and(|(scheme, _)| has(&SCHEMES, scheme) || has(&LAYOUTS, scheme));
    by_scheme || package_type(uri).is_some() || is_bare(uri)
}

fn has(known: &[&str], text: &str) -> bool {
    known.iter().any(|one| one.eq_ignore_ascii_case(text))
}

/// The image that an entry is. Returns `None` if it is something else, such as a repository or a package. What may be one and is
/// named as nothing that is known is not passed over: it may be the one that should have been judged.
pub(super) fn read(
    entry: &Node<'_>,
) -> Result<Option<Result<Pinned, MaterialError>>, DocumentError> {
    // Of another form, it is judged by the readers of sources.
    let uri = entry.name("uri")?;
    let media_type = match entry.text("mediaType") {
        Err(error @ DocumentError::TooCostly { .. }) => return Err(error),
        text => text.ok().flatten(),
    };
    let is_of_image = uri.is_some_and(is_image)
        || media_type.is_some_and(|text| {
            let essence = text.split(';').next().unwrap_or_default().trim();
            has(&MEDIA_TYPES, essence)
        });
    if !is_of_image {
        let image = shown(uri.unwrap_or(UNNAMED));
        let why = unknown(entry, uri)?;
        return Ok(why.map(|why| Err(MaterialError::Unidentified { image, why })));
    }
    let uri = uri.unwrap_or(UNNAMED);
    let image = match digest_of(entry) {
        Err(error @ DocumentError::TooCostly { .. }) => return Err(error),
        Err(_) => Err(Unnamed::Why("its digest is none")),
        Ok(said) => identify(uri, said),
    };
    Ok(Some(image.map_err(|unnamed| {
        let image = shown(uri);
        match unnamed {
            Unnamed::NoDigest => MaterialError::NoDigest { image },
            Unnamed::Why(why) => MaterialError::Unidentified { image, why },
        }
    })))
}

/// What an entry is called that has no address.
const UNNAMED: &str = "something without an address";

/// The digests that an image can have.
const DIGESTS: [&str; 2] = ["sha256", "sha512"];

/// Why an entry may be an image although nothing says that it is one. Returns `None` if it is something else.
fn unknown(entry: &Node<'_>, uri: Option<&str>) -> Result<Option<&'static str>, DocumentError> {
    let Some(uri) = uri else {
        let may_be = has_twin(entry, "uri")? || may_have_digest(entry)?;
        return Ok(may_be.then_some("it has no address, and a digest that an image can have"));
    };
    if uri.parse::<Digest>().is_ok() {
        return Ok(Some("it is a digest, and does not say in which repository"));
    }
    let is_git = Source::under_version_control(uri).is_some();
    let may_be = match uri.parse::<Reference>() {
        Ok(name) if is_on_host(uri) && !is_git => name.tag().is_some() || may_have_digest(entry)?,
        _ => false,
    };
    Ok(may_be.then_some("it has the name of an image, and does not say that it is one"))
}

/// Whether an address without a scheme begins with the host of a registry.
fn is_on_host(uri: &str) -> bool {
    let host = uri.split_once('/').map(|(host, _)| host);
    scheme_of(uri).is_none() && host.is_some_and(Authority::is_written_in)
}

/// Whether its set of digests has one that an image can have, or is none that can be read.
fn may_have_digest(entry: &Node<'_>) -> Result<bool, DocumentError> {
    if has_twin(entry, "digest")? {
        return Ok(true);
    }
    let Some(set) = entry.member("digest")? else {
        return Ok(false);
    };
    let Some(members) = set.value().as_object() else {
        return Ok(true);
    };
    set.effort().step(members.len())?;
    let mut names = members.iter().map(|(name, _)| name.as_str());
    Ok(names.any(|name| taken_for(name, &DIGESTS).is_some()))
}

/// Whether a member stands there that some readers take for `name`, and this one does not.
fn has_twin(entry: &Node<'_>, name: &'static str) -> Result<bool, DocumentError> {
    match entry.without_twins(&[name]) {
        Err(error @ DocumentError::TooCostly { .. }) => Err(error),
        found => Ok(found.is_err()),
    }
}

/// Why an entry names no image.
enum Unnamed {
    NoDigest,
    Why(&'static str),
}

/// The digest of SHA-256 in the set of an entry (in-toto attestation framework, `DigestSet`), if it has one.
fn digest_of(entry: &Node<'_>) -> Result<Option<Digest>, DocumentError> {
    entry.without_twins(&["digest"])?;
    let Some(set) = entry.member("digest")? else {
        return Ok(None);
    };
    set.without_twins(&["sha256"])?;
    let Some(hex) = set.name("sha256")? else {
        return Ok(None);
    };
    let digest = format!("sha256:{hex}").parse();
    digest.map(Some).map_err(|_| set.malformed("a digest"))
}

/// The image at an address, with the digest that the address and the entry say.
fn identify(uri: &str, said: Option<Digest>) -> Result<Pinned, Unnamed> {
    let (repository, digests) = match package_type(uri) {
        Some(_) => of_package(uri)?,
        None => of_address(uri)?,
    };
    let mut digests = digests.into_iter().chain(said);
    let Some(digest) = digests.next() else {
        return Err(Unnamed::NoDigest);
    };
    if digests.any(|other| other != digest) {
        return Err(Unnamed::Why("it has two digests"));
    }
    if digest.algorithm() != Algorithm::Sha256 {
        return Err(Unnamed::Why("its digest is not one of SHA-256"));
    }
    Ok(Pinned::new(repository, digest))
}

type Named = (Repository, Vec<Digest>);

/// What stands behind a scheme, or without one.
fn of_address(uri: &str) -> Result<Named, Unnamed> {
    let rest = match scheme_of(uri) {
        None => uri,
        Some((scheme, rest)) if has(&SCHEMES, scheme) => rest,
        Some(_) => return Err(Unnamed::Why("its address is none in a registry")),
    };
    let reference: Reference = rest
        .parse()
        .map_err(|_| Unnamed::Why("its address is no name of an image"))?;
    let digest = reference.digest().cloned();
    Ok((reference.into_repository(), digest.into_iter().collect()))
}

/// What a package URL of an image says (package URL types, `docker` and `oci`).
fn of_package(uri: &str) -> Result<Named, Unnamed> {
    let package =
        PackageUrl::parse(uri).map_err(|_| Unnamed::Why("its package URL cannot be read"))?;
    let mut digests = Vec::new();
    // A version is a tag, or the digest itself.
    if let Some(version) = package.version()
        && version.contains(':')
    {
        let digest = version.parse();
        digests.push(digest.map_err(|_| Unnamed::Why("its version is no digest"))?);
    }
    let qualifier = |key: &str| {
        let found = package.qualifier(key);
        found.map_err(|Twice| Unnamed::Why("its package URL says something twice"))
    };
    if let Some(text) = qualifier("digest")? {
        let digest = text.parse();
        digests.push(digest.map_err(|_| Unnamed::Why("its digest is none"))?);
    }
    let name = match package.namespace() {
        "" => package.name().to_owned(),
        namespace => format!("{namespace}/{}", package.name()),
    };
    let place = qualifier("repository_url")?.map(without_scheme);
    let whole = match (package.kind(), place) {
        ("oci", None) => return Err(Unnamed::Why("it does not say in which repository")),
        // The repository itself, which ends in the name.
        ("oci", Some(place)) => {
            let last = place.rsplit('/').next().unwrap_or_default();
            if last != package.name() {
                return Err(Unnamed::Why("its repository has another name"));
            }
            place.to_owned()
        }
        (_, None | Some("hub.docker.com" | "index.docker.io" | "docker.io")) => name,
        (_, Some(place)) => format!("{place}/{name}"),
    };
    let reference: Reference = whole
        .parse()
        .map_err(|_| Unnamed::Why("its repository is none"))?;
    if !reference.is_name_only() {
        return Err(Unnamed::Why("its repository is none"));
    }
    Ok((reference.into_repository(), digests))
}

fn without_scheme(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    rest.trim_end_matches('/')
}

fn scheme_of(uri: &str) -> Option<(&str, &str)> {
    uri.split_once("://")
}

/// The type of a package URL that stands for an image. It can be written in other cases of letters.
fn package_type(uri: &str) -> Option<&'static str> {
    let (scheme, rest) = uri.split_once(':')?;
    if !scheme.eq_ignore_ascii_case("pkg") {
        return None;
    }
    let kind = rest.trim_start_matches('/').split('/').next()?;
    let mut known = PACKAGES.into_iter();
    known.find(|one| one.eq_ignore_ascii_case(kind))
}

/// Whether it is a name of an image with its digest and no scheme before it, as people write them.
fn is_bare(uri: &str) -> bool {
    let mut behind = uri.split('@').skip(1);
    let has_digest = behind.any(|rest| rest.split_once(':').is_some_and(|(name, _)| is_sha(name)));
    has_digest && scheme_of(uri).is_none() && package_type(uri).is_none()
}

/// Whether it is the name of an algorithm of the family, in whatever letters.
fn is_sha(name: &str) -> bool {
    let bits = name.split_at_checked(3);
    bits.is_some_and(|(sha, bits)| {
        let are_digits = !bits.is_empty() && bits.bytes().all(|byte| byte.is_ascii_digit());
        sha.eq_ignore_ascii_case("sha") && are_digits
    })
}
