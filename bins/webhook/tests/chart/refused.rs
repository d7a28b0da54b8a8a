//! Values that are refused, with what is said.

use crate::helm::{HELMS, IMAGE, is_there, run};

const CERTIFICATE: &str = "--set=arming.caBundle=-----BEGIN CERTIFICATE-----";

fn refused(options: &[&str], fragments: &[&str]) {
    for helm in HELMS {
        let mut arguments = vec!["template", "doorward", ".", "--namespace=doorward"];
        arguments.extend(options);
        let output = run(helm, &arguments);
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success(), "{helm}: {options:?} was taken");
        for fragment in fragments {
            assert!(said.contains(fragment), "{helm}: {options:?}: {said}");
        }
    }
}

#[test]
fn without_an_image_nothing_is_rendered() {
    if !is_there() {
        return;
    }
    refused(&[], &["image.repository is required"]);
}

#[test]
fn values_that_contradict_each_other_are_refused_with_what_to_set() {
    if !is_there() {
        return;
    }
    let cases: [(&[&str], &str); 14] = [
        (
            &["--set=arming.by=chart"],
            "a self-managed one is armed by the webhook",
        ),
        (
            &["--set=arming.by=chart,certificates.source=provided"],
            "arming.caBundle is required",
        ),
        (
            &["--set=certificates.source=provided", CERTIFICATE],
            "for arming.by chart alone",
        ),
        (
            &["--set=webhooks.failurePolicy=Ignore"],
            "arms itself with Fail alone",
        ),
        (
            &["--set=arming.by=nobody,excludedNamespaces={a}"],
            "arming.by is nobody",
        ),
        (
            &["--set=extraAuthorities.configMap=a,extraAuthorities.secret=b"],
            "name one",
        ),
        (
            &["--set=credentialProviders.configMap=a"],
            "credentialProviders.volume is required",
        ),
        (
            &["--set=credentialProviders.volume.emptyDir.medium=Memory"],
            "credentialProviders.configMap is required",
        ),
        (
            &[
                "--set=credentialProviders.configMap=a,credentialProviders.volume.name=b,credentialProviders.volume.hostPath.path=/c",
            ],
            "the chart gives it one",
        ),
        (
            &["--set=kmsPlugins.volume.name=b,kmsPlugins.volume.hostPath.path=/c"],
            "kmsPlugins.volume has a name",
        ),
        (
            &["--set=kmsPlugins.environment={AWS_REGION}"],
            "kmsPlugins.volume is required",
        ),
        (
            &["--set=policies.allowedRepositories={a/*}"],
            "set policies.preset to portieris",
        ),
        (
            &["--set=podDisruptionBudget.minAvailable=null"],
            "set minAvailable or maxUnavailable",
        ),
        (
            &["--set=certManagerIssuer.skipCreation=true"],
            "certificates.issuerRef.name",
        ),
    ];
    for (options, fragment) in cases {
        let mut all = vec![IMAGE];
        all.extend(options);
        let lower = fragment.replace("a self-managed", "A self-managed");
        refused(&all, &[&lower]);
    }
}

#[test]
fn a_namespace_that_everybody_uses_and_a_rule_that_nobody_writes_are_refused() {
    if !is_there() {
        return;
    }
    for namespace in ["default", "kube-system"] {
        let set = format!("--namespace={namespace}");
        refused(
            &[IMAGE, &set],
            &["nothing in the namespace of the release is judged"],
        );
    }
    let by_chart = "--set=arming.by=chart,certificates.source=certManager";
    for argument in ["--workload=knative", "--image-field=a.b/c=/spec/image"] {
        let set = format!("--set=extraArgs={{{argument}}}");
        refused(&[IMAGE, by_chart, &set], &["have no rule"]);
    }
}

#[test]
fn values_of_portieris_that_would_open_the_door_are_refused_with_the_value_to_use() {
    if !is_there() {
        return;
    }
    for name in [
        "AllowAdmissionSkip",
        "NamespaceSelectorAdmissionSkip",
        "ObjectSelectorAdmissionSkip",
    ] {
        let set = format!("--set={name}=true");
        let why = "anyone who may set a label decides what is judged";
        refused(&[IMAGE, &set], &[name, why, "excludedNamespaces"]);
    }
    // It names the image of Portieris, which is no image of this chart.
    for set in ["image.host=icr.io/portieris", "image.image=portieris"] {
        refused(
            &[&format!("--set={set}")],
            &["set image.repository", "Portieris"],
        );
    }
}

#[test]
fn a_name_that_is_no_value_and_a_value_that_is_none_are_refused() {
    if !is_there() {
        return;
    }
    for (set, fragment) in [
        ("replicas=3", "replicas"),
        ("image.repo=a", "repo"),
        ("arming.By=chart", "By"),
        ("certificates.issuerRef.kinds=Issuer", "kinds"),
        ("networkPolicy.from=a", "from"),
        ("replicaCount=0", "replicaCount"),
        ("replicaCount=two", "replicaCount"),
        ("policies.preset=official", "preset"),
        ("arming.by=both", "by"),
        ("certificates.source=files", "source"),
        ("webhooks.timeoutSeconds=31", "timeoutSeconds"),
        ("webhooks.timeoutSeconds=1", "timeoutSeconds"),
        ("image.digest=sha256:abc", "digest"),
        ("image.tag=a b", "tag"),
        ("excludedNamespaces={Kube}", "excludedNamespaces"),
        ("excludedNamespaces={a,a}", "excludedNamespaces"),
        ("securityContext.runAsUser=0", "runAsUser"),
        ("extraArgs={arm}", "extraArgs"),
        ("workloads={rollouts}", "workloads"),
        ("certificates.secretName=", "secretName"),
        ("PolicySet=Other", "PolicySet"),
    ] {
        refused(&[IMAGE, &format!("--set={set}")], &[fragment, "schema"]);
    }
}
