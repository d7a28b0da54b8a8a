//! `doorward doctor`, against a stand-in of an API server that answers what it was told.

use std::collections::BTreeMap;
use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::sync::{Arc, Mutex};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use doorward_testkit::TlsAuthority;
use serde_json::{Value, json};

use crate::common::{Run, Site};

const ADMISSION: &str = "/apis/admissionregistration.k8s.io/v1";
const RBAC: &str = "/apis/rbac.authorization.k8s.io/v1";
const HOME: &str = "/api/v1/namespaces/doorward";

type Answers = Arc<Mutex<BTreeMap<String, (u16, Value)>>>;

/// A cluster with an installation that has no fault.
struct Cluster {
    site: Site,
    answers: Answers,
    address: String,
}

fn list(items: Value) -> Value {
    json!({"metadata": {}, "items": items})
}

fn webhook(name: &str, path: &str, bundle: &str) -> Value {
    json!({
        "name": name,
        "clientConfig": {
            "caBundle": bundle,
            "service": {"name": "doorward", "namespace": "doorward", "path": path, "port": 443},
        },
        "rules": [{"apiGroups": ["*"], "apiVersions": ["*"], "operations": ["*"], "resources": ["*/*"], "scope": "*"}],
        "failurePolicy": "Fail", "timeoutSeconds": 10, "sideEffects": "None", "matchPolicy": "Equivalent",
        "admissionReviewVersions": ["v1"], "objectSelector": {},
        "namespaceSelector": {"matchExpressions": [
            {"key": "kubernetes.io/metadata.name", "operator": "NotIn", "values": ["doorward"]},
        ]},
    })
}

impl Cluster {
    fn healthy() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let answers = Answers::default();
        serve(listener, Arc::clone(&answers));
        let cluster = Self {
            site: Site::new(),
            answers,
            address,
        };
        cluster.write_kubeconfig();
        let authority = TlsAuthority::new();
        let issued = authority.issue("doorward.doorward.svc");
        let bundle = STANDARD.encode(authority.ca_pem());
        let mut mutating = webhook("mutate.doorward.dev", "/mutate", &bundle);
        mutating["reinvocationPolicy"] = json!("IfNeeded");
        let validating = webhook("validate.doorward.dev", "/validate", &bundle);
        let mut policies = webhook("policies.doorward.dev", "/policies", &bundle);
        policies["failurePolicy"] = json!("Ignore");
        policies["namespaceSelector"] = json!({});
        policies["timeoutSeconds"] = json!(5);
        let configuration =
            |name: &str, webhook: Value| json!({"metadata": {"name": name}, "webhooks": [webhook]});
        let tells = |path: &str, answer: Value| cluster.tells(path, 200, answer);
        tells(
            &format!("{ADMISSION}/mutatingwebhookconfigurations"),
            list(json!([configuration("doorward", mutating)])),
        );
        tells(
            &format!("{ADMISSION}/validatingwebhookconfigurations"),
            list(json!([
                configuration("doorward", validating),
                configuration("doorward-policies", policies)
            ])),
        );
        tells(
            "/apis/apps/v1/namespaces/doorward/deployments/doorward",
            json!({"metadata": {"name": "doorward"}, "spec": {"template": {"spec": {
                "serviceAccountName": "doorward",
                "containers": [{"name": "webhook", "args": ["--arm", "--tls-secret=doorward-tls", "--timeout=10s"]}],
            }}}}),
        );
        tells(
            &format!("{HOME}/services/doorward"),
            json!({"metadata": {"name": "doorward"}, "spec": {"type": "ClusterIP", "ports": [{"port": 443}]}}),
        );
        let endpoint = |pod: &str, node: &str| json!({"addresses": ["10.0.0.1"], "nodeName": node, "targetRef": {"name": pod}});
        tells(
            "/apis/discovery.k8s.io/v1/namespaces/doorward/endpointslices",
            list(json!([{"endpoints": [endpoint("a", "one"), endpoint("b", "two")]}])),
        );
        tells(
            &format!("{HOME}/secrets/doorward-tls"),
            json!({"data": {"tls.crt": STANDARD.encode(&issued.certificate_pem), "tls.key": STANDARD.encode("never shown")}}),
        );
        let labels = |name: &str| json!({"metadata": {"name": name, "labels": {"kubernetes.io/metadata.name": name}}});
        tells(
            "/api/v1/namespaces",
            list(json!([labels("doorward"), labels("shop")])),
        );
        for (_, text) in doorward_cli::custom_resource_definitions().unwrap() {
            let definition: Value = serde_yaml::from_str(&text).unwrap();
            let name = definition["metadata"]["name"].as_str().unwrap();
            tells(
                &format!("/apis/apiextensions.k8s.io/v1/customresourcedefinitions/{name}"),
                definition.clone(),
            );
        }
        let accepted = json!({"type": "Accepted", "status": "True", "observedGeneration": 1, "message": "in force"});
        tells(
            "/apis/doorward.dev/v1/clusterimagepolicies",
            list(
                json!([{"metadata": {"name": "base", "generation": 1}, "status": {"conditions": [accepted]}}]),
            ),
        );
        tells(&format!("{RBAC}/clusterroles"), list(json!([])));
        tells(&format!("{RBAC}/clusterrolebindings"), list(json!([])));
        cluster
    }

    fn tells(&self, path: &str, status: u16, answer: Value) {
        let mut answers = self.answers.lock().unwrap();
        answers.insert(path.to_owned(), (status, answer));
    }

    fn forgets(&self, path: &str) {
        self.answers.lock().unwrap().remove(path).unwrap();
    }

    fn write_kubeconfig(&self) {
        let context = |name: &str, server: &str| {
            format!(
                "clusters: [{{name: {name}, cluster: {{server: \"{server}\"}}}}]\nusers: [{{name: {name}, user: {{}}}}]\n\
                 contexts: [{{name: {name}, context: {{cluster: {name}, user: {name}}}}}]\n"
            )
        };
        let head = "apiVersion: v1\nkind: Config\ncurrent-context: here\n";
        let here = context("here", &format!("http://{}", self.address));
        self.site.write("kubeconfig", &format!("{head}{here}"));
        // Nobody listens on port 1.
        let out = context("here", "http://127.0.0.1:1");
        self.site.write("out", &format!("{head}{out}"));
    }

    fn doctor(&self, more: &[&str]) -> Run {
        let mut words = vec!["doctor", "--kubeconfig", "kubeconfig"];
        words.extend(more);
        self.site.doorward(&words).run()
    }
}

fn serve(listener: TcpListener, answers: Answers) {
    std::thread::spawn(move || {
        while let Ok((mut stream, _)) = listener.accept() {
            let answers = Arc::clone(&answers);
            std::thread::spawn(move || {
                let mut request = Vec::new();
                let mut part = [0; 4096];
                while !request.windows(4).any(|end| end == b"\r\n\r\n") {
                    match stream.read(&mut part) {
                        Ok(0) | Err(_) => return,
                        Ok(read) => request.extend_from_slice(&part[..read]),
                    }
                }
                let request = String::from_utf8(request).unwrap();
                let path = request.split([' ', '?']).nth(1).unwrap().to_owned();
                let found = answers.lock().unwrap().get(&path).cloned();
                let (status, mut body) = found.unwrap_or((404, json!("there is none")));
                if status != 200 {
                    body = json!({"kind": "Status", "apiVersion": "v1", "status": "Failure", "metadata": {}, "code": status, "message": body});
                }
                let body = body.to_string();
                let head = format!(
                    "HTTP/1.1 {status} x\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
                    body.len()
                );
                let _ = stream.write_all((head + &body).as_bytes());
            });
        }
    });
}

#[test]
fn an_installation_without_a_fault_ends_with_0_and_says_so() {
    let cluster = Cluster::healthy();
    let run = cluster.doctor(&[]);
    run.expect(0, &["nothing is wrong"]);
    assert_eq!(run.stdout.lines().count(), 1, "{run:#?}");
    let report = cluster.doctor(&["-o", "json"]).json();
    assert_eq!(report["apiVersion"], "doctor.doorward.dev/v1");
    assert_eq!(report["kind"], "Checkup");
    assert_eq!(report["homeNamespace"], "doorward");
    assert_eq!(report["findings"], json!([]));
    assert_eq!(
        report["summary"],
        json!({"errors": 0, "unknown": 0, "warnings": 0})
    );
}

#[test]
fn planted_faults_are_named_with_what_to_do_and_end_with_6() {
    let cluster = Cluster::healthy();
    cluster.forgets(&format!("{ADMISSION}/mutatingwebhookconfigurations"));
    cluster.tells(
        &format!("{ADMISSION}/mutatingwebhookconfigurations"),
        200,
        list(json!([])),
    );
    cluster.forgets(&format!("{HOME}/services/doorward"));
    cluster.forgets(
        "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/imageexceptions.doorward.dev",
    );
    cluster.forgets("/apis/doorward.dev/v1/clusterimagepolicies");
    let rules = json!([{"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]}]);
    cluster.tells(
        &format!("{RBAC}/clusterroles"),
        200,
        list(json!([{"metadata": {"name": "deploy"}, "rules": rules}])),
    );
    let subject = json!([{"kind": "ServiceAccount", "namespace": "ci", "name": "deployer"}]);
    cluster.tells(
        &format!("{RBAC}/clusterrolebindings"),
        200,
        list(json!([{"metadata": {"name": "x"}, "roleRef": {"name": "deploy"}, "subjects": subject}])),
    );
    let run = cluster.doctor(&[]);
    run.expect(
        6,
        &[
            "mutating-missing MutatingWebhookConfiguration doorward",
            "service-missing Service doorward/doorward",
            "definition-missing CustomResourceDefinition imageexceptions.doorward.dev",
            "no-policy ClusterImagePolicy *",
            "rights-configurations ServiceAccount ci/deployer",
            "do: apply what `doorward install crds` prints",
            "4 errors, 2 warnings",
        ],
    );
    let report = cluster.doctor(&["-o", "yaml"]);
    assert_eq!(report.code, 6);
    let report: Value = serde_yaml::from_str(&report.stdout).unwrap();
    assert_eq!(report["findings"][0]["severity"], "error");
    assert_eq!(report["findings"][5]["code"], "rights-policies");
}

#[test]
fn warnings_alone_end_with_0() {
    let cluster = Cluster::healthy();
    let endpoint = json!({"addresses": ["10.0.0.1"], "nodeName": "one"});
    cluster.tells(
        "/apis/discovery.k8s.io/v1/namespaces/doorward/endpointslices",
        200,
        list(json!([{"endpoints": [endpoint]}])),
    );
    cluster
        .doctor(&[])
        .expect(0, &["replicas-single", "nothing is wrong; 1 warning"]);
}

#[test]
fn what_may_not_be_asked_ends_with_5_and_names_the_right() {
    let cluster = Cluster::healthy();
    cluster.tells(
        &format!("{RBAC}/clusterroles"),
        403,
        json!("jo cannot list clusterroles"),
    );
    cluster.doctor(&[]).expect(
        5,
        &[
            "not-answered ClusterRole *",
            "the right to list clusterroles.rbac.authorization.k8s.io",
            "1 question without an answer",
        ],
    );
    // A fault that was found is one whatever else is not known.
    cluster.forgets(&format!("{HOME}/services/doorward"));
    cluster
        .doctor(&[])
        .expect(6, &["service-missing", "not-answered"]);
}

#[test]
fn a_cluster_that_is_out_is_not_called_wrong() {
    let cluster = Cluster::healthy();
    let run = cluster
        .site
        .doorward(&["doctor", "--kubeconfig", "out"])
        .run();
    run.expect(
        5,
        &["not-answered", "run it again when the API server answers"],
    );
    assert!(!run.stdout.contains("error  "), "{run:#?}");
}

#[test]
fn the_cluster_is_found_as_kubectl_finds_it() {
    let cluster = Cluster::healthy();
    let doctor = || cluster.site.doorward(&["doctor"]);
    let kubeconfig = cluster.site.path("kubeconfig");
    doctor()
        .env("KUBECONFIG", &kubeconfig)
        .run()
        .expect(0, &["nothing is wrong"]);
    doctor()
        .env("DOORWARD_KUBECONFIG", &kubeconfig)
        .run()
        .expect(0, &["nothing is wrong"]);
    doctor()
        .run()
        .expect_failure(6, &["there is no way to a cluster"]);
    cluster.site.write(
        "home/.kube/config",
        &std::fs::read_to_string(&kubeconfig).unwrap(),
    );
    doctor().run().expect(0, &["nothing is wrong"]);
    cluster
        .site
        .doorward(&["doctor", "--context", "elsewhere"])
        .run()
        .expect_failure(6, &["there is no way to a cluster", "elsewhere"]);
}

#[test]
fn the_certificate_is_told_of_as_far_ahead_as_is_asked_and_the_key_never() {
    let cluster = Cluster::healthy();
    let run = cluster.doctor(&["--within", "400000d"]);
    run.expect(0, &["certificate-ends-soon Secret doorward/doorward-tls"]);
    assert!(!run.stdout.contains("never shown"), "{run:#?}");
    cluster
        .doctor(&["--at", "4095-01-01T00:00:00Z"])
        .expect(6, &["certificate-ended"]);
    cluster
        .doctor(&["--within", "soon"])
        .expect_failure(2, &["--within"]);
    cluster
        .doctor(&["--home-namespace", "../x"])
        .expect_failure(2, &["can be no namespace"]);
}
