//! Which root is believed, and by whom.

use doorward::notary::codes as notary_codes;
use doorward::{Decision, Engine};
use doorward_testkit::{Collection, Fault, FaultRule, NotaryServer, Target};

use crate::world::{FIRST_USE, GUN, IMAGE, Trust, digest, image, now, outcome, rules};

#[tokio::test]
async fn without_pins_nothing_is_believed_and_nobody_is_asked() {
    let trust = Trust::new().await;
    let verdict = trust.decide(&trust.rules(""), IMAGE).await;
    assert_eq!(
        outcome(&verdict),
        (Decision::Deny, Some(notary_codes::PIN_REQUIRED))
    );
    assert!(
        verdict.message().contains("doorward trust pin"),
        "{}",
        verdict.message()
    );
    assert!(trust.server.requests().is_empty());
}

#[tokio::test]
async fn a_portieris_policy_believes_the_first_root_only_if_the_operator_says_so() {
    let trust = Trust::new().await;
    let body = format!("{{trust: {}}}", trust.trust(""));
    let portieris = rules(
        "portieris.cloud.ibm.com/v1",
        "ClusterImagePolicy",
        "",
        &body,
    );
    let verdict = trust.decide(&portieris, IMAGE).await;
    assert_eq!(
        outcome(&verdict),
        (Decision::Deny, Some(notary_codes::PIN_REQUIRED))
    );
    let told = Engine::builder().dangerously_trust_on_first_use_for_portieris_policies();
    let trust = Trust::with(told).await;
    let body = format!("{{trust: {}}}", trust.trust(""));
    let portieris = rules(
        "portieris.cloud.ibm.com/v1",
        "ClusterImagePolicy",
        "",
        &body,
    );
    assert_eq!(
        outcome(&trust.decide(&portieris, IMAGE).await),
        (Decision::Allow, None)
    );
    // The switch is for those policies: ours can say it themselves.
    let ours = trust
        .decide(&trust.rules(""), "r.example/team/other:1")
        .await;
    assert_eq!(
        outcome(&ours),
        (Decision::Deny, Some(notary_codes::PIN_REQUIRED))
    );
}

#[tokio::test]
async fn what_one_tenant_believed_first_is_not_what_another_one_believes() {
    let trust = Trust::new().await;
    let first_use = format!("{{trust: {}}}", trust.trust(FIRST_USE));
    let nothing = format!("{{trust: {}}}", trust.trust(""));
    let mine = rules(
        "doorward.dev/v1",
        "ImagePolicy",
        ", namespace: tenant",
        &first_use,
    );
    assert_eq!(
        outcome(&trust.decide(&mine, IMAGE).await),
        (Decision::Allow, None)
    );
    let cluster = trust.body(&nothing);
    assert_eq!(
        outcome(&trust.decide(&cluster, IMAGE).await),
        (Decision::Deny, Some(notary_codes::PIN_REQUIRED))
    );
}

#[tokio::test]
async fn one_server_s_first_answer_does_not_decide_about_another_server() {
    let trust = Trust::new().await;
    let evil = Trust::new().await;
    let mut other = Collection::builder(GUN, now()).seed(99).build();
    other.add_target("1", Target::image(&image("evil")));
    evil.server.publish(&other.publish());
    let through = |server: &NotaryServer| {
        let trust = format!(
            "{{enabled: true, trustServer: \"{}\", {FIRST_USE}}}",
            server.url()
        );
        rules(
            "doorward.dev/v1",
            "ClusterImagePolicy",
            "",
            &format!("{{trust: {trust}}}"),
        )
    };
    let bad = trust.decide(&through(&evil.server), IMAGE).await;
    assert_eq!(bad.digest(), Some(&digest("evil")));
    let good = trust.decide(&through(&trust.server), IMAGE).await;
    assert_eq!(good.digest(), Some(&digest("one")), "{}", good.message());
    trust.server.remove(GUN);
    let gone = trust.decide(&through(&trust.server), IMAGE).await;
    assert_eq!(
        outcome(&gone),
        (Decision::Deny, Some(notary_codes::TRUST_DATA_MISSING))
    );
    trust.server.fault(FaultRule::new(Fault::Status(503)));
    let down = trust.decide(&through(&trust.server), IMAGE).await;
    assert_eq!(
        outcome(&down),
        (Decision::Deny, Some(notary_codes::SERVER_UNAVAILABLE))
    );
}
