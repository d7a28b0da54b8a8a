//! A definition refuses nothing that the reader takes, and what it can say it says.

use serde_json::{Value, json};

use super::judge::{faults, with_defaults};
use super::{definitions, schema};
use crate::crd::samples::{is_taken, objects};
use crate::schema::sample::{document, put, smallest, value, ways};
use crate::schema::{Need, Rule, Type};
use crate::{Group, PolicyKind, PolicyObject};

#[test]
fn a_definition_refuses_nothing_that_the_reader_takes() {
    for (kind, group, definition) in definitions() {
        let (mut taken, mut refused) = (0, 0);
        for object in objects(kind, group) {
            if is_taken(&object) {
                assert_eq!(faults(schema(&definition), &object), [""; 0], "{object}");
                taken += 1;
            } else {
                refused += 1;
            }
        }
        assert!(
            taken > 200 && refused > 500,
            "{kind} of {group}: {taken} and {refused}"
        );
    }
}

#[test]
fn a_definition_refuses_what_the_table_refuses() {
    let (kind, group) = (PolicyKind::ClusterImagePolicy, Group::Doorward);
    let definition = super::definition(kind, group);
    let schema = schema(&definition);
    for (mapping, way) in ways() {
        let refused = |what: &str, inner: Value| {
            let object = document(kind, group, &way, inner);
            assert!(
                !faults(schema, &object).is_empty(),
                "{}: {what}: {object}",
                mapping.name
            );
        };
        for field in mapping.fields().filter(|field| field.of.is_described()) {
            let with = |new: Value| {
                let mut object = smallest(mapping);
                put(mapping, &mut object, field.name, new);
                object
            };
            let wrong = match field.of {
                Type::Text(_) | Type::Word(_) => json!(true),
                _ => json!("?"),
            };
            refused("type", with(wrong));
            let over = match field.of {
                Type::List { of, most, .. } => json!(vec![value(of); most + 1]),
                Type::Text(text) => json!("a".repeat(text.most + 1)),
                Type::Texts { of, .. } => json!({"a": "a".repeat(of.most + 1)}),
                Type::Number(_, most) => json!(u16::from(most) + 1),
                Type::Quorum(most) => json!(most + 1),
                Type::Word(_) => json!("?"),
                Type::True => json!(false),
                Type::Bool | Type::BoolOr(_) | Type::Kubernetes | Type::Mapping(_) => {
                    json!({"unknown": 1})
                }
            };
            refused("bound", with(over));
            if field.need != Need::Never {
                let mut object = smallest(mapping);
                object.as_object_mut().unwrap().remove(field.name);
                refused("required", object);
            }
            let mut object = with(value(&field.of));
            object["unknown"] = json!(1);
            refused("unknown field", object);
        }
        for rule in mapping.rules {
            let all = |names: &[&str]| {
                let mut object = smallest(mapping);
                for name in names {
                    object[*name] = value(&mapping.field(name).unwrap().of);
                }
                object
            };
            match rule {
                Rule::ExactlyOne(names) => refused("both", all(names)),
                Rule::Excludes(first, others) => refused("beside", all(&[*first, others[0]])),
                Rule::OnlyBeside(first, other) => {
                    let mut object = all(&[*first]);
                    object.as_object_mut().unwrap().remove(*other);
                    refused("alone", object);
                }
                Rule::AtLeastOne(_) | Rule::NotEmpty | Rule::All(_) | Rule::Unless(..) => {
                    refused("nothing", json!({}));
                }
                Rule::Holds(..) | Rule::ReadOnlyBeside(..) | Rule::ReadOnlyExcludes(..) => {}
            }
        }
    }
}

#[test]
fn a_floor_belongs_in_a_cluster_policy_of_this_project_and_has_entries() {
    for (kind, group, definition) in definitions() {
        let allowed = kind == PolicyKind::ClusterImagePolicy && group == Group::Doorward;
        let (_, way) = ways().remove(1);
        let entry = json!({"name": "r.example/*", "policy": {"trust": {"enabled": true}}});
        for (floor, entries, expected) in [
            (true, json!([entry]), allowed),
            (false, json!([entry]), allowed),
            (true, json!([]), false),
            (false, json!([]), allowed),
        ] {
            let spec = json!({"floor": floor, "repositories": entries});
            let object = document(kind, group, &way, spec);
            let found = faults(schema(&definition), &object);
            assert_eq!(found.is_empty(), expected, "{kind} of {group}: {found:?}");
            assert_eq!(is_taken(&object), expected, "{object}");
        }
    }
}

#[test]
fn what_is_admitted_unchecked_says_so_and_demands_nothing() {
    let kind = PolicyKind::ImagePolicy;
    for (group, policy, expected) in [
        (Group::Doorward, json!({"unchecked": true}), true),
        (
            Group::Doorward,
            json!({"unchecked": true, "mode": "warn"}),
            true,
        ),
        (Group::Doorward, json!({"unchecked": false}), false),
        (
            Group::Doorward,
            json!({"unchecked": true, "trust": {"enabled": true}}),
            false,
        ),
        (Group::Doorward, json!({"mode": "warn"}), false),
        (Group::Doorward, json!({}), false),
        (Group::Portieris, json!({"unchecked": true}), false),
        (Group::Portieris, json!({}), true),
    ] {
        let (_, way) = ways().remove(2);
        let object = document(kind, group, &way, json!({"name": "*", "policy": policy}));
        let definition = super::definition(kind, group);
        let found = faults(schema(&definition), &object);
        assert_eq!(found.is_empty(), expected, "{object}: {found:?}");
    }
}

#[test]
fn a_check_without_a_value_is_kept_for_the_reader_to_refuse() {
    for (kind, group, definition) in definitions() {
        let (_, way) = ways().remove(2);
        let policy = json!({"trust": {"enabled": true}, "notation": null});
        let object = document(kind, group, &way, json!({"name": "*", "policy": policy}));
        assert_eq!(faults(schema(&definition), &object), [""; 0]);
        let stored = with_defaults(schema(&definition), object);
        assert!(stored["spec"]["repositories"][0]["policy"]["notation"].is_null());
        assert!(!is_taken(&stored), "{stored}");
    }
}

#[test]
fn a_default_in_a_definition_changes_nothing() {
    let mut defaults = 0;
    // In the other groups there are none.
    for kind in PolicyKind::ALL {
        let group = Group::Doorward;
        let definition = super::definition(kind, group);
        let bodies = |object: &Value| {
            let object = PolicyObject::from_value("sample", object).0;
            let entries = object
                .entries
                .into_iter()
                .map(|entry| (entry.pattern, entry.body));
            (object.floor, entries.collect::<Vec<_>>())
        };
        for object in objects(kind, group).into_iter().filter(is_taken) {
            let stored = with_defaults(schema(&definition), object.clone());
            defaults += usize::from(stored != object);
            assert_eq!(bodies(&stored), bodies(&object), "{stored}");
            assert!(is_taken(&stored), "{stored}");
        }
    }
    assert!(defaults > 100, "{defaults}");
}
