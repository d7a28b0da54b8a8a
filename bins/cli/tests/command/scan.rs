//! Every image in manifests, each where it stands.

use serde_json::{Value, json};

use crate::common::{Run, Site};

fn deployment(namespace: &str, name: &str, images: &[&str]) -> String {
    let containers: Vec<Value> = images
        .iter()
        .enumerate()
        .map(|(number, image)| json!({"name": format!("c{number}"), "image": image}))
        .collect();
    json!({
        "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name, "namespace": namespace},
        "spec": {"template": {"spec": {"containers": containers}}},
    })
    .to_string()
}

fn scan(site: &Site, workloads: &[String], more: &[&str]) -> Run {
    site.write("workloads.yaml", &workloads.join("\n---\n"));
    let arguments = ["scan", "-f", "site.yaml", "-f", "workloads.yaml"];
    site.doorward(&[&arguments, more].concat()).run()
}

#[test]
fn each_image_is_shown_once_with_the_places_that_use_it() {
    let site = Site::with_policy();
    site.push_signed("shop/web");
    site.push("shop/cart");
    let (web, cart) = (site.reference("shop/web"), site.reference("shop/cart"));
    let workloads = [
        deployment("team", "front", &[&web, &cart]),
        deployment("team", "back", &[&web]),
        deployment("other", "back", &[&web]),
    ];
    let run = scan(&site, &workloads, &["-o", "json"]);
    assert_eq!(run.code, 3, "{run:#?}");
    let report = run.json();
    assert_eq!(report["kind"], "VerificationReport");
    assert_eq!(report["summary"]["allowed"], 1);
    assert_eq!(report["summary"]["denied"], 1);
    let images = report["images"].as_array().unwrap();
    assert_eq!(images.len(), 2);
    assert_eq!(images[0]["image"], *web);
    let uses: Vec<_> = images[0]["uses"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| {
            format!(
                "{}/{}",
                one["namespace"].as_str().unwrap(),
                one["name"].as_str().unwrap()
            )
        })
        .collect();
    assert_eq!(uses, ["team/front", "team/back", "other/back"]);
    assert_eq!(images[1]["code"], "simple-no-signature");
    let place = &images[1]["uses"][0];
    assert_eq!(
        *place,
        json!({"namespace": "team", "kind": "Deployment", "name": "front", "place": "container c1"})
    );
    let run = scan(&site, &workloads, &[]);
    run.expect(
        3,
        &[
            "ALLOWED",
            "DENIED",
            "Deployment team/front, container c1",
            "2 images",
        ],
    );
}

#[test]
fn an_image_that_two_namespaces_judge_differently_is_shown_twice() {
    let site = Site::with_policy();
    site.push("shop/web");
    let web = site.reference("shop/web");
    let own =
        "apiVersion: doorward.dev/v1\nkind: ImagePolicy\nmetadata: {name: own, namespace: lab}\n\
               spec: {repositories: [{name: '*', policy: {unchecked: true}}]}\n"
            .to_owned();
    let workloads = [
        deployment("lab", "try", &[&web]),
        deployment("team", "run", &[&web]),
        own,
    ];
    let run = scan(&site, &workloads, &["-o", "json"]);
    assert_eq!(run.code, 3, "{run:#?}");
    let images = run.json()["images"].clone();
    let found: Vec<_> = [0, 1]
        .map(|at| {
            (
                images[at]["verdict"].clone(),
                images[at]["uses"][0]["namespace"].clone(),
            )
        })
        .into();
    assert_eq!(
        found,
        [
            (json!("allow"), json!("lab")),
            (json!("deny"), json!("team"))
        ]
    );
}

#[test]
fn each_workload_pulls_with_its_own_secrets_and_with_nobody_elses() {
    use doorward_testkit::{Authentication, Registry};
    let registry = Registry::builder()
        .authentication(Authentication::Bearer)
        .account("alice", "s3cret-word");
    let site = Site::with(registry);
    site.write("site.yaml", &site.documents());
    site.push_signed("shop/web");
    let web = site.reference("shop/web");
    let login = json!({"auths": {site.registry.address(): {"username": "alice", "password": "s3cret-word"}}});
    let secret = json!({
        "apiVersion": "v1", "kind": "Secret", "type": "kubernetes.io/dockerconfigjson",
        "metadata": {"name": "pull", "namespace": "team"}, "stringData": {".dockerconfigjson": login.to_string()},
    });
    let account = json!({
        "apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "default", "namespace": "team"},
        "imagePullSecrets": [{"name": "pull"}],
    });
    let workloads = [
        deployment("team", "run", &[&web]),
        deployment("other", "run", &[&web]),
        secret.to_string(),
        account.to_string(),
    ];
    let run = scan(&site, &workloads, &["-o", "json"]);
    assert_eq!(run.code, 5, "{run:#?}");
    assert!(!format!("{run:?}").contains("s3cret-word"));
    let images = run.json()["images"].clone();
    assert_eq!(images[0]["verdict"], "allow");
    assert_eq!(images[0]["uses"][0]["namespace"], "team");
    assert_eq!(images[1]["code"], "registry-unauthorized");
    assert_eq!(images[1]["uses"][0]["namespace"], "other");
}

#[test]
fn forty_places_of_one_image_ask_for_it_once() {
    let site = Site::with_policy();
    site.push_signed("shop/web");
    let web = site.reference("shop/web");
    let workloads: Vec<_> = (0..40)
        .map(|number| deployment("team", &format!("w{number}"), &[&web]))
        .collect();
    site.registry.take_requests();
    let run = scan(&site, &workloads, &[]);
    run.expect(0, &["and in 35 places more"]);
    let asked = site.registry.take_requests();
    let manifests = asked
        .iter()
        .filter(|one| one.path.contains("/manifests/1.0"))
        .count();
    assert_eq!(manifests, 1, "{asked:#?}");
}

#[test]
fn files_without_a_workload_are_nothing_to_verify() {
    let site = Site::with_policy();
    let namespace = "apiVersion: v1\nkind: Namespace\nmetadata: {name: team}\n".to_owned();
    let run = scan(&site, &[namespace], &[]);
    assert_eq!(run.code, 7, "{run:#?}");
    assert!(run.stderr.contains("there is no workload"), "{run:#?}");
    let run = site.doorward(&["scan"]).run();
    run.expect_failure(2, &["there is nothing to scan"]);
}

#[test]
fn a_run_that_only_reports_ends_with_0() {
    let site = Site::with_policy();
    site.push("shop/cart");
    let cart = site.reference("shop/cart");
    let run = scan(
        &site,
        &[deployment("team", "run", &[&cart])],
        &["--exit-zero"],
    );
    run.expect(0, &["DENIED"]);
}

#[test]
fn a_workload_that_cannot_be_read_is_not_passed_over() {
    let site = Site::with_policy();
    site.push_signed("shop/web");
    let good = deployment("team", "run", &[&site.reference("shop/web")]);
    for broken in [
        json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "b"}, "spec": {"template": 1}}).to_string(),
        json!({"apiVersion": "apps/v7", "kind": "Deployment", "metadata": {"name": "b"}, "spec": {}}).to_string(),
        "apiVersion: v1\nkind: List\nitems: [{apiVersion: v1, kind: Pod, metadata: {name: b}, spec: {containers: 1}}]\n".to_owned(),
        "apiVersion: v1\nkind: Pod\nmetadata: {name: b}\nspec: {containers: []}\nspec: {containers: []}\n".to_owned(),
        // To kubectl whatever has items is a list.
        json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "b"},
               "spec": {"template": {"spec": {"containers": []}}}, "items": [{"kind": "Pod"}]}).to_string(),
        json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "b"}, "items": [{"kind": "Pod"}]}).to_string(),
    ] {
        let run = scan(&site, &[good.clone(), broken.clone()], &[]);
        run.expect_failure(6, &["its images would be passed over"]);
    }
}

#[test]
fn objects_of_custom_resources_are_scanned_where_their_images_are_known() {
    let site = Site::with_policy();
    site.push("shop/web");
    let rollout = json!({
        "apiVersion": "argoproj.io/v1alpha1", "kind": "Rollout", "metadata": {"name": "r", "namespace": "team"},
        "spec": {"template": {"spec": {"containers": [{"name": "c", "image": site.reference("shop/web")}]}}},
    })
    .to_string();
    let unknown = scan(&site, std::slice::from_ref(&rollout), &[]);
    assert_eq!(unknown.code, 7, "{unknown:#?}");
    let known = scan(&site, &[rollout], &["--workload", "argo-rollouts"]);
    known.expect(3, &["DENIED", "team/r, container c"]);
}

#[test]
fn what_scan_cannot_heed_is_refused_with_the_reason() {
    let site = Site::with_policy();
    site.write("policy.json", "{}");
    for (arguments, why) in [
        (
            &["--containers-policy", "policy.json"][..],
            "--containers-policy knows no workloads",
        ),
        (
            &["--trust-policy", "policy.json"],
            "--trust-policy knows no workloads",
        ),
        (
            &["-f", "site.yaml", "--service-account", "web"],
            "each workload names its own",
        ),
    ] {
        let run = site.doorward(&[&["scan"], arguments].concat()).run();
        run.expect_failure(2, &[why]);
    }
}
