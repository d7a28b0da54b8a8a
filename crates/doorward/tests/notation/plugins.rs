//! Plug-ins, as an engine asks them.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bytes::Bytes;
use doorward::core::transcript::Transcript;
use doorward::core::{
    Class, PluginCommand, PluginError, PluginFuture, PluginHost, PluginName, WithPlugins,
};
use doorward::{Decision, RecordedPolicies, Replaying};

use crate::site::{NOW, STRICT, Site, code};

const PLUGIN: &str = "com.example.signer";
const ALLOWING: &str = "        trustStores: [{type: ca, secret: acme}]
        trustedIdentities: ['x509.subject: C=US, ST=WA, O=Acme']
        plugins: [{name: com.example.signer}]
";

/// What a plug-in does when it is asked for its verdict.
#[derive(Clone, Copy)]
enum Does {
    SaysYes,
    SaysNo,
    Crashes,
    IsSilent,
}

#[derive(Clone)]
struct Host {
    does: Does,
    calls: Arc<AtomicUsize>,
}

impl Host {
    fn that(does: Does) -> Self {
        Self {
            does,
            calls: Arc::default(),
        }
    }

    fn calls(&self) -> usize {
        self.calls.swap(0, Ordering::Relaxed)
    }
}

impl PluginHost for Host {
    fn call<'a>(
        &'a self,
        name: &'a PluginName,
        command: PluginCommand,
        _: &'a Bytes,
        _: usize,
    ) -> PluginFuture<'a> {
        self.calls.fetch_add(1, Ordering::Relaxed);
        Box::pin(async move {
            assert_eq!(name.as_str(), PLUGIN);
            let success = match (command, self.does) {
                (PluginCommand::GetPluginMetadata, _) => {
                    return Ok(Bytes::from_static(
                        br#"{"name":"com.example.signer","version":"1.0.0","supportedContractVersions":["1.0"],
                        "capabilities":["SIGNATURE_VERIFIER.TRUSTED_IDENTITY"]}"#,
                    ));
                }
                (_, Does::SaysYes) => true,
                (_, Does::SaysNo) => false,
                (_, Does::Crashes) => {
                    let detail = "exit status: 1".to_owned();
                    return Err(PluginError::Failed { detail });
                }
                (_, Does::IsSilent) => std::future::pending().await,
            };
            Ok(format!(
                r#"{{"processedAttributes":[],"verificationResults":{{"SIGNATURE_VERIFIER.TRUSTED_IDENTITY":{{"success":{success}}}}}}}"#
            )
            .into())
        })
    }
}

async fn site(host: &Host) -> Site {
    let mut site = Site::under(ALLOWING).await;
    site.wrap(|fetcher| Arc::new(WithPlugins::new(fetcher, host.clone())));
    let envelope = site.envelope();
    site.sign(&envelope.attribute("io.cncf.notary.verificationPlugin", true, PLUGIN));
    site
}

#[tokio::test]
async fn a_verdict_of_a_plug_in_is_asked_for_in_every_review() {
    let host = Host::that(Does::SaysYes);
    let site = site(&host).await;
    for _ in 0..2 {
        let verdict = site.decide(&site.tag()).await;
        assert_eq!(verdict.decision(), Decision::Allow, "{}", verdict.message());
        assert_eq!(host.calls(), 2);
        // Nothing that it said counts in the next second.
        let verdict = site.decide_at(&site.tag(), NOW.plus(1)).await;
        assert_eq!(verdict.decision(), Decision::Allow, "{}", verdict.message());
        assert_eq!(host.calls(), 2);
    }
}

#[tokio::test]
async fn a_plug_in_that_no_policy_allows_is_not_run() {
    let host = Host::that(Does::SaysYes);
    let mut site = site(&host).await;
    site.govern(STRICT, "      onUnavailable: warn\n");
    let told = site.decide(&site.tag()).await;
    assert_eq!(code(&told), "notation-plugin-unavailable");
    assert_eq!(host.calls(), 0);
}

#[tokio::test]
async fn without_a_host_a_signature_that_names_a_plug_in_is_refused() {
    let site = Site::under(ALLOWING).await;
    let envelope = site.envelope();
    site.sign(&envelope.attribute("io.cncf.notary.verificationPlugin", true, PLUGIN));
    let told = site.decide(&site.tag()).await;
    assert_eq!(code(&told), "notation-plugin-unavailable");
}

#[tokio::test]
async fn a_plug_in_that_crashes_is_never_an_outage_that_a_policy_forgives() {
    for (does, expected) in [
        (Does::Crashes, "notation-plugin-failed"),
        (Does::SaysNo, "notation-plugin-refused"),
    ] {
        let mut site = site(&Host::that(does)).await;
        site.govern(ALLOWING, "      onUnavailable: warn\n");
        let told = site.decide(&site.tag()).await;
        assert_eq!(code(&told), expected);
        assert_eq!(told.code().unwrap().class(), Class::Untrusted);
        assert_ne!(told.decision(), Decision::Allow);
    }
}

#[tokio::test]
async fn a_silent_plug_in_does_not_take_all_the_time_of_a_review() {
    let mut site = site(&Host::that(Does::IsSilent)).await;
    site.govern(ALLOWING, "      onUnavailable: warn\n");
    let image = site.tag();
    let decided = tokio::time::timeout(Duration::from_secs(8), site.decide(&image)).await;
    assert_eq!(code(&decided.expect("in time")), "notation-plugin-failed");
}

#[tokio::test]
async fn what_a_plug_in_said_is_in_the_transcript_and_replayed_without_it() {
    let host = Host::that(Does::SaysYes);
    let site = site(&host).await;
    let recorded = site
        .record(&site.tag(), NOW, &RecordedPolicies::default())
        .await;
    assert_eq!(host.calls(), 2);
    assert_eq!(recorded.verdicts[0].decision(), Decision::Allow);
    let bytes = recorded.transcript().unwrap().to_bytes().unwrap();
    let text = String::from_utf8(bytes.clone()).unwrap();
    assert_eq!(text.matches(r#""kind":"plugin""#).count(), 2);
    let replaying = Replaying::by(Transcript::from_bytes(&bytes).unwrap(), site.rules()).unwrap();
    let replayed = replaying.decide().await;
    assert_eq!(replayed.verdicts()[0].decision(), Decision::Allow);
    assert_eq!(host.calls(), 0);
    // Without what it said nothing is known, and nothing passes.
    let lacking = text.replacen("verify-signature", "get-plugin-metadata", 1);
    assert!(Transcript::from_bytes(lacking.as_bytes()).is_err());
}
