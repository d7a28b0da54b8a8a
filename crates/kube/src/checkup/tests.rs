//! One fault planted at a time into an installation that has none, and beside each what must not be taken for it.

mod given;

mod certificates;
mod configurations;
mod people;
mod policies;
mod replicas;

use serde_json::{Value, json};

use self::given::{codes, installation, look, only};
use super::*;

#[test]
fn an_installation_as_the_webhook_arms_it_has_no_finding() {
    assert_eq!(look(&installation()), []);
}

#[test]
fn what_could_not_be_asked_is_unknown_names_the_right_and_hides_nothing_else() {
    let mut given = installation();
    given.bindings = Answer::Unanswered(Unanswered {
        right: "list clusterrolebindings.rbac.authorization.k8s.io".to_owned(),
        kind: "ClusterRoleBinding".to_owned(),
        namespace: None,
        name: None,
        is_forbidden: true,
        why: "not allowed: no".to_owned(),
    });
    let found = only(&given);
    assert_eq!(found.code, CheckupCode::NotAnswered);
    assert_eq!(found.severity(), Severity::Unknown);
    assert_eq!(found.object.to_string(), "ClusterRoleBinding *");
    let right = "list clusterrolebindings.rbac.authorization.k8s.io";
    assert!(found.message.contains(right), "{}", found.message);
    assert!(found.remedy.contains(right), "{}", found.remedy);
    // An outage needs no right.
    if let Answer::Unanswered(why) = &mut given.bindings {
        why.is_forbidden = false;
    }
    assert!(!only(&given).remedy.contains("right"));
    given.policies[0].found = Answer::Known(Vec::new());
    assert_eq!(
        codes(&given),
        [CheckupCode::NoPolicy, CheckupCode::NotAnswered]
    );
}

#[test]
fn without_an_answer_about_anything_nothing_is_said_to_be_wrong() {
    let given = given::unanswered();
    let found = look(&given);
    assert!(found.len() > 10, "{found:?}");
    for one in &found {
        assert_eq!(one.code, CheckupCode::NotAnswered, "{one:?}");
    }
}

#[test]
fn a_deployment_that_is_not_found_is_unknown_and_the_configurations_are_looked_at_with_defaults() {
    let mut given = installation();
    given.deployment = Answer::Known(None);
    assert_eq!(only(&given).code, CheckupCode::DeploymentMissing);
    // A configuration says which Service it is, and without one nobody knows.
    given::webhooks(&mut given, |webhook| {
        webhook["clientConfig"]["service"]["name"] = json!("gate");
        webhook["timeoutSeconds"] = json!(20);
    });
    let Answer::Known(list) = &mut given.validating else {
        panic!("configurations")
    };
    list.retain(|one| one["metadata"]["name"] == "doorward");
    assert_eq!(given.setup().service, "gate");
    let expected = [CheckupCode::DeploymentMissing, CheckupCode::PoliciesMissing];
    assert_eq!(codes(&given), expected);
    given.service = Answer::Known(None);
    assert_eq!(codes(&given)[0], CheckupCode::ServiceMissing);
    given.mutating = given::unanswered().mutating;
    given.validating = given::unanswered().validating;
    let expected = [CheckupCode::DeploymentMissing, CheckupCode::NotAnswered];
    assert_eq!(codes(&given), expected);
    let mut given = installation();
    given.deployment = Answer::Known(None);
    given::webhooks(&mut given, |webhook| {
        webhook["failurePolicy"] = json!("Ignore");
    });
    assert!(codes(&given).contains(&CheckupCode::FailurePolicyIgnore));
}

#[test]
fn of_many_findings_of_a_code_some_are_named_and_the_rest_counted() {
    let mut given = installation();
    let policies: Vec<Value> = (0..MOST_OF_A_CODE + 5)
        .map(|number| json!({"metadata": {"name": format!("p{number:03}"), "generation": 1}}))
        .collect();
    given.policies[0].found = Answer::Known(policies);
    let found = look(&given);
    assert_eq!(found.len(), MOST_OF_A_CODE);
    let last = found.last().unwrap();
    assert_eq!(last.object.name, "*");
    assert!(last.message.starts_with("6 more"), "{}", last.message);
}

#[test]
fn a_name_from_outside_steers_no_terminal_and_fills_no_page() {
    let mut given = installation();
    let hostile = format!("a\u{1b}[31m{}", "x".repeat(10_000));
    given.policies[0].found = Answer::Known(vec![
        json!({"metadata": {"name": hostile, "generation": 1}}),
    ]);
    let found = only(&given);
    let text = format!("{} {}", found.object, found.message);
    assert!(!text.contains('\u{1b}') && text.len() < 2_000, "{text}");
}

#[test]
fn no_remedy_and_no_message_suggests_to_trust_less() {
    // All faults at once, as far as they go together.
    let mut given = installation();
    given::webhooks(&mut given, |webhook| {
        webhook["failurePolicy"] = json!("Ignore");
        webhook["rules"] = json!([]);
        webhook["timeoutSeconds"] = json!(1);
        webhook["clientConfig"]["caBundle"] = json!("");
        webhook["namespaceSelector"] = json!({"matchLabels": {"judged": "yes"}});
    });
    given.service = Answer::Known(None);
    let found = look(&given);
    assert!(found.len() >= 10, "{found:?}");
    for one in found {
        let text = format!("{} {}", one.message, one.remedy).to_lowercase();
        for word in [
            "disable",
            "set failurepolicy to ignore",
            "skip",
            "delete the",
        ] {
            assert!(!text.contains(word), "{text}");
        }
        assert!(
            !one.remedy.is_empty() && !one.remedy.ends_with('.'),
            "{one:?}"
        );
    }
}

#[test]
fn a_finding_for_programs_has_code_severity_object_message_and_remedy() {
    let mut given = installation();
    given.service = Answer::Known(None);
    let found = serde_json::to_value(only(&given)).unwrap();
    assert_eq!(found["code"], "service-missing");
    assert_eq!(found["severity"], "error");
    assert_eq!(
        found["object"],
        json!({"kind": "Service", "namespace": "doorward", "name": "doorward"})
    );
    assert!(found["message"].is_string() && found["remedy"].is_string());
}
