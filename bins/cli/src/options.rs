//! Options that several commands share.

use std::path::PathBuf;

use clap::builder::NonEmptyStringValueParser;
use clap::{ArgAction, Args};
use doorward::NamedTrustRoot;
use doorward_core::Timestamp;

use crate::advisor::AdvisorArgs;
#[cfg(feature = "plugins")]
use crate::allowed_plugin::AllowedPlugin;
use crate::credential_providers::ProviderArgs;
use crate::duration::Span;
use crate::kms::KmsArgs;
use crate::label::Label;
use crate::longest_exception::LongestException;
use crate::style::ColorChoice;

/// What every command understands.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Common options")]
pub(crate) struct Common {
    /// Read settings from this file
    #[arg(long, global = true, value_name = "FILE", env = "DOORWARD_CONFIG")]
    pub(crate) config: Option<PathBuf>,
    /// When to colour the output
    #[arg(
        long,
        global = true,
        value_name = "WHEN",
        value_enum,
        env = "DOORWARD_COLOR"
    )]
    pub(crate) color: Option<ColorChoice>,
    /// Leave out remarks and hints; results and errors stay
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    pub(crate) quiet: bool,
    /// Show every HTTP exchange and what each decision cost; twice, with the libraries' own log
    #[arg(short, long, global = true, action = ArgAction::Count)]
    pub(crate) verbose: u8,
}

/// Where the rules come from, and whose view is taken.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Rules")]
pub(crate) struct RulesArgs {
    /// Read policies, Secrets, ServiceAccounts and Namespaces from a file, a directory (recursively), or `-`
    ///
    /// YAML or JSON, several documents per file, as `kubectl get -o yaml` prints them. Can be repeated.
    #[arg(
        short,
        long = "filename",
        value_name = "PATH",
        value_delimiter = ',',
        env = "DOORWARD_FILENAME"
    )]
    pub(crate) filename: Vec<PathBuf>,
    /// The namespace of the workload, and of objects in files that name none
    #[arg(short, long, value_name = "NAME", env = "DOORWARD_NAMESPACE")]
    pub(crate) namespace: Option<String>,
    /// A label of that namespace, which policies may select by, beside those of its Namespace in the files
    ///
    /// Can be repeated. Without one, and without a Namespace in the files, the labels are not known, and an image is under
    /// everything that it may be under.
    #[arg(
        long = "namespace-label",
        value_name = "KEY=VALUE",
        value_delimiter = ',',
        env = "DOORWARD_NAMESPACE_LABEL"
    )]
    pub(crate) namespace_label: Vec<Label>,
    /// The namespace that keys of cluster policies are read from
    #[arg(long, value_name = "NAME", env = "DOORWARD_HOME_NAMESPACE")]
    pub(crate) home_namespace: Option<String>,
    /// Let namespaced policies read the Secrets of this namespace too, beside those of their own
    ///
    /// Can be repeated. Name the namespaces that the webhook was given.
    #[arg(
        long = "shared-secret-namespace",
        value_name = "NAME",
        value_delimiter = ',',
        env = "DOORWARD_SHARED_SECRET_NAMESPACE"
    )]
    pub(crate) shared_secret_namespace: Vec<String>,
    #[command(flatten)]
    pub(crate) longest_exception: LongestException,
    /// Use a `policy.json` as podman and CRI-O do, instead of --filename
    ///
    /// Relative key paths in it are relative to the working directory, as they are there.
    #[arg(long, value_name = "FILE", env = "DOORWARD_CONTAINERS_POLICY")]
    pub(crate) containers_policy: Option<PathBuf>,
    /// The directory that says where signatures are kept, for --containers-policy
    #[arg(long, value_name = "DIR", env = "DOORWARD_REGISTRIES_D")]
    pub(crate) registries_d: Option<PathBuf>,
    /// Use the trust policy of notation for images (`trustpolicy.oci.json`), instead of --filename
    ///
    /// Images of a repository that no statement names are denied.
    #[arg(long, value_name = "FILE", env = "DOORWARD_TRUST_POLICY")]
    pub(crate) trust_policy: Option<PathBuf>,
    /// The trust stores of notation, for --trust-policy: the folder `truststore`, or the folder `x509` in it
    ///
    /// A folder called `x509` in it is taken if there is one. Links in it are not followed: a store that has one
    /// denies.
    #[arg(long, value_name = "DIR", env = "DOORWARD_TRUST_STORE")]
    pub(crate) trust_store: Option<PathBuf>,
    /// Revocation lists and OCSP responses, for --trust-policy: they decide before anybody is asked
    ///
    /// Each file in it is a list in PEM or DER, or a response in DER. They count until they end by their own word.
    /// Folders are passed over, and links refused.
    #[arg(long, value_name = "DIR", env = "DOORWARD_REVOCATION")]
    pub(crate) revocation: Option<PathBuf>,
    /// Let signatures name this verification plug-in of notation, for --trust-policy
    ///
    /// Can be repeated. What the plug-in says counts beside the checks that are made here; with `NAME=replace` its checks
    /// of identity and revocation count alone, as with notation. --plugin-dir says where it is.
    #[cfg(feature = "plugins")]
    #[arg(long = "plugin", value_name = "NAME[=replace]")]
    pub(crate) plugins: Vec<AllowedPlugin>,
}

/// How images and signatures are reached.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Access")]
pub(crate) struct AccessArgs {
    /// The service account whose pull secrets are offered, from --filename
    #[arg(
        long,
        value_name = "NAME",
        env = "DOORWARD_SERVICE_ACCOUNT",
        value_parser = NonEmptyStringValueParser::new()
    )]
    pub(crate) service_account: Option<String>,
    /// Read images from an OCI layout, a directory or a tar file, instead of their registries
    #[arg(long, value_name = "PATH", env = "DOORWARD_LAYOUT")]
    pub(crate) layout: Option<PathBuf>,
    /// Know an instance of sigstore by this name, which policies call it by
    ///
    /// WHERE is the URL of its TUF repository, a folder with a copy of one (`metadata` and `targets`), or its
    /// `trusted_root.json`; ROOT is the root of the repository to begin with. Can be repeated. `sigstore`, the public
    /// instance, and `github` are known without it, and it puts a mirror in their place.
    #[arg(
        long = "trust-root",
        value_name = "NAME=[ROOT@]WHERE",
        value_delimiter = ',',
        env = "DOORWARD_TRUST_ROOT"
    )]
    pub(crate) trust_root: Vec<NamedTrustRoot>,
    /// Fetch images under PREFIX from LOCATION; policy and identity keep speaking of PREFIX
    #[arg(
        long = "mirror",
        value_name = "PREFIX=LOCATION",
        value_delimiter = ',',
        env = "DOORWARD_MIRROR"
    )]
    pub(crate) mirrors: Vec<Mirror>,
    /// Run the verification plug-ins of notation in this folder, where a policy allows them: `DIR/NAME/notation-NAME`
    ///
    /// They run with your rights, and not with --offline. No configuration file can name the folder: it would choose
    /// what is run.
    #[cfg(feature = "plugins")]
    #[arg(long, value_name = "DIR", env = "DOORWARD_PLUGIN_DIR")]
    pub(crate) plugin_dir: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) providers: ProviderArgs,
    #[command(flatten)]
    pub(crate) kms: KmsArgs,
    #[command(flatten)]
    pub(crate) advisor: AdvisorArgs,
    #[command(flatten)]
    pub(crate) network: NetworkArgs,
}

/// How servers of any kind are reached.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Access")]
pub(crate) struct NetworkArgs {
    /// Use no network; whatever would need it is unavailable
    #[arg(
        long,
        env = "DOORWARD_OFFLINE",
        value_parser = clap::builder::BoolishValueParser::new()
    )]
    pub(crate) offline: bool,
    /// Speak HTTP without TLS to this registry, trust server or signature store
    #[arg(
        long = "plain-http",
        value_name = "HOST[:PORT]",
        value_delimiter = ',',
        env = "DOORWARD_PLAIN_HTTP",
        value_parser = NonEmptyStringValueParser::new()
    )]
    pub(crate) plain_http: Vec<String>,
    /// Ask this address, network or host although a certificate names it and it is not on the public internet
    ///
    /// Certificates say where to ask whether they were revoked, and anybody may write one. What policies, images and
    /// you name is always asked.
    #[arg(
        long = "allow-address",
        value_name = "CIDR|HOST",
        value_delimiter = ',',
        env = "DOORWARD_ALLOW_ADDRESS",
        value_parser = NonEmptyStringValueParser::new()
    )]
    pub(crate) allow_address: Vec<String>,
    /// Trust the certificate authorities in this PEM file, in addition to the system's
    #[arg(long, value_name = "PEM", env = "DOORWARD_CA_FILE")]
    pub(crate) ca_file: Option<PathBuf>,
    /// Directory with a subdirectory for each server, HOST or HOST:PORT, with authorities and client certificates
    ///
    /// As containers-certs.d(5) describes it: *.crt are authorities that the server is believed by, and NAME.cert with
    /// NAME.key is a client certificate that is shown to it if it asks.
    #[arg(long, value_name = "DIR", env = "DOORWARD_CERTS_DIR")]
    pub(crate) certs_dir: Option<PathBuf>,
    /// How long the whole decision may take, such as 500ms, 30s or 2m
    #[arg(long, value_name = "TIME", env = "DOORWARD_TIMEOUT")]
    pub(crate) timeout: Option<Span>,
}

/// Where trust is remembered.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Remembered trust")]
pub(crate) struct StateArgs {
    /// Keep roots of trust and the versions of trust metadata in this directory
    ///
    /// It is made if it is not there; its parent must be. Those who can write in it can choose what is trusted.
    /// Without it nothing outlives the command, so older metadata than was seen before goes unnoticed. With --at it is
    /// only read.
    #[arg(long, value_name = "DIR", env = "DOORWARD_STATE_DIR")]
    pub(crate) state_dir: Option<PathBuf>,
}

/// Which first roots of trust are believed.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Remembered trust")]
pub(crate) struct FirstUseArgs {
    /// Believe the first root of trust that a server offers where a policy of the Portieris groups demands `trust`, as
    /// Portieris does. The server that answers the first request for a repository then chooses what is trusted there
    #[arg(long)]
    pub(crate) dangerously_trust_on_first_use_for_portieris_policies: bool,
}

/// The time that is decided at.
#[derive(Clone, Copy, Debug, Default, Args)]
pub(crate) struct ClockArgs {
    /// Decide as of this time (RFC 3339) instead of now
    #[arg(long, value_name = "TIME", env = "DOORWARD_AT")]
    pub(crate) at: Option<Timestamp>,
}

/// Whether the decision is written down, or one that was is made again.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Recorded decisions")]
pub(crate) struct TapeArgs {
    /// Write down all that the decision rests on: to this file, or to one in this directory
    ///
    /// Policies, public keys, and every answer of a registry, store or trust server; no credential, and no Secret that
    /// is more than public keys. `--replay` makes the decision again from it.
    #[arg(long, value_name = "FILE|DIR", conflicts_with = "replay")]
    pub(crate) record: Option<PathBuf>,
    /// Make the decision again that this file was written for, from nothing but it
    ///
    /// Nothing is asked, and nothing may be admitted by what comes of it: anyone who can write a file can write such a
    /// one. Rules, access, remembered trust and the time are those of the file, whatever is set.
    #[arg(long, value_name = "FILE")]
    pub(crate) replay: Option<PathBuf>,
}

/// `PREFIX=LOCATION`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Mirror {
    /// The names that are mirrored: a registry, or a registry and the beginning of a path.
    pub(crate) prefix: String,
    /// What stands in place of the prefix.
    pub(crate) location: String,
}

impl std::str::FromStr for Mirror {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.split_once('=') {
            Some((prefix, location)) if !prefix.is_empty() && !location.is_empty() => Ok(Self {
                prefix: prefix.to_owned(),
                location: location.to_owned(),
            }),
            _ => Err("expected PREFIX=LOCATION, such as docker.io=mirror.example/hub"),
        }
    }
}

impl std::fmt::Display for Mirror {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}={}", self.prefix, self.location)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mirror_without_both_halves_is_refused() {
        assert!("docker.io".parse::<Mirror>().is_err());
        assert!("=mirror.example".parse::<Mirror>().is_err());
        assert!("docker.io=".parse::<Mirror>().is_err());
        assert_eq!(
            "docker.io=mirror.example/hub"
                .parse::<Mirror>()
                .map(|m| m.to_string()),
            Ok("docker.io=mirror.example/hub".to_owned())
        );
    }
}
