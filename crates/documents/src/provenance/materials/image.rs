//! One entry of a list: whether it is an image, and which.

use doorward_core::text::one_line;
use doorward_core::{Algorithm, Digest, Pinned, Reference, Repository};

use super::MaterialError;
use crate::member::Node;
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

/// The image that an entry is. Returns `None` if it is something else, such as a repository or a package.
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
        return Ok(None);
    }
    let uri = uri.unwrap_or("something without an address");
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
    // Other algorithms are not looked at: what has no digest of this one has none.
    if digest.algorithm() != Algorithm::Sha256 {
        return Err(Unnamed::NoDigest);
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
    if let Some(text) = package.qualifier("digest") {
        let digest = text.parse();
        digests.push(digest.map_err(|_| Unnamed::Why("its digest is none"))?);
    }
    let name = match package.namespace() {
        "" => package.name().to_owned(),
        namespace => format!("{namespace}/{}", package.name()),
    };
    let place = package.qualifier("repository_url").map(without_scheme);
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
    scheme_of(uri).is_none() && package_type(uri).is_none() && uri.contains("@sha256:")
}
