//! Where vulnerability advisors are, and the service that has tokens for their callers.

use doorward_registry::Builder;

/// Where these are.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct AdvisorArgs {
    /// Ask the vulnerability advisor that `vulnerability.ICCRVA` demands at this address, such as a gateway, and not at the
    /// registry of the image. It is shown the pull secrets for that registry
    #[arg(long, value_name = "URL", env = "DOORWARD_ADVISOR_URL")]
    pub advisor_url: Option<String>,

    /// Exchange API keys of IBM Cloud for tokens at this address, such as the private endpoint, and not at
    /// https://iam.cloud.ibm.com/identity/token. It is shown the keys
    #[arg(long, value_name = "URL", env = "DOORWARD_IAM_URL")]
    pub iam_url: Option<String>,
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
