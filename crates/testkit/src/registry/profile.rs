//! How registries in the field differ.

use http::StatusCode;

use super::manners::{Authentication, BlobRedirect, TokenField};

/// A registry product or service whose manners a [`Registry`](super::Registry) takes on.
///
/// A profile shapes what clients stumble over: which challenges come in which form, where the token endpoint is and
/// what it answers, whether blobs are redirected, and how missing or forbidden things are told. It is made from the
/// services' documented and observed behaviour; it is not an emulation of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Profile {
    /// Azure Container Registry: the token is in `access_token` only, a Basic challenge comes in a second header,
    /// and blobs are redirected to a storage host that refuses requests with credentials.
    Acr,
    /// JFrog Artifactory: a Bearer and a Basic challenge in one header, token endpoint below `/v2`.
    Artifactory,
    /// The CNCF `distribution` registry with a password file: Basic only.
    Distribution,
    /// Docker Hub: token endpoint on another host, both `token` and `access_token`, rate limit headers, blobs on
    /// another host.
    DockerHub,
    /// Amazon Elastic Container Registry: Basic challenge with a service parameter, refusals in plain text.
    Ecr,
    /// GitHub Container Registry: the challenge of `/v2/` carries a scope that means nothing, anonymous tokens for
    /// private repositories are refused with 403, no referrers API, blobs on another host.
    Ghcr,
    /// Google Artifact Registry: forbidden things are 403, blobs are redirected on the same host.
    Google,
    /// Harbor: `token` only, the token endpoint does not know POST, missing artifacts have a code of their own.
    Harbor,
    /// Quay: token endpoint at `/v2/auth`, spaces after the commas of the challenge, blobs on another host.
    Quay,
}

impl Profile {
    /// Every profile.
    pub const ALL: [Self; 9] = [
        Self::Acr,
        Self::Artifactory,
        Self::Distribution,
        Self::DockerHub,
        Self::Ecr,
        Self::Ghcr,
        Self::Google,
        Self::Harbor,
        Self::Quay,
    ];

    pub(super) fn shape(self) -> Shape {
        let bearer = Shape::default();
        match self {
            Self::Acr => Shape {
                token_path: "/oauth2/token",
                service: "registry.azurecr.example",
                challenges: vec![
                    r#"Bearer realm="{realm}",service="{service}"{,scope}{,error}"#.to_owned(),
                    r#"Basic realm="{service}""#.to_owned(),
                ],
                token_field: TokenField::AccessToken,
                expires_in: Some(4_500),
                blob_redirect: BlobRedirect::OtherHost,
                ..bearer
            },
            Self::Artifactory => Shape {
                token_path: "/v2/token",
                service: "registry.jfrog.example",
                challenges: vec![
                    r#"Bearer realm="{realm}",service="{service}"{,scope}{,error}, Basic realm="Artifactory Realm""#
                        .to_owned(),
                ],
                post: Some(StatusCode::METHOD_NOT_ALLOWED),
                expires_in: Some(3_600),
                ..bearer
            },
            Self::Distribution => Shape {
                authentication: Authentication::Basic,
                challenges: vec![r#"Basic realm="basic-realm""#.to_owned()],
                referrers: false,
                ..bearer
            },
            Self::DockerHub => Shape {
                service: "registry.docker.example",
                separate_token_host: true,
                token_field: TokenField::Both,
                blob_redirect: BlobRedirect::OtherHost,
                rate_limit: true,
                ..bearer
            },
            Self::Ecr => Shape {
                authentication: Authentication::Basic,
                service: "ecr.amazonaws.example",
                challenges: vec![r#"Basic realm="{main}/",service="{service}""#.to_owned()],
                text_refusals: true,
                blob_redirect: BlobRedirect::OtherHost,
                ..bearer
            },
            Self::Ghcr => Shape {
                token_path: "/token",
                service: "ghcr.example",
                ping_scope: Some("repository:user/image:pull"),
                anonymous_refusal: Some(StatusCode::FORBIDDEN),
                forbidden: StatusCode::FORBIDDEN,
                expires_in: None,
                blob_redirect: BlobRedirect::OtherHost,
                referrers: false,
                ..bearer
            },
            Self::Google => Shape {
                token_path: "/v2/token",
                service: "docker.pkg.example",
                forbidden: StatusCode::FORBIDDEN,
                expires_in: Some(43_200),
                blob_redirect: BlobRedirect::SameHost,
                ..bearer
            },
            Self::Harbor => Shape {
                token_path: "/service/token",
                service: "harbor-registry",
                post: Some(StatusCode::NOT_FOUND),
                missing_code: "NOT_FOUND",
                expires_in: Some(1_800),
                ..bearer
            },
            Self::Quay => Shape {
                token_path: "/v2/auth",
                service: "quay.example",
                challenges: vec![
                    r#"Bearer realm="{realm}", service="{service}"{,scope}{,error}"#.to_owned(),
                ],
                expires_in: None,
                blob_redirect: BlobRedirect::OtherHost,
                ..bearer
            },
        }
    }
}

/// The particulars of a registry's manners. The default is a plain registry with bearer tokens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Shape {
    pub(super) authentication: Authentication,
    pub(super) token_path: &'static str,
    pub(super) separate_token_host: bool,
    pub(super) service: &'static str,
    /// One `WWW-Authenticate` header each. `{main}`, `{realm}` and `{service}` are replaced, `{,scope}` and
    /// `{,error}` by a parameter where there is something to say, else by nothing.
    pub(super) challenges: Vec<String>,
    /// A scope in the challenge of `/v2/`.
    pub(super) ping_scope: Option<&'static str>,
    pub(super) token_field: TokenField,
    /// `expires_in` of a token, in seconds; `None` leaves it out.
    pub(super) expires_in: Option<u64>,
    /// What a POST to the token endpoint is answered with, if it is not supported.
    pub(super) post: Option<StatusCode>,
    /// What an anonymous request for a token for something private is answered with; `None` gives a token that is
    /// good for nothing.
    pub(super) anonymous_refusal: Option<StatusCode>,
    /// What a request is answered with whose token or account may not do what it asks.
    pub(super) forbidden: StatusCode,
    /// The error code of a manifest that does not exist.
    pub(super) missing_code: &'static str,
    pub(super) text_refusals: bool,
    pub(super) blob_redirect: BlobRedirect,
    pub(super) rate_limit: bool,
    pub(super) referrers: bool,
}

impl Default for Shape {
    fn default() -> Self {
        Self {
            authentication: Authentication::Bearer,
            token_path: "/token",
            separate_token_host: false,
            service: "registry.example",
            challenges: vec![
                r#"Bearer realm="{realm}",service="{service}"{,scope}{,error}"#.to_owned(),
            ],
            ping_scope: None,
            token_field: TokenField::Token,
            expires_in: Some(300),
            post: None,
            anonymous_refusal: None,
            forbidden: StatusCode::UNAUTHORIZED,
            missing_code: "MANIFEST_UNKNOWN",
            text_refusals: false,
            blob_redirect: BlobRedirect::None,
            rate_limit: false,
            referrers: true,
        }
    }
}
