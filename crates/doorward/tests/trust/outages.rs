//! Servers that cannot be asked, and what ends.

use doorward::Decision;
use doorward::notary::codes as notary_codes;
use doorward_registry::RegistryClient;
use doorward_testkit::{Fault, FaultRule};

use crate::world::{DAY, IMAGE, Trust, now, outcome};

#[tokio::test]
async fn an_outage_is_forgiven_only_where_the_policy_says_so_and_never_a_refusal() {
    let trust = Trust::new().await;
    let warn = |more: &str| {
        trust.body(&format!(
            "{{onUnavailable: warn, trust: {}}}",
            trust.trust(more)
        ))
    };
    let rules = warn(&trust.pinned());
    trust.server.fault(FaultRule::new(Fault::Status(503)));
    assert_eq!(
        outcome(&trust.decide(&rules, IMAGE).await),
        (Decision::Warn, Some(notary_codes::SERVER_UNAVAILABLE))
    );
    for (status, code) in [
        (401, notary_codes::SERVER_UNAUTHORIZED),
        (404, notary_codes::TRUST_DATA_MISSING),
    ] {
        trust.server.clear_faults();
        // Of the metadata alone: a server that says so of everything is no trust server.
        let rule = FaultRule::new(Fault::Status(status));
        trust.server.fault(rule.on("*/_trust/*"));
        let verdict = trust.decide(&rules, IMAGE).await;
        assert_eq!(outcome(&verdict), (Decision::Deny, Some(code)), "{status}");
    }
}

#[tokio::test]
async fn what_was_said_last_stands_in_for_a_silent_server_as_long_as_the_policy_allows() {
    let mut trust = Trust::new().await;
    let rules = trust.rules(&format!("{}, maxStaleness: 24h", trust.pinned()));
    assert_eq!(
        outcome(&trust.decide(&rules, IMAGE).await),
        (Decision::Allow, None)
    );
    trust.server.fault(FaultRule::new(Fault::Status(503)));
    // A server that has just answered is not out: what makes it fail now may be how much it is asked.
    trust.now = now().plus(1);
    assert_eq!(
        outcome(&trust.decide(&rules, IMAGE).await),
        (Decision::Deny, Some(notary_codes::SERVER_UNAVAILABLE))
    );
    // Later, when nobody has had an answer for a while.
    trust.client = RegistryClient::builder().build().unwrap();
    trust.now = now().plus(DAY);
    assert_eq!(
        outcome(&trust.decide(&rules, IMAGE).await),
        (Decision::Allow, None)
    );
    trust.now = now().plus(DAY + 1);
    assert_eq!(
        outcome(&trust.decide(&rules, IMAGE).await),
        (Decision::Deny, Some(notary_codes::SERVER_UNAVAILABLE))
    );
}

#[tokio::test]
async fn expiries_of_all_roles_are_told_also_when_one_has_passed() {
    let mut trust = Trust::new().await;
    let rules = trust.rules(&trust.pinned());
    let verdict = trust.decide(&rules, IMAGE).await;
    let names: Vec<&str> = verdict
        .expiries()
        .iter()
        .map(|(_, e)| e.name.as_str())
        .collect();
    assert_eq!(names, ["root", "timestamp", "snapshot", "targets"]);
    trust.now = now().plus(15 * DAY);
    let late = trust.decide(&rules, IMAGE).await;
    assert_eq!(
        outcome(&late),
        (Decision::Deny, Some(notary_codes::ROLE_EXPIRED))
    );
    assert!(late.message().contains("timestamp"), "{}", late.message());
}
