//! The forms of the verdicts.

use serde_json::{Value, json};

use crate::common::Site;

/// One image of each kind: allowed, denied, without policy.
fn three(site: &Site) -> [String; 3] {
    site.push_signed("shop/web");
    site.push("shop/cart");
    ["shop/web", "shop/cart", "team/app"].map(|name| site.reference(name))
}

fn verify(site: &Site, form: &str) -> crate::common::Run {
    let [good, bad, foreign] = three(site);
    site.doorward(&[
        "verify",
        &good,
        &bad,
        &foreign,
        "-f",
        "site.yaml",
        "-o",
        form,
        "--at",
        "2025-01-01T00:00:00Z",
    ])
    .run()
}

#[test]
fn json_is_the_published_report_in_the_order_of_the_command_line() {
    let site = Site::with_policy();
    let run = verify(&site, "json");
    assert_eq!(run.code, 3);
    let report = run.json();
    assert_eq!(report["apiVersion"], "report.doorward.dev/v1");
    assert_eq!(report["kind"], "VerificationReport");
    assert_eq!(report["at"], "2025-01-01T00:00:00Z");
    assert_eq!(
        report["summary"],
        json!({"allowed": 1, "denied": 2, "warned": 0, "inconclusive": 0})
    );
    let images = report["images"].as_array().unwrap();
    let names: Vec<&str> = images
        .iter()
        .map(|image| image["image"].as_str().unwrap())
        .collect();
    assert_eq!(names, three(&site));
    let allowed = &images[0];
    assert_eq!(allowed["verdict"], "allow");
    assert_eq!(allowed["code"], Value::Null);
    assert_eq!(allowed["rule"]["kind"], "ClusterImagePolicy");
    assert_eq!(allowed["rule"]["namespace"], Value::Null);
    assert_eq!(allowed["requirements"][0]["scheme"], "simple-signing");
    assert_eq!(allowed["requirements"][0]["outcome"], "pass");
    assert_eq!(
        allowed["requirements"][0]["evidence"][0]["key"],
        site.signer.fingerprint().as_str()
    );
    assert_eq!(images[1]["code"], "simple-no-signature");
    assert_eq!(images[2]["code"], "policy-no-match");
}

#[test]
fn yaml_says_what_json_says() {
    let site = Site::with_policy();
    let yaml: Value = serde_yaml::from_str(&verify(&site, "yaml").stdout).unwrap();
    assert_eq!(yaml, verify(&site, "json").json());
}

#[test]
fn name_prints_the_pinned_references_of_allowed_images_and_nothing_else() {
    let site = Site::with_policy();
    let run = verify(&site, "name");
    let digest = site.registry.resolve("shop/web", "1.0").unwrap();
    assert_eq!(run.code, 3);
    assert_eq!(
        run.stdout,
        format!("{}/shop/web@{digest}\n", site.registry.address())
    );
    assert!(
        run.stderr.contains("left out") && run.stderr.contains("shop/cart"),
        "{run:#?}"
    );
}

#[test]
fn sarif_is_a_valid_log_whatever_the_verdicts() {
    let site = Site::with_policy();
    let log = verify(&site, "sarif").json();
    assert_eq!(log["version"], "2.1.0");
    let run = &log["runs"][0];
    assert_eq!(run["tool"]["driver"]["name"], "doorward");
    let rules = run["tool"]["driver"]["rules"].as_array().unwrap();
    let results = run["results"].as_array().unwrap();
    assert_eq!(results.len(), 2, "the allowed image is no finding");
    for result in results {
        let index = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
        assert_eq!(rules[index]["id"], result["ruleId"]);
        assert_eq!(result["level"], "error");
        assert!(!result["message"]["text"].as_str().unwrap().is_empty());
        let uri = result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"].as_str();
        assert!(uri.unwrap().starts_with("oci://127.0.0.1:"), "{result:#}");
    }
    for rule in rules {
        assert!(rule["helpUri"].as_str().unwrap().starts_with("https://"));
    }

    let clean = site
        .doorward(&[
            "verify",
            &site.reference("shop/web"),
            "-f",
            "site.yaml",
            "-o",
            "sarif",
        ])
        .run();
    assert_eq!(
        (clean.code, &clean.json()["runs"][0]["results"]),
        (0, &json!([]))
    );
}

#[test]
fn colour_is_used_when_asked_for_and_never_in_a_pipe() {
    let site = Site::with_policy();
    let image = site.reference("shop/cart");
    site.push("shop/cart");
    let colored = |arguments: &[&str], env: &[(&str, &str)]| {
        let all = [&["verify", &image, "-f", "site.yaml"], arguments].concat();
        let invocation = env
            .iter()
            .fold(site.doorward(&all), |invocation, (name, value)| {
                invocation.env(name, value)
            });
        invocation.run().stdout.contains('\u{1b}')
    };
    assert!(!colored(&[], &[]));
    assert!(colored(&["--color", "always"], &[("NO_COLOR", "1")]));
    assert!(colored(&[], &[("CLICOLOR_FORCE", "1")]));
    assert!(!colored(&[], &[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")]));
    assert!(!colored(&["--color", "always", "-o", "json"], &[]));
}

#[test]
fn quiet_leaves_hints_out_and_keeps_results_and_errors() {
    let site = Site::with_policy();
    site.push("shop/cart");
    let image = site.reference("shop/cart");
    let run = site
        .doorward(&["verify", &image, "-f", "site.yaml", "-q"])
        .run();
    run.expect(3, &["simple-no-signature"]);
    assert_eq!(run.stderr, "");
    site.doorward(&["verify", &image, "-q"])
        .run()
        .expect_failure(2, &["error:"]);
}

#[test]
fn verbose_shows_every_exchange_and_the_cost() {
    let site = Site::with_policy();
    site.push_signed("shop/web");
    let run = site
        .doorward(&[
            "verify",
            &site.reference("shop/web"),
            "-f",
            "site.yaml",
            "-v",
        ])
        .run();
    run.expect(0, &["cost", "2 round trips", "1 signature check"]);
    for kind in ["ping", "manifest", "lookaside"] {
        assert!(run.stderr.contains(kind), "{run:#?}");
    }
    let exchanges = run
        .stderr
        .lines()
        .filter(|line| line.starts_with("http: "))
        .count();
    let requests = site.registry.requests().len() + site.store.requests().len();
    assert_eq!(exchanges, requests, "{run:#?}");
}

#[test]
fn by_digest_the_manifest_and_the_signatures_take_one_round_trip() {
    let site = Site::with_policy();
    let digest = site.push_signed("shop/web");
    let image = format!("{}/shop/web@{digest}", site.registry.address());
    site.doorward(&["verify", &image, "-f", "site.yaml", "-v"])
        .run()
        .expect(0, &["1 round trip,"]);
}

#[test]
fn the_cost_is_told_beside_machine_readable_forms_too() {
    let site = Site::with_policy();
    site.push_signed("shop/web");
    let run = site
        .doorward(&[
            "verify",
            &site.reference("shop/web"),
            "-f",
            "site.yaml",
            "-v",
            "-o",
            "json",
        ])
        .run();
    assert_eq!(run.json()["images"][0]["verdict"], "allow");
    let remarks = run.stderr.replace("\n      ", " ");
    assert!(remarks.contains("2 round trips, 4 fetches"), "{run:#?}");
}
