//! What was asked for.

use serde::{Serialize, Serializer};

use super::TranscriptError;
use super::form::{Base64, Shown, decoded};
use super::read::{Members, shape, text};
use crate::json::Value;
use crate::{Fetch, Resource, Selector};

/// The most servers that one resource names.
const MAX_SERVERS: usize = 64;

/// A request as it is written down: without what to authenticate with, and without what stands in a URL beside its
/// path.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Asked(Fetch);

impl Asked {
    /// What is written down of a request.
    ///
    /// A store may take a token in the query of a URL, and a URL may have user information, so both are left out of it.
    /// Two requests that differ in these alone are told apart by their order.
    #[must_use]
    pub fn of(fetch: &Fetch) -> Self {
        let resource = match &fetch.resource {
            Resource::Lookaside { url, access: _ } => Resource::Lookaside {
                url: bare(url),
                access: None,
            },
            Resource::NotaryMetadata { servers, gun, file } => Resource::NotaryMetadata {
                servers: servers.iter().map(|server| bare(server)).collect(),
                gun: gun.clone(),
                file: file.clone(),
            },
            Resource::Revocation { url, request } => Resource::Revocation {
                url: bare(url),
                request: request.clone(),
            },
            other => other.clone(),
        };
        // There is no field for what opens it.
        let mut asked = Fetch::new(resource, fetch.max_bytes);
        // What is kept beside an answer depends on whose it is.
        asked.authority.clone_from(&fetch.authority);
        Self(asked)
    }

    /// The request, without what was left out.
    #[must_use]
    pub const fn fetch(&self) -> &Fetch {
        &self.0
    }

    pub(super) fn read(members: &mut Members<'_>) -> Result<Self, TranscriptError> {
        let value = members.next("resource")?;
        let max_bytes = members.number("maxBytes")?;
        let mut fetch = Fetch::new(resource(value)?, max_bytes);
        if let Some(authority) = members.next_if("authority") {
            let authority = authority.as_str().ok_or(shape("authority"))?;
            fetch.authority = Some(authority.parse().map_err(|_| shape("authority"))?);
        }
        // What is not left out was put there by somebody else.
        let asked = Self::of(&fetch);
        if asked.0 == fetch {
            Ok(asked)
        } else {
            Err(shape("resource"))
        }
    }
}

/// A URL without user information, query and fragment. What is no URL stays as it is.
pub(super) fn bare(text: &str) -> String {
    let Some((scheme, rest)) = text.split_once("://") else {
        return text.to_owned();
    };
    let rest = rest.split(['?', '#']).next().unwrap_or_default();
    let end = rest.find(['/', '\\']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at(end);
    let host = authority.rsplit('@').next().unwrap_or_default();
    format!("{scheme}://{host}{path}")
}

fn resource(value: &Value) -> Result<Resource, TranscriptError> {
    let mut members = Members::of(value, "resource")?;
    let kind = members.text("kind")?;
    let resource = match kind {
        "lookaside" => Resource::Lookaside {
            url: members.text("url")?.to_owned(),
            access: None,
        },
        "notary-metadata" => Resource::NotaryMetadata {
            servers: members.list("servers", MAX_SERVERS, |one| text(one, "servers"))?,
            gun: members.parsed("gun")?,
            file: members.text("file")?.to_owned(),
        },
        "plugin" => Resource::Plugin {
            name: members.parsed("name")?,
            command: members.parsed("command")?,
            request: decoded(members.text("request")?, "request")?.into(),
        },
        "revocation" => Resource::Revocation {
            url: members.text("url")?.to_owned(),
            request: match members.optional("request")? {
                None => None,
                Some(text) => Some(decoded(text, "request")?.into()),
            },
        },
        _ => {
            let repository = members.parsed("repository")?;
            match kind {
                "blob" => Resource::Blob {
                    repository,
                    digest: members.parsed("digest")?,
                },
                "manifest" => {
                    let selector = match (members.optional("digest")?, members.optional("tag")?) {
                        (Some(digest), None) => {
                            Selector::Digest(digest.parse().map_err(|_| shape("digest"))?)
                        }
                        (None, Some(tag)) => Selector::Tag(tag.parse().map_err(|_| shape("tag"))?),
                        _ => return Err(shape("digest")),
                    };
                    Resource::Manifest {
                        repository,
                        selector,
                    }
                }
                "referrers" => Resource::Referrers {
                    repository,
                    digest: members.parsed("digest")?,
                },
                "signature-extension" => Resource::SignatureExtension {
                    repository,
                    digest: members.parsed("digest")?,
                },
                "vulnerability-status" => Resource::VulnerabilityStatus {
                    repository,
                    digest: members.parsed("digest")?,
                    account: members.optional("account")?.map(str::to_owned),
                },
                _ => return Err(shape("kind")),
            }
        }
    };
    members.end()?;
    Ok(resource)
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Form<'a> {
    resource: ResourceForm<'a>,
    max_bytes: usize,
    /// Left out where nobody's answer is wanted more than another's, so that there is one text for each request.
    #[serde(skip_serializing_if = "Option::is_none")]
    authority: Option<&'a str>,
}

#[derive(Serialize)]
#[serde(
    tag = "kind",
    rename_all = "kebab-case",
    rename_all_fields = "camelCase"
)]
enum ResourceForm<'a> {
    Blob {
        repository: Shown<&'a crate::Repository>,
        digest: &'a str,
    },
    Lookaside {
        url: &'a str,
    },
    Manifest {
        repository: Shown<&'a crate::Repository>,
        digest: Option<&'a str>,
        tag: Option<&'a str>,
    },
    NotaryMetadata {
        servers: &'a [String],
        gun: Shown<&'a crate::Repository>,
        file: &'a str,
    },
    Plugin {
        name: &'a str,
        command: &'static str,
        request: Base64<'a>,
    },
    Referrers {
        repository: Shown<&'a crate::Repository>,
        digest: &'a str,
    },
    Revocation {
        url: &'a str,
        request: Option<Base64<'a>>,
    },
    SignatureExtension {
        repository: Shown<&'a crate::Repository>,
        digest: &'a str,
    },
    VulnerabilityStatus {
        repository: Shown<&'a crate::Repository>,
        digest: &'a str,
        account: Option<&'a str>,
    },
}

impl<'a> From<&'a Resource> for ResourceForm<'a> {
    fn from(resource: &'a Resource) -> Self {
        match resource {
            Resource::Blob { repository, digest } => Self::Blob {
                repository: Shown(repository),
                digest: digest.as_str(),
            },
            // There is no field for a credential.
            Resource::Lookaside { url, access: _ } => Self::Lookaside { url },
            Resource::Manifest {
                repository,
                selector,
            } => Self::Manifest {
                repository: Shown(repository),
                digest: match selector {
                    Selector::Digest(digest) => Some(digest.as_str()),
                    Selector::Tag(_) => None,
                },
                tag: match selector {
                    Selector::Digest(_) => None,
                    Selector::Tag(tag) => Some(tag.as_str()),
                },
            },
            Resource::NotaryMetadata { servers, gun, file } => Self::NotaryMetadata {
                servers,
                gun: Shown(gun),
                file,
            },
            Resource::Plugin {
                name,
                command,
                request,
            } => Self::Plugin {
                name: name.as_str(),
                command: command.as_str(),
                request: Base64(request),
            },
            Resource::Referrers { repository, digest } => Self::Referrers {
                repository: Shown(repository),
                digest: digest.as_str(),
            },
            Resource::Revocation { url, request } => Self::Revocation {
                url,
                request: request.as_deref().map(Base64),
            },
            Resource::SignatureExtension { repository, digest } => Self::SignatureExtension {
                repository: Shown(repository),
                digest: digest.as_str(),
            },
            Resource::VulnerabilityStatus {
                repository,
                digest,
                account,
            } => Self::VulnerabilityStatus {
                repository: Shown(repository),
                digest: digest.as_str(),
                account: account.as_deref(),
            },
        }
    }
}

impl Serialize for Asked {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Form {
            resource: (&self.0.resource).into(),
            max_bytes: self.0.max_bytes,
            authority: self.0.authority.as_ref().map(crate::Digest::as_str),
        }
        .serialize(serializer)
    }
}
