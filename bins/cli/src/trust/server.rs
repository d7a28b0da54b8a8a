//! Trust servers that are named on the command line.

use clap::Args;
use doorward::notary::codes as notary_codes;
use doorward::notary::usual_trust_servers;
use doorward_core::{
    Checked, Code, Fact, Fetch, FetchError, Fetched, Fetcher, Rejection, Repository, Resource,
    Scheme,
};

/// The longest root that is read: the bound that verification has.
pub(crate) const MAX_ROOT: usize = 1 << 20;

/// Trust servers, named by hand.
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct ServerArgs {
    /// The base URL of a trust server; several with commas between have the same collections, the preferred one first
    ///
    /// Without it, the registry's usual one: https://notary.docker.io for Docker Hub, else the registry itself.
    #[arg(
        long = "trust-server",
        value_name = "URL",
        value_delimiter = ',',
        value_parser = url
    )]
    pub(crate) servers: Vec<String>,
}

fn url(text: &str) -> Result<String, &'static str> {
    let text = text.trim();
    let rest = text
        .strip_prefix("https://")
        .or_else(|| text.strip_prefix("http://"));
    match rest {
        None | Some("") => Err("expected an https or http URL"),
        Some(rest)
            if rest
                .split('/')
                .next()
                .is_some_and(|host| host.contains('@')) =>
        {
            Err("credentials come from the Docker configuration or pull Secrets, not from the URL")
        }
        Some(_) => Ok(text.to_owned()),
    }
}

/// The servers that were named for `gun`, else its usual ones.
pub(crate) fn named(servers: &[String], gun: &Repository) -> Vec<String> {
    if servers.is_empty() {
        usual_trust_servers(gun)
    } else {
        servers.to_vec()
    }
}

/// The current root that the servers have for a collection, unverified.
///
/// # Errors
/// Why there is none, as a rejection.
pub(crate) async fn ask_root(
    servers: &[String],
    gun: &Repository,
    fetcher: &dyn Fetcher,
) -> Result<Fetched, Rejection> {
    let resource = Resource::NotaryMetadata {
        servers: servers.to_vec(),
        gun: gun.clone(),
        file: "root.json".to_owned(),
    };
    let fetch = Fetch::new(resource, MAX_ROOT);
    let answer = fetcher.fetch(&fetch).await;
    answer
        .and_then(|fetched| fetched.check(&fetch).map(Checked::into_fetched))
        .map_err(|error| refused(&fetch.resource, &error))
}

/// What a verification would say about it.
fn refused(resource: &Resource, error: &FetchError) -> Rejection {
    let code = match error {
        FetchError::CredentialProvider { .. } | FetchError::Insecure { .. } => Code::from(error),
        FetchError::NotFound => notary_codes::TRUST_DATA_MISSING,
        FetchError::TooLarge { .. } => notary_codes::TOO_LARGE,
        FetchError::Unauthorized { .. } => notary_codes::SERVER_UNAUTHORIZED,
        FetchError::DigestMismatch { .. } | FetchError::Malformed { .. } => {
            notary_codes::SERVER_MALFORMED
        }
        // Also errors that are not known here: nothing was said about the collection.
        _ => notary_codes::SERVER_UNAVAILABLE,
    };
    let rejection = Rejection::new(code, format!("{resource}: {error}"))
        .with_fact(Fact::resource(resource))
        .in_scheme(Scheme::NOTARY);
    match Fact::of_answer(error) {
        Some(fact) => rejection.with_fact(fact),
        None => rejection,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_with_credentials_or_another_scheme_is_refused() {
        assert!(url("ftp://notary.example").is_err());
        assert!(url("notary.example").is_err());
        assert!(url("https://alice:secret@notary.example").is_err());
        assert_eq!(
            url(" https://notary.example/a@b"),
            Ok("https://notary.example/a@b".to_owned())
        );
    }
}
