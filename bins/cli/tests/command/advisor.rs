//! IBM Vulnerability Advisor: policies of Portieris that demand its word, against one in the test's own process.

use base64::Engine as _;
use doorward_core::Digest;
use doorward_testkit::{Advisor, Endpoint, Image, OciLayout};
use serde_json::json;

use crate::common::{Run, Site};

const IMAGE: &str = "us.icr.io/shop/web:1.0";
const KEY: &str = "s3cret-key";

struct Cloud {
    site: Site,
    advisor: Advisor,
    digest: Digest,
}

impl Cloud {
    /// A site under a policy of Portieris that demands the word of the advisor and nothing else.
    fn new() -> Self {
        let site = Site::new();
        let digest = site.push("shop/web");
        let advisor = Advisor::builder().api_key(KEY).start_blocking();
        site.write(
            "site.yaml",
            "apiVersion: portieris.cloud.ibm.com/v1\nkind: ClusterImagePolicy\nmetadata: {name: scanned}\nspec: \
             {repositories: [{name: \"*\", policy: {vulnerability: {ICCRVA: {enabled: true, account: \"1234\"}}}}]}\n",
        );
        let auth = base64::engine::general_purpose::STANDARD.encode(format!("iamapikey:{KEY}"));
        let config = json!({"auths": {"us.icr.io": {"auth": auth}}}).to_string();
        let pull = json!({
            "apiVersion": "v1", "kind": "Secret", "metadata": {"name": "pull"},
            "stringData": {".dockerconfigjson": config},
        });
        site.write(
            "pull.yaml",
            &format!(
                "apiVersion: v1\nkind: ServiceAccount\nmetadata: {{name: default}}\nimagePullSecrets: [{{name: pull}}]\n---\n{pull}\n"
            ),
        );
        Self {
            site,
            advisor,
            digest,
        }
    }

    fn pinned(&self) -> String {
        format!("us.icr.io/shop/web@{}", self.digest)
    }

    fn verify(&self, more: &[&str]) -> Run {
        let mirror = format!("us.icr.io={}", self.site.registry.address());
        let (advisor, iam) = (self.advisor.url(), self.advisor.tokens_url());
        let arguments = [
            "verify",
            IMAGE,
            "-f",
            "site.yaml",
            "-f",
            "pull.yaml",
            "--mirror",
            &mirror,
            "--advisor-url",
            &advisor,
            "--iam-url",
            &iam,
            "-v",
        ];
        let run = self.site.doorward(&[&arguments, more].concat()).run();
        assert!(!format!("{run:?}").contains("s3cret"), "a key was shown");
        run
    }
}

#[test]
fn an_image_without_findings_is_admitted_as_what_the_advisor_was_asked_about() {
    let cloud = Cloud::new();
    cloud.advisor.say(&cloud.pinned(), "OK");
    cloud.verify(&[]).expect(0, &["ALLOWED", &cloud.pinned()]);
    let requests = cloud.advisor.requests();
    let asked = requests
        .iter()
        .find(|it| it.endpoint == Endpoint::Main)
        .unwrap();
    assert_eq!(asked.path, Advisor::path(&cloud.pinned()));
    assert_eq!(asked.header("account"), Some("1234"));
}

#[test]
fn findings_refuse_and_an_advisor_that_cannot_be_asked_leaves_it_open() {
    let cloud = Cloud::new();
    cloud.advisor.say(&cloud.pinned(), "FAIL");
    cloud
        .verify(&[])
        .expect(3, &["vulnerability-status-failed", "FAIL"]);
    cloud.advisor.say(&cloud.pinned(), "UNSCANNED");
    cloud.verify(&[]).expect(3, &["vulnerability-not-scanned"]);
    cloud
        .verify(&["--offline"])
        .expect(5, &["registry-unavailable"]);
    let account = "apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: default}\n";
    let pull = std::fs::read_to_string(cloud.site.path("pull.yaml")).unwrap();
    cloud.site.write("pull.yaml", account);
    let none = "there is none for us.icr.io/shop/web";
    cloud
        .verify(&["-o", "json"])
        .expect(5, &["registry-unauthorized", none]);
    cloud.site.write("pull.yaml", &pull);
    cloud.advisor.stop();
    cloud.verify(&[]).expect(5, &["registry-unavailable"]);
}

#[test]
fn an_image_from_a_layout_is_looked_up_at_its_registry_nevertheless() {
    let cloud = Cloud::new();
    let layout = OciLayout::create(cloud.site.path("layout")).unwrap();
    layout.push("1.0", &Image::sample("shop/web")).unwrap();
    cloud.site.registry.stop();
    cloud.advisor.say(&cloud.pinned(), "OK");
    let layout = ["--layout", "layout"];
    cloud
        .verify(&layout)
        .expect(0, &["ALLOWED", &cloud.pinned()]);
    cloud.advisor.say(&cloud.pinned(), "FAIL");
    cloud
        .verify(&layout)
        .expect(3, &["vulnerability-status-failed"]);
    cloud
        .verify(&[&layout[..], &["--offline"]].concat())
        .expect(5, &["registry-unavailable"]);
}

#[test]
fn what_was_told_of_an_image_is_recorded_without_the_key_and_replayed() {
    let cloud = Cloud::new();
    cloud.advisor.say(&cloud.pinned(), "WARN");
    let first = cloud.verify(&["--record", "why.json", "-o", "json"]);
    assert_eq!(first.code, 0, "{first:#?}");
    let text = std::fs::read_to_string(cloud.site.path("why.json")).unwrap();
    assert!(
        !text.contains("s3cret") && !text.contains("iam-1"),
        "{text}"
    );
    cloud.advisor.stop();
    cloud.site.registry.stop();
    let again = cloud
        .site
        .doorward(&["verify", "--replay", "why.json", "-o", "json"])
        .run();
    assert_eq!(
        (again.code, &again.stdout),
        (0, &first.stdout),
        "{again:#?}"
    );
}

#[test]
fn an_image_on_another_registry_has_no_advisor() {
    let cloud = Cloud::new();
    let image = cloud.site.reference("shop/web");
    let run = cloud
        .site
        .doorward(&["verify", &image, "-f", "site.yaml"])
        .run();
    run.expect(3, &["vulnerability-no-advisor", "vulnerability.report"]);
}

#[test]
fn the_linter_says_that_the_service_is_discontinued() {
    let cloud = Cloud::new();
    let run = cloud
        .site
        .doorward(&["policy", "lint", "-f", "site.yaml"])
        .run();
    assert!(run.stdout.contains("deprecated-check"), "{run:#?}");
    assert!(run.stdout.contains("vulnerability.report"), "{run:#?}");
}

#[test]
fn no_key_is_shown_to_a_service_without_transport_security() {
    let cloud = Cloud::new();
    for option in ["--advisor-url", "--iam-url"] {
        for url in [
            "http://gate.example",
            "https://u:s3cret@gate.example",
            "gate.example",
        ] {
            let run = cloud
                .site
                .doorward(&["verify", IMAGE, "-f", "site.yaml", option, url])
                .run();
            run.expect_failure(6, &["https"]);
            assert!(!format!("{run:?}").contains("s3cret"), "{run:#?}");
        }
    }
}
