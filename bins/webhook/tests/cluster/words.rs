//! What a person reads in kubectl, word by word.

use doorward_core::Digest;
use doorward_testkit::{Fault, FaultRule};

use crate::door::Door;
use crate::server::eventually;

const NAME: &str = "Doorward testkit (public test key, trust nothing) <testkit@doorward.invalid>";
const SEE: &str = "https://doorward.github.io/doorward/reference/codes.html#simple-no-signature";

/// Why an image of a site has no signature.
fn missing_signature(door: &Door, digest: &Digest) -> String {
    let key = door.site.signer.fingerprint();
    let place = digest.to_string().replace(':', "=");
    let store = door.site.store.url();
    format!(
        "{digest} has no signature; one by {key} ({NAME}) is demanded; the tool that signed may have kept it on its own \
         disk: skopeo and podman write to /var/lib/containers/sigstore unless registries.d says otherwise; looked for \
         lookaside {store}/app@{place}/signature-1"
    )
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refusal_says_in_kubectl_what_why_by_which_rule_and_where_to_read_on() {
    let Some(door) = Door::open("words-refused", "").await else {
        return;
    };
    let (image, digest) = door.site.unsigned("app");
    let said = door.kubectl_fails(&format!("run web --image={image}"), None);
    let (registry, why) = (
        door.site.registry.address(),
        missing_signature(&door, &digest),
    );
    assert_eq!(
        said,
        format!(
            "Error from server (Forbidden): admission webhook \"mutate.doorward.dev\" denied the request: \
             1 of 1 image may not run in namespace words-refused\n\
             \x20 container web: {image}\n\
             \x20   why:  {why} (simple-no-signature)\n\
             \x20   rule: ClusterImagePolicy release, entry {registry}/*\n\
             \x20   see:  {SEE}\n"
        )
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn warn_mode_says_once_what_is_wrong_and_lets_the_object_in_as_it_is() {
    let Some(door) = Door::open("words-warned", "      mode: warn\n").await else {
        return;
    };
    let (image, digest) = door.site.unsigned("app");
    let why = missing_signature(&door, &digest);
    let whole = format!("container web: {image}: simple-no-signature: {why}");
    // A warning has 256 characters at most.
    let cut: String = whole.chars().take(255).collect();
    let (done, warned) = door.kubectl_does(&format!("run web --image={image}"), None);
    assert_eq!(done, "pod/web created\n");
    assert_eq!(warned, format!("Warning: {cut}…\n"));
    let stored = door
        .image(&door.pod("web"), "/spec/containers/0/image")
        .await;
    assert_eq!(stored, image);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn audit_mode_says_nothing_and_pins_what_is_signed() {
    let Some(door) = Door::open("words-audited", "      mode: audit\n").await else {
        return;
    };
    let (unsigned, _) = door.site.unsigned("app");
    let (signed, digest) = door.site.signed("signed");
    let pinned = door.pinned("signed", &digest);
    for (name, image, becomes) in [("web", &unsigned, &unsigned), ("good", &signed, &pinned)] {
        let (done, warned) = door.kubectl_does(&format!("run {name} --image={image}"), None);
        assert_eq!(
            (done, warned),
            (format!("pod/{name} created\n"), String::new())
        );
        let stored = door
            .image(&door.pod(name), "/spec/containers/0/image")
            .await;
        assert_eq!(stored, *becomes);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_image_that_no_policy_covers_and_one_that_is_none_are_refused_by_their_codes() {
    let Some(door) = Door::open("words-codes", "").await else {
        return;
    };
    for (image, code) in [
        ("elsewhere.example/app:1", "policy-no-match"),
        ("app:1:2", "reference-invalid"),
    ] {
        let said = door.kubectl_fails("create -f -", Some(&crate::objects::pod("web", image)));
        assert!(
            said.contains("1 of 1 image may not run in namespace words-codes"),
            "{said}"
        );
        assert!(said.contains(&format!("({code})")), "{said}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_registry_that_is_out_is_not_called_a_missing_signature() {
    let Some(door) = Door::open("words-outage", "").await else {
        return;
    };
    let (image, _) = door.site.signed("app");
    door.site.registry.stop();
    let said = door.kubectl_fails(&format!("run web --image={image}"), None);
    assert!(
        said.contains("1 of 1 image may not run in namespace words-outage"),
        "{said}"
    );
    assert!(
        said.contains("(registry-unavailable)") && !said.contains("signature"),
        "{said}"
    );
    let stored = door.server.get(&door.pods()).await.succeeded();
    assert_eq!(stored["items"], serde_json::json!([]));
    // And the message is not all there is: it is counted.
    eventually("the refusal is counted", async || {
        let denied =
            "doorward_admission_requests_total{kind=\"Pod\",operation=\"CREATE\",verdict=\"deny\"}";
        (door.program().count(denied).await > 0.0).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn names_that_others_chose_add_no_line_to_what_a_person_reads() {
    let Some(door) = Door::open("words-hostile", "").await else {
        return;
    };
    // The webhook is asked before the API server looks at names.
    let (image, _) = door.site.unsigned("app");
    let mut pod = crate::objects::pod("web", &image);
    pod["spec"]["containers"][0]["name"] = "a\nrule: none\u{1b}[2K\u{202e}".into();
    let said = door.kubectl_fails("create --validate=false -f -", Some(&pod));
    let line = format!("\n  container a\\nrule: none\\u{{1b}}[2K\\u{{202e}}: {image}\n");
    assert!(said.contains(&line), "{said}");

    let spoof = crate::objects::pod("web", "app:1\n    see:  https://other.example");
    let said = door.kubectl_fails("create --validate=false -f -", Some(&spoof));
    assert!(
        said.contains("app:1\\n    see:  https://other.example\n"),
        "{said}"
    );
    assert!(
        !said.contains("\n    see:  https://other.example"),
        "{said}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_warning_with_quotes_and_other_letters_arrives_as_it_was_written() {
    let Some(door) = Door::open("words-quoted", "      mode: warn\n").await else {
        return;
    };
    let (image, _) = door.site.unsigned("app");
    let mut pod = crate::objects::pod("web", &image);
    pod["spec"]["containers"][0]["name"] = "à \"b\" \\c\n".into();
    let answer = door.server.post(&door.pods(), &pod).await;
    // What the API server thinks of such a name comes after.
    assert_eq!(answer.status, 422);
    let [warning] = &answer.warnings[..] else {
        panic!("{answer:#?}");
    };
    let begins = format!("container à \"b\" \\c\\n: {image}: simple-no-signature: ");
    assert!(warning.starts_with(&begins), "{warning}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_registry_that_is_silent_is_named_before_the_api_server_gives_up() {
    let Some(door) = Door::open("words-silent", "").await else {
        return;
    };
    let (image, _) = door.site.signed("app");
    door.site
        .registry
        .fault(FaultRule::new(Fault::StallBeforeHeaders));
    let said = door.kubectl_fails(&format!("run web --image={image}"), None);
    assert!(
        said.contains("denied the request: 1 of 1 image may not run"),
        "{said}"
    );
    let silent = format!(
        "{} did not answer in time (registry-unavailable)",
        door.site.registry.address()
    );
    assert!(said.contains(&silent), "{said}");
    door.site.registry.clear_faults();
    door.kubectl_does(&format!("run web --image={image}"), None);
}
