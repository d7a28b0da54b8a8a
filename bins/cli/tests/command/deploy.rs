//! `doorward deploy static`.

use doorward_testkit::TlsAuthority;
use serde::Deserialize as _;
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
