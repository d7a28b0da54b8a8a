//! What a person reads, whatever names and answers are made of.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;

use doorward_core::text::is_disruptive;
use doorward_testkit::{Fault, FaultRule, Image, KeyKind, OciLayout, OpenPgpSigner};

use crate::common::{Run, Site, secret};
use crate::trust_common::{GUN, TrustSite};

/// Clears the screen, colours, ends the line and says that all is well, in the ways there are to do so.
const HOSTILE: &str = "\u{1b}[2J\u{1b}[1;32mok\u{9b}31m\rALLOWED\u{202e}\u{2066}\u{200b}\u{2028}";

/// Neither stream has a character that steers a terminal, reorders a line or cannot be seen, but line breaks.
#[track_caller]
fn assert_harmless(run: &Run) {
    for text in [&run.stdout, &run.stderr] {
        let stray: Vec<char> = text
            .chars()
            .filter(|c| is_disruptive(*c) && *c != '\n')
            .collect();
        assert!(stray.is_empty(), "{stray:?} in {run:#?}");
        assert!(
            run.code == 0 || !text.lines().any(|line| line.starts_with("ALLOWED")),
            "{run:#?}"
        );
    }
}

/// A server that answers whatever is asked with this status and body.
fn hostile_server(status: &'static str, body: String) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { return };
            let mut request = [0; 4096];
            let _ = stream.read(&mut request);
            let head = format!(
                "HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
                body.len()
            );
            let _ = stream.write_all(head.as_bytes());
            let _ = stream.write_all(body.as_bytes());
        }
    });
    address
}

#[test]
fn what_a_registry_answers_does_not_reach_the_terminal_as_it_is() {
    let site = Site::with_policy();
    for (status, body) in [
        (
            "403 Forbidden",
            format!(r#"{{"errors":[{{"code":"DENIED{HOSTILE}","message":"{HOSTILE}"}}]}}"#),
        ),
        ("500 Oops", HOSTILE.to_owned()),
        ("200 OK", HOSTILE.to_owned()),
        (
            "200 OK",
            format!(r#"{{"schemaVersion":2,"mediaType":"{HOSTILE}"}}"#),
        ),
    ] {
        let address = hostile_server(status, body);
        site.write(
            "site.yaml",
            &format!(
                "{}---\n{}",
                site.policy_named("shop", &format!("{address}/*"), ""),
                site.secret()
            ),
        );
        let image = format!("{address}/shop/web:1");
        for arguments in [
            &["verify", &image, "-f", "site.yaml", "-v"][..],
            &["verify", &image, "-f", "site.yaml", "-vv", "-o", "json"],
            &["verify", &image, "-f", "site.yaml", "-o", "yaml"],
            &["verify", &image, "-f", "site.yaml", "-o", "sarif"],
            &["verify", &image, "-f", "site.yaml", "-o", "name"],
            &["inspect", &image, "-f", "site.yaml"],
            &["inspect", &image, "-f", "site.yaml", "-o", "yaml"],
        ] {
            let run = site
                .doorward(arguments)
                .env("DOORWARD_PLAIN_HTTP", &address)
                .run();
            assert_harmless(&run);
            assert_ne!(run.code, 1, "{run:#?}");
        }
    }
}

#[test]
fn names_of_images_secrets_fields_and_files_do_not_reach_the_terminal_as_they_are() {
    let site = Site::with_policy();
    let quoted = serde_json::to_string(HOSTILE).unwrap();
    let file = format!("bad{}.yaml", HOSTILE.replace('\r', "\n"));
    site.write(
        &file,
        &format!(
            "apiVersion: doorward.dev/v1\nkind: ClusterImagePolicy\nmetadata: {{name: {quoted}}}\nspec:\n  \
             {quoted}: 1\n  repositories:\n  - name: {quoted}\n    policy: {{{quoted}: {quoted}}}\n"
        ),
    );
    site.write(
        "secret.yaml",
        &format!(
            "apiVersion: v1\nkind: Secret\nmetadata: {{name: {quoted}}}\ndata: {{{quoted}: {quoted}}}\n"
        ),
    );
    site.write("broken.yaml", &format!("a: [{HOSTILE}\n"));
    let image = format!("registry.example/{HOSTILE}:1");
    let missing = format!("missing{HOSTILE}");
    for arguments in [
        &["verify", &image, "-f", "site.yaml"][..],
        &["verify", "a/b:1", "-f", &file],
        &["verify", "a/b:1", "-f", &missing],
        &["verify", "a/b:1", "-f", "secret.yaml"],
        &["verify", "a/b:1", "-f", "broken.yaml"],
        &["verify", "a/b:1", "-f", "site.yaml", "-n", HOSTILE],
        &[
            "verify",
            "a/b:1",
            "-f",
            "site.yaml",
            "--service-account",
            HOSTILE,
        ],
        &["verify", "a/b:1", "-f", "site.yaml", "--layout", &missing],
        &[
            "verify",
            "a/b:1",
            "-f",
            "site.yaml",
            "--mirror",
            &format!("a.b={HOSTILE}"),
        ],
        &[
            "verify",
            "a/b:1",
            "-f",
            "site.yaml",
            "--plain-http",
            HOSTILE,
        ],
        &["verify", "a/b:1", "--containers-policy", &missing],
        &["verify", "a/b:1", "-o", HOSTILE],
        &["verify", "a/b:1", "--config", &missing],
        &["policy", "lint", &file],
        &["policy", "lint", &file, "-o", "json"],
        &["policy", "lint", &file, "-o", "yaml"],
        &["policy", "lint", &file, "-o", "sarif"],
        &["policy", "lint", "secret.yaml"],
        &["policy", "lint", "broken.yaml"],
        &["policy", "match", &image, "-f", "site.yaml"],
        &["inspect", &image],
        &["config", "--plain-http", HOSTILE],
        &["config", "--plain-http", HOSTILE, "-o", "json"],
        &["config", "--plain-http", HOSTILE, "-o", "yaml"],
        &["trust", "pin", &image],
        &["trust", "import", &missing, "--state-dir", "state"],
        &[HOSTILE],
    ] {
        let run = site.doorward(arguments).run();
        assert_harmless(&run);
        assert_ne!(run.code, 1, "{run:#?}");
    }
}

#[test]
fn what_a_signer_or_a_layout_calls_itself_does_not_reach_the_terminal_as_it_is() {
    let signer = OpenPgpSigner::builder(KeyKind::Ed25519)
        .user_id(format!("Release{HOSTILE} <release@shop.example>"))
        .build();
    let site = Site::new();
    site.write(
        "site.yaml",
        &format!(
            "{}---\n{}",
            site.policy(),
            secret("trust", "release-key", "key", &signer.public_key_armored())
        ),
    );
    let digest = site.push("shop/web");
    let image = site.reference("shop/web");
    site.store
        .put("shop/web", &digest, signer.sign(&image, &digest));
    for form in ["table", "json", "yaml", "sarif", "name"] {
        let run = site
            .doorward(&["verify", &image, "-f", "site.yaml", "-o", form])
            .run();
        assert_eq!(run.code, 0, "{run:#?}");
        assert_harmless(&run);
    }

    let layout = OciLayout::create(site.path("layout")).unwrap();
    layout.push(HOSTILE, &Image::sample("app")).unwrap();
    let run = site
        .doorward(&["verify", &image, "-f", "site.yaml", "--layout", "layout"])
        .run();
    run.expect(3, &["layout-not-found", "\\u{1b}[2J"]);
    assert_harmless(&run);
}

#[test]
fn an_answer_to_the_api_server_holds_names_as_json_escapes() {
    let site = Site::with_policy();
    let review = serde_json::json!({
        "apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview",
        "request": {
            "uid": "u", "operation": "CREATE", "namespace": "default",
            "kind": {"group": "", "version": "v1", "kind": "Pod"},
            "resource": {"group": "", "version": "v1", "resource": "pods"},
            "object": {
                "apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p"},
                "spec": {"containers": [{"name": HOSTILE, "image": HOSTILE}]},
            },
        },
    });
    let run = site
        .doorward(&["admit", "-", "-f", "site.yaml"])
        .input(review.to_string())
        .run();
    assert_eq!(run.json()["response"]["allowed"], false);
    assert_harmless(&run);
}

#[test]
fn colour_is_ours_alone() {
    let site = Site::with_policy();
    let run = site
        .doorward(&[
            "verify",
            "a/b:1",
            "-f",
            &format!("missing{HOSTILE}"),
            "--color",
            "always",
        ])
        .run();
    assert_eq!(
        run.stderr.matches('\u{1b}').count(),
        run.stderr.matches("\u{1b}[1;31merror:\u{1b}[0m").count() * 2,
        "{run:#?}"
    );
}

#[test]
fn help_names_the_variables_and_not_what_is_in_them() {
    let site = Site::new();
    let run = site
        .doorward(&["verify", "--help"])
        .env("DOORWARD_NAMESPACE", HOSTILE)
        .run();
    run.expect(0, &["[env: DOORWARD_NAMESPACE]"]);
    assert_harmless(&run);
}

#[test]
fn a_secret_called_found_is_not_offered_for_one_that_was_not_found() {
    let site = Site::new();
    let policy = site.policy().replace("release-key", "absent");
    let other = secret("docker.io", "found", "key", "x");
    site.write("site.yaml", &format!("{policy}---\n{other}"));
    site.push("shop/web");
    let run = site.verify("shop/web");
    run.expect(6, &["secret-not-found", "secret trust/absent: not found"]);
    assert!(
        run.stderr
            .contains("hint: add the Secret to the files that --filename names"),
        "{run:#?}"
    );
    assert!(!run.stderr.contains("exists elsewhere"), "{run:#?}");
}

#[test]
fn an_image_called_like_an_option_gets_the_hint_that_every_image_gets() {
    let site = Site::new();
    // Nothing listens there, and no other test will.
    let policy = site.policy_named("shop", "127.0.0.1:1/*", "");
    site.write("site.yaml", &format!("{policy}---\n{}", site.secret()));
    for image in ["127.0.0.1:1/shop/web:1", "127.0.0.1:1/shop/x--offline:1"] {
        let run = site
            .doorward(&["verify", image, "-f", "site.yaml"])
            .env("DOORWARD_PLAIN_HTTP", "127.0.0.1:1")
            .run();
        run.expect(5, &["registry-unavailable"]);
        assert!(
            run.stderr.contains("nothing is known about the image"),
            "{run:#?}"
        );
    }
}

/// Verifies by a policy that accepts everything, so that only the layout decides.
fn by_layout(site: &Site, layout: &str) -> Run {
    site.write(
        "policy.json",
        r#"{"default": [{"type": "insecureAcceptAnything"}]}"#,
    );
    site.doorward(&[
        "verify",
        "registry.invalid/shop/app:1",
        "--layout",
        layout,
        "--offline",
        "--containers-policy",
        "policy.json",
    ])
    .run()
}

#[test]
fn no_message_speaks_of_a_registry_where_a_layout_was_asked() {
    let site = Site::new();
    let layout = OciLayout::create(site.path("layout")).unwrap();
    layout.push("2", &Image::sample("app")).unwrap();
    let run = by_layout(&site, "layout");
    run.expect(
        3,
        &[
            "layout-not-found",
            "the layout has no image of this name; it has: 2",
            "the layout does not hold the image",
        ],
    );
    assert!(!run.stdout.contains("the registry"), "{run:#?}");

    // What `skopeo copy … oci:DIR` leaves: the only image, without a name.
    let index = std::fs::read_to_string(layout.index_path()).unwrap();
    let mut index: serde_json::Value = serde_json::from_str(&index).unwrap();
    index["manifests"][0]
        .as_object_mut()
        .unwrap()
        .remove("annotations");
    std::fs::write(layout.index_path(), index.to_string()).unwrap();
    by_layout(&site, "layout").expect(0, &["ALLOWED"]);
}

#[test]
fn an_inspection_of_a_layout_does_not_speak_of_a_registry() {
    let site = Site::new();
    let layout = OciLayout::create(site.path("layout")).unwrap();
    layout.push("1", &Image::sample("app")).unwrap();
    let inspect = |image: &str| {
        site.doorward(&["inspect", image, "--layout", "layout", "--offline"])
            .run()
    };
    let run = inspect("registry.invalid/shop/app:1");
    run.expect(0, &["the layout, which cannot hold simple signatures"]);
    assert!(!run.stdout.contains("the registry,"), "{run:#?}");
    let run = inspect("registry.invalid/shop/app:2");
    run.expect_failure(
        3,
        &[
            "layout-not-found",
            "it has: 1",
            "codes.html#layout-not-found",
        ],
    );
    assert!(!run.stderr.contains("the registry"), "{run:#?}");
}

#[test]
fn a_page_from_a_trust_server_is_told_as_an_answer_of_that_server() {
    let trust = TrustSite::new();
    trust.server.fault(FaultRule::new(Fault::Html));
    let run = trust.doorward(&["trust", "pin", GUN, "--trust-server", &trust.server.url()]);
    assert_ne!(run.code, 0, "{run:#?}");
    assert!(!run.stderr.contains("registry-"), "{run:#?}");
}

#[test]
fn a_compressed_layout_is_told_to_be_unpacked() {
    let site = Site::new();
    std::fs::write(site.path("app.tar.gz"), b"\x1f\x8b\x08\x00\x00\x1b[2J").unwrap();
    let run = by_layout(&site, "app.tar.gz");
    run.expect_failure(
        6,
        &["app.tar.gz", "it is compressed with gzip; unpack it first"],
    );
    assert_harmless(&run);
}
