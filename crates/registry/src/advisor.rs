//! Where vulnerability advisors are, and the token service that their callers need.

use doorward_core::{Digest, FetchError, Repository};
use url::Url;

use crate::BuildError;
use crate::origin::host_of;
use crate::plain_http::PlainHttp;
use crate::service::service;

/// The token service of IBM Cloud
/// ([documentation](https://cloud.ibm.com/docs/account?topic=account-iamtoken_from_apikey)).
const TOKENS: &str = "https://iam.cloud.ibm.com/identity/token";
/// What is asked of an advisor, below its address: version 3 of IBM Vulnerability Advisor.
const STATUS: &str = "va/api/v3/report/image/status";

/// Where vulnerability advisors are.
pub(crate) struct Advisors {
    /// Where all of them are asked, if not at the registries themselves.
    at: Option<Url>,
    /// Where API keys are exchanged for tokens.
    tokens: Url,
    /// Whether the operator says where that is.
    is_told: bool,
}

impl Advisors {
    /// Reads the settings.
    pub(crate) fn of(
        at: Option<&str>,
        tokens: Option<&str>,
        plain: &PlainHttp,
    ) -> Result<Self, BuildError> {
        let at = at.map(|at| service("vulnerability advisor", at, plain));
        Ok(Self {
            at: at.transpose()?,
            tokens: service("token service", tokens.unwrap_or(TOKENS), plain)?,
            is_told: tokens.is_some(),
        })
    }

    /// The servers that the operator named.
    pub(crate) fn named(&self) -> Vec<String> {
        let tokens = self.is_told.then_some(&self.tokens);
        self.at.iter().chain(tokens).map(host_of).collect()
    }

    /// Where API keys are exchanged for tokens.
    pub(crate) const fn tokens(&self) -> &Url {
        &self.tokens
    }

    /// Where the advisor of the registry of this repository is.
    pub(crate) fn base(&self, repository: &Repository) -> Result<Url, FetchError> {
        match &self.at {
            Some(at) => Ok(at.clone()),
            None => url(&format!("https://{}/", repository.authority())),
        }
    }

    /// Where it tells the status of an image. The service wants the name with the registry in it.
    pub(crate) fn status(
        &self,
        repository: &Repository,
        digest: &Digest,
    ) -> Result<Url, FetchError> {
        let base = self.base(repository)?;
        let base = base.as_str().trim_end_matches('/');
        url(&format!("{base}/{STATUS}/{repository}@{digest}"))
    }
}

fn url(text: &str) -> Result<Url, FetchError> {
    Url::parse(text).map_err(|_| FetchError::Malformed {
        detail: "the address of the vulnerability advisor is not an URL".to_owned(),
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn status(at: Option<&str>, repository: &str) -> String {
        let advisors = Advisors::of(at, None, &PlainHttp::default()).unwrap();
        let digest = format!("sha256:{}", "a".repeat(64)).parse().unwrap();
        let url = advisors.status(&repository.parse().unwrap(), &digest);
        url.unwrap().into()
    }

    #[test]
    fn the_advisor_is_asked_at_the_registry_under_the_whole_name_and_the_digest() {
        let digest = "a".repeat(64);
        assert_eq!(
            status(None, "us.icr.io/shop/web"),
            format!(
                "https://us.icr.io/va/api/v3/report/image/status/us.icr.io/shop/web@sha256:{digest}"
            )
        );
        for at in ["https://gate.example/ibm", "https://gate.example/ibm/"] {
            assert_eq!(
                status(Some(at), "icr.io/shop/web"),
                format!(
                    "https://gate.example/ibm/va/api/v3/report/image/status/icr.io/shop/web@sha256:{digest}"
                )
            );
        }
    }

    #[test]
    fn no_service_that_is_shown_credentials_is_on_http_unless_the_operator_names_it() {
        let mut plain = PlainHttp::default();
        plain.add("gate.example".parse().unwrap());
        for (text, expected) in [
            ("https://gate.example", true),
            ("http://gate.example", true),
            ("http://127.0.0.1:8080/va", true),
            ("http://other.example", false),
            ("ftp://gate.example", false),
            ("gate.example", false),
            ("https://user:s3cret@gate.example", false),
            ("https://gate.example/?a=s3cret", false),
            ("https://gate.example/#a", false),
            ("", false),
        ] {
            for (at, tokens) in [(Some(text), None), (None, Some(text))] {
                let read = Advisors::of(at, tokens, &plain);
                assert_eq!(read.is_ok(), expected, "{text}");
                let told = read.err().map(|error| error.to_string());
                assert!(!told.unwrap_or_default().contains("s3cret"));
            }
        }
    }

    #[test]
    fn only_what_the_operator_says_is_named_by_the_operator() {
        let named = |at, tokens| {
            let advisors = Advisors::of(at, tokens, &PlainHttp::default());
            advisors.unwrap().named()
        };
        assert!(named(None, None).is_empty());
        assert_eq!(
            named(Some("https://a.example"), Some("https://b.example:1/c")),
            ["a.example", "b.example:1"]
        );
    }
}
