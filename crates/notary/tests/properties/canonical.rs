//! The form that is signed, against what the test kit signs.

use doorward_core::json::{Limits, parse};
use doorward_notary::canonical;
use doorward_testkit::canonical_json;
use proptest::prelude::*;
use serde_json::Value;

fn values() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 40, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::btree_map("[ -~]{0,3}|.{0,3}", inner, 0..6)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(500) })]

    #[test]
    fn two_implementations_agree_on_the_form_that_is_signed(value in values()) {
        for text in [value.to_string(), format!("{value:#}")] {
            let parsed = parse(text.as_bytes(), Limits::bytes(1 << 20)).expect("JSON");
            prop_assert_eq!(canonical(&parsed).expect("integers only"), canonical_json(&value));
        }
    }
}
