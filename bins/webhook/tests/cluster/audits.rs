//! What runs, judged for somebody who asks.

use std::process::Command;

use reqwest::{Certificate, Client};
use serde_json::{Value, json};

use crate::checks::{AUDIENCE, token};
use crate::door::Door;
use crate::warm_up::{runs, standing};

const DESCRIPTION: &str = include_str!("../../../../docs/reference/check.openapi.yaml");
const REFERENCE: &str = include_str!("../../../../docs/reference/webhook.md");
const GROUP: &str = "rbac.authorization.k8s.io";

/// Lets a service account of the door's namespace list Pods: of all namespaces, or of its own.
async fn let_list(door: &Door, account: &str, everywhere: bool) {
    let name = format!("{}-{account}", door.name);
    let rules = json!([{"apiGroups": [""], "resources": ["pods"], "verbs": ["list"]}]);
    let kind = if everywhere { "ClusterRole" } else { "Role" };
    let role = json!({"metadata": {"name": name}, "rules": rules});
    let binding = json!({
        "metadata": {"name": name},
        "subjects": [{"kind": "ServiceAccount", "name": account, "namespace": door.name}],
        "roleRef": {"apiGroup": GROUP, "kind": kind, "name": name},
    });
    let within = match everywhere {
        true => String::new(),
        false => format!("namespaces/{}/", door.name),
    };
    let plural = kind.to_lowercase();
    for (plural, object) in [
        (format!("{plural}s"), role),
        (format!("{plural}bindings"), binding),
    ] {
        let path = format!("/apis/{GROUP}/v1/{within}{plural}");
        door.server.post(&path, &object).await.succeeded();
    }
}

/// The status, and the lines of the answer.
async fn ask(door: &Door, token: Option<&str>, body: &Value) -> (u16, Vec<Value>) {
    let root = Certificate::from_pem(door.authority.ca_pem().as_bytes()).unwrap();
    let client = Client::builder().tls_certs_only([root]).no_proxy();
    let client = client.build().unwrap();
    let url = format!("https://{}/audit", door.program().address);
    let mut request = client.post(url).json(body);
    if let Some(token) = token {
        request = request.bearer_auth(token);
    }
    let answer = request.send().await.unwrap();
    let status = answer.status().as_u16();
    let text = answer.text().await.unwrap();
    let lines = text.lines().map(|line| serde_json::from_str(line).unwrap());
    (status, lines.collect())
}

/// Starts a webhook that knows those who ask by their tokens, at home in a namespace of its own.
async fn auditing(name: &'static str) -> Option<Door> {
    let mut door = standing(name).await?;
    let home = format!("{name}-home");
    door.server.namespace(&home, &[]).await;
    let home = format!("--home-namespace={home}");
    let audience = format!("--check-audience={AUDIENCE}");
    let kubeconfig = door.server.kubeconfig();
    door.follow(&kubeconfig, &[&home, &audience]);
    Some(door)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_may_list_all_pods_has_what_runs_judged_line_by_line_to_the_last() {
    let Some(door) = auditing("audited").await else {
        return;
    };
    let (good, digest) = door.site.signed("app");
    let (bad, _) = door.site.unsigned("bad");
    runs(&door, "good", &good).await;
    for name in ["bad-1", "bad-2"] {
        runs(&door, name, &bad).await;
    }
    let_list(&door, "auditor", true).await;
    let auditor = token(&door, "auditor", AUDIENCE).await;
    let body = json!({"namespaces": [door.name]});
    let (status, lines) = ask(&door, Some(&auditor), &body).await;
    assert_eq!(status, 200, "{lines:#?}");
    let (first, last) = (&lines[0], &lines[lines.len() - 1]);
    assert_eq!(first["kind"], "AuditBegan");
    let listed = |line: &&Value| line["kind"] == "AuditProgress" && line["pods"] != 0;
    let listed = lines.iter().find(listed).unwrap();
    assert_eq!((&listed["judged"], &listed["pods"]), (&json!(0), &json!(2)));
    assert_eq!(last["kind"], "AuditEnded");
    assert_eq!(last["complete"], true, "{last}");
    assert_eq!(
        last["summary"],
        json!({"allowed": 1, "denied": 1, "inconclusive": 0, "warned": 0})
    );
    let pods: Vec<&Value> = lines
        .iter()
        .filter(|line| line["kind"] == "AuditedPod")
        .collect();
    assert_eq!(pods.len(), 2, "{pods:#?}");
    for pod in pods {
        assert_eq!(pod["namespace"], door.name);
        let image = &pod["images"][0];
        match pod["pod"].as_str().unwrap() {
            "good" => assert_eq!(
                (&image["verdict"], &image["digest"]),
                (&json!("allow"), &json!(digest.as_str()))
            ),
            name => {
                assert!(name.starts_with("bad-"), "{name}");
                assert_eq!(image["code"], "simple-no-signature");
            }
        }
    }
    let described: Value = serde_yaml::from_str(DESCRIPTION).unwrap();
    let described = &described["components"]["schemas"]["AuditLine"]["properties"];
    for name in lines
        .iter()
        .flat_map(|line| line.as_object().unwrap().keys())
    {
        assert!(described.get(name).is_some(), "{name} is not described");
    }
    // Nobody is asked about the home namespace, so that an audit of it would say nothing.
    let home = json!({"namespaces": [format!("{}-home", door.name)]});
    let (status, answer) = ask(&door, Some(&auditor), &home).await;
    assert_eq!(status, 400, "{answer:?}");
    // Nothing was stopped, and nothing written.
    let events = format!("/api/v1/namespaces/{}/events", door.name);
    let events = door.server.get(&events).await.succeeded();
    assert_eq!(events["items"].as_array().unwrap().len(), 0, "{events}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_else_learns_what_runs_elsewhere() {
    let Some(door) = auditing("audited-by-few").await else {
        return;
    };
    let (good, _) = door.site.signed("app");
    runs(&door, "good", &good).await;
    let_list(&door, "tenant", false).await;
    let tenant = token(&door, "tenant", AUDIENCE).await;
    let nobody = token(&door, "nobody", AUDIENCE).await;
    let elsewhere = token(&door, "tenant", "somebody-else").await;
    let own = json!({"namespaces": [door.name]});
    for (who, token, body, status) in [
        ("who may list some", Some(&tenant), &own, 403),
        ("who may list some, of all", Some(&tenant), &json!({}), 403),
        ("who may list none", Some(&nobody), &own, 403),
        ("nobody", None, &own, 403),
        ("a token for others", Some(&elsewhere), &own, 401),
        (
            "what cannot be read",
            Some(&tenant),
            &json!({"namespace": "a"}),
            400,
        ),
    ] {
        let (found, lines) = ask(&door, token.map(String::as_str), body).await;
        assert_eq!(found, status, "{who}: {lines:?}");
        assert_eq!(lines.len(), 1, "{who}");
        assert!(!lines[0].to_string().contains(&good), "{who}: {lines:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_command_of_the_reference_has_what_runs_in_a_namespace_judged() {
    // The namespace that the command names.
    let Some(door) = auditing("shop").await else {
        return;
    };
    if Command::new("curl").arg("--version").output().is_err() {
        let required = std::env::var_os("DOORWARD_REQUIRE_TOOLS");
        assert!(
            required.is_none_or(|value| value != "1"),
            "curl is not installed"
        );
        eprintln!("skipped: curl is not installed");
        return;
    }
    let (good, _) = door.site.signed("app");
    runs(&door, "good", &good).await;
    let_list(&door, "auditor", true).await;
    let auditor = token(&door, "auditor", AUDIENCE).await;
    let mut lines = REFERENCE.lines();
    let command = lines.find(|line| line.starts_with("curl ") && line.ends_with("/audit"));
    // As it is written, but for where the webhook is: its certificate here is for an address.
    let here = format!("https://{}/audit", door.program().address);
    let command = command
        .unwrap()
        .replace("https://doorward.doorward.svc/audit", &here);
    door.write("ca.crt", door.authority.ca_pem());
    let folder = door.path("");
    let run = tokio::task::spawn_blocking(move || {
        let mut shell = Command::new("sh");
        shell
            .args(["-c", &command])
            .env("TOKEN", auditor)
            .env("no_proxy", "*")
            .current_dir(folder);
        shell.output().unwrap()
    });
    let output = run.await.unwrap();
    assert!(output.status.success(), "{output:?}");
    let said = String::from_utf8(output.stdout).unwrap();
    let lines: Vec<Value> = said
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(lines[0]["kind"], "AuditBegan", "{said}");
    let last = lines.last().unwrap();
    assert_eq!(last["kind"], "AuditEnded", "{said}");
    assert_eq!(last["summary"]["allowed"], 1, "{said}");
}
