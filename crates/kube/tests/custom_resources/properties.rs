//! What holds for every object and every path.

use proptest::prelude::*;
use serde_json::Map;

use super::*;

/// Names that paths and objects share, so that they meet.
const NAMES: [&str; 11] = [
    "spec",
    "template",
    "metadata",
    "annotations",
    "labels",
    "containers",
    "image",
    "name",
    "a/b",
    "~",
    "0",
];

fn any_object() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i32>().prop_map(Value::from),
        prop::sample::select(vec!["r.example/a:1", "", " ", "A", "a.example/v1"])
            .prop_map(Value::from),
        ".{0,8}".prop_map(Value::from),
    ];
    let name = prop_oneof![
        6 => prop::sample::select(NAMES.to_vec()).prop_map(str::to_owned),
        1 => ".{0,6}",
    ];
    leaf.prop_recursive(6, 64, 5, move |inner| {
        let members = prop::collection::btree_map(name.clone(), inner.clone(), 0..5);
        prop_oneof![
            prop::collection::vec(inner, 0..4).prop_map(Value::from),
            members.prop_map(|members| Value::Object(members.into_iter().collect::<Map<_, _>>())),
        ]
    })
}

fn any_path() -> impl Strategy<Value = String> {
    let token = prop_oneof![
        4 => prop::sample::select(NAMES.to_vec()).prop_map(|name| name.replace('~', "~0").replace('/', "~1")),
        2 => Just("*".to_owned()),
    ];
    let tokens = prop::collection::vec(token, 1..5);
    (tokens, any::<bool>()).prop_map(|(tokens, may_be_absent)| {
        let mark = if may_be_absent { "?" } else { "" };
        format!("a.example/sets=/{}{mark}", tokens.join("/"))
    })
}

proptest! {
    #[test]
    fn what_is_found_stands_where_its_pointer_says_and_is_pinned_once(
        object in any_object(),
        pods in prop::collection::vec(any_path(), 0..4),
        images in prop::collection::vec(any_path(), 0..4),
    ) {
        // What pinning would write into is refused.
        let is_accepted = |setting: &&str| {
            let parsed = CustomWorkloads::parse([*setting], []);
            !matches!(parsed, Err(CustomWorkloadError::OwnAnnotation { .. }))
        };
        let accepted = |settings| -> Vec<_> {
            let settings: &Vec<String> = settings;
            settings.iter().map(String::as_str).filter(is_accepted).collect()
        };
        let (pods, images) = (accepted(&pods), accepted(&images));
        prop_assume!(!pods.is_empty() || !images.is_empty());
        let custom = CustomWorkloads::parse(pods, images).unwrap();
        // What is refused is refused with a code, and nothing more is known of it.
        if let Ok(review) = read(&custom, "a.example/sets", &object) {
            let mut seen = std::collections::BTreeSet::new();
            for (pointer, image) in places(&review) {
                let there = object.pointer(&pointer).and_then(Value::as_str);
                prop_assert_eq!(there, Some(image.as_str()), "{}", &pointer);
                prop_assert!(seen.insert(pointer));
            }
            let is_pinnable = review.undecided().all(|image| image.image.parse::<Reference>().is_ok());
            if is_pinnable {
                let response = pinned(&review, Phase::Mutate);
                prop_assert!(response.is_allowed());
                let mut after = object.clone();
                let patch: json_patch::Patch = serde_json::from_value(json!(response.patch())).unwrap();
                json_patch::patch(&mut after, &patch).unwrap();
                let again = read(&custom, "a.example/sets", &after).unwrap();
                prop_assert!(pinned(&again, Phase::Mutate).patch().is_empty());
                prop_assert!(pinned(&again, Phase::Validate).is_allowed());
            }
        }
    }

    #[test]
    fn no_text_is_taken_for_a_setting_that_is_none_and_none_panics(text in ".{0,60}", pointer in "/.{0,30}") {
        let _ = CustomWorkloads::parse([text.as_str()], [text.as_str()]);
        let setting = format!("a.example/sets={pointer}");
        if let Ok(custom) = CustomWorkloads::parse([setting.as_str()], []) {
            prop_assert_eq!(custom.resources().collect::<Vec<_>>(), [("a.example", "sets")]);
        }
    }
}
