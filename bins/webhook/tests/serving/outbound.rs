//! Certificates for registries, which change while the webhook runs.

use doorward_testkit::{Image, Registry};

use super::*;

#[tokio::test]
async fn an_authority_and_a_client_certificate_for_a_registry_are_used_as_soon_as_they_are_there() {
    let (authority, clients) = (TlsAuthority::new(), TlsAuthority::new());
    let demanding = authority.demanding(&clients);
    let registry = Registry::builder().tls_from(&demanding).start().await;
    registry.push_image("app", "1", &Image::sample("app"));
    let policy = "apiVersion: doorward.dev/v1\nkind: ClusterImagePolicy\nmetadata: {name: all}\nspec:\n  repositories:\n  \
                  - {name: '*', policy: {simple: {requirements: [{type: insecureAcceptAnything}]}}}\n";
    let files = Files::new(policy);
    let host = files.path("certs.d").join(registry.address());
    fs::create_dir_all(&host).unwrap();
    let certs = files.path("certs.d").display().to_string();
    let more = ["--certs-dir", &certs, "--allow-address", "127.0.0.0/8"];
    let running = files.start(&more).await;
    let client = client(&files.authority).build().unwrap();
    let image = format!("{}/app:1", registry.address());
    let admitted = async || {
        let url = format!("https://{}/mutate", running.address);
        let answer = client.post(url).json(&pod(&[&image])).send().await.unwrap();
        let answer: Value = answer.json().await.unwrap();
        answer["response"]["allowed"].as_bool().unwrap()
    };
    assert!(!admitted().await);
    fs::write(host.join("ca.crt"), authority.ca_pem()).unwrap();
    let own = clients.issue_client("doorward", &[]);
    // Written one after the other, as people do.
    fs::write(host.join("client.cert"), &own.certificate_pem).unwrap();
    assert!(!admitted().await);
    fs::write(host.join("client.key"), &own.key_pem).unwrap();
    eventually(admitted).await;

    // What is broken changes nothing, and is counted.
    fs::write(host.join("client.key"), "no key").unwrap();
    let counted = "doorward_reloads_total{outcome=\"failed\",source=\"outbound\"}";
    eventually(async || health(&running, "/metrics").await.1.contains(counted)).await;
    assert!(admitted().await);
}
