//! Where alerts go, and how often.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result, ensure};

use crate::settings;

/// How long the same is only counted after it was told.
pub(super) const QUIET: Duration = Duration::from_secs(600);
/// How often an alert is sent before it is given up.
pub(super) const TRIES: u32 = 8;
/// The wait after the first try. It doubles each time.
pub(super) const FIRST_WAIT: Duration = Duration::from_secs(1);
/// The longest wait between two tries, whatever the receiver asks for.
pub(super) const LONGEST_WAIT: Duration = Duration::from_secs(60);
/// The longest source. A URI has room in two thousand characters, and nobody reads that.
const MAX_SOURCE: usize = 256;

/// Where alerts go.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct AlertArgs {
    /// Post an alert as a CloudEvent to this address when an image is refused, would be refused, or is admitted by exception, and
    /// when remembered trust was lost
    #[arg(long, value_name = "URL", env = "DOORWARD_ALERT_URL")]
    pub alert_url: Option<String>,

    /// The `source` of these events, which tells clusters apart: a URI, or the name of the cluster
    #[arg(
        long,
        value_name = "SOURCE",
        env = "DOORWARD_ALERT_SOURCE",
        default_value = "doorward",
        value_parser = source
    )]
    pub alert_source: String,

    /// File with a token that is shown to the receiver. Read for each alert, so that it may change
    #[arg(
        long,
        value_name = "FILE",
        env = "DOORWARD_ALERT_TOKEN_FILE",
        requires = "alert_url"
    )]
    pub alert_token_file: Option<PathBuf>,
}

/// What can stand as `source` (`CloudEvents` 1.0, "source": a URI reference that is not empty).
fn source(text: &str) -> Result<String> {
    ensure!(
        (1..=MAX_SOURCE).contains(&text.len()),
        "expected 1 to {MAX_SOURCE} characters"
    );
    let stands = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~:/?#@!$&'()*+,;=".contains(&byte);
    ensure!(
        text.bytes().all(stands),
        "expected a URI or a name: letters, digits and the characters that URIs have, nothing encoded"
    );
    // RFC 3986, 4.2: what stands before a colon in the first segment is a scheme.
    let first = text.split(['/', '?', '#']).next().unwrap_or_default();
    if let Some((scheme, _)) = first.split_once(':') {
        let is_scheme = scheme.starts_with(|first: char| first.is_ascii_alphabetic())
            && scheme
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte));
        ensure!(
            is_scheme,
            "{scheme} is no scheme of a URI, and stands before a colon"
        );
    }
    Ok(text.to_owned())
}

/// A file with a token.
#[derive(Clone, Debug)]
pub(crate) struct TokenFile(pub(crate) PathBuf);

impl TokenFile {
    /// The token, as it is now.
    ///
    /// # Errors
    /// If there is none.
    pub(crate) fn read(&self) -> Result<String> {
        let bytes = settings::read(&self.0)?;
        let token = String::from_utf8(bytes).ok();
        let token = token.map(|token| token.trim().to_owned());
        token
            .filter(|token| !token.is_empty())
            .with_context(|| format!("{} has no token in it", self.0.display()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_is_a_uri_or_a_name() {
        for right in [
            "doorward",
            "https://clusters.example/one",
            "urn:cluster:one",
            "/a",
        ] {
            assert!(source(right).is_ok(), "{right}");
        }
        let long = "a".repeat(MAX_SOURCE + 1);
        for wrong in [
            "",
            "two words",
            "a\nb",
            "é",
            "10.0.0.1:6443",
            ":a",
            "50%",
            "[x",
            &long,
        ] {
            assert!(source(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_token_has_no_end_of_line_and_an_empty_file_has_none() {
        let dir = tempfile::tempdir().unwrap();
        let file = TokenFile(dir.path().join("token"));
        assert!(file.read().is_err());
        std::fs::write(&file.0, "t0ken\n").unwrap();
        assert_eq!(file.read().unwrap(), "t0ken");
        std::fs::write(&file.0, "\n").unwrap();
        assert!(file.read().is_err());
    }
}
