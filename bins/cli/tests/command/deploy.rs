//! `doorward deploy static`.

use std::collections::BTreeMap;

use doorward_testkit::TlsAuthority;
use serde::Deserialize;
use serde_json::Value;

use crate::common::{Run, Site};

const IMAGE: &str = "registry.example/doorward-webhook:1";

fn deploy(site: &Site, more: &[&str]) -> Run {
    let arguments = ["deploy", "static", "--image", IMAGE];
    site.doorward(&[&arguments, more].concat()).run()
}

/// The files that are printed: path and content.
fn files(run: &Run) -> Vec<(String, Value)> {
    assert_eq!(run.code, 0, "{run:#?}");
    let files = run.stdout.split("---\n").map(|text| {
        let (path, yaml) = text.split_once('\n').unwrap();
        let document = serde_yaml::Deserializer::from_str(yaml).next().unwrap();
        let path = path.strip_prefix("# ").unwrap();
        (path.to_owned(), Value::deserialize(document).unwrap())
    });
    files.collect()
}

fn with_authority() -> Site {
    let site = Site::new();
    site.write("ca.crt", TlsAuthority::new().ca_pem());
    site
}

#[test]
fn the_files_of_a_node_are_printed_each_behind_its_path() {
    let site = with_authority();
    let run = deploy(
        &site,
        &[
            "--ca-bundle",
            "ca.crt",
            "--workload",
            "argo-rollouts",
            "--exclude-namespace",
            "lab",
        ],
    );
    let found = files(&run);
    let paths: Vec<_> = found.iter().map(|(path, _)| path.as_str()).collect();
    assert_eq!(
        paths,
        [
            "/etc/kubernetes/doorward/admission.yaml",
            "/etc/kubernetes/doorward/mutating/doorward.yaml",
            "/etc/kubernetes/doorward/validating/doorward.yaml",
            "/etc/kubernetes/manifests/doorward-webhook.yaml",
        ]
    );
    let webhook = &found[2].1["webhooks"][0];
    assert_eq!(
        webhook["clientConfig"]["url"],
        "https://127.0.0.1:8443/validate"
    );
    assert_eq!(webhook["rules"][1]["apiGroups"][0], "argoproj.io");
    let selector = &webhook["namespaceSelector"]["matchExpressions"][0];
    assert_eq!(selector["values"][0], "lab");
    let arguments = found[3].1["spec"]["containers"][0]["args"].to_string();
    assert!(
        arguments.contains("--workload=argoproj.io/rollouts=/spec/template/spec?"),
        "{arguments}"
    );
    assert!(
        run.stderr.contains("--admission-control-config-file"),
        "{run:#?}"
    );
}

#[test]
fn a_plugin_of_every_api_server_is_configured_to_refuse_where_nobody_answers() {
    let site = Site::new();
    let run = deploy(
        &site,
        &[
            "--by",
            "image-policy",
            "--folder",
            "/srv/door",
            "--port",
            "9443",
        ],
    );
    let found = files(&run);
    assert_eq!(found[0].0, "/srv/door/admission.yaml");
    let plugin = &found[0].1["plugins"][0];
    assert_eq!(plugin["name"], "ImagePolicyWebhook");
    assert_eq!(
        plugin["configuration"]["imagePolicy"]["defaultAllow"],
        false
    );
    let server = &found[1].1["clusters"][0]["cluster"]["server"];
    assert_eq!(*server, "https://127.0.0.1:9443/image-review");
    assert!(run.stderr.contains("ImagePolicyWebhook among"), "{run:#?}");
}

#[test]
fn what_would_be_no_door_is_not_printed() {
    let site = with_authority();
    site.write("none.crt", "nothing");
    let key = "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n";
    site.write("key.pem", key);
    for (more, code, why) in [
        (&[][..], 2, "--ca-bundle is required"),
        (&["--ca-bundle", "none.crt"], 6, "no certificate in PEM"),
        (&["--ca-bundle", "key.pem"], 6, "a private key"),
        (&["--ca-bundle", "missing.crt"], 6, "missing.crt"),
        (
            &["--by", "image-policy", "--workload", "knative"],
            2,
            "asks about Pods alone",
        ),
        (
            &["--by", "image-policy", "--exclude-namespace", "a"],
            2,
            "asks about Pods alone",
        ),
        (
            &["--by", "image-policy", "--folder", "../door"],
            2,
            "an absolute path",
        ),
        (
            &["--by", "image-policy", "--folder", "/a/../b"],
            2,
            "an absolute path",
        ),
        (&["--by", "image-policy", "--port", "80"], 2, "80"),
        (&["--by", "image-policy", "--port", "65535"], 2, "65535"),
    ] {
        let run = deploy(&site, more);
        run.expect_failure(code, &[why]);
        assert_eq!(run.stdout, "", "{more:?}");
    }
    let run = site.doorward(&["deploy", "static", "--image", "A b"]).run();
    run.expect_failure(2, &["--image"]);
}

/// `AdmissionConfiguration` of `apiserver.config.k8s.io/v1` (k8s.io/apiserver/pkg/apis/apiserver/v1/types.go), with the configuration of a
/// plug-in in place.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct AdmissionConfiguration<P> {
    api_version: String,
    kind: String,
    plugins: Vec<AdmissionPlugin<P>>,
}

/// `AdmissionPluginConfiguration`. Its `path` and its `configuration` exclude each other.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AdmissionPlugin<P> {
    name: String,
    configuration: P,
}

/// `WebhookAdmission` of the same group (k8s.io/apiserver/pkg/admission/plugin/webhook/config/apis/webhookadmission/v1/types.go), with what
/// KEP-5793 adds.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct WebhookAdmission {
    api_version: String,
    kind: String,
    kube_config_file: String,
    static_manifests_dir: String,
}

/// `AdmissionConfig` of the plug-in `ImagePolicyWebhook` (plugin/pkg/admission/imagepolicy/config.go and types.go in kubernetes/kubernetes).
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct ImagePolicyConfiguration {
    image_policy: ImagePolicyWebhook,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct ImagePolicyWebhook {
    kube_config_file: String,
    retry_backoff: u64,
    #[serde(rename = "allowTTL")]
    allow_ttl: u64,
    #[serde(rename = "denyTTL")]
    deny_ttl: u64,
    default_allow: bool,
}

/// `Config` of `k8s.io/client-go/tools/clientcmd/api/v1`, as far as an API server reads one.
#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Kubeconfig {
    #[serde(rename = "apiVersion")]
    api_version: String,
    kind: String,
    current_context: String,
    clusters: Vec<NamedCluster>,
    users: Vec<NamedUser>,
    contexts: Vec<NamedContext>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NamedCluster {
    name: String,
    cluster: Cluster,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Cluster {
    server: String,
    certificate_authority: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NamedUser {
    name: String,
    user: User,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct User {
    client_certificate: String,
    client_key: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NamedContext {
    name: String,
    context: BTreeMap<String, String>,
}

#[track_caller]
fn decoded<T: for<'de> Deserialize<'de>>(content: &Value) -> T {
    T::deserialize(content).unwrap_or_else(|error| panic!("{error}: {content:#}"))
}

#[test]
fn the_configuration_with_manifests_is_of_the_type_that_an_api_server_decodes_strictly() {
    let site = with_authority();
    let found = files(&deploy(&site, &["--ca-bundle", "ca.crt"]));
    let configuration: AdmissionConfiguration<WebhookAdmission> = decoded(&found[0].1);
    assert_eq!(configuration.api_version, "apiserver.config.k8s.io/v1");
    assert_eq!(configuration.kind, "AdmissionConfiguration");
    let plugins = configuration.plugins.iter();
    let names: Vec<&str> = plugins.map(|plugin| plugin.name.as_str()).collect();
    assert_eq!(
        names,
        ["MutatingAdmissionWebhook", "ValidatingAdmissionWebhook"]
    );
    for (plugin, file) in configuration.plugins.iter().zip(&found[1..3]) {
        let WebhookAdmission {
            api_version,
            kind,
            kube_config_file,
            static_manifests_dir,
        } = &plugin.configuration;
        assert_eq!(api_version, "apiserver.config.k8s.io/v1");
        assert_eq!(kind, "WebhookAdmissionConfiguration");
        // The webhook is asked without a certificate.
        assert_eq!(kube_config_file, "");
        let folder = static_manifests_dir.as_str();
        assert!(file.0.starts_with(folder), "{} in {folder}", file.0);
    }
    // The type is strict: a field that is misspelt is none.
    let mut wrong = found[0].1.clone();
    wrong["plugins"][0]["configuration"]["staticManifestDir"] = "/a".into();
    assert!(AdmissionConfiguration::<WebhookAdmission>::deserialize(wrong).is_err());
}

#[test]
fn the_configuration_of_the_plugin_is_of_the_types_that_an_api_server_decodes_strictly() {
    let site = Site::new();
    let found = files(&deploy(&site, &["--by", "image-policy"]));
    let configuration: AdmissionConfiguration<ImagePolicyConfiguration> = decoded(&found[0].1);
    assert_eq!(configuration.api_version, "apiserver.config.k8s.io/v1");
    assert_eq!(configuration.kind, "AdmissionConfiguration");
    let [plugin] = &configuration.plugins[..] else {
        panic!("{:#}", found[0].1);
    };
    assert_eq!(plugin.name, "ImagePolicyWebhook");
    let policy = &plugin.configuration.image_policy;
    assert_eq!(policy.kube_config_file, found[1].0);
    assert!(!policy.default_allow);
    // Seconds, and milliseconds for the pause between two tries: an API server refuses those that are out of its bounds.
    for seconds in [policy.allow_ttl, policy.deny_ttl] {
        assert!((1..=30 * 60).contains(&seconds), "{seconds}");
    }
    assert!((1..=5 * 60 * 1000).contains(&policy.retry_backoff));

    let kubeconfig: Kubeconfig = decoded(&found[1].1);
    assert_eq!(
        (&*kubeconfig.api_version, &*kubeconfig.kind),
        ("v1", "Config")
    );
    let context = &kubeconfig.contexts[0];
    assert_eq!(context.name, kubeconfig.current_context);
    let names = BTreeMap::from([
        ("cluster".to_owned(), kubeconfig.clusters[0].name.clone()),
        ("user".to_owned(), kubeconfig.users[0].name.clone()),
    ]);
    assert_eq!(context.context, names);
    let (cluster, user) = (&kubeconfig.clusters[0].cluster, &kubeconfig.users[0].user);
    assert!(cluster.server.ends_with("/image-review"));
    for path in [
        &cluster.certificate_authority,
        &user.client_certificate,
        &user.client_key,
    ] {
        assert!(path.starts_with("/etc/kubernetes/doorward/"), "{path}");
    }
}
