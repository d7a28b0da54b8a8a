//! Values of Portieris' chart.

use crate::helm::{IMAGE, is_there, one, rendered, run};

/// Every value that it has, as it ships them.
const DEFAULTS: &str = concat!(
    "--values=",
    env!("CARGO_MANIFEST_DIR"),
    "/tests/chart/portieris-values.yaml"
);

#[test]
fn values_of_portieris_mean_what_the_values_here_do() {
    if !is_there() {
        return;
    }
    for (old, new) in [
        ("PolicySet=IKS", "policies.preset=portieris"),
        ("PolicySet=None", "policies.preset=none"),
        (
            "PolicySet=IKS,clusterPolicy.allowedRepositories={icr.io/*}",
            "policies.preset=portieris,policies.allowedRepositories={icr.io/*}",
        ),
        ("UseCertManager=true", "certificates.source=certManager"),
        (
            "UseCertManager=true,certManagerIssuer.name=site,certManagerIssuer.kind=ClusterIssuer,certManagerIssuer.skipCreation=true",
            "certificates.source=certManager,certificates.issuerRef.name=site,certificates.issuerRef.kind=ClusterIssuer",
        ),
        (
            "UseCertManager=true,arming.by=chart,webHooks.failurePolicy=Ignore",
            "certificates.source=certManager,arming.by=chart,webhooks.failurePolicy=Ignore",
        ),
        ("webHooks.failurePolicy=Fail", "webhooks.failurePolicy=Fail"),
        ("image.pullSecret=login", "image.pullSecrets={login}"),
        (
            "priorityClass=system-cluster-critical",
            "priorityClassName=system-cluster-critical",
        ),
        ("useHostNetwork=true", "hostNetwork=true"),
        (
            "securityContext.runAsUser=1000060001",
            "securityContext.runAsUser=1000060001",
        ),
        // It makes an issuer of that name, as this one makes its own.
        (
            "UseCertManager=true,certManagerIssuer.name=portieris",
            "certificates.source=certManager",
        ),
        // What is off there is off here.
        (
            "SkipSecretCreation=false,AllowAdmissionSkip=false,NamespaceSelectorAdmissionSkip=false,selectByRelease=true",
            "replicaCount=2",
        ),
        (
            "UseGeneratedCerts.enabled=false,UseGeneratedCerts.tlsKey=",
            "replicaCount=2",
        ),
    ] {
        let [old, new] =
            [old, new].map(|set| rendered("doorward", &[IMAGE, &format!("--set={set}")]));
        assert_eq!(old, new, "{old:?}");
    }
}

#[test]
fn all_values_of_portieris_as_it_ships_them_are_taken_beside_the_image_that_runs() {
    if !is_there() {
        return;
    }
    let objects = rendered("doorward", &[IMAGE, DEFAULTS]);
    let deployment = &one(&objects, "Deployment", "doorward")["spec"];
    assert_eq!(deployment["replicas"], 3);
    let pod = &deployment["template"]["spec"];
    let container = &pod["containers"][0];
    let version = env!("CARGO_PKG_VERSION");
    let image = format!("registry.example/doorward-webhook:{version}");
    assert_eq!(container["image"], image, "not under a tag of theirs");
    assert_eq!(container["imagePullPolicy"], "Always");
    assert_eq!(container["resources"]["limits"]["memory"], "600Mi");
    assert_eq!(pod["priorityClassName"], "system-cluster-critical");
    assert_eq!(pod["securityContext"]["runAsUser"], 1_000_060_001);
    let apart =
        &pod["affinity"]["podAntiAffinity"]["preferredDuringSchedulingIgnoredDuringExecution"];
    assert_eq!(apart.as_array().unwrap().len(), 2);
    // PolicySet: None.
    let policies = objects
        .iter()
        .filter(|object| object["kind"] == "ClusterImagePolicy");
    assert_eq!(policies.count(), 0);
    let notes = notes(&[IMAGE, DEFAULTS]);
    for unread in [
        "image.host, image.image and image.tag name the image of Portieris",
        "service.targetPort",
        "service.metricsPort",
        "clusterPolicy.allowedRepositories",
    ] {
        assert!(notes.contains(unread), "{unread}: {notes}");
    }
    assert!(
        !notes.contains("SkipSecretCreation") && !notes.contains("UseGeneratedCerts"),
        "{notes}"
    );
}

#[test]
fn values_that_mean_nothing_here_change_nothing_and_are_told_of() {
    if !is_there() {
        return;
    }
    for (set, told) in [
        (
            "image.host=icr.io/portieris,image.image=portieris,image.tag=v0.14.2",
            "image.tag name the image of Portieris",
        ),
        ("service.targetPort=8000", "port 8443 of the Pod"),
        ("service.metricsPort=8080", "doorward-metrics"),
        (
            "SkipSecretCreation=true",
            "the webhook's own, which it makes and renews",
        ),
        (
            "UseGeneratedCerts.enabled=true,UseGeneratedCerts.tlsKey=x",
            "A private key is no value",
        ),
        (
            "PolicySet=None,clusterPolicy.allowedRepositories={a/*}",
            "Nothing is admitted by it",
        ),
    ] {
        let preset = if set.contains("PolicySet") {
            "none"
        } else {
            "observe"
        };
        let plain = rendered(
            "doorward",
            &[IMAGE, &format!("--set=policies.preset={preset}")],
        );
        let set = format!("--set={set}");
        assert_eq!(rendered("doorward", &[IMAGE, &set]), plain, "{set}");
        let notes = notes(&[IMAGE, &set]);
        assert!(notes.contains(told), "{set}: {notes}");
    }
    assert!(!notes(&[IMAGE]).contains("Portieris"), "nothing to tell");
}

/// What is said after an installation. Only the present Helm says it without a cluster.
fn notes(options: &[&str]) -> String {
    let install = [
        "install",
        "doorward",
        ".",
        "--dry-run=client",
        "--namespace=doorward",
    ];
    let output = run("helm", &[&install, options].concat());
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    said.split_once("NOTES:").unwrap().1.to_owned()
}

#[test]
fn a_large_user_is_written_as_the_number_that_it_is() {
    if !is_there() {
        return;
    }
    let objects = rendered(
        "doorward",
        &[IMAGE, "--set=securityContext.runAsUser=1000060001"],
    );
    let pod = &one(&objects, "Deployment", "doorward")["spec"]["template"]["spec"];
    assert_eq!(pod["securityContext"]["runAsUser"], 1_000_060_001);
}

#[test]
fn the_repositories_of_a_site_take_the_place_of_all_of_them() {
    if !is_there() {
        return;
    }
    let set =
        "--set=policies.preset=portieris,policies.allowedRepositories={icr.io/a/*,icr.io/b/*}";
    let objects = rendered("doorward", &[IMAGE, set]);
    let policy = one(&objects, "ClusterImagePolicy", "default");
    let entries = policy["spec"]["repositories"].as_array().unwrap();
    let names: Vec<_> = entries
        .iter()
        .map(|entry| entry["name"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["icr.io/a/*", "icr.io/b/*"]);
}
