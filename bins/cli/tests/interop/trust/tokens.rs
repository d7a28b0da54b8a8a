//! A server that answers only who shows a token.

use serde_json::{Value, json};

use super::{Reader, reference};
use crate::command::verify;
use crate::image::Image;
use crate::notary::{PASSWORD, TokenService, TrustSite, option, pins, pull_secret};

/// The account of a workload, which has a pull secret.
fn service_account() -> Value {
    json!({
        "apiVersion": "v1",
        "kind": "ServiceAccount",
        "metadata": {"name": "app", "namespace": "team"},
        "imagePullSecrets": [{"name": "pull"}],
    })
}

#[test]
fn a_collection_that_needs_a_token_is_read_with_the_pull_secret_of_the_workload() {
    let Some(tokens) = TokenService::start() else {
        return;
    };
    let Some(site) = TrustSite::protected_by(&tokens) else {
        return;
    };
    let image = Image::new("one");
    site.publisher.init();
    site.publisher.add("targets", "1", &image);
    let root = site.publisher.root_key_id();
    let reader = Reader::new(&site, "reader");
    assert_eq!(reader.client.list(), None);

    let anonymous = site.objects("anonymous.json", pins(&[&root]), &[]);
    reader.denies_with(&anonymous, "1", &[], "notary-server-unauthorized", 5);

    let judge = |password: &str, state: &str| {
        let name = format!("{state}.json");
        let others = [
            service_account(),
            pull_secret(site.proxy.address(), password),
        ];
        let objects = site.objects(&name, pins(&[&root]), &others);
        let state = site.files().join(state);
        let plain = site.proxy.address().to_string();
        let options = [
            ("--plain-http", plain.as_ref()),
            option("--filename", &objects),
            option("--state-dir", &state),
            ("--namespace", "team".as_ref()),
            ("--service-account", "app".as_ref()),
        ];
        verify(site.files(), &options, &reference("1"))
    };
    let wrong = judge("not that", "wrong");
    assert_eq!(wrong.exit, 5, "{:#}", wrong.report);
    let code = &wrong.report["images"][0]["code"];
    assert_eq!(code, "notary-server-unauthorized", "{:#}", wrong.report);
    assert!(!wrong.report.to_string().contains("not that"));

    let right = judge(PASSWORD, "right");
    assert_eq!(right.exit, 0, "{:#}", right.report);
    let found = &right.report["images"][0];
    assert_eq!(found["digest"], image.digest().as_str());
    assert!(!right.report.to_string().contains(PASSWORD));
}
