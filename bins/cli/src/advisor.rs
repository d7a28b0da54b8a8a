//! Where vulnerability advisors are, and the service that has tokens for their callers.

use clap::Args;
use clap::builder::NonEmptyStringValueParser;
use doorward_registry::Builder;

/// Where these are. They are shown credentials, so that no configuration file, which may lie in any folder, can say it.
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct AdvisorArgs {
    /// Ask the vulnerability advisor here, such as at a gateway, and not at the registry of the image
    ///
    /// It is what `vulnerability.ICCRVA` asks, and is shown the pull secrets for that registry. No configuration file can name
    /// it.
    #[arg(
        long,
        value_name = "URL",
        env = "DOORWARD_ADVISOR_URL",
        value_parser = NonEmptyStringValueParser::new()
    )]
    advisor_url: Option<String>,
    /// Exchange API keys of IBM Cloud for tokens here, and not at https://iam.cloud.ibm.com/identity/token
    ///
    /// It is shown the keys. No configuration file can name it.
    #[arg(
        long,
        value_name = "URL",
        env = "DOORWARD_IAM_URL",
        value_parser = NonEmptyStringValueParser::new()
    )]
    iam_url: Option<String>,
}

impl AdvisorArgs {
    /// Tells the client.
    pub(crate) fn apply(&self, mut builder: Builder) -> Builder {
        if let Some(url) = &self.advisor_url {
            builder = builder.advisor(url);
        }
        if let Some(url) = &self.iam_url {
            builder = builder.api_key_tokens(url);
        }
        builder
    }
}
