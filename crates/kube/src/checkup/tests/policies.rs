use doorward_policy::Group;
use serde_json::{Value, json};

use super::super::*;
use super::given::{accepted, codes, installation, look, only};

fn with(policies: Vec<Value>) -> Installation {
    let mut given = installation();
    given.policies[0].found = Answer::Known(policies);
    for answer in &mut given.policies[1..] {
        answer.found = Answer::Known(Vec::new());
    }
    given
}

#[test]
fn no_policy_at_all_refuses_everything_and_is_named() {
    let mut given = with(Vec::new());
    assert_eq!(only(&given).code, CheckupCode::NoPolicy);
    // An exception is none.
    let exceptions = given.policies.iter_mut().find(|answer| answer.is_exception);
    exceptions.unwrap().found = Answer::Known(vec![accepted("until-monday")]);
    assert_eq!(only(&given).code, CheckupCode::NoPolicy);
    // One of another group is one.
    let other = given
        .policies
        .iter_mut()
        .find(|answer| answer.group == Group::Portieris);
    other.unwrap().found = Answer::Known(vec![accepted("theirs")]);
    assert_eq!(look(&given), []);
}

#[test]
fn a_policy_that_is_not_in_force_is_named_with_what_its_status_says() {
    let mut mistaken = accepted("mistaken");
    mistaken["status"]["conditions"][0]["status"] = json!("False");
    mistaken["status"]["conditions"][0]["message"] =
        json!("1 mistake; what they concern is denied: no such field");
    let found = only(&with(vec![mistaken]));
    assert_eq!(found.code, CheckupCode::PolicyNotAccepted);
    assert_eq!(found.object.to_string(), "ClusterImagePolicy mistaken");
    assert!(found.message.contains("no such field"), "{}", found.message);
}

#[test]
fn a_policy_that_nobody_has_read_as_it_is_now_is_named() {
    let mut new = accepted("new");
    new["metadata"]["generation"] = json!(4);
    let found = only(&with(vec![new]));
    assert_eq!(found.code, CheckupCode::PolicyNotSynced);
    assert!(
        found.message.contains("generation 3") && found.message.contains("at 4"),
        "{}",
        found.message
    );
    let unread = json!({"metadata": {"name": "unread", "generation": 1}, "status": null});
    assert_eq!(only(&with(vec![unread])).code, CheckupCode::PolicyNotSynced);
}

#[test]
fn a_policy_whose_key_is_missing_is_a_warning_and_one_that_was_not_looked_at_yet_is_too() {
    for status in ["False", "Unknown"] {
        let mut policy = accepted("keyless");
        policy["status"]["conditions"][1]["status"] = json!(status);
        let found = only(&with(vec![policy]));
        assert_eq!(
            (found.code, found.severity()),
            (CheckupCode::PolicyNotReady, Severity::Warning)
        );
    }
    // Whether it can be used is found out in time.
    let mut policy = accepted("young");
    policy["status"]["conditions"].as_array_mut().unwrap().pop();
    assert_eq!(look(&with(vec![policy])), []);
}

#[test]
fn a_definition_of_another_project_without_a_status_has_none_written() {
    let mut given = with(vec![accepted("base")]);
    let policies = given
        .policies
        .iter_mut()
        .find(|answer| answer.group == Group::Portieris && answer.kind == "ImagePolicy");
    let unsaid = json!({"metadata": {"name": "theirs", "namespace": "shop", "generation": 1}, "status": null});
    policies.unwrap().found = Answer::Known(vec![unsaid]);
    assert_eq!(codes(&given), [CheckupCode::PolicyNotSynced]);
    let definition = given.definitions.iter_mut().find(|definition| {
        definition.wanted["metadata"]["name"] == "imagepolicies.portieris.cloud.ibm.com"
    });
    let Answer::Known(Some(found)) = &mut definition.unwrap().found else {
        panic!()
    };
    found["spec"]["versions"][0]
        .as_object_mut()
        .unwrap()
        .remove("subresources");
    assert_eq!(look(&given), []);
}

#[test]
fn a_definition_that_is_missing_is_an_error_for_our_group_alone() {
    for (number, definition) in installation().definitions.iter().enumerate() {
        let mut given = installation();
        given.definitions[number].found = Answer::Known(None);
        let is_ours = definition.wanted["spec"]["group"] == "doorward.dev";
        match is_ours {
            true => assert_eq!(only(&given).code, CheckupCode::DefinitionMissing),
            false => assert_eq!(look(&given), []),
        }
    }
}

#[test]
fn a_definition_that_lacks_a_field_a_word_or_the_version_is_older_and_more_is_not() {
    let change = |change: &dyn Fn(&mut Value)| {
        let mut given = installation();
        let Answer::Known(Some(found)) = &mut given.definitions[0].found else {
            panic!()
        };
        change(found);
        given
    };
    let spec = "/spec/versions/0/schema/openAPIV3Schema/properties/spec/properties";
    let given = change(&|found| {
        let fields = found.pointer_mut(spec).unwrap().as_object_mut().unwrap();
        fields.remove("floor").unwrap();
        fields.insert("theirs".to_owned(), json!({"type": "string"}));
    });
    let found = only(&given);
    assert_eq!(found.code, CheckupCode::DefinitionOutdated);
    assert!(found.message.contains("spec.floor"), "{}", found.message);
    let given = change(&|found| found["spec"]["versions"][0]["name"] = json!("v0"));
    assert!(only(&given).message.contains("the version v1"));
    // What the server adds, and rules that an old one drops, are no difference.
    let given = change(&|found| {
        found["spec"]["conversion"] = json!({"strategy": "None"});
        found["status"] = json!({"acceptedNames": {}});
        let text = found
            .to_string()
            .replace("x-kubernetes-validations", "x-dropped");
        *found = serde_json::from_str(&text).unwrap();
    });
    assert_eq!(look(&given), []);
}
