//! Reports about images, in both kinds that dashboards read.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use doorward_core::{Code, Timestamp};
use doorward_kube::client::{ApiServer as Client, ClusterReports, ReportTerms, ReportWrite};
use doorward_kube::{Reason, Regarding, ReportKind, ReportedImage, Review, Runs};
use doorward_testkit::ApiServer;
use serde_json::{Value, json};

use crate::door::Door;
use crate::objects::pod;
use crate::server::eventually;
use crate::watched::{open, policy};

const DEFINITIONS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/cluster/definitions");
const WRITES: &str = "doorward_report_writes_total";

/// Has the cluster serve reports of a kind.
pub(crate) async fn define(server: &ApiServer, kind: ReportKind) {
    let (group, _) = kind.api_version().split_once('/').unwrap();
    let file = format!("{DEFINITIONS}/{}.{group}.yaml", kind.plural());
    let output = server
        .kubectl()
        .args(["apply", "-f", &file])
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    let path = format!("/apis/{}/{}", kind.api_version(), kind.plural());
    eventually("the definition is served", async || {
        (server.get(&path).await.status == 200).then_some(())
    })
    .await;
}

pub(crate) fn path(kind: ReportKind, namespace: &str) -> String {
    let (group, plural) = (kind.api_version(), kind.plural());
    format!("/apis/{group}/namespaces/{namespace}/{plural}/doorward")
}

/// The report of the namespace, once this is so.
pub(crate) async fn report(
    server: &ApiServer,
    (kind, namespace): (ReportKind, &str),
    is_so: impl Fn(&Value) -> bool,
) -> Value {
    let path = path(kind, namespace);
    eventually("the report says so", async || {
        let answer = server.get(&path).await;
        (answer.status == 200 && is_so(&answer.body)).then_some(answer.body)
    })
    .await
}

/// The results about an object.
pub(crate) fn about<'r>(report: &'r Value, name: &str) -> Vec<&'r Value> {
    let results = report["results"].as_array().unwrap().iter();
    results
        .filter(|result| result["resources"][0]["name"] == name)
        .collect()
}

impl Door {
    async fn creates(&self, name: &str, image: &str, status: u16) {
        let answer = self.server.post(&self.pods(), &pod(name, image)).await;
        assert_eq!(answer.status, status, "{answer:?}");
    }
}

/// What is decided about an image of a Pod, for reports.
fn image(namespace: &str, name: &str, at: Timestamp) -> ReportedImage {
    let body = json!({
        "apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "request": {
            "uid": "u", "operation": "CREATE", "resource": {"group": "", "version": "v1", "resource": "pods"},
            "object": pod(name, "r.example/app:1"),
        },
    });
    let review = Review::parse(body.to_string().as_bytes()).unwrap();
    let regarding = Regarding {
        api_version: "v1".to_owned(),
        kind: "Pod".to_owned(),
        namespace: namespace.to_owned(),
        name: name.to_owned(),
    };
    let reason = Reason::new(Code::POLICY_NO_MATCH, "no entry says anything about it");
    ReportedImage::unjudged(
        regarding,
        review.undecided().next().unwrap(),
        &reason,
        Runs::IfAdmitted,
        at,
    )
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refusal_a_warning_an_exception_and_an_admission_are_lines_and_a_dry_run_none() {
    const OPEN: (ReportKind, &str) = (ReportKind::OpenReports, "reported");
    let options = [
        "--reports=openreports",
        "--proof-lifetime=0s",
        "--plain-http=127.0.0.1:1",
    ];
    let Some(door) = open(OPEN.1, &options).await else {
        return;
    };
    let server = door.server;
    define(server, OPEN.0).await;
    // That which waits five minutes for the definition is not this one.
    let mut door = door;
    door.program = None;
    door.follow(&server.kubeconfig(), &options);
    door.register().await;
    let (signed, digest) = door.site.signed("app");
    let (unsigned, _) = door.site.unsigned("other");
    let mut strict = policy(&door, "");
    strict["spec"]["repositories"][0]["exceptions"] = "allowed".into();
    server.post(&door.policies(), &strict).await.succeeded();
    // Dry runs, of which nothing is to be seen.
    door.comes(&signed, 201).await;
    door.comes(&unsigned, 403).await;
    assert_eq!(server.get(&path(OPEN.0, OPEN.1)).await.status, 404);

    door.creates("good", &signed, 201).await;
    door.creates("bad", &unsigned, 403).await;
    let said = report(server, OPEN, |said| said["summary"]["fail"] == 1).await;
    let [bad] = about(&said, "bad")[..] else {
        panic!("{said:#}");
    };
    assert_eq!(
        (&bad["result"], &bad["source"]),
        (&json!("fail"), &json!("doorward"))
    );
    assert_eq!(bad["policy"], "reported/releases");
    assert_eq!(bad["properties"]["code"], "simple-no-signature");
    assert_eq!(bad["properties"]["image"], unsigned);
    assert_eq!(bad["resources"][0]["kind"], "Pod");
    assert!(bad["rule"].is_string(), "{bad:#}");
    let said = report(server, OPEN, |said| said["summary"]["pass"] == 1).await;
    let good = about(&said, "good");
    assert_eq!(good[0]["result"], "pass");
    assert_eq!(good[0]["properties"]["digest"], digest.to_string());
    assert!(about(&said, "web").is_empty(), "{said:#}");

    let used = json!({
        "apiVersion": "doorward.dev/v1", "kind": "ImageException",
        "metadata": {"name": "for-now", "namespace": OPEN.1},
        "spec": {
            "images": [unsigned.rsplit_once(':').unwrap().0], "codes": ["simple-no-signature"], "reason": "Friday",
            "until": doorward_webhook::now().plus(3600).to_string(),
        },
    });
    let exceptions = "/apis/doorward.dev/v1/namespaces/reported/imageexceptions";
    server.post(exceptions, &used).await.succeeded();
    door.comes(&unsigned, 201).await;
    // The line about the refusal goes, and the one about the exception comes.
    door.creates("bad", &unsigned, 201).await;
    let said = report(server, OPEN, |said| said["summary"]["warn"] == 1).await;
    let [excepted] = about(&said, "bad")[..] else {
        panic!("{said:#}");
    };
    assert_eq!(excepted["properties"]["code"], "exception-used");
    assert_eq!(
        excepted["properties"]["exception"],
        "ImageException reported/for-now"
    );
    assert_eq!(said["summary"]["fail"], 0);

    server
        .delete(&format!("{exceptions}/for-now"))
        .await
        .succeeded();
    let policies = format!("{}/releases", door.policies());
    let mut warn = policy(&door, "      mode: warn\n");
    let entries = warn["spec"]["repositories"].as_array_mut().unwrap();
    let mut silent = policy(&door, "")["spec"]["repositories"][0].clone();
    silent["name"] = "127.0.0.1:1/*".into();
    entries.push(silent);
    door.merge(&policies, &json!({"spec": warn["spec"]})).await;
    eventually("the exception is gone", async || {
        let warned = door.comes(&unsigned, 201).await;
        (!warned.warnings[0].contains("exception-used")).then_some(())
    })
    .await;
    door.creates("warned", &unsigned, 201).await;
    // Nobody answers there.
    door.creates("silent", "127.0.0.1:1/app:1", 403).await;
    let said = report(server, OPEN, |said| !about(said, "silent").is_empty()).await;
    let silent = about(&said, "silent")[0];
    assert_eq!(silent["result"], "error", "{silent:#}");
    let warned = about(&said, "warned");
    assert_eq!(warned[0]["result"], "warn");
    assert_eq!(warned[0]["properties"]["mode"], "warn");
    // As people look at it.
    let (table, _) = door.kubectl_does("get reports.openreports.io", None);
    assert!(
        table.contains("doorward") && table.contains("PASS"),
        "{table}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_the_definition_reviews_go_on_and_reports_begin_when_it_comes() {
    const LEGACY: (ReportKind, &str) = (ReportKind::PolicyReport, "reported-late");
    let options = ["--reports=policyreport"];
    let Some(mut door) = open(LEGACY.1, &options).await else {
        return;
    };
    let server = door.server;
    let (unsigned, _) = door.site.unsigned("app");
    server
        .post(&door.policies(), &policy(&door, ""))
        .await
        .succeeded();
    door.comes(&unsigned, 403).await;
    for number in 0..20 {
        door.creates(&format!("p{number}"), &unsigned, 403).await;
    }
    // What came before it was found out is counted too.
    eventually("every result is counted as dropped", async || {
        let dropped = door
            .program()
            .count("doorward_report_results_dropped_total")
            .await;
        (dropped >= 20.0).then_some(())
    })
    .await;
    // It was found out once, and nothing asks again for each of them.
    let absent = door.program().count(WRITES).await;
    assert!((absent - 1.0).abs() < f64::EPSILON, "{absent}");
    assert_eq!(door.program().ask("/readyz").await.unwrap().0, 200);

    let heard: Arc<Mutex<Vec<ReportWrite>>> = Arc::default();
    let hearing = Arc::clone(&heard);
    let mut terms = ReportTerms::default();
    terms.look = Duration::from_millis(200);
    let client = Client::connect(Some(&server.kubeconfig())).await.unwrap();
    let reports =
        ClusterReports::start(client, LEGACY.0, terms, doorward_webhook::now, move |one| {
            hearing.lock().unwrap().push(one);
        });
    eventually("its absence is said", async || {
        (!heard.lock().unwrap().is_empty()).then_some(())
    })
    .await;
    assert!(!reports.tell(image(LEGACY.1, "early", doorward_webhook::now())));
    define(server, LEGACY.0).await;
    eventually("reports are taken", async || {
        reports
            .tell(image(LEGACY.1, "late", doorward_webhook::now()))
            .then_some(())
    })
    .await;
    let said = report(server, LEGACY, |said| !about(said, "late").is_empty()).await;
    assert_eq!(said["apiVersion"], "wgpolicyk8s.io/v1alpha2");
    assert_eq!(said["summary"]["fail"], 1);
    let absences = heard.lock().unwrap().clone();
    let absences = absences
        .iter()
        .filter(|one| matches!(one, ReportWrite::Absent { .. }));
    assert_eq!(absences.count(), 1);

    door.program = None;
    door.follow(&server.kubeconfig(), &options);
    door.register().await;
    door.comes(&unsigned, 403).await;
    door.creates("bad", &unsigned, 403).await;
    let said = report(server, LEGACY, |said| !about(said, "bad").is_empty()).await;
    assert_eq!(about(&said, "bad")[0]["result"], "fail");
    let (table, _) = door.kubectl_does("get polr", None);
    assert!(table.contains("doorward"), "{table}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_replicas_write_one_report_and_lose_nothing_of_each_other() {
    const BOTH: (ReportKind, &str) = (ReportKind::OpenReports, "reported-twice");
    let Some(door) = Door::standing(BOTH.1).await else {
        return;
    };
    let server = door.server;
    define(server, BOTH.0).await;
    let mut terms = ReportTerms::default();
    terms.pause = Duration::from_millis(1);
    let mut replicas = Vec::new();
    for _ in 0..2 {
        let client = Client::connect(Some(&server.kubeconfig())).await.unwrap();
        replicas.push(ClusterReports::start(
            client,
            BOTH.0,
            terms,
            doorward_webhook::now,
            drop,
        ));
    }
    for number in 0..40 {
        for (replica, reports) in replicas.iter().enumerate() {
            let name = format!("r{replica}-{number}");
            assert!(reports.tell(image(BOTH.1, &name, doorward_webhook::now())));
            // Both say something of this one.
            assert!(reports.tell(image(BOTH.1, "both", doorward_webhook::now())));
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let said = report(server, BOTH, |said| said["summary"]["fail"] == 81).await;
    assert_eq!(said["results"].as_array().unwrap().len(), 81);
    let list = format!(
        "/apis/{}/namespaces/{}/reports",
        BOTH.0.api_version(),
        BOTH.1
    );
    let all = server.get(&list).await.succeeded();
    assert_eq!(all["items"].as_array().unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_old_goes_also_where_nothing_happens_any_more() {
    const OLD: (ReportKind, &str) = (ReportKind::OpenReports, "reported-old");
    let Some(door) = Door::standing(OLD.1).await else {
        return;
    };
    let server = door.server;
    define(server, OLD.0).await;
    let start = async |age: u64, sweep: u64| {
        let mut terms = ReportTerms::default();
        terms.age = Duration::from_secs(age);
        terms.sweep = Duration::from_secs(sweep);
        let client = Client::connect(Some(&server.kubeconfig())).await.unwrap();
        // Its clock looks at this namespace alone: other reports of this server are not as old to it.
        ClusterReports::start(
            client,
            OLD.0,
            terms,
            || Timestamp::from_unix(2_000_000),
            drop,
        )
    };
    let reports = start(1_000_000, 3_600).await;
    assert!(reports.tell(image(OLD.1, "old", Timestamp::from_unix(1_500_000))));
    report(server, OLD, |said| !about(said, "old").is_empty()).await;
    drop(reports);
    // Nobody says anything to it.
    let _sweeping = start(500_000, 1).await;
    eventually("the report is gone", async || {
        (server.get(&path(OLD.0, OLD.1)).await.status == 404).then_some(())
    })
    .await;
}
