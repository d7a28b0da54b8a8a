//! A new certificate under a new authority, while the API server asks on.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use reqwest::{Certificate, Client};

use super::rig::{DAY, Rig, SECRET, configurations, metric, stop};
use crate::server::eventually;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn through_renewals_of_certificate_and_authority_no_request_fails() {
    let Some(rig) = Rig::build("armed-renewal").await else {
        return;
    };
    let options = ["--tls-secret", SECRET, "--arm"];
    let (first, second) = (rig.start(&options).await, rig.start(&options).await);
    rig.is_armed(&first).await;
    rig.is_armed(&second).await;
    rig.refuses().await;
    let rig = Arc::new(rig);
    let (image, _) = rig.site.signed("app");
    let (ends, asked) = (
        Arc::new(AtomicBool::new(false)),
        Arc::new(AtomicUsize::new(0)),
    );
    let asking = {
        let (rig, ends, asked, image) = (
            Arc::clone(&rig),
            Arc::clone(&ends),
            Arc::clone(&asked),
            image.clone(),
        );
        tokio::spawn(async move {
            while !ends.load(Ordering::Relaxed) {
                let pod = rig.create(&image).await.succeeded();
                let image = pod["spec"]["containers"][0]["image"].as_str().unwrap();
                assert!(image.contains("@sha256:"), "{image}");
                // As an API server that has just learned of the configuration: a connection of its own.
                handshake(&rig).await;
                asked.fetch_add(1, Ordering::Relaxed);
            }
        })
    };
    for renewal in 1..=2 {
        let before = rig.item("tls.crt").await.unwrap();
        let expiry = metric(&first, "doorward_certificate_expiry_timestamp_seconds").await;
        // Two thirds of 90 and 120 days, less those 120.
        rig.ahead.fetch_add(
            25 * i64::try_from(DAY.as_secs()).unwrap(),
            Ordering::Relaxed,
        );
        let staged = eventually("the next one is made", async || rig.item("next.crt").await).await;
        assert_eq!(
            rig.item("tls.crt").await.as_ref(),
            Some(&before),
            "the one before is served until the API server trusts the next"
        );
        eventually("the next one is served", async || {
            let now = rig.item("tls.crt").await?;
            (now == staged && rig.item("next.crt").await.is_none()).then_some(())
        })
        .await;
        for replica in [&first, &second] {
            eventually("every replica serves it", async || {
                let now = metric(replica, "doorward_certificate_expiry_timestamp_seconds").await;
                (now > expiry).then_some(())
            })
            .await;
        }
        let bundle = rig.item("ca.crt").await.unwrap();
        let authorities = bundle.matches("BEGIN CERTIFICATE").count();
        assert_eq!(authorities, renewal + 1);
        let done = asked.load(Ordering::Relaxed);
        eventually("the API server has asked since", async || {
            assert!(!asking.is_finished(), "a request has failed");
            (asked.load(Ordering::Relaxed) > done + 5).then_some(())
        })
        .await;
    }
    ends.store(true, Ordering::Relaxed);
    asking.await.unwrap();
    rig.hang_up();
    rig.refuses().await;
    assert!(metric(&first, "doorward_arming_drifts_total").await < 1.0);
    stop(first).await;
    stop(second).await;
}

/// Asks over a new connection, with the trust of the configuration that is there.
async fn handshake(rig: &Rig) {
    let configuration = rig.configuration(&configurations()[0]).await.unwrap();
    let bundle = &configuration["webhooks"][0]["clientConfig"]["caBundle"];
    let bundle = BASE64_STANDARD.decode(bundle.as_str().unwrap()).unwrap();
    let name = format!("doorward.{}.svc", rig.home);
    let client = Client::builder()
        .tls_certs_only(Certificate::from_pem_bundle(&bundle).unwrap())
        .resolve(&name, rig.address)
        .no_proxy()
        .timeout(Duration::from_secs(10))
        .build()
        .unwrap();
    let url = format!("https://{name}:{}/validate", rig.address.port());
    client.post(url).body("{}").send().await.unwrap();
}
