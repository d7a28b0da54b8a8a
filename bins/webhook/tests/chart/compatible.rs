//! Values of Portieris' chart.

use crate::helm::{IMAGE, is_there, rendered};

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
fn a_large_user_is_written_as_the_number_that_it_is() {
    if !is_there() {
        return;
    }
    let objects = rendered(
        "doorward",
        &[IMAGE, "--set=securityContext.runAsUser=1000060001"],
    );
    let pod = &crate::helm::one(&objects, "Deployment", "doorward")["spec"]["template"]["spec"];
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
    let policy = crate::helm::one(&objects, "ClusterImagePolicy", "default");
    let entries = policy["spec"]["repositories"].as_array().unwrap();
    let names: Vec<_> = entries
        .iter()
        .map(|entry| entry["name"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["icr.io/a/*", "icr.io/b/*"]);
}
