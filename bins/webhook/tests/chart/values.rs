//! Values that sites have, and what describes values.

use serde_json::Value;

use crate::helm::{IMAGE, file};

/// Examples that together take every branch of the templates.
pub(crate) const EXAMPLES: [(&str, &[&str]); 8] = [
    ("as it comes", &[IMAGE]),
    (
        "cert-manager, armed by the webhook",
        &[
            IMAGE,
            "--set=certificates.source=certManager,policies.preset=warn",
        ],
    ),
    (
        "cert-manager with an issuer, armed by the chart",
        &[
            IMAGE,
            "--set=certificates.source=certManager,arming.by=chart,webhooks.failurePolicy=Ignore,webhooks.timeoutSeconds=20",
            "--set=certificates.issuerRef.name=site,certificates.issuerRef.kind=ClusterIssuer",
            "--set=workloads={argoproj.io/rollouts=/spec/template/spec},excludedNamespaces={kube-system}",
        ],
    ),
    (
        "a certificate that is brought",
        &[
            IMAGE,
            "--set=certificates.source=provided,certificates.secretName=tls,policies.preset=none",
        ],
    ),
    (
        "a certificate that is brought, armed by the chart",
        &[
            IMAGE,
            "--set=certificates.source=provided,arming.by=chart,service.port=8443",
            "--set=arming.caBundle=-----BEGIN CERTIFICATE-----",
        ],
    ),
    (
        "armed by nobody, with little",
        &[
            IMAGE,
            "--set=certificates.source=provided,arming.by=nobody,rememberTrust=false,events=false,reports=policyreport,spread=false",
            "--set=podDisruptionBudget.enabled=false,serviceAccount.create=false,policies.preset=none,resources=null",
        ],
    ),
    (
        "much",
        &[
            IMAGE,
            "--set=image.digest=sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
            "--set=image.pullSecrets={one,two},excludedNamespaces={kube-system,monitoring},breakGlass=true,warmUp=true,rescanEvery=12h,maxException=72h,reports=openreports",
            "--set=alerts.url=https://sink.example/events,alerts.source=cluster-one,alerts.tokenSecret=alert-token",
            "--set=checkAudience=doorward,workloads={argoproj.io/rollouts=/spec/template/spec},log.format=text,log.filter=debug",
            "--set=credentialProviders.configMap=providers,credentialProviders.volume.image.reference=r.example/providers:1,credentialProviders.folder=bin",
            "--set=kmsPlugins.volume.image.reference=r.example/kms:1,kmsPlugins.folder=bin,kmsPlugins.environment={AWS_REGION,AWS_ROLE_ARN}",
            "--set=extraAuthorities.configMap=authorities,proxy.http=http://p.example:3128,proxy.https=http://p.example:3128",
            "--set=proxy.none=.svc\\,10.0.0.1,extraArgs={--max-concurrent=64},priorityClassName=system-cluster-critical",
            "--set=networkPolicy.enabled=true,networkPolicy.reviewsFrom[0].ipBlock.cidr=10.0.0.1/32",
            "--set=networkPolicy.metricsFrom[0].namespaceSelector.matchLabels.name=monitoring",
            "--set=serviceMonitor.enabled=true,serviceMonitor.labels.release=p,prometheusRule.enabled=true,prometheusRule.labels.release=p",
            "--set=dashboard.enabled=true,hostNetwork=true,podAnnotations.a=b,podLabels.c=d,deploymentAnnotations.e=f",
            "--set=nodeSelector.role=infra,tolerations[0].key=infra,tolerations[0].operator=Exists,serviceAccount.annotations.g=h",
            "--set=affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms[0].matchExpressions[0].key=x",
            "--set=affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms[0].matchExpressions[0].operator=Exists",
        ],
    ),
    (
        "where the platform chooses the user, and authorities come from a Secret",
        &[
            IMAGE,
            "--set=securityContext.runAsUser=null,securityContext.runAsGroup=null,extraAuthorities.secret=authorities",
            "--set=podDisruptionBudget.minAvailable=null,podDisruptionBudget.maxUnavailable=50%,policies.preset=portieris",
            "--set=policies.allowedRepositories={registry.example/*}",
        ],
    ),
];

/// The values that the chart has, by their paths: those that are described in `values.yaml`, with what is said of each.
pub(crate) fn described() -> Vec<(String, String, String)> {
    let (mut found, mut path, mut said) = (Vec::new(), Vec::<String>::new(), None::<String>);
    let text = file("values.yaml");
    let all: Value = serde_yaml::from_str(&text).unwrap();
    for line in text.lines() {
        let inner = line.trim_start();
        let depth = (line.len() - inner.len()) / 2;
        if let Some(begin) = inner.strip_prefix("# -- ") {
            said = Some(begin.to_owned());
        } else if let Some(more) = inner.strip_prefix("# ") {
            if let Some(said) = &mut said {
                said.push(' ');
                said.push_str(more);
            }
        } else if let Some((key, _)) = inner.split_once(':') {
            path.truncate(depth);
            path.push(key.to_owned());
            if let Some(said) = said.take() {
                let value = path.iter().fold(&all, |value, key| &value[key]);
                found.push((path.join("."), serde_json::to_string(value).unwrap(), said));
            }
        }
    }
    found
}

/// The paths of values that the schema knows, without those of Portieris' chart.
pub(crate) fn of_the_schema() -> Vec<String> {
    let schema: Value = serde_json::from_str(&file("values.schema.json")).unwrap();
    let mut paths = Vec::new();
    walk(&schema, "", &mut paths);
    paths
}

fn walk(schema: &Value, path: &str, paths: &mut Vec<String>) {
    for (name, inner) in schema["properties"].as_object().unwrap() {
        let is_foreign = inner["description"]
            .as_str()
            .is_some_and(|text| text.contains("Portieris"));
        if is_foreign || name == "global" {
            continue;
        }
        let path = [path, name].join(if path.is_empty() { "" } else { "." });
        if inner["properties"].is_object() && path != "resources" {
            walk(inner, &path, paths);
        } else {
            paths.push(path);
        }
    }
}

#[test]
fn every_value_is_described_and_known_to_the_schema_and_no_other_is() {
    let mut described: Vec<_> = described().into_iter().map(|(path, ..)| path).collect();
    let mut known = of_the_schema();
    described.sort_unstable();
    known.sort_unstable();
    assert_eq!(described, known);
}

#[test]
fn the_schema_takes_no_name_that_it_does_not_list() {
    fn open(schema: &Value, path: &str, found: &mut Vec<String>) {
        if let Some(properties) = schema["properties"].as_object() {
            if schema["additionalProperties"] != false {
                found.push(path.to_owned());
            }
            for (name, inner) in properties {
                open(inner, &format!("{path}.{name}"), found);
            }
        }
    }
    let mut found = Vec::new();
    open(
        &serde_json::from_str(&file("values.schema.json")).unwrap(),
        "",
        &mut found,
    );
    assert_eq!(found, Vec::<String>::new());
}
