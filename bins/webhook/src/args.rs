//! The command line and its environment.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::{ArgGroup, Parser, ValueEnum};
use doorward::NamedTrustRoot;

mod asked;
mod reports;
mod serving;
mod values;

pub use asked::{Door, ImageReviewTags};
pub use reports::{ReportArgs, Reports};
pub use serving::{Service, ServingArgs};
use values::{at_least_one, duration, pair, pause, share, timeout};

use crate::advisor_args::AdvisorArgs;
use crate::alerts::AlertArgs;
use crate::custom_args::CustomArgs;
use crate::kms_args::KmsArgs;
use crate::provider_args::ProviderArgs;

/// Admits container images into a Kubernetes cluster only as far as policy allows.
///
/// Every option can be set by an environment variable as well; lists are then separated by commas.
#[derive(Clone, Debug, Parser)]
#[command(
    name = "doorward-webhook", version, about, max_term_width = 100,
    group = ArgGroup::new("leaves_out").args(["arm", "rescan_every"]).multiple(true)
)]
pub struct Args {
    /// File or directory of policies, Secrets, ServiceAccounts and Namespaces. Read again when it changes. Together with
    /// --from-cluster both count, and of two Secrets of one name that of a file
    #[arg(
        short = 'f',
        long = "filename",
        value_name = "PATH",
        env = "DOORWARD_FILENAME",
        value_delimiter = ',',
        required_unless_present = "from_cluster"
    )]
    pub filenames: Vec<PathBuf>,

    /// Decide by the policies of the cluster, which are watched, and read the Secrets, ConfigMaps and ServiceAccounts that
    /// policies and workloads name from it when they are needed
    #[arg(long, env = "DOORWARD_FROM_CLUSTER")]
    pub from_cluster: bool,

    /// The kubeconfig whose current context leads to the cluster. Without it, the service account of the Pod does
    #[arg(
        long,
        value_name = "FILE",
        env = "DOORWARD_KUBECONFIG",
        requires = "from_cluster"
    )]
    pub kubeconfig: Option<PathBuf>,

    /// Address of the admission endpoints (HTTPS)
    #[arg(
        long,
        value_name = "ADDRESS",
        env = "DOORWARD_LISTEN",
        default_value = "0.0.0.0:8443"
    )]
    pub listen: SocketAddr,

    /// Address of /livez, /readyz and /metrics (HTTP)
    #[arg(
        long,
        value_name = "ADDRESS",
        env = "DOORWARD_ADMIN_LISTEN",
        default_value = "0.0.0.0:8080"
    )]
    pub admin_listen: SocketAddr,

    /// Where the serving certificate comes from, and whether this program has the API server ask.
    #[command(flatten)]
    pub serving: ServingArgs,

    /// PEM file of the authorities that sign the API server's client certificate. Others are turned away
    #[arg(long, value_name = "PEM", env = "DOORWARD_CLIENT_CA")]
    pub client_ca: Option<PathBuf>,

    /// Let programs that ask about images by name (`POST /v1/check`) show a token of this audience, and have the Secrets of a
    /// namespace used for those who may read them there. Needs the right to create TokenReviews and SubjectAccessReviews
    #[arg(
        long,
        value_name = "AUDIENCE",
        env = "DOORWARD_CHECK_AUDIENCE",
        requires = "from_cluster",
        conflicts_with = "client_ca"
    )]
    pub check_audience: Option<String>,

    /// Whether a verified image that an ImageReview names by a tag may run. Nothing pins it there, so that another one may be
    /// what is pulled
    #[arg(
        long,
        value_name = "WHETHER",
        env = "DOORWARD_IMAGE_REVIEW_TAGS",
        value_enum,
        default_value = "refuse"
    )]
    pub image_review_tags: ImageReviewTags,

    /// Which programs are answered.
    #[arg(skip)]
    pub door: Door,

    /// The `timeoutSeconds` of the webhook configuration. A review ends one second earlier
    #[arg(long, value_name = "SECONDS", env = "DOORWARD_TIMEOUT", default_value = "10s", value_parser = timeout)]
    pub timeout: Duration,

    /// The largest review that is read, in bytes
    // An object may have 1.5 MiB in etcd, an update carries two of them, and JSON is longer than what etcd holds.
    #[arg(long, value_name = "BYTES", env = "DOORWARD_MAX_BODY", default_value_t = 8 << 20)]
    pub max_body: usize,

    /// How many reviews are judged at a time, three quarters of that for one address, and a quarter for one namespace.
    /// More are refused with the status 429, after which clients of the API server try again
    #[arg(long, value_name = "COUNT", env = "DOORWARD_MAX_CONCURRENT", default_value_t = 256, value_parser = at_least_one)]
    pub max_concurrent: usize,

    /// Custom resources that images are looked for in
    #[command(flatten)]
    pub custom: CustomArgs,

    /// The namespace that keys of cluster policies are read from: the webhook's own
    #[arg(
        long,
        value_name = "NAMESPACE",
        env = "DOORWARD_HOME_NAMESPACE",
        default_value = "doorward"
    )]
    pub home_namespace: String,

    /// Let namespaced policies read the Secrets of this namespace too, beside those of their own. Can be repeated.
    /// Everyone who may write a policy then learns which Secrets exist there, so keep public keys there and nothing
    /// else
    #[arg(
        long = "shared-secret-namespace",
        value_name = "NAMESPACE",
        env = "DOORWARD_SHARED_SECRET_NAMESPACE",
        value_delimiter = ','
    )]
    pub shared_secret_namespaces: Vec<String>,

    /// Read repositories under PREFIX at LOCATION. Policies and identities keep the name under PREFIX
    #[arg(long = "mirror", value_name = "PREFIX=LOCATION", env = "DOORWARD_MIRROR", value_delimiter = ',', value_parser = pair)]
    pub mirrors: Vec<(String, String)>,

    /// Know an instance of sigstore by this name, which policies call it by: `WHERE` is the URL of its TUF repository, a
    /// folder with a copy of one, or its `trusted_root.json`; `ROOT` is the root of the repository to begin with. Can be
    /// repeated. `sigstore`, the public instance, and `github` are known without it, and it puts a mirror in their place
    #[arg(
        long = "trust-root",
        value_name = "NAME=[ROOT@]WHERE",
        env = "DOORWARD_TRUST_ROOT",
        value_delimiter = ','
    )]
    pub trust_roots: Vec<NamedTrustRoot>,

    /// Talk plain HTTP to this registry, trust server or signature store
    #[arg(
        long = "plain-http",
        value_name = "HOST[:PORT]",
        env = "DOORWARD_PLAIN_HTTP",
        value_delimiter = ','
    )]
    pub plain_http: Vec<String>,

    /// Ask this address, network or host even if it is on this machine or its network link. Otherwise none there is
    /// asked because an image or a namespaced policy names it, and none that is not on the public internet because a
    /// certificate does. What `--plain-http`, `--mirror` and cluster policies name is always asked
    #[arg(
        long = "allow-address",
        value_name = "CIDR|HOST",
        env = "DOORWARD_ALLOW_ADDRESS",
        value_delimiter = ','
    )]
    pub allow_addresses: Vec<String>,

    /// PEM file of additional authorities for registries, trust servers and signature stores
    #[arg(
        long = "ca-file",
        value_name = "PEM",
        env = "DOORWARD_CA_FILE",
        value_delimiter = ','
    )]
    pub ca_files: Vec<PathBuf>,

    /// Directory with a subdirectory for each server, HOST or HOST:PORT: *.crt are authorities that it is believed by, and
    /// NAME.cert with NAME.key a client certificate for it, as containers-certs.d(5) describes it. This and --ca-file are
    /// read again when they change
    #[arg(long = "certs-dir", value_name = "DIR", env = "DOORWARD_CERTS_DIR")]
    pub certs_dir: Option<PathBuf>,

    /// Where credentials come from beside pull secrets
    #[command(flatten)]
    pub providers: ProviderArgs,

    /// Where keys come from that are in no Secret
    #[command(flatten)]
    pub kms: KmsArgs,

    /// Where vulnerability advisors are
    #[command(flatten)]
    pub advisor: AdvisorArgs,

    /// How long a proof is remembered; 0s remembers nothing. A revoked key keeps counting for this long at most
    #[arg(long, value_name = "DURATION", env = "DOORWARD_PROOF_LIFETIME", default_value = "5m", value_parser = duration)]
    pub proof_lifetime: Duration,

    /// Read the keys of cluster policies of the Portieris groups from the workload's namespace, as Portieris does.
    /// Anyone who may write Secrets there then chooses the keys that are trusted
    #[arg(
        long,
        env = "DOORWARD_DANGEROUSLY_READ_CLUSTER_POLICY_KEYS_FROM_TENANTS"
    )]
    pub dangerously_read_cluster_policy_keys_from_tenants: bool,

    /// Believe the first root of trust that a server offers where a policy of the Portieris groups demands `trust`, as
    /// Portieris does. The server that answers the first request for a repository then chooses what is trusted there
    #[arg(
        long,
        env = "DOORWARD_DANGEROUSLY_TRUST_ON_FIRST_USE_FOR_PORTIERIS_POLICIES"
    )]
    pub dangerously_trust_on_first_use_for_portieris_policies: bool,

    /// Directory that roots of trust and the versions of trust metadata are remembered in. Made if it is not there, in
    /// a parent that is. Several replicas may share it. Without it they are forgotten at every restart
    #[arg(long, value_name = "DIR", env = "DOORWARD_STATE_DIR")]
    pub state_dir: Option<PathBuf>,

    /// Remember the same in ConfigMaps of the home namespace, which replicas share and restarts leave alone
    #[arg(
        long,
        env = "DOORWARD_STATE_IN_CLUSTER",
        requires = "from_cluster",
        conflicts_with = "state_dir"
    )]
    pub state_in_cluster: bool,

    /// Directory that every refusal is written down in, with all that it rests on and without credentials, for
    /// `doorward verify --replay`. Made if it is not there. No remembered proof is used then, so each review is
    /// verified
    #[arg(long, value_name = "DIR", env = "DOORWARD_RECORD_DIR")]
    pub record_dir: Option<PathBuf>,

    /// The share of admissions that --record-dir has too, from 0 to 1, such as 0.01 for one of a hundred
    #[arg(long, value_name = "SHARE", env = "DOORWARD_RECORD_ADMISSIONS", default_value = "0", value_parser = share)]
    pub record_admissions: f64,

    /// The most bytes that --record-dir has. The oldest decisions make room for new ones
    #[arg(long, value_name = "BYTES", env = "DOORWARD_RECORD_MAX_BYTES", default_value_t = 256 << 20)]
    pub record_max_bytes: u64,

    /// How long a decision stays in --record-dir
    #[arg(long, value_name = "DURATION", env = "DOORWARD_RECORD_MAX_AGE", default_value = "168h", value_parser = duration)]
    pub record_max_age: Duration,

    /// How long an exception may last, counted from when it was made. One that lasts longer counts for nothing
    #[arg(long, value_name = "DURATION", env = "DOORWARD_MAX_EXCEPTION", default_value = "336h", value_parser = duration)]
    pub max_exception: Duration,

    /// Let those admit what is refused, by an annotation that says why, who may use the verb `breakglass` on the namespace
    #[arg(long, env = "DOORWARD_BREAK_GLASS", requires = "from_cluster")]
    pub break_glass: bool,

    /// Once it takes reviews, verify the images with a digest that run, so that the first review of each does not wait for
    /// registries. Needs the right to list Pods
    #[arg(long, env = "DOORWARD_WARM_UP", requires = "from_cluster")]
    pub warm_up: bool,

    /// Judge what runs again, this far apart, and tell of what fails: in the log, in metrics, in events and in reports. One of
    /// several replicas does. Needs the right to list Pods, and a Lease in the home namespace
    #[arg(long, value_name = "DURATION", env = "DOORWARD_RESCAN_EVERY", requires = "from_cluster", value_parser = pause)]
    pub rescan_every: Option<Duration>,

    /// Write no events about images that failed. With --from-cluster they are written otherwise
    #[arg(long, env = "DOORWARD_NO_EVENTS", requires = "from_cluster")]
    pub no_events: bool,

    /// Whether verdicts are written as reports.
    #[command(flatten)]
    pub reporting: ReportArgs,

    /// Where alerts go.
    #[command(flatten)]
    pub alerts: AlertArgs,

    /// The form of log lines
    #[arg(
        long,
        value_name = "FORMAT",
        env = "DOORWARD_LOG_FORMAT",
        default_value = "json"
    )]
    pub log_format: LogFormat,

    /// What is logged: a level, or directives such as `warn,doorward_webhook=debug`
    #[arg(
        long,
        value_name = "FILTER",
        env = "DOORWARD_LOG",
        default_value = "info"
    )]
    pub log: String,

    /// How long reviews in flight may take to finish after SIGTERM
    #[arg(long, value_name = "DURATION", env = "DOORWARD_DRAIN", default_value = "20s", value_parser = duration)]
    pub drain: Duration,

    /// How long new reviews are still taken after SIGTERM, while /readyz already fails and endpoints are updated
    #[arg(long, value_name = "DURATION", env = "DOORWARD_DRAIN_DELAY", default_value = "5s", value_parser = duration)]
    pub drain_delay: Duration,
}

/// The form of log lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// One JSON object a line.
    Json,
    /// For people.
    Text,
}

#[cfg(test)]
mod tests;
