//! Which cluster is asked, by whom, and which policies count.

use serde_json::{Value, json};

use super::{Live, verdicts};
use crate::common::Site;

#[test]
fn policies_in_files_show_what_they_would_refuse_of_what_runs() {
    let Some(live) = Live::begin(Site::with_policy(), &["files-shop"]) else {
        return;
    };
    live.site.push_signed("shop/web");
    live.site.push("shop/cart");
    live.pod(
        "files-shop",
        "web",
        &live.site.reference("shop/web"),
        &json!({}),
    );
    live.pod(
        "files-shop",
        "cart",
        &live.site.reference("shop/cart"),
        &json!({}),
    );
    // Nothing in the cluster governs it.
    let found = live.scan(&[]);
    assert!(
        found
            .iter()
            .all(|image| image["code"].as_str().unwrap().starts_with("policy-no")),
        "{found:#?}"
    );
    let found = live.scan(&["-f", "site.yaml"]);
    let mut seen = verdicts(&found);
    seen.sort_unstable();
    assert_eq!(seen, [("cart:1.0", "deny"), ("web:1.0", "allow")]);
    let forecast = live.run(&["forecast", "-A", "-f", "site.yaml", "-o", "json"]);
    let images = forecast.json()["images"].as_array().unwrap().clone();
    let web = images
        .iter()
        .find(|image| image["image"] == *live.site.reference("shop/web"))
        .unwrap();
    assert_eq!(
        (&web["verdict"], &web["complete"]),
        (&"allow".into(), &true.into())
    );
    assert_eq!(web["uses"][0]["namespace"], "files-shop");
}

#[test]
fn files_beside_a_cluster_bring_policies_and_no_workloads_accounts_or_namespaces() {
    let Some(live) = Live::begin(Site::with_policy(), &["beside-shop"]) else {
        return;
    };
    live.site.push_signed("shop/web");
    live.site.push_signed("shop/never");
    let web = live.site.reference("shop/web");
    live.pod("beside-shop", "web", &web, &json!({}));
    let never = live.site.reference("shop/never");
    let more = format!(
        "apiVersion: v1\nkind: Namespace\nmetadata: {{name: beside-shop, labels: {{env: other}}}}\n---\n\
         apiVersion: v1\nkind: ServiceAccount\nmetadata: {{name: default, namespace: beside-shop}}\n---\n\
         apiVersion: v1\nkind: Pod\nmetadata: {{name: never, namespace: beside-shop}}\n\
         spec: {{containers: [{{name: c, image: \"{never}\"}}]}}\n"
    );
    live.site.write("more.yaml", &more);
    let found = live.scan(&["-f", "site.yaml", "-f", "more.yaml"]);
    assert_eq!(verdicts(&found), [("web:1.0", "allow")]);
    // What is named for all commands does not take the place of the cluster's policies.
    let arguments = ["scan", "-A", "-o", "json"];
    let run = live.site.doorward(&arguments);
    let run = run.env("DOORWARD_KUBECONFIG", live.server.kubeconfig());
    let run = run.env("DOORWARD_FILENAME", "site.yaml").run();
    assert!(
        run.stderr.contains("the policies are those of the cluster"),
        "{}",
        run.stderr
    );
    let images = run.json()["images"].as_array().unwrap().clone();
    let own = images.iter().find(|image| image["image"] == *web).unwrap();
    assert!(
        own["code"].as_str().unwrap().starts_with("policy-no"),
        "{own:#}"
    );
}

#[test]
fn a_cluster_is_asked_where_that_is_said_and_never_offline() {
    let site = Site::with_policy();
    let image = site.reference("shop/web");
    for arguments in [
        &["scan", "-f", "site.yaml", "--context", "prod"][..],
        &["forecast", &image, "-f", "site.yaml", "--kubeconfig", "k"],
    ] {
        site.doorward(arguments)
            .run()
            .expect_failure(2, &["goes with --all-namespaces"]);
    }
    // A variable for all commands breaks none of them.
    let plain = site
        .doorward(&["scan", "-f", "site.yaml"])
        .env("DOORWARD_CONTEXT", "prod")
        .run();
    assert_eq!(plain.code, 7, "{plain:#?}");
    let offline = site
        .doorward(&["scan", "-A", "--offline", "--kubeconfig", "k"])
        .run();
    offline.expect_failure(5, &["nobody with --offline"]);
}

#[test]
fn a_cluster_that_cannot_be_asked_is_inconclusive_and_says_why() {
    let site = Site::with_policy();
    let kubeconfig = json!({
        "apiVersion": "v1", "kind": "Config", "current-context": "c",
        "clusters": [{"name": "c", "cluster": {"server": "http://127.0.0.1:1"}}],
        "users": [{"name": "c", "user": {}}],
        "contexts": [{"name": "c", "context": {"cluster": "c", "user": "c"}}],
    });
    site.write("gone.yaml", &kubeconfig.to_string());
    let arguments = ["scan", "-A", "-f", "site.yaml", "--kubeconfig", "gone.yaml"];
    let gone = site.doorward(&arguments).run();
    gone.expect_failure(5, &["what runs in the cluster cannot be listed"]);
    let none = site
        .doorward(&["scan", "-A", "--kubeconfig", "nowhere.yaml"])
        .run();
    none.expect_failure(6, &["there is no way to a cluster"]);
}

#[test]
fn somebody_who_may_not_list_pods_sees_no_empty_cluster() {
    let Some(live) = Live::begin(Site::with_policy(), &["rights-shop"]) else {
        return;
    };
    live.runtime
        .block_on(live.server.service_account("rights-shop", "nobody"));
    live.site
        .write("nobody.yaml", &live.kubeconfig_of("rights-shop", "nobody"));
    let arguments = [
        "scan",
        "-A",
        "-f",
        "site.yaml",
        "--kubeconfig",
        "nobody.yaml",
    ];
    let run = live.site.doorward(&arguments).run();
    run.expect_failure(5, &["not allowed"]);
}

#[test]
fn the_rights_of_the_guide_are_enough() {
    let Some(live) = Live::begin(Site::new(), &["guide-shop"]) else {
        return;
    };
    live.govern("guide-shop");
    live.site.push_signed("shop/web");
    live.pod(
        "guide-shop",
        "web",
        &live.site.reference("shop/web"),
        &json!({}),
    );
    let guide = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../docs/guides/what-runs.md"
    );
    let guide = std::fs::read_to_string(guide).unwrap();
    let role = guide
        .split("```yaml\n")
        .nth(1)
        .unwrap()
        .split("```")
        .next()
        .unwrap();
    let role: Value = serde_yaml::from_str(role).unwrap();
    let group = "/apis/rbac.authorization.k8s.io/v1";
    live.post(&format!("{group}/clusterroles"), &role);
    let binding = json!({
        "metadata": {"name": "doorward-scan"},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": role["metadata"]["name"]},
        "subjects": [{"kind": "ServiceAccount", "namespace": "guide-shop", "name": "default"}],
    });
    live.post(&format!("{group}/clusterrolebindings"), &binding);
    live.site
        .write("scanner.yaml", &live.kubeconfig_of("guide-shop", "default"));
    let found = live.scan(&["--kubeconfig", "scanner.yaml"]);
    assert_eq!(verdicts(&found), [("web:1.0", "allow")]);
}
